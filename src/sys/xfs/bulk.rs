// SPDX-License-Identifier: LGPL-2.1-or-later
//! Requests about many inodes at once.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::ptr;

use super::ioctl;
use crate::uapi::*;

/// Records that one call asks for at most: with the largest record, 12 KiB on the stack.
const BATCH: usize = 64;

/// A request of BULKSTAT or INUMBERS: a head with room for records behind it.
#[repr(C)]
struct BulkRequest<T> {
    head: xfs_bulk_ireq,
    records: [T; BATCH],
}

impl<T: Copy + Default> BulkRequest<T> {
    fn new(start_ino: u64, room: usize, flags: u32) -> Self {
        let icount = room.min(BATCH) as u32;
        let head = xfs_bulk_ireq { ino: start_ino, flags, icount, ..Default::default() };
        Self { head, records: [T::default(); BATCH] }
    }

    /// Copies the answer to a request from `start_ino` on to `out`; returns the number of records,
    /// and the inode number to go on with.
    ///
    /// An answer that would make the caller ask the same again for ever is refused.
    fn finish(&self, start_ino: u64, out: &mut [T]) -> io::Result<(usize, u64)> {
        let count = self.head.ocount as usize;
        if count == 0 {
            return Ok((0, self.head.ino));
        }
        if self.head.ocount > self.head.icount || self.head.ino <= start_ino {
            return Err(ErrorKind::InvalidData.into());
        }
        let records = self.records.get(..count).ok_or(ErrorKind::InvalidData)?;
        out.get_mut(..count).ok_or(ErrorKind::InvalidData)?.copy_from_slice(records);
        Ok((count, self.head.ino))
    }
}

/// Attributes of the allocated inodes of the allocation group `agno` from number `start_ino` on, in
/// rising order; no other group is read.
///
/// Returns how many records were written to `out`, at most 64, and the number to go on with;
/// 0 records are the end. Inodes of the metadata directory tree are left out.
///
/// Loads every inode, and those that it leaves out, with all that [`crate::fs::Cores`] says of
/// that. At one that cannot be loaded it ends with the records before it, and the next call fails,
/// with that inode's error (EUCLEAN: damaged), for ever. The error does not name the inode: it is
/// the first from `start_ino` on that [`inumbers_of_ag`] calls allocated, unless that one is
/// internal and would have been left out. EINVAL: there is no such group, `start_ino` is in one
/// before it, or `fd` is of an idmapped mount.
pub fn bulkstat_of_ag(
    fd: BorrowedFd<'_>,
    agno: u32,
    start_ino: u64,
    out: &mut [xfs_bulkstat],
) -> io::Result<(usize, u64)> {
    // Without the second a file with more than 2^31 extents would end the walk with EOVERFLOW.
    let flags = XFS_BULK_IREQ_AGNO | XFS_BULK_IREQ_NREXT64;
    let mut request = BulkRequest::<xfs_bulkstat>::new(start_ino, out.len(), flags);
    request.head.agno = agno;
    // SAFETY: the request takes a head with room for `icount` records behind it, which `BulkRequest`
    // has: 64 bytes of head and then, without a gap (see the test), `BATCH` records.
    unsafe { ioctl(fd, XFS_IOC_BULKSTAT, &mut request) }?;
    request.finish(start_ino, out)
}

/// Attributes of the inode `ino`, or `None` if it is not allocated or internal, as inodes of the
/// metadata directory tree are; also `None` on an idmapped mount.
///
/// Loads it and no other, with all that [`crate::fs::Cores`] says of that. EUCLEAN, EBADMSG: it is
/// damaged.
pub fn bulkstat_one(fd: BorrowedFd<'_>, mut ino: u64) -> io::Result<Option<xfs_bstat>> {
    let mut found = xfs_bstat::default();
    let mut count = 0;
    let mut arg = xfs_fsop_bulkreq {
        lastip: &mut ino,
        icount: 1,
        ubuffer: ptr::from_mut(&mut found).cast(),
        ocount: &mut count,
    };
    // SAFETY: the request takes this structure. It reads and writes an inode number at `lastip`,
    // and writes at most `icount` xfs_bstat to `ubuffer` and an integer to `ocount`
    // (fs/xfs/xfs_ioctl.c: xfs_ioc_fsbulkstat), and all three live here.
    match unsafe { ioctl(fd, XFS_IOC_FSBULKSTAT_SINGLE, &mut arg) } {
        Ok(_) => Ok((count == 1).then_some(found)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lists the allocated inodes of the allocation group `agno` from number `start_ino` on, in rising
/// order; loads none of them.
///
/// The first chunk is the one that `start_ino` is in, so it may begin before it, or the next.
/// Returns how many chunks of inodes were written to `out`, at most 64, and the number to go on
/// with; 0 chunks are the end. EUCLEAN: the inode btree is damaged. EINVAL: there is no such group,
/// or `start_ino` is in one before it.
pub fn inumbers_of_ag(
    fd: BorrowedFd<'_>,
    agno: u32,
    start_ino: u64,
    out: &mut [xfs_inumbers],
) -> io::Result<(usize, u64)> {
    let mut request = BulkRequest::<xfs_inumbers>::new(start_ino, out.len(), XFS_BULK_IREQ_AGNO);
    request.head.agno = agno;
    // SAFETY: the request takes a head with room for `icount` records behind it, which `BulkRequest`
    // has: 64 bytes of head and then, without a gap (see the test), `BATCH` records.
    unsafe { ioctl(fd, XFS_IOC_INUMBERS, &mut request) }?;
    request.finish(start_ino, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    /// The kernel's answer to a request from 100 on for at most `room` chunks.
    fn answer(room: usize, ocount: u32, next: u64) -> io::Result<(usize, u64)> {
        let mut request = BulkRequest::<xfs_inumbers>::new(100, room, 0);
        request.records[0].xi_startino = 128;
        request.head.ocount = ocount;
        request.head.ino = next;
        let mut out = vec![xfs_inumbers::default(); room];
        let answer = request.finish(100, &mut out)?;
        assert_eq!(out[0].xi_startino, if ocount > 0 { 128 } else { 0 });
        Ok(answer)
    }

    #[test]
    fn records_follow_the_head_without_a_gap() {
        let head = size_of::<xfs_bulk_ireq>();
        assert_eq!(offset_of!(BulkRequest<xfs_bulkstat>, records), head);
        assert_eq!(offset_of!(BulkRequest<xfs_inumbers>, records), head);
        assert_eq!(size_of::<xfs_bulkstat_req>(), head);
        assert_eq!(size_of::<xfs_inumbers_req>(), head);
    }

    #[test]
    fn never_more_is_asked_for_than_fits() {
        assert_eq!(BulkRequest::<xfs_bulkstat>::new(0, 3, 0).head.icount, 3);
        assert_eq!(BulkRequest::<xfs_bulkstat>::new(0, 1000, 0).head.icount, 64);
    }

    #[test]
    fn good_answers() {
        assert_eq!(answer(2, 2, 192).unwrap(), (2, 192));
        assert_eq!(answer(100, 64, 192).unwrap(), (64, 192));
        assert_eq!(answer(2, 0, 100).unwrap(), (0, 100));
    }

    #[test]
    fn an_answer_that_is_too_long_or_leads_nowhere_is_refused() {
        for (room, ocount, next) in [(2, 3, 192), (100, 65, 192), (2, u32::MAX, 192), (2, 2, 100)] {
            let error = answer(room, ocount, next).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{ocount} of {room} to {next}");
        }
    }
}
