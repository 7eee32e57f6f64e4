// SPDX-License-Identifier: LGPL-2.1-or-later
//! Names of outcomes for programs, and their numbers: the same in JSON, in recordings and in C.

use crate::event::Word;
use crate::plan::Outcome;
use std::ffi::CStr;

/// Outcomes and their names in the order of their numbers, which begin with 1; with an errno of 0
/// where they have one.
static OUTCOMES: [(Outcome, Word); 20] = [
    (Outcome::Repaired, Word::new("repaired")),
    (Outcome::Fine, Word::new("fine")),
    (Outcome::Failed, Word::new("failed")),
    (Outcome::DeviceError, Word::new("device_error")),
    (Outcome::CrossFailed, Word::new("cross_failed")),
    (Outcome::Incomplete, Word::new("incomplete")),
    (Outcome::Gone, Word::new("gone")),
    (Outcome::Busy, Word::new("busy")),
    (Outcome::NoRoom, Word::new("no_room")),
    (Outcome::ReadOnly, Word::new("read_only")),
    (Outcome::NoRecovery, Word::new("no_recovery")),
    (Outcome::Shutdown, Word::new("shutdown")),
    (Outcome::Unsupported, Word::new("unsupported")),
    (Outcome::KernelDefect, Word::new("kernel_defect")),
    (Outcome::Unreachable(0), Word::new("unreachable")),
    (Outcome::Forbidden, Word::new("forbidden")),
    (Outcome::Vanished, Word::new("vanished")),
    (Outcome::Error(0), Word::new("error")),
    (Outcome::Unlinked, Word::new("unlinked")),
    (Outcome::NotJudged, Word::new("not_judged")),
];

/// The number of an outcome, whatever its errno.
pub(crate) fn outcome_number(outcome: Outcome) -> u32 {
    let outcome = outcome.with_errno(0);
    (1..).zip(&OUTCOMES).find(|(_, (of, _))| *of == outcome).map_or(0, |(number, _)| number)
}

/// The outcome of a number, with an errno of 0 where it has one.
pub(crate) fn outcome_of(number: u32) -> Option<Outcome> {
    numbered(number).map(|(outcome, _)| *outcome)
}

/// The name of an outcome by its number.
pub(crate) fn outcome_name(number: u32) -> Option<&'static CStr> {
    numbered(number).map(|(_, name)| name.as_c())
}

fn numbered(number: u32) -> Option<&'static (Outcome, Word)> {
    OUTCOMES.get(usize::try_from(number).ok()?.checked_sub(1)?)
}
