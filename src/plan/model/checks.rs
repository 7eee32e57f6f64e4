// SPDX-License-Identifier: LGPL-2.1-or-later
//! The output of the planner, and the conditions that must hold about it.

use super::*;
use crate::plan::planner::gaps;
use crate::plan::table::entry;

/// Least time from one full scrub to the next, and (`LOOK_GAP`) from one look for lost reports to
/// the next.
const SCRUB_GAP: Duration = Duration::from_secs(6 * 3600);
const LOOK_GAP: Duration = Duration::from_secs(600);
/// Time after which a repair that is running keeps others from starting.
const SLOW: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

impl Checked {
    /// Takes everything that is to be done now.
    pub fn drain(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(action) = self.step_on() {
            self.vain_wakes = 0;
            match action {
                Action::Say(notice) => self.check_said(notice),
                Action::Repair(repair) => self.check_repair(repair),
                Action::FullScrub { ticket, reasons } => self.check_scrub(ticket, reasons),
                Action::Look { ticket, depth } => self.check_look(ticket, depth),
            }
            actions.push(action);
            assert!(actions.len() < 5000, "there is no end: {:?}", actions.last());
        }
        assert!(self.planner.wake_at(self.now).is_none_or(|at| at > self.now), "a busy loop");
        self.check_state();
        actions
    }

    fn step_on(&mut self) -> Option<Action> {
        let is_wanted = self.planner.scrubs.wants_one();
        let since = self.vetted.wanted.unwrap_or(self.vetted.steps);
        self.vetted.wanted = is_wanted.then_some(since);
        self.vetted.steps += 1;
        self.planner.next(self.now)
    }

