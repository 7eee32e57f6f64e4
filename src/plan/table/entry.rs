// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner's memory of one structure, and the limits on how often it may be tried.

use super::guard::Guard;
use crate::event::Target;
use crate::plan::action::Failure;
use crate::plan::config::Pace;
use crate::plan::time::{Time, doubled};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Time from the last of the quick attempts to one that tells what a full scrub has made of the
/// structure.
const AFTER_SCRUB: Duration = Duration::from_secs(120);

/// Number of attempts after which only one per long pause follows.
pub(in crate::plan) const QUICK_ATTEMPTS: u32 = 3;

/// Places in the order in which entries are forgotten: inodes that nothing is tried of (`UNTRIED`)
/// come after what is exhausted or healed, those that wait for something (`PENDING`) come last.
pub(in crate::plan) const UNTRIED: u8 = 2;
pub(in crate::plan) const PENDING: u8 = 3;

/// State of a structure in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum State {
    /// The structure needs nothing; it is remembered for its budget.
    Idle,
    /// The structure is to be repaired, from this time on.
    Pending(Time),
    /// The structure is being repaired.
    Running,
    /// The structure is not to be tried again before the kernel calls it healthy.
    Left,
}

/// The means that may still mend a structure that repairs have not, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum Hope {
    /// Nothing is tried for the structure.
    None,
    /// The steps after a full scrub that has left the damage may mend the structure.
    Less,
    /// A full scrub may mend the structure.
    Scrub,
}

/// The planner's memory of one structure.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Entry {
    pub state: State,
    /// True if the structure was reported while it was being repaired: by the repair itself, or
    /// anew.
    pub seen_again: bool,
    /// Reason why the last attempt failed; `None` if it did not, or if something has healed the
    /// structure since.
    pub failed: Option<Failure>,
    /// True if a known kernel defect or a crash keeps the structure from being repaired, also by a
    /// full scrub.
    pub untouchable: bool,
    /// True if the structure may turn out to be untouchable: a full scrub must not come to it
    /// before it is judged.
    pub risky: bool,
    /// True if the structure is to be rebuilt by the next attempt whatever a check finds.
    pub forced: bool,
    /// True if the running attempt rebuilds the structure whatever a check finds.
    forcing: bool,
    /// Target whose other structures are to be repaired first; `None` if the structure waits for
    /// none.
    pub behind: Option<Target>,
    /// True if the damage was found by a full scrub of ours that still runs and may mend it itself.
    pub awaits_scrub: bool,
    /// True if a full scrub has ended since the structure was known to be bad, and has not mended
    /// it.
    pub outlived_scrub: bool,
    /// True if a full scrub may have mended the structure since the last attempt, which only
    /// another attempt tells.
    pub may_be_mended: bool,
    /// Time when the structure was last counted as one of many in a burst; [`Time::NEVER`] if it
    /// never was: in a burst there are hundreds of these, and an `Option` would take twice as much.
    counted: Time,
    /// Notices that have been said about the structure.
    pub said: Announced,
    pace: Pace,
    attempts: u32,
    /// Number of answers in a row that judged nothing.
    unjudged: u32,
    /// End of the pause after the last answer that judged nothing; HEALTHY does not shorten it.
    not_before: Time,
    first_attempt: Time,
    last_attempt: Time,
    last_report: Time,
}

/// Notices that have been said about a structure and are not to be said again.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::plan) struct Announced {
    pub failed: bool,
    pub cross_failed: bool,
    pub offline: bool,
    pub postponed: bool,
}

impl Entry {
    pub fn new(now: Time, pace: Pace) -> Entry {
        Entry {
            state: State::Idle,
            seen_again: false,
            failed: None,
            untouchable: false,
            risky: false,
            forced: false,
            forcing: false,
            behind: None,
            awaits_scrub: false,
            outlived_scrub: false,
            may_be_mended: false,
            counted: Time::NEVER,
            said: Announced::default(),
            pace,
            attempts: 0,
            unjudged: 0,
            not_before: Time::default(),
            first_attempt: now,
            last_attempt: now,
            last_report: now,
        }
    }

    /// Time when the structure was last counted as one of many in a burst; `None` if it never was.
    pub fn counted(&self) -> Option<Time> {
        (self.counted != Time::NEVER).then_some(self.counted)
    }

    /// Takes note that the structure is counted as one of many in a burst.
    pub fn count(&mut self, now: Time) {
        self.counted = now;
    }

    /// Takes in a report from outside a repair; a day without one clears the count of attempts.
    pub fn reported(&mut self, now: Time) {
        if now.since(self.last_report) >= DAY && now.since(self.last_attempt) >= DAY {
            self.attempts = 0;
            self.unjudged = 0;
        }
        self.last_report = now;
    }

