// SPDX-License-Identifier: LGPL-2.1-or-later
//! The state machine itself: what goes in and what comes out.

use super::action::{Action, Config, Notice, Policy, Repair, Ticket};
use super::entry::{Entry, Guard, State};
use super::full_scrub::{FullScrubs, Reasons, ScrubEnd};
use super::hold::Hold;
use super::outcome::Outcome;
use super::scrub_type::{Key, ScrubType, bits};
use super::table::Table;
use super::time::Time;
use crate::event::{Body, Change, Event, Target};
use crate::uapi::XFS_BS_SICK_BMBTC;
use std::collections::VecDeque;
use std::time::Duration;

/// What scrub found it may repair itself; only afterwards is it ours.
const CORRUPT_GRACE: Duration = Duration::from_secs(60);

/// What scrub found and a repair would make worse. A CoW fork lives in memory and ends with the
/// inode's stay there; where it disagrees with the reference counts, Linux 7.2 answers its repair
/// with a shutdown of the filesystem (seen; xfs_defer_finish_noroll under xrep_bmap_cow).
pub(super) fn left_alone(target: Target) -> u32 {
    match target {
        Target::Inode { .. } => XFS_BS_SICK_BMBTC,
        _ => 0,
    }
}

/// Plans the repairs of one filesystem.
#[derive(Debug)]
pub struct Planner {
    pub(super) config: Config,
    pub(super) table: Table,
    pub(super) running: Vec<(Ticket, Key)>,
    pub(super) scrubs: FullScrubs,
    pub(super) hold: Hold,
    pub(super) notices: VecDeque<Notice>,
    withheld_said: bool,
    /// There was no room to remember something that a full scrub may not be safe with.
    forgot_risk: bool,
    stopped: bool,
    last_ticket: u64,
}

impl Planner {
    /// A planner that knows of no damage.
    pub fn new(config: Config) -> Planner {
        Planner {
            config,
            table: Table::default(),
            running: Vec::new(),
            scrubs: FullScrubs::new(config.full_scrub),
            hold: Hold::default(),
            notices: VecDeque::new(),
            withheld_said: false,
            forgot_risk: false,
            stopped: false,
            last_ticket: 0,
        }
    }

    /// Takes in what the kernel reports.
    pub fn event(&mut self, event: &Event, now: Time) {
        if self.stopped {
            return;
        }
        match event.body {
            Body::Health { change: Change::Healthy, target, mask } => {
                let keys = bits(mask).filter_map(|bit| Key::from_bit(target, bit));
                keys.for_each(|key| self.healthy(key, now));
            }
            Body::Health { change: Change::Sick, target, mask } => self.sick(target, mask, now),
            Body::Health { change: Change::Corrupt, target, mask } => {
                self.damaged(target, mask & !left_alone(target), now, CORRUPT_GRACE);
            }
            Body::Lost { .. } => self.scrubs.want(Reasons::EVENTS_LOST),
            Body::Shutdown { .. } | Body::Unmount => self.stop(),
            _ => {}
        }
    }

    /// Takes in damage that was not reported but found, as a sick mask of `target`.
    pub fn sick(&mut self, target: Target, mask: u32, now: Time) {
        self.damaged(target, mask, now, Duration::ZERO);
    }

    /// Changes what is done about damage from now on; what is known is kept meanwhile.
    pub fn set_policy(&mut self, policy: Policy) {
        self.config.policy = policy;
    }

    /// Takes in the outcome of a repair; an unknown ticket changes nothing.
    ///
    /// What the kernel had queued before the repair ended must have gone through
    /// [`Planner::event`] by now, or the echoes of the repair are taken for news.
    pub fn finished(&mut self, ticket: Ticket, outcome: Outcome, now: Time) {
        let Some(at) = self.running.iter().position(|(t, _)| *t == ticket) else { return };
        let (_, key) = self.running.swap_remove(at);
        match outcome {
            Outcome::Repaired => self.good(key, Notice::Repaired(key), now),
            Outcome::Fine => self.good(key, Notice::NoModification(key), now),
            // After a shutdown or an unmount nothing but a success is to be told.
            _ if self.stopped => {}
            Outcome::Shutdown => self.stop(),
            other => self.not_good(key, other, now),
        }
    }

