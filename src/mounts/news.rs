// SPDX-License-Identifier: LGPL-2.1-or-later
//! News about the mounts of a namespace, and what can go wrong.

use crate::report::Cause;
use crate::sys::mount::MountInfo;

/// News about mounts that are to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountNews {
    /// Mounts are told from now on; for who debugs.
    Listening,
    /// Events were lost, and all mounts are listed again; for who debugs.
    Lost,
    /// A mount is there, with this number; for who debugs.
    Mount(u64, Box<MountInfo>),
    /// A call has failed.
    Failed(MountFailure),
    /// A call has failed, and is tried again soon.
    Retried(MountFailure),
}

/// Failure of something that is needed to follow the mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountFailure {
    /// A system call of this name has failed.
    Call(&'static str, Cause),
    /// The file of a namespace could not be opened.
    File(Vec<u8>, Cause),
    /// The kernel lacks this.
    Requires(Requirement),
}

/// Ability of the kernel that is needed to follow the mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Mount namespaces.
    Namespaces,
    /// Events of fanotify(7) about mounts, since Linux 6.14.
    MountEvents,
    /// The system call listmount(2), since Linux 6.8.
    Listmount,
}