    /// The earliest time for the next attempt: at once, 10 s and 60 s after the first, then one
    /// per pause of an hour, doubling to a day. Attempts that healed count too. An attempt that
    /// comes late is not followed by the next one sooner than one that comes in time.
    pub fn next_attempt(&self, now: Time) -> Time {
        let (second, third) = match self.pace {
            Pace::Steady => (Duration::from_secs(10), Duration::from_secs(60)),
            Pace::Hurried => (Duration::from_secs(1), Duration::from_secs(3)),
        };
        let at = match self.attempts {
            0 => now,
            1 => self.first_attempt.after(second),
            2 => self
                .first_attempt
                .after(third)
                .max(self.last_attempt.after(third.saturating_sub(second))),
            n => self.last_attempt.after(doubled(HOUR, n - QUICK_ATTEMPTS, DAY)),
        };
        at.max(now).max(self.not_before)
    }

    /// The earliest time for the next attempt, as if no quick attempt had to wait for its time.
    pub fn brought_forward(&self, now: Time) -> Time {
        now.max(self.not_before)
    }

    /// Plans another attempt, which tells if a full scrub has mended what failed: one of the quick
    /// ones if any is left, else one that comes no sooner than they allow.
    pub fn try_after_scrub(&mut self, now: Time) {
        let at = match self.attempts {
            0..QUICK_ATTEMPTS => self.next_attempt(now),
            _ => self.brought_forward(now).max(self.last_attempt.after(AFTER_SCRUB)),
        };
        let at = match self.state {
            State::Pending(earlier) => earlier.min(at),
            State::Left => at,
            State::Idle | State::Running => return,
        };
        if self.failed.is_some() && !self.untouchable {
            (self.state, self.may_be_mended) = (State::Pending(at), true);
        }
    }

    /// Counts an attempt that begins.
    pub fn begins(&mut self, now: Time) {
        if self.attempts == 0 {
            self.first_attempt = now;
        }
        self.attempts = self.attempts.saturating_add(1);
        self.last_attempt = now;
        self.state = State::Running;
        self.seen_again = false;
        self.behind = None;
        self.awaits_scrub = false;
        self.forcing = std::mem::take(&mut self.forced);
    }

    /// True if the running attempt rebuilds the structure whatever a check finds.
    pub fn is_forcing(&self) -> bool {
        self.forcing
    }

    /// Takes in that the attempt has not rebuilt the structure: the next has to.
    pub fn not_rebuilt(&mut self) {
        self.forced |= std::mem::take(&mut self.forcing);
    }

    /// Takes in that a worker has come to the attempt that was counted when it was asked for.
    pub fn is_begun(&mut self, now: Time) {
        if self.attempts == 1 {
            self.first_attempt = now;
        }
        self.last_attempt = now;
    }

