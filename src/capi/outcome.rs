// SPDX-License-Identifier: LGPL-2.1-or-later
//! Outcomes that the answers of repair calls come to, for C programs.

use super::*;
use crate::plan::Outcome;
use crate::report::{outcome_name, outcome_number, outcome_of};

/// The structure was rebuilt.
pub const XFSHEALER_OUTCOME_REPAIRED: u32 = 1;
/// The structure was found good.
pub const XFSHEALER_OUTCOME_FINE: u32 = 2;
/// The structure is still bad.
pub const XFSHEALER_OUTCOME_FAILED: u32 = 3;
/// The device failed.
pub const XFSHEALER_OUTCOME_DEVICE_ERROR: u32 = 4;
/// The structure seems good, what it is compared with does not.
pub const XFSHEALER_OUTCOME_CROSS_FAILED: u32 = 5;
/// The structure could not be looked at to the end.
pub const XFSHEALER_OUTCOME_INCOMPLETE: u32 = 6;
/// No such file or structure.
pub const XFSHEALER_OUTCOME_GONE: u32 = 7;
/// The repair needs what something else holds.
pub const XFSHEALER_OUTCOME_BUSY: u32 = 8;
/// No memory or no space.
pub const XFSHEALER_OUTCOME_NO_ROOM: u32 = 9;
/// The filesystem is mounted read-only.
pub const XFSHEALER_OUTCOME_READ_ONLY: u32 = 10;
/// The filesystem is mounted `norecovery`.
pub const XFSHEALER_OUTCOME_NO_RECOVERY: u32 = 11;
/// The filesystem has shut down.
pub const XFSHEALER_OUTCOME_SHUTDOWN: u32 = 12;
/// The structure cannot be repaired while mounted.
pub const XFSHEALER_OUTCOME_UNSUPPORTED: u32 = 13;
/// The repair was not tried: it would crash this kernel.
pub const XFSHEALER_OUTCOME_KERNEL_DEFECT: u32 = 14;
/// The repair was not tried: the filesystem cannot be opened.
pub const XFSHEALER_OUTCOME_UNREACHABLE: u32 = 15;
/// The repair was not tried: repairs are not wanted any more.
pub const XFSHEALER_OUTCOME_FORBIDDEN: u32 = 16;
/// The thread that made the call never came back.
pub const XFSHEALER_OUTCOME_VANISHED: u32 = 17;
/// The repair failed with an errno that no rule is known for.
pub const XFSHEALER_OUTCOME_ERROR: u32 = 18;
/// The repair was not tried: whatever loads the inode shuts the filesystem down.
pub const XFSHEALER_OUTCOME_UNLINKED: u32 = 19;
/// The repair was not tried: nobody can tell whether the structure is good.
pub const XFSHEALER_OUTCOME_NOT_JUDGED: u32 = 20;

/// Outcome of a repair.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfshealer_outcome {
    /// Code of the outcome: `XFSHEALER_OUTCOME_*`; 0 is no answer yet.
    pub code: u32,
    /// Positive errno of `ERROR` and `UNREACHABLE`.
    pub error: i32,
}

impl From<Outcome> for xfshealer_outcome {
    fn from(outcome: Outcome) -> xfshealer_outcome {
        xfshealer_outcome { code: outcome_number(outcome), error: outcome.errno().unwrap_or(0) }
    }
}

impl xfshealer_outcome {
    pub(super) fn outcome(self) -> Result<Outcome, Errno> {
        let outcome = outcome_of(self.code).ok_or(INVALID)?.with_errno(self.error);
        let is_odd = match outcome.errno() {
            Some(error) => error <= 0,
            None => self.error != 0,
        };
        if is_odd { Err(INVALID) } else { Ok(outcome) }
    }
}

/// The word for an outcome.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_outcome_name(code: u32) -> *const c_char {
    name(outcome_name(code))
}

