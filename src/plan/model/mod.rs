// SPDX-License-Identifier: LGPL-2.1-or-later
//! Properties that hold whatever the kernel does: checked at every step of random runs.
//!
//! [`chaos`] lets anything happen in any order; [`kernel`] is a kernel with real damage that heals,
//! or never heals, in its own way, and that loses reports; [`checks`] is what must always hold.

mod chaos;
mod checks;
mod kernel;
mod nature;
mod stories;

pub(crate) use chaos::whatever_happens;
pub(crate) use stories::{damage_heals, unloadable_is_spared};

use super::*;
use crate::event::{Body, Change, Event, Target};
use crate::uapi::XFS_FSOP_GEOM_SICK_METADIR;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A repair call that has ended.
#[derive(Clone, Copy, Debug)]
struct Call {
    began: Time,
    outcome: Outcome,
}

/// Refusal of a repair by the filesystem as a whole, for which repairs wait.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    at: Time,
    /// True if it was refused because no mount was writable.
    is_read_only: bool,
    /// True if damage was reported since, while no repair ran.
    is_touched: bool,
}

/// A planner of which each word is checked.
struct Checked {
    planner: Planner,
    config: Config,
    room: usize,
    now: Time,
    running: Vec<(Time, Repair)>,
    scrub: Option<Ticket>,
    /// Time when the last full scrub ended that was not refused.
    scrubbed: Option<Time>,
    look: Option<(Ticket, Depth)>,
    /// True if the running look was asked for by the caller.
    was_asked: bool,
    /// True if the checks that take the place of a full scrub could not begin.
    checks_again: bool,
    /// True while checks that take the place of a full scrub are under way.
    are_checking: bool,
    /// True if the running look is one of the checks that take the place of a full scrub.
    is_check: bool,
    /// True if the last look could not begin.
    looks_fail: bool,
    /// True if the running look is the one that a full scrub needs.
    is_vetting: bool,
    /// True if the running look is for what an earlier one could not see.
    is_for_gap: bool,
    /// Times when looks began for what earlier ones could not see, for as long as none has seen it.
    gap_looks: Vec<(Depth, Vec<Time>)>,
    /// State of the look at every inode that a full scrub needs.
    vetted: Vetted,
    /// Looks asked for by the caller and not begun.
    asked: Vec<Depth>,
    /// Time when the last look for lost reports ended, and (`not_looked`) the last one that could
    /// not begin.
    looked: Option<Time>,
    not_looked: Option<Time>,
    /// Time when the last look that had its thread killed ended.
    look_vanished: Option<Time>,
    stopped: bool,
    vanished: usize,
    /// Structures that are bad by the kernel's last word about them.
    bad: BTreeSet<Key>,
    /// Structures that were reported while they were being repaired.
    again: BTreeSet<Key>,
    calls: BTreeMap<Key, Vec<Call>>,
    /// Last refusal by the filesystem as a whole, for all repairs.
    refused: Option<Refusal>,
    /// Notices about each structure since it was last good.
    said: BTreeMap<Key, Vec<Notice>>,
    slow_said: BTreeSet<Ticket>,
    /// Notices of why no full scrub was started, since the last one was.
    said_of_scrubs: Vec<Notice>,
    full_said: bool,
    was_full: bool,
    /// Number of times in a row that the planner was woken by its own wish and had nothing to do.
    vain_wakes: usize,
}

/// Evidence that a full scrub follows a look at every inode that started when it was already
/// wanted.
#[derive(Clone, Copy, Debug, Default)]
struct Vetted {
    /// Number of times that the planner was asked for an action.
    steps: u64,
    /// Step since which the full scrub is wanted.
    wanted: Option<u64>,
    /// Step at which the running look began, if it is at every inode.
    began: Option<u64>,
    /// Step at which the last look began that has seen everything, and the time when it ended.
    complete: Option<(u64, Time)>,
    /// Step at which the look began that the last full scrub relies on.
    relied_on: u64,
}

/// True if an outcome says something about the structure.
fn is_verdict(outcome: Outcome) -> bool {
    !is_refusal(outcome) && !is_delay(outcome) && outcome != Outcome::Forbidden
}

fn is_refusal(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::ReadOnly | Outcome::NoRecovery | Outcome::Unreachable(_))
}

fn is_delay(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Busy | Outcome::Incomplete | Outcome::NoRoom)
}

