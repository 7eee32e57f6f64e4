// SPDX-License-Identifier: LGPL-2.1-or-later
//! Inode cores as they are on the device, read without the filesystem: which inodes must not be
//! loaded.
//!
//! An inode in use whose link count is 0 is on one of its AG's lists of unlinked inodes. Where it
//! is not, because a count that was written wrongly has a good checksum, Linux ends the filesystem
//! with whatever loads it. Seen on 7.2.12, the same on 7.3.4, for a file that is still in its
//! directory, after a mount of a clean log:
//!
//! | what | filesystem | file |
//! |---|---|---|
//! | INUMBERS, readdir, checks of AG structures | goes on | whole |
//! | BULKSTAT, GETPARENTS and opening by handle, also while it is open or mounted read-only | shut down | whole |
//! | any check by number, also one of another generation, that answers ENOENT | shut down | emptied |
//! | checks of its directory, NLINKS checks and repairs | shut down | emptied |
//! | stat, open: once it leaves the cache, at the latest at umount | shut down | emptied |
//! | INODE repair, AGI rebuild | goes on | freed, the entry stays |
//! | NLINKS repair while it is held open by its name | goes on | healed |
//!
//! Without an entry it is the same, but that neither readdir nor stat lead to it. On a read-only
//! mount checks by number are harmless. An inode that *is* on its list, though the log was clean, is
//! freed by whatever loads it.
//!
//! `fs/xfs/xfs_itable.c` and `xfs_export.c` shut down by themselves (`xfs_inode_reload_unlinked`),
//! the others when the last reference goes: `xfs_inactive` truncates what has no link, then
//! `xfs_ifree` does not find it on the list. No call tells of the count without loading, hence this.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Geometry;

/// Inodes in use whose link count is 0, by number, with their generations.
pub type Unlinked = BTreeMap<u64, u32>;

/// The least alignment of reads past the page cache that every device takes.
const ALIGN: usize = 4096;
/// Lists of unlinked inodes in each AG (XFS_AGI_UNLINKED_BUCKETS).
const LISTS: usize = 64;
/// The end of such a list (NULLAGINO).
const END: u32 = u32::MAX;

/// The device of a filesystem, for reading inode cores.
///
/// What is on the device may be older than what the kernel knows: every half a minute it writes
/// down what has changed (`fs/xfs/xfs_log.c`: `xfs_log_worker`).
#[derive(Debug)]
pub struct Cores {
    device: File,
    geometry: Geometry,
    buffer: Vec<u8>,
}

/// Why the device cannot be read.
#[derive(Debug)]
pub struct NoDevice {
    /// The file that could not be read or opened.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: io::Error,
}

impl Cores {
    /// Opens the device of the filesystem that the open file `root` is on.
    pub fn open(root: BorrowedFd<'_>, geometry: &Geometry) -> Result<Cores, NoDevice> {
        let mut path = PathBuf::from("/sys/dev/block");
        if geometry.inode_bytes() < CHECKSUM + 4 {
            return Err(NoDevice { path, error: ErrorKind::InvalidData.into() });
        }
        match find(root, &mut path) {
            Ok(device) => Ok(Cores { device, geometry: *geometry, buffer: Vec::new() }),
            Err(error) => Err(NoDevice { path, error }),
        }
    }

    /// Adds to `unlinked` those inodes that are in use and have no link. Bit n of `mask` stands for
    /// the inode `start + n`; all of them lie beside each other, as in a chunk.
    pub fn unlinked_in(
        &mut self,
        start: u64,
        mask: u64,
        unlinked: &mut Unlinked,
    ) -> io::Result<()> {
        let Some(last) = mask.checked_ilog2() else { return Ok(()) };
        let first = mask.trailing_zeros();
        let inode_bytes = self.geometry.inode_bytes();
        let has_checksums = self.geometry.has_checksums();
        let at = self.geometry.inode_at(start + u64::from(first));
        let bytes = self.read(at, (last - first + 1) as usize * inode_bytes)?;
        for (bit, core) in (first..).zip(bytes.chunks_exact(inode_bytes)) {
            if mask >> bit & 1 != 0 && is_unlinked(core, has_checksums) {
                unlinked.insert(start + u64::from(bit), be32(core, GENERATION));
            }
        }
        Ok(())
    }

