// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner's state machine: effects of a report, and of what a look has found.

use super::{Planner, Source};
use crate::event::Target;
use crate::plan::action::{Failure, Reasons};
use crate::plan::config::{Pace, Policy};
use crate::plan::defects;
use crate::plan::scrub_type::{Key, bits};
use crate::plan::table::entry::{Entry, State};
use crate::plan::time::Time;
use crate::uapi::{XFS_AG_GEOM_SICK_INODES, XFS_FSOP_GEOM_SICK_METADIR};
use std::time::Duration;

/// Time for which scrub may itself repair what it found; only afterwards is it ours.
pub(in crate::plan) const CORRUPT_GRACE: Duration = Duration::from_secs(60);

impl Planner {
    /// Takes damage in; gives the bits of it that nobody knew of.
    pub(in crate::plan) fn damaged(
        &mut self,
        target: Target,
        mask: u32,
        source: Source,
        now: Time,
    ) -> u32 {
        let is_new = |bit: &u32| match (target, Key::from_bit(target, *bit)) {
            (Target::Ag(agno), None) if *bit == XFS_AG_GEOM_SICK_INODES => {
                self.inodes(agno, source, now)
            }
            (_, None) => self.no_single_repair(source),
            (_, Some(key)) => self.report(key, *bit, source, now),
        };
        bits(mask).filter(is_new).sum()
    }

    /// Takes in that inodes of an AG are sick (the kernel does not say which); true if nobody knew.
    fn inodes(&mut self, agno: u32, source: Source, now: Time) -> bool {
        if source != Source::Memory {
            self.vetting.doubt();
        }
        let is_new = self.looks.inodes(agno, source == Source::Memory, now);
        is_new.unwrap_or_else(|| self.no_single_repair(source))
    }

    /// Takes in damage that only a full scrub may mend; true if none was known to be needed for
    /// that. What the kernel remembers after one it remembers for ever, and the look after each
    /// would want the next one.
    fn no_single_repair(&mut self, source: Source) -> bool {
        if source == Source::Memory && self.scrubs.has_run() {
            return false;
        }
        self.want_or_check(Reasons::NO_SINGLE_REPAIR);
        !std::mem::replace(&mut self.no_repair_known, true)
    }

    /// Requests a full scrub because not all is known that is sick. Where one may crash the kernel
    /// that is rather a reason against it: checks have to do.
    pub(in crate::plan) fn want_or_check(&mut self, reasons: Reasons) {
        match self.config.defects.is_empty() {
            true => self.scrubs.want(reasons),
            false => self.scrubs.want_checks(reasons),
        }
    }

    /// Takes in that a structure is damaged; true if nobody knew.
    fn report(&mut self, key: Key, bit: u32, source: Source, now: Time) -> bool {
        let key = self.known_as(key, now);
        let known = self.table.get(key);
        let is_new = known.is_none_or(|entry| entry.state == State::Idle);
        // No scrub type ever clears this one: what a repair of the paths made of it is the verdict.
        let is_sticky = key.target == Target::Fs && bit == XFS_FSOP_GEOM_SICK_METADIR;
        if is_sticky && source == Source::Memory && known.is_some_and(|e| e.attempts() > 0) {
            return false;
        }
        let risky = self.is_risky(key);
        if !self.find_room(key, risky, now) {
            return is_new;
        }
        if defects::is_left_alone(key.scrub) {
            self.table.update(key, |entry| entry.leave_alone(Failure::Unsupported));
            return is_new;
        }
        let waits_for_scrub = source == Source::Scrub && self.scrubs.is_running();
        let grace = match (source, self.config.pace) {
            (Source::Scrub, Pace::Steady) => CORRUPT_GRACE,
            _ => Duration::ZERO,
        };
        let counts = self.table.update(key, |entry| {
            entry.risky = risky;
            if entry.state == State::Running {
                // Memory is from before the repair ends.
                entry.seen_again |= source != Source::Memory;
                return false;
            }
            entry.reported(now);
            let at = entry.next_attempt(now).max(now.after(grace));
            let at = if waits_for_scrub { Time::NEVER } else { at };
            match entry.state {
                State::Left | State::Running => {}
                // Something that waits for a reason of its own goes on waiting.
                State::Pending(earlier) if earlier <= at => {}
                State::Idle | State::Pending(_) => {
                    entry.awaits_scrub = waits_for_scrub;
                    entry.state = State::Pending(at);
                }
            }
            // What is found is not reported: after a restart it would be counted again.
            let counts = source != Source::Memory && self.burst.is_new(entry.counted(), now);
            if counts {
                entry.count(now);
            }
            counts
        });
        // A full scrub reads everything and so has everything reported.
        if counts == Some(true) && !self.scrubs.reads_all() && self.burst.count(now) {
            self.scrubs.want(Reasons::BURST);
        }
        if source != Source::Memory {
            self.is_stumbled_on(key, now);
        }
        is_new
    }

