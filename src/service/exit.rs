// SPDX-License-Identifier: LGPL-2.1-or-later
//! Exit codes of the programs: their numbers, and which end of a run has which.
//!
//! The codes 0 and 1 are those of xfsprogs 7.2.0: 0 after an unmount or a good answer, 1 for
//! whatever keeps a program from its work, the property autofsck included. There a signal kills it;
//! here it is a good end. What 7.2.0 does not have, a single look (`--oneshot`), has the codes of
//! fsck(8), which add up; in them 1 means that something was repaired, and is no failure.

use crate::report::Cause;
use std::io::Write;

/// All is well.
const WELL: i32 = 0;
/// The program could not do its work, or has a bad answer.
pub const FAILED: i32 = 1;
/// Exit code with which systemd.service(5) does not skip a service, but tries again later.
const NOT_NOW: i32 = 255;

// Exit codes of fsck(8), to be added.
const REPAIRED: i32 = 1;
const DAMAGE_LEFT: i32 = 4;
const OPERATIONAL_ERROR: i32 = 8;
const USAGE_ERROR: i32 = 16;

/// Purpose of a run, on which the meaning of an exit code depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Filesystems are monitored.
    Monitor,
    /// A question is answered (`--supported`).
    Answer,
    /// A filesystem is looked at once (`--oneshot`).
    Look,
}

/// Kind of an end that gives no other result than its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The filesystem was unmounted.
    Unmounted,
    /// The answer that was asked for is known.
    Answered,
    /// The property autofsck says that nothing is to be done.
    Disabled,
    /// The work cannot be done.
    Failed,
    /// The work cannot be done as long as a process of an earlier run of the unit is left.
    LeftOver,
    /// A signal came first.
    BrokenOff,
    /// The command line has a mistake.
    Mistake,
}

impl Code {
    /// The exit code of a run with this purpose.
    pub fn number(self, purpose: Purpose) -> i32 {
        match (self, purpose) {
            (Code::Unmounted | Code::Answered, _) => WELL,
            (Code::Disabled, Purpose::Look) => WELL,
            (Code::Mistake, Purpose::Look) => USAGE_ERROR,
            (_, Purpose::Look) => OPERATIONAL_ERROR,
            (Code::BrokenOff, Purpose::Monitor) => WELL,
            (Code::LeftOver, Purpose::Answer) => NOT_NOW,
            // Who asks and gets no answer has not heard that all is well.
            (_, Purpose::Monitor | Purpose::Answer) => FAILED,
        }
    }
}

/// The exit code of work that either succeeds or fails.
pub fn of<T, E>(result: &Result<T, E>) -> i32 {
    if result.is_ok() { WELL } else { FAILED }
}

/// The exit code of a program that only writes to standard output, by its name. What has kept it from
/// that is said on standard error, unless a reader has gone: he had enough.
pub fn of_output(program: &str, written: Result<(), Cause>) -> i32 {
    let why = written.as_ref().err().filter(|why| why.errno() != Some(libc::EPIPE));
    if let Some(why) = why {
        let line = format!("{program}: standard output: {why}\n");
        // Where that cannot be written either, the exit code still tells.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    of(&written)
}

/// The exit code of a single look that has come to its end.
pub fn of_look(has_repaired: bool, is_damaged: bool, is_in_trouble: bool) -> i32 {
    let codes =
        [(has_repaired, REPAIRED), (is_damaged, DAMAGE_LEFT), (is_in_trouble, OPERATIONAL_ERROR)];
    codes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_comes_first_is_a_good_end_only_of_who_was_to_monitor() {
        let numbers = |code: Code| {
            [Purpose::Monitor, Purpose::Answer, Purpose::Look].map(|purpose| code.number(purpose))
        };
        assert_eq!(numbers(Code::BrokenOff), [0, 1, 8]);
        assert_eq!(numbers(Code::Failed), [1, 1, 8]);
        assert_eq!(numbers(Code::LeftOver), [1, 255, 8]);
        assert_eq!(numbers(Code::Disabled), [1, 1, 0]);
        assert_eq!(numbers(Code::Mistake), [1, 1, 16]);
        assert_eq!(numbers(Code::Answered), [0; 3]);
    }
}
