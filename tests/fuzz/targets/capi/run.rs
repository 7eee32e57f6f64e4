// SPDX-License-Identifier: LGPL-2.1-or-later
//! A planner of the C library and one of Rust that are told the same.

use super::texts::{Where, calls};
use super::*;
use crate::event::{Event, RECORD_BYTES, Target};
use crate::plan::defects::KernelDefects;
use crate::plan::*;
use std::ffi::c_int;
use std::ptr;
use std::time::Duration;

/// Most actions of one moment, and most tickets that are remembered.
const MOST: usize = 5000;
const OPEN: usize = 64;

struct Run {
    c: *mut xfshealer_planner,
    rust: Planner,
    decoder: xfshealer_decoder,
    now: u64,
    open: Vec<xfshealer_action>,
    place: Where,
}

/// A policy, and then anything that a program may tell the planner.
pub(super) fn planner(input: &mut Input<'_>) {
    let policy = policy(input);
    let place = Where::new(input);
    let mut c = ptr::dangling_mut();
    // SAFETY: the policy has the size that it says, and the planner may be written.
    let made = unsafe { xfshealer_planner_new(&mut c, &policy) };
    let Some(config) = config(&policy) else {
        assert_eq!(made, -libc::EINVAL);
        return assert!(c.is_null());
    };
    assert_eq!(made, 0);
    let decoder = xfshealer_decoder { have: 0, pad: 0, partial: [0; RECORD_BYTES] };
    let (rust, open) = (Planner::new(config), Vec::new());
    let mut run = Run { c, rust, decoder, now: 0, open, place };
    while !input.is_empty() {
        run.step(input);
    }
    // With answers still owed.
    // SAFETY: made above, and nobody uses it any more.
    unsafe { xfshealer_planner_free(run.c) };
}

fn policy(input: &mut Input<'_>) -> xfshealer_policy {
    let is_odd = input.byte() > 250;
    xfshealer_policy {
        size: size_of::<xfshealer_policy>() as u32,
        flags: if is_odd { input.u32() } else { (input.byte() % 32).into() },
        mode: if is_odd { input.byte().into() } else { 3 },
        workers: (input.byte() % 9).into(),
        escalate_structures: (input.byte() % 8).into(),
        agno_shift: if is_odd { input.byte() } else { input.byte() % 64 }.into(),
        escalate_within_ns: u64::from(input.byte() % 8) << 30,
        agcount: (input.byte() % 8).into(),
        pad: u32::from(is_odd && input.byte() > 200),
    }
}

/// What the header says of a policy; `None` if it is none.
fn config(policy: &xfshealer_policy) -> Option<Config> {
    let has = |flag| policy.flags & flag != 0;
    let is_odd = policy.flags > 31 || policy.pad != 0 || policy.agno_shift > 63;
    if is_odd || policy.workers as usize > MAX_WORKERS {
        return None;
    }
    let escalate = match (policy.escalate_structures, policy.escalate_within_ns) {
        (0, 0) => Escalate::default(),
        (_, 0) => return None,
        (structures, within) => Escalate { structures, within: Duration::from_nanos(within) },
    };
    let inode = if has(8) { KernelDefects::empty() } else { KernelDefects::INODE };
    let agi = if has(16) { KernelDefects::empty() } else { KernelDefects::AGI };
    Some(Config {
        policy: mode(policy.mode)?,
        workers: (policy.workers as usize).max(1),
        full_scrub: !has(1),
        dry_run: has(2),
        pace: if has(4) { Pace::Hurried } else { Pace::Steady },
        escalate,
        ag_count: policy.agcount,
        agno_shift: if policy.agno_shift == 0 { 63 } else { policy.agno_shift },
        defects: inode | agi,
        ..Config::default()
    })
}

fn mode(mode: u32) -> Option<Policy> {
    match mode {
        1 => Some(Policy::Ignore),
        2 => Some(Policy::Log),
        3 => Some(Policy::Repair),
        _ => None,
    }
}

