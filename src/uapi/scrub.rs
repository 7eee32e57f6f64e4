// SPDX-License-Identifier: LGPL-2.1-or-later
//! Scrub and repair of one structure.
#![allow(non_camel_case_types)]

use super::{Direction, ioctl};

/// Checks or repairs one structure; argument [`xfs_scrub_metadata`].
pub const XFS_IOC_SCRUB_METADATA: u32 = ioctl::<xfs_scrub_metadata>(Direction::ReadWrite, 60);
/// Several checks of one object in one call; argument [`xfs_scrub_vec_head`].
pub const XFS_IOC_SCRUBV_METADATA: u32 = ioctl::<xfs_scrub_vec_head>(Direction::ReadWrite, 64);

/// The check or repair to make, and the answer.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_scrub_metadata {
    /// `XFS_SCRUB_TYPE_*`.
    pub sm_type: u32,
    /// `XFS_SCRUB_IFLAG_*` in, `XFS_SCRUB_OFLAG_*` out.
    pub sm_flags: u32,
    /// Inode number for file types, 0 being the called file itself; selector for METAPATH; else 0.
    pub sm_ino: u64,
    /// Inode generation, checked against the inode unless that cannot be loaded.
    pub sm_gen: u32,
    /// Number of the allocation group or realtime group; else 0.
    pub sm_agno: u32,
    /// Must be zero.
    pub sm_reserved: [u64; 5],
}

/// A check in a vector of several.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_scrub_vec {
    /// `XFS_SCRUB_TYPE_*`.
    pub sv_type: u32,
    /// `XFS_SCRUB_IFLAG_*` in, `XFS_SCRUB_OFLAG_*` out; of a barrier, what stops there.
    pub sv_flags: u32,
    /// 0 or a negative errno; left alone when never reached.
    pub sv_ret: i32,
    /// Must be zero.
    pub sv_reserved: u32,
}

/// The object of several checks.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_scrub_vec_head {
    /// Inode number or selector, as [`xfs_scrub_metadata::sm_ino`].
    pub svh_ino: u64,
    /// Inode generation, as [`xfs_scrub_metadata::sm_gen`].
    pub svh_gen: u32,
    /// Number of the group, as [`xfs_scrub_metadata::sm_agno`].
    pub svh_agno: u32,
    /// `XFS_SCRUB_VEC_FLAGS_*`: none exist.
    pub svh_flags: u32,
    /// Microseconds to rest between two checks.
    pub svh_rest_us: u16,
    /// Number of checks.
    pub svh_nr: u16,
    /// Must be zero.
    pub svh_reserved: u64,
    /// Address of `svh_nr` times [`xfs_scrub_vec`].
    pub svh_vectors: u64,
}

/// Checks nothing; tells whether scrub, or with the repair flag repair, works here.
pub const XFS_SCRUB_TYPE_PROBE: u32 = 0;
/// An AG's copy of the superblock.
pub const XFS_SCRUB_TYPE_SB: u32 = 1;
/// An AG's free space header.
pub const XFS_SCRUB_TYPE_AGF: u32 = 2;
/// An AG's list of blocks reserved for its btrees.
pub const XFS_SCRUB_TYPE_AGFL: u32 = 3;
/// An AG's inode header.
pub const XFS_SCRUB_TYPE_AGI: u32 = 4;
/// An AG's free space by block number.
pub const XFS_SCRUB_TYPE_BNOBT: u32 = 5;
/// An AG's free space by length.
pub const XFS_SCRUB_TYPE_CNTBT: u32 = 6;
/// An AG's inode btree.
pub const XFS_SCRUB_TYPE_INOBT: u32 = 7;
/// An AG's btree of free inodes.
pub const XFS_SCRUB_TYPE_FINOBT: u32 = 8;
/// An AG's reverse mappings: which block has which owner.
pub const XFS_SCRUB_TYPE_RMAPBT: u32 = 9;
/// An AG's reference counts of shared blocks.
pub const XFS_SCRUB_TYPE_REFCNTBT: u32 = 10;
/// A file's inode record.
pub const XFS_SCRUB_TYPE_INODE: u32 = 11;
/// A file's data fork mapping.
pub const XFS_SCRUB_TYPE_BMBTD: u32 = 12;
/// A file's attribute fork mapping.
pub const XFS_SCRUB_TYPE_BMBTA: u32 = 13;
/// A file's copy-on-write fork mapping.
pub const XFS_SCRUB_TYPE_BMBTC: u32 = 14;
/// A directory's entries.
pub const XFS_SCRUB_TYPE_DIR: u32 = 15;
/// A file's extended attributes.
pub const XFS_SCRUB_TYPE_XATTR: u32 = 16;
/// A symbolic link's target.
pub const XFS_SCRUB_TYPE_SYMLINK: u32 = 17;
/// A file's parent pointers.
pub const XFS_SCRUB_TYPE_PARENT: u32 = 18;
/// The realtime free space bitmap.
pub const XFS_SCRUB_TYPE_RTBITMAP: u32 = 19;
/// The realtime free space summary.
pub const XFS_SCRUB_TYPE_RTSUM: u32 = 20;
/// User quotas.
pub const XFS_SCRUB_TYPE_UQUOTA: u32 = 21;
/// Group quotas.
pub const XFS_SCRUB_TYPE_GQUOTA: u32 = 22;
/// Project quotas.
pub const XFS_SCRUB_TYPE_PQUOTA: u32 = 23;
/// The filesystem's summary counters.
pub const XFS_SCRUB_TYPE_FSCOUNTERS: u32 = 24;
/// The usage that the quotas count, compared with all files.
pub const XFS_SCRUB_TYPE_QUOTACHECK: u32 = 25;
/// Link counts of all files.
pub const XFS_SCRUB_TYPE_NLINKS: u32 = 26;
/// The check that nothing is known to be sick. With repair: forget indirect evidence.
pub const XFS_SCRUB_TYPE_HEALTHY: u32 = 27;
/// A directory's place in the tree: one way up, no loops.
pub const XFS_SCRUB_TYPE_DIRTREE: u32 = 28;
/// The path of a metadata file; `sm_ino` holds an `XFS_SCRUB_METAPATH_*`.
pub const XFS_SCRUB_TYPE_METAPATH: u32 = 29;
/// A realtime group's superblock.
pub const XFS_SCRUB_TYPE_RGSUPER: u32 = 30;
/// A realtime group's reverse mappings.
pub const XFS_SCRUB_TYPE_RTRMAPBT: u32 = 31;
/// A realtime group's reference counts.
pub const XFS_SCRUB_TYPE_RTREFCBT: u32 = 32;
/// Number of scrub types.
pub const XFS_SCRUB_TYPE_NR: u32 = 33;
/// Barrier in a vector: stop here if an earlier check failed or set one of `sv_flags`.
pub const XFS_SCRUB_TYPE_BARRIER: u32 = 0xffff_ffff;

