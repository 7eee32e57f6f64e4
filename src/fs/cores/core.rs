// SPDX-License-Identifier: LGPL-2.1-or-later
//! An inode core as it is on the device.

use std::ops::RangeInclusive;

/// The least and the most bytes that an inode has (XFS_DINODE_MIN_SIZE, XFS_DINODE_MAX_SIZE).
pub(super) const SIZES: RangeInclusive<usize> = 256..=2048;

// Offsets in struct xfs_dinode, all below the least size.
pub(super) const MODE: usize = 2;
pub(super) const VERSION: usize = 4;
pub(super) const OLD_LINK_COUNT: usize = 6;
pub(super) const LINK_COUNT: usize = 16;
pub(super) const GENERATION: usize = 92;
pub(super) const NEXT_UNLINKED: usize = 96;
pub(super) const CHECKSUM: usize = 100;
/// Offset of the log sequence number of the last change that is in the core (v3 inodes).
pub(super) const CHANGED: usize = 112;

/// True if the kernel would load this inode and find it in use and without a link.
pub(super) fn is_unlinked(core: &[u8], has_checksums: bool) -> bool {
    let links = match core[VERSION] {
        1 => u32::from(be16(core, OLD_LINK_COUNT)),
        _ => be32(core, LINK_COUNT),
    };
    let is_free = be16(core, MODE) == 0;
    !is_free && links == 0 && is_sound(core, has_checksums)
}

/// True if the magic number and the checksum of an inode core, free or in use, are right.
pub(super) fn is_sound(core: &[u8], has_checksums: bool) -> bool {
    core.starts_with(b"IN") && (!has_checksums || has_checksum(core))
}

/// True if the checksum of the inode core is right.
fn has_checksum(core: &[u8]) -> bool {
    let (before, rest) = core.split_at(CHECKSUM);
    let (checksum, behind) = rest.split_at(4);
    let bytes = before.iter().chain(&[0; 4]).chain(behind);
    let sum = !bytes.fold(!0, |sum, byte| crc32c(sum, *byte));
    sum.to_le_bytes() == checksum
}

/// Adds a byte to a CRC-32C.
pub(super) fn crc32c(sum: u32, byte: u8) -> u32 {
    const OF_BYTE: [u32; 256] = of_bytes();
    sum >> 8 ^ OF_BYTE[usize::from(sum as u8 ^ byte)]
}

/// The CRC-32C of each byte, which makes the sums of all inodes of a filesystem cheap.
const fn of_bytes() -> [u32; 256] {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut sums = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        sums[byte] = sum;
        byte += 1;
    }
    sums
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from(be32(bytes, at)) << 32 | u64::from(be32(bytes, at + 4))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
