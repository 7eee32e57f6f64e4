// SPDX-License-Identifier: LGPL-2.1-or-later
//! The question to whom ranges of a device belong. The call is that of `linux/fsmap.h`, the owners
//! are those of `xfs/xfs_fs.h`.
#![allow(non_camel_case_types)]

use super::{Direction, ioctl};

/// Lists the owners of ranges of the devices; argument [`fsmap_head`].
pub const FS_IOC_GETFSMAP: u32 = ioctl::<fsmap_head>(Direction::ReadWrite, 59);

/// A range of a device, and its owner.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct fsmap {
    /// Device: its number in the kernel's 32-bit encoding, or a number that means one within the
    /// filesystem only.
    pub fmr_device: u32,
    /// `FMR_OF_*`.
    pub fmr_flags: u32,
    /// Start on the device, in bytes.
    pub fmr_physical: u64,
    /// Inode number, or `XFS_FMR_OWN_*` with the flag `FMR_OF_SPECIAL_OWNER`.
    pub fmr_owner: u64,
    /// Start in the file, in bytes.
    pub fmr_offset: u64,
    /// Length in bytes.
    pub fmr_length: u64,
    /// Must be zero.
    pub fmr_reserved: [u64; 3],
}

/// Head of a request for owners; as many ranges as `fmh_count` says follow it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct fsmap_head {
    /// Must be zero.
    pub fmh_iflags: u32,
    /// `FMH_OF_*`.
    pub fmh_oflags: u32,
    /// Number of ranges that there is room for.
    pub fmh_count: u32,
    /// Number of ranges in the answer.
    pub fmh_entries: u32,
    /// Must be zero.
    pub fmh_reserved: [u64; 6],
    /// The lowest and the highest range that is asked about.
    pub fmh_keys: [fsmap; 2],
    /// The ranges of the answer.
    pub fmh_recs: [fsmap; 0],
}

/// Flag of an answer: `fmr_device` is a device number.
pub const FMH_OF_DEV_T: u32 = 0x1;

/// Flag of a range: preallocated, never written.
pub const FMR_OF_PREALLOC: u32 = 0x1;
/// Flag of a range: in the attribute fork of its file.
pub const FMR_OF_ATTR_FORK: u32 = 0x2;
/// Flag of a range: holds mappings of its file.
pub const FMR_OF_EXTENT_MAP: u32 = 0x4;
/// Flag of a range: shared with another file.
pub const FMR_OF_SHARED: u32 = 0x8;
/// Flag of a range: the owner is no file.
pub const FMR_OF_SPECIAL_OWNER: u32 = 0x10;
/// Flag of a range: the last of the filesystem.
pub const FMR_OF_LAST: u32 = 0x20;

/// Owner: nobody.
pub const XFS_FMR_OWN_FREE: u64 = 1;
/// Owner: not known, as without reverse mappings.
pub const XFS_FMR_OWN_UNKNOWN: u64 = 2;
/// Owner: what lies at a fixed place, superblocks and the headers of AGs.
pub const XFS_FMR_OWN_FS: u64 = own(1);
/// Owner: the log.
pub const XFS_FMR_OWN_LOG: u64 = own(2);
/// Owner: an AG's btrees of free space and reverse mappings, and the blocks reserved for them.
pub const XFS_FMR_OWN_AG: u64 = own(3);
/// Owner: an AG's btrees of inodes.
pub const XFS_FMR_OWN_INOBT: u64 = own(4);
/// Owner: inodes.
pub const XFS_FMR_OWN_INODES: u64 = own(5);
/// Owner: an AG's btree of reference counts.
pub const XFS_FMR_OWN_REFC: u64 = own(6);
/// Owner: space that is kept for copies on write.
pub const XFS_FMR_OWN_COW: u64 = own(7);
/// Owner: known bad blocks.
pub const XFS_FMR_OWN_DEFECTIVE: u64 = own(8);

/// The number of an owner that only XFS has.
const fn own(code: u32) -> u64 {
    (b'X' as u64) << 32 | code as u64
}