impl Run {
    fn time(&self) -> Time {
        Time::from_nanos(self.now)
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.below(20) {
            0..=4 => self.stream(input),
            5 => self.sick(input),
            6 => self.lost_or_look(input),
            7 => self.set_mode(input.byte().into()),
            8..=12 => self.finished(input),
            13 => self.follow_up(input),
            14 => self.scrub_finished(input),
            15 => self.look_finished(input),
            16 if input.byte() > 240 => self.stop(),
            16 => self.scrub_waits(input),
            17 | 18 => self.sleep(),
            _ => self.now = self.now.saturating_add(input.number() << 30),
        }
        self.drain();
        // SAFETY: the planner lives.
        let damaged = unsafe { xfshealer_planner_damaged(self.c) };
        assert_eq!(usize::try_from(damaged), Ok(self.rust.damage_count()));
    }

    /// Decodes a record that may come in pieces, and hands the event in.
    fn stream(&mut self, input: &mut Input<'_>) {
        let mut record = [0; RECORD_BYTES];
        let (domain, kind) = (u32::from(input.byte() % 10), u32::from(input.byte() % 14));
        record[..4].copy_from_slice(&domain.to_ne_bytes());
        record[4..8].copy_from_slice(&kind.to_ne_bytes());
        record[16..20].copy_from_slice(&input.mask().to_ne_bytes());
        record[20..24].copy_from_slice(&u32::from(input.byte() % 4).to_ne_bytes());
        record[24..32].copy_from_slice(&input.number().to_ne_bytes());
        if input.byte() > 240 {
            record = input.array();
        }
        let cut = input.below(RECORD_BYTES as u16);
        let (one, two) = record.split_at(cut);
        assert_eq!(self.decode(one), None);
        let event = self.decode(two).expect("it is whole");
        assert_eq!((event.domain, event.r#type), crate::event::domain_and_type(&record));
        assert!(self.place.event(&event), "{event:?}");
        // SAFETY: the planner lives, and the event is there.
        let taken = unsafe { xfshealer_planner_event(self.c, &event, self.now) };
        assert_eq!(taken, 0);
        self.rust.event(&Event::decode(&record), self.time());
    }

    fn decode(&mut self, bytes: &[u8]) -> Option<xfshealer_event> {
        let (mut consumed, mut events) = (usize::MAX, [xfshealer_event::default(); 2]);
        let (decoder, at, to) = (&mut self.decoder, bytes.as_ptr().cast(), events.as_mut_ptr());
        // SAFETY: `bytes` and the array of events are as long as is said, and nothing overlaps.
        let count =
            unsafe { xfshealer_decode(decoder, at, bytes.len(), &mut consumed, to, events.len()) };
        assert!(consumed == bytes.len() && count <= 1);
        (count == 1).then(|| events[0])
    }

    fn sick(&mut self, input: &mut Input<'_>) {
        let target = match input.byte() % 4 {
            0 => Target::Fs,
            1 => Target::Ag(input.byte().into()),
            2 => Target::Rtgroup(input.byte().into()),
            _ => Target::Inode { ino: input.number(), generation: input.byte().into() },
        };
        let (mask, mut fresh) = (input.mask(), 0);
        let c_target = xfshealer_target::from(target);
        // SAFETY: the planner lives, and the rest is there.
        let taken =
            unsafe { xfshealer_planner_sick(self.c, &c_target, mask, self.now, &mut fresh) };
        assert_eq!(taken, 0);
        assert_eq!(fresh, self.rust.sick(target, mask, self.time()));
    }

    fn lost_or_look(&mut self, input: &mut Input<'_>) {
        let depths = [Depth::Shallow, Depth::Deep, Depth::Checks];
        let numbers = [1, 2, 4];
        let which = input.below(5);
        let Some(number) = numbers.get(which) else {
            // SAFETY: the planner lives.
            assert_eq!(unsafe { xfshealer_planner_lost(self.c, self.now) }, 0);
            return self.rust.lost(self.time());
        };
        // SAFETY: the planner lives.
        assert_eq!(unsafe { xfshealer_planner_look(self.c, *number) }, 0);
        self.rust.look(depths[which]);
    }

    fn set_mode(&mut self, number: u32) {
        // SAFETY: the planner lives.
        let taken = unsafe { xfshealer_planner_set_mode(self.c, number) };
        match mode(number) {
            Some(policy) => self.rust.set_policy(policy),
            None => return assert_eq!(taken, -libc::EINVAL),
        }
        assert_eq!(taken, 0);
    }

    fn stop(&mut self) {
        // SAFETY: the planner lives.
        assert_eq!(unsafe { xfshealer_planner_stop(self.c) }, 0);
        self.rust.stop();
    }

    /// A ticket that waits for an answer, mostly of this kind; now and then it is any number.
    fn ticket(&mut self, input: &mut Input<'_>, kind: u32) -> u64 {
        let which = input.below(250);
        let of_kind = |action: &xfshealer_action| action.kind == kind || which > 230;
        let fitting: Vec<usize> =
            (0..self.open.len()).filter(|at| of_kind(&self.open[*at])).collect();
        match fitting.get(which.checked_rem(fitting.len()).unwrap_or(0)) {
            Some(at) => self.open[*at].ticket,
            None => input.u64(),
        }
    }

    fn is_answered(&mut self, ticket: u64, answer: c_int, is_known: bool) {
        assert_eq!(answer, if is_known { 0 } else { -libc::ENOENT });
        if is_known {
            self.open.retain(|action| action.ticket != ticket);
        }
    }

    /// Ends a repair with what some calls have answered.
    fn finished(&mut self, input: &mut Input<'_>) {
        let ticket = self.ticket(input, XFSHEALER_ACTION_REPAIR);
        let mut outcome = xfshealer_outcome::default();
        for _ in 0..=input.below(3) {
            let (ret, error) = if input.flag() { (0, 0) } else { (-1, input.below(134) as i32) };
            let flags = u32::from(input.byte()) << 1;
            // SAFETY: the outcome is there.
            let ends = unsafe { xfshealer_outcome_add(&mut outcome, ret, error, flags) };
            assert!(matches!(ends, 0 | 1) || error == 0);
        }
        if outcome == xfshealer_outcome::default() {
            outcome = xfshealer_outcome { code: input.byte().into(), error: input.byte().into() };
        }
        // SAFETY: the planner lives, and the outcome is there.
        let answer = unsafe { xfshealer_planner_finished(self.c, ticket, &outcome, self.now) };
        if answer == -libc::EINVAL {
            return assert!(rust_outcome(outcome).is_none());
        }
        let rust = rust_outcome(outcome).expect("it was accepted");
        let is_known = self.rust.finished(Ticket(ticket), rust, self.time());
        self.is_answered(ticket, answer, is_known);
    }

    fn follow_up(&mut self, input: &mut Input<'_>) {
        let (ticket, mask) = (self.ticket(input, XFSHEALER_ACTION_REPAIR), input.mask());
        // SAFETY: the planner lives.
        let answer = unsafe { xfshealer_planner_follow_up(self.c, ticket, mask, self.now) };
        let is_known = self.rust.follow_up(Ticket(ticket), mask, self.time());
        assert_eq!(answer, if is_known { 0 } else { -libc::ENOENT });
    }

    fn scrub_waits(&mut self, input: &mut Input<'_>) {
        let ticket = self.ticket(input, XFSHEALER_ACTION_FULL_SCRUB);
        let mut left = 0;
        // SAFETY: the planner lives, and the number may be written.
        let answer = unsafe { xfshealer_planner_scrub_waits(self.c, ticket, self.now, &mut left) };
        let rust = self.rust.scrub_waits(Ticket(ticket), self.time());
        assert_eq!(answer, if rust.is_some() { 0 } else { -libc::ENOENT });
        assert_eq!(u128::from(left), rust.map_or(0, |left| left.as_nanos()));
    }

    fn scrub_finished(&mut self, input: &mut Input<'_>) {
        let ticket = self.ticket(input, XFSHEALER_ACTION_FULL_SCRUB);
        let number = u32::from(input.byte() % 8);
        let end = match number {
            1 => ScrubEnd::Finished { clean: true },
            2 => ScrubEnd::Finished { clean: false },
            3 => ScrubEnd::NotStarted,
            4 => ScrubEnd::Interrupted,
            5 => ScrubEnd::Others,
            _ => ScrubEnd::Untold,
        };
        // SAFETY: the planner lives.
        let answer = unsafe { xfshealer_planner_scrub_finished(self.c, ticket, number, self.now) };
        if !(1..=6).contains(&number) {
            return assert_eq!(answer, -libc::EINVAL);
        }
        let is_known = self.rust.scrub_finished(Ticket(ticket), end, self.time());
        self.is_answered(ticket, answer, is_known);
    }

    fn look_finished(&mut self, input: &mut Input<'_>) {
        let ticket = self.ticket(input, XFSHEALER_ACTION_LOOK);
        let number = input.below(6);
        let ends = [LookEnd::Complete, LookEnd::Incomplete, LookEnd::NotLooked, LookEnd::Vanished];
        // SAFETY: the planner lives.
        let answer =
            unsafe { xfshealer_planner_look_finished(self.c, ticket, number as u32, self.now) };
        let Some(end) = number.checked_sub(1).and_then(|at| ends.get(at)) else {
            return assert_eq!(answer, -libc::EINVAL);
        };
        let is_known = self.rust.look_finished(Ticket(ticket), *end, self.time());
        self.is_answered(ticket, answer, is_known);
    }

    /// Sleeps for as long as the planner wants to.
    fn sleep(&mut self) {
        let mut wait = 0;
        // SAFETY: the planner lives, and the number may be written.
        let waits = unsafe { xfshealer_planner_wait(self.c, self.now, &mut wait) };
        let rust = self.rust.wake_at(self.time()).map(|at| at.since(self.time()));
        assert_eq!((waits == 1).then_some(u128::from(wait)), rust.map(|wait| wait.as_nanos()));
        self.now = self.now.saturating_add(wait);
    }

    /// Takes all that is to be done now; both planners want the same.
    fn drain(&mut self) {
        for _ in 0..MOST {
            let mut action = xfshealer_action::default();
            // SAFETY: the planner lives, and the action may be written.
            let given = unsafe { xfshealer_planner_next(self.c, self.now, &mut action) };
            let rust = self.rust.next(self.time());
            assert_eq!(given, c_int::from(rust.is_some()));
            let Some(rust) = rust else { return };
            assert_eq!(action, rust.into());
            assert!(self.place.action(&action), "{action:?}");
            calls(&action, &action.target, true, 0, 4);
            if action.ticket != 0 && self.open.len() < OPEN {
                self.open.push(action);
            }
        }
        panic!("there is no end");
    }
}

/// The outcome that the header says a code is.
fn rust_outcome(outcome: xfshealer_outcome) -> Option<Outcome> {
    use Outcome::*;
    const PLAIN: [Option<Outcome>; 20] = [
        Some(Repaired),
        Some(Fine),
        Some(Failed),
        Some(DeviceError),
        Some(CrossFailed),
        Some(Incomplete),
        Some(Gone),
        Some(Busy),
        Some(NoRoom),
        Some(ReadOnly),
        Some(NoRecovery),
        Some(Shutdown),
        Some(Unsupported),
        Some(KernelDefect),
        None,
        Some(Forbidden),
        Some(Vanished),
        None,
        Some(Unlinked),
        Some(NotJudged),
    ];
    match (outcome.code, outcome.error) {
        (15, error @ 1..) => Some(Unreachable(error)),
        (18, error @ 1..) => Some(Error(error)),
        (code, 0) => *PLAIN.get(usize::try_from(code).ok()?.checked_sub(1)?)?,
        _ => None,
    }
}