/// True if the kernel says that there is nothing to repair.
fn is_good(outcome: Outcome) -> bool {
    use Outcome::*;
    matches!(outcome, Repaired | Fine | Gone)
}

/// The input of the planner.
impl Checked {
    fn new(config: Config, room: usize) -> Checked {
        let mut planner = Planner::new(config);
        planner.table.room = room;
        Checked {
            planner,
            config,
            room,
            now: Time::default(),
            running: Vec::new(),
            scrub: None,
            scrubbed: None,
            look: None,
            was_asked: false,
            checks_again: false,
            are_checking: false,
            is_check: false,
            looks_fail: false,
            is_vetting: false,
            is_for_gap: false,
            gap_looks: Vec::new(),
            vetted: Vetted::default(),
            asked: Vec::new(),
            looked: None,
            not_looked: None,
            look_vanished: None,
            stopped: false,
            vanished: 0,
            bad: BTreeSet::new(),
            again: BTreeSet::new(),
            calls: BTreeMap::new(),
            refused: None,
            said: BTreeMap::new(),
            slow_said: BTreeSet::new(),
            said_of_scrubs: Vec::new(),
            full_said: false,
            was_full: false,
            vain_wakes: 0,
        }
    }

    fn event(&mut self, body: Body) {
        self.vain_wakes = 0;
        self.planner.event(&Event { time_ns: 0, body }, self.now);
        match body {
            Body::Health { change: Change::Healthy, target, mask } => {
                let keys = scrub_type::bits(mask).filter_map(|bit| Key::from_bit(target, bit));
                keys.for_each(|key| self.is_good_now(key));
            }
            Body::Health { target, mask, .. } => {
                let is_ours = !self.running.is_empty();
                self.refused.iter_mut().for_each(|refused| refused.is_touched |= !is_ours);
                self.is_bad_now(target, mask);
            }
            Body::Unmount | Body::Shutdown { .. } => self.stop(),
            _ => {}
        }
    }

    fn found(&mut self, target: Target, mask: u32) {
        let new_to_us = self.as_memory(target, mask);
        self.planner.sick(target, mask, self.now);
        let again = self.again.clone();
        self.is_bad_now(target, new_to_us);
        // What is remembered during a repair is from before its end.
        self.again = again;
    }

    /// The bits of a mask that count if it is only remembered.
    fn as_memory(&self, target: Target, mask: u32) -> u32 {
        // What no repair ever clears is no news after the first one.
        let sticky = Key::from_bit(Target::Fs, XFS_FSOP_GEOM_SICK_METADIR);
        let entry = sticky.and_then(|key| self.planner.table.get(key));
        let is_judged = target == Target::Fs && entry.is_some_and(|e| e.attempts() > 0);
        let judged = if is_judged { XFS_FSOP_GEOM_SICK_METADIR } else { 0 };
        mask & !judged
    }

    /// Hands in the damage that an inode still has after the repair of its core; of anything else
    /// it is refused.
    fn follow_up(&mut self, place: usize, mask: u32) {
        let Repair { ticket, key, .. } = self.running[place].1;
        let counts = self.as_memory(key.target, mask);
        let is_taken = self.planner.follow_up(ticket, mask, self.now);
        assert_eq!(is_taken, key.name() == "core");
        if !is_taken {
            return;
        }
        // What is remembered of others that are being repaired is no news.
        let mut again = std::mem::take(&mut self.again);
        again.remove(&key);
        self.is_bad_now(key.target, counts);
        again.extend(self.again.take(&key));
        self.again = again;
    }

    fn ask(&mut self, depth: Depth) {
        self.vain_wakes = 0;
        self.planner.look(depth);
        self.asked.push(depth);
    }

    fn look_ends(&mut self, end: LookEnd) {
        let Some((ticket, depth)) = self.look.take() else { return };
        self.vain_wakes = 0;
        self.planner.look_finished(ticket, end, self.now);
        self.gap_look_ends(depth, end);
        self.looks_fail = end == LookEnd::NotLooked;
        let next = if let Depth::Inodes(agno) = depth { agno + 1 } else { 0 };
        let is_last = self.is_check && next >= self.config.ag_count;
        self.are_checking &= end == LookEnd::NotLooked || !is_last;
        if depth == Depth::Checks && self.is_check {
            self.checks_again = end == LookEnd::NotLooked;
        }
        // What could not begin is still wanted.
        if self.was_asked && end == LookEnd::NotLooked {
            self.asked.push(depth);
        }
        if end == LookEnd::Vanished {
            self.look_vanished = Some(self.now);
        }
        let began = self.vetted.began.take();
        if end == LookEnd::Complete && began.is_some() {
            self.vetted.complete = began.map(|began| (began, self.now));
        }
        if end == LookEnd::NotLooked {
            self.not_looked = Some(self.now);
            self.asked.extend((self.was_asked || self.is_vetting).then_some(depth));
        } else if depth == Depth::Deep && !self.was_asked && !self.is_vetting && !self.is_for_gap {
            self.looked = Some(self.now);
        }
    }

