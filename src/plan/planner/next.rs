// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner's state machine: its outputs.

use super::clearance::Knowledge;
use super::danger::Danger;
use super::vetting::{Verdict, Vetting};
use super::{Planner, Running};
use crate::event::Target;
use crate::plan::action::{Action, Depth, Failure, Notice, Reasons, Repair, ScrubEnd};
use crate::plan::bounded;
use crate::plan::config::{Pace, Policy};
use crate::plan::scrub_type::{Key, ScrubType};
use crate::plan::table::entry::{Entry, Hope, State};
use crate::plan::table::guard::Guard;
use crate::plan::time::{Time, first_of};
use std::time::Duration;

/// Running time of a repair from which on no other is started beside it: the filesystem may be
/// frozen, the device slow, or a thread dead with its locks held.
const SLOW: Duration = Duration::from_secs(10);
/// Running time of a repair from which on it is said to be slow.
const SLOW_SAID: Duration = Duration::from_secs(60);

impl Planner {
    /// The next thing to do, if anything is to be done now. Call it until it gives `None`.
    pub fn next(&mut self, now: Time) -> Option<Action> {
        if let Some(notice) = self.notices.pop() {
            return Some(Action::Say(notice));
        }
        if self.has_stopped {
            return None;
        }
        if let Some(notice) = self.slow(now) {
            return Some(Action::Say(notice));
        }
        if !self.acts() {
            return self.look_action(now);
        }
        self.table.promote(now);
        let found = self.full_scrub(now).or_else(|| self.word_or_look(now));
        // What cannot be repaired now may call for a word, or for a look.
        found.or_else(|| self.repair_action(now)).or_else(|| self.word_or_look(now))
    }

    #[inline(never)]
    fn word_or_look(&mut self, now: Time) -> Option<Action> {
        let word = self.notices.pop().or_else(|| self.offline_needed(now));
        word.map(Action::Say).or_else(|| self.look_action(now))
    }

    /// Time at which [`Planner::next`] has something, unless an event or an outcome comes first;
    /// `None` if it will have nothing.
    pub fn wake_at(&self, now: Time) -> Option<Time> {
        if !self.notices.is_empty() {
            return Some(now);
        }
        if self.has_stopped {
            return None;
        }
        let is_new = |r: &&Running| !r.slow_said;
        let slow = self.running.iter().filter(is_new).filter_map(|r| r.began);
        let slow = slow.min().map(|began| began.after(SLOW_SAID));
        let own = if self.acts() { self.next_act(now) } else { None };
        first_of(&[slow, self.look_due(), own])
    }

    /// Time at which something is to be done about damage that is known.
    fn next_act(&self, now: Time) -> Option<Time> {
        let scrub = match self.table.guard() {
            Guard::Open => self.scrubs.wake_at().filter(|_| self.verdict(now) != Verdict::Coming),
            Guard::Briefly => None,
            Guard::Unjudged => self.has_to_say_unsafe().then_some(now),
            Guard::Lasting => self.has_to_say_withheld().then_some(now),
        };
        first_of(&[scrub, self.next_word(now), self.next_repair(now)])
    }

    /// Time at which something may be repaired, as far as time decides it.
    fn next_repair(&self, now: Time) -> Option<Time> {
        if !self.has_free_worker(now) {
            return None;
        }
        let ready = self.table.first_ready().filter(|key| self.fits_beside(*key)).map(|_| now);
        let next = self.table.wake_at().into_iter().chain(ready).min()?;
        Some(next.max(self.hold.until()))
    }

    fn acts(&self) -> bool {
        !self.has_stopped && self.config.policy == Policy::Repair
    }

    fn has_to_say_withheld(&self) -> bool {
        self.scrubs.wants_one() && !self.withheld_said
    }

    fn has_to_say_unsafe(&self) -> bool {
        self.has_to_say_withheld() && !self.unsafe_said
    }

    /// Verdict on the inodes that a full scrub would come to.
    fn verdict(&self, now: Time) -> Verdict {
        if self.config.defects.is_empty() {
            self.verdict_without_defects(now)
        } else if self.scrubs.checks_do() {
            Verdict::Unknowable
        } else {
            self.vetting.verdict(now)
        }
    }

