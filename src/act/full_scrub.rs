// SPDX-License-Identifier: LGPL-2.1-or-later
//! Starts a scrub of the whole filesystem and reads its verdict.

use super::{child, unit};
use crate::sys;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// How full scrubs are run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// systemd starts the unit `xfs_scrub@`, which reports for itself; systemctl(1) waits for its
    /// end.
    Systemd,
    /// We run xfs_scrub(8).
    Direct,
    /// We run a command of the administrator's, with the mount point as its last word.
    Command {
        /// The program.
        program: OsString,
        /// Its words before the mount point.
        words: Vec<OsString>,
    },
}

/// A program that runs.
#[derive(Debug)]
pub struct Started {
    /// The program: systemctl(1) or xfs_scrub(8).
    pub child: Child,
    /// What it prints. It never gets a log of ours: a full one would stop it, with the filesystem
    /// held, and its lines name files as they are.
    pub output: UnixStream,
    /// The unit or the program, for messages.
    pub name: String,
    /// What ends it.
    pub stop: String,
    /// When, on the monotonic clock.
    pub began_ns: u64,
}

/// Why a full scrub was not started.
#[derive(Debug)]
pub enum StartError {
    /// The filesystem could not be found to be scrubbed, or not where it can be written.
    Unreachable(io::Error),
    /// The administrator does not want it any more.
    Forbidden,
    /// The thread that was to start it was killed in the kernel.
    Killed,
    /// The mount point cannot be made the name of a unit.
    NoName,
    /// The program could not be run.
    Spawn {
        /// The unit or the program.
        name: String,
        /// Why not.
        error: io::Error,
    },
}

bitflags::bitflags! {
    /// What the exit code of xfs_scrub(8) says; nothing when all is well.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ScrubExit: i32 {
        /// Damage was found and is still there.
        const DAMAGE_LEFT = 1;
        /// Something could be optimised.
        const COULD_OPTIMISE = 2;
        /// The scrub itself ran into trouble.
        const OPERATIONAL_ERROR = 4;
        /// It did not understand its command line.
        const USAGE = 8;
        const _ = !0;
    }
}

/// How a full scrub that ran has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrubVerdict {
    /// With this exit code.
    Exit(ScrubExit),
    /// By a signal that asked it to end. That is none: the administrator wants to unmount, or the
    /// service manager does.
    Interrupted,
    /// By a crash, or in a way that nobody knows.
    Crashed,
}

impl ScrubVerdict {
    /// The verdict of a program that has ended.
    pub fn from_status(status: ExitStatus) -> ScrubVerdict {
        let exit = |code| ScrubVerdict::Exit(ScrubExit::from_bits_retain(code));
        status.code().map_or_else(|| ScrubVerdict::from_signal(status.signal()), exit)
    }

    /// The verdict of a program that this signal has ended.
    pub(super) fn from_signal(signal: Option<i32>) -> ScrubVerdict {
        match signal {
            Some(libc::SIGHUP | libc::SIGINT | libc::SIGTERM) => ScrubVerdict::Interrupted,
            _ => ScrubVerdict::Crashed,
        }
    }
}

impl ScrubExit {
    /// Whether nothing is left to repair.
    pub fn is_clean(self) -> bool {
        self.difference(ScrubExit::COULD_OPTIMISE).is_empty()
    }
}

impl Runner {
    /// What fits this machine.
    pub fn detect() -> Runner {
        if unit::systemd_runs() { Runner::Systemd } else { Runner::Direct }
    }

    /// What a command line says, split at white space; `None` if it has no word.
    pub fn from_words(text: &OsStr) -> Option<Runner> {
        let words = text.as_bytes().split(|byte| byte.is_ascii_whitespace());
        let mut words = words.filter(|word| !word.is_empty()).map(OsStr::from_bytes);
        let program = words.next()?.to_owned();
        Some(Runner::Command { program, words: words.map(OsStr::to_owned).collect() })
    }

    /// Starts a full scrub of the filesystem that is mounted at `mount_point`.
    ///
    /// With `by_property` xfs_scrub asks the property `autofsck` what to do, which is right where
    /// that says `repair`; without, it repairs. The unit of systemd always asks.
    pub fn start(&self, mount_point: &Path, by_property: bool) -> Result<Started, StartError> {
        let (mut command, name) = self.command(mount_point, by_property)?;
        let began_ns = sys::monotonic_ns();
        let mut spawn = || {
            let (output, theirs) = UnixStream::pair()?;
            output.set_nonblocking(true)?;
            let theirs = OwnedFd::from(theirs);
            command.stdin(Stdio::null()).stderr(theirs.try_clone()?).stdout(theirs);
            child::prepare(&mut command);
            // The command, with its copies of the child's end, is gone after this.
            Ok((command.spawn()?, output))
        };
        match spawn() {
            Ok((child, output)) => {
                let stop = match self {
                    // A name can have backslashes.
                    Runner::Systemd => format!("systemctl stop '{name}'"),
                    Runner::Direct | Runner::Command { .. } => format!("kill {}", child.id()),
                };
                Ok(Started { child, output, name, stop, began_ns })
            }
            Err(error) => Err(StartError::Spawn { name, error }),
        }
    }

    /// The command, and what to call it in a message.
    fn command(
        &self,
        mount_point: &Path,
        by_property: bool,
    ) -> Result<(Command, String), StartError> {
        match self {
            Runner::Systemd => {
                let unit = unit::instance("xfs_scrub@", mount_point).ok_or(StartError::NoName)?;
                let mut command = Command::new("systemctl");
                command.arg("start").arg(&unit);
                Ok((command, unit))
            }
            Runner::Direct => {
                let mut command = Command::new("xfs_scrub");
                command.arg("-b");
                if by_property {
                    command.args(["-o", "autofsck"]);
                }
                command.arg(mount_point);
                Ok((command, "xfs_scrub".to_owned()))
            }
            Runner::Command { program, words } => {
                let mut command = Command::new(program);
                command.args(words).arg(mount_point);
                Ok((command, program.to_string_lossy().into_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(runner: &Runner, path: &str, by_property: bool) -> Vec<String> {
        let (command, _) = runner.command(Path::new(path), by_property).unwrap();
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|w| w.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_unit_is_started_under_systemd_and_a_program_run_elsewhere() {
        assert_eq!(
            words(&Runner::Systemd, "/mnt/my-data", true),
            ["systemctl", "start", "xfs_scrub@mnt-my\\x2ddata.service"]
        );
        let direct = |by_property| words(&Runner::Direct, "/mnt", by_property);
        assert_eq!(direct(true), ["xfs_scrub", "-b", "-o", "autofsck", "/mnt"]);
        assert_eq!(direct(false), ["xfs_scrub", "-b", "/mnt"]);
        let own = Runner::from_words(OsStr::new("  nice xfs_scrub\t-n ")).unwrap();
        assert_eq!(words(&own, "/mnt/a b", true), ["nice", "xfs_scrub", "-n", "/mnt/a b"]);
        assert_eq!(Runner::from_words(OsStr::new(" \t")), None);
    }

    #[test]
    fn only_damage_and_trouble_are_not_clean() {
        for (code, clean) in [(0, true), (2, true), (1, false), (3, false), (4, false), (8, false)]
        {
            assert_eq!(ScrubExit::from_bits_retain(code).is_clean(), clean, "{code}");
        }
    }
}
