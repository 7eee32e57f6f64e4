// SPDX-License-Identifier: LGPL-2.1-or-later
//! Options of the command line.

use crate::act::Runner;
use crate::plan::{Escalate, Policy};
use crate::service::exit::Purpose;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;

/// Workers unless there are fewer CPUs or `--foreground` asks for more.
const WORKERS: usize = 4;

/// Options of the command line.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The mount point, as typed; empty with `--all`.
    pub mount_point: PathBuf,
    /// Monitors every XFS of this mount namespace (`--all`).
    pub all: bool,
    /// Requests from the kernel also events about what is well (`--everything`).
    pub everything: bool,
    /// Uses one worker for each CPU instead of at most four (`--foreground`).
    pub foreground: bool,
    /// Lets `repair` alone decide whether to repair (`--no-autofsck`).
    pub no_autofsck: bool,
    /// Logs no health events (`--quiet`).
    pub quiet: bool,
    /// Repairs, whatever the property autofsck says (`--repair`).
    pub repair: bool,
    /// Tells only whether the filesystem can be monitored, or with `one_shot` whether it would be
    /// repaired (`--supported`).
    pub supported: bool,
    /// Says also what is started (`--debug`).
    pub debug: bool,
    /// Repairs also what is known to crash this kernel (`--ignore-kernel-defects`).
    pub ignore_kernel_defects: bool,
    /// Looks for damage once, repairs what is found, and ends (`--oneshot`).
    pub one_shot: bool,
    /// Program that is run for what deserves attention (`--exec`).
    pub exec: Option<PathBuf>,
    /// File that metrics are kept in (`--metrics`).
    pub metrics: Option<PathBuf>,
    /// Says everything as JSON (`--json`).
    pub json: bool,
    /// Says what would be done, and does nothing (`--dry-run`).
    pub dry_run: bool,
    /// Amount of damage within a time that calls for a full scrub (`--escalate`).
    pub escalate: Escalate,
    /// Way in which full scrubs are run (`--scrub-command`).
    pub scrub: Scrub,
    /// Records in this file what the kernel says (`--record`).
    pub record: Option<PathBuf>,
    /// Replays this file, or standard input for `-`, and monitors nothing (`--replay`).
    pub replay: Option<PathBuf>,
}

impl Options {
    /// Purpose of the run.
    pub(crate) fn purpose(&self) -> Purpose {
        match (self.supported, self.one_shot) {
            (true, _) => Purpose::Answer,
            (false, true) => Purpose::Look,
            (false, false) => Purpose::Monitor,
        }
    }

    /// The policy that the options want, for good; `None`: the property autofsck decides.
    pub(crate) fn policy(&self) -> Option<Policy> {
        match (self.repair, self.no_autofsck) {
            (true, _) => Some(Policy::Repair),
            (false, true) => Some(Policy::Log),
            (false, false) => None,
        }
    }

    /// Wishes about what is said.
    pub(crate) fn telling(&self) -> Telling {
        let Options { quiet, debug, everything, .. } = *self;
        Telling { quiet, debug, everything }
    }

    /// Number of threads that repair.
    pub(crate) fn workers(&self) -> usize {
        // Asked for once: the kernel tells of a limit for a group of processes in several files.
        static CPUS: OnceLock<usize> = OnceLock::new();
        let count = || thread::available_parallelism().map_or(1, usize::from);
        let cpus = *CPUS.get_or_init(count);
        if self.foreground { cpus } else { cpus.min(WORKERS) }
    }
}

/// Wishes about what is said of a filesystem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling {
    /// No health events.
    pub quiet: bool,
    /// Also what is started.
    pub debug: bool,
    /// Also what is well.
    pub everything: bool,
}

/// Way in which full scrubs are run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scrub {
    /// Full scrubs are run as fits the machine.
    #[default]
    Detect,
    /// Full scrubs are run like this.
    With(Runner),
    /// Full scrubs are not run.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_whether_a_look_would_repair_makes_none() {
        let of =
            |one_shot, supported| Options { one_shot, supported, ..Options::default() }.purpose();
        assert_eq!([of(false, false), of(true, false)], [Purpose::Monitor, Purpose::Look]);
        assert_eq!([of(false, true), of(true, true)], [Purpose::Answer; 2]);
    }
}
