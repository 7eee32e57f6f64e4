// SPDX-License-Identifier: LGPL-2.1-or-later
//! The layout and the features of the filesystem.

use crate::plan::InodeNumbers;
use crate::sys::xfs;
use crate::uapi::*;
use std::io;
use std::os::fd::BorrowedFd;

/// The filesystem's facts that decide what can be repaired, and the metadata that was remembered as
/// sick when they were read.
#[derive(Clone, Copy, Debug)]
pub struct Geometry(xfs_fsop_geom);

#[cfg(any(test, fuzzing))]
impl From<xfs_fsop_geom> for Geometry {
    fn from(geometry: xfs_fsop_geom) -> Geometry {
        Geometry(geometry)
    }
}

impl Geometry {
    /// Reads the facts of the filesystem of the open file `fd`; ENOTTY if that is not XFS.
    pub fn read(fd: BorrowedFd<'_>) -> io::Result<Self> {
        xfs::geometry(fd).map(Self)
    }

    /// The UUID that users know the filesystem by.
    pub fn uuid(&self) -> [u8; 16] {
        self.0.uuid
    }

    /// The number of allocation groups.
    pub fn ag_count(&self) -> u32 {
        self.0.agcount
    }

    /// The number of realtime groups; without metadir none can be asked about.
    pub fn rtgroup_count(&self) -> u32 {
        self.0.rgcount
    }

    /// True if there is a realtime section.
    pub fn has_realtime(&self) -> bool {
        self.0.rtblocks > 0
    }

    /// Metadata of the filesystem as a whole that is remembered as sick: `XFS_FSOP_GEOM_SICK_*`.
    pub fn sick(&self) -> u32 {
        self.0.sick
    }

    /// True if there are reverse mappings, which most repairs of space metadata read.
    pub fn has_rmapbt(&self) -> bool {
        self.has(XFS_FSOP_GEOM_FLAGS_RMAPBT)
    }

    /// True if there are parent pointers, which directory repairs and paths come from.
    pub fn has_parent(&self) -> bool {
        self.has(XFS_FSOP_GEOM_FLAGS_PARENT)
    }

    /// True if metadata files have a directory tree.
    pub fn has_metadir(&self) -> bool {
        self.has(XFS_FSOP_GEOM_FLAGS_METADIR)
    }

    fn has(&self, flag: u32) -> bool {
        self.0.flags & flag != 0
    }

    /// True if metadata has checksums (version 5).
    pub fn has_checksums(&self) -> bool {
        self.has(XFS_FSOP_GEOM_FLAGS_V5SB)
    }

    /// Bits by which an inode number is shifted to the right to give its allocation group.
    pub fn agno_shift(&self) -> u32 {
        // An inode number is the AG's number, the block in it and the inode in that, each in as
        // many bits as it takes.
        let inodes_per_block = (self.0.blocksize / self.0.inodesize.max(1)).max(1);
        let block_bits = u64::from(self.0.agblocks).next_power_of_two().ilog2();
        block_bits + inodes_per_block.ilog2()
    }

    /// The way in which inode numbers are made.
    pub(crate) fn inode_numbers(&self) -> InodeNumbers {
        InodeNumbers::new(self.agno_shift())
    }

    /// True if an allocation group of full size has an inode of this number.
    pub fn has_agino(&self, agino: u32) -> bool {
        let bytes = u64::from(agino) * u64::from(self.0.inodesize);
        bytes < u64::from(self.0.agblocks) * u64::from(self.0.blocksize)
    }

    /// Offset of an inode on the data device, in bytes.
    pub fn inode_at(&self, ino: u64) -> u64 {
        // Inodes fill a block, and blocks the group, without gaps.
        let numbers = self.inode_numbers();
        let in_group = numbers.agino(ino).saturating_mul(self.0.inodesize.into());
        let group = numbers.agno(ino).map_or(u64::MAX, |agno| self.group_at(agno));
        group.saturating_add(in_group)
    }

    /// Offset of the inode header of an allocation group on the data device, in bytes.
    pub fn agi_at(&self, agno: u32) -> u64 {
        self.group_at(agno).saturating_add(2 * u64::from(self.0.sectsize))
    }

    /// The allocation group at an offset of the data device, and the offset within it, in bytes.
    pub fn group_of(&self, at: u64) -> (u32, u64) {
        let bytes = self.group_bytes().max(1);
        (u32::try_from(at / bytes).unwrap_or(u32::MAX), at % bytes)
    }

    /// True if the realtime section is a part of the data device.
    pub fn has_internal_realtime(&self) -> bool {
        self.0.rtstart > 0
    }

    fn group_at(&self, agno: u32) -> u64 {
        u64::from(agno).saturating_mul(self.group_bytes())
    }

    fn group_bytes(&self) -> u64 {
        u64::from(self.0.agblocks) * u64::from(self.0.blocksize)
    }

    /// Bytes in an inode.
    pub fn inode_bytes(&self) -> usize {
        self.0.inodesize as usize
    }

    /// Bytes in a sector of the data device.
    pub fn sector_bytes(&self) -> usize {
        self.0.sectsize as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    fn geometry(blocksize: u32, inodesize: u32, agblocks: u32) -> Geometry {
        Geometry(xfs_fsop_geom { blocksize, inodesize, agblocks, ..Default::default() })
    }

    #[test]
    fn the_group_is_what_remains_above_block_and_inode_bits() {
        // As mkfs.xfs makes 300 MB: 19200 blocks take 15 bits, 8 inodes 3.
        let small = geometry(4096, 512, 19_200);
        assert_eq!(small.agno_shift(), 18);
        // A power of two takes no bit more.
        assert_eq!(geometry(4096, 512, 1 << 15).agno_shift(), 18);
    }

    #[test]
    fn a_place_of_the_device_is_in_a_group() {
        let small = geometry(4096, 512, 10);
        assert_eq!(small.group_of(0), (0, 0));
        assert_eq!(small.group_of(3 * 40_960 + 512), (3, 512));
        assert_eq!(geometry(0, 0, 0).group_of(u64::MAX).0, u32::MAX);
    }

    #[test]
    fn a_realtime_section_has_blocks() {
        assert!(!geometry(4096, 512, 19_200).has_realtime());
        assert!(Geometry(xfs_fsop_geom { rtblocks: 1, ..Default::default() }).has_realtime());
    }

    #[test]
    fn features_are_told_by_flags() {
        let flags = XFS_FSOP_GEOM_FLAGS_RMAPBT | XFS_FSOP_GEOM_FLAGS_PARENT;
        let some = Geometry(xfs_fsop_geom { flags, ..Default::default() });
        assert!(some.has_rmapbt() && some.has_parent());
        assert!(!some.has_metadir());
    }

    proptest! {
        #[test]
        fn no_geometry_is_too_strange(blocksize: u32, inodesize: u32, agblocks: u32) {
            prop_assert!(geometry(blocksize, inodesize, agblocks).agno_shift() < u64::BITS);
        }
    }
}