    /// Verdict where no inode crashes the kernel, but one may shut the filesystem down.
    fn verdict_without_defects(&self, now: Time) -> Verdict {
        match self.clearance.knowledge(now) {
            _ if !self.config.surveys => Verdict::Safe,
            // Nobody has a reason to think that there is one.
            Knowledge::Complete | Knowledge::Blind => Verdict::Safe,
            Knowledge::Coming => Verdict::Coming,
            Knowledge::None => Verdict::Unasked,
        }
    }

    /// Gives the notice of a repair that has been running for long, once for each.
    fn slow(&mut self, now: Time) -> Option<Notice> {
        let is_slow = |r: &&mut Running| {
            !r.slow_said && r.began.is_some_and(|began| now.since(began) >= SLOW_SAID)
        };
        let running = self.running.iter_mut().find(is_slow)?;
        running.slow_said = true;
        Some(Notice::Slow(running.key))
    }

    fn look_due(&self) -> Option<Time> {
        let wanted = self.config.may_look && self.config.policy != Policy::Ignore;
        self.looks.wake_at(self.checks_inodes()).filter(|_| wanted)
    }

    /// True if inodes are to be checked by looks. Whoever looks only once does not wait for
    /// reports.
    fn checks_inodes(&self) -> bool {
        self.acts() || self.config.pace == Pace::Hurried
    }

    fn look_action(&mut self, now: Time) -> Option<Action> {
        if self.look_due()? > now {
            return None;
        }
        let ticket = self.new_ticket();
        let depth = self.looks.start(ticket, self.checks_inodes(), now)?;
        if depth == Depth::Deep {
            self.vetting.starts(ticket, now);
        }
        self.clearance.starts(ticket, depth, now);
        Some(Action::Look { ticket, depth })
    }

    /// A full scrub, if one is wanted, allowed and due; or the notice that it is not allowed.
    fn full_scrub(&mut self, now: Time) -> Option<Action> {
        if self.scrubs.is_doubtful(now) {
            self.scrubs.settle_doubt(self.known_reasons());
        }
        match self.table.guard() {
            Guard::Briefly => None,
            Guard::Unjudged => self.say_unsafe(),
            Guard::Lasting => {
                let say = self.has_to_say_withheld();
                self.withheld_said |= say;
                say.then(|| Action::Say(self.why_withheld()))
            }
            Guard::Open if self.scrubs.wake_at()? > now => None,
            Guard::Open => self.scrub_or_check(now),
        }
    }

    /// Reasons for a full scrub that follow from what is known to be damaged.
    fn known_reasons(&self) -> Reasons {
        let has_failed = |e: &Entry| e.failed.is_some() || e.said.cross_failed;
        let is_left = self.table.any(|e| e.state != State::Idle && has_failed(e));
        let failed = if is_left { Reasons::REPAIR_FAILED } else { Reasons::empty() };
        let many = if self.damage_count() > 0 { Reasons::BURST } else { Reasons::empty() };
        failed | many
    }

    fn why_withheld(&self) -> Notice {
        let is_fatal = |e: &Entry| {
            use Failure::{LoadsUnlinked, Unlinked, Unsupported};
            matches!(e.failed, Some(Unsupported | Unlinked | LoadsUnlinked))
        };
        let crashes =
            self.table.any(|e| e.untouchable && !is_fatal(e)) || self.table.has_forgotten();
        if crashes { Notice::ScrubWithheld } else { Notice::ScrubFatal }
    }

    fn say_unsafe(&mut self) -> Option<Action> {
        let say = self.has_to_say_unsafe();
        self.unsafe_said |= say;
        say.then_some(Action::Say(Notice::ScrubUnsafe))
    }

    /// The full scrub that is due; or first the look that shows whether it is safe, or else checks
    /// of everything in its place.
    fn scrub_or_check(&mut self, now: Time) -> Option<Action> {
        match self.verdict(now) {
            Verdict::Safe => Some(self.start_scrub(now)),
            Verdict::Coming => None,
            Verdict::Unasked if self.config.defects.is_empty() => {
                self.know(now);
                None
            }
            Verdict::Unasked => {
                self.looks.want(Depth::Deep);
                self.vetting.asked();
                None
            }
            Verdict::Unknowable => {
                let said = self.say_unsafe();
                self.vetting = Vetting::new();
                self.scrubs.start_checks(now);
                self.looks.check_all(self.config.ag_count);
                self.burst.answered();
                said
            }
        }
    }

