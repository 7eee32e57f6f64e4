// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finds the inodes of an AG that must not be loaded, before any is.

use super::chunks::{Chunk, Chunks};
use super::kernel::{Kernel, View};
use crate::fs::{LISTS, Unlinked, list_of};
use crate::plan::InodeNumbers;
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Time by which the device mostly is no older than what the kernel knows: it writes down what has
/// changed every half a minute (`fs/xfs/xfs_log.c`: `xfs_log_worker`). What is changed all the time
/// may take longer, and nothing is said of it.
const WRITTEN: Duration = Duration::from_secs(90);
/// Pause between two rounds that test if the kernel has written its changes to the device.
const AGAIN: Duration = Duration::from_secs(10);
/// Limit of inodes that are looked at again.
const MOST_DOUBTS: usize = 4096;
/// Limit of inodes of an AG that are left alone or may have to be. They are kept in memory; where
/// there are more, the AG is not looked at.
const MOST_LEFT: usize = 65536;

/// A walk over the inodes of an AG as they are on the device, and then over its lists of unlinked
/// inodes.
#[derive(Debug)]
pub(super) struct Survey {
    agno: u32,
    chunks: Chunks,
    /// The list of unlinked inodes that comes next; `None` while there may be more chunks.
    list: Option<usize>,
    unlinked: Unlinked,
    unread: BTreeSet<u64>,
    /// Inodes that cannot be made sense of on the device, though they are not new.
    unsound: Vec<u64>,
    /// The inode number behind the last inode.
    end: u64,
}

impl Survey {
    /// A survey of the inodes with these numbers, which are of this AG.
    pub(super) fn new(agno: u32, range: Range<u64>) -> Survey {
        let (end, list) = (range.start, None);
        let chunks = Chunks::new(agno, range);
        let (unlinked, unread, unsound) = Default::default();
        Survey { agno, chunks, list, unlinked, unread, unsound, end }
    }

    /// Reads the next chunk or list; false when there is none. Fails when the kernel cannot tell
    /// which inodes there are.
    pub(super) fn step<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<bool> {
        if let Some(list) = self.list {
            return Ok(self.step_in_lists(view, list));
        }
        match self.chunks.next(&view.kernel)? {
            Some(chunk) => {
                self.end = chunk.last().map_or(self.end, |ino| ino + 1);
                match view.kernel.unlinked_in(chunk.start, chunk.mask, &mut self.unlinked) {
                    Ok(mask) => {
                        let (range, found) = (chunk.start..chunk.end(), Chunk { mask, ..chunk });
                        let lasting = view.suspects.surveyed(range, found, view.now);
                        self.unsound.extend(lasting);
                    }
                    Err(_) => {
                        view.is_missing();
                        self.unread.extend(chunk);
                    }
                }
                if self.unread.len() + self.unlinked.len() > MOST_LEFT {
                    view.is_missing();
                    (self.list, self.end) = (Some(LISTS), 0);
                    self.unlinked.clear();
                }
            }
            None => self.list = Some(0),
        }
        Ok(true)
    }

    fn step_in_lists<K: Kernel>(&mut self, view: &mut View<'_, K>, list: usize) -> bool {
        if list >= LISTS || self.unlinked.is_empty() {
            return false;
        }
        if view.kernel.remove_listed(self.agno, list, &mut self.unlinked).is_err() {
            view.is_missing();
        }
        self.list = Some(list + 1);
        true
    }

    /// The inode number behind the last inode that was read; 0 if none may be loaded.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The inode number up to which the survey has come, and then the list.
    #[cfg(test)]
    pub(super) fn position(&self) -> (u64, Option<usize>) {
        (self.chunks.position(), self.list)
    }

    /// Looks at what cannot be made sense of on the device: where the kernel has it in memory, it is
    /// good for now, and nothing else would tell.
    pub(super) fn look_at_unsound<K: Kernel>(&self, view: &mut View<'_, K>) {
        let is_good = |ino: &u64| matches!(view.kernel.bulkstat_one(*ino), Ok(Some(_)));
        if self.unsound.iter().any(is_good) {
            view.is_missing();
        }
    }

