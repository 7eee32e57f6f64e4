// SPDX-License-Identifier: LGPL-2.1-or-later
//! Having the kernel finish what it does to inodes in the background.
#![allow(non_camel_case_types)]

use super::{Direction, ioctl};

/// Frees blocks that were allocated ahead of the ends of files, and inodes of deleted files; argument
/// [`xfs_fs_eofblocks`].
pub const XFS_IOC_FREE_EOFBLOCKS: u32 = ioctl::<xfs_fs_eofblocks>(Direction::Read, 58);

/// The only version of [`xfs_fs_eofblocks`].
pub const XFS_EOFBLOCKS_VERSION: u32 = 1;
/// Only files of at least `eof_min_file_size` bytes give blocks back.
pub const XFS_EOF_FLAGS_MINFILESIZE: u32 = 1 << 4;

/// Which files give blocks back.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_fs_eofblocks {
    /// [`XFS_EOFBLOCKS_VERSION`].
    pub eof_version: u32,
    /// `XFS_EOF_FLAGS_*`.
    pub eof_flags: u32,
    /// Those of this user, if that is asked for.
    pub eof_uid: u32,
    /// Those of this group, if that is asked for.
    pub eof_gid: u32,
    /// Those of this project, if that is asked for.
    pub eof_prid: u32,
    /// Must be zero.
    pub pad32: u32,
    /// Those of at least so many bytes, if that is asked for.
    pub eof_min_file_size: u64,
    /// Must be zero.
    pub pad64: [u64; 12],
}
