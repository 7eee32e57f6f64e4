// SPDX-License-Identifier: LGPL-2.1-or-later
//! Symbolic links whose targets no repair could bring back.

use crate::event::Target;
use crate::fs::Visit;
use crate::plan::{Key, Outcome};
use crate::sys::xfs::{self, Handle};
use crate::uapi::XFS_SCRUB_TYPE_SYMLINK;

/// The beginning of what the kernel writes where it finds nothing of a target
/// (fs/xfs/scrub/symlink_repair.c: DUMMY_TARGET).
const NOTHING_FOUND: &[u8] = b"The target of this symbolic link could not be recovered";

/// True if the repair of a symbolic link has put the kernel's words in the place of its target.
pub(crate) fn has_lost_target(
    visit: &Visit<'_>,
    root_handle: &Handle,
    key: Key,
    outcome: Outcome,
) -> bool {
    let Target::Inode { ino, generation } = key.target else { return false };
    if key.scrub.number() != XFS_SCRUB_TYPE_SYMLINK || outcome != Outcome::Repaired {
        return false;
    }
    let mut found = [0; NOTHING_FOUND.len()];
    let link = root_handle.with_inode(ino, generation);
    let bytes = xfs::readlink(visit.root(), &link, &mut found);
    bytes.is_ok_and(|bytes| found.get(..bytes) == Some(NOTHING_FOUND))
}
