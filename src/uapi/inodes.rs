// SPDX-License-Identifier: LGPL-2.1-or-later
//! Requests about many inodes at once, or one.
#![allow(non_camel_case_types)]

use std::ffi::{c_long, c_void};

use super::{Direction, ioctl};

/// Reads the attributes of many inodes; argument [`xfs_bulkstat_req`].
pub const XFS_IOC_BULKSTAT: u32 = ioctl::<xfs_bulkstat_req>(Direction::Read, 127);
/// Lists the inodes that are allocated; argument [`xfs_inumbers_req`].
pub const XFS_IOC_INUMBERS: u32 = ioctl::<xfs_inumbers_req>(Direction::Read, 128);

/// Reads the attributes of the one inode that is named; argument [`xfs_fsop_bulkreq`].
pub const XFS_IOC_FSBULKSTAT_SINGLE: u32 = ioctl::<xfs_fsop_bulkreq>(Direction::ReadWrite, 102);

/// Head of a request about many inodes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_bulk_ireq {
    /// Input: the first inode number of interest; output: the number to go on with.
    pub ino: u64,
    /// `XFS_BULK_IREQ_*`.
    pub flags: u32,
    /// Input: number of records that fit behind this head.
    pub icount: u32,
    /// Output: number of records that were written; 0 at the end.
    pub ocount: u32,
    /// Input: the allocation group, with `XFS_BULK_IREQ_AGNO`; else 0.
    pub agno: u32,
    /// Must be zero.
    pub reserved: [u64; 5],
}

/// A request for attributes: the head, then room for `icount` records.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_bulkstat_req {
    /// The head.
    pub hdr: xfs_bulk_ireq,
    /// The records follow.
    pub bulkstat: [xfs_bulkstat; 0],
}

/// A request for allocated inodes: the head, then room for `icount` records.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_inumbers_req {
    /// The head.
    pub hdr: xfs_bulk_ireq,
    /// The records follow.
    pub inumbers: [xfs_inumbers; 0],
}

/// Flag: only inodes of the allocation group `agno`; `ino` 0 means its first.
pub const XFS_BULK_IREQ_AGNO: u32 = 1 << 0;
/// Flag: one inode, that `ino` names by an `XFS_BULK_IREQ_SPECIAL_*`.
pub const XFS_BULK_IREQ_SPECIAL: u32 = 1 << 1;
/// Flag: count extents in `bs_extents64`; without it a file with very many fails with EOVERFLOW.
pub const XFS_BULK_IREQ_NREXT64: u32 = 1 << 2;
/// Flag: also inodes of the metadata directory tree.
pub const XFS_BULK_IREQ_METADIR: u32 = 1 << 3;
/// Mask of all flags.
pub const XFS_BULK_IREQ_FLAGS_ALL: u32 =
    XFS_BULK_IREQ_AGNO | XFS_BULK_IREQ_SPECIAL | XFS_BULK_IREQ_NREXT64 | XFS_BULK_IREQ_METADIR;
/// The special inode number of the root directory.
pub const XFS_BULK_IREQ_SPECIAL_ROOT: u64 = 1;

/// Attributes of one inode.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_bulkstat {
    /// Inode number.
    pub bs_ino: u64,
    /// Size in bytes.
    pub bs_size: u64,
    /// Blocks in use.
    pub bs_blocks: u64,
    /// `FS_XFLAG_*` of `linux/fs.h`.
    pub bs_xflags: u64,
    /// Last access, seconds.
    pub bs_atime: i64,
    /// Last change of the contents, seconds.
    pub bs_mtime: i64,
    /// Last change of the inode, seconds.
    pub bs_ctime: i64,
    /// Creation, seconds.
    pub bs_btime: i64,
    /// Generation.
    pub bs_gen: u32,
    /// Owner.
    pub bs_uid: u32,
    /// Group.
    pub bs_gid: u32,
    /// Project.
    pub bs_projectid: u32,
    /// Nanoseconds of `bs_atime`.
    pub bs_atime_nsec: u32,
    /// Nanoseconds of `bs_mtime`.
    pub bs_mtime_nsec: u32,
    /// Nanoseconds of `bs_ctime`.
    pub bs_ctime_nsec: u32,
    /// Nanoseconds of `bs_btime`.
    pub bs_btime_nsec: u32,
    /// Bytes in a block.
    pub bs_blksize: u32,
    /// Device number of a device file.
    pub bs_rdev: u32,
    /// Copy-on-write extent size hint, blocks.
    pub bs_cowextsize_blks: u32,
    /// Extent size hint, blocks.
    pub bs_extsize_blks: u32,
    /// Link count.
    pub bs_nlink: u32,
    /// Data extents, unless `bs_extents64` was asked for.
    pub bs_extents: u32,
    /// Attribute extents.
    pub bs_aextents: u32,
    /// `XFS_BULKSTAT_VERSION_*`.
    pub bs_version: u16,
    /// Offset of the attribute fork in the inode, bytes.
    pub bs_forkoff: u16,
    /// `XFS_BS_SICK_*`: what is known to be sick.
    pub bs_sick: u16,
    /// `XFS_BS_SICK_*`: what has been looked at.
    pub bs_checked: u16,
    /// File type and permissions.
    pub bs_mode: u16,
    /// Zero.
    pub bs_pad2: u16,
    /// Data extents.
    pub bs_extents64: u64,
    /// Zero.
    pub bs_pad: [u64; 6],
}

