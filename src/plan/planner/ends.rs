// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner's state machine: the answers to what it has asked for.

use super::reports::CORRUPT_GRACE;
use super::{Planner, Running, Source};
use crate::plan::action::{Depth, LookEnd, Notice, Reasons, ScrubEnd, Ticket};
use crate::plan::outcome::Outcome;
use crate::plan::scrub_type::{Key, ScrubType, bits};
use crate::plan::table::entry::State;
use crate::plan::time::Time;
use std::time::Duration;

impl Planner {
    /// Takes in what the kernel says of an inode after the repair `ticket` of its core, before
    /// [`Planner::finished`]: a sick mask. Such a repair may empty what hangs on the core, and the
    /// kernel does not report the core healthy.
    ///
    /// False if no repair of an inode core with this ticket waits for an answer: then nothing
    /// changes.
    pub fn follow_up(&mut self, ticket: Ticket, mask: u32, now: Time) -> bool {
        let is_it = |r: &&Running| r.ticket == ticket && r.key.scrub == ScrubType::INODE;
        let Some(key) = self.running.iter().find(is_it).map(|running| running.key) else {
            return false;
        };
        self.damaged(key.target, mask, Source::Memory, now);
        let is_core_good = bits(mask).all(|bit| Key::from_bit(key.target, bit) != Some(key));
        self.table.update(key, |entry| entry.seen_again = !is_core_good);
        true
    }

    /// Takes in the outcome of a repair.
    ///
    /// What the kernel had queued before the repair ended must have gone through
    /// [`Planner::event`] by now, or the echoes of the repair are taken for news.
    ///
    /// False if no repair with this ticket waits for an answer: then nothing changes.
    pub fn finished(&mut self, ticket: Ticket, outcome: Outcome, now: Time) -> bool {
        let Some(key) = self.answered(ticket, now) else { return false };
        match outcome {
            Outcome::Repaired => self.good(key, Notice::Repaired(key), now),
            Outcome::Fine => self.good(key, Notice::NoModification(key), now),
            // None of the files that stand behind it: there is nothing that could be bad.
            Outcome::Gone if key.stands_for_many() => {
                self.good(key, Notice::NoModification(key), now);
            }
            // After a shutdown or an unmount nothing but a success is to be told.
            _ if self.has_stopped => {
                self.table.update(key, |entry| entry.state = State::Left);
            }
            Outcome::Shutdown => {
                self.stop();
                self.say(Notice::ShutDown);
            }
            other => self.not_good(key, other, now),
        }
        true
    }

    /// Takes out the repair of a ticket, which now waits for no answer any more; gives what was
    /// repaired, `None` if there is no such repair.
    fn answered(&mut self, ticket: Ticket, now: Time) -> Option<Key> {
        let at = self.running.iter().position(|running| running.ticket == ticket)?;
        let key = self.running.swap_remove(at).key;
        if self.running.iter().filter(|other| other.began.is_some()).count() < self.config.workers {
            self.next_begins(now);
        }
        Some(key)
    }

    /// Takes note that a worker has come to the oldest repair that waited for one: its time, and
    /// that until the next attempt, count from here.
    fn next_begins(&mut self, now: Time) {
        let waiting = self.running.iter_mut().filter(|running| running.began.is_none());
        let Some(running) = waiting.min_by_key(|running| running.ticket) else { return };
        running.began = Some(now);
        self.table.update(running.key, |entry| entry.is_begun(now));
    }

    /// Takes in that the full scrub of this ticket was not started, as one of somebody else's runs
    /// whose end is waited for; [`ScrubEnd::Others`] is answered then. Meanwhile damage that it
    /// finds and does not mend is repaired like any that a scrub has found.
    ///
    /// Gives for how long it is to be waited for at most: nobody knows whether it hangs. The same
    /// is answered when that is over, and the next full scrub that is asked for does not wait.
    ///
    /// `None` if no full scrub with this ticket waits for an answer: then nothing changes.
    pub fn scrub_waits(&mut self, ticket: Ticket, now: Time) -> Option<Duration> {
        let left = self.scrubs.waits(ticket, now)?;
        self.found_is_ours(CORRUPT_GRACE, now);
        Some(left)
    }

    /// Takes in the end of a full scrub.
    ///
    /// False if no full scrub with this ticket waits for an answer, as none does after
    /// [`Planner::stop`]: then nothing changes.
    pub fn scrub_finished(&mut self, ticket: Ticket, end: ScrubEnd, now: Time) -> bool {
        let waits = self.scrubs.finished(ticket, end, now);
        if waits {
            self.scrub_is_over(end, now);
        }
        waits
    }

    /// Takes over what a full scrub found and did not mend; what it could not tell us is looked
    /// for.
    fn scrub_is_over(&mut self, end: ScrubEnd, now: Time) {
        // If ours did not run, somebody else's scrub has found it and may mend it.
        let grace = if end == ScrubEnd::NotStarted { CORRUPT_GRACE } else { Duration::ZERO };
        self.found_is_ours(grace, now);
        let has_judged = matches!(end, ScrubEnd::Finished { .. } | ScrubEnd::Untold);
        let says_clean = end == ScrubEnd::Finished { clean: true };
        if has_judged || end == ScrubEnd::Others {
            self.looks.want(Depth::Shallow);
        }
        if has_judged {
            self.has_left_what_is_known();
        }
        if says_clean || end == ScrubEnd::Untold {
            // Not of everything that it mends there is a report, and reports are lost.
            self.table.update_all(|entry| entry.try_after_scrub(now));
        }
        if says_clean {
            self.looks.all_is_readable(now);
        }
    }

    /// Plans the repair of what a scrub has found, unless that scrub repairs it within `grace`.
    fn found_is_ours(&mut self, grace: Duration, now: Time) {
        self.table.update_all(|entry| {
            if std::mem::take(&mut entry.awaits_scrub) {
                entry.state = State::Pending(entry.next_attempt(now).max(now.after(grace)));
            }
        });
    }

    /// Takes note that a full scrub, or what takes its place, has come to its end: what was known,
    /// or it has found, it has not mended.
    fn has_left_what_is_known(&mut self) {
        self.table.update_all(|entry| entry.outlived_scrub |= entry.state != State::Idle);
    }

    /// Takes in the end of a look. What was found must have gone through [`Planner::sick`] by now.
    ///
    /// False if no look with this ticket waits for an answer, as none does after
    /// [`Planner::stop`]: then nothing changes.
    pub fn look_finished(&mut self, ticket: Ticket, end: LookEnd, now: Time) -> bool {
        let Some(reasons) = self.looks.finished(ticket, end, now) else { return false };
        if !self.vetting.ended(ticket, end, now) {
            self.scrubs.not_vetted(now);
        }
        self.look_has_told(ticket, end, now);
        // The look at an AG that cannot be looked through comes to the same after every full scrub.
        let is_known = reasons == Reasons::NO_SINGLE_REPAIR && self.scrubs.has_run();
        match end {
            _ if is_known => {}
            LookEnd::Complete => self.scrubs.want(reasons),
            LookEnd::Incomplete | LookEnd::NotLooked | LookEnd::Vanished => {
                self.want_or_check(reasons);
            }
        }
        if !self.looks.has_checks() && self.scrubs.checks_ended(now) {
            self.has_left_what_is_known();
        }
        true
    }
}
