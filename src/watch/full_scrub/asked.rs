// SPDX-License-Identifier: LGPL-2.1-or-later
//! The result of a full scrub that ran as a unit, by what systemctl(1) and systemd tell of it.

use crate::act::ScrubVerdict;
use crate::plan::Ticket;
use crate::service::unit::UnitState;

/// A unit of systemd that has ended, and what is known of its run.
#[derive(Debug)]
pub(super) struct Asked {
    pub ticket: Ticket,
    pub unit: String,
    /// systemctl(1) has nothing to complain about.
    pub is_well: bool,
    pub is_said: bool,
    /// Time before it was looked whether the unit runs already and before it was to be started, in
    /// microseconds of the monotonic clock. A run that began since has read all that was to be read.
    pub began_us: u64,
    /// Start of a run of somebody else's that was joined, in microseconds: see
    /// [`crate::act::Started::joins`].
    pub joins: Option<u64>,
}

/// Result of a run of a unit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UnitResult {
    /// The run that has ended was somebody else's.
    Theirs,
    /// The run has not ended.
    Runs,
    Ours(ScrubVerdict),
    NotStarted,
}

impl Asked {
    /// Result of the run, by what systemd tells of the unit.
    pub fn verdict(&self, state: Option<UnitState>) -> UnitResult {
        let is_ours = |state: &UnitState| state.began_us >= self.began_us;
        match (self.joins, state) {
            (_, Some(state)) if state.is_running => UnitResult::Runs,
            // Nobody knows whether it has ended: systemctl(1) may have lost systemd.
            (Some(_), None) => UnitResult::Runs,
            (_, Some(state @ UnitState { end: Some(end), .. })) if is_ours(&state) => {
                UnitResult::Ours(ScrubVerdict::of_unit(end))
            }
            (_, Some(state)) if is_ours(&state) && self.is_well => {
                UnitResult::Ours(ScrubVerdict::UnitEnded)
            }
            (Some(_), _) => UnitResult::Theirs,
            // That it ran already was not seen, as systemd did not answer.
            (None, Some(state)) if !is_ours(&state) && state.ended_us >= self.began_us => {
                UnitResult::Theirs
            }
            (None, state) if self.is_well => {
                UnitResult::Ours(self.well(&state.unwrap_or_default()))
            }
            (None, None) if self.is_said => UnitResult::Ours(ScrubVerdict::Unknown),
            (None, _) => UnitResult::NotStarted,
        }
    }

    /// Verdict where systemctl(1) has nothing to complain about: neither has it where a condition
    /// kept the unit from running. systemd forgets a unit that has ended well; then it has run if
    /// it took longer than not to run does. xfs_scrub(8) takes two seconds at least in a unit.
    fn well(&self, state: &UnitState) -> ScrubVerdict {
        let was_kept = state.unmet_us >= self.began_us;
        if self.is_said && !was_kept { ScrubVerdict::UnitEnded } else { ScrubVerdict::UnitSkipped }
    }
}
