// SPDX-License-Identifier: LGPL-2.1-or-later
//! One repair call and what has to be known before it, and one check.

use super::metapath;
use crate::event::Target;
use crate::plan::{Key, Outcome, Repair};
use crate::sys::xfs;
use crate::uapi::*;
use std::io;
use std::os::fd::BorrowedFd;

/// Asks the kernel to repair one structure of the filesystem that `root` is on, and waits for it.
pub fn repair(root: BorrowedFd<'_>, repair: &Repair) -> Outcome {
    if repair.key.scrub.number() == XFS_SCRUB_TYPE_METAPATH {
        return metapath::repair_all(root);
    }
    if let (true, Target::Inode { ino, .. }) = (repair.only_if_loadable, repair.key.target) {
        match xfs::bulkstat_one(root, ino).map_err(|error| errno(&error)) {
            Ok(Some(_)) => {}
            Ok(None) => return not_loadable(root, repair.key),
            // What the kernel says of an inode cluster that it cannot make sense of or read.
            Err(libc::EUCLEAN | libc::EBADMSG | libc::EIO) => {
                return not_loadable(root, repair.key);
            }
            Err(errno) => return Outcome::from_answer(Err(errno)),
        }
    }
    Outcome::from_answer(scrub(root, repair.key, XFS_SCRUB_IFLAG_REPAIR))
}

/// Asks the kernel whether one structure is good, and waits for it.
///
/// Repairs nothing. [`Outcome::Failed`] is damage; `Repaired` and `Fine` are none.
pub fn check(root: BorrowedFd<'_>, key: Key) -> Outcome {
    Outcome::from_answer(scrub(root, key, 0))
}

/// An inode that BULKSTAT does not return is damaged or gone; a check tells, and crashes nothing.
fn not_loadable(root: BorrowedFd<'_>, key: Key) -> Outcome {
    match check(root, key) {
        // A check that finds nothing is no repair.
        Outcome::Repaired | Outcome::Fine => Outcome::Fine,
        Outcome::Failed | Outcome::DeviceError => Outcome::KernelDefect,
        // Not judged, or something else is in the way; the repair is not worth the risk now.
        other => other,
    }
}

/// One scrub call; gives the flags that came back, or the errno.
fn scrub(root: BorrowedFd<'_>, key: Key, flags: u32) -> Result<u32, i32> {
    let mut call =
        xfs_scrub_metadata { sm_type: key.scrub.number(), sm_flags: flags, ..Default::default() };
    match key.target {
        Target::Fs => {}
        Target::Ag(number) | Target::Rtgroup(number) => call.sm_agno = number,
        Target::Inode { ino, generation } => {
            call.sm_ino = ino;
            call.sm_gen = generation;
        }
    }
    xfs::scrub(root, &mut call).map_err(|e| errno(&e))?;
    Ok(call.sm_flags)
}

/// Whether this kernel can repair this filesystem through this mount.
///
/// Blocks for as long as the filesystem is frozen. Fails with the errno of the probe: EOPNOTSUPP
/// or ENOTTY where repair does not exist, EROFS on a read-only mount, EPERM without privilege.
pub fn probe(root: BorrowedFd<'_>) -> io::Result<()> {
    let mut call = xfs_scrub_metadata {
        sm_type: XFS_SCRUB_TYPE_PROBE,
        sm_flags: XFS_SCRUB_IFLAG_REPAIR,
        ..Default::default()
    };
    xfs::scrub(root, &mut call)
}

pub(super) fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
