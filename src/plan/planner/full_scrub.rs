// SPDX-License-Identifier: LGPL-2.1-or-later
//! Full scrubs: whether and when the whole filesystem is scrubbed, where one repair is not enough.

use crate::plan::action::{Reasons, ScrubEnd, Ticket};
use crate::plan::time::{Time, doubled};
use std::time::Duration;

/// The least time from the end of a full scrub to the next.
const GAP: Duration = Duration::from_secs(6 * 3600);
const MOST_GAP: Duration = Duration::from_secs(24 * 3600);
/// First pause of a full scrub that could not be started, or that somebody else's came before.
const RETRY: Duration = Duration::from_secs(60);
/// Most full scrubs in a row without a verdict that the last word waits to be made up for. After so
/// many, which takes two days, it is not to be expected that the next one comes to any.
const MOST_OWED: u32 = 8;
/// Longest time that the last word waits for a full scrub that has to wait for those of others.
const LONGEST_OWED: Duration = Duration::from_secs(48 * 3600);
/// Longest time that our full scrub waits for those of others, from the first on: one may hang. A
/// large filesystem is scrubbed for hours, and beside another one ours is slow but does no harm.
const OTHERS_PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Reasons that a full scrub itself calls forth.
const ECHOES: Reasons = Reasons::NO_SINGLE_REPAIR.union(Reasons::TABLE_FULL);
/// Reasons for a full scrub that are none any more once the damage that they are about is gone.
/// What else is damaged nobody knows, and somebody else's full scrub had passed some of it before
/// it was wanted.
const ABOUT_KNOWN: Reasons = Reasons::REPAIR_FAILED.union(Reasons::BURST);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScrubState {
    /// There is no way to run a full scrub.
    Off,
    Idle,
    Running(Ticket),
    /// A full scrub of somebody else runs, and ours is to follow.
    Waiting(Ticket),
    /// Checks of everything take the place of a full scrub that could crash the kernel.
    Checking,
}

/// The full scrubs of one filesystem: one at a time, with a gap that grows while they do not help.
#[derive(Debug)]
pub(in crate::plan) struct FullScrubs {
    state: ScrubState,
    wanted: Reasons,
    /// Set while checks of everything will do for all that a full scrub is wanted for.
    checks_do: bool,
    /// Reasons for which the last full scrub was started, or was to be.
    reasons: Reasons,
    /// Time when the last full scrub ended, or started if it has not; `None` before the first.
    last: Option<Time>,
    /// Full scrubs in a row that left damage.
    in_vain: u32,
    /// The gap to the next full scrub.
    gap: Duration,
    /// Starts in a row that failed.
    not_started: u32,
    has_run: bool,
    /// Set if the last full scrub could not judge what it was wanted for.
    is_owed: bool,
    /// Set if somebody else's full scrub may have seen to what the next one is wanted for.
    is_doubtful: bool,
    /// Time since when the wanted full scrub has been waiting for somebody else's; `None` if it has
    /// not.
    others_since: Option<Time>,
    /// Number of full scrubs in a row that came to no verdict.
    interrupted: u32,
    /// Set while no full scrub may start.
    is_held: bool,
}

impl FullScrubs {
    pub fn new(enabled: bool) -> FullScrubs {
        let state = if enabled { ScrubState::Idle } else { ScrubState::Off };
        let (wanted, reasons) = (Reasons::empty(), Reasons::empty());
        FullScrubs {
            state,
            wanted,
            checks_do: true,
            reasons,
            last: None,
            in_vain: 0,
            gap: GAP,
            not_started: 0,
            has_run: false,
            is_owed: false,
            is_doubtful: false,
            others_since: None,
            interrupted: 0,
            is_held: false,
        }
    }

    pub fn want(&mut self, reasons: Reasons) {
        if self.takes(reasons) {
            self.checks_do = false;
        }
    }

    /// Requests a full scrub, or checks of everything where one is not safe.
    pub fn want_checks(&mut self, reasons: Reasons) {
        self.takes(reasons);
    }

