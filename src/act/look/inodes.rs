// SPDX-License-Identifier: LGPL-2.1-or-later
//! Walks the inodes: what the kernel remembers of them, or checks of each.

use super::kernel::{AG_HEADERS, Kernel, View, is_pointless};
use crate::event::Target;
use crate::fs::Geometry;
use crate::uapi::*;
use std::io;
use std::ops::Range;

/// Inode numbers in a chunk.
const CHUNK: u64 = 64;

/// A walk over the inodes of a range of numbers.
#[derive(Debug)]
pub(super) struct Inodes {
    /// Numbers that have not been looked at; the first number is beyond `chunk`.
    range: Range<u64>,
    /// How far an inode number is shifted to the right to give its AG, less than 64.
    agno_shift: u32,
    /// Makes the checks of every inode; without, what is remembered of it is enough.
    checks: Option<Scope>,
    /// Inodes that are asked about one by one.
    chunk: Chunk,
}

/// Which checks make sense on this filesystem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) has_parent: bool,
}

impl Inodes {
    /// What is remembered of every inode.
    pub(super) fn remembered(geometry: &Geometry) -> Inodes {
        let shift = geometry.agno_shift();
        Inodes::new(0..first_of(u64::from(geometry.ag_count()), shift), shift, None)
    }

    /// Checks of every inode of an AG.
    pub(super) fn checked(geometry: &Geometry, agno: u32) -> Inodes {
        let shift = geometry.agno_shift();
        let range = match agno < geometry.ag_count() {
            true => of_ag(agno, shift),
            false => 0..0,
        };
        Inodes::new(range, shift, Some(Scope { has_parent: geometry.has_parent() }))
    }

    pub(super) fn new(range: Range<u64>, agno_shift: u32, checks: Option<Scope>) -> Inodes {
        Inodes { range, agno_shift, checks, chunk: Chunk::default() }
    }

    /// Looks at the next few inodes; true when there is none.
    pub(super) fn step<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<bool> {
        if let Some(ino) = self.chunk.next() {
            self.look_at(view, ino)?;
        } else if self.range.is_empty() {
            return Ok(true);
        } else if self.checks.is_some() || !self.read_many(view)? {
            self.read_chunk(view)?;
        }
        Ok(false)
    }

    /// Reads what is remembered of the next inodes at once; false if that does not work, because
    /// one of them, the kernel does not say which, cannot be loaded or found.
    fn read_many<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<bool> {
        let mut inodes = [xfs_bulkstat::default(); 64];
        let next = match view.kernel.bulkstat(self.range.start, &mut inodes) {
            Ok((0, _)) => self.range.end,
            Ok((count, next)) => {
                inodes.iter().take(count).for_each(|inode| remember(view, inode));
                next
            }
            Err(error) if is_pointless(&error) => return Err(error),
            // An idmapped mount, where BULKSTAT refuses (fs/xfs/xfs_ioctl.c).
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
                *view.is_complete = false;
                self.range.end
            }
            Err(_) => return Ok(false),
        };
        let is_progress = next > self.range.start;
        self.range.start = next.max(self.range.start);
        Ok(is_progress)
    }

    /// Finds the next inodes to ask about one by one, in this AG; else goes on with the next.
    fn read_chunk<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<()> {
        let start = self.range.start;
        let agno = start >> self.agno_shift;
        self.range.start = first_of(agno.saturating_add(1), self.agno_shift);
        let Ok(agno) = u32::try_from(agno) else { return Ok(()) };
        let ag = Target::Ag(agno);
        // Once: a check of an AGF walks the free space of the group and locks it.
        let is_first = start == first_of(agno.into(), self.agno_shift);
        if self.checks.is_some() && is_first && view.check(ag, AG_HEADERS)? != 0 {
            *view.is_complete = false;
            return Ok(());
        }
        match view.kernel.chunk(agno, start) {
            Ok(None) => {}
            Ok(Some(record)) => match Chunk::from(&record, start) {
                Some((chunk, next)) if next <= self.range.start => {
                    self.chunk = chunk;
                    self.range.start = next;
                }
                _ => view.miss(io::ErrorKind::InvalidData.into())?,
            },
            // The filesystem has been shrunk since.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
            Err(error) => {
                view.miss(error)?;
                // After a shutdown the error is EIO, which a check tells from a failing device.
                if view.check(ag, AG_HEADERS)? == 0 {
                    view.check(ag, XFS_AG_GEOM_SICK_INOBT)?;
                }
            }
        }
        Ok(())
    }

    /// Looks at one allocated inode.
    fn look_at<K: Kernel>(&mut self, view: &mut View<'_, K>, ino: u64) -> io::Result<()> {
        match view.kernel.bulkstat_one(ino) {
            // Free by now, or internal.
            Ok(None) => {}
            Ok(Some(inode)) => match self.checks {
                None => remember(view, &inode),
                Some(scope) => {
                    view.check(target_of(&inode), checks_of(&inode, scope))?;
                }
            },
            Err(error) => match error.raw_os_error() {
                // It cannot be made sense of, or it is internal and the error that of the next.
                // A check tells: for one that can be loaded the generation 0 is wrong, and ENOENT
                // the answer.
                Some(libc::EUCLEAN | libc::EBADMSG) => {
                    view.check(Target::Inode { ino, generation: 0 }, XFS_BS_SICK_INODE)?;
                }
                errno => {
                    if errno == Some(libc::EIO) {
                        self.chunk.skip_cluster(ino);
                    }
                    view.miss(error)?;
                }
            },
        }
        Ok(())
    }
}