    /// Sleeps exactly as long as the planner says, at most until `end`; false if that is reached.
    pub fn sleep(&mut self, end: Time) -> bool {
        let next = self.planner.wake_at(self.now).map_or(end, |at| at.max(self.now));
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
    pub fn sleep_too_short(&mut self) {
        let wait = self.planner.wake_at(self.now).map_or(DAY, |at| at.since(self.now));
        self.now = self.now.after(wait - Duration::from_nanos(1));
        assert_eq!(self.planner.next(self.now), None, "earlier than it said");
    }

    fn check_repair(&mut self, repair: Repair) {
        let key = repair.key;
        assert!(self.may_act() && !self.config.dry_run);
        assert!(!defects::is_left_alone(key.scrub), "{key:?} is to be left alone");
        assert!(self.running.len() < self.most_running());
        for (_, other) in &self.running {
            assert_ne!(other.key.target, key.target, "two repairs of one target");
            assert_ne!(other.ticket, repair.ticket);
            assert!(!other.key.runs_alone() && !key.runs_alone(), "not alone");
        }
        let is_slow = |(began, _): &(Time, Repair)| self.now.since(*began) >= SLOW;
        assert!(!self.running.iter().take(self.workers()).any(is_slow), "beside one that is slow");
        self.check_refused();
        let concerned = self.config.defects.concerns(key.scrub);
        assert_eq!(repair.only_if_loadable, concerned);
        self.running.push((self.now, repair));
        self.again.remove(&key);
    }

    /// Checks that the filesystem as a whole, where it is in the way, is asked once a minute; or,
    /// whether a mount is writable, for a report that no repair of ours has called forth, once a
    /// second.
    fn check_refused(&self) {
        let Some(refused) = self.refused else { return };
        let is_asked_for = refused.is_read_only && refused.is_touched;
        self.check_gap(Some(refused.at), if is_asked_for { SECOND } else { MINUTE });
    }

    fn check_scrub(&mut self, ticket: Ticket, reasons: Reasons) {
        assert!(self.config.full_scrub && self.may_act() && !self.config.dry_run);
        self.check_gap(self.scrubbed, SCRUB_GAP);
        assert!(self.scrub.replace(ticket).is_none(), "two full scrubs");
        assert!(!reasons.is_empty());
        let untouchable = |key: &Key| self.planner.table.get(*key).is_some_and(|e| e.untouchable);
        assert!(!self.bad.iter().any(untouchable), "it would crash the kernel");
        self.check_vetted();
        self.said_of_scrubs.clear();
    }

    /// Checks that a look at every inode has made a full scrub safe on a kernel with a defect:
    /// nothing else does.
    fn check_vetted(&mut self) {
        let Some((began, ended)) = self.vetted.complete.take() else {
            return assert!(self.config.defects.is_empty(), "nobody has looked");
        };
        self.vetted.relied_on = began;
        if !self.config.defects.is_empty() {
            assert!(self.vetted.wanted.is_some_and(|wanted| wanted < began), "a look from before");
            assert!(self.now.since(ended) <= MINUTE, "a look of long ago");
        }
    }

    fn check_look(&mut self, ticket: Ticket, depth: Depth) {
        assert!(!self.stopped && self.config.policy != Policy::Ignore);
        assert!(self.look.replace((ticket, depth)).is_none(), "two looks");
        let not_looked = self.not_looked.take();
        self.check_gap(not_looked, MINUTE);
        // Whatever it is, it may come upon the same.
        self.check_gap(self.look_vanished, DAY);
        self.is_for_gap = self.planner.looks.is_for_gap();
        if self.is_for_gap {
            self.check_gap_look(depth);
        }
        let is_own = !self.asked.contains(&depth) && !self.is_for_gap;
        if depth == Depth::Checks && is_own && !self.checks_again {
            // Those that take the place of a full scrub.
            self.check_gap(self.scrubbed, SCRUB_GAP);
            self.scrubbed = Some(self.now);
            self.are_checking = true;
        }
        self.is_check = self.planner.looks.is_check();
        self.was_asked = self.asked.contains(&depth);
        self.asked.retain(|other| *other != depth);
        self.vetted.began = (depth == Depth::Deep).then_some(self.vetted.steps);
        self.is_vetting = self.planner.vetting.is_by(ticket);
        if !self.was_asked && !self.is_vetting && !self.is_for_gap && depth == Depth::Deep {
            self.check_gap(self.looked, LOOK_GAP);
        }
        // Where nothing is to be repaired a report alone has no inodes checked.
        let checks_inodes = self.may_act() || self.config.pace == Pace::Hurried;
        let is_told = self.was_asked || self.is_for_gap || checks_inodes;
        assert!(is_told || !matches!(depth, Depth::Inodes(_)));
    }

    /// Checks the looks at what an earlier one could not see: they come when it is time, and a few
    /// times sooner where something has become good: how often that is said does not matter.
    fn check_gap_look(&mut self, depth: Depth) {
        let known = self.gap_looks.iter().position(|(other, _)| *other == depth);
        let place = known.unwrap_or(self.gap_looks.len());
        if known.is_none() {
            self.gap_looks.push((depth, Vec::new()));
        }
        let looks = &mut self.gap_looks[place].1;
        looks.push(self.now);
        let is_kept = looks.windows(6).all(|six| six[5].since(six[0]) >= LOOK_GAP);
        assert!(is_kept, "{depth:?} over and over: {looks:?}");
    }

    pub(super) fn gap_look_ends(&mut self, depth: Depth, end: LookEnd) {
        if self.is_for_gap && end == LookEnd::NotLooked {
            let mut all = self.gap_looks.iter_mut();
            if let Some((_, looks)) = all.find(|(other, _)| *other == depth) {
                looks.pop();
            }
        }
        let looks = &self.planner.looks;
        self.gap_looks.retain(|(depth, _)| looks.has_gap(*depth));
    }

    fn check_gap(&self, last: Option<Time>, gap: Duration) {
        let is_kept = last.is_none_or(|last| self.now.since(last) >= gap || self.now < last);
        assert!(is_kept, "too soon after {last:?}");
    }

    fn may_act(&self) -> bool {
        !self.stopped && self.config.policy == Policy::Repair
    }

    fn check_said(&mut self, notice: Notice) {
        use Notice::*;
        match notice {
            Failed(key, _) | OfflineNeeded(key, _) | CrossFailed(key) | WouldRepair(key) => {
                let is_left_alone = defects::is_left_alone(key.scrub);
                let would_repair = matches!(notice, WouldRepair(_));
                assert!(self.config.dry_run == would_repair || is_left_alone && !would_repair);
                let said = self.said.entry(key).or_default();
                let kind = std::mem::discriminant(&notice);
                let is_new = said.iter().all(|other| std::mem::discriminant(other) != kind);
                let was_forgotten = self.room < MAX_STRUCTURES;
                assert!(is_new || was_forgotten, "said twice: {notice:?}");
                said.push(notice);
                // A last answer may be on its way, but none that the last word does not know of.
                let is_last = matches!(notice, OfflineNeeded(..));
                assert!(!is_last || !self.is_running(key), "a word before the answer");
                assert!(!is_last || !self.may_be_mended(key), "something is to come");
            }
            Repaired(key) | NoModification(key) | Gone(key) => drop(self.said.remove(&key)),
            WouldScrub(_) => {
                assert!(self.config.dry_run);
                let last = self.scrubbed.replace(self.now);
                self.check_gap(last, SCRUB_GAP);
                self.check_vetted();
                self.said_of_scrubs.clear();
            }
            Slow(key) => {
                let is_it = |(_, repair): &&(Time, Repair)| repair.key == key;
                let mut begun = self.running.iter().take(self.workers());
                let (began, repair) = begun.find(is_it).expect("it runs");
                assert!(self.now.since(*began) >= MINUTE && self.slow_said.insert(repair.ticket));
            }
            TableFull => assert!(!std::mem::replace(&mut self.full_said, true)),
            ScrubWithheld | ScrubUnsafe | ScrubFatal => {
                assert!(!self.said_of_scrubs.contains(&notice), "said twice");
                self.said_of_scrubs.push(notice);
            }
            _ => {}
        }
    }

    /// True if something is still under way that may mend what the last word is about.
    fn may_be_mended(&self, key: Key) -> bool {
        let is_tried = self.planner.table.get(key).is_some_and(|e| !e.untouchable);
        // Somebody else's is waited for, but not for ever.
        let awaited_until = self.planner.scrubs.awaited_until();
        let is_given_up = awaited_until.is_some_and(|until| until <= self.now);
        self.scrub.is_some() && !is_given_up || self.are_checking && !self.looks_fail && is_tried
    }

    fn check_state(&self) {
        let planner = &self.planner;
        planner.table.assert_consistent();
        self.check_not_kept_waiting();
        assert!(planner.table.len() <= self.room);
        assert!(planner.looks.ags() <= gaps::MOST_AGS);
        assert!(planner.burst.len() <= self.config.escalate.structures as usize);
        assert!(planner.notices.is_empty());
        assert_eq!(planner.running.len(), self.running.len());
        assert!(self.stopped || planner.policy() == self.config.policy);
        let is_idle = self.running.is_empty() && self.scrub.is_none();
        let is_over = self.may_act() && is_idle && planner.wake_at(self.now).is_none();
        for key in &self.bad {
            self.check_not_forgotten(*key);
            assert!(!is_over || !self.is_pending(*key), "{key:?} is stuck");
        }
    }

    /// Checks that somebody else's full scrub keeps no repair waiting for longer than a minute.
    fn check_not_kept_waiting(&self) {
        if self.planner.scrubs.awaited_until().is_some() {
            let is_kept = |e: &entry::Entry| e.state == entry::State::Pending(Time::NEVER);
            assert!(!self.planner.table.any(is_kept), "something waits for somebody else's");
        }
    }

    pub fn is_pending(&self, key: Key) -> bool {
        let entry = self.planner.table.get(key);
        entry.is_some_and(|e| matches!(e.state, entry::State::Pending(_)))
    }

    /// Checks that what is bad is in the plan, or that it has been said why it is not.
    fn check_not_forgotten(&self, key: Key) {
        use entry::State::*;
        let Some(entry) = self.planner.table.get(key) else {
            assert!(self.was_full, "{key:?} has no entry");
            return;
        };
        let said = self.said.get(&key).map_or(&[][..], Vec::as_slice);
        let is_last_word =
            |n: &Notice| matches!(n, Notice::OfflineNeeded(..) | Notice::WouldRepair(_));
        let has_last_word = said.iter().any(is_last_word);
        match entry.state {
            Pending(_) | Running => {}
            Left => assert!(has_last_word || entry.awaits_last_word(), "{key:?} {entry:?}"),
            Idle => panic!("{key:?} is forgotten: {entry:?}"),
        }
    }

    /// Checks that no structure is called more often than the budget says.
    pub fn check_calls(&self) {
        for (key, calls) in &self.calls {
            let began = |is_kind: fn(Outcome) -> bool| {
                let of_kind = calls.iter().filter(move |call| is_kind(call.outcome));
                of_kind.map(|call| call.began).collect::<Vec<_>>()
            };
            check_rate(*key, &began(is_verdict), 3);
            // Pauses of at least 1, 2, 4 ... seconds between two verdicts, of which there are 3.
            check_rate(*key, &began(is_delay), 4 * 7);
            let is_lasting = |outcome| is_refusal(outcome) && outcome != Outcome::ReadOnly;
            check_rate(*key, &began(is_lasting), 4);
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