    /// Takes in the end of a full scrub; an unknown ticket changes nothing.
    pub fn scrub_finished(&mut self, ticket: Ticket, end: ScrubEnd, now: Time) {
        self.scrubs.finished(ticket, end, now);
    }

    /// The next thing to do, if anything is to be done now. Call it until it gives `None`.
    pub fn next(&mut self, now: Time) -> Option<Action> {
        if let Some(notice) = self.notices.pop_front() {
            return Some(Action::Say(notice));
        }
        if !self.acts() {
            return None;
        }
        self.table.promote(now);
        self.scrubs.tick(now);
        self.full_scrub(now)
            .or_else(|| self.offline_needed(now).map(Action::Say))
            .or_else(|| self.repair(now).map(Action::Repair))
    }

    /// How long until [`Planner::next`] has something, unless an event or an outcome comes first;
    /// `None` if it will have nothing.
    pub fn wait(&self, now: Time) -> Option<Duration> {
        if !self.notices.is_empty() {
            return Some(Duration::ZERO);
        }
        if !self.acts() {
            return None;
        }
        let scrub = match self.guard() {
            Guard::Open => self.scrubs.due(),
            Guard::Briefly => None,
            Guard::Lasting => self.has_to_say_withheld().then_some(now),
        };
        let word = self.last_word(now).map(|_| now);
        let all = [scrub, self.scrubs.next_tick(), word, self.next_repair(now)];
        all.into_iter().flatten().min().map(|at| at.since(now))
    }

    /// When something may be repaired, as far as time decides it.
    fn next_repair(&self, now: Time) -> Option<Time> {
        if !self.has_free_worker() {
            return None;
        }
        let ready = self.table.first_ready().filter(|key| self.fits_beside(*key)).map(|_| now);
        let next = self.table.next_due().into_iter().chain(ready).min()?;
        Some(next.max(self.hold.until()))
    }

    fn acts(&self) -> bool {
        !self.stopped && self.config.policy == Policy::Repair
    }

    /// The filesystem or the caller is going away: nothing starts again. What is to be said still
    /// comes out of [`Planner::next`].
    pub fn stop(&mut self) {
        self.stopped = true;
        self.table.clear();
        self.scrubs.stop();
    }

    fn damaged(&mut self, target: Target, mask: u32, now: Time, grace: Duration) {
        if self.stopped {
            return;
        }
        for bit in bits(mask) {
            match Key::from_bit(target, bit) {
                Some(key) => self.report(key, now, grace),
                None => self.scrubs.want(Reasons::NO_SINGLE_REPAIR),
            }
        }
    }

    fn report(&mut self, key: Key, now: Time, grace: Duration) {
        let risky = self.is_risky(key);
        if !self.table.insert(key, now) {
            self.forgot_risk |= risky;
            return self.scrubs.want(Reasons::TABLE_FULL);
        }
        self.table.update(key, |entry| {
            entry.risky = risky;
            if entry.state == State::Running {
                entry.seen_again = true;
                return;
            }
            entry.reported(now);
            let at = entry.next_attempt(now).max(now.after(grace));
            match entry.state {
                State::Left | State::Running => {}
                // Something that waits for a reason of its own goes on waiting.
                State::Pending(earlier) if earlier <= at => {}
                State::Idle | State::Pending(_) => entry.state = State::Pending(at),
            }
        });
    }

    fn healthy(&mut self, key: Key, now: Time) {
        self.table.update(key, |entry| {
            if entry.state == State::Running {
                entry.seen_again = false;
                return;
            }
            entry.healed();
            entry.state = State::Idle;
        });
        self.bring_forward(key.target, now);
    }