/// Adds the answer of a call to the outcome of its repair.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_outcome_add(
    outcome: *mut xfshealer_outcome,
    ret: c_int,
    error: c_int,
    sm_flags: u32,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let before = unsafe { read(outcome) }?;
        let answer = match (ret, error) {
            (0, _) => Ok(sm_flags),
            (_, 1..) => Err(error),
            _ => return Err(INVALID),
        };
        let next = Outcome::from_answer(answer);
        let is_first = before == xfshealer_outcome::default();
        let all = if is_first { next } else { before.outcome()?.then(next) };
        // SAFETY: read above; the caller vouches that it may be written.
        unsafe { write(outcome, all.into()) }?;
        Ok(c_int::from(all.ends_all()))
    })
}

/// The outcome of a repair for which the filesystem could not be opened.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_outcome_unreached(
    outcome: *mut xfshealer_outcome,
    error: c_int,
) -> c_int {
    guard(|| {
        if error <= 0 {
            return Err(INVALID);
        }
        // SAFETY: the caller vouches that it may be written.
        unsafe { write(outcome, Outcome::of_unreached(error).into()) }?;
        Ok(0)
    })
}

/// Turns the outcome of the check of an inode into that of its repair.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_outcome_unloadable(outcome: *mut xfshealer_outcome) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let check = unsafe { read(outcome) }?.outcome()?;
        // SAFETY: read above; the caller vouches that it may be written.
        unsafe { write(outcome, Outcome::of_unloadable(check).into()) }?;
        Ok(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_outcome_and_a_name() {
        for code in 1..=XFSHEALER_OUTCOME_NOT_JUDGED {
            let has_errno = matches!(code, XFSHEALER_OUTCOME_UNREACHABLE | XFSHEALER_OUTCOME_ERROR);
            let there = xfshealer_outcome { code, error: if has_errno { 5 } else { 0 } };
            assert_eq!(xfshealer_outcome::from(there.outcome().unwrap()), there);
            assert!(!xfshealer_outcome_name(code).is_null());
            let odd = xfshealer_outcome { code, error: if has_errno { 0 } else { 5 } };
            assert_eq!(odd.outcome(), Err(INVALID));
        }
        for code in [0, XFSHEALER_OUTCOME_NOT_JUDGED + 1] {
            assert_eq!(xfshealer_outcome { code, error: 0 }.outcome(), Err(INVALID));
            assert!(xfshealer_outcome_name(code).is_null());
        }
    }

    /// Codes, and the names of their constants.
    macro_rules! constants {
        ($($constant:ident)*) => { [$(($constant, stringify!($constant))),*] };
    }

    #[test]
    fn every_constant_is_the_number_of_the_outcome_that_it_names() {
        let constants = constants! {
            XFSHEALER_OUTCOME_REPAIRED XFSHEALER_OUTCOME_FINE XFSHEALER_OUTCOME_FAILED
            XFSHEALER_OUTCOME_DEVICE_ERROR XFSHEALER_OUTCOME_CROSS_FAILED
            XFSHEALER_OUTCOME_INCOMPLETE XFSHEALER_OUTCOME_GONE XFSHEALER_OUTCOME_BUSY
            XFSHEALER_OUTCOME_NO_ROOM XFSHEALER_OUTCOME_READ_ONLY XFSHEALER_OUTCOME_NO_RECOVERY
            XFSHEALER_OUTCOME_SHUTDOWN XFSHEALER_OUTCOME_UNSUPPORTED
            XFSHEALER_OUTCOME_KERNEL_DEFECT XFSHEALER_OUTCOME_UNREACHABLE
            XFSHEALER_OUTCOME_FORBIDDEN XFSHEALER_OUTCOME_VANISHED XFSHEALER_OUTCOME_ERROR
            XFSHEALER_OUTCOME_UNLINKED XFSHEALER_OUTCOME_NOT_JUDGED
        };
        for (code, constant) in constants {
            let name = outcome_name(code).unwrap().to_str().unwrap().to_uppercase();
            assert_eq!(constant, format!("XFSHEALER_OUTCOME_{name}"));
        }
    }
}
