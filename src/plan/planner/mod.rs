// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner's state machine: its inputs.

mod answers;
mod burst;
mod clearance;
mod danger;
mod ends;
mod full_scrub;
pub(super) mod gaps;
mod hold;
mod known_as;
mod looks;
mod next;
mod reports;
mod room;
mod sick_ags;
mod vetting;

use super::action::{Depth, Failure, Notice, Ticket};
use super::bounded;
use super::bounded::ring::Ring;
use super::config::{Config, Policy};
use super::scrub_type::{Key, ScrubType, bits};
use super::table::Table;
use super::table::entry::{Entry, State};
use super::time::{Time, first_of};
use crate::event::{Body, Change, Event, Target};
use burst::Burst;
use clearance::Clearance;
use full_scrub::FullScrubs;
use hold::Hold;
use looks::Looks;
use std::time::Duration;
use vetting::Vetting;

/// The most repairs that run at once, whatever [`Config::workers`] says.
pub const MAX_WORKERS: usize = 64;

/// Most notices that one answer can cause; all answers may come before the first notice is asked
/// for.
const NOTICES_PER_ANSWER: usize = 4;
/// Room for notices that come only once.
const OTHER_NOTICES: usize = 16;

/// The source of a report of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Source {
    /// A running operation came upon the damage.
    Operation,
    /// A scrub found the damage.
    Scrub,
    /// The damage was found in the kernel's memory of damage.
    Memory,
}

/// A repair that has been asked for and not been answered.
#[derive(Clone, Copy, Debug)]
pub(in crate::plan) struct Running {
    pub ticket: Ticket,
    pub key: Key,
    /// Time at which a worker can have begun the repair; `None` while it waits behind as many as
    /// there are workers.
    pub began: Option<Time>,
    pub slow_said: bool,
}

/// Plans the repairs of one filesystem.
#[derive(Debug)]
pub struct Planner {
    pub(in crate::plan) config: Config,
    pub(in crate::plan) table: Table,
    pub(in crate::plan) running: Vec<Running>,
    pub(in crate::plan) scrubs: FullScrubs,
    pub(in crate::plan) vetting: Vetting,
    pub(in crate::plan) clearance: Clearance,
    has_stopped: bool,
    pub(in crate::plan) looks: Looks,
    pub(in crate::plan) hold: Hold,
    pub(in crate::plan) notices: Ring<Notice>,
    pub(in crate::plan) withheld_said: bool,
    /// Set once it was said that full scrubs are withheld though it is not known that one would
    /// crash the kernel.
    pub(in crate::plan) unsafe_said: bool,
    pub(in crate::plan) burst: Burst,
    pub(in crate::plan) table_full_said: bool,
    /// Set once something is known to be sick that no single repair mends.
    pub(in crate::plan) no_repair_known: bool,
    /// Set once a thread was killed in the kernel.
    pub(in crate::plan) has_vanished: bool,
    /// Set once a second thread was killed in the kernel.
    pub(in crate::plan) gave_up: bool,
    last_ticket: u64,
}

impl Planner {
    /// A planner that knows of no damage.
    ///
    /// It takes the memory for everything but what it remembers of structures and AGs, and later
    /// more for those, up to a bound. Where there is none it goes on without: what it cannot
    /// remember is handled as when there are too many, what it cannot keep until it is asked for
    /// is not said, and where it cannot even keep track of repairs it makes none.
    pub fn new(config: Config) -> Planner {
        let workers = config.workers.clamp(1, MAX_WORKERS);
        let ahead = config.ahead.min(workers);
        let config = Config { workers, ahead, ..config };
        let most_running = workers + ahead;
        Planner {
            config,
            table: Table::new(config.pace),
            running: bounded::list(most_running),
            scrubs: FullScrubs::new(config.full_scrub),
            vetting: Vetting::new(),
            clearance: Clearance::new(),
            has_stopped: false,
            looks: Looks::new(config.pace),
            hold: Hold::new(),
            notices: Ring::new(NOTICES_PER_ANSWER * most_running + OTHER_NOTICES),
            withheld_said: false,
            unsafe_said: false,
            burst: Burst::new(config.escalate),
            table_full_said: false,
            no_repair_known: false,
            has_vanished: false,
            gave_up: false,
            last_ticket: 0,
        }
    }

