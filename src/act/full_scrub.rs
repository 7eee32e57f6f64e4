// SPDX-License-Identifier: LGPL-2.1-or-later
//! Starts a scrub of the whole filesystem.

use super::unit;
use crate::sys;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fmt, io};

/// How full scrubs are run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// systemd starts the unit `xfs_scrub@`, which runs beside us and reports for itself.
    Systemd,
    /// We run xfs_scrub(8).
    Direct,
}

impl Runner {
    /// What fits this machine.
    pub fn detect() -> Runner {
        if unit::systemd_runs() { Runner::Systemd } else { Runner::Direct }
    }

    /// Starts a full scrub of the filesystem that is mounted at `mount_point`.
    pub fn start(self, mount_point: &Path) -> Result<Child, StartError> {
        let (mut command, name) = self.command(mount_point)?;
        sys::unblock_signals_in_child(&mut command);
        command.stdin(Stdio::null());
        command.spawn().map_err(|error| StartError::Spawn { name, error })
    }

    /// The command, and what to call it in a message.
    fn command(self, mount_point: &Path) -> Result<(Command, String), StartError> {
        match self {
            Runner::Systemd => {
                let unit = unit::instance("xfs_scrub@", mount_point).ok_or(StartError::NoName)?;
                let mut command = Command::new("systemctl");
                command.args(["start", "--no-block"]).arg(&unit);
                Ok((command, unit))
            }
            Runner::Direct => {
                let mut command = Command::new("xfs_scrub");
                command.args(["-b", "-o", "autofsck"]).arg(mount_point);
                Ok((command, "xfs_scrub".to_owned()))
            }
        }
    }
}

/// Why a full scrub was not started.
#[derive(Debug)]
pub enum StartError {
    /// The filesystem could not be found to be scrubbed.
    Unreachable(io::Error),
    /// The mount point cannot be made the name of a unit.
    NoName,
    /// The program could not be run.
    Spawn {
        /// What was to be started.
        name: String,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Unreachable(error) => write!(f, "cannot open filesystem to scrub: {error}"),
            StartError::NoName => f.write_str("Could not determine xfs_scrub unit name."),
            StartError::Spawn { name, error } => {
                write!(f, "Could not start xfs_scrub service unit: {name}: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(runner: Runner, path: &str) -> Vec<String> {
        let (command, _) = runner.command(Path::new(path)).unwrap();
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|w| w.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_unit_is_queued_under_systemd_and_the_program_run_elsewhere() {
        assert_eq!(
            words(Runner::Systemd, "/mnt/my-data"),
            ["systemctl", "start", "--no-block", "xfs_scrub@mnt-my\\x2ddata.service"]
        );
        assert_eq!(words(Runner::Direct, "/mnt"), ["xfs_scrub", "-b", "-o", "autofsck", "/mnt"]);
    }
}
