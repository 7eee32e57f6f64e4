// SPDX-License-Identifier: LGPL-2.1-or-later
//! Properties that hold whatever the kernel does: checked at every step of random runs.
//!
//! [`chaos`] lets anything happen in any order; [`kernel`] is a kernel with real damage that heals,
//! or never heals, in its own way.

mod chaos;
mod kernel;

use super::*;
use crate::event::{Body, Change, Event};
use proptest::prelude::ProptestConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many cases, few enough for every day; `PROPTEST_CASES` in the environment asks for more.
fn cases(everyday: u32) -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        None => ProptestConfig::with_cases(everyday),
        Some(_) => ProptestConfig::default(),
    }
}

/// One repair call that has ended.
#[derive(Clone, Copy, Debug)]
struct Call {
    began: Time,
    outcome: Outcome,
}

/// A planner of which each word is checked.
struct Checked {
    planner: Planner,
    config: Config,
    room: usize,
    now: Time,
    running: Vec<(Time, Repair)>,
    scrub: Option<Ticket>,
    stopped: bool,
    /// What the kernel's last word about is that it is bad.
    bad: BTreeSet<Key>,
    /// Reported while it was being repaired.
    again: BTreeSet<Key>,
    calls: BTreeMap<Key, Vec<Call>>,
    /// What was said since the structure was last good.
    said: BTreeMap<Key, Vec<Notice>>,
    withheld_said: bool,
    was_full: bool,
    /// Times in a row that it was woken by its own wish and had nothing.
    vain_wakes: usize,
}

/// Whether an outcome says something about the structure.
fn is_verdict(outcome: Outcome) -> bool {
    !is_refusal(outcome) && !is_delay(outcome)
}

fn is_refusal(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::ReadOnly | Outcome::NoRecovery | Outcome::Unreachable(_))
}

fn is_delay(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Busy | Outcome::Incomplete | Outcome::NoRoom)
}

/// Whether the kernel says that there is nothing to repair.
fn is_good(outcome: Outcome) -> bool {
    use Outcome::*;
    matches!(outcome, Repaired | Fine | Gone)
}

/// What goes in.
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
            stopped: false,
            bad: BTreeSet::new(),
            again: BTreeSet::new(),
            calls: BTreeMap::new(),
            said: BTreeMap::new(),
            withheld_said: false,
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
            Body::Health { change: Change::Corrupt, target, mask } => {
                self.is_bad_now(target, mask & !planner::left_alone(target));
            }
            Body::Health { target, mask, .. } => self.is_bad_now(target, mask),
            Body::Unmount | Body::Shutdown { .. } => self.stop(),
            _ => {}
        }
    }

    fn found(&mut self, target: crate::event::Target, mask: u32) {
        self.planner.sick(target, mask, self.now);
        self.is_bad_now(target, mask);
    }

    fn is_bad_now(&mut self, target: crate::event::Target, mask: u32) {
        if self.stopped {
            return;
        }
        for key in scrub_type::bits(mask).filter_map(|bit| Key::from_bit(target, bit)) {
            if self.is_running(key) {
                self.again.insert(key);
            }
            self.bad.insert(key);
        }
        self.was_full |= self.planner.table.len() >= self.room;
    }

    fn is_good_now(&mut self, key: Key) {
        self.again.remove(&key);
        if !self.is_running(key) {
            self.bad.remove(&key);
            self.said.remove(&key);
        }
    }

    fn is_running(&self, key: Key) -> bool {
        self.running.iter().any(|(_, repair)| repair.key == key)
    }

    /// The repair in this place ends.
    fn ends(&mut self, place: usize, outcome: Outcome) {
        self.vain_wakes = 0;
        let (began, repair) = self.running.remove(place);
        let key = repair.key;
        self.calls.entry(key).or_default().push(Call { began, outcome });
        self.planner.finished(repair.ticket, outcome, self.now);
        let again = self.again.remove(&key);
        if outcome == Outcome::Shutdown {
            self.stop();
        } else if is_good(outcome) {
            if !again || outcome == Outcome::Gone {
                self.bad.remove(&key);
            }
        } else if !self.stopped {
            self.bad.insert(key);
        }
    }

    fn scrub_ends(&mut self, end: ScrubEnd) {
        self.vain_wakes = 0;
        if let Some(ticket) = self.scrub.take() {
            self.planner.scrub_finished(ticket, end, self.now);
        }
    }

    fn set_policy(&mut self, policy: Policy) {
        self.vain_wakes = 0;
        self.config.policy = policy;
        self.planner.set_policy(policy);
    }

    fn stop(&mut self) {
        self.stopped = true;
        self.bad.clear();
    }
}

/// What comes out, and what must hold about it.
impl Checked {
    /// Takes everything that is to be done now.
    fn drain(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(action) = self.planner.next(self.now) {
            self.vain_wakes = 0;
            match action {
                Action::Say(notice) => self.check_said(notice),
                Action::Repair(repair) => self.check_repair(repair),
                Action::FullScrub { ticket, reasons } => self.check_scrub(ticket, reasons),
            }
            actions.push(action);
            assert!(actions.len() < 5000, "there is no end: {:?}", actions.last());
        }
        assert_ne!(self.planner.wait(self.now), Some(Duration::ZERO), "a busy loop");
        self.check_state();
        actions
    }

