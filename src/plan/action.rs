// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the planner asks for, and the words for how that ends.

use super::scrub_type::Key;
use crate::event::Target;

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

bitflags::bitflags! {
    /// Why a full scrub is wanted.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Reasons: u32 {
        /// A repair failed.
        const REPAIR_FAILED = 1 << 0;
        /// The kernel dropped reports.
        const EVENTS_LOST = 1 << 1;
        /// Something is sick that no single repair mends.
        const NO_SINGLE_REPAIR = 1 << 2;
        /// More structures are sick than the planner remembers.
        const TABLE_FULL = 1 << 3;
        /// Many structures were reported damaged in a short time.
        const BURST = 1 << 4;
    }
}

impl Reasons {
    /// The reasons in words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.told().map(|(_, _, words)| words)
    }

    /// The reasons by their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.told().map(|(_, name, _)| name)
    }

    fn told(self) -> impl Iterator<Item = (Reasons, &'static str, &'static str)> {
        const TOLD: [(Reasons, &str, &str); 5] = [
            (Reasons::REPAIR_FAILED, "repair_failed", "a repair failed"),
            (Reasons::EVENTS_LOST, "events_lost", "health events were lost"),
            (Reasons::NO_SINGLE_REPAIR, "no_single_repair", "no single repair mends what is sick"),
            (Reasons::TABLE_FULL, "table_full", "too much is sick to remember"),
            (Reasons::BURST, "burst", "much was reported damaged in a short time"),
        ];
        TOLD.into_iter().filter(move |(reason, ..)| self.contains(*reason))
    }
}

/// How a full scrub ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrubEnd {
    /// It ran; `clean` when it left no damage behind.
    Finished {
        /// Nothing is left to repair.
        clean: bool,
    },
    /// It ran, and does not tell whether it left damage.
    Untold,
    /// It could not be started.
    NotStarted,
    /// It came to no verdict: a signal has ended it, or trouble of its own, or nobody knows how it
    /// ended.
    Interrupted,
    /// Somebody else's full scrub of this filesystem ran already. It was waited for and has ended, or
    /// was waited for long enough; what it left the kernel remembers. Also where something else was in
    /// the way for a moment: the next try comes as soon.
    Others,
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
