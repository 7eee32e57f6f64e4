// SPDX-License-Identifier: LGPL-2.1-or-later
//! Starts a scrub of the whole filesystem.

use crate::report::Cause;
use crate::service::child;
use crate::service::others::{self, Other};
use crate::service::unit;
use crate::sys::{self, Child, Launch};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Way to run full scrubs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// systemd starts the unit `xfs_scrub@`, which reports for itself; systemctl(1) waits for its
    /// end.
    Systemd,
    /// The healer runs xfs_scrub(8).
    Direct,
    /// The healer runs a command of the administrator's, with the mount point as its last word.
    Command {
        /// The program of the command.
        program: OsString,
        /// Words of the command before the mount point.
        words: Vec<OsString>,
    },
}

/// A program that was started for a full scrub, and runs or is still looked for.
#[derive(Debug)]
pub struct Started {
    /// The program: systemctl(1) or xfs_scrub(8).
    pub child: Child,
    /// Output of the program. It never gets a log of ours: a full one would stop the program, with
    /// the filesystem held, and its lines name files as they are.
    pub output: UnixStream,
    /// The unit or the program, for messages.
    pub name: String,
    /// Command that ends the program.
    pub stop: String,
    /// Time in microseconds on the monotonic clock before it was looked whether another runs.
    pub began_us: u64,
    /// Start of the unit's run in microseconds, if somebody else has started that run and the
    /// program is systemctl(1), which only waits for it.
    pub joins: Option<u64>,
}

/// A full scrub that was started, or that of somebody else which runs in place of it.
#[derive(Debug)]
pub enum Begun {
    /// A full scrub was started.
    Ours(Started),
    /// No full scrub was started, since this other one runs.
    Theirs(Other),
}

/// A program that was started, and what it prints.
pub type Spawned = (Child, UnixStream);

/// The filesystem to scrub, and how to scrub it.
#[derive(Debug)]
pub struct Scrubbed {
    /// Mount point of the filesystem.
    pub mount_point: PathBuf,
    /// Device of the filesystem, as stat(2) tells it.
    pub device: u64,
    /// True if xfs_scrub(8) asks the property `autofsck` what to do, which is right where that says
    /// `repair`; else it repairs. The unit of systemd always asks.
    pub by_property: bool,
}

/// Errnos that tell something of the moment only.
const MOMENTARY: [i32; 6] = [
    libc::ESTALE,
    libc::ENOMEM,
    libc::EAGAIN,
    libc::EMFILE,
    libc::ENFILE,
    // It was not found in time: a directory of PATH does not answer.
    libc::ETIMEDOUT,
];
/// Time for which the filesystem is held until the program runs, which is all that most take.
const HELD: Duration = Duration::from_millis(100);

/// Reason that a full scrub was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The filesystem could not be found to be scrubbed, or not where it can be written.
    Unreachable(Cause),
    /// Only a part of the filesystem is mounted anywhere.
    OnlyPart,
    /// The administrator does not want a full scrub any more.
    Forbidden,
    /// The thread that was to start it was killed in the kernel.
    Killed,
    /// The mount point cannot be made the name of a unit.
    NoName,
    /// The program could not be run.
    Spawn {
        /// Name of the unit or the program.
        name: String,
        /// Error of the attempt to run it.
        error: Cause,
    },
}

impl From<io::Error> for StartError {
    /// The filesystem could not be reached.
    fn from(error: io::Error) -> StartError {
        StartError::Unreachable(error.into())
    }
}

impl StartError {
    /// True if nothing is wrong with the program or the filesystem: the filesystem has just been
    /// mounted elsewhere, or there is no memory, process or descriptor to be had now.
    pub fn is_momentary(&self) -> bool {
        let (StartError::Unreachable(error) | StartError::Spawn { error, .. }) = self else {
            return false;
        };
        error.errno().is_some_and(|errno| MOMENTARY.contains(&errno))
    }
}

impl Runner {
    /// Gives the runner that fits this machine.
    pub fn detect() -> Runner {
        if unit::systemd_runs() { Runner::Systemd } else { Runner::Direct }
    }

    /// Reads a command from a text, split at white space; `None` if it has no word.
    pub fn from_words(text: &OsStr) -> Option<Runner> {
        let words = text.as_bytes().split(|byte| byte.is_ascii_whitespace());
        let mut words = words.filter(|word| !word.is_empty()).map(OsStr::from_bytes);
        let program = words.next()?.to_owned();
        Some(Runner::Command { program, words: words.map(OsStr::to_owned).collect() })
    }

    /// Gives a test of mount points: true if a full scrub can be started there.
    pub fn fits(&self) -> fn(&Path) -> bool {
        match self {
            Runner::Systemd => |mount_point| unit_of(mount_point).is_some(),
            Runner::Direct | Runner::Command { .. } => |_| true,
        }
    }