/// `bs_version` of the old call.
pub const XFS_BULKSTAT_VERSION_V1: u16 = 1;
/// `bs_version` of `XFS_IOC_BULKSTAT`.
pub const XFS_BULKSTAT_VERSION_V5: u16 = 5;

/// Sick: the inode record.
pub const XFS_BS_SICK_INODE: u32 = 1 << 0;
/// Sick: the data fork mapping.
pub const XFS_BS_SICK_BMBTD: u32 = 1 << 1;
/// Sick: the attribute fork mapping.
pub const XFS_BS_SICK_BMBTA: u32 = 1 << 2;
/// Sick: the copy-on-write fork mapping.
pub const XFS_BS_SICK_BMBTC: u32 = 1 << 3;
/// Sick: the directory's entries.
pub const XFS_BS_SICK_DIR: u32 = 1 << 4;
/// Sick: the extended attributes.
pub const XFS_BS_SICK_XATTR: u32 = 1 << 5;
/// Sick: the symbolic link's target.
pub const XFS_BS_SICK_SYMLINK: u32 = 1 << 6;
/// Sick: the parent pointers.
pub const XFS_BS_SICK_PARENT: u32 = 1 << 7;
/// Sick: the directory's place in the tree.
pub const XFS_BS_SICK_DIRTREE: u32 = 1 << 8;

/// A chunk of 64 inode numbers, and which of them are allocated.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_inumbers {
    /// The first inode number of the chunk.
    pub xi_startino: u64,
    /// Mask of the chunk; bit n: `xi_startino + n` is allocated.
    pub xi_allocmask: u64,
    /// Number of bits that are set in `xi_allocmask`.
    pub xi_alloccount: u8,
    /// `XFS_INUMBERS_VERSION_*`.
    pub xi_version: u8,
    /// Zero.
    pub xi_padding: [u8; 6],
}

/// `xi_version` of the old call.
pub const XFS_INUMBERS_VERSION_V1: u8 = 1;
/// `xi_version` of `XFS_IOC_INUMBERS`.
pub const XFS_INUMBERS_VERSION_V5: u8 = 5;

/// A request of the old calls.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_fsop_bulkreq {
    /// Address where the inode number is, and the last one goes.
    pub lastip: *mut u64,
    /// Number of records that fit into `ubuffer`.
    pub icount: i32,
    /// Address that the records go to.
    pub ubuffer: *mut c_void,
    /// Address that the number of records goes to.
    pub ocount: *mut i32,
}

/// A time in a record of the old calls.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_bstime {
    /// Seconds.
    pub tv_sec: c_long,
    /// Nanoseconds.
    pub tv_nsec: i32,
}

/// Attributes of one inode, as the old calls give them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_bstat {
    /// Inode number.
    pub bs_ino: u64,
    /// File type and permissions.
    pub bs_mode: u16,
    /// Link count, its lower half.
    pub bs_nlink: u16,
    /// Owner.
    pub bs_uid: u32,
    /// Group.
    pub bs_gid: u32,
    /// Device number of a device file.
    pub bs_rdev: u32,
    /// Bytes in a block.
    pub bs_blksize: i32,
    /// Size in bytes.
    pub bs_size: i64,
    /// Last access.
    pub bs_atime: xfs_bstime,
    /// Last change of the contents.
    pub bs_mtime: xfs_bstime,
    /// Last change of the inode.
    pub bs_ctime: xfs_bstime,
    /// Blocks in use.
    pub bs_blocks: i64,
    /// `FS_XFLAG_*` of `linux/fs.h`.
    pub bs_xflags: u32,
    /// Extent size hint, bytes.
    pub bs_extsize: i32,
    /// Data extents.
    pub bs_extents: i32,
    /// Generation.
    pub bs_gen: u32,
    /// Project, its lower half.
    pub bs_projid_lo: u16,
    /// Offset of the attribute fork in the inode, bytes.
    pub bs_forkoff: u16,
    /// Project, its upper half.
    pub bs_projid_hi: u16,
    /// `XFS_BS_SICK_*`: what is known to be sick.
    pub bs_sick: u16,
    /// `XFS_BS_SICK_*`: what has been looked at.
    pub bs_checked: u16,
    /// Zero.
    pub bs_pad: [u8; 2],
    /// Copy-on-write extent size hint, blocks.
    pub bs_cowextsize: u32,
    /// Zero.
    pub bs_dmevmask: u32,
    /// Zero.
    pub bs_dmstate: u16,
    /// Attribute extents.
    pub bs_aextents: u16,
}