    /// True if there was the memory that the planner takes at its start.
    pub fn has_memory(&self) -> bool {
        let lists = self.running.capacity() > 0 && self.looks.has_memory();
        lists && self.notices.has_memory() && self.burst.has_memory() && self.hold.has_memory()
    }

    /// Takes in what the kernel reports.
    pub fn event(&mut self, event: &Event, now: Time) {
        match event.body {
            Body::Health { change: Change::Healthy, target, mask } => {
                bits(mask).for_each(|bit| self.healthy(target, bit, now));
            }
            Body::Health { change: Change::Sick, target, mask } => {
                self.damaged(target, mask, Source::Operation, now);
            }
            Body::Health { change: Change::Corrupt, target, mask } => {
                self.damaged(target, mask, Source::Scrub, now);
            }
            Body::Lost { .. } => self.lost(now),
            Body::Shutdown { .. } | Body::Unmount => self.stop(),
            _ => {}
        }
    }

    /// Takes in damage that a look has found, as a sick mask of `target`; gives the bits of it that
    /// nobody knew of.
    pub fn sick(&mut self, target: Target, mask: u32, now: Time) -> u32 {
        let new = self.damaged(target, mask, Source::Memory, now);
        if new != 0 {
            self.looks.found_new();
        }
        new
    }

    /// Takes in an inode, found by a look, whose loading shuts the filesystem down; true if nobody
    /// knew. It is left alone, see [`super::Outcome::Unlinked`].
    pub fn deadly(&mut self, ino: u64, generation: u32, now: Time) -> bool {
        let key = Key { target: Target::Inode { ino, generation }, scrub: ScrubType::INODE };
        let key = self.known_as(key, now);
        self.find_room(key, true, now);
        let new = self.table.update(key, |entry| {
            // What a repair of it has come to is known soon.
            if entry.state == State::Running || entry.failed == Some(Failure::Unlinked) {
                return false;
            }
            entry.leave_alone(Failure::Unlinked);
            true
        });
        new != Some(false)
    }

    /// Takes in that the running look could not look at something of this AG or, for `None`,
    /// elsewhere. That is looked at again when what hides it has been repaired, and now and then.
    ///
    /// Needed only for an AG: a look that ends incomplete, and of which nothing is known, is made
    /// again as a whole.
    pub fn missed(&mut self, agno: Option<u32>, now: Time) {
        self.looks.missed(agno, now);
    }

    /// Takes in that reports were lost: the kernel says so, or its counters do.
    pub fn lost(&mut self, now: Time) {
        if !self.has_stopped && self.config.may_look {
            self.looks.lost(now);
        }
    }

    /// Requests a look for damage that was there before. Only about a dozen looks at single AGs can
    /// be requested at once; more are not made.
    pub fn look(&mut self, depth: Depth) {
        if !self.has_stopped && self.config.may_look {
            self.looks.want(depth);
        }
    }

    /// The structure that is repaired under a ticket; `None` if there is no such repair.
    pub fn key_of(&self, ticket: Ticket) -> Option<Key> {
        self.running.iter().find(|running| running.ticket == ticket).map(|running| running.key)
    }

    /// True if a repair has been asked for and not been answered.
    pub fn is_repairing(&self) -> bool {
        !self.running.is_empty()
    }

    /// True if a look is under way.
    pub fn is_looking(&self) -> bool {
        self.looks.is_running()
    }

    /// The policy on damage that is in force now.
    pub fn policy(&self) -> Policy {
        self.config.policy
    }

    /// True if the metadata is what it will be, and can be looked at.
    pub fn may_look(&self) -> bool {
        self.config.may_look
    }