    /// Starts a full scrub, unless it `waits` for one of somebody else's that runs.
    ///
    /// `held` calls what it is given, once, while the filesystem is proven to be at the mount point
    /// and held there; that returns when the program runs, or is still looked for after a moment:
    /// a directory of PATH may not answer. The program then finds the way by itself.
    ///
    /// A scrub that begins between the search and the start is not seen, and both run; but a unit
    /// of systemd runs once.
    pub fn start(
        &self,
        what: &Scrubbed,
        waits: bool,
        held: impl FnOnce(
            &mut dyn FnMut() -> io::Result<Spawned>,
        ) -> Result<io::Result<Spawned>, StartError>,
    ) -> Result<Begun, StartError> {
        let (program, name) = self.command(&what.mount_point, what.by_property)?;
        let began_us = sys::monotonic_ns() / 1000;
        // One that has begun since is as good as ours.
        let joins = self.run_of(&name).filter(|at| *at < began_us);
        if joins.is_none() && waits {
            let device = (libc::major(what.device), libc::minor(what.device));
            if let Some(other) = others::find(device) {
                return Ok(Begun::Theirs(other));
            }
        }
        let mut program = Some(program);
        let mut spawn = || {
            let mut program = program.take().ok_or(io::ErrorKind::InvalidInput)?;
            let (output, theirs) = UnixStream::pair()?;
            output.set_nonblocking(true)?;
            let theirs = OwnedFd::from(theirs);
            program.stderr(theirs.try_clone()?).stdout(theirs);
            child::prepare(&mut program);
            let mut child = child::start(program)?;
            if let Err(error) = child.has_begun_within(HELD) {
                child::leave(child);
                return Err(error);
            }
            Ok((child, output))
        };
        match held(&mut spawn)? {
            Ok((child, output)) => {
                let stop = match self {
                    // Without quotes: backslashes are doubled when it is said.
                    Runner::Systemd => format!("systemctl stop {name}"),
                    Runner::Direct | Runner::Command { .. } => format!("kill {}", child.id()),
                };
                Ok(Begun::Ours(Started { child, output, name, stop, began_us, joins }))
            }
            Err(error) => Err(StartError::Spawn { name, error: error.into() }),
        }
    }

    /// Start of the run of the unit that goes on, in microseconds; `None` without one.
    fn run_of(&self, unit: &str) -> Option<u64> {
        if *self != Runner::Systemd {
            return None;
        }
        unit::unit_state(unit).filter(|state| state.is_running).map(|state| state.began_us)
    }

    /// The command, and its name for messages.
    fn command(
        &self,
        mount_point: &Path,
        by_property: bool,
    ) -> Result<(Launch, String), StartError> {
        match self {
            Runner::Systemd => {
                let unit = unit_of(mount_point).ok_or(StartError::NoName)?;
                let mut command = Launch::new("systemctl");
                command.arg("start").arg(&unit);
                Ok((command, unit))
            }
            Runner::Direct => {
                let mut command = Launch::new("xfs_scrub");
                command.arg("-b");
                // With that it would keep to itself why it ends as it does.
                command.env_remove("SERVICE_MODE");
                if by_property {
                    command.args(["-o", "autofsck"]);
                }
                command.arg(mount_point);
                Ok((command, "xfs_scrub".to_owned()))
            }
            Runner::Command { program, words } => {
                let mut command = Launch::new(program);
                command.args(words).arg(mount_point);
                Ok((command, program.to_string_lossy().into_owned()))
            }
        }
    }
}

/// The unit of a mount point, if one can be named after it.
fn unit_of(mount_point: &Path) -> Option<String> {
    unit::instance("xfs_scrub@", mount_point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(runner: &Runner, path: &str, by_property: bool) -> Vec<String> {
        let (command, _) = runner.command(Path::new(path), by_property).unwrap();
        command.words().into_iter().map(|w| w.to_str().unwrap().to_owned()).collect()
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
    fn nothing_is_run_where_the_filesystem_is_no_longer() {
        let dir = std::env::temp_dir().join(format!("xfshealer-held-{}", std::process::id()));
        let runner = Runner::from_words(OsStr::new("mkdir")).unwrap();
        let what = Scrubbed { mount_point: dir.clone(), device: 0, by_property: false };
        let gone =
            |_: &mut dyn FnMut() -> _| Err(StartError::Unreachable(Cause::Errno(libc::ESTALE)));
        assert!(matches!(runner.start(&what, true, gone), Err(StartError::Unreachable(_))));
        assert!(!dir.exists());
        let begun = runner.start(&what, true, |spawn| Ok(spawn()));
        let Ok(Begun::Ours(mut started)) = begun else { panic!("{begun:?}") };
        assert!(started.child.wait().unwrap().success());
        std::fs::remove_dir(&dir).unwrap();
    }
}