    /// Whether a known defect of the kernel may make it impossible to repair.
    fn is_risky(&self, key: Key) -> bool {
        self.config.defect.is_some_and(|defect| defect.concerns(key.scrub))
    }

    /// What keeps full scrubs from being started: one would come to the inode that ours must not
    /// touch on a kernel with the defect.
    fn guard(&self) -> Guard {
        if self.forgot_risk { Guard::Lasting } else { self.table.guard() }
    }

    fn has_to_say_withheld(&self) -> bool {
        self.scrubs.wants_one() && !self.withheld_said
    }

    /// A full scrub, if one is wanted, allowed and due; or that it is not allowed.
    fn full_scrub(&mut self, now: Time) -> Option<Action> {
        match self.guard() {
            Guard::Briefly => None,
            Guard::Lasting => {
                let say = self.has_to_say_withheld();
                self.withheld_said |= say;
                say.then_some(Action::Say(Notice::ScrubWithheld))
            }
            Guard::Open if self.scrubs.due()? > now => None,
            Guard::Open => {
                let ticket = self.new_ticket();
                let reasons = self.scrubs.start(ticket, now);
                self.withheld_said = false;
                Some(Action::FullScrub { ticket, reasons })
            }
        }
    }

    /// A structure that neither repairs nor a full scrub have mended, unless one comes yet.
    fn last_word(&self, now: Time) -> Option<Key> {
        let due = self.scrubs.due().is_some_and(|at| at <= now);
        let scrub_comes = due && self.guard() != Guard::Lasting;
        if scrub_comes || self.scrubs.is_running() {
            return None;
        }
        self.table.last_word()
    }

    fn offline_needed(&mut self, now: Time) -> Option<Notice> {
        let key = self.last_word(now)?;
        let why = self.table.update(key, |entry| {
            entry.said.offline = true;
            entry.failed
        });
        why.flatten().map(|why| Notice::OfflineNeeded(key, why))
    }

    fn repair(&mut self, now: Time) -> Option<Repair> {
        if self.hold.until() > now {
            return None;
        }
        let key = self.pick()?;
        let ticket = self.new_ticket();
        self.table.update(key, |entry| entry.begins(now));
        self.running.push((ticket, key));
        Some(Repair { ticket, key, only_if_loadable: self.is_risky(key) })
    }

    /// The first structure in the order of repairs that can be repaired beside what is running.
    fn pick(&mut self) -> Option<Key> {
        if !self.has_free_worker() {
            return None;
        }
        while let Some(key) = self.table.first_ready() {
            match self.waits_for(key) {
                Some(target) => self.table.park(key, target),
                None => return self.fits_beside(key).then_some(key),
            }
        }
        None
    }

    fn has_free_worker(&self) -> bool {
        let mut running = self.running.iter();
        running.len() < self.config.workers.max(1) && !running.any(|(_, key)| key.runs_alone())
    }

    fn fits_beside(&self, key: Key) -> bool {
        self.running.is_empty() || !key.runs_alone()
    }

    /// The target of which something has to be judged before this structure is repaired.
    fn waits_for(&self, key: Key) -> Option<Target> {
        let is_busy = self.running.iter().any(|(_, other)| other.target == key.target);
        let is_open = |scrub: &ScrubType| {
            let needed = Key { target: key.target, scrub: *scrub };
            self.table.get(needed).is_some_and(|e| e.is_open())
        };
        if is_busy || key.scrub.needs().iter().any(is_open) {
            return Some(key.target);
        }
        let comes_first = |(other, e): (Key, &Entry)| other != key && e.is_open();
        let behind = self.table.get(key)?.behind;
        behind.filter(|target| self.table.of_target(*target).any(comes_first))
    }

    fn new_ticket(&mut self) -> Ticket {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        Ticket(self.last_ticket)
    }
}