    /// Removes from `unlinked`, all of the AG `agno`, the inodes that are on a sound list.
    ///
    /// Reads every inode of those lists.
    pub fn remove_listed(&mut self, agno: u32, unlinked: &mut Unlinked) -> io::Result<()> {
        if unlinked.is_empty() {
            return Ok(());
        }
        let heads = self.lists(agno)?;
        for (list, head) in heads.into_iter().enumerate() {
            let is_on = |ino: &u64| self.geometry.agino(*ino) as usize % LISTS == list;
            if unlinked.keys().any(is_on) {
                let listed = self.list(agno, head).unwrap_or_default();
                unlinked.retain(|ino, _| !listed.contains(ino));
            }
        }
        Ok(())
    }

    /// Whether loading the inode would end the filesystem.
    pub fn is_deadly(&mut self, ino: u64) -> io::Result<bool> {
        let mut unlinked = Unlinked::new();
        self.unlinked_in(ino, 1, &mut unlinked)?;
        let Ok(agno) = u32::try_from(self.geometry.agno(ino)) else { return Ok(false) };
        self.remove_listed(agno, &mut unlinked)?;
        Ok(!unlinked.is_empty())
    }

    /// The first inode of each list of an AG.
    fn lists(&mut self, agno: u32) -> io::Result<[u32; LISTS]> {
        /// Magic number of struct xfs_agi, and the offset of `agi_unlinked`.
        const MAGIC: u32 = 0x5841_4749;
        const HEADS: usize = 40;
        let agi = self.read(self.geometry.agi_at(agno), HEADS + 4 * LISTS)?;
        if be32(agi, 0) != MAGIC {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(std::array::from_fn(|list| be32(agi, HEADS + 4 * list)))
    }

    /// The inodes of a list; `None` where the kernel would fail with it, which goes through all of
    /// it: one cannot be read, is none that can be on a list, or comes twice.
    fn list(&mut self, agno: u32, head: u32) -> Option<BTreeSet<u64>> {
        let bytes = self.geometry.inode_bytes();
        let has_checksums = self.geometry.has_checksums();
        let mut listed = BTreeSet::new();
        let mut next = head;
        while next != END {
            let ino = self.geometry.ino(agno, next);
            let core = self.read(self.geometry.inode_at(ino), bytes).ok()?;
            next = be32(core, NEXT_UNLINKED);
            if !is_unlinked(core, has_checksums) || !listed.insert(ino) {
                return None;
            }
        }
        Some(listed)
    }

    /// Reads from the device, past the page cache, which does not see what the filesystem writes.
    fn read(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        let align = ALIGN.max(self.geometry.sector_bytes());
        let from = at - at % align as u64;
        let skip = (at - from) as usize;
        let want = (skip + len).next_multiple_of(align);
        self.buffer.resize(want + align, 0);
        let shift = self.buffer.as_ptr().align_offset(align);
        let room = self.buffer.get_mut(shift..shift + want).ok_or(ErrorKind::OutOfMemory)?;
        let mut done = 0;
        while done < skip + len {
            // What is short ends with the device, or on a whole block.
            match self.device.read_at(&mut room[done..], from + done as u64) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&room[skip..skip + len])
    }
}

/// Opens the block device that the open file `root` is on; leaves in `path` how far it came.
fn find(root: BorrowedFd<'_>, path: &mut PathBuf) -> io::Result<File> {
    let number = super::device(root)?;
    path.push(format!("{}:{}/uevent", libc::major(number), libc::minor(number)));
    let uevent = fs::read_to_string(&*path)?;
    let name = uevent.lines().find_map(|line| line.strip_prefix("DEVNAME="));
    *path = Path::new("/dev").join(name.ok_or(ErrorKind::NotFound)?);
    // Whatever it is: it is not waited for, nor taken as a terminal.
    let flags = libc::O_DIRECT | libc::O_NONBLOCK | libc::O_NOCTTY;
    let device = OpenOptions::new().read(true).custom_flags(flags).open(&*path)?;
    let metadata = device.metadata()?;
    let is_it = metadata.file_type().is_block_device() && metadata.rdev() == number;
    if is_it { Ok(device) } else { Err(ErrorKind::NotFound.into()) }
}

// Offsets in struct xfs_dinode.
const MODE: usize = 2;
const VERSION: usize = 4;
const OLD_LINK_COUNT: usize = 6;
const LINK_COUNT: usize = 16;
const GENERATION: usize = 92;
const NEXT_UNLINKED: usize = 96;
const CHECKSUM: usize = 100;

/// Whether the kernel would load this inode and find it in use and without a link.
fn is_unlinked(core: &[u8], has_checksums: bool) -> bool {
    let links = match core[VERSION] {
        1 => u32::from(be16(core, OLD_LINK_COUNT)),
        _ => be32(core, LINK_COUNT),
    };
    let is_free = be16(core, MODE) == 0;
    core.starts_with(b"IN") && !is_free && links == 0 && (!has_checksums || has_checksum(core))
}

/// Whether the checksum is right.
fn has_checksum(core: &[u8]) -> bool {
    let (before, rest) = core.split_at(CHECKSUM);
    let (checksum, behind) = rest.split_at(4);
    let bytes = before.iter().chain(&[0; 4]).chain(behind);
    let sum = !bytes.fold(!0, |sum, byte| crc32c(sum, *byte));
    sum.to_le_bytes() == checksum
}

/// Adds a byte to a CRC-32C.
fn crc32c(sum: u32, byte: u8) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    (0..8)
        .fold(sum ^ u32::from(byte), |sum, _| sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 })
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uapi::*;
    use std::ops::Range;

    const SHIFT: u32 = 9;
    const BLOCK: u32 = 4096;

    /// As mkfs.xfs makes it, but with groups of 40 blocks, eight inodes in each.
    fn geometry() -> Geometry {
        let geometry = Geometry::from(xfs_fsop_geom {
            blocksize: BLOCK,
            inodesize: 512,
            sectsize: 512,
            agblocks: 40,
            agcount: 2,
            flags: XFS_FSOP_GEOM_FLAGS_V5SB,
            ..Default::default()
        });
        assert_eq!(geometry.agno_shift(), SHIFT);
        geometry
    }

    /// An image of a device; each inode has its number as generation.
    struct Image(Vec<u8>);

    impl Image {
        fn new() -> Image {
            let mut image = Image(vec![0; 80 * BLOCK as usize]);
            for agno in 0..2 {
                let agi = geometry().agi_at(agno) as usize;
                image.0[agi..][..4].copy_from_slice(b"XAGI");
                image.0[agi + 40..][..4 * LISTS].fill(0xff);
            }
            image
        }

        fn inode(&mut self, ino: u64, links: u32, next: Option<u32>) {
            let at = geometry().inode_at(ino) as usize;
            let core = &mut self.0[at..at + 512];
            core[..2].copy_from_slice(b"IN");
            core[MODE..][..2].copy_from_slice(&0o100_644_u16.to_be_bytes());
            core[VERSION] = 3;
            core[LINK_COUNT..][..4].copy_from_slice(&links.to_be_bytes());
            core[GENERATION..][..4].copy_from_slice(&(ino as u32).to_be_bytes());
            core[NEXT_UNLINKED..][..4].copy_from_slice(&next.unwrap_or(END).to_be_bytes());
            self.sum(ino);
        }

        /// Changes a byte of an inode and makes its checksum right.
        fn change(&mut self, ino: u64, at: usize, byte: u8) {
            self.0[geometry().inode_at(ino) as usize + at] = byte;
            self.sum(ino);
        }

        fn sum(&mut self, ino: u64) {
            let at = geometry().inode_at(ino) as usize;
            let core = &mut self.0[at..at + 512];
            core[CHECKSUM..][..4].fill(0);
            let sum = !core.iter().fold(!0, |sum, byte| crc32c(sum, *byte));
            core[CHECKSUM..][..4].copy_from_slice(&sum.to_le_bytes());
        }

        fn head(&mut self, agno: u32, agino: u32) {
            let at = geometry().agi_at(agno) as usize + 40 + 4 * (agino as usize % LISTS);
            self.0[at..at + 4].copy_from_slice(&agino.to_be_bytes());
        }

        fn cores(&self) -> Cores {
            let path = std::env::temp_dir().join(format!("{}.{:p}", std::process::id(), self));
            fs::write(&path, &self.0).unwrap();
            let device = File::open(&path).unwrap();
            fs::remove_file(&path).unwrap();
            Cores { device, geometry: geometry(), buffer: Vec::new() }
        }

        fn unlinked(&self, start: u64, bits: Range<u32>) -> Vec<u64> {
            let mask = bits.fold(0, |mask, bit| mask | 1 << bit);
            let mut unlinked = Unlinked::new();
            self.cores().unlinked_in(start, mask, &mut unlinked).unwrap();
            assert!(unlinked.iter().all(|(ino, generation)| *ino == u64::from(*generation)));
            unlinked.into_keys().collect()
        }
    }

    #[test]
    fn only_a_good_core_in_use_without_a_link_is_unlinked() {
        let mut image = Image::new();
        (64..128).for_each(|ino| image.inode(ino, u32::from(ino % 3 > 0), None));
        image.change(66, MODE, 0);
        image.change(66, MODE + 1, 0);
        image.change(69, 0, b'X');
        let at = geometry().inode_at(72) as usize;
        image.0[at + 200] = 1;
        let multiples: Vec<u64> = (75..128).filter(|ino| ino % 3 == 0).collect();
        assert_eq!(image.unlinked(64, 0..64), multiples);
        assert_eq!(image.unlinked(64, 11..15), [75, 78], "what is not allocated is not looked at");
        assert_eq!(image.unlinked(64, 0..0), []);
    }

    #[test]
    fn an_old_inode_counts_its_links_elsewhere() {
        let mut image = Image::new();
        image.inode(64, 7, None);
        image.change(64, VERSION, 1);
        assert_eq!(image.unlinked(64, 0..1), [64]);
        image.change(64, OLD_LINK_COUNT + 1, 1);
        assert_eq!(image.unlinked(64, 0..1), []);
    }

    #[test]
    fn a_group_begins_where_the_one_before_ends() {
        let mut image = Image::new();
        let ino = 1 << SHIFT | 64;
        image.inode(ino, 0, None);
        assert_eq!(geometry().inode_at(ino), (40 + 8) * u64::from(BLOCK));
        assert_eq!(image.unlinked(ino, 0..1), [ino]);
        assert!(image.cores().is_deadly(ino).unwrap());
        image.head(1, 64);
        assert!(!image.cores().is_deadly(ino).unwrap());
    }

    #[test]
    fn only_an_inode_on_a_sound_list_is_listed() {
        // 64 leads to 128, 65 to 129, which has a link, 66 round to itself; 67 is on no list.
        let mut image = Image::new();
        image.inode(64, 0, Some(128));
        image.inode(65, 0, Some(129));
        image.inode(66, 0, Some(66));
        image.inode(67, 0, None);
        image.inode(68, 0, Some(1 << 20));
        image.inode(128, 0, None);
        image.inode(129, 1, None);
        [64, 65, 66, 68].into_iter().for_each(|agino| image.head(0, agino));
        let mut unlinked: Unlinked = (64..69).chain([128]).map(|ino| (ino, 0)).collect();
        image.cores().remove_listed(0, &mut unlinked).unwrap();
        assert_eq!(unlinked.into_keys().collect::<Vec<_>>(), [65, 66, 67, 68]);
    }

    #[test]
    fn without_a_header_of_the_group_nothing_is_listed() {
        let mut image = Image::new();
        image.inode(64, 0, None);
        image.head(0, 64);
        image.0[1024] = 0;
        assert_eq!(image.cores().is_deadly(64).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn the_sum_is_that_of_castagnoli() {
        let sum = !b"123456789".iter().fold(!0, |sum, byte| crc32c(sum, *byte));
        assert_eq!(sum, 0xe306_9283);
    }

    #[test]
    fn what_is_on_no_block_device_has_no_cores() {
        use std::os::fd::AsFd;
        let proc = File::open("/proc").unwrap();
        let error = Cores::open(proc.as_fd(), &geometry()).unwrap_err();
        assert!(error.path.starts_with("/sys/dev/block"), "{error:?}");
        assert_eq!(error.error.kind(), ErrorKind::NotFound);
    }
}
