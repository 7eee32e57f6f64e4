// SPDX-License-Identifier: LGPL-2.1-or-later
//! The mounts of this mount namespace, by the numbers that are never used twice.
//!
//! statmount(2) and listmount(2) came with Linux 6.8 and neither glibc nor libc has them: the
//! structures below are those of `linux/mount.h`. Neither call goes into the filesystem that is
//! mounted, so a dead network server cannot make them wait.

use std::ffi::{CStr, c_int, c_long};
use std::io::{self, ErrorKind};
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsRawFd, BorrowedFd};

use super::check;

/// Major and minor number of a filesystem's device: the same for all its mounts.
pub type DeviceNumber = (u32, u32);

/// The kernel's facts about one mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// Mount point, seen from the process's root directory; empty when it is out of sight.
    pub mount_point: Vec<u8>,
    /// Mounted directory, within its filesystem: `/`, unless this is a bind mount.
    pub root: Vec<u8>,
    /// Type of the mounted filesystem, as `xfs`.
    pub fs_type: Vec<u8>,
    /// True if this mount or its whole filesystem is read-only.
    pub is_read_only: bool,
    /// True if the mount shows other owners of files than the filesystem has.
    pub is_idmapped: bool,
    /// Major and minor number of the filesystem's device.
    pub device: DeviceNumber,
    /// Number of the mount that it is mounted on; its own, if there is none.
    pub parent: u64,
}

impl MountInfo {
    /// True for a mount of an XFS.
    pub fn is_xfs(&self) -> bool {
        self.fs_type == b"xfs"
    }

    /// True if all of the filesystem is mounted, and not only a directory or a file of it.
    pub fn is_whole(&self) -> bool {
        self.root == b"/"
    }
}

/// The number of the mount that the open file `fd` was reached through.
///
/// Works on O_PATH descriptors and without asking a network server. ENOSYS before Linux 6.8.
pub fn mount_id(fd: BorrowedFd<'_>) -> io::Result<u64> {
    mount_id_and_ino(fd).map(|(id, _)| id)
}

/// The kernel's facts about the mount that the open file `fd` was reached through.
pub fn mount_of(fd: BorrowedFd<'_>) -> io::Result<MountInfo> {
    mount_id(fd).and_then(statmount)
}

/// The number of the mount that the open file `fd` was reached through, as [`mount_id`], and the
/// number of its inode.
pub fn mount_id_and_ino(fd: BorrowedFd<'_>) -> io::Result<(u64, u64)> {
    let status = statx(fd, libc::STATX_MNT_ID_UNIQUE | libc::STATX_INO)?;
    if status.stx_mask & libc::STATX_MNT_ID_UNIQUE == 0 {
        return Err(io::Error::from_raw_os_error(libc::ENOSYS));
    }
    Ok((status.stx_mnt_id, status.stx_ino))
}

/// The number of the device that an open file is on, as stat(2) tells it.
pub fn device(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let status = statx(fd, 0)?;
    Ok(libc::makedev(status.stx_dev_major, status.stx_dev_minor))
}

/// True if the open file `fd` is the root of a mount, be it of a bind mount.
pub fn is_mount_root(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let mount_root = libc::STATX_ATTR_MOUNT_ROOT as u64;
    let status = statx(fd, 0)?;
    if status.stx_attributes_mask & mount_root == 0 {
        return Err(io::Error::from_raw_os_error(libc::ENOSYS));
    }
    Ok(status.stx_attributes & mount_root != 0)
}

/// Calls statx(2) for an open file.
fn statx(fd: BorrowedFd<'_>, mask: u32) -> io::Result<libc::statx> {
    statx_at(fd, c"", libc::AT_EMPTY_PATH, mask)
}

/// Calls statx(2) for a path from an open directory, or for the open file itself. A network server is
/// not asked.
pub(super) fn statx_at(
    fd: BorrowedFd<'_>,
    path: &CStr,
    flags: c_int,
    mask: u32,
) -> io::Result<libc::statx> {
    let (fd, flags) = (fd.as_raw_fd(), flags | libc::AT_STATX_DONT_SYNC);
    let mut status = MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: the path ends with NUL and `status` is writable.
    check(unsafe { libc::statx(fd, path.as_ptr(), flags, mask, status.as_mut_ptr()) })?;
    // SAFETY: it was all zero before the kernel wrote it, and is made of integers only.
    Ok(unsafe { status.assume_init() })
}

/// Number of statmount(2), followed by that of listmount(2). Both are newer than the common
/// numbering of all architectures (Linux 5.1), in which distances between numbers are the same
/// everywhere.
const SYS_STATMOUNT: c_long = libc::SYS_pidfd_open - 434 + 457;
const SYS_LISTMOUNT: c_long = libc::SYS_pidfd_open - 434 + 458;