    fn start_scrub(&mut self, now: Time) -> Action {
        let ticket = self.new_ticket();
        let reasons = self.scrubs.start(ticket, now);
        (self.withheld_said, self.unsafe_said) = (false, false);
        self.vetting = Vetting::new();
        self.burst.answered();
        if self.config.dry_run {
            self.scrubs.finished(ticket, ScrubEnd::Finished { clean: true }, now);
            return Action::Say(Notice::WouldScrub(reasons));
        }
        Action::FullScrub { ticket, reasons }
    }

    /// Time at which the last word on a structure is to be said, as far as time decides it.
    fn next_word(&self, now: Time) -> Option<Time> {
        let is_due = self.last_word(now).map(|_| now);
        let awaited_until = self.scrubs.awaited_until().filter(|at| *at > now);
        is_due.or_else(|| awaited_until.filter(|_| self.table.last_word(Hope::Scrub).is_some()))
    }

    /// A structure that neither repairs nor a full scrub, or the checks in its place, have mended,
    /// unless they are still to come. A full scrub that is only too early is waited for once: there
    /// may be another reason for the next, and so on.
    fn last_word(&self, now: Time) -> Option<Key> {
        let is_open = matches!(self.table.guard(), Guard::Open | Guard::Briefly);
        let scrub_comes = self.scrubs.is_to_come(now) && is_open;
        let is_awaited = self.scrubs.awaited_until().is_some_and(|until| until > now);
        if scrub_comes || is_awaited || self.scrubs.is_running() {
            return None;
        }
        let is_later = is_open && self.scrubs.is_to_come_later();
        self.table.last_word(match (self.are_checks_made(), is_later) {
            (true, _) => Hope::None,
            (false, true) => Hope::Less,
            (false, false) => Hope::Scrub,
        })
    }

    /// True if checks of everything are under way in place of a full scrub, and get on.
    fn are_checks_made(&self) -> bool {
        self.scrubs.is_checking() && self.config.may_look && !self.looks.cannot_begin()
    }

    fn offline_needed(&mut self, now: Time) -> Option<Notice> {
        let key = self.last_word(now)?;
        let why = self.table.update(key, |entry| {
            entry.said.offline = true;
            entry.failed
        });
        why.flatten().map(|why| Notice::OfflineNeeded(key, why))
    }

    /// A repair to start now or, in a dry run, only the notice of one.
    fn repair_action(&mut self, now: Time) -> Option<Action> {
        if self.hold.until() > now {
            return None;
        }
        let key = self.pick(now)?;
        let begins = |entry: &mut Entry| {
            entry.begins(now);
            entry.is_forcing()
        };
        let is_forced = self.table.update(key, begins) == Some(true);
        if self.config.dry_run {
            // As if it could not be repaired: until it is healthy nothing more is to be said of it.
            self.table.update(key, |entry| entry.state = State::Left);
            return Some(Action::Say(Notice::WouldRepair(key)));
        }
        let ticket = self.new_ticket();
        let began = (self.running.len() < self.config.workers).then_some(now);
        let running = Running { ticket, key, began, slow_said: false };
        bounded::push(&mut self.running, running);
        let only_if_loadable = self.is_risky(key);
        Some(Action::Repair(Repair { ticket, key, only_if_loadable, is_forced }))
    }

    /// The first structure in the order of repairs that can be repaired beside what is running.
    fn pick(&mut self, now: Time) -> Option<Key> {
        if !self.has_free_worker(now) {
            return None;
        }
        while let Some(key) = self.table.first_ready() {
            if let Some(target) = self.waits_for(key) {
                self.table.park(key, target);
                continue;
            }
            match self.danger(key, now) {
                Some(Danger::Deadly) => self.is_in_danger(key),
                Some(Danger::Unknown) => self.waits_for_look(key, now),
                None => return self.fits_beside(key).then_some(key),
            }
        }
        None
    }

    fn has_free_worker(&self, now: Time) -> bool {
        let is_slow = |r: &Running| r.began.is_some_and(|began| now.since(began) >= SLOW);
        let holds_up = |r: &Running| r.key.runs_alone() || is_slow(r);
        let most = self.config.workers.saturating_add(self.config.ahead);
        let most = most.min(self.running.capacity());
        self.running.len() < most && !self.running.iter().any(holds_up)
    }

    fn fits_beside(&self, key: Key) -> bool {
        self.running.is_empty() || !key.runs_alone()
    }

    /// The target of which something has to be judged before this structure is repaired.
    fn waits_for(&self, key: Key) -> Option<Target> {
        let is_busy = self.running.iter().any(|other| other.key.target == key.target);
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
}
