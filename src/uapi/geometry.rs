// SPDX-License-Identifier: LGPL-2.1-or-later
//! The layout of a filesystem, its features, and its metadata that is remembered as sick.
#![allow(non_camel_case_types)]

use super::{Direction, ioctl};

/// Reads the geometry of the filesystem; argument [`xfs_fsop_geom`].
pub const XFS_IOC_FSGEOMETRY: u32 = ioctl::<xfs_fsop_geom>(Direction::Read, 126);
/// Reads the facts of an allocation group; argument [`xfs_ag_geometry`].
pub const XFS_IOC_AG_GEOMETRY: u32 = ioctl::<xfs_ag_geometry>(Direction::ReadWrite, 61);
/// Reads the facts of a realtime group; argument [`xfs_rtgroup_geometry`]; EINVAL without metadir.
pub const XFS_IOC_RTGROUP_GEOMETRY: u32 = ioctl::<xfs_rtgroup_geometry>(Direction::ReadWrite, 65);

/// The filesystem as a whole. A "block" is a filesystem block of `blocksize` bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_fsop_geom {
    /// Bytes in a block.
    pub blocksize: u32,
    /// Blocks in a realtime extent.
    pub rtextsize: u32,
    /// Blocks in an allocation group; the last may be shorter.
    pub agblocks: u32,
    /// Number of allocation groups.
    pub agcount: u32,
    /// Blocks in the log.
    pub logblocks: u32,
    /// Bytes in a sector of the data device.
    pub sectsize: u32,
    /// Bytes in an inode.
    pub inodesize: u32,
    /// Percentage of the space that inodes may take.
    pub imaxpct: u32,
    /// Blocks of the data section.
    pub datablocks: u64,
    /// Blocks of the realtime section.
    pub rtblocks: u64,
    /// Number of realtime extents.
    pub rtextents: u64,
    /// First block of an internal log; 0 for an external one.
    pub logstart: u64,
    /// The filesystem's UUID.
    pub uuid: [u8; 16],
    /// Stripe unit in blocks.
    pub sunit: u32,
    /// Stripe width in blocks.
    pub swidth: u32,
    /// `XFS_FSOP_GEOM_VERSION_*`.
    pub version: i32,
    /// `XFS_FSOP_GEOM_FLAGS_*`.
    pub flags: u32,
    /// Bytes in a sector of the log device.
    pub logsectsize: u32,
    /// Bytes in a sector of the realtime device.
    pub rtsectsize: u32,
    /// Bytes in a directory block.
    pub dirblocksize: u32,
    /// Stripe unit of the log in bytes.
    pub logsunit: u32,
    /// `XFS_FSOP_GEOM_SICK_*`: what is known to be sick.
    pub sick: u32,
    /// `XFS_FSOP_GEOM_SICK_*`: what has been looked at.
    pub checked: u32,
    /// Realtime extents in a realtime group.
    pub rgextents: u32,
    /// Number of realtime groups.
    pub rgcount: u32,
    /// First block of an internal realtime section.
    pub rtstart: u64,
    /// Blocks that a zoned realtime section keeps back.
    pub rtreserved: u64,
    /// Zero.
    pub reserved: [u64; 14],
}

/// Version of the answer that kernels before 5.2 give, which has no `sick`.
pub const XFS_FSOP_GEOM_VERSION: i32 = 0;
/// Version of the answer that has `sick`.
pub const XFS_FSOP_GEOM_VERSION_V5: i32 = 5;

