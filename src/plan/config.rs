// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the planner is told at the start.

use super::defects::KernelDefects;
use std::time::Duration;

/// What the administrator wants done about damage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Nothing at all.
    Ignore,
    /// Report it, and what more of it a look finds.
    Log,
    /// Report and repair it.
    #[default]
    Repair,
}

/// What the planner knows of its filesystem and its means.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// What to do about damage.
    pub policy: Policy,
    /// How many repairs may run at once, from 1 to [`super::MAX_WORKERS`].
    pub workers: usize,
    /// How many more may be asked for while those run, at most as many: so that who has ended one
    /// finds the next.
    pub ahead: usize,
    /// Whether full scrubs can be started.
    pub full_scrub: bool,
    /// Whether the filesystem can be looked at: not where its metadata is not what it will be.
    pub may_look: bool,
    /// How much damage in how short a time calls for one.
    pub escalate: Escalate,
    /// Say what would be repaired and scrubbed instead of asking for it.
    pub dry_run: bool,
    /// How long to wait between attempts.
    pub pace: Pace,
    /// How many allocation groups there are; 0 if that is not known.
    pub ag_count: u32,
    /// `ino >> agno_shift` is the number of the allocation group of an inode.
    pub agno_shift: u32,
    /// Defects of this kernel that repairs must not walk into.
    pub defects: KernelDefects,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            policy: Policy::default(),
            workers: 1,
            ahead: 0,
            full_scrub: true,
            may_look: true,
            escalate: Escalate::default(),
            dry_run: false,
            pace: Pace::default(),
            ag_count: 0,
            agno_shift: u64::BITS - 1,
            defects: KernelDefects::default(),
        }
    }
}

/// How long the planner waits before it tries something again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As something that has all the time there is.
    #[default]
    Steady,
    /// As something that somebody waits for: pauses of at most 2 s between the few quick attempts,
    /// and no grace for what a scrub has found.
    Hurried,
}

/// More than `structures` different ones reported damaged `within` that time call for a full scrub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalate {
    /// How many may be.
    pub structures: u32,
    /// The length of the time that is looked at.
    pub within: Duration,
}

impl Default for Escalate {
    fn default() -> Self {
        Escalate { structures: 100, within: Duration::from_secs(600) }
    }
}
