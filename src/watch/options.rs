// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the command line asks for.

use crate::act::Runner;
use crate::plan::Escalate;
use std::path::PathBuf;
use std::thread;

/// Workers unless there are fewer CPUs or `--foreground` asks for more.
const WORKERS: usize = 4;

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The mount point, as typed; empty with `--all`.
    pub mount_point: PathBuf,
    /// Monitor every XFS of this mount namespace (`--all`).
    pub all: bool,
    /// Ask the kernel also for events about what is well (`--everything`).
    pub everything: bool,
    /// One worker for each CPU instead of at most four (`--foreground`).
    pub foreground: bool,
    /// Let `repair` alone decide whether to repair (`--no-autofsck`).
    pub no_autofsck: bool,
    /// Do not log health events (`--quiet`).
    pub quiet: bool,
    /// Repair, whatever the property says (`--repair`).
    pub repair: bool,
    /// Only tell whether the filesystem can be monitored, or with `one_shot` whether it would be
    /// repaired (`--supported`).
    pub supported: bool,
    /// Say also what is started (`--debug`).
    pub debug: bool,
    /// Repair also what is known to crash this kernel (`--ignore-kernel-defects`).
    pub ignore_kernel_defects: bool,
    /// Look once, repair what is found, and end (`--oneshot`).
    pub one_shot: bool,
    /// Say what would be done, and do nothing (`--dry-run`).
    pub dry_run: bool,
    /// How much damage in how short a time calls for a full scrub (`--escalate`).
    pub escalate: Escalate,
    /// How full scrubs are run (`--scrub-command`).
    pub scrub: Scrub,
}

impl Options {
    /// How many threads repair.
    pub(crate) fn workers(&self) -> usize {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        if self.foreground { cpus } else { cpus.min(WORKERS) }
    }
}

/// How full scrubs are run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scrub {
    /// As fits the machine.
    #[default]
    Detect,
    /// Like this.
    With(Runner),
    /// Not at all.
    Off,
}