/// `struct mnt_id_req` as first published.
#[repr(C)]
struct MountRequest {
    size: u32,
    /// A file of the mount namespace that is meant, since Linux 6.13; 0 for the caller's own.
    namespace: u32,
    /// Number of the mount.
    id: u64,
    /// The wanted bits for statmount; the last number seen for listmount.
    param: u64,
}

impl MountRequest {
    fn new(namespace: Option<BorrowedFd<'_>>, id: u64, param: u64) -> Self {
        // A descriptor is not negative, and 0 never a namespace: standard input is always open.
        let namespace = namespace.map_or(0, |file| file.as_raw_fd() as u32);
        Self { size: size_of::<Self>() as u32, namespace, id, param }
    }
}

/// `struct statmount`: strings follow it, its `u32` string fields are offsets behind it.
#[repr(C)]
struct Statmount {
    /// Bytes in total, with the strings.
    size: u32,
    mnt_opts: u32,
    /// The fields that were answered, [`WANTED`] bits.
    mask: u64,
    sb_dev_major: u32,
    sb_dev_minor: u32,
    sb_magic: u64,
    sb_flags: u32,
    fs_type: u32,
    mnt_id: u64,
    mnt_parent_id: u64,
    mnt_id_old: u32,
    mnt_parent_id_old: u32,
    mnt_attr: u64,
    mnt_propagation: u64,
    mnt_peer_group: u64,
    mnt_master: u64,
    propagate_from: u64,
    mnt_root: u32,
    mnt_point: u32,
    /// Fields that we do not ask for.
    rest: [u64; 50],
}

const SB_BASIC: u64 = 1 << 0;
const MNT_BASIC: u64 = 1 << 1;
const MNT_ROOT: u64 = 1 << 3;
const MNT_POINT: u64 = 1 << 4;
const FS_TYPE: u64 = 1 << 5;
const MNT_OPTS: u64 = 1 << 7;
const WANTED: u64 = SB_BASIC | MNT_BASIC | MNT_ROOT | MNT_POINT | FS_TYPE;

/// SB_RDONLY of the superblock flags and MOUNT_ATTR_RDONLY of the mount's.
const READ_ONLY: u64 = 1;
/// MOUNT_ATTR_IDMAP of the mount's flags.
const IDMAPPED: u64 = 1 << 20;

/// Bytes for statmount's answer, at first and at most: paths are rarely long, and never this long.
const ANSWER_MIN: usize = 2048;
const ANSWER_MAX: usize = 1 << 20;

/// Reads the kernel's facts about the mount number `id`.
///
/// ENOENT: there is no such mount any more, or it is in another namespace.
pub fn statmount(id: u64) -> io::Result<MountInfo> {
    statmount_in(None, id)
}

/// Reads the facts about a mount in another mount namespace, of which a file as `/proc/1/ns/mnt` is
/// given; the mount point is as seen from the root of that namespace. `None`: as `statmount`.
/// EINVAL before Linux 6.13.
pub fn statmount_in(namespace: Option<BorrowedFd<'_>>, id: u64) -> io::Result<MountInfo> {
    let answer = answer_to(&MountRequest::new(namespace, id, WANTED))?;
    parse_statmount(&answer).ok_or_else(|| ErrorKind::InvalidData.into())
}

/// The options of the filesystem whose mount has this number, with commas between them. Empty before
/// Linux 6.11.
pub fn options(id: u64) -> io::Result<Vec<u8>> {
    let answer = answer_to(&MountRequest::new(None, id, MNT_OPTS))?;
    let options = string_in(&answer, MNT_OPTS, offset_of!(Statmount, mnt_opts));
    options.ok_or_else(|| ErrorKind::InvalidData.into())
}

/// True if the open file `fd` was reached through the mount with this number. Unlike [`mount_id`] this
/// asks nothing of the filesystem: an XFS that has shut down gives EIO (fs/xfs/xfs_iops.c: xfs_vn_getattr).
pub fn is_on(fd: BorrowedFd<'_>, id: u64) -> io::Result<bool> {
    let answer = answer_to(&MountRequest::new(None, id, MNT_BASIC))?;
    let at = offset_of!(Statmount, mnt_id_old);
    let old = answer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    let old = old.map(u32::from_ne_bytes).ok_or(ErrorKind::InvalidData)?;
    let facts = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd()))?;
    let own = facts.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    Ok(own.and_then(|own| own.trim().parse().ok()) == Some(old))
}

fn answer_to(request: &MountRequest) -> io::Result<Vec<u8>> {
    let mut answer = vec![0; ANSWER_MIN];
    loop {
        match raw_statmount(request, &mut answer) {
            Ok(()) => return Ok(answer),
            Err(error)
                if error.raw_os_error() == Some(libc::EOVERFLOW) && answer.len() < ANSWER_MAX =>
            {
                answer.resize(answer.len() * 4, 0);
            }
            Err(error) => return Err(error),
        }
    }
}