    /// Takes back the count of the attempt that has just ended without a judgement.
    pub fn uncounted(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// Takes back the count of the attempt that has just judged nothing, and gives the time to go
    /// on: after `first`, doubling with each such answer in a row up to `most`.
    pub fn judged_nothing(&mut self, first: Duration, most: Duration, now: Time) -> Time {
        self.uncounted();
        self.not_before = now.after(doubled(first, self.unjudged, most));
        self.unjudged = self.unjudged.saturating_add(1);
        self.not_before
    }

    /// Brings the next attempt forward: what kept the last answers from judging the structure may
    /// be gone. If it is not, the pauses begin anew.
    pub fn try_again(&mut self, now: Time) {
        let State::Pending(at) = self.state else { return };
        if self.unjudged > 0 && !self.awaits_scrub {
            self.unjudged = 1;
            self.not_before = self.not_before.min(now);
            self.state = State::Pending(at.min(self.next_attempt(now)));
        }
    }

    /// Takes in that the kernel gave a verdict, so a run of answers without one is over.
    pub fn judged(&mut self) {
        self.unjudged = 0;
        self.not_before = Time::default();
        self.said.postponed = false;
        self.may_be_mended = false;
    }

    /// Leaves a structure alone that is bad, for this reason: neither a repair nor a full scrub is
    /// tried.
    pub fn leave_alone(&mut self, why: Failure) {
        self.state = State::Left;
        self.untouchable = true;
        self.failed = Some(why);
        self.may_be_mended = false;
        self.forced = false;
    }

    /// Takes in that the structure is good again; only what limits how often it is tried is kept.
    pub fn healed(&mut self) {
        self.failed = None;
        self.seen_again = false;
        self.forcing = false;
        self.untouchable = false;
        self.behind = None;
        self.awaits_scrub = false;
        (self.outlived_scrub, self.may_be_mended) = (false, false);
        self.said = Announced::default();
    }

    /// True if no quick attempt is left, or none is allowed.
    pub fn is_exhausted(&self) -> bool {
        self.state == State::Left || self.attempts >= QUICK_ATTEMPTS
    }

    /// True if the structure will be judged soon.
    pub fn is_hopeful(&self) -> bool {
        match self.state {
            State::Running => true,
            State::Pending(_) => !self.is_exhausted(),
            State::Idle | State::Left => false,
        }
    }

    /// True if the structure will be judged soon and waits for no other, so that what depends on it
    /// should wait for it.
    pub fn is_open(&self) -> bool {
        self.is_hopeful() && self.behind.is_none()
    }

    /// True if the last answer judged nothing.
    pub fn is_unjudged(&self) -> bool {
        self.unjudged > 0 && self.state != State::Idle
    }

    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// True if the last word is due: the last attempt failed, no quick attempt is left, and that
    /// has not been said.
    pub fn awaits_last_word(&self) -> bool {
        let ended = self.state != State::Running && self.is_exhausted() && !self.may_be_mended;
        self.failed.is_some() && ended && !self.said.offline
    }

    /// The means that may still mend the structure.
    pub fn hope(&self) -> Hope {
        match (self.untouchable, self.outlived_scrub) {
            (true, _) => Hope::None,
            (false, true) => Hope::Less,
            (false, false) => Hope::Scrub,
        }
    }

    /// Loss if the entry is forgotten, the least first; `None` if it must be kept.
    pub fn spare(&self) -> Option<u8> {
        match self.state {
            State::Running => None,
            _ if self.untouchable || self.awaits_last_word() => None,
            _ if self.said.offline || self.said.cross_failed => self.is_exhausted().then_some(0),
            State::Left if self.failed.is_none() => Some(0),
            State::Idle if self.failed.is_none() => Some(1),
            _ => None,
        }
    }

    /// Loss if the entry of an inode is forgotten where there is no other way; `None` if it must be
    /// kept. That there was one that nothing is tried of, and one that waits, is remembered without
    /// it.
    pub fn last_resort(&self) -> Option<u8> {
        match self.state {
            State::Running => None,
            State::Left if self.untouchable && !self.awaits_last_word() => Some(UNTRIED),
            _ => Some(PENDING),
        }
    }

    /// Guard of this structure against the start of full scrubs.
    pub fn guard(&self) -> Guard {
        let lasts = self.is_exhausted() || self.unjudged > 0;
        match self.state {
            _ if self.untouchable => Guard::Lasting,
            _ if !self.risky || self.failed.is_some() || self.said.cross_failed => Guard::Open,
            State::Pending(_) if lasts => Guard::Unjudged,
            State::Pending(_) | State::Running => Guard::Briefly,
            State::Idle | State::Left => Guard::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn attempts_follow_at_0_10_and_60_seconds_then_after_1_2_4_to_24_hours() {
        let mut entry = Entry::new(Time::default(), Pace::Steady);
        let mut now = Time::default();
        let mut gaps = Vec::new();
        for _ in 0..10 {
            let next = entry.next_attempt(now);
            gaps.push(next.since(now).as_secs());
            now = next;
            entry.begins(now);
        }
        let hours: Vec<u64> = [1, 2, 4, 8, 16, 24, 24].iter().map(|h| h * 3600).collect();
        assert_eq!(gaps, [&[0, 10, 50], &hours[..]].concat());
    }

    #[test]
    fn a_day_without_a_report_clears_the_count() {
        let mut entry = Entry::new(Time::default(), Pace::Steady);
        for _ in 0..5 {
            entry.begins(Time::default());
        }
        let almost = Time::default().after(DAY - SECOND);
        entry.reported(almost);
        assert_eq!(entry.attempts(), 5);
        let later = almost.after(DAY);
        entry.reported(later);
        assert_eq!(entry.next_attempt(later), later);
    }

    #[test]
    fn an_answer_without_a_judgement_costs_no_attempt_but_ever_longer_waits() {
        let mut entry = Entry::new(Time::default(), Pace::Steady);
        let mut now = Time::default();
        let mut waits = Vec::new();
        for _ in 0..6 {
            entry.begins(now);
            let next = entry.judged_nothing(SECOND, 10 * SECOND, now);
            entry.healed();
            assert_eq!(entry.next_attempt(now), next, "HEALTHY gives nothing back");
            waits.push(next.since(now).as_secs());
            now = next;
        }
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
        assert_eq!(entry.attempts(), 0);
    }
}
