// SPDX-License-Identifier: LGPL-2.1-or-later
//! Asking about many inodes at once.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

use super::ioctl;
use crate::uapi::*;

/// How many records one call asks for at most: with the largest record, 12 KiB on the stack.
const BATCH: usize = 64;

/// A head with room for records behind it, as both calls take it.
#[repr(C)]
struct Request<T> {
    head: xfs_bulk_ireq,
    records: [T; BATCH],
}

impl<T: Copy + Default> Request<T> {
    fn new(start_ino: u64, room: usize, flags: u32) -> Self {
        let icount = room.min(BATCH) as u32;
        let head = xfs_bulk_ireq { ino: start_ino, flags, icount, ..Default::default() };
        Self { head, records: [T::default(); BATCH] }
    }

    /// Hands the answer to a request from `start_ino` on over: how many, and where to go on.
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

/// Attributes of the allocated inodes from number `start_ino` on, in rising order.
///
/// Returns how many records were written to `out`, at most 64, and the number to go on with;
/// 0 records are the end. Inodes of the metadata directory tree are left out.
///
/// Loads every inode. At one that cannot be loaded it ends with the records before it, and the
/// next call fails, with that inode's error (EUCLEAN: damaged), for ever. The error does not name
/// the inode: it is the first from `start_ino` on that [`inumbers`] calls allocated, unless that
/// one is internal and would have been left out. EINVAL on an idmapped mount.
pub fn bulkstat(
    fd: BorrowedFd<'_>,
    start_ino: u64,
    out: &mut [xfs_bulkstat],
) -> io::Result<(usize, u64)> {
    // Without this flag a file with more than 2^31 extents would end the walk with EOVERFLOW.
    let flags = XFS_BULK_IREQ_NREXT64;
    let mut request = Request::<xfs_bulkstat>::new(start_ino, out.len(), flags);
    // SAFETY: the request takes a head with room for `icount` records behind it, which `Request`
    // has: 64 bytes of head and then, without a gap (see the test), `BATCH` records.
    unsafe { ioctl(fd, XFS_IOC_BULKSTAT, &mut request) }?;
    request.finish(start_ino, out)
}

/// Attributes of the inode `ino`, or `None` if it is not allocated or internal, as inodes of the
/// metadata directory tree are.
///
/// Loads it, with the errors of [`bulkstat`].
pub fn bulkstat_one(fd: BorrowedFd<'_>, ino: u64) -> io::Result<Option<xfs_bulkstat>> {
    let mut found = [xfs_bulkstat::default()];
    // The kernel goes on to the next inode if this one is free, and may fail with that.
    match bulkstat(fd, ino, &mut found) {
        Ok((count, _)) => Ok(found.into_iter().take(count).find(|inode| inode.bs_ino == ino)),
        Err(error) => match is_allocated(fd, ino) {
            Ok(false) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether the inode `ino` is allocated.
fn is_allocated(fd: BorrowedFd<'_>, ino: u64) -> io::Result<bool> {
    let mut chunk = [xfs_inumbers::default()];
    let (count, _) = inumbers(fd, ino, &mut chunk)?;
    Ok(chunk.iter().take(count).any(|chunk| is_allocated_in(chunk, ino)))
}

/// Whether `ino` is one of the allocated inodes of this chunk.
fn is_allocated_in(chunk: &xfs_inumbers, ino: u64) -> bool {
    let bit = ino.checked_sub(chunk.xi_startino).and_then(|bit| u32::try_from(bit).ok());
    bit.and_then(|bit| chunk.xi_allocmask.checked_shr(bit)).is_some_and(|mask| mask & 1 != 0)
}

/// Which inodes are allocated, from number `start_ino` on, in rising order; loads none of them.
///
/// The first chunk is the one that `start_ino` is in, so it may begin before it, or the next.
/// Returns how many chunks of inodes were written to `out`, at most 64, and the number to go on
/// with; 0 chunks are the end. EUCLEAN: the inode btree is damaged.
pub fn inumbers(
    fd: BorrowedFd<'_>,
    start_ino: u64,
    out: &mut [xfs_inumbers],
) -> io::Result<(usize, u64)> {
    ask_inumbers(fd, Request::new(start_ino, out.len(), 0), out)
}

/// The same within the allocation group `agno`: its end is the end, and no other group is read.
///
/// EINVAL when there is no such group or `start_ino` is in one before it.
pub fn inumbers_of_ag(
    fd: BorrowedFd<'_>,
    agno: u32,
    start_ino: u64,
    out: &mut [xfs_inumbers],
) -> io::Result<(usize, u64)> {
    let mut request = Request::new(start_ino, out.len(), XFS_BULK_IREQ_AGNO);
    request.head.agno = agno;
    ask_inumbers(fd, request, out)
}

fn ask_inumbers(
    fd: BorrowedFd<'_>,
    mut request: Request<xfs_inumbers>,
    out: &mut [xfs_inumbers],
) -> io::Result<(usize, u64)> {
    let start_ino = request.head.ino;
    // SAFETY: the request takes a head with room for `icount` records behind it, which `Request`
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
        let mut request = Request::<xfs_inumbers>::new(100, room, 0);
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
        assert_eq!(offset_of!(Request<xfs_bulkstat>, records), head);
        assert_eq!(offset_of!(Request<xfs_inumbers>, records), head);
        assert_eq!(size_of::<xfs_bulkstat_req>(), head);
        assert_eq!(size_of::<xfs_inumbers_req>(), head);
    }

    #[test]
    fn never_more_is_asked_for_than_fits() {
        assert_eq!(Request::<xfs_bulkstat>::new(0, 3, 0).head.icount, 3);
        assert_eq!(Request::<xfs_bulkstat>::new(0, 1000, 0).head.icount, 64);
    }

    #[test]
    fn only_set_bits_of_the_chunk_are_allocated() {
        let chunk =
            xfs_inumbers { xi_startino: 128, xi_allocmask: 1 << 63 | 5, ..Default::default() };
        for (ino, allocated) in
            [(0, false), (127, false), (128, true), (129, false), (130, true), (191, true)]
        {
            assert_eq!(is_allocated_in(&chunk, ino), allocated, "{ino}");
        }
        assert!(!is_allocated_in(&chunk, 192) && !is_allocated_in(&chunk, u64::MAX));
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
