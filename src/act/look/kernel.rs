// SPDX-License-Identifier: LGPL-2.1-or-later
//! The calls of a look to the kernel, and what becomes of the answers.

use super::missed::Missed;
use super::suspects::Suspects;
use crate::act;
use crate::event::Target;
use crate::fs::{Cores, Unlinked};
use crate::plan::{Key, Outcome};
use crate::sys::xfs;
use crate::uapi::*;
use std::cell::RefCell;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// The calls that a look makes; in tests something else answers them.
///
/// None of them may be made at a low I/O priority: each reads while others wait for what it holds, be
/// it the lock of an inode, that of an AG's header or, for BULKSTAT, that of the buffer which many
/// inodes are in (fs/xfs/xfs_buf.c: xfs_buf_read_map). A scheduler that lets such a read wait lets
/// them wait, however urgent they are. What a look takes of the device is limited by its pauses.
pub(super) trait Kernel {
    /// Reads the geometry of an AG: [`xfs::ag_geometry`].
    fn ag(&self, agno: u32) -> io::Result<xfs_ag_geometry>;
    /// Sick bits that the kernel remembers of a realtime group; EINVAL when there is none of this
    /// number.
    fn rtgroup_sick(&self, rgno: u32) -> io::Result<u32>;
    /// Reads the next inodes of an AG: [`xfs::bulkstat_of_ag`].
    fn bulkstat(&self, agno: u32, start: u64, out: &mut [xfs_bulkstat])
    -> io::Result<(usize, u64)>;
    /// Reads one inode: [`xfs::bulkstat_one`].
    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bstat>>;
    /// Reads which inodes of an AG are allocated: [`xfs::inumbers_of_ag`].
    fn inumbers(&self, agno: u32, start: u64, out: &mut [xfs_inumbers])
    -> io::Result<(usize, u64)>;
    /// Finds inodes in use that have no link: [`Cores::unlinked_in`].
    fn unlinked_in(&self, start: u64, mask: u64, unlinked: &mut Unlinked) -> io::Result<u64>;
    /// Removes the inodes that are on a list of unlinked inodes: [`Cores::remove_listed`].
    fn remove_listed(&self, agno: u32, list: usize, unlinked: &mut Unlinked) -> io::Result<()>;
    /// True if an inode certainly is in use without a link and on no list: [`Cores::is_certain`].
    fn is_certain(&self, ino: u64, generation: u32) -> io::Result<bool>;
    /// Checks one structure: [`act::check`].
    fn check(&self, key: Key) -> Outcome;
}

/// The kernel that runs, and the device of the filesystem.
pub(super) struct Real<'a> {
    pub(super) root: BorrowedFd<'a>,
    /// The device for reading inode cores; `None` where it is not needed, as no inode is looked at.
    pub(super) cores: Option<RefCell<Cores>>,
}

impl Real<'_> {
    fn cores<R>(&self, ask: impl FnOnce(&mut Cores) -> io::Result<R>) -> io::Result<R> {
        let cores = self.cores.as_ref().ok_or(io::ErrorKind::NotFound)?;
        ask(&mut cores.borrow_mut())
    }
}

impl Kernel for Real<'_> {
    fn ag(&self, agno: u32) -> io::Result<xfs_ag_geometry> {
        xfs::ag_geometry(self.root, agno)
    }

    fn rtgroup_sick(&self, rgno: u32) -> io::Result<u32> {
        xfs::rtgroup_geometry(self.root, rgno).map(|rtgroup| rtgroup.rg_sick)
    }

    fn bulkstat(
        &self,
        agno: u32,
        start: u64,
        out: &mut [xfs_bulkstat],
    ) -> io::Result<(usize, u64)> {
        xfs::bulkstat_of_ag(self.root, agno, start, out)
    }

    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bstat>> {
        xfs::bulkstat_one(self.root, ino)
    }

    fn inumbers(
        &self,
        agno: u32,
        start: u64,
        out: &mut [xfs_inumbers],
    ) -> io::Result<(usize, u64)> {
        xfs::inumbers_of_ag(self.root, agno, start, out)
    }

    fn unlinked_in(&self, start: u64, mask: u64, unlinked: &mut Unlinked) -> io::Result<u64> {
        self.cores(|cores| cores.unlinked_in(start, mask, unlinked))
    }

    fn remove_listed(&self, agno: u32, list: usize, unlinked: &mut Unlinked) -> io::Result<()> {
        self.cores(|cores| cores.remove_listed(agno, list, unlinked))
    }

    fn is_certain(&self, ino: u64, generation: u32) -> io::Result<bool> {
        self.cores(|cores| cores.is_certain(ino, Some(generation)))
    }

    fn check(&self, key: Key) -> Outcome {
        act::check(self.root, key)
    }
}

