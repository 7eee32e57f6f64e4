// SPDX-License-Identifier: LGPL-2.1-or-later
//! The request for the owners of a range of a device.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

use super::ioctl;
use crate::uapi::*;

/// Most records of one answer: 2 KiB on the stack.
pub const MOST_OWNERS: usize = 32;

/// A request: a head with room for records behind it.
#[repr(C)]
struct FsmapRequest {
    head: fsmap_head,
    records: [fsmap; MOST_OWNERS],
}

impl FsmapRequest {
    fn new(low: &fsmap, high: &fsmap, room: usize) -> FsmapRequest {
        let fmh_count = room.min(MOST_OWNERS) as u32;
        let head = fsmap_head { fmh_count, fmh_keys: [*low, *high], ..Default::default() };
        FsmapRequest { head, records: [fsmap::default(); MOST_OWNERS] }
    }

    /// Copies the answer to `out`; returns the number of records.
    fn finish(&self, out: &mut [fsmap]) -> io::Result<usize> {
        let count = self.head.fmh_entries as usize;
        if self.head.fmh_entries > self.head.fmh_count {
            return Err(ErrorKind::InvalidData.into());
        }
        let records = self.records.get(..count).ok_or(ErrorKind::InvalidData)?;
        out.get_mut(..count).ok_or(ErrorKind::InvalidData)?.copy_from_slice(records);
        Ok(count)
    }
}

/// Lists the owners of what lies between `low` and `high`, by device, place on it, owner and
/// offset in the file.
///
/// Returns how many records were written to `out`, at most [`MOST_OWNERS`]. Where `out` is full,
/// more may follow: the last record is the next `low`. A record may begin before `low` and end
/// behind `high`. `fmr_device` of both is 0 or `u32::MAX` or one that an answer has; EINVAL for any
/// other.
///
/// Without CAP_SYS_ADMIN or reverse mappings only free space is told from what is not known. Reads
/// the btrees of the AGs: where these are damaged, the kernel reports that, and the request fails
/// with EUCLEAN or EBADMSG.
pub fn getfsmap(
    fd: BorrowedFd<'_>,
    low: &fsmap,
    high: &fsmap,
    out: &mut [fsmap],
) -> io::Result<usize> {
    // None would mean: count them.
    if out.is_empty() {
        return Ok(0);
    }
    let mut request = FsmapRequest::new(low, high, out.len());
    // SAFETY: the request takes a head with room for `fmh_count` records behind it, which
    // `FsmapRequest` has: 192 bytes of head and then, without a gap (see the test), `MOST_OWNERS`
    // records. No more than `fmh_count` of them are written (fs/xfs/xfs_fsmap.c: xfs_ioc_getfsmap).
    unsafe { ioctl(fd, FS_IOC_GETFSMAP, &mut request) }?;
    request.finish(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    fn answer(room: usize, entries: u32) -> io::Result<usize> {
        let mut request = FsmapRequest::new(&fsmap::default(), &fsmap::default(), room);
        request.records[0].fmr_owner = 128;
        request.head.fmh_entries = entries;
        let mut out = vec![fsmap::default(); room];
        let count = request.finish(&mut out)?;
        assert!(out.first().is_none_or(|first| first.fmr_owner == u64::from(count > 0) * 128));
        Ok(count)
    }

    #[test]
    fn records_follow_the_head_without_a_gap() {
        assert_eq!(offset_of!(FsmapRequest, records), size_of::<fsmap_head>());
        assert_eq!(size_of::<FsmapRequest>(), size_of::<fsmap_head>() + 32 * size_of::<fsmap>());
    }

    #[test]
    fn an_answer_is_taken_as_far_as_there_is_room_for_it() {
        assert_eq!(answer(4, 0).unwrap(), 0);
        assert_eq!(answer(4, 4).unwrap(), 4);
        assert_eq!(answer(100, 32).unwrap(), 32);
    }

    #[test]
    fn an_answer_with_more_than_was_asked_for_is_refused() {
        for (room, entries) in [(4, 5), (100, 33), (1, u32::MAX)] {
            assert_eq!(answer(room, entries).unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }
}
