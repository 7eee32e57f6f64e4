// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the planner is told at the start and what it asks for.

use super::burst::Escalate;
use super::defects::KernelDefects;
use super::full_scrub::Reasons;
use super::scrub_type::Key;
use crate::event::Target;

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

/// How far a look for damage goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What the kernel remembers of the filesystem, its AGs and its realtime groups.
    Shallow,
    /// Also what it remembers of every inode, and which inodes it cannot load.
    Deep,
    /// Every inode of this AG, by check-only calls.
    Inodes(u32),
    /// Every AG, realtime group and quota structure, by check-only calls, after `Shallow`.
    Checks,
}

impl Depth {
    /// Whether a look of this depth sees what one of the other does. Each look at everything begins
    /// with the shallow one.
    pub(super) fn covers(self, other: Depth) -> bool {
        self == other || other == Depth::Shallow && !matches!(self, Depth::Inodes(_))
    }
}

/// How a look for damage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookEnd {
    /// Everything was looked at.
    Complete,
    /// Something could not be looked at.
    Incomplete,
    /// Nothing could be looked at: the filesystem cannot be reached.
    NotLooked,
    /// The thread that looked never came back.
    Vanished,
}

/// Names an action until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A repair to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// To be handed back to [`super::Planner::finished`].
    pub ticket: Ticket,
    /// What to repair.
    pub key: Key,
    /// Only if the kernel can load it; else the answer is `Outcome::KernelDefect`.
    pub only_if_loadable: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make this repair call; answered by [`super::Planner::finished`].
    Repair(Repair),
    /// Start a full scrub; answered by [`super::Planner::scrub_finished`].
    FullScrub {
        /// To be handed back.
        ticket: Ticket,
        /// Why.
        reasons: Reasons,
    },
    /// Look for damage and hand what is found to [`super::Planner::sick`]; answered by
    /// [`super::Planner::look_finished`].
    Look {
        /// To be handed back.
        ticket: Ticket,
        /// How far to look.
        depth: Depth,
    },
    /// Tell the person; needs no answer.
    Say(Notice),
}

/// Why a structure stays damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The kernel tried and it is still bad.
    Corrupt,
    /// The device failed during the repair.
    Device,
    /// The kernel cannot repair it on this filesystem while it is mounted.
    Unsupported,
    /// It would crash this kernel.
    KernelDefect,
    /// Loading an inode would shut the filesystem down: see [`super::Outcome::Unlinked`].
    Unlinked,
    /// The thread that repaired it never came back.
    Vanished,
    /// The kernel answered with this errno.
    Errno(i32),
}

/// Something that is decided and said once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The kernel rebuilt it.
    Repaired(Key),
    /// The kernel found nothing to do.
    NoModification(Key),
    /// The first failed attempt; more may follow.
    Failed(Key, Failure),
    /// It seems good, but what it is compared with still is not.
    CrossFailed(Key),
    /// The last word: nothing that can be done while mounted has helped.
    OfflineNeeded(Key, Failure),
    /// The file was deleted, or there is no such structure.
    Gone(Key),
    /// Waits for something else to let go, or for room.
    Postponed(Key),
    /// No mount of the filesystem is writable; repairs wait.
    ReadOnly,
    /// The filesystem is mounted `norecovery`; repairs wait.
    NoRecovery,
    /// The filesystem cannot be opened, with this errno (ESTALE: no mount leads to it any more);
    /// repairs wait.
    Unreachable(i32),
    /// So many repairs failed that targeted repair pauses.
    TooManyFailures,
    /// Repairs of different structures fail one after the other with I/O errors.
    DeviceTrouble,
    /// A repair has been running for a minute; the others wait for it.
    Slow(Key),
    /// Full scrubs are held back, because one would crash this kernel.
    ScrubWithheld,
    /// The same, because one could: it is not known that every inode can be loaded.
    ScrubUnsafe,
    /// The same, because one would come to damage whose repair shuts the filesystem down.
    ScrubFatal,
    /// More is damaged than the planner remembers.
    TableFull,
    /// Two threads were killed in the kernel: no more repairs are made.
    TooManyVanished,
    /// A repair call said that the filesystem has shut down; no event has.
    ShutDown,
    /// Where only to be told: what would be repaired.
    WouldRepair(Key),
    /// Where only to be told: that a full scrub would be started, and why.
    WouldScrub(Reasons),
}

impl Notice {
    /// What it is about, if that is one structure.
    pub fn key(&self) -> Option<Key> {
        match *self {
            Notice::Repaired(key)
            | Notice::NoModification(key)
            | Notice::Failed(key, _)
            | Notice::CrossFailed(key)
            | Notice::OfflineNeeded(key, _)
            | Notice::Gone(key)
            | Notice::Postponed(key)
            | Notice::Slow(key)
            | Notice::WouldRepair(key) => Some(key),
            _ => None,
        }
    }

    /// Where that is.
    pub fn target(&self) -> Option<Target> {
        self.key().map(|key| key.target)
    }
}