/// Feature: extended attributes in use.
pub const XFS_FSOP_GEOM_FLAGS_ATTR: u32 = 1 << 0;
/// Feature: 32-bit link counts.
pub const XFS_FSOP_GEOM_FLAGS_NLINK: u32 = 1 << 1;
/// Feature: quotas enabled.
pub const XFS_FSOP_GEOM_FLAGS_QUOTA: u32 = 1 << 2;
/// Feature: aligned inode clusters.
pub const XFS_FSOP_GEOM_FLAGS_IALIGN: u32 = 1 << 3;
/// Feature: aligned to a stripe.
pub const XFS_FSOP_GEOM_FLAGS_DALIGN: u32 = 1 << 4;
/// Feature: shared, read-only.
pub const XFS_FSOP_GEOM_FLAGS_SHARED: u32 = 1 << 5;
/// Feature: extents can be marked unwritten.
pub const XFS_FSOP_GEOM_FLAGS_EXTFLG: u32 = 1 << 6;
/// Feature: directory format 2.
pub const XFS_FSOP_GEOM_FLAGS_DIRV2: u32 = 1 << 7;
/// Feature: log format 2.
pub const XFS_FSOP_GEOM_FLAGS_LOGV2: u32 = 1 << 8;
/// Feature: sectors larger than 512 bytes.
pub const XFS_FSOP_GEOM_FLAGS_SECTOR: u32 = 1 << 9;
/// Feature: attribute format 2.
pub const XFS_FSOP_GEOM_FLAGS_ATTR2: u32 = 1 << 10;
/// Feature: 32-bit project ids.
pub const XFS_FSOP_GEOM_FLAGS_PROJID32: u32 = 1 << 11;
/// Feature: names compare without case (ASCII only).
pub const XFS_FSOP_GEOM_FLAGS_DIRV2CI: u32 = 1 << 12;
/// Feature: summary counters kept lazily.
pub const XFS_FSOP_GEOM_FLAGS_LAZYSB: u32 = 1 << 14;
/// Feature: superblock version 5: checksums.
pub const XFS_FSOP_GEOM_FLAGS_V5SB: u32 = 1 << 15;
/// Feature: directory entries tell the file type.
pub const XFS_FSOP_GEOM_FLAGS_FTYPE: u32 = 1 << 16;
/// Feature: btree of free inodes.
pub const XFS_FSOP_GEOM_FLAGS_FINOBT: u32 = 1 << 17;
/// Feature: sparse inode chunks.
pub const XFS_FSOP_GEOM_FLAGS_SPINODES: u32 = 1 << 18;
/// Feature: reverse mapping btree.
pub const XFS_FSOP_GEOM_FLAGS_RMAPBT: u32 = 1 << 19;
/// Feature: blocks can be shared.
pub const XFS_FSOP_GEOM_FLAGS_REFLINK: u32 = 1 << 20;
/// Feature: times beyond 2038.
pub const XFS_FSOP_GEOM_FLAGS_BIGTIME: u32 = 1 << 21;
/// Feature: inode btrees count their blocks.
pub const XFS_FSOP_GEOM_FLAGS_INOBTCNT: u32 = 1 << 22;
/// Feature: 64-bit extent counts.
pub const XFS_FSOP_GEOM_FLAGS_NREXT64: u32 = 1 << 23;
/// Feature: contents of two files can be exchanged; directory, attribute and symlink repair need
/// it.
pub const XFS_FSOP_GEOM_FLAGS_EXCHANGE_RANGE: u32 = 1 << 24;
/// Feature: parent pointers.
pub const XFS_FSOP_GEOM_FLAGS_PARENT: u32 = 1 << 25;
/// Feature: metadata files have a directory tree.
pub const XFS_FSOP_GEOM_FLAGS_METADIR: u32 = 1 << 26;
/// Feature: zoned realtime device.
pub const XFS_FSOP_GEOM_FLAGS_ZONED: u32 = 1 << 27;

/// Sick: the summary counters.
pub const XFS_FSOP_GEOM_SICK_COUNTERS: u32 = 1 << 0;
/// Sick: user quotas.
pub const XFS_FSOP_GEOM_SICK_UQUOTA: u32 = 1 << 1;
/// Sick: group quotas.
pub const XFS_FSOP_GEOM_SICK_GQUOTA: u32 = 1 << 2;
/// Sick: project quotas.
pub const XFS_FSOP_GEOM_SICK_PQUOTA: u32 = 1 << 3;
/// Sick: the realtime bitmap of any group.
pub const XFS_FSOP_GEOM_SICK_RT_BITMAP: u32 = 1 << 4;
/// Sick: the realtime summary of any group.
pub const XFS_FSOP_GEOM_SICK_RT_SUMMARY: u32 = 1 << 5;
/// Sick: the usage that quotas count.
pub const XFS_FSOP_GEOM_SICK_QUOTACHECK: u32 = 1 << 6;
/// Sick: link counts.
pub const XFS_FSOP_GEOM_SICK_NLINKS: u32 = 1 << 7;
/// Sick: the metadata directory tree.
pub const XFS_FSOP_GEOM_SICK_METADIR: u32 = 1 << 8;
/// Sick: the path of a metadata file.
pub const XFS_FSOP_GEOM_SICK_METAPATH: u32 = 1 << 9;