/// Input flag: repair what is found damaged.
pub const XFS_SCRUB_IFLAG_REPAIR: u32 = 1 << 0;
/// Output flag: damaged; after a repair: still damaged.
pub const XFS_SCRUB_OFLAG_CORRUPT: u32 = 1 << 1;
/// Output flag: correct, but could be better laid out.
pub const XFS_SCRUB_OFLAG_PREEN: u32 = 1 << 2;
/// Output flag: could not be compared with another structure.
pub const XFS_SCRUB_OFLAG_XFAIL: u32 = 1 << 3;
/// Output flag: contradicts another structure.
pub const XFS_SCRUB_OFLAG_XCORRUPT: u32 = 1 << 4;
/// Output flag: not everything was looked at.
pub const XFS_SCRUB_OFLAG_INCOMPLETE: u32 = 1 << 5;
/// Output flag: strange, but not damaged.
pub const XFS_SCRUB_OFLAG_WARNING: u32 = 1 << 6;
/// Output flag: a repair was asked for and nothing had to be done.
pub const XFS_SCRUB_OFLAG_NO_REPAIR_NEEDED: u32 = 1 << 7;
/// Input flag: rebuild even what is not damaged.
pub const XFS_SCRUB_IFLAG_FORCE_REBUILD: u32 = 1 << 8;
/// Mask of all flags that may go in.
pub const XFS_SCRUB_FLAGS_IN: u32 = XFS_SCRUB_IFLAG_REPAIR | XFS_SCRUB_IFLAG_FORCE_REBUILD;
/// Mask of all flags that may come out.
pub const XFS_SCRUB_FLAGS_OUT: u32 = XFS_SCRUB_OFLAG_CORRUPT
    | XFS_SCRUB_OFLAG_PREEN
    | XFS_SCRUB_OFLAG_XFAIL
    | XFS_SCRUB_OFLAG_XCORRUPT
    | XFS_SCRUB_OFLAG_INCOMPLETE
    | XFS_SCRUB_OFLAG_WARNING
    | XFS_SCRUB_OFLAG_NO_REPAIR_NEEDED;
/// Mask of all flags.
pub const XFS_SCRUB_FLAGS_ALL: u32 = XFS_SCRUB_FLAGS_IN | XFS_SCRUB_FLAGS_OUT;
/// Mask of all flags of a vector's head: none.
pub const XFS_SCRUB_VEC_FLAGS_ALL: u32 = 0;

/// Selector to probe if the METAPATH scrub type is there at all.
pub const XFS_SCRUB_METAPATH_PROBE: u64 = 0;
/// The directory of realtime group files.
pub const XFS_SCRUB_METAPATH_RTDIR: u64 = 1;
/// A realtime group's bitmap file.
pub const XFS_SCRUB_METAPATH_RTBITMAP: u64 = 2;
/// A realtime group's summary file.
pub const XFS_SCRUB_METAPATH_RTSUMMARY: u64 = 3;
/// The directory of quota files.
pub const XFS_SCRUB_METAPATH_QUOTADIR: u64 = 4;
/// The user quota file.
pub const XFS_SCRUB_METAPATH_USRQUOTA: u64 = 5;
/// The group quota file.
pub const XFS_SCRUB_METAPATH_GRPQUOTA: u64 = 6;
/// The project quota file.
pub const XFS_SCRUB_METAPATH_PRJQUOTA: u64 = 7;
/// A realtime group's reverse mapping file.
pub const XFS_SCRUB_METAPATH_RTRMAPBT: u64 = 8;
/// A realtime group's reference count file.
pub const XFS_SCRUB_METAPATH_RTREFCOUNTBT: u64 = 9;
/// Number of selectors for METAPATH.
pub const XFS_SCRUB_METAPATH_NR: u64 = 10;
