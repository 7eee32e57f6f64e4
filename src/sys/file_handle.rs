// SPDX-License-Identifier: LGPL-2.1-or-later
//! Handles of files, as name_to_handle_at(2) makes them, and the inodes that those of known kinds are
//! of.

/// Most bytes of a handle (MAX_HANDLE_SZ).
pub const MOST_HANDLE_BYTES: usize = 128;

/// FILEID_INO32_GEN and FILEID_INO64_GEN, and each with a parent behind it (include/linux/exportfs.h);
/// those with 64 bits are XFS's, too (fs/xfs/xfs_export.h).
const INO_32: [i32; 2] = [1, 2];
const INO_64: [i32; 2] = [0x81, 0x82];
/// FILEID_BTRFS_WITHOUT_PARENT, and with one (fs/btrfs/export.h: struct btrfs_fid).
const BTRFS: [i32; 3] = [0x4d, 0x4e, 0x4f];
/// The root directory of every subvolume, and the number of the uppermost of them
/// (include/uapi/linux/btrfs_tree.h: BTRFS_FIRST_FREE_OBJECTID, BTRFS_FS_TREE_OBJECTID).
const BTRFS_ROOT_DIRECTORY: u64 = 256;
const BTRFS_TOP: u64 = 5;

/// The handle of a file: within its filesystem it names the file for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileHandle {
    kind: i32,
    bytes: Vec<u8>,
}

/// Number of an inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InodeNumber {
    /// Number within its filesystem or subvolume.
    pub ino: u64,
    /// Generation of the number.
    pub generation: u32,
    /// Number of the subvolume that numbers its own inodes, where there are such (btrfs).
    pub subvolume: Option<u64>,
}

impl FileHandle {
    /// A handle of this kind; `None` if it is empty or longer than a handle can be.
    pub fn new(kind: i32, bytes: &[u8]) -> Option<FileHandle> {
        is_handle(bytes).then(|| FileHandle { kind, bytes: bytes.to_vec() })
    }

    /// The root directory of a btrfs, above all subvolumes. No generation is asked for.
    pub fn btrfs_top() -> Option<FileHandle> {
        let mut bytes = [BTRFS_ROOT_DIRECTORY, BTRFS_TOP].map(u64::to_ne_bytes).concat();
        bytes.extend([0; 4]);
        FileHandle::new(BTRFS[0], &bytes)
    }

    /// The number that tells what the bytes are.
    pub fn kind(&self) -> i32 {
        self.kind
    }

    /// The bytes, which the filesystem alone understands.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of the inode, where it is known what the bytes mean.
    pub fn inode(&self) -> Option<InodeNumber> {
        inode_number(self.kind, &self.bytes)
    }
}

/// True if these can be the bytes of a handle.
pub(super) fn is_handle(bytes: &[u8]) -> bool {
    (1..=MOST_HANDLE_BYTES).contains(&bytes.len())
}

/// The number of the inode that a handle is of, where it is known what its bytes mean.
pub fn inode_number(kind: i32, bytes: &[u8]) -> Option<InodeNumber> {
    let u32_at = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let u64_at = |at: usize| Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    if INO_32.contains(&kind) {
        let (ino, generation) = (u32_at(0)?.into(), u32_at(4)?);
        Some(InodeNumber { ino, generation, subvolume: None })
    } else if INO_64.contains(&kind) {
        Some(InodeNumber { ino: u64_at(0)?, generation: u32_at(8)?, subvolume: None })
    } else if BTRFS.contains(&kind) {
        let subvolume = Some(u64_at(8)?);
        Some(InodeNumber { ino: u64_at(0)?, generation: u32_at(16)?, subvolume })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_of_known_kinds_have_a_number() {
        let of = |kind, bytes: &[u8]| FileHandle::new(kind, bytes).unwrap().inode();
        let bytes: Vec<u8> = [12_u32, 7].into_iter().flat_map(u32::to_ne_bytes).collect();
        let number = |ino, subvolume| InodeNumber { ino, generation: 7, subvolume };
        assert_eq!(of(1, &bytes), Some(number(12, None)));
        assert_eq!(of(2, &[&bytes[..], &bytes].concat()), Some(number(12, None)));
        let long = [1_u64 << 40 | 3, 257].map(u64::to_ne_bytes).concat();
        let generation = 7_u32.to_ne_bytes();
        let xfs = [&long[..8], &generation].concat();
        assert_eq!(of(0x81, &xfs), Some(number(1 << 40 | 3, None)));
        let btrfs = [&long[..], &generation].concat();
        assert_eq!(of(0x4d, &btrfs), Some(number(1 << 40 | 3, Some(257))));
        for (kind, bytes) in
            [(1, &bytes[..7]), (0x81, &xfs[..11]), (0x4d, &btrfs[..19]), (9, &btrfs)]
        {
            assert_eq!(of(kind, bytes), None, "{kind}");
        }
        let top = FileHandle::btrfs_top().unwrap().inode().unwrap();
        assert_eq!((top.ino, top.generation, top.subvolume), (256, 0, Some(5)));
    }
}