    fn takes(&mut self, reasons: Reasons) -> bool {
        // Reading a structure reports it again, and the running full scrub reads all of them: what
        // no single repair mends, or nobody can remember, would want the next one for ever.
        let is_echo = ECHOES.contains(reasons) && self.reads_all();
        let is_taken = self.state != ScrubState::Off && !is_echo && !reasons.is_empty();
        if is_taken {
            self.wanted |= reasons;
        }
        is_taken
    }

    pub fn wants_one(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// True if it is time for the wanted full scrub, and somebody else's may have seen to it.
    pub fn is_doubtful(&self, now: Time) -> bool {
        self.is_doubtful && self.in_time().is_some_and(|at| at <= now)
    }

    /// Takes note of which damage is left that a full scrub may be wanted for.
    pub fn settle_doubt(&mut self, left: Reasons) {
        self.is_doubtful = false;
        self.wanted &= left | !ABOUT_KNOWN;
        if self.wanted.is_empty() {
            (self.is_owed, self.checks_do, self.not_started) = (false, true, 0);
            (self.interrupted, self.others_since) = (0, None);
        }
    }

    /// True if checks of everything will do for all that a full scrub is wanted for.
    pub fn checks_do(&self) -> bool {
        self.checks_do
    }

    pub fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// True if a full scrub, or what took its place, has come to its end.
    pub fn has_run(&self) -> bool {
        self.has_run
    }

    /// True if a full scrub is to come before anybody has to know what it leaves: one that was
    /// interrupted and not made up for, or one whose time has come, also where it is held back for
    /// another filesystem.
    pub fn is_to_come(&self, now: Time) -> bool {
        let is_owed = self.is_owed && !matches!(self.state, ScrubState::Waiting(_));
        is_owed || self.in_time().is_some_and(|at| at <= now)
    }

    /// True if a full scrub is wanted for which it is only too early. One that could not be started
    /// may never come, nor may one come to a verdict where so many have not.
    pub fn is_to_come_later(&self) -> bool {
        let may_come = self.not_started == 0 && self.interrupted <= MOST_OWED;
        self.in_time().is_some() && may_come
    }

    /// Time when the wanted full scrub may start; `None` if none is wanted or one is running.
    pub fn wake_at(&self) -> Option<Time> {
        let in_time = self.in_time()?;
        Some(if self.is_held { Time::NEVER } else { in_time })
    }

    /// Time when the wanted full scrub may start, as if none was ever held back; `None` if none is
    /// wanted or one is running.
    fn in_time(&self) -> Option<Time> {
        if self.state != ScrubState::Idle || self.wanted.is_empty() {
            return None;
        }
        Some(self.last.map_or(Time::default(), |last| last.after(self.gap)))
    }

    /// Takes note that the wanted full scrub starts now; gives the reasons for it.
    pub fn start(&mut self, ticket: Ticket, now: Time) -> Reasons {
        self.begins(ScrubState::Running(ticket), now);
        self.reasons
    }

    /// Takes note that checks of everything start now in place of the wanted full scrub.
    pub fn start_checks(&mut self, now: Time) {
        self.begins(ScrubState::Checking, now);
    }

    fn begins(&mut self, state: ScrubState, now: Time) {
        self.is_doubtful = false;
        self.state = state;
        self.last = Some(now);
        self.reasons = std::mem::take(&mut self.wanted);
        self.checks_do = true;
    }

    /// Takes note that the full scrub that was to start waits for the end of somebody else's; gives
    /// for how long, `None` if this ticket is not the running one's.
    pub fn waits(&mut self, ticket: Ticket, now: Time) -> Option<Duration> {
        if !self.is_under(ticket) {
            return None;
        }
        self.state = ScrubState::Waiting(ticket);
        self.others_since.get_or_insert(now);
        Some(self.patience(now))
    }

    /// Time for which a full scrub would wait for somebody else's that runs now.
    pub fn patience(&self, now: Time) -> Duration {
        let waited = self.others_since.map_or(Duration::ZERO, |since| now.since(since));
        OTHERS_PATIENCE.saturating_sub(waited)
    }

    fn is_under(&self, ticket: Ticket) -> bool {
        [ScrubState::Running(ticket), ScrubState::Waiting(ticket)].contains(&self.state)
    }

    /// Takes note of the end of a full scrub; false if this ticket is not the running one's.
    pub fn finished(&mut self, ticket: Ticket, end: ScrubEnd, now: Time) -> bool {
        if !self.is_under(ticket) {
            return false;
        }
        let clean = match end {
            ScrubEnd::Finished { clean } => clean,
            ScrubEnd::Untold => false,
            ScrubEnd::NotStarted | ScrubEnd::Interrupted | ScrubEnd::Others => {
                // Nothing was judged: what it was wanted for is still wanted.
                self.state = ScrubState::Idle;
                self.want(self.reasons);
                self.not_judged(end, now);
                return true;
            }
        };
        // It says so too when it does not know what it was wanted for, which then comes back.
        self.ended(clean && !ECHOES.contains(self.reasons), now);
        true
    }

    /// Puts off the wanted full scrub, which cannot be started now; soon it is tried again.
    fn put_off(&mut self, now: Time) {
        self.last = Some(now);
        self.gap = doubled(RETRY, self.not_started, GAP);
        self.not_started = self.not_started.saturating_add(1);
    }

    /// Takes note that the look before the wanted full scrub could not be made. What is owed is not
    /// waited for as long as that lasts.
    pub fn not_vetted(&mut self, now: Time) {
        self.put_off(now);
        self.is_owed &= self.not_started <= MOST_OWED;
    }

    /// Takes in that the obstacle to the start of the wanted full scrub may be gone. If it is not,
    /// the pauses begin anew.
    pub fn try_again(&mut self) {
        if self.not_started > 0 {
            (self.not_started, self.gap) = (1, Duration::ZERO);
        }
    }

    /// Takes note that the checks of everything have come to their end; false if there were none.
    pub fn checks_ended(&mut self, now: Time) -> bool {
        let were_made = self.is_checking();
        if were_made {
            // What they find is repaired by itself; what a full scrub was wanted for is as it was.
            self.ended(false, now);
        }
        were_made
    }

    fn ended(&mut self, helps: bool, now: Time) {
        self.state = ScrubState::Idle;
        self.last = Some(now);
        self.in_vain = if helps { 0 } else { self.in_vain.saturating_add(1) };
        self.gap = doubled(GAP, self.in_vain.saturating_sub(1), MOST_GAP);
        self.not_started = 0;
        self.has_run = true;
        (self.is_owed, self.interrupted, self.others_since) = (false, 0, None);
    }

    /// True while a full scrub, or what takes its place, reads everything and so has everything
    /// reported.
    pub fn reads_all(&self) -> bool {
        self.is_running() || self.is_checking()
    }

    /// True while checks of everything take the place of a full scrub.
    pub fn is_checking(&self) -> bool {
        self.state == ScrubState::Checking
    }

    fn not_judged(&mut self, end: ScrubEnd, now: Time) {
        match end {
            ScrubEnd::Interrupted => {
                self.interrupted = self.interrupted.saturating_add(1);
                self.not_started = 0;
                self.is_owed = self.interrupted <= MOST_OWED;
                // Whoever ended it does not want the next one at once.
                (self.last, self.gap) = (Some(now), GAP);
            }
            ScrubEnd::Others => {
                let since = *self.others_since.get_or_insert(self.last.unwrap_or(now));
                let is_soon = now.since(since) < LONGEST_OWED;
                self.is_owed = is_soon && self.interrupted <= MOST_OWED;
                self.is_doubtful = true;
                self.put_off(now);
            }
            ScrubEnd::NotStarted | ScrubEnd::Finished { .. } | ScrubEnd::Untold => {
                self.is_owed = false;
                self.put_off(now);
            }
        }
    }

    /// True if a full scrub of ours runs, as far as anyone knows.
    pub fn is_running(&self) -> bool {
        matches!(self.state, ScrubState::Running(_))
    }

    /// Time until which the last word waits for a full scrub that waits for somebody else's; `None`
    /// if none does.
    pub fn awaited_until(&self) -> Option<Time> {
        let since = self.others_since?;
        matches!(self.state, ScrubState::Waiting(_)).then(|| since.after(LONGEST_OWED))
    }

    pub fn stop(&mut self) {
        *self = FullScrubs::new(false);
    }
}