fn remember<K: Kernel>(view: &mut View<'_, K>, inode: &xfs_bulkstat) {
    view.report(target_of(inode), inode.bs_sick.into());
}

fn target_of(inode: &xfs_bulkstat) -> Target {
    Target::Inode { ino: inode.bs_ino, generation: inode.bs_gen }
}

/// The structures that an inode has. Its core is good, since it was loaded; a fork for
/// copy-on-write is in memory only and goes away by itself.
fn checks_of(inode: &xfs_bulkstat, scope: Scope) -> u32 {
    let contents = match u32::from(inode.bs_mode) & libc::S_IFMT {
        libc::S_IFDIR => XFS_BS_SICK_DIR,
        libc::S_IFLNK => XFS_BS_SICK_SYMLINK,
        _ => 0,
    };
    let attributes = match (inode.bs_forkoff, scope.has_parent) {
        (0, _) => 0,
        (_, false) => XFS_BS_SICK_BMBTA | XFS_BS_SICK_XATTR,
        (_, true) => XFS_BS_SICK_BMBTA | XFS_BS_SICK_XATTR | XFS_BS_SICK_PARENT,
    };
    XFS_BS_SICK_BMBTD | contents | attributes
}

/// The inode numbers of an AG.
fn of_ag(agno: u32, agno_shift: u32) -> Range<u64> {
    first_of(agno.into(), agno_shift)..first_of(u64::from(agno) + 1, agno_shift)
}

/// The first inode number of an AG; the highest of all if it is beyond that.
fn first_of(agno: u64, agno_shift: u32) -> u64 {
    1_u64.checked_shl(agno_shift).and_then(|inodes| agno.checked_mul(inodes)).unwrap_or(u64::MAX)
}

/// Allocated inodes of one chunk.
#[derive(Debug, Default)]
struct Chunk {
    start: u64,
    mask: u64,
}

impl Chunk {
    /// Those from number `from` on, and the number to go on with; `None` if it leads nowhere.
    fn from(record: &xfs_inumbers, from: u64) -> Option<(Chunk, u64)> {
        let start = record.xi_startino;
        let next = start.checked_add(CHUNK).filter(|next| *next > from)?;
        let done = from.saturating_sub(start);
        let mask = record.xi_allocmask & u64::MAX.checked_shl(u32::try_from(done).ok()?)?;
        Some((Chunk { start, mask }, next))
    }

    /// Leaves out what is read from the device together with `ino`, half the chunk: each failing
    /// read may take the device a minute.
    fn skip_cluster(&mut self, ino: u64) {
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
mod tests;