/// Bits of the headers that are read before anything else of an AG is checked: with a damaged one
/// the kernel calls everything corrupt that it would have needed it for, and means only the header.
pub(super) const AG_HEADERS: u32 = XFS_AG_GEOM_SICK_AGF | XFS_AG_GEOM_SICK_AGI;

/// State of a look after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The look has more to look at.
    More,
    /// The look has more to look at, but not before this time.
    Rest(Instant),
    /// The look has nothing left to look at.
    Done,
}

/// A slice of a look: the kernel that it asks, and where it leaves what it sees.
pub(super) struct View<'a, K> {
    pub(super) kernel: K,
    pub(super) found: &'a mut dyn FnMut(Target, u32),
    pub(super) deadly: &'a mut Vec<(u64, u32)>,
    pub(super) missed: &'a mut Missed,
    pub(super) suspects: &'a mut Suspects,
    /// True if it is known of every inode of the filesystem that it may be loaded.
    pub(super) is_clear: &'a mut bool,
    /// The AG that everything looked at now belongs to; `None` if there is no such AG.
    pub(super) agno: Option<u32>,
    /// Start of the slice.
    pub(super) now: Instant,
    /// Number of times in this slice that something could not be looked at.
    pub(super) misses: usize,
}

impl<K: Kernel> View<'_, K> {
    /// Reports the sick bits of a target, if there are any.
    pub(super) fn report(&mut self, target: Target, mask: u32) {
        if mask != 0 {
            (self.found)(target, mask);
        }
    }

    /// Notes that something could not be looked at.
    pub(super) fn is_missing(&mut self) {
        self.missed.add(self.agno);
        self.misses += 1;
    }

    /// Notes that something could not be looked at; fails with `error` if it is no use to look at
    /// anything else.
    pub(super) fn miss(&mut self, error: io::Error) -> io::Result<()> {
        self.is_missing();
        if is_pointless(&error) { Err(error) } else { Ok(()) }
    }

    /// Checks those structures of a target that `bits` name, says which are sick and returns them.
    pub(super) fn check(&mut self, target: Target, bits: u32) -> io::Result<u32> {
        let mut sick = 0;
        for structure in target.domain().structures().iter().filter(|s| bits & s.bit != 0) {
            let Some(key) = Key::from_bit(target, structure.bit) else { continue };
            match self.kernel.check(key) {
                Outcome::Failed | Outcome::Error(libc::EUCLEAN | libc::EBADMSG) => {
                    self.report(target, structure.bit);
                    sick |= structure.bit;
                }
                // Good, or not good only in comparison with what is bad; or there is none.
                Outcome::Repaired | Outcome::Fine | Outcome::CrossFailed | Outcome::Gone => {}
                Outcome::NotJudged if self.is_beyond(target) => {}
                Outcome::Shutdown => self.miss(io::Error::from_raw_os_error(libc::ESHUTDOWN))?,
                Outcome::Error(errno) => self.miss(io::Error::from_raw_os_error(errno))?,
                _ => self.is_missing(),
            }
        }
        Ok(sick)
    }

    /// True if the filesystem has been shrunk so far since that the target is gone, for which the
    /// kernel has the answer to what it does not understand: EINVAL.
    fn is_beyond(&self, target: Target) -> bool {
        let Target::Ag(agno) = target else { return false };
        self.kernel.ag(agno).is_err_and(|error| error.raw_os_error() == Some(libc::EINVAL))
    }
}

/// True if every other call would fail in the same way.
pub(super) fn is_pointless(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ESHUTDOWN | libc::EBADF | libc::EPERM | libc::ENOTTY))
}

#[cfg(test)]
pub(super) mod fake;
