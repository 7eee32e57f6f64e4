// SPDX-License-Identifier: LGPL-2.1-or-later
//! The ioctls of XFS.
//!
//! Unless said otherwise `fd` is any open file of the filesystem (not an O_PATH one), ENOTTY means
//! that it is on another filesystem or that the kernel is too old, and EPERM that CAP_SYS_ADMIN is
//! missing.
//!
//! The answers are XFS's only if the file is on one. FUSE hands such calls on to its server, which
//! may fill in and return what it likes (fs/fuse/ioctl.c). What is called on a file that is not
//! known yet, [`geometry`], [`fd_to_handle`] and [`health_monitor`], asks the kernel first what it
//! is on; nothing else is called before one of them.

mod bulk;
mod owners;
mod parents;

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use super::{check, check_fd, is_xfs};
use crate::uapi::*;

pub use bulk::{bulkstat_of_ag, bulkstat_one, inumbers_of_ag};
pub use owners::{MOST_OWNERS, getfsmap};
pub use parents::getparents;
/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::parents::Parents;
}

/// Calls `request`, whose argument is a `T`, and returns what it returns if it succeeds.
///
/// # Safety
/// `request` was made for a `T`: its number says the size that the kernel reads and writes. What
/// addresses in `arg` refer to is as the request wants it.
unsafe fn ioctl<T>(fd: BorrowedFd<'_>, request: u32, arg: &mut T) -> io::Result<c_int> {
    let arg = ptr::from_mut(arg);
    // SAFETY: `arg` is a writable `T`, and the caller vouches that the request takes one.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), request as libc::Ioctl, arg) })
}

/// Fails with ENOTTY, as where no such call is known, unless the kernel itself says that the file
/// is on an XFS.
///
/// What an open file is on does not change.
fn demand_xfs(fd: BorrowedFd<'_>) -> io::Result<()> {
    if is_xfs(fd)? { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ENOTTY)) }
}

/// Opens the health monitor of the filesystem with this root directory.
///
/// Reads block; they return [`xfs_health_monitor_event`] records. EEXIST: another monitor is open.
/// EPERM: not the root directory, or CAP_SYS_ADMIN is missing in the initial user namespace.
/// ENOTTY or EOPNOTSUPP: the kernel has none (before 7.0).
pub fn health_monitor(root: BorrowedFd<'_>, verbose: bool) -> io::Result<OwnedFd> {
    demand_xfs(root)?;
    let flags = if verbose { XFS_HEALTH_MONITOR_VERBOSE } else { 0 };
    let mut arg = xfs_health_monitor { flags, format: XFS_HEALTH_MONITOR_FMT_V0, pad: [0; 23] };
    // SAFETY: the request takes this structure, without addresses in it.
    let fd = unsafe { ioctl(root, XFS_IOC_HEALTH_MONITOR, &mut arg) }?;
    // SAFETY: it is XFS that has answered, see above; what the request returns there is a new
    // descriptor, closed on exec.
    unsafe { check_fd(fd) }
}

