// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which inodes of an AG must not be loaded, found before any is.

use super::chunks::Chunks;
use super::kernel::{Kernel, View};
use crate::fs::Unlinked;
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

/// What is on the device may be so much older than what the kernel knows: it writes down what has
/// changed every half a minute (`fs/xfs/xfs_log.c`: `xfs_log_worker`).
const WRITTEN: Duration = Duration::from_secs(90);
/// Inodes that are looked at again after that time.
const MOST_DOUBTS: usize = 4096;

/// A walk over the inodes of an AG as they are on the device.
#[derive(Debug)]
pub(super) struct Vetting {
    agno: u32,
    chunks: Chunks,
    unlinked: Unlinked,
    unread: BTreeSet<u64>,
    /// The number behind the last inode.
    end: u64,
}

impl Vetting {
    /// Of the inodes with these numbers, which are of this AG.
    pub(super) fn new(agno: u32, range: Range<u64>) -> Vetting {
        let end = range.start;
        let chunks = Chunks::new(agno, range);
        Vetting { agno, chunks, unlinked: Unlinked::new(), unread: BTreeSet::new(), end }
    }

    /// Reads the next chunk; false when there is none. Fails when the kernel cannot tell which
    /// inodes there are.
    pub(super) fn step<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<bool> {
        let Some(chunk) = self.chunks.next(&view.kernel)? else { return Ok(false) };
        self.end = chunk.last().map_or(self.end, |ino| ino + 1);
        if view.kernel.unlinked_in(chunk.start, chunk.mask, &mut self.unlinked).is_err() {
            *view.is_complete = false;
            self.unread.extend(chunk);
        }
        Ok(true)
    }

    /// The number behind the last inode that it has read.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The number up to which it has come.
    #[cfg(test)]
    pub(super) fn position(&self) -> u64 {
        self.chunks.position()
    }

    /// What must not be loaded, in rising order; those of which that is not certain yet become
    /// doubts.
    pub(super) fn finish<K: Kernel>(
        mut self,
        view: &mut View<'_, K>,
        doubts: &mut Doubts,
    ) -> BTreeSet<u64> {
        if view.kernel.remove_listed(self.agno, &mut self.unlinked).is_err() {
            *view.is_complete = false;
        }
        self.unread.extend(self.unlinked.keys());
        *view.is_complete &= doubts.add(self.unlinked, view.now);
        self.unread
    }
}

/// Inodes without a link that were on no list of their AG on the device: some have only just been
/// unlinked, or used again.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    unlinked: Unlinked,
    /// When the last one was added.
    since: Option<Instant>,
}

impl Doubts {
    /// Adds some; false if there is no room.
    fn add(&mut self, unlinked: Unlinked, now: Instant) -> bool {
        if unlinked.is_empty() {
            return true;
        }
        let has_room = self.unlinked.len() + unlinked.len() <= MOST_DOUBTS;
        if has_room {
            self.unlinked.extend(unlinked);
            self.since = Some(now);
        }
        has_room
    }

    /// The next one, with its generation, when it has had the time; `Ok(None)` if there is none.
    pub(super) fn next(&mut self, now: Instant) -> Result<Option<(u64, u32)>, Instant> {
        let due = self.since.map_or(now, |since| since + WRITTEN);
        if due > now && !self.unlinked.is_empty() {
            Err(due)
        } else {
            Ok(self.unlinked.pop_first())
        }
    }
}

/// Whether an inode of this generation is still in use, without a link and on no list.
pub(super) fn is_deadly<K: Kernel>(
    kernel: &K,
    ino: u64,
    generation: u32,
    agno_shift: u32,
) -> io::Result<bool> {
    let Ok(agno) = u32::try_from(ino >> agno_shift) else { return Ok(false) };
    let chunk = Chunks::new(agno, ino..u64::MAX).next(kernel)?;
    if chunk.and_then(|mut inodes| inodes.next()) != Some(ino) {
        return Ok(false);
    }
    let mut unlinked = Unlinked::new();
    kernel.unlinked_in(ino, 1, &mut unlinked)?;
    unlinked.retain(|_, of| *of == generation);
    kernel.remove_listed(agno, &mut unlinked)?;
    Ok(!unlinked.is_empty())
}