/// Geometry of an allocation group.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_ag_geometry {
    /// Input: number of the group, from 0.
    pub ag_number: u32,
    /// Length of the group in blocks.
    pub ag_length: u32,
    /// Free blocks.
    pub ag_freeblks: u32,
    /// Inodes allocated.
    pub ag_icount: u32,
    /// Inodes allocated and free.
    pub ag_ifree: u32,
    /// `XFS_AG_GEOM_SICK_*`: what is known to be sick.
    pub ag_sick: u32,
    /// `XFS_AG_GEOM_SICK_*`: what has been looked at.
    pub ag_checked: u32,
    /// Must be zero.
    pub ag_flags: u32,
    /// Zero.
    pub ag_reserved: [u64; 12],
}

/// Sick: the superblock copy.
pub const XFS_AG_GEOM_SICK_SB: u32 = 1 << 0;
/// Sick: the free space header.
pub const XFS_AG_GEOM_SICK_AGF: u32 = 1 << 1;
/// Sick: the free list.
pub const XFS_AG_GEOM_SICK_AGFL: u32 = 1 << 2;
/// Sick: the inode header.
pub const XFS_AG_GEOM_SICK_AGI: u32 = 1 << 3;
/// Sick: free space by block.
pub const XFS_AG_GEOM_SICK_BNOBT: u32 = 1 << 4;
/// Sick: free space by length.
pub const XFS_AG_GEOM_SICK_CNTBT: u32 = 1 << 5;
/// Sick: the inode btree.
pub const XFS_AG_GEOM_SICK_INOBT: u32 = 1 << 6;
/// Sick: the free inode btree.
pub const XFS_AG_GEOM_SICK_FINOBT: u32 = 1 << 7;
/// Sick: the reverse mappings.
pub const XFS_AG_GEOM_SICK_RMAPBT: u32 = 1 << 8;
/// Sick: the reference counts.
pub const XFS_AG_GEOM_SICK_REFCNTBT: u32 = 1 << 9;
/// Sick: some inode whose own state is no longer remembered.
pub const XFS_AG_GEOM_SICK_INODES: u32 = 1 << 10;

/// Geometry of a realtime group.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_rtgroup_geometry {
    /// Input: number of the group, from 0.
    pub rg_number: u32,
    /// Length of the group in blocks.
    pub rg_length: u32,
    /// `XFS_RTGROUP_GEOM_SICK_*`: what is known to be sick.
    pub rg_sick: u32,
    /// `XFS_RTGROUP_GEOM_SICK_*`: what has been looked at.
    pub rg_checked: u32,
    /// Input: zero; output: `XFS_RTGROUP_GEOM_WRITEPOINTER`.
    pub rg_flags: u32,
    /// Write pointer of a zone: where the next block is written.
    pub rg_writepointer: u32,
    /// Zero.
    pub rg_reserved: [u32; 26],
}

/// Sick: the superblock.
pub const XFS_RTGROUP_GEOM_SICK_SUPER: u32 = 1 << 0;
/// Sick: the free space bitmap.
pub const XFS_RTGROUP_GEOM_SICK_BITMAP: u32 = 1 << 1;
/// Sick: the free space summary.
pub const XFS_RTGROUP_GEOM_SICK_SUMMARY: u32 = 1 << 2;
/// Sick: the reverse mappings.
pub const XFS_RTGROUP_GEOM_SICK_RMAPBT: u32 = 1 << 3;
/// Sick: the reference counts.
pub const XFS_RTGROUP_GEOM_SICK_REFCNTBT: u32 = 1 << 4;
/// Flag: `rg_writepointer` is set.
pub const XFS_RTGROUP_GEOM_WRITEPOINTER: u32 = 1 << 0;