    /// Sleeps exactly as long as the planner says, at most until `end`; false if that is reached.
    fn sleep(&mut self, end: Time) -> bool {
        let next = self.planner.wait(self.now).map_or(end, |wait| self.now.after(wait));
        if next >= end {
            self.now = self.now.max(end);
            return false;
        }
        self.vain_wakes += 1;
        let known = self.planner.table.len();
        assert!(self.vain_wakes <= known + 2, "woken for nothing {} times", self.vain_wakes);
        self.now = next;
        true
    }

    /// Sleeps not quite as long as the planner says; it must have meant it.
    fn sleep_too_short(&mut self) {
        let wait = self.planner.wait(self.now).unwrap_or(DAY);
        self.now = self.now.after(wait - Duration::from_nanos(1));
        assert_eq!(self.planner.next(self.now), None, "earlier than it said");
    }

    fn check_repair(&mut self, repair: Repair) {
        let key = repair.key;
        assert!(!self.stopped && self.config.policy == Policy::Repair);
        assert!(self.running.len() < self.config.workers.max(1));
        for (_, other) in &self.running {
            assert_ne!(other.key.target, key.target, "two repairs of one target");
            assert_ne!(other.ticket, repair.ticket);
            assert!(!other.key.runs_alone() && !key.runs_alone(), "not alone");
        }
        let concerned = self.config.defect.is_some_and(|defect| defect.concerns(key.scrub));
        assert_eq!(repair.only_if_loadable, concerned);
        self.running.push((self.now, repair));
        self.again.remove(&key);
    }

    fn check_scrub(&mut self, ticket: Ticket, reasons: Reasons) {
        assert!(self.config.full_scrub && !self.stopped && self.config.policy == Policy::Repair);
        assert!(self.scrub.replace(ticket).is_none(), "two full scrubs");
        assert!(!reasons.is_empty());
        let untouchable = |key: &Key| self.planner.table.get(*key).is_some_and(|e| e.untouchable);
        assert!(!self.bad.iter().any(untouchable), "it would crash the kernel");
        self.withheld_said = false;
    }

    fn check_said(&mut self, notice: Notice) {
        use Notice::*;
        match notice {
            Failed(key, _) | OfflineNeeded(key, _) | CrossFailed(key) => {
                let said = self.said.entry(key).or_default();
                let kind = std::mem::discriminant(&notice);
                let is_new = said.iter().all(|other| std::mem::discriminant(other) != kind);
                let was_forgotten = self.room < MAX_STRUCTURES;
                assert!(is_new || was_forgotten, "said twice: {notice:?}");
                said.push(notice);
                // A last answer may be on its way, but none that the last word does not know of.
                let is_last = matches!(notice, OfflineNeeded(..));
                assert!(!is_last || !self.is_running(key), "a word before the answer");
            }
            Repaired(key) | NoModification(key) | Gone(key) => drop(self.said.remove(&key)),
            ScrubWithheld => assert!(!std::mem::replace(&mut self.withheld_said, true)),
            _ => {}
        }
    }

    fn check_state(&self) {
        let planner = &self.planner;
        planner.table.assert_consistent();
        assert!(planner.table.len() <= self.room);
        assert!(planner.notices.is_empty());
        assert_eq!(planner.running.len(), self.running.len());
        let acts = !self.stopped && self.config.policy == Policy::Repair;
        let is_over = acts && self.running.is_empty() && planner.wait(self.now).is_none();
        for key in &self.bad {
            self.check_not_forgotten(*key);
            assert!(!is_over || !self.is_pending(*key), "{key:?} is stuck");
        }
    }

    fn is_pending(&self, key: Key) -> bool {
        let entry = self.planner.table.get(key);
        entry.is_some_and(|e| matches!(e.state, entry::State::Pending(_)))
    }

    /// What is bad is in the plan, or it has been said why it is not.
    fn check_not_forgotten(&self, key: Key) {
        use entry::State::*;
        let Some(entry) = self.planner.table.get(key) else {
            assert!(self.was_full, "{key:?} has no entry");
            return;
        };
        let said = self.said.get(&key).map_or(&[][..], Vec::as_slice);
        let has_last_word = said.iter().any(|n| matches!(n, Notice::OfflineNeeded(..)));
        match entry.state {
            Pending(_) | Running => {}
            Left => assert!(has_last_word || entry.awaits_last_word(), "{key:?} {entry:?}"),
            Idle => panic!("{key:?} is forgotten: {entry:?}"),
        }
    }

    /// No structure is called more often than the budget says.
    fn check_calls(&self) {
        for (key, calls) in &self.calls {
            let began = |is_kind: fn(Outcome) -> bool| {
                let of_kind = calls.iter().filter(move |call| is_kind(call.outcome));
                of_kind.map(|call| call.began).collect::<Vec<_>>()
            };
            check_rate(*key, &began(is_verdict), 3);
            // Pauses of at least 1, 2, 4 ... seconds between two verdicts, of which there are 3.
            check_rate(*key, &began(is_delay), 4 * 7);
            check_rate(*key, &began(is_refusal), 4);
        }
    }
}

fn check_rate(key: Key, calls: &[Time], most: usize) {
    let too_many = |calls: &[Time]| match calls {
        [first, .., last] => last.since(*first) < 2 * MINUTE,
        _ => false,
    };
    let burst = calls.windows(most + 1).find(|window| too_many(window));
    assert_eq!(burst, None, "{key:?} more than {most} times in two minutes");
}
