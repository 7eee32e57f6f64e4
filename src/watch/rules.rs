// SPDX-License-Identifier: LGPL-2.1-or-later
//! The rules of watching, which a watch and a replay of its recording share: what is taken into the
//! books, what is said of it, and when something is due.

use super::budget::Budget;
use super::crowds::Crowds;
use super::ledger::{Ledger, Told};
use super::options::Telling;
use super::outbox::{Outbox, is_told};
use super::paths::Paths;
use crate::event::{Body, Change, Event, Target};
use crate::log::said::{Detail, Fault, PolicyNews, Said};
use crate::plan::{Action, Config, Depth, LookEnd, Notice, Pace, Planner, Policy, Ticket, Time};
use crate::record::Input;
use crate::report::{Cause, Place};
use crate::uapi::XFS_BS_SICK_INODE;
use std::time::Duration;

/// Time from the start of a watch to the first look for damage from before: many a mount is a short
/// one, and a look holds it.
const SETTLED: Duration = Duration::from_secs(5);

/// Side of a watch that takes in news by the rules. The methods without a body, and those with an
/// empty one, are all in which a watch differs from its replay, which has no filesystem.
pub(super) trait Rules {
    /// Books that the news is taken into.
    fn books(&mut self) -> &mut Books;

    /// Does what an event calls for before the planner knows of it.
    fn before(&mut self, _event: &Event) {}

    /// Does what an event calls for once it was told.
    fn after(&mut self, _event: &Event, _now: Time) {}

    /// Lets nothing begin any more, since the monitor has ended.
    fn give_up(&mut self);

    /// Takes note of a decision that is about to be said.
    fn heed(&mut self, _notice: &Notice) {}

    /// Carries out an action that is not a thing to say.
    fn carry_out(&mut self, action: Action, now: Time);

    /// Takes in news of the monitor or of a look. What is not about the filesystem but about the
    /// watch is for each to take in by itself.
    fn take(&mut self, input: &Input, now: Time) {
        match *input {
            Input::Record { record, is_known } => {
                self.event(&Event::decode(&record), is_known, now);
            }
            Input::SilentLoss => {
                self.books().planner.lost(now);
                self.books().outbox.silent_loss(now);
            }
            Input::Failed(errno) => {
                self.books().fault(Fault::Monitor(Cause::Errno(errno)), now);
            }
            Input::End { is_unmounted } => self.monitor_ends(is_unmounted, now),
            Input::Sick(target, mask) => self.books().sick(target, mask, now),
            Input::Deadly(ino, generation) => self.books().deadly(ino, generation, now),
            Input::Missed(agno) => self.books().planner.missed(agno, now),
            Input::Policy { .. } | Input::Looked(..) | Input::Repaired(..) | Input::Closed => {}
        }
    }

    /// Takes in an event; `is_known`: the planner was told of that loss.
    fn event(&mut self, event: &Event, is_known: bool, now: Time) {
        self.books().is_unmounted |= event.body == Body::Unmount;
        self.before(event);
        if !is_known {
            self.books().planner.event(event, now);
        }
        self.books().tell(*event, now);
        self.after(event, now);
    }

    /// Takes in that the monitor has nothing more to tell.
    fn monitor_ends(&mut self, is_unmounted: bool, now: Time) {
        self.give_up();
        if self.books().is_unmounted {
            return;
        }
        if is_unmounted {
            return self.event(&Event { time_ns: 0, body: Body::Unmount }, false, now);
        }
        self.books().fault(Fault::MonitorEnded, now);
    }

    /// Does what the planner wants.
    fn act(&mut self, now: Time) {
        while let Some(action) = self.books().planner.next(now) {
            match action {
                Action::Say(notice) => {
                    self.heed(&notice);
                    self.books().outbox.notice(notice, now);
                }
                action => self.carry_out(action, now),
            }
        }
    }
}

/// The books of one filesystem: what is known and planned, and what is to be said.
#[derive(Debug)]
pub(super) struct Books {
    pub planner: Planner,
    pub outbox: Outbox,
    pub paths: Paths,
    pub place: Place,
    pub telling: Telling,
    /// Depth and time of the first look, for damage that was there before; `None` once asked for.
    pub first_look: Option<(Depth, Time)>,
    pub is_unmounted: bool,
}

impl Books {
    /// Books without an entry; the first look is of this depth.
    pub fn new(
        config: Config,
        place: Place,
        telling: Telling,
        paths: Paths,
        depth: Depth,
        now: Time,
    ) -> Books {
        let ends_by_itself = config.pace == Pace::Hurried;
        let settled = if ends_by_itself { Duration::ZERO } else { SETTLED };
        let crowds = (!telling.debug).then(|| Crowds::new(config.inode_numbers()));
        // What a run finds that ends by itself nobody makes more of.
        let is_bounded = !telling.everything && !ends_by_itself;
        Books {
            planner: Planner::new(config),
            outbox: Outbox::new(crowds, is_bounded.then(Budget::default)),
            paths,
            place,
            telling,
            first_look: Some((depth, now.after(settled))),
            is_unmounted: false,
        }
    }

    pub fn say(&mut self, said: Said, now: Time) {
        self.outbox.say(said, now);
    }

    pub fn fault(&mut self, fault: Fault, now: Time) {
        self.say(Said::Fault(fault), now);
    }

    /// Says what is said with `--debug` only.
    pub fn detail(&mut self, detail: Detail, now: Time) {
        if self.telling.debug {
            self.say(Said::Detail(detail), now);
        }
    }

    /// Has an event said, if such events are said, and the path of its file looked up.
    fn tell(&mut self, event: Event, now: Time) {
        let Telling { quiet, debug, everything } = self.telling;
        if !is_told(&event, self.planner.policy(), debug || everything) {
            return;
        }
        // Also for what is not said: the outcome of its repair will be.
        self.paths.event(&event.body, now);
        let is_health = matches!(event.body, Body::Health { .. });
        if !(is_health && quiet) {
            self.outbox.event(event, now);
        }
    }

