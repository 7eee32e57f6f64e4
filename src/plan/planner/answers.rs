// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner's reaction to each outcome of a repair.

use super::Planner;
use super::hold::Obstacle;
use crate::event::Target;
use crate::plan::action::{Failure, Notice, Reasons};
use crate::plan::config::Policy;
use crate::plan::outcome::Outcome;
use crate::plan::scrub_type::Key;
use crate::plan::table::entry::{Entry, QUICK_ATTEMPTS, State};
use crate::plan::time::Time;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);

impl Planner {
    pub(in crate::plan) fn good(&mut self, key: Key, notice: Notice, now: Time) {
        self.say(notice);
        self.hold.unblocked();
        self.hold.device_works();
        self.table.update(key, |entry| {
            let seen_again = entry.seen_again;
            entry.judged();
            entry.healed();
            let try_again = State::Pending(entry.next_attempt(now));
            let goes_on = seen_again || entry.forced;
            entry.state = if goes_on { try_again } else { State::Idle };
        });
        self.others_go_on(key, now);
    }

    pub(in crate::plan) fn not_good(&mut self, key: Key, outcome: Outcome, now: Time) {
        self.table.update(key, Entry::not_rebuilt);
        match outcome {
            Outcome::Failed => self.failed(key, Failure::Corrupt, now),
            Outcome::DeviceError => self.device_failed(key, now),
            Outcome::Error(errno) => self.failed(key, Failure::Errno(errno), now),
            Outcome::Unsupported => self.leave(key, Failure::Unsupported, now),
            Outcome::KernelDefect => self.leave(key, Failure::KernelDefect, now),
            Outcome::Unlinked => self.leave(key, Failure::Unlinked, now),
            Outcome::Vanished => self.vanished(key, now),
            Outcome::CrossFailed => self.cross_failed(key, now),
            Outcome::Gone => self.gone(key, now),
            Outcome::Incomplete | Outcome::Busy => self.postpone(key, SECOND, TEN_MINUTES, now),
            Outcome::NoRoom | Outcome::NotJudged => self.postpone(key, MINUTE, HOUR, now),
            Outcome::ReadOnly => self.blocked(key, Notice::ReadOnly, Obstacle::NotWritable, now),
            Outcome::NoRecovery => self.blocked(key, Notice::NoRecovery, Obstacle::Lasting, now),
            Outcome::Unreachable(errno) => {
                self.blocked(key, Notice::Unreachable(errno), Obstacle::Lasting, now);
            }
            Outcome::Forbidden => {
                self.not_attempted(key, now);
                // Or it would be asked for again at once.
                self.repair_no_more();
            }
            Outcome::Repaired | Outcome::Fine | Outcome::Shutdown => {}
        }
    }

    /// Handles a structure that is still bad and may be tried again later.
    fn failed(&mut self, key: Key, why: Failure, now: Time) {
        self.hold.unblocked();
        self.table.update(key, |entry| {
            entry.judged();
            entry.state = State::Pending(entry.next_attempt(now));
        });
        self.say_failed(key, why);
        self.count_failure(now);
    }

    fn device_failed(&mut self, key: Key, now: Time) {
        self.failed(key, Failure::Device, now);
        if self.hold.device_failed(key) {
            self.say(Notice::DeviceTrouble);
        }
    }

    /// Handles a repair that crashed in the kernel. What it held there stays held, and a second
    /// crash would cost more than the repairs are worth.
    fn vanished(&mut self, key: Key, now: Time) {
        self.leave(key, Failure::Vanished, now);
        self.thread_vanished();
    }

    /// Takes in that a thread that worked at this filesystem was killed in the kernel. After a
    /// second one nothing more is repaired.
    pub fn thread_vanished(&mut self) {
        let is_second = std::mem::replace(&mut self.has_vanished, true);
        // Those that were running then may vanish too.
        if is_second && !std::mem::replace(&mut self.gave_up, true) {
            self.repair_no_more();
            self.say(Notice::TooManyVanished);
        }
    }

    /// Lowers the policy from repair to log: what is known is only told of from now on.
    fn repair_no_more(&mut self) {
        if self.config.policy == Policy::Repair {
            self.config.policy = Policy::Log;
        }
    }

    /// Leaves a structure that is still bad: another call would not change that.
    fn leave(&mut self, key: Key, why: Failure, now: Time) {
        self.table.update(key, |entry| {
            entry.judged();
            entry.state = State::Left;
            entry.forced = false;
            entry.untouchable = why != Failure::Unsupported;
        });
        self.say_failed(key, why);
        match why {
            Failure::KernelDefect | Failure::Unlinked => self.hold.untried(now),
            _ => self.count_failure(now),
        }
    }

