// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the planner is told at the start and what it asks for.

use super::defects::KernelDefect;
use super::full_scrub::Reasons;
use super::scrub_type::Key;

/// What the administrator wants done about damage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Nothing at all.
    Ignore,
    /// Report it.
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
    /// How many repairs may run at once, at least 1.
    pub workers: usize,
    /// Whether full scrubs can be started.
    pub full_scrub: bool,
    /// `ino >> agno_shift` is the number of the allocation group of an inode.
    pub agno_shift: u32,
    /// The defect of this kernel that repairs must not walk into.
    pub defect: Option<&'static KernelDefect>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            policy: Policy::default(),
            workers: 1,
            full_scrub: true,
            agno_shift: u64::BITS - 1,
            defect: None,
        }
    }
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
    /// Only if BULKSTAT returns the inode; else the answer is `Outcome::KernelDefect`.
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
    /// Full scrubs are held back, because one would crash this kernel.
    ScrubWithheld,
}
