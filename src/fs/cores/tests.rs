// SPDX-License-Identifier: LGPL-2.1-or-later
//! Reading inode cores from an image of a device.

use super::core::*;
use super::*;
use crate::uapi::*;
use std::ops::Range;

const SHIFT: u32 = 9;
const BLOCK: u32 = 4096;

/// A geometry as mkfs.xfs makes it, but with groups of 40 blocks, eight inodes in each.
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

    /// Sets the log sequence number at an offset of the device.
    fn change_at(&mut self, at: usize, changed: u64) {
        self.0[at..at + 8].copy_from_slice(&changed.to_be_bytes());
    }

    fn cores(&self) -> Cores {
        let path = std::env::temp_dir().join(format!("{}.{:p}", std::process::id(), self));
        fs::write(&path, &self.0).unwrap();
        let device = File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        Cores { device, geometry: geometry(), buffer: Vec::new(), near: None }
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
fn what_cannot_be_made_sense_of_is_told_whether_it_has_a_link_or_not() {
    let mut image = Image::new();
    (64..72).for_each(|ino| image.inode(ino, (ino % 2) as u32, None));
    image.change(66, 0, b'X');
    let at = geometry().inode_at(71) as usize;
    image.0[at + 200] = 1;
    let mut unlinked = Unlinked::new();
    assert_eq!(image.cores().unlinked_in(64, 0xff, &mut unlinked).unwrap(), 1 << 2 | 1 << 7);
    assert_eq!(image.cores().unlinked_in(64, 0b11, &mut unlinked).unwrap(), 0);
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
    for list in 0..LISTS {
        image.cores().remove_listed(0, list, &mut unlinked).unwrap();
    }
    assert_eq!(unlinked.into_keys().collect::<Vec<_>>(), [65, 66, 67, 68]);
}

#[test]
fn it_is_certain_if_nothing_was_written_since_the_superblock() {
    // The superblock, the AGI, the inode on no list, and another that is first on its list.
    let agi = geometry().agi_at(0) as usize;
    let core = |ino| geometry().inode_at(ino) as usize;
    for (newest, is_certain) in [(None, true), (Some(0), false), (Some(1), false), (Some(2), false)]
    {
        let mut image = Image::new();
        image.0[..4].copy_from_slice(b"XFSB");
        image.change_at(240, 100);
        image.head(0, 128);
        let places = [agi + 320, core(64) + CHANGED, core(128) + CHANGED];
        for ino in [64, 128] {
            image.inode(ino, 0, None);
        }
        places.into_iter().for_each(|at| image.change_at(at, 99));
        newest.into_iter().for_each(|place: usize| image.change_at(places[place], 100));
        [64, 128].into_iter().for_each(|ino| image.sum(ino));
        assert!(image.cores().is_deadly(64).unwrap());
        assert_eq!(image.cores().is_certain(64, None).unwrap(), is_certain, "{newest:?}");
        assert_eq!(image.cores().is_certain(64, Some(64)).unwrap(), is_certain);
        assert!(!image.cores().is_certain(64, Some(65)).unwrap(), "it was used again");
        assert!(!image.cores().is_certain(128, None).unwrap(), "it is on its list");
        image.0[0] = 0;
        assert!(!image.cores().is_certain(64, None).unwrap());
    }
}

#[test]
fn a_list_that_takes_too_long_to_read_tells_nothing() {
    for (first, answer) in [(64, Ok(false)), (63, Err(ErrorKind::FileTooLarge))] {
        let mut image = Image::new();
        // One list, whatever those are that they belong on.
        let all: Vec<u64> = (first..64 + MOST_LISTED as u64).collect();
        for (nr, ino) in all.iter().enumerate() {
            image.inode(*ino, 0, all.get(nr + 1).map(|next| *next as u32));
        }
        image.head(0, all[0] as u32);
        assert_eq!(image.cores().is_deadly(all[0]).map_err(|error| error.kind()), answer);
    }
}

#[test]
fn numbers_that_the_group_does_not_have_lead_nowhere() {
    // 320 would be the first inode of the next group, the others are beyond the device.
    for agino in [320, 511, 1 << SHIFT, u32::MAX - 1] {
        let mut image = Image::new();
        image.inode(64, 0, Some(agino));
        image.inode(1 << SHIFT, 0, None);
        image.head(0, 64);
        assert!(image.cores().is_deadly(64).unwrap(), "{agino}");
    }
    let error = Image::new().cores().is_deadly(5 << SHIFT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(!Image::new().cores().is_deadly(u64::MAX).is_ok_and(|is_deadly| is_deadly));
}

#[test]
fn a_geometry_that_no_filesystem_has_is_refused() {
    use std::os::fd::AsFd;
    let null = File::open("/dev/null").unwrap();
    for (inodesize, sectsize) in [(0, 512), (104, 512), (u32::MAX, 512), (512, 0), (512, 1 << 31)] {
        let geometry = Geometry::from(xfs_fsop_geom {
            inodesize,
            sectsize,
            blocksize: BLOCK,
            ..Default::default()
        });
        let error = Cores::open(null.as_fd(), &geometry).unwrap_err();
        assert_eq!(error.error.kind(), ErrorKind::InvalidData);
    }
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
