// SPDX-License-Identifier: LGPL-2.1-or-later
//! What of a watch is recorded (`--record`): all that its planner is told, but not what full scrubs
//! come to, of which a replay makes none. It makes no repairs either; what they came to is for who
//! reads a replay.

use super::Watch;
use super::answer::Done;
use super::feed::News;
use crate::plan::{Outcome, Ticket, Time};
use crate::record::Input;

impl Watch {
    /// Records something, if there is a recording.
    pub(crate) fn record(&mut self, input: Input, now: Time) {
        self.tape.iter_mut().for_each(|tape| tape.put(input, now));
    }

    /// Records news from the monitor.
    pub(crate) fn record_news(&mut self, news: &News, now: Time) {
        if self.tape.is_none() {
            return;
        }
        let input = match news {
            News::Event { record, is_known } => {
                Input::Record { record: *record, is_known: *is_known }
            }
            News::SilentLoss => Input::SilentLoss,
            News::Failed(error) => Input::Failed(error.raw_os_error().unwrap_or(0)),
            News::End { is_unmounted } => Input::End { is_unmounted: *is_unmounted },
        };
        self.record(input, now);
    }

    /// Records what a look has found, or how it has ended.
    pub(crate) fn record_look(&mut self, done: &Done, now: Time) {
        let Some(tape) = &mut self.tape else { return };
        let mut put = |input| tape.put(input, now);
        match done {
            Done::Sick(found) => {
                found.iter().for_each(|(target, mask)| put(Input::Sick(*target, *mask)));
            }
            Done::Deadly(found) => {
                found.iter().for_each(|(ino, generation)| put(Input::Deadly(*ino, *generation)));
            }
            Done::Missed(missed) => missed.iter().for_each(|agno| put(Input::Missed(*agno))),
            Done::Looked(_, depth, end) => put(Input::Looked(*depth, *end)),
            _ => {}
        }
    }

    /// Records the outcome of a repair.
    pub(crate) fn record_repair(&mut self, ticket: Ticket, outcome: Outcome, now: Time) {
        if let Some(key) = self.planner.key_of(ticket) {
            self.record(Input::Repaired(key, outcome), now);
        }
    }

    /// Records the policy, if it has changed; `is_said` if by the property autofsck.
    pub(crate) fn record_policy(&mut self, is_said: bool, now: Time) {
        let policy = self.planner.policy();
        self.tape.iter_mut().for_each(|tape| tape.policy(policy, is_said, now));
    }
}