/// True if the open file `fd` is on the filesystem that `monitor` watches and that is mounted.
pub fn is_on_monitored_fs(monitor: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mut arg = xfs_health_file_on_monitored_fs { fd: fd.as_raw_fd(), flags: 0 };
    // SAFETY: the request takes this structure, without addresses in it.
    match unsafe { ioctl(monitor, XFS_IOC_HEALTH_FD_ON_MONITORED_FS, &mut arg) } {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ESTALE) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Checks or repairs one structure; the verdict is in `sm_flags` afterwards.
///
/// May take hours, and waits for ever (not even SIGKILL helps) while the filesystem is frozen.
/// For the errors see the manual page ioctl_xfs_scrub_metadata(2).
pub fn scrub(fd: BorrowedFd<'_>, arg: &mut xfs_scrub_metadata) -> io::Result<()> {
    // SAFETY: the request takes this structure, without addresses in it.
    unsafe { ioctl(fd, XFS_IOC_SCRUB_METADATA, arg) }?;
    Ok(())
}

/// Waits until the inodes of files that have been deleted are free, as far as nobody has them open.
///
/// Until then [`inumbers_of_ag`] calls them allocated, though nothing else finds them by number.
/// The kernel frees them in the background; this is the one request that waits for it
/// (fs/xfs/xfs_icache.c: `xfs_blockgc_free_space`), and no file is so large that it would give
/// blocks back. EROFS: the filesystem is mounted read-only.
pub fn finish_deletions(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut arg = xfs_fs_eofblocks {
        eof_version: XFS_EOFBLOCKS_VERSION,
        eof_flags: XFS_EOF_FLAGS_MINFILESIZE,
        eof_min_file_size: u64::MAX,
        ..Default::default()
    };
    // SAFETY: the request takes this structure, without addresses in it.
    unsafe { ioctl(fd, XFS_IOC_FREE_EOFBLOCKS, &mut arg) }?;
    Ok(())
}

/// Reads the filesystem's layout, and the metadata of it as a whole that is remembered as sick.
pub fn geometry(fd: BorrowedFd<'_>) -> io::Result<xfs_fsop_geom> {
    demand_xfs(fd)?;
    let mut arg = xfs_fsop_geom::default();
    // SAFETY: the request takes this structure, without addresses in it.
    unsafe { ioctl(fd, XFS_IOC_FSGEOMETRY, &mut arg) }?;
    Ok(arg)
}

/// Reads the geometry of an allocation group; EINVAL when there is none of this number.
pub fn ag_geometry(fd: BorrowedFd<'_>, agno: u32) -> io::Result<xfs_ag_geometry> {
    let mut arg = xfs_ag_geometry { ag_number: agno, ..Default::default() };
    // SAFETY: the request takes this structure, without addresses in it.
    unsafe { ioctl(fd, XFS_IOC_AG_GEOMETRY, &mut arg) }?;
    Ok(arg)
}

/// Reads the geometry of a realtime group; EINVAL when there is none of this number, or no metadata
/// directory.
pub fn rtgroup_geometry(fd: BorrowedFd<'_>, rgno: u32) -> io::Result<xfs_rtgroup_geometry> {
    let mut arg = xfs_rtgroup_geometry { rg_number: rgno, ..Default::default() };
    // SAFETY: the request takes this structure, without addresses in it.
    unsafe { ioctl(fd, XFS_IOC_RTGROUP_GEOMETRY, &mut arg) }?;
    Ok(arg)
}

/// A name for a file that needs no path and outlives its descriptor.
///
/// The filesystem's part is made of its UUID: a copy of a filesystem has the same handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(xfs_handle);

impl Handle {
    /// The handle of another file of the same filesystem.
    pub fn with_inode(self, ino: u64, generation: u32) -> Self {
        let fid = xfs_fid { fid_ino: ino, fid_gen: generation, ..self.0.ha_fid };
        Self(xfs_handle { ha_fid: fid, ..self.0 })
    }

    /// A handle of no file: for tests.
    #[cfg(test)]
    pub fn of_none() -> Handle {
        Handle(xfs_handle::default())
    }

    /// The number that tells the filesystem from every other, as hexadecimal digits.
    pub fn filesystem(&self) -> String {
        let [low, high] = self.0.ha_fsid.val;
        format!("{low:08x}{high:08x}")
    }

    /// The file's inode number.
    pub fn ino(&self) -> u64 {
        self.0.ha_fid.fid_ino
    }

    /// The file's inode generation.
    pub fn generation(&self) -> u32 {
        self.0.ha_fid.fid_gen
    }
}

/// The handle of an open file.
pub fn fd_to_handle(fd: BorrowedFd<'_>) -> io::Result<Handle> {
    demand_xfs(fd)?;
    let mut handle = xfs_handle::default();
    let mut len = 0_u32;
    let mut arg = xfs_fsop_handlereq {
        fd: fd.as_raw_fd() as u32,
        path: ptr::null_mut(),
        oflags: 0,
        ihandle: ptr::null_mut(),
        ihandlen: 0,
        ohandle: ptr::from_mut(&mut handle).cast(),
        ohandlen: &mut len,
    };
    // SAFETY: the request takes this structure. XFS, see above, writes at most an xfs_handle to
    // `ohandle` and an integer to `ohandlen` (fs/xfs/xfs_handle.c: xfs_find_handle), and both live here.
    unsafe { ioctl(fd, XFS_IOC_FD_TO_HANDLE, &mut arg) }?;
    if len as usize != size_of::<xfs_handle>() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Handle(handle))
}

/// Reads the first bytes of the target of the symbolic link with this handle; returns how many.
/// `dir` is a directory of the filesystem.
///
/// Opens it by handle, with all that [`crate::fs::Cores`] says of that. EINVAL: it is no symbolic
/// link. ENOTDIR: `dir` is no directory.
pub fn readlink(dir: BorrowedFd<'_>, link: &Handle, buf: &mut [u8]) -> io::Result<usize> {
    let mut handle = link.0;
    let mut len = u32::try_from(buf.len()).unwrap_or(u32::MAX);
    let mut arg = xfs_fsop_handlereq {
        fd: 0,
        path: ptr::null_mut(),
        oflags: 0,
        ihandle: ptr::from_mut(&mut handle).cast(),
        ihandlen: size_of::<xfs_handle>() as u32,
        ohandle: buf.as_mut_ptr().cast(),
        ohandlen: &mut len,
    };
    // SAFETY: the request takes this structure. It reads `ihandlen` bytes at `ihandle` and an
    // integer at `ohandlen`, and writes at most that many bytes to `ohandle`
    // (fs/xfs/xfs_handle.c: xfs_readlink_by_handle); all three live here and are as large.
    let bytes = unsafe { ioctl(dir, XFS_IOC_READLINK_BY_HANDLE, &mut arg) }?;
    // What says that it is more has to be no such answer.
    usize::try_from(bytes)
        .ok()
        .filter(|bytes| *bytes <= buf.len())
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn a_handle_for_another_file_keeps_the_filesystem() {
        let fid = xfs_fid { fid_len: 14, fid_pad: 0, fid_gen: 9, fid_ino: 128 };
        let root = Handle(xfs_handle { ha_fsid: xfs_fsid { val: [3, 4] }, ha_fid: fid });
        let other = root.with_inode(u64::MAX, 7);
        assert_eq!((other.ino(), other.generation()), (u64::MAX, 7));
        assert_ne!(other, root);
        assert_eq!(other.with_inode(128, 9), root);
    }

    #[test]
    fn other_filesystems_do_not_know_these_calls() {
        let proc = File::open("/proc").unwrap();
        let fd = proc.as_fd();
        let answers = [
            health_monitor(fd, false).err(),
            is_on_monitored_fs(fd, fd).err(),
            scrub(fd, &mut xfs_scrub_metadata::default()).err(),
            geometry(fd).err(),
            ag_geometry(fd, 0).err(),
            rtgroup_geometry(fd, 0).err(),
            fd_to_handle(fd).err(),
            bulkstat_one(fd, 128).err(),
            readlink(fd, &Handle(xfs_handle::default()), &mut [0; 8]).err(),
            getfsmap(fd, &fsmap::default(), &fsmap::default(), &mut [fsmap::default()]).err(),
        ];
        for (nr, answer) in answers.into_iter().enumerate() {
            let error = answer.expect("an error").raw_os_error();
            assert_eq!(error, Some(libc::ENOTTY), "call {nr}");
        }
    }
}