    /// Gives the inodes that must not be loaded, in rising order; the inodes of which that is not
    /// certain yet become doubts.
    pub(super) fn finish<K: Kernel>(
        mut self,
        view: &mut View<'_, K>,
        doubts: &mut Doubts,
    ) -> BTreeSet<u64> {
        self.unread.extend(self.unlinked.keys());
        if !doubts.add(self.unlinked, view.now) {
            view.is_missing();
        }
        self.unread
    }
}

/// Inodes without a link that were on no list of their AG on the device: some have only just been
/// unlinked, or used again.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    unlinked: Unlinked,
    /// The first inode number that is still to come in this round.
    next: u64,
    /// Start of the next round, and of the last one.
    round: Option<(Instant, Instant)>,
}

impl Doubts {
    /// Adds inodes in doubt; false if there is no room.
    fn add(&mut self, unlinked: Unlinked, now: Instant) -> bool {
        if unlinked.is_empty() {
            return true;
        }
        let has_room = self.unlinked.len() + unlinked.len() <= MOST_DOUBTS;
        if has_room {
            self.unlinked.extend(unlinked);
            self.round = Some((now + AGAIN, now + WRITTEN));
        }
        has_room
    }

    /// The next inode in doubt with its generation, and whether this is the last time; `Ok(None)`
    /// if there is none. Before the time that this fails with there is nothing to do.
    pub(super) fn next(&mut self, now: Instant) -> Result<Option<(u64, u32, bool)>, Instant> {
        let Some((round, last)) = self.round.filter(|_| !self.unlinked.is_empty()) else {
            return Ok(None);
        };
        if round > now {
            return Err(round);
        }
        let Some((&ino, &generation)) = self.unlinked.range(self.next..).next() else {
            let round = (now + AGAIN).min(last.max(now));
            (self.next, self.round) = (0, Some((round, last)));
            return Err(round);
        };
        let is_last = last <= now;
        self.next = ino.saturating_add(1);
        if is_last {
            self.unlinked.remove(&ino);
        }
        Ok(Some((ino, generation, is_last)))
    }

    /// Removes an inode: there is no doubt about it any more.
    pub(super) fn remove(&mut self, ino: u64) {
        self.unlinked.remove(&ino);
    }
}

/// Judgement of an inode that seemed to be in use without a link and on no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The inode is going away, has a link, or is on its list.
    Harmless,
    /// The inode still seems to be so, but the device may be older than what the kernel knows.
    Uncertain,
    /// The inode must not be loaded.
    Deadly,
}

/// Judges an inode of this generation.
pub(super) fn judge<K: Kernel>(
    kernel: &K,
    ino: u64,
    generation: u32,
    numbers: InodeNumbers,
) -> io::Result<Judgement> {
    if !is_deadly(kernel, ino, generation, numbers)? {
        return Ok(Judgement::Harmless);
    }
    if !kernel.is_certain(ino, generation)? {
        return Ok(Judgement::Uncertain);
    }
    // It may have been freed while that was read.
    let is_left = is_deadly(kernel, ino, generation, numbers)?;
    Ok(if is_left { Judgement::Deadly } else { Judgement::Harmless })
}

/// True if an inode of this generation is still in use, without a link and on no list.
fn is_deadly<K: Kernel>(
    kernel: &K,
    ino: u64,
    generation: u32,
    numbers: InodeNumbers,
) -> io::Result<bool> {
    let Some(agno) = numbers.agno(ino) else { return Ok(false) };
    let chunk = Chunks::new(agno, ino..u64::MAX).next(kernel)?;
    if chunk.and_then(|mut inodes| inodes.next()) != Some(ino) {
        return Ok(false);
    }
    let mut unlinked = Unlinked::new();
    kernel.unlinked_in(ino, 1, &mut unlinked)?;
    unlinked.retain(|_, of| *of == generation);
    kernel.remove_listed(agno, list_of(numbers.agino(ino)), &mut unlinked)?;
    Ok(!unlinked.is_empty())
}
