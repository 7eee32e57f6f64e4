// SPDX-License-Identifier: LGPL-2.1-or-later
//! What became of an inode whose core was repaired.

use super::repair::errno;
use crate::event::Target;
use crate::plan::{Key, Outcome};
use crate::sys::xfs;
use crate::uapi::*;
use std::os::fd::BorrowedFd;

/// What the kernel says is sick of an inode after a repair of its core: what hung on the core may
/// have been cut off. `None` after any other repair, and where there is nothing to be known.
pub fn follow_up(root: BorrowedFd<'_>, key: Key, outcome: Outcome) -> Option<u32> {
    let Target::Inode { ino, .. } = key.target else { return None };
    let is_core = key.scrub.number() == XFS_SCRUB_TYPE_INODE;
    if !is_core || !matches!(outcome, Outcome::Repaired | Outcome::Fine) {
        return None;
    }
    match xfs::bulkstat_one(root, ino).map_err(|error| errno(&error)) {
        Ok(inode) => inode.map(|inode| u32::from(inode.bs_sick)),
        // It still cannot be loaded.
        Err(libc::EUCLEAN | libc::EBADMSG) => Some(XFS_BS_SICK_INODE),
        Err(_) => None,
    }
}
