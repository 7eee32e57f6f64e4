// SPDX-License-Identifier: LGPL-2.1-or-later
//! Answers of workers to the loop.

use super::filesystem::Filesystem;
use super::open::Opening;
use super::paths::Inode;
use super::slice::Slice;
use crate::act::{Begun, Owners, Region, RepairLoss, StartError};
use crate::event::Target;
use crate::fs::Reopened;
use crate::fs::{Autofsck, NoDevice};
use crate::plan::{Depth, LookEnd, Outcome, Policy, Ticket};
use crate::report::Cause;
use crate::service::unit::UnitState;
use crate::work::Answers;
use std::io;
use std::path::PathBuf;

/// An answer of a worker.
#[derive(Debug)]
pub(crate) enum Done {
    /// Result of opening a filesystem that was to be watched; the only answer about one that nobody
    /// watches yet.
    Opened(Opening),
    /// The kernel's answer to whether it can repair this filesystem.
    Probed(io::Result<()>),
    /// Mount point where the filesystem was found.
    Found(PathBuf),
    /// Path of an inode; `None` if none was found.
    Path(Inode, Option<Vec<u8>>),
    /// Value of the property autofsck; `None` if it could not be read.
    Property(Option<Autofsck>),
    /// Owners of a bad range of a device.
    Owners(Region, Result<Owners, Cause>),
    /// What a repair could not bring back.
    Lost(Vec<RepairLoss>),
    /// Sick bits of an inode after the repair of its core.
    FollowUp(Ticket, u32),
    /// Outcome of a repair.
    Repaired(Ticket, Outcome),
    /// Damage that a look has found.
    Sick(Vec<(Target, u32)>),
    /// A look pauses, with the mount free.
    LookPaused(Box<Slice>),
    /// Inodes that a look has found and must not be loaded.
    Deadly(Vec<Inode>),
    /// AGs that a look could not look at, and `None` for anything else.
    Missed(Vec<Option<u32>>),
    /// Reason why a look does not look at inodes.
    NoDevice(NoDevice),
    /// End of a look.
    Looked(Ticket, Depth, LookEnd),
    /// Result of starting a full scrub.
    ScrubStarted(Ticket, Result<Begun, StartError>),
    /// State that systemd tells of the unit of a full scrub; `None` if it does not answer.
    UnitState(Ticket, Option<UnitState>),
    /// A thread was killed in the kernel that did this.
    Killed(&'static str),
}

impl Done {
    /// True if the meaning of the answer depends on events that came before it.
    pub fn is_judged_by_events(&self) -> bool {
        !matches!(self, Done::Path(..) | Done::Found(_))
    }
}

/// Tells where the filesystem was found, for messages.
pub(crate) fn found(filesystem: &Filesystem, at: &Reopened, answers: &Answers<Done>) {
    filesystem.found(at, |path| answers.put(Done::Found(path)));
}

/// True if the property autofsck has come to forbid repairs, which is told; where it cannot be
/// read, it is as before.
pub(crate) fn is_forbidden(
    filesystem: &Filesystem,
    at: &Reopened,
    answers: &Answers<Done>,
) -> bool {
    let Some(Ok(property)) = filesystem.property(at) else { return false };
    let is_forbidden = filesystem.directive().policy(property) != Policy::Repair;
    if is_forbidden {
        answers.put(Done::Property(Some(property)));
    }
    is_forbidden
}