    /// Takes in damage that a look has found; what nobody knew of is told.
    fn sick(&mut self, target: Target, mask: u32, now: Time) {
        // Of what is not mounted any more nothing is told.
        if self.is_unmounted {
            return;
        }
        let new = self.planner.sick(target, mask, now);
        if new != 0 {
            self.tell_sick(target, new, now);
        }
    }

    /// Takes in an inode that a look has found and that must not be loaded; if nobody knew of it,
    /// it is told as sick.
    fn deadly(&mut self, ino: u64, generation: u32, now: Time) {
        if !self.is_unmounted && self.planner.deadly(ino, generation, now) {
            self.tell_sick(Target::Inode { ino, generation }, XFS_BS_SICK_INODE, now);
        }
    }

    /// Tells damage in the words that it would have if the kernel reported it.
    fn tell_sick(&mut self, target: Target, mask: u32, now: Time) {
        let body = Body::Health { change: Change::Sick, target, mask };
        self.tell(Event { time_ns: 0, body }, now);
    }

    /// Takes in the end of a look; `None`: of one that the planner has not asked for.
    pub fn looked(&mut self, ticket: Option<Ticket>, depth: Depth, end: LookEnd, now: Time) {
        self.detail(Detail::LookEnded(depth, end), now);
        ticket.map(|ticket| self.planner.look_finished(ticket, end, now));
    }

    /// Takes in the policy that is wanted from now on; `is_said`: the property autofsck wants it. What
    /// is said is the policy that comes of it: once threads were killed the planner repairs no more.
    pub fn policy_is(&mut self, policy: Policy, is_said: bool, now: Time) {
        self.planner.set_policy(policy);
        if is_said {
            self.say(Said::Policy(PolicyNews::Directive(self.planner.policy())), now);
        }
    }

    /// Requests the first look when it is time. A full scrub that is wanted does not wait for it.
    pub fn look_first(&mut self, now: Time) {
        let is_wanted = self.planner.wants_full_scrub();
        let first = self.first_look.take_if(|(_, at)| is_wanted || *at <= now);
        first.into_iter().for_each(|(depth, _)| self.planner.look(depth));
    }

    /// Time at which the first look is requested.
    pub fn look_first_at(&self) -> Option<Time> {
        self.first_look.map(|(_, at)| at)
    }

    /// Queues the losses that are to be told now.
    pub fn losses(&mut self, ledger: &mut Ledger, now: Time) {
        while let Some(told) = ledger.next(now) {
            self.loss(told, now);
        }
    }

    /// Queues what is still to be told of losses.
    pub fn last_losses(&mut self, ledger: &mut Ledger, now: Time) {
        ledger.end(now).into_iter().for_each(|told| self.loss(told, now));
    }

    fn loss(&mut self, told: Told, now: Time) {
        let loss = match told {
            Told::Loss(loss) => loss,
            Told::More(losses) => return self.say(Said::MoreLosses(losses), now),
        };
        loss.lost.inode().into_iter().for_each(|inode| self.paths.want(inode, now));
        self.outbox.loss(loss, now);
    }

    /// Starts nothing more, and queues what is left to be said, with this before what the planner
    /// says last.
    pub fn end(&mut self, result: Option<Said>, now: Time) {
        self.outbox.end(now);
        result.into_iter().for_each(|said| self.say(said, now));
        self.planner.stop();
        while let Some(Action::Say(notice)) = self.planner.next(now) {
            self.outbox.notice(notice, now);
        }
        self.outbox.end(now);
    }

    /// Says what can be said now, oldest first.
    pub fn tell_now(&mut self, now: Time, say: &mut dyn FnMut(&Place, &Said)) {
        while let Some(said) = self.outbox.next(&self.paths, now) {
            say(&self.place, &said);
        }
    }

    /// Says everything that is queued.
    pub fn tell_all(&mut self, say: &mut dyn FnMut(&Place, &Said)) {
        while let Some(said) = self.outbox.pop(&self.paths) {
            say(&self.place, &said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    fn books() -> Books {
        let telling = Telling { quiet: false, debug: false, everything: false };
        let (place, paths, now) = (Place::new(b"/m"), Paths::new(false), Time::default());
        Books::new(Config::default(), place, telling, paths, Depth::Shallow, now)
    }

    /// The policies that were said.
    fn policies(books: &mut Books) -> Vec<Policy> {
        let mut policies = Vec::new();
        books.tell_all(&mut |_, said| match said {
            Said::Policy(PolicyNews::Directive(policy)) => policies.push(*policy),
            other => panic!("{other:?}"),
        });
        policies
    }

    proptest! {
        /// After a second thread was killed nothing is repaired, whatever the property says.
        #[test]
        fn the_policy_that_is_said_is_the_one_that_applies(
            steps in prop::collection::vec(
                prop::option::of(prop::sample::select(vec![Policy::Repair, Policy::Log, Policy::Ignore])),
                0..12,
            ),
        ) {
            let (mut books, now) = (books(), Time::default());
            let (mut killed, mut expected) = (0, Vec::new());
            for wanted in steps {
                let Some(wanted) = wanted else {
                    killed += 1;
                    books.planner.thread_vanished();
                    continue;
                };
                books.policy_is(wanted, true, now);
                let may_repair = killed < 2;
                expected.push(if wanted == Policy::Repair && !may_repair { Policy::Log } else { wanted });
                prop_assert_eq!(books.planner.policy(), *expected.last().unwrap());
            }
            prop_assert_eq!(policies(&mut books), expected);
        }
    }
}
