// SPDX-License-Identifier: LGPL-2.1-or-later
//! The full scrubs of a filesystem that is watched: their start, what they say, and their end.

use super::Watch;
use super::full_scrub::{AfterCheck, ScrubSay};
use crate::act::{Begun, StartError};
use crate::plan::{Reasons, Ticket, Time};
use crate::service::unit::UnitState;
use std::time::Duration;

/// Longest time that the full scrub of one filesystem keeps those of others waiting: it may hang.
const SCRUB_PATIENCE: Duration = Duration::from_secs(3600);

impl Watch {
    /// Has a worker start a full scrub.
    #[inline(never)] // Not a part of a frame that is always there.
    pub(super) fn full_scrub(&mut self, ticket: Ticket, reasons: Reasons, now: Time) {
        self.scrub.begins(reasons, ScrubSay { outbox: &mut self.books.outbox, now });
        let waits = self.books.planner.patience_with_others(now) > Duration::ZERO;
        self.tasks.full_scrub(&self.filesystem, ticket, self.scrub.runner(), waits);
    }

    /// Takes in what came of the start of a full scrub.
    #[inline(never)] // Not a part of a frame that is always there.
    pub(super) fn scrub_started(
        &mut self,
        ticket: Ticket,
        begun: Result<Begun, StartError>,
        now: Time,
    ) {
        let say = ScrubSay { outbox: &mut self.books.outbox, now };
        let next = self.scrub.started(ticket, begun, say);
        let left = self.scrub.waits().and_then(|t| self.books.planner.scrub_waits(t, now));
        left.into_iter().for_each(|left| self.scrub.waits_until(now.after(left)));
        self.scrub_goes_on(next, now);
    }

    /// Takes in what systemd tells of the unit of a full scrub.
    pub(super) fn unit_ended(&mut self, ticket: Ticket, state: Option<UnitState>, now: Time) {
        let say = ScrubSay { outbox: &mut self.books.outbox, now };
        let next = self.scrub.unit_ended(ticket, state, say);
        self.scrub_goes_on(next, now);
    }

    /// Passes on what children say, and checks whether they have ended.
    #[inline(never)] // Not a part of a frame that is always there.
    pub fn look_after(&mut self, now: Time) {
        let say = ScrubSay { outbox: &mut self.books.outbox, now };
        let next = self.scrub.look(say);
        self.scrub_goes_on(next, now);
    }

    fn scrub_goes_on(&mut self, next: Option<AfterCheck>, now: Time) {
        match next {
            Some(AfterCheck::Ended(ticket, end)) => {
                self.totals.full_scrub(end);
                self.scrub.over();
                self.books.planner.scrub_finished(ticket, end, now);
            }
            Some(AfterCheck::AskUnit(ticket, unit)) => self.tasks.ask_unit(ticket, unit),
            None => {}
        }
    }

    /// True if a full scrub runs that those of other filesystems should wait for.
    pub fn is_scrubbing(&self, now: Time) -> bool {
        self.scrub.lasts(now).is_some_and(|lasts| lasts < SCRUB_PATIENCE)
    }
}
