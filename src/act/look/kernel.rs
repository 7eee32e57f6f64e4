// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a look asks the kernel, and what becomes of the answers.

use crate::act;
use crate::event::Target;
use crate::plan::{Key, Outcome};
use crate::sys::{self, xfs};
use crate::uapi::*;
use std::io;
use std::os::fd::BorrowedFd;

/// The calls that a look makes; in tests something else answers them.
///
/// The kernel locks an inode for BULKSTAT only once it is read, so that its reads can wait for
/// everybody else's. The other calls read, and checks of file forks write the file's data, while
/// others wait for the locks that they hold: the inode's own, or that of an AG's header.
pub(super) trait Kernel {
    /// What is remembered as sick of an AG; EINVAL when there is none of this number.
    fn ag_sick(&self, agno: u32) -> io::Result<u32>;
    /// What is remembered as sick of a realtime group; EINVAL when there is none of this number.
    fn rtgroup_sick(&self, rgno: u32) -> io::Result<u32>;
    /// See [`xfs::bulkstat`].
    fn bulkstat(&self, start: u64, out: &mut [xfs_bulkstat]) -> io::Result<(usize, u64)>;
    /// See [`xfs::bulkstat_one`].
    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bulkstat>>;
    /// The chunk of an AG's inodes that `start` is in, or the next; see [`xfs::inumbers_of_ag`].
    fn chunk(&self, agno: u32, start: u64) -> io::Result<Option<xfs_inumbers>>;
    /// See [`act::check`].
    fn check(&self, key: Key) -> Outcome;
}

impl Kernel for BorrowedFd<'_> {
    fn ag_sick(&self, agno: u32) -> io::Result<u32> {
        xfs::ag_geometry(*self, agno).map(|ag| ag.ag_sick)
    }

    fn rtgroup_sick(&self, rgno: u32) -> io::Result<u32> {
        xfs::rtgroup_geometry(*self, rgno).map(|rtgroup| rtgroup.rg_sick)
    }

    fn bulkstat(&self, start: u64, out: &mut [xfs_bulkstat]) -> io::Result<(usize, u64)> {
        sys::with_idle_io(|| xfs::bulkstat(*self, start, out))
    }

    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bulkstat>> {
        sys::with_idle_io(|| xfs::bulkstat_one(*self, ino))
    }

    fn chunk(&self, agno: u32, start: u64) -> io::Result<Option<xfs_inumbers>> {
        let mut found = [xfs_inumbers::default()];
        let (count, _) = xfs::inumbers_of_ag(*self, agno, start, &mut found)?;
        Ok(found.into_iter().take(count).next())
    }

    fn check(&self, key: Key) -> Outcome {
        act::check(*self, key)
    }
}

/// What is read before anything else of an AG is checked: with a damaged one the kernel calls
/// everything corrupt that it would have needed it for, and means only the header.
pub(super) const AG_HEADERS: u32 = XFS_AG_GEOM_SICK_AGF | XFS_AG_GEOM_SICK_AGI;

/// One slice of a look: whom it asks, and where it leaves what it sees.
pub(super) struct View<'a, K> {
    pub(super) kernel: K,
    pub(super) found: &'a mut dyn FnMut(Target, u32),
    pub(super) is_complete: &'a mut bool,
}

impl<K: Kernel> View<'_, K> {
    /// Says what is sick, if anything is.
    pub(super) fn report(&mut self, target: Target, mask: u32) {
        if mask != 0 {
            (self.found)(target, mask);
        }
    }

    /// Something could not be looked at; an error if it is no use to look at anything else.
    pub(super) fn miss(&mut self, error: io::Error) -> io::Result<()> {
        *self.is_complete = false;
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
                Outcome::Repaired
                | Outcome::Fine
                | Outcome::CrossFailed
                | Outcome::Gone
                | Outcome::Unsupported => {}
                Outcome::Shutdown => self.miss(io::Error::from_raw_os_error(libc::ESHUTDOWN))?,
                Outcome::Error(errno) => self.miss(io::Error::from_raw_os_error(errno))?,
                _ => *self.is_complete = false,
            }
        }
        Ok(sick)
    }
}

/// Whether every other call would fail in the same way.
pub(super) fn is_pointless(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ESHUTDOWN | libc::EBADF | libc::EPERM | libc::ENOTTY))
}

#[cfg(test)]
pub(super) mod fake;
