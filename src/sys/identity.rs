// SPDX-License-Identifier: LGPL-2.1-or-later
//! Identities of mounted filesystems, as the kernel tells them.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use super::check;

/// Identity of a mounted filesystem, as statfs(2) tells it. Copies of a filesystem may share it.
pub type Fsid = [i32; 2];

/// UUID of a filesystem, which it keeps when it is mounted again. Copies of a filesystem may share it.
pub type FsUuid = [u8; 16];

/// `struct fsuuid2` of `linux/fs.h`.
#[repr(C)]
struct UuidRecord {
    len: u8,
    uuid: FsUuid,
}

/// `FS_IOC_GETFSUUID` of `linux/fs.h`.
const FS_IOC_GETFSUUID: libc::Ioctl = libc::_IOR::<UuidRecord>(0x15, 0);

/// `struct btrfs_ioctl_fs_info_args` of `linux/btrfs.h`, as far as its UUID.
#[repr(C)]
struct BtrfsRecord {
    max_id: u64,
    num_devices: u64,
    fsid: FsUuid,
    more: [u64; 124],
}

/// `BTRFS_IOC_FS_INFO` of `linux/btrfs.h`.
const BTRFS_IOC_FS_INFO: libc::Ioctl = libc::_IOR::<BtrfsRecord>(0x94, 31);

/// The identity of the filesystem, or of the subvolume, that an open file is on.
pub fn fsid(fd: BorrowedFd<'_>) -> io::Result<Fsid> {
    let mut info = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: an open descriptor, and room for the one structure that is written.
    check(unsafe { libc::fstatfs(fd.as_raw_fd(), info.as_mut_ptr()) })?;
    // SAFETY: written, since the call has succeeded.
    let info = unsafe { info.assume_init() };
    const { assert!(size_of::<libc::fsid_t>() == size_of::<Fsid>()) };
    // SAFETY: two integers of 32 bits, of which libc does not show the names; as large, and aligned
    // or not.
    Ok(unsafe { ptr::read_unaligned((&raw const info.f_fsid).cast::<Fsid>()) })
}

/// The UUID of the btrfs that the open directory `dir` is on. It does not pass it on to the rest of the
/// kernel (fs/btrfs/disk-io.c: open_ctree).
pub fn btrfs_uuid(dir: BorrowedFd<'_>) -> io::Result<FsUuid> {
    let mut record = BtrfsRecord { max_id: 0, num_devices: 0, fsid: [0; 16], more: [0; 124] };
    // SAFETY: an open descriptor, and a writable structure of the kind that the request is for.
    check(unsafe { libc::ioctl(dir.as_raw_fd(), BTRFS_IOC_FS_INFO, &raw mut record) })?;
    Ok(record.fsid)
}

/// The UUID of the filesystem that the open directory `dir` is on, as the kernel itself knows it; `None`
/// if it has one of another length.
///
/// ENOTTY: it has none, the kernel is too old (before 6.9), or it is a btrfs: [`btrfs_uuid`].
pub fn uuid(dir: BorrowedFd<'_>) -> io::Result<Option<FsUuid>> {
    let mut record = UuidRecord { len: 0, uuid: [0; 16] };
    // SAFETY: an open descriptor, and a writable structure of the kind that the request is for.
    check(unsafe { libc::ioctl(dir.as_raw_fd(), FS_IOC_GETFSUUID, &raw mut record) })?;
    Ok((usize::from(record.len) == record.uuid.len()).then_some(record.uuid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn a_filesystem_has_an_identity() {
        let dir = File::open("/").unwrap();
        assert_eq!(fsid(dir.as_fd()).unwrap(), fsid(dir.as_fd()).unwrap());
    }

    /// Of /proc there is none, and nothing is made up.
    #[test]
    fn a_filesystem_without_a_uuid_has_none() {
        let proc = File::open("/proc").unwrap();
        assert!(uuid(proc.as_fd()).is_err() && btrfs_uuid(proc.as_fd()).is_err());
        assert_eq!(size_of::<BtrfsRecord>(), 1024);
    }
}
