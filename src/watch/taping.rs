// SPDX-License-Identifier: LGPL-2.1-or-later
//! What of a watch is recorded (`--record`): all that its planner is told, but not what full scrubs
//! come to, of which a replay makes none. It makes no repairs either; what they came to is for who
//! reads a replay.

use super::Watch;
use super::rules::Rules;
use crate::plan::{Outcome, Ticket, Time};
use crate::record::Input;

impl Watch {
    /// Records something, if there is a recording.
    pub(crate) fn record(&mut self, input: Input, now: Time) {
        self.tape.iter_mut().for_each(|tape| tape.put(input, now));
    }

    /// Takes in news of the monitor or of a look, and records it.
    pub(crate) fn take_in(&mut self, input: Input, now: Time) {
        self.record(input, now);
        self.take(&input, now);
    }

    /// Records the outcome of a repair.
    pub(crate) fn record_repair(&mut self, ticket: Ticket, outcome: Outcome, now: Time) {
        if let Some(key) = self.books.planner.key_of(ticket) {
            self.record(Input::Repaired(key, outcome), now);
        }
    }

    /// Records the policy, if it has changed, which the planner also does by itself; `is_said` if by
    /// the property autofsck.
    pub(crate) fn record_policy(&mut self, is_said: bool, now: Time) {
        let policy = self.books.planner.policy();
        self.tape.iter_mut().for_each(|tape| tape.policy(policy, is_said, now));
    }
}
