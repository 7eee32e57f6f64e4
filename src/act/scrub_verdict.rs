// SPDX-License-Identifier: LGPL-2.1-or-later
//! The verdict of a scrub of the whole filesystem, as its program or its unit has ended.

use crate::service::unit::UnitEnd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

bitflags::bitflags! {
    /// Bits of the exit code of xfs_scrub(8); none is set when all is well.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ScrubExit: i32 {
        /// Damage was found and is still there.
        const DAMAGE_LEFT = 1;
        /// Part of the filesystem could be optimised.
        const COULD_OPTIMISE = 2;
        /// The scrub itself ran into trouble.
        const OPERATIONAL_ERROR = 4;
        /// The program did not understand its command line.
        const USAGE = 8;
        const _ = !0;
    }
}

/// End of a full scrub that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrubVerdict {
    /// The program ended with this exit code.
    Exit(ScrubExit),
    /// The unit of the scrub has ended well. In a unit xfs_scrub(8) does so too where it could not
    /// begin.
    UnitEnded,
    /// The unit of the scrub has failed with this exit code. In a unit the code is the same for
    /// everything that xfs_scrub(8) has to say.
    UnitFailed(i32),
    /// The unit of the scrub has ended well, and as far as anyone can tell it has not run.
    UnitSkipped,
    /// This signal ended the scrub before it judged anything.
    Signal(i32),
    /// The scrub ended in a way that nobody knows.
    Unknown,
}

/// Offset that a shell adds to the number of the signal that has ended its command.
const BY_SIGNAL: i32 = 128;

impl ScrubVerdict {
    /// The verdict of a program that has ended.
    pub fn from_status(status: ExitStatus) -> ScrubVerdict {
        match (status.code(), status.signal()) {
            (Some(code), _) => ScrubVerdict::from_code(code),
            (None, Some(signal)) => ScrubVerdict::Signal(signal),
            (None, None) => ScrubVerdict::Unknown,
        }
    }

    /// The verdict of a unit whose program has not ended well.
    pub fn of_unit(end: UnitEnd) -> ScrubVerdict {
        match end {
            UnitEnd::Exit(code) => match ScrubVerdict::from_code(code) {
                ScrubVerdict::Exit(_) => ScrubVerdict::UnitFailed(code),
                by_signal => by_signal,
            },
            UnitEnd::Signal(signal) => ScrubVerdict::Signal(signal),
        }
    }

    fn from_code(code: i32) -> ScrubVerdict {
        match code.checked_sub(BY_SIGNAL) {
            // Linux has no others.
            Some(signal @ 1..=64) => ScrubVerdict::Signal(signal),
            _ => ScrubVerdict::Exit(ScrubExit::from_bits_retain(code)),
        }
    }

    /// True if somebody asked the scrub to end, perhaps to unmount, or the service manager did.
    pub fn is_wanted_end(self) -> bool {
        matches!(self, ScrubVerdict::Signal(libc::SIGHUP | libc::SIGINT | libc::SIGTERM))
    }
}

impl ScrubExit {
    const OWN: ScrubExit = ScrubExit::DAMAGE_LEFT
        .union(ScrubExit::COULD_OPTIMISE)
        .union(ScrubExit::OPERATIONAL_ERROR)
        .union(ScrubExit::USAGE);

    /// True if nothing is left to repair.
    pub fn is_clean(self) -> bool {
        self.difference(ScrubExit::COULD_OPTIMISE).is_empty()
    }

    /// True if xfs_scrub(8) may end with this code; a shell that could not run it ends with others.
    pub fn is_own(self) -> bool {
        ScrubExit::OWN.contains(self)
    }

    /// True if the code is about the filesystem, and not only about trouble that the scrub had,
    /// which may have judged nothing.
    pub fn is_verdict(self) -> bool {
        self.is_own() && (self.is_clean() || self.contains(ScrubExit::DAMAGE_LEFT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_unit_ends_as_its_program_did_also_where_a_shell_tells() {
        let of = ScrubVerdict::of_unit;
        assert_eq!(of(UnitEnd::Exit(1)), ScrubVerdict::UnitFailed(1));
        let stopped = ScrubVerdict::Signal(libc::SIGTERM);
        assert_eq!(of(UnitEnd::Exit(143)), stopped, "by a shell");
        assert_eq!(of(UnitEnd::Signal(libc::SIGTERM)), stopped);
        // No exit code, but whatever systemctl(1) prints is taken for one.
        for code in [i32::MIN, -1, 0, 128, 193, i32::MAX] {
            assert_eq!(of(UnitEnd::Exit(code)), ScrubVerdict::UnitFailed(code));
        }
    }

    #[test]
    fn a_signal_is_no_verdict_whoever_tells_of_it() {
        let ended = |script: &str| {
            let status = Command::new("sh").args(["-c", script]).status().unwrap();
            ScrubVerdict::from_status(status)
        };
        assert_eq!(ended("kill -KILL $$"), ScrubVerdict::Signal(libc::SIGKILL));
        let inner = "sh -c 'kill -TERM $$'; exit $?";
        assert_eq!(ended(inner), ScrubVerdict::Signal(libc::SIGTERM));
        assert!(ended(inner).is_wanted_end() && !ended("kill -SEGV $$").is_wanted_end());
        for code in [0, 1, 15, 126, 127, 128, 193, 255] {
            let exit = ScrubVerdict::Exit(ScrubExit::from_bits_retain(code));
            assert_eq!(ended(&format!("exit {code}")), exit);
        }
    }

    #[test]
    fn trouble_alone_says_nothing_of_the_filesystem() {
        let is_verdict = |code: &i32| ScrubExit::from_bits_retain(*code).is_verdict();
        let verdicts: Vec<i32> = (0..256).filter(is_verdict).collect();
        assert_eq!(verdicts, [0, 1, 2, 3, 5, 7, 9, 11, 13, 15]);
    }

    #[test]
    fn only_damage_and_trouble_are_not_clean() {
        for (code, clean) in [(0, true), (2, true), (1, false), (3, false), (4, false), (8, false)]
        {
            assert_eq!(ScrubExit::from_bits_retain(code).is_clean(), clean, "{code}");
        }
    }
}