    fn count_failure(&mut self, now: Time) {
        if self.hold.failed(now) {
            self.say(Notice::TooManyFailures);
        }
    }

    /// Says a failure the first time and asks for a full scrub; the last word comes later.
    fn say_failed(&mut self, key: Key, why: Failure) {
        let said = self.table.update(key, |entry| {
            entry.failed = Some(why);
            // Where nothing was attempted there is no failed attempt to tell or to follow up.
            let is_untried = matches!(why, Failure::KernelDefect | Failure::Unlinked);
            is_untried || std::mem::replace(&mut entry.said.failed, true)
        });
        if said == Some(false) {
            self.say(Notice::Failed(key, why));
            self.scrubs.want(Reasons::REPAIR_FAILED);
        }
    }

    /// Handles a structure that was compared with something bad. If that may be known it comes
    /// first; if not, one more attempt decides whether it is said. Later attempts come with the
    /// long pauses.
    fn cross_failed(&mut self, key: Key, now: Time) {
        self.hold.unblocked();
        let may_be_it = |(other, e): (Key, &Entry)| other != key && e.is_hopeful();
        let sibling = self.table.of_target(key.target).any(may_be_it);
        let persists = self.table.update(key, |entry| {
            entry.judged();
            entry.state = State::Pending(entry.next_attempt(now));
            let persists = entry.attempts() >= QUICK_ATTEMPTS || !sibling && entry.attempts() > 1;
            if !persists {
                entry.behind = Some(key.target);
                return false;
            }
            // It is not what is bad, even if it was before.
            entry.failed = None;
            !std::mem::replace(&mut entry.said.cross_failed, true)
        });
        if persists == Some(true) {
            self.say(Notice::CrossFailed(key));
            self.scrubs.want(Reasons::REPAIR_FAILED);
        }
    }

    /// Handles an object that does not exist, unless what finds inodes is itself damaged and says
    /// so wrongly.
    fn gone(&mut self, key: Key, now: Time) {
        let group = match key.target {
            Target::Inode { ino, .. } => self.config.inode_numbers().agno(ino).map(Target::Ag),
            _ => None,
        };
        let misled = group.filter(|group| {
            let mut structures = self.table.of_target(*group);
            structures.any(|(other, e)| other.scrub.finds_inodes() && e.state != State::Idle)
        });
        self.hold.unblocked();
        self.table.update(key, |entry| {
            entry.judged();
            entry.behind = misled;
            let again = State::Pending(entry.next_attempt(now));
            entry.state = if misled.is_some() { again } else { State::Idle };
            if misled.is_none() {
                entry.healed();
                entry.forced = false;
            }
        });
        if misled.is_none() {
            self.say(Notice::Gone(key));
        }
    }

    /// Tries again later, as nothing was judged; said once.
    fn postpone(&mut self, key: Key, first: Duration, most: Duration, now: Time) {
        let said = self.table.update(key, |entry| {
            entry.state = State::Pending(entry.judged_nothing(first, most, now));
            std::mem::replace(&mut entry.said.postponed, true)
        });
        if said == Some(false) {
            self.say(Notice::Postponed(key));
        }
    }

    /// Holds back all repairs, as nothing on the filesystem can be repaired now; said once.
    fn blocked(&mut self, key: Key, notice: Notice, by: Obstacle, now: Time) {
        self.not_attempted(key, now);
        if self.hold.blocked(by, now) {
            self.say(notice);
        }
    }

    fn not_attempted(&mut self, key: Key, now: Time) {
        self.table.update(key, |entry| {
            entry.uncounted();
            entry.state = State::Pending(now);
        });
    }

    /// Lets others go on, as a structure is good. What no look could see behind it is looked for
    /// again; and what of its target failed or waited for it may go on at once, if nothing untried
    /// is left that it may need. The few quick attempts are not to be wasted.
    pub(in crate::plan) fn others_go_on(&mut self, key: Key, now: Time) {
        let target = key.target;
        match target {
            Target::Ag(agno) if key.scrub.opens_ag() => {
                self.looks.ag_is_readable(agno, now);
                self.clearance.may_tell();
            }
            _ => {}
        }
        let may_heal_yet = |e: &Entry| e.is_open() && e.failed.is_none();
        if self.table.of_target(target).any(|(_, e)| may_heal_yet(e)) {
            return;
        }
        self.table.update_target(target, |entry| {
            let waits = matches!(entry.state, State::Pending(at) if at > now);
            if waits && entry.is_hopeful() {
                entry.state = State::Pending(entry.brought_forward(now));
            }
        });
    }
}
