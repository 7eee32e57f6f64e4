// SPDX-License-Identifier: LGPL-2.1-or-later
//! A walk over the allocated inodes of an AG.

use super::kernel::Kernel;
use crate::uapi::xfs_inumbers;
use std::io::{self, ErrorKind};
use std::ops::Range;

/// Inode numbers in a chunk.
const CHUNK: u64 = 64;
/// Chunks that are asked for at once.
const AHEAD: usize = 64;

/// A walk over the allocated inodes of an AG, chunk by chunk.
#[derive(Debug)]
pub(super) struct Chunks {
    agno: u32,
    /// Inode numbers that are still to come.
    range: Range<u64>,
    /// Chunks that are known already, the next one last.
    ahead: Vec<xfs_inumbers>,
}

impl Chunks {
    /// A walk over the inodes with these numbers, which are of this AG.
    pub(super) fn new(agno: u32, range: Range<u64>) -> Chunks {
        Chunks { agno, range, ahead: Vec::new() }
    }

    /// The next chunk that has allocated inodes, if any.
    ///
    /// EINVAL: there is no such AG. InvalidData: the walk cannot go on from the answer.
    pub(super) fn next<K: Kernel>(&mut self, kernel: &K) -> io::Result<Option<Chunk>> {
        if self.range.is_empty() {
            return Ok(None);
        }
        if self.ahead.is_empty() {
            let mut found = [xfs_inumbers::default(); AHEAD];
            let (count, _) = kernel.inumbers(self.agno, self.range.start, &mut found)?;
            self.ahead.extend(found.iter().take(count).rev());
        }
        let Some(record) = self.ahead.pop() else { return Ok(None) };
        let chunk = Chunk::from(&record, self.range.start).filter(|c| c.end() <= self.range.end);
        let chunk = chunk.ok_or(ErrorKind::InvalidData)?;
        self.range.start = chunk.end();
        Ok(Some(chunk))
    }

    /// The inode number up to which the walk has come.
    #[cfg(test)]
    pub(super) fn position(&self) -> u64 {
        self.range.start
    }
}

/// Allocated inodes of one chunk; their numbers come out in rising order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    /// The inode number that the lowest bit of `mask` stands for.
    pub(super) start: u64,
    pub(super) mask: u64,
}

impl Chunk {
    /// The inodes of a chunk from number `from` on; `None` if the walk cannot go on from there.
    pub(super) fn from(record: &xfs_inumbers, from: u64) -> Option<Chunk> {
        let start = record.xi_startino;
        start.checked_add(CHUNK).filter(|end| *end > from)?;
        let done = from.saturating_sub(start);
        let mask = record.xi_allocmask & u64::MAX.checked_shl(u32::try_from(done).ok()?)?;
        Some(Chunk { start, mask })
    }

    /// The inode number behind the chunk.
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(CHUNK)
    }

    /// Leaves out `ino`.
    pub(super) fn leave_out(&mut self, ino: u64) {
        let bit = ino.checked_sub(self.start).and_then(|bit| u32::try_from(bit).ok());
        self.mask &= !bit.and_then(|bit| 1_u64.checked_shl(bit)).unwrap_or(0);
    }

    /// Leaves out what is read from the device together with `ino`, half the chunk: each failing
    /// read may take the device a minute.
    pub(super) fn skip_cluster(&mut self, ino: u64) {
        let is_first = ino.saturating_sub(self.start) < CHUNK / 2;
        self.mask &= if is_first { u64::MAX << (CHUNK / 2) } else { 0 };
    }
}

impl Iterator for Chunk {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let bit = self.mask.trailing_zeros();
        self.mask &= self.mask.checked_sub(1)?;
        Some(self.start + u64::from(bit))
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::fake::Fake;
    use super::*;

    #[test]
    fn a_chunk_that_leads_nowhere_is_none() {
        let chunk = |start, from| {
            let record =
                xfs_inumbers { xi_startino: start, xi_allocmask: u64::MAX, ..Default::default() };
            Chunk::from(&record, from).map(|chunk| (chunk.collect::<Vec<_>>(), chunk.end()))
        };
        assert_eq!(chunk(128, 190), Some((vec![190, 191], 192)));
        assert_eq!(chunk(128, 0), Some(((128..192).collect(), 192)));
        assert_eq!(chunk(128, 192), None);
        assert_eq!(chunk(u64::MAX - 63, 0), None);
        assert_eq!(chunk(0, u64::MAX), None);
    }

    #[test]
    fn every_inode_comes_once_whatever_is_asked_for_at_once() {
        let inodes: Vec<u64> = (0..100).map(|nr| nr * 10).collect();
        let fake = Fake::with(inodes.iter().copied());
        let mut chunks = Chunks::new(0, 35..1024);
        let mut found = Vec::new();
        while let Some(chunk) = chunks.next(&&fake).unwrap() {
            found.extend(chunk);
        }
        assert_eq!(found, inodes[4..]);
    }
}
