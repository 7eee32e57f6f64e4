// SPDX-License-Identifier: LGPL-2.1-or-later
//! The actions that the planner asks for, and the words for how each of them ends.

use super::scrub_type::Key;
use crate::event::Target;

/// Extent of a look: a search for damage that no event has reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Reads what the kernel remembers of the filesystem, its AGs and its realtime groups.
    Shallow,
    /// Reads also what the kernel remembers of every inode, and which inodes it cannot load.
    Deep,
    /// Checks every inode of this AG, by check-only calls.
    Inodes(u32),
    /// Reads on the device which inodes must not be loaded, and loads none.
    Survey,
    /// Checks every AG, realtime group and quota structure, by check-only calls, after `Shallow`.
    Checks,
}

impl Depth {
    /// True if a look of this depth sees what a look of the other does. Each look at everything
    /// that the kernel remembers begins with the shallow one.
    pub(super) fn covers(self, other: Depth) -> bool {
        let sees_little = matches!(self, Depth::Inodes(_) | Depth::Survey);
        self == other || other == Depth::Shallow && !sees_little
    }
}

/// Result of a look for damage that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookEnd {
    /// The look has covered everything.
    Complete,
    /// A part could not be looked at.
    Incomplete,
    /// Nothing could be looked at: the filesystem cannot be reached.
    NotLooked,
    /// The thread that looked never came back.
    Vanished,
}

bitflags::bitflags! {
    /// Reasons for which a full scrub is wanted.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Reasons: u32 {
        /// A repair failed.
        const REPAIR_FAILED = 1 << 0;
        /// The kernel dropped reports.
        const EVENTS_LOST = 1 << 1;
        /// Damage is known that no single repair mends.
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

/// Result of a full scrub that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrubEnd {
    /// The full scrub ran; `clean` when it left no damage behind.
    Finished {
        /// True if nothing is left to repair.
        clean: bool,
    },
    /// The full scrub ran, and does not tell whether it left damage.
    Untold,
    /// The full scrub could not be started.
    NotStarted,
    /// The full scrub came to no verdict: a signal has ended it, or trouble of its own, or nobody
    /// knows how it ended.
    Interrupted,
    /// Another full scrub of this filesystem, not ours, ran already. It was waited for and has
    /// ended, or was waited for long enough; what it left the kernel remembers. This is also the
    /// result where something else was in the way for a moment: the next try comes as soon.
    Others,
}

/// Number of an action, with which the caller tells the planner its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A repair to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Ticket to hand back to [`super::Planner::finished`].
    pub ticket: Ticket,
    /// Structure to repair.
    pub key: Key,
    /// True if the repair is made only if the kernel can load the structure; else the answer is
    /// `Outcome::KernelDefect`.
    pub only_if_loadable: bool,
    /// True if the structure is rebuilt though a check may find it good; see
    /// [`super::Planner::rebuild`].
    pub is_forced: bool,
}

/// A request of the planner to its caller: to repair, to scrub, to look for damage, or to say
/// something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A repair call to make; answered by [`super::Planner::finished`].
    Repair(Repair),
    /// A full scrub to start; answered by [`super::Planner::scrub_finished`].
    FullScrub {
        /// Ticket to hand back when the full scrub has ended.
        ticket: Ticket,
        /// Reasons for the full scrub.
        reasons: Reasons,
    },
    /// A look for damage to make; what it finds is handed to [`super::Planner::sick`]. Answered by
    /// [`super::Planner::look_finished`].
    Look {
        /// Ticket to hand back when the look has ended.
        ticket: Ticket,
        /// Extent of the look.
        depth: Depth,
    },
    /// A notice to tell the person; needs no answer.
    Say(Notice),
}

/// Reason why a structure stays damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The kernel tried a repair and the structure is still bad.
    Corrupt,
    /// The device failed during the repair.
    Device,
    /// The kernel cannot repair the structure on this filesystem while it is mounted.
    Unsupported,
    /// A repair would crash this kernel.
    KernelDefect,
    /// Loading an inode would shut the filesystem down: see [`super::Outcome::Unlinked`].
    Unlinked,
    /// For the repair the kernel would load an inode that shuts the filesystem down.
    LoadsUnlinked,
    /// The thread that repaired the structure never came back.
    Vanished,
    /// The kernel answered with this errno.
    Errno(i32),
}

/// A decision or a result of the planner, which a person is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The kernel rebuilt the structure.
    Repaired(Key),
    /// The kernel found nothing to repair.
    NoModification(Key),
    /// The first attempt to repair the structure failed; more may follow.
    Failed(Key, Failure),
    /// The structure seems good, but what it is compared with still is not.
    CrossFailed(Key),
    /// The last word: nothing that can be done while mounted has helped.
    OfflineNeeded(Key, Failure),
    /// The file was deleted, or there is no such structure.
    Gone(Key),
    /// The repair waits for something else to let go, or for room.
    Postponed(Key),
    /// No mount of the filesystem is writable; repairs wait.
    ReadOnly,
    /// The filesystem is mounted `norecovery`; repairs wait.
    NoRecovery,
    /// The filesystem cannot be opened, with this errno (ESTALE: no mount leads to it any more);
    /// repairs wait.
    Unreachable(i32),
    /// Targeted repair pauses, because so many repairs failed.
    TooManyFailures,
    /// Repairs of different structures fail one after the other with I/O errors.
    DeviceTrouble,
    /// A repair has been running for a minute; the others wait for it.
    Slow(Key),
    /// Full scrubs are held back, because one would crash this kernel.
    ScrubWithheld,
    /// Full scrubs are held back, because one could crash this kernel: it is not known that every
    /// inode can be loaded.
    ScrubUnsafe,
    /// Full scrubs are held back, because one would come to damage whose repair shuts the
    /// filesystem down.
    ScrubFatal,
    /// More structures are damaged than the planner remembers.
    TableFull,
    /// Two threads were killed in the kernel: no more repairs are made.
    TooManyVanished,
    /// A repair call said that the filesystem has shut down; no event has.
    ShutDown,
    /// The structure that would be repaired, where that is only to be told (dry run).
    WouldRepair(Key),
    /// The full scrub that would be started, with its reasons, where that is only to be told (dry
    /// run).
    WouldScrub(Reasons),
}

impl Notice {
    /// The structure that the notice is about; `None` if it is not about a single one.
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

    /// The target of the structure that the notice is about; `None` if it is not about a single
    /// one.
    pub fn target(&self) -> Option<Target> {
        self.key().map(|key| key.target)
    }
}
