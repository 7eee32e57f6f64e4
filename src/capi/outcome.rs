// SPDX-License-Identifier: LGPL-2.1-or-later
//! Outcomes that the answers of repair calls come to, for C programs.

use super::*;
use crate::event::{Word, word};
use crate::plan::Outcome;

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

/// Outcomes without an errno, with their words; the first has the code 1.
static PLAIN: [(Outcome, u32, Word); 18] = [
    (Outcome::Repaired, XFSHEALER_OUTCOME_REPAIRED, Word::new("repaired")),
    (Outcome::Fine, XFSHEALER_OUTCOME_FINE, Word::new("fine")),
    (Outcome::Failed, XFSHEALER_OUTCOME_FAILED, Word::new("failed")),
    (Outcome::DeviceError, XFSHEALER_OUTCOME_DEVICE_ERROR, Word::new("device_error")),
    (Outcome::CrossFailed, XFSHEALER_OUTCOME_CROSS_FAILED, Word::new("cross_failed")),
    (Outcome::Incomplete, XFSHEALER_OUTCOME_INCOMPLETE, Word::new("incomplete")),
    (Outcome::Gone, XFSHEALER_OUTCOME_GONE, Word::new("gone")),
    (Outcome::Busy, XFSHEALER_OUTCOME_BUSY, Word::new("busy")),
    (Outcome::NoRoom, XFSHEALER_OUTCOME_NO_ROOM, Word::new("no_room")),
    (Outcome::ReadOnly, XFSHEALER_OUTCOME_READ_ONLY, Word::new("read_only")),
    (Outcome::NoRecovery, XFSHEALER_OUTCOME_NO_RECOVERY, Word::new("no_recovery")),
    (Outcome::Shutdown, XFSHEALER_OUTCOME_SHUTDOWN, Word::new("shutdown")),
    (Outcome::Unsupported, XFSHEALER_OUTCOME_UNSUPPORTED, Word::new("unsupported")),
    (Outcome::KernelDefect, XFSHEALER_OUTCOME_KERNEL_DEFECT, Word::new("kernel_defect")),
    (Outcome::Forbidden, XFSHEALER_OUTCOME_FORBIDDEN, Word::new("forbidden")),
    (Outcome::Vanished, XFSHEALER_OUTCOME_VANISHED, Word::new("vanished")),
    (Outcome::Unlinked, XFSHEALER_OUTCOME_UNLINKED, Word::new("unlinked")),
    (Outcome::NotJudged, XFSHEALER_OUTCOME_NOT_JUDGED, Word::new("not_judged")),
];

impl From<Outcome> for xfshealer_outcome {
    fn from(outcome: Outcome) -> xfshealer_outcome {
        match outcome {
            Outcome::Unreachable(error) => {
                xfshealer_outcome { code: XFSHEALER_OUTCOME_UNREACHABLE, error }
            }
            Outcome::Error(error) => xfshealer_outcome { code: XFSHEALER_OUTCOME_ERROR, error },
            plain => {
                let code =
                    PLAIN.iter().find(|(of, ..)| *of == plain).map_or(0, |(_, code, _)| *code);
                xfshealer_outcome { code, error: 0 }
            }
        }
    }
}

impl xfshealer_outcome {
    pub(super) fn outcome(self) -> Result<Outcome, Errno> {
        match (self.code, self.error) {
            (XFSHEALER_OUTCOME_UNREACHABLE, error @ 1..) => Ok(Outcome::Unreachable(error)),
            (XFSHEALER_OUTCOME_ERROR, error @ 1..) => Ok(Outcome::Error(error)),
            (code, 0) => {
                let plain = PLAIN.iter().find(|(_, of, _)| *of == code);
                plain.map(|(outcome, ..)| *outcome).ok_or(INVALID)
            }
            _ => Err(INVALID),
        }
    }
}

/// The word for an outcome.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_outcome_name(code: u32) -> *const c_char {
    name(match code {
        XFSHEALER_OUTCOME_UNREACHABLE => Some(word!("unreachable")),
        XFSHEALER_OUTCOME_ERROR => Some(word!("error")),
        code => PLAIN.iter().find(|(_, of, _)| *of == code).map(|(.., word)| word.as_c()),
    })
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
}