    fn lost(&mut self) {
        self.vain_wakes = 0;
        self.planner.lost(self.now);
    }

    fn is_bad_now(&mut self, target: Target, mask: u32) {
        if self.stopped {
            return;
        }
        for key in scrub_type::bits(mask).filter_map(|bit| Key::from_bit(target, bit)) {
            if self.is_running(key) {
                self.again.insert(key);
            }
            self.bad.insert(key);
        }
        // Some places are kept from some, so it may be full before it is.
        self.was_full |= self.planner.table.len() >= self.room || self.planner.table_full_said;
    }

    fn is_good_now(&mut self, key: Key) {
        self.again.remove(&key);
        if !self.is_running(key) {
            self.bad.remove(&key);
            let said = self.said.entry(key).or_default();
            // One of many that share the bit is good, maybe not the one that was called bad; but
            // that it would be repaired is as true as before.
            let is_kept = |notice: &Notice| {
                key.stands_for_many() && !matches!(notice, Notice::WouldRepair(_))
            };
            said.retain(is_kept);
        }
    }

    fn is_running(&self, key: Key) -> bool {
        self.running.iter().any(|(_, repair)| repair.key == key)
    }

    /// Ends the repair in this place.
    fn ends(&mut self, place: usize, outcome: Outcome) {
        self.vain_wakes = 0;
        let (began, repair) = self.running.remove(place);
        let last = self.workers() - 1;
        if let Some((began, _)) = self.running.get_mut(last).filter(|_| place <= last) {
            *began = self.now;
        }
        let key = repair.key;
        self.calls.entry(key).or_default().push(Call { began, outcome });
        // What already ran when the last one was refused is told nothing new.
        if is_refusal(outcome) && self.refused.is_none_or(|refused| began > refused.at) {
            let is_read_only = outcome == Outcome::ReadOnly;
            self.refused = Some(Refusal { at: self.now, is_read_only, is_touched: false });
        }
        self.planner.finished(repair.ticket, outcome, self.now);
        let again = self.again.remove(&key);
        self.vanished += usize::from(outcome == Outcome::Vanished && !self.stopped);
        if self.stopped {
            return;
        }
        let is_too_much = outcome == Outcome::Forbidden || self.has_given_up();
        if is_too_much && self.config.policy == Policy::Repair {
            self.config.policy = Policy::Log;
        }
        if outcome == Outcome::Shutdown {
            self.stop();
        } else if !is_good(outcome) {
            self.bad.insert(key);
        } else if !again || outcome == Outcome::Gone {
            self.bad.remove(&key);
        }
    }

    /// Lets the full scrub that was to start wait for somebody else's; gives for how long.
    fn scrub_waits(&mut self) -> Option<Duration> {
        self.vain_wakes = 0;
        self.planner.scrub_waits(self.scrub?, self.now)
    }

    fn scrub_ends(&mut self, end: ScrubEnd) {
        self.vain_wakes = 0;
        if let Some(ticket) = self.scrub.take() {
            self.planner.scrub_finished(ticket, end, self.now);
            if !matches!(end, ScrubEnd::NotStarted | ScrubEnd::Others) {
                self.scrubbed = Some(self.now);
            }
        }
    }

    fn set_policy(&mut self, policy: Policy) {
        self.vain_wakes = 0;
        let is_too_late = self.has_given_up() && policy == Policy::Repair;
        self.config.policy = if is_too_late { Policy::Log } else { policy };
        self.planner.set_policy(policy);
    }

    /// Number of repairs that can run at once; the others wait behind these.
    fn workers(&self) -> usize {
        self.config.workers.max(1)
    }

    /// Number of repairs that can have been asked for at once.
    fn most_running(&self) -> usize {
        self.workers() + self.config.ahead.min(self.workers())
    }

    /// True if two repairs have crashed in the kernel.
    fn has_given_up(&self) -> bool {
        self.vanished > 1
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.bad.clear();
    }
}