    /// True if repairs may be asked for: damage is not only told of.
    pub fn may_repair(&self) -> bool {
        !self.has_stopped && self.config.policy == Policy::Repair && !self.config.dry_run
    }

    /// Takes in that an obstacle may be gone: what waits for that is tried at once. That is all of
    /// which nobody could tell anything the last time: repairs for which no mount was writable,
    /// structures that could not be judged, what looks could not see, a look or a full scrub that
    /// could not begin. Pauses that follow from what was found go on.
    pub fn try_again(&mut self, now: Time) {
        self.hold.try_again(now);
        self.clearance.may_tell();
        self.table.update_all(|entry| entry.try_again(now));
        self.looks.try_again(now);
        self.scrubs.try_again();
    }

    /// Changes what is done about damage from now on; what is known is kept meanwhile.
    pub fn set_policy(&mut self, policy: Policy) {
        let is_too_late = self.gave_up && policy == Policy::Repair;
        self.config.policy = if is_too_late { Policy::Log } else { policy };
    }

    /// Sets whether full scrubs are held back for now, as those of another filesystem run. A wanted
    /// full scrub starts when they no longer are. Meanwhile everything else goes on.
    pub fn hold_full_scrubs(&mut self, is_held: bool) {
        self.scrubs.hold(is_held);
    }

    /// Time for which a full scrub that starts now would wait for the end of somebody else's; see
    /// [`Planner::scrub_waits`].
    pub fn patience_with_others(&self, now: Time) -> Duration {
        self.scrubs.patience(now)
    }

    /// True if a full scrub is wanted that has not been started.
    pub fn wants_full_scrub(&self) -> bool {
        self.scrubs.wants_one()
    }

    /// True if the end of the running look is waited for: by a full scrub, for what was reported,
    /// or by another look.
    pub fn look_is_urgent(&self) -> bool {
        self.scrubs.wants_one() || self.clearance.is_awaited() || self.looks.is_urgent()
    }

    /// True if something would be done about damage now if it was allowed.
    pub fn would_act(&self, now: Time) -> bool {
        let all = [self.table.wake_at(), self.scrubs.wake_at(), self.looks.wake_at(true)];
        let is_due = first_of(&all).is_some_and(|at| at <= now);
        !self.has_stopped && (is_due || self.table.first_ready().is_some())
    }

    /// Number of damaged structures, as far as anyone knows, plus AGs with damaged inodes of which
    /// it is not known which.
    pub fn damage_count(&self) -> usize {
        self.table.damaged() + self.looks.unknown_inodes()
    }

    /// The damaged structures, as far as anyone knows, in no particular order.
    pub(crate) fn all_damaged(&self) -> impl Iterator<Item = Key> {
        self.table.all_damaged()
    }

    /// True if a look could not look at something that none has looked at since.
    pub fn is_blind(&self) -> bool {
        self.looks.is_blind()
    }

    /// True if something could not be judged: by a look, or when it was to be repaired.
    pub fn is_unjudged(&self) -> bool {
        self.is_blind() || self.table.any(Entry::is_unjudged)
    }

    /// True if more may be damaged that only a look at everything can find, which is still to come.
    pub fn owes_look(&self) -> bool {
        self.looks.owes_deep()
    }

    /// Stops planning: the filesystem or the caller is going away, and nothing starts again. What
    /// is to be said still comes out of [`Planner::next`], and what is known to be damaged goes on
    /// being counted.
    pub fn stop(&mut self) {
        self.has_stopped = true;
        self.scrubs.stop();
        self.looks.stop();
    }

    /// True if a known defect of the kernel may make a structure impossible to repair.
    pub(in crate::plan) fn is_risky(&self, key: Key) -> bool {
        self.config.defects.concerns(key.scrub)
    }

    pub(in crate::plan) fn say(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    pub(in crate::plan) fn new_ticket(&mut self) -> Ticket {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        Ticket(self.last_ticket)
    }
}