fn raw_statmount(request: &MountRequest, answer: &mut [u8]) -> io::Result<()> {
    let (to, len, flags) = (answer.as_mut_ptr(), answer.len(), 0);
    // SAFETY: `request` says its own size and is only read; `answer` is writable for its length.
    check(unsafe { libc::syscall(SYS_STATMOUNT, &raw const *request, to, len, flags) })?;
    Ok(())
}

/// A string of statmount's answer, whose place is told at `field`, empty if it was not answered; `None`
/// if the answer contradicts itself.
fn string_in(answer: &[u8], bit: u64, field: usize) -> Option<Vec<u8>> {
    let u32_at = |at: usize| Some(u32::from_ne_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    let at = offset_of!(Statmount, mask);
    let mask = u64::from_ne_bytes(answer.get(at..at + 8)?.try_into().ok()?);
    if mask & bit == 0 {
        return Some(Vec::new());
    }
    let size = u32_at(offset_of!(Statmount, size))? as usize;
    let strings = answer.get(size_of::<Statmount>()..size)?;
    let bytes = strings.get(u32_at(field)? as usize..)?;
    let end = bytes.iter().position(|&byte| byte == 0)?;
    Some(bytes[..end].to_vec())
}

/// Takes statmount's answer apart; `None` if it contradicts itself.
pub(crate) fn parse_statmount(answer: &[u8]) -> Option<MountInfo> {
    let u32_at = |at: usize| Some(u32::from_ne_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    let u64_at = |at: usize| Some(u64::from_ne_bytes(answer.get(at..at + 8)?.try_into().ok()?));
    let mask = u64_at(offset_of!(Statmount, mask))?;
    let string = |bit, field| string_in(answer, bit, field);
    if mask & (SB_BASIC | MNT_BASIC) != SB_BASIC | MNT_BASIC {
        return None;
    }
    let superblock_flags = u64::from(u32_at(offset_of!(Statmount, sb_flags))?);
    let mount_flags = u64_at(offset_of!(Statmount, mnt_attr))?;
    let major = u32_at(offset_of!(Statmount, sb_dev_major))?;
    let minor = u32_at(offset_of!(Statmount, sb_dev_minor))?;
    Some(MountInfo {
        mount_point: string(MNT_POINT, offset_of!(Statmount, mnt_point))?,
        root: string(MNT_ROOT, offset_of!(Statmount, mnt_root))?,
        fs_type: string(FS_TYPE, offset_of!(Statmount, fs_type))?,
        is_read_only: (superblock_flags | mount_flags) & READ_ONLY != 0,
        is_idmapped: mount_flags & IDMAPPED != 0,
        device: (major, minor),
        parent: u64_at(offset_of!(Statmount, mnt_parent_id))?,
    })
}

/// The numbers of all mounts below the process's root directory, oldest first.
///
/// A mount made or moved meanwhile may be missing.
pub fn listmount() -> io::Result<Vec<u64>> {
    listmount_in(None)
}

/// All mounts below the process's root directory that are still there when they are asked about, oldest first,
/// each with its number.
pub fn all() -> io::Result<impl Iterator<Item = (u64, MountInfo)>> {
    let infos = listmount()?.into_iter();
    Ok(infos.filter_map(|id| Some((id, statmount(id).ok()?))))
}

/// The numbers of all mounts of another mount namespace, given as for [`statmount_in`]; else as
/// `listmount`.
pub fn listmount_in(namespace: Option<BorrowedFd<'_>>) -> io::Result<Vec<u64>> {
    /// Limit of mounts in the list; the kernel's own default is 100,000 (`/proc/sys/fs/mount-max`).
    const MAX: usize = 1 << 20;
    const ROOT: u64 = u64::MAX;
    let mut all = Vec::new();
    let mut page = [0; 256];
    loop {
        let last = all.last().copied().unwrap_or(0);
        let request = MountRequest::new(namespace, ROOT, last);
        let n = raw_listmount(&request, &mut page)?;
        // They come in rising order; anything else would have us ask for ever.
        if page[..n].iter().any(|&id| id <= last) || all.len() > MAX {
            return Err(ErrorKind::InvalidData.into());
        }
        all.extend_from_slice(&page[..n]);
        if n < page.len() {
            return Ok(all);
        }
    }
}

fn raw_listmount(request: &MountRequest, ids: &mut [u64]) -> io::Result<usize> {
    let (to, len, flags): (_, _, c_int) = (ids.as_mut_ptr(), ids.len(), 0);
    // SAFETY: `request` says its own size and is only read; `ids` is writable for its length.
    let n = check(unsafe { libc::syscall(SYS_LISTMOUNT, &raw const *request, to, len, flags) })?;
    usize::try_from(n).ok().filter(|&n| n <= len).ok_or_else(|| ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests;
