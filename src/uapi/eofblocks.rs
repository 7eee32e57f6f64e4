// SPDX-License-Identifier: LGPL-2.1-or-later
//! The request to the kernel to finish what it does to inodes in the background.
#![allow(non_camel_case_types)]

use super::{Direction, ioctl};

/// Frees blocks that were allocated ahead of the ends of files, and inodes of deleted files;
/// argument [`xfs_fs_eofblocks`].
pub const XFS_IOC_FREE_EOFBLOCKS: u32 = ioctl::<xfs_fs_eofblocks>(Direction::Read, 58);

/// The only version of [`xfs_fs_eofblocks`].
pub const XFS_EOFBLOCKS_VERSION: u32 = 1;
/// Flag: only files of at least `eof_min_file_size` bytes give blocks back.
pub const XFS_EOF_FLAGS_MINFILESIZE: u32 = 1 << 4;

/// The choice of the files that give blocks back.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_fs_eofblocks {
    /// [`XFS_EOFBLOCKS_VERSION`].
    pub eof_version: u32,
    /// `XFS_EOF_FLAGS_*`.
    pub eof_flags: u32,
    /// User whose files give blocks back, if that is asked for.
    pub eof_uid: u32,
    /// Group whose files give blocks back, if that is asked for.
    pub eof_gid: u32,
    /// Project whose files give blocks back, if that is asked for.
    pub eof_prid: u32,
    /// Must be zero.
    pub pad32: u32,
    /// Least size in bytes of the files that give blocks back, if that is asked for.
    pub eof_min_file_size: u64,
    /// Must be zero.
    pub pad64: [u64; 12],
}
