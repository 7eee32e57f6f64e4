// SPDX-License-Identifier: LGPL-2.1-or-later
//! The end of a watch: when it comes, and what is said and let go of then.

use super::Watch;
use super::unclean::Mark;
use crate::log::said::Said;
use crate::plan::{Depth, Time};
use crate::record::Input;
use crate::report::Place;
use crate::service::exit::{Code, Purpose};
use crate::sys::Child;
use std::time::Duration;

/// A run that ends by itself does not wait longer than this for another attempt.
const SOON: Duration = Duration::from_secs(2);

impl Watch {
    /// True if the watch has ended because the filesystem was unmounted.
    pub fn was_unmounted(&self) -> bool {
        self.books.is_unmounted
    }

    /// The exit code, once there is nothing more to do.
    pub fn ended(&self, now: Time) -> Option<i32> {
        if self.feed.has_ended() {
            let code = if self.books.is_unmounted { Code::Unmounted } else { Code::Failed };
            return Some(code.number(Purpose::Monitor));
        }
        let tally = self.tally.as_ref().filter(|_| self.has_come_to_rest(now))?;
        let planner = &self.books.planner;
        Some(tally.exit_code(&self.totals, planner.damage_count(), planner.is_blind()))
    }

    /// True if a run that ends by itself has nothing to do, or nothing for a while.
    pub(crate) fn has_come_to_rest(&self, now: Time) -> bool {
        let is_idle = !self.books.planner.is_repairing() && !self.books.planner.is_looking();
        is_idle && self.books.planner.wake_at(now).is_none_or(|at| at.since(now) > SOON)
    }

    /// Starts nothing more, and queues the lines that are still to be said.
    pub fn stop(&mut self, now: Time) {
        self.record(Input::Closed, now);
        self.filesystem.give_up();
        // What only this healer knows the next one has to look for; an unmount forgets everything.
        let owes_first = self.books.first_look.is_some_and(|(depth, _)| depth == Depth::Deep);
        let owes_look = owes_first || self.books.planner.owes_look();
        let is_known =
            self.books.planner.damage_count() > 0 || owes_look || self.books.planner.is_blind();
        self.mark.iter().filter(|_| self.books.is_unmounted || !is_known).for_each(Mark::clear);
        self.end_losses(now);
        let result = self.tally.as_ref().map(|tally| {
            let planner = &self.books.planner;
            Said::OneShot(tally.result(&self.totals, planner.damage_count(), planner.is_blind()))
        });
        self.books.end(result, now);
    }

    /// Ends a full scrub that runs: without us nobody passes on what it says.
    pub fn end_child(&mut self) -> Option<Child> {
        self.scrub.stop()
    }

    /// Ends the monitoring, and says what is left to be said.
    pub fn close(&mut self, say: &mut dyn FnMut(&Place, &Said)) {
        // Without /dev/null or a free descriptor the end of the process closes it.
        let _ = self.filesystem.monitor().map(|monitor| monitor.close());
        self.books.tell_all(say);
    }
}