    /// Takes in a report of a structure: if only a writable mount was missing, it may be repaired
    /// now. Not if a repair of ours has come upon it: each would call for the next one.
    fn is_stumbled_on(&mut self, key: Key, now: Time) {
        let is_due = |entry: &Entry| matches!(entry.state, State::Pending(at) if at <= now);
        if self.running.is_empty() && self.table.get(key).is_some_and(is_due) {
            self.hold.reported(now);
        }
    }

    /// Takes in structures, as a mask of `target`, that are to be rebuilt elsewhere on the device
    /// though the kernel may have a good copy of them: their place there is bad. They wait for
    /// their turn, and are tried as often as others. Gives those that a repair is to be asked for:
    /// none unless damage is repaired, and in a dry run, which only says what would be.
    pub fn rebuild(&mut self, target: Target, mask: u32, now: Time) -> u32 {
        if self.has_stopped || self.config.policy != Policy::Repair {
            return 0;
        }
        let keys = bits(mask).filter_map(|bit| Some((bit, Key::from_bit(target, bit)?)));
        let forced = keys.filter(|(_, key)| self.force(*key, now)).map(|(bit, _)| bit).sum();
        if self.may_repair() { forced } else { 0 }
    }

    /// Has the next attempt rebuild a structure; false if there is to be none.
    fn force(&mut self, key: Key, now: Time) -> bool {
        let risky = self.is_risky(key);
        if defects::is_left_alone(key.scrub) || !self.find_room(key, risky, now) {
            return false;
        }
        let is_forced = self.table.update(key, |entry| {
            entry.risky = risky;
            entry.reported(now);
            entry.forced = entry.state != State::Left;
            if entry.state == State::Idle {
                entry.state = State::Pending(entry.next_attempt(now));
            }
            entry.forced
        });
        is_forced == Some(true)
    }

    /// Takes in that a structure is good.
    pub(in crate::plan) fn healthy(&mut self, target: Target, bit: u32, now: Time) {
        let Some(key) = Key::from_bit(target, bit) else {
            if let (Target::Ag(agno), XFS_AG_GEOM_SICK_INODES) = (target, bit) {
                self.looks.inodes_are_good(agno);
            }
            return;
        };
        // One that is good with a generation is not bad without.
        let namesake = self.table.namesake(key);
        namesake.into_iter().chain([key]).for_each(|key| self.is_good(key, now));
    }

    fn is_good(&mut self, key: Key, now: Time) {
        let speaks_for_one = !key.stands_for_many();
        self.table.update(key, |entry| {
            if entry.state == State::Running {
                entry.seen_again = false;
                return;
            }
            // What is good in memory may be lost on the device.
            if entry.forced && matches!(entry.state, State::Pending(_)) {
                return;
            }
            if speaks_for_one {
                entry.healed();
                entry.state = State::Idle;
            } else if entry.state == State::Left {
                // Whatever it was that could not be mended may be good now.
                entry.state = State::Pending(entry.next_attempt(now));
            }
        });
        self.others_go_on(key, now);
    }
}
