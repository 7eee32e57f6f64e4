// SPDX-License-Identifier: LGPL-2.1-or-later
//! The configuration that the planner is given at the start.

use super::defects::KernelDefects;
use super::inode_numbers::InodeNumbers;
use std::time::Duration;

/// The administrator's decision on what is done about damage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Does nothing at all about damage.
    Ignore,
    /// Reports damage, and what more of it a look finds.
    Log,
    /// Reports and repairs damage.
    #[default]
    Repair,
}

impl Policy {
    /// Name for programs: in JSON and in recordings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Policy::Ignore => "ignore",
            Policy::Log => "log",
            Policy::Repair => "repair",
        }
    }

    /// The policy of this name.
    pub(crate) fn of_name(name: &str) -> Option<Policy> {
        let all = [Policy::Ignore, Policy::Log, Policy::Repair];
        all.into_iter().find(|policy| policy.name() == name)
    }
}

/// Settings of the planner, and the facts about the filesystem and the kernel that it needs.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Policy for damage.
    pub policy: Policy,
    /// Number of repairs that may run at once, from 1 to [`super::MAX_WORKERS`].
    pub workers: usize,
    /// Number of further repairs that may be asked for while those run, at most `workers`: so that
    /// a worker that has ended one finds the next.
    pub ahead: usize,
    /// True if full scrubs can be started.
    pub full_scrub: bool,
    /// True if the filesystem can be looked at; false where its metadata is not what it will be.
    pub may_look: bool,
    /// True if looks find out which inodes must not be loaded: one comes before a repair for
    /// which the kernel loads other inodes than its own.
    pub surveys: bool,
    /// Amount of damage that calls for a full scrub when it is reported in a short time.
    pub escalate: Escalate,
    /// True if the planner says what would be repaired and scrubbed instead of asking for it.
    pub dry_run: bool,
    /// Length of the pauses between attempts.
    pub pace: Pace,
    /// Number of allocation groups (AGs); 0 if that is not known.
    pub ag_count: u32,
    /// `ino >> agno_shift` is the number of the allocation group of an inode.
    pub agno_shift: u32,
    /// Defects of this kernel that repairs must not walk into.
    pub defects: KernelDefects,
}

impl Config {
    /// The way in which inode numbers are made.
    pub(crate) fn inode_numbers(&self) -> InodeNumbers {
        InodeNumbers::new(self.agno_shift)
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            policy: Policy::default(),
            workers: 1,
            ahead: 0,
            full_scrub: true,
            may_look: true,
            surveys: false,
            escalate: Escalate::default(),
            dry_run: false,
            pace: Pace::default(),
            ag_count: 0,
            agno_shift: u64::BITS - 1,
            defects: KernelDefects::default(),
        }
    }
}

/// Length of the pauses between attempts: long where the process stays, short where somebody waits
/// for its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Pauses for a process that has all the time there is.
    #[default]
    Steady,
    /// Pauses for a process that somebody waits for: at most 2 s between the few quick attempts,
    /// and no grace for what a scrub has found.
    Hurried,
}

/// Limit of damage: more than `structures` different structures reported damaged `within` that time
/// call for a full scrub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalate {
    /// The most structures that may be reported damaged without a full scrub.
    pub structures: u32,
    /// Length of the time in which they are counted.
    pub within: Duration,
}

impl Default for Escalate {
    fn default() -> Self {
        Escalate { structures: 100, within: Duration::from_secs(600) }
    }
}
