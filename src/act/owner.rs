// SPDX-License-Identifier: LGPL-2.1-or-later
//! The owners of a range of a device that cannot be read.

use crate::event::Device;
use crate::fs::{self, Geometry, Visit};
use crate::sys::xfs;
use crate::uapi::*;
use std::collections::BTreeSet;
use std::io;
use std::os::fd::BorrowedFd;

/// Most calls for one range: it is held no longer than for as many records, and what is behind them
/// stays nameless.
const MOST_CALLS: usize = 4;
/// Most inodes that are loaded for their generation.
const MOST_INODES: usize = 16;
/// Bytes in the unit of an event.
const SECTOR: u64 = 512;

/// A range of a device, in units of 512 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub device: Device,
    pub daddr: u64,
    pub bbcount: u64,
}

impl Region {
    /// The first unit behind the range.
    pub fn end(&self) -> u64 {
        self.daddr.saturating_add(self.bbcount)
    }
}

/// What lies at a fixed place of an AG: it cannot be written elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Superblock,
    Agf,
    Agi,
    Agfl,
    /// Nothing: the headers do not fill their blocks.
    Unused,
}

/// Part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fork {
    Data,
    /// The data of a file or the names in a directory: it is not known which of the two it is.
    Unidentified,
    /// The names in a directory.
    Directory,
    Attributes,
    /// The mappings of the data.
    DataMap,
    /// The mappings of the attributes.
    AttributesMap,
}

/// The owner of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Free,
    /// The kernel does not know the owner, as without reverse mappings.
    Unknown,
    /// A header of an AG.
    Header(u32, Header),
    /// The superblock of the realtime section.
    RealtimeSuperblock,
    Log,
    /// An AG's btrees of free space and reverse mappings, or the blocks reserved for them.
    SpaceBtrees(u32),
    /// An AG's btrees of inodes.
    InodeBtrees(u32),
    /// An AG's btree of reference counts.
    Refcounts(u32),
    /// Inodes of these numbers, the first and the last.
    Inodes(u64, u64),
    /// Space that is kept for copies on write.
    CopyOnWrite,
    /// Blocks that are known to be bad.
    Defective,
    /// A part of a file, by start and length in bytes; generation 0 if it is not known.
    File {
        ino: u64,
        generation: u32,
        fork: Fork,
        pos: u64,
        len: u64,
    },
    /// Space that a file has reserved and not written.
    Unwritten {
        ino: u64,
    },
    /// More owners than are asked for.
    TooMany,
}

/// A part of a range that has one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub at: Region,
    pub owner: Owner,
}

/// Asks the kernel for the owners of a range, unless it `is_over` before that. Reads the reverse
/// mappings; what is damaged in there the kernel reports, and the call fails.
pub(super) fn owners(
    root: BorrowedFd<'_>,
    region: Region,
    is_over: &dyn Fn() -> bool,
) -> io::Result<Vec<Piece>> {
    let geometry = Geometry::read(root)?;
    let Some(number) = number_of(root, &geometry, region.device)? else {
        return Ok(vec![Piece { at: region, owner: Owner::Unknown }]);
    };
    let (records, are_too_many) = records(root, number, region, is_over)?;
    let mut pieces = Pieces::new(geometry, region);
    records.iter().for_each(|record| pieces.add(record));
    Ok(pieces.finish(are_too_many))
}

/// All records about a range, up to a limit; true if there are more.
fn records(
    root: BorrowedFd<'_>,
    number: u32,
    region: Region,
    is_over: &dyn Fn() -> bool,
) -> io::Result<(Vec<fsmap>, bool)> {
    let at = |daddr: u64| daddr.saturating_mul(SECTOR);
    let mut low =
        fsmap { fmr_device: number, fmr_physical: at(region.daddr), ..Default::default() };
    let high =
        fsmap { fmr_device: number, fmr_physical: at(region.end()).saturating_sub(1), ..ALL };
    let mut records = Vec::new();
    for _ in 0..MOST_CALLS {
        if is_over() {
            return Err(io::Error::from_raw_os_error(libc::ESHUTDOWN));
        }
        let mut some = [fsmap::default(); xfs::MOST_OWNERS];
        let count = xfs::getfsmap(root, &low, &high, &mut some)?;
        records.extend(some.iter().take(count));
        match some.get(count.wrapping_sub(1)) {
            Some(last) if count == some.len() && last.fmr_flags & FMR_OF_LAST == 0 => low = *last,
            _ => return Ok((records, false)),
        }
    }
    Ok((records, true))
}

/// The key behind everything.
const ALL: fsmap = fsmap {
    fmr_device: u32::MAX,
    fmr_flags: u32::MAX,
    fmr_physical: u64::MAX,
    fmr_owner: u64::MAX,
    fmr_offset: u64::MAX,
    fmr_length: 0,
    fmr_reserved: [0; 3],
};

/// The number by which the kernel calls a device here; `None` if it cannot be found out.
fn number_of(root: BorrowedFd<'_>, geometry: &Geometry, device: Device) -> io::Result<Option<u32>> {
    // XFS_DEV_DATA and XFS_DEV_RT: one device number stands for both.
    if geometry.has_internal_realtime() {
        return Ok(Some(if device == Device::Realtime { 3 } else { 1 }));
    }
    let data = encoded(fs::device(root)?);
    match device {
        Device::Data => Ok(Some(data)),
        Device::Realtime => realtime(root, data),
        // Its owner is known.
        Device::Log => Ok(None),
    }
}

/// A device number in the encoding of the call (linux/kdev_t.h: new_encode_dev).
fn encoded(dev: u64) -> u32 {
    let (major, minor) = (libc::major(dev), libc::minor(dev));
    minor & 0xff | major << 8 | (minor & !0xff) << 12
}

/// The number of the realtime device, which only the answers of the call tell: each device is
/// stepped over until there is one that is neither for data nor for the log.
fn realtime(root: BorrowedFd<'_>, data: u32) -> io::Result<Option<u32>> {
    let mut low = fsmap::default();
    for _ in 0..3 {
        let mut first = [fsmap::default()];
        if xfs::getfsmap(root, &low, &ALL, &mut first)? == 0 {
            break;
        }
        let [first] = first;
        if first.fmr_device != data && first.fmr_owner != XFS_FMR_OWN_LOG {
            return Ok(Some(first.fmr_device));
        }
        low = fsmap {
            fmr_device: first.fmr_device,
            fmr_physical: u64::MAX - (SECTOR - 1),
            ..Default::default()
        };
    }
    Ok(None)
}

/// The pieces of a range, in the order of the device.
struct Pieces {
    geometry: Geometry,
    region: Region,
    all: Vec<Piece>,
    /// Where the next record may begin: files share blocks, and each has a record of its own.
    next: u64,
}

impl Pieces {
    fn new(geometry: Geometry, region: Region) -> Pieces {
        Pieces { geometry, region, all: Vec::new(), next: region.daddr }
    }

    /// Adds what of a record is in the range.
    fn add(&mut self, record: &fsmap) {
        let start = record.fmr_physical / SECTOR;
        let end = start.saturating_add(record.fmr_length / SECTOR).min(self.region.end());
        let daddr = start.max(self.region.daddr);
        let Some(bbcount) = end.checked_sub(daddr).filter(|bbcount| *bbcount > 0) else { return };
        let at = Region { daddr, bbcount, ..self.region };
        let is_file = record.fmr_flags & FMR_OF_SPECIAL_OWNER == 0;
        self.next = if is_file { daddr } else { end };
        if is_file {
            let skipped = (daddr - start).saturating_mul(SECTOR);
            let mut owner = of_file(record, skipped, bbcount.saturating_mul(SECTOR));
            if let Owner::File { fork, .. } = &mut owner {
                // No directory is there.
                let is_data = *fork == Fork::Unidentified && at.device == Device::Realtime;
                *fork = if is_data { Fork::Data } else { *fork };
            }
            return self.push(at, owner);
        }
        let (agno, within) = self.geometry.group_of(daddr.saturating_mul(SECTOR));
        let is_data = self.region.device == Device::Data;
        let owner = match record.fmr_owner {
            XFS_FMR_OWN_FREE => Owner::Free,
            XFS_FMR_OWN_FS if is_data => return self.headers(at, agno, within),
            XFS_FMR_OWN_FS => Owner::RealtimeSuperblock,
            XFS_FMR_OWN_LOG => Owner::Log,
            XFS_FMR_OWN_AG => Owner::SpaceBtrees(agno),
            XFS_FMR_OWN_INOBT => Owner::InodeBtrees(agno),
            XFS_FMR_OWN_INODES => self.inodes(at, agno, within),
            XFS_FMR_OWN_REFC => Owner::Refcounts(agno),
            XFS_FMR_OWN_COW => Owner::CopyOnWrite,
            XFS_FMR_OWN_DEFECTIVE => Owner::Defective,
            _ => Owner::Unknown,
        };
        self.push(at, owner);
    }

    /// Adds the headers of an AG that are in a range: each has a sector.
    fn headers(&mut self, at: Region, agno: u32, within: u64) {
        const ALL: [Header; 4] = [Header::Superblock, Header::Agf, Header::Agi, Header::Agfl];
        let sector = (self.geometry.sector_bytes() as u64 / SECTOR).max(1);
        let group = at.daddr.saturating_sub(within / SECTOR);
        let mut start = group;
        for header in ALL {
            self.push_part(at, start, sector, Owner::Header(agno, header));
            start = start.saturating_add(sector);
        }
        self.push_part(at, start, u64::MAX, Owner::Header(agno, Header::Unused));
    }

    fn push_part(&mut self, at: Region, start: u64, bbcount: u64, owner: Owner) {
        let end = start.saturating_add(bbcount).min(at.end());
        let daddr = start.max(at.daddr);
        if daddr < end {
            self.push(Region { daddr, bbcount: end - daddr, ..at }, owner);
        }
    }

    /// The inodes in a range of an AG.
    fn inodes(&self, at: Region, agno: u32, within: u64) -> Owner {
        let size = (self.geometry.inode_bytes() as u64).max(1);
        let last = within.saturating_add(at.bbcount.saturating_mul(SECTOR)).saturating_sub(1);
        let ino = |byte: u64| {
            let agino = u32::try_from(byte / size).unwrap_or(u32::MAX);
            self.geometry.ino(agno, agino)
        };
        Owner::Inodes(ino(within), ino(last))
    }

    /// Adds a piece, or makes the last one longer.
    fn push(&mut self, at: Region, owner: Owner) {
        if let Some(last) = self.all.last_mut().filter(|last| last.at.end() == at.daddr) {
            if let Some(both) = joined(last.owner, owner) {
                last.at.bbcount = last.at.bbcount.saturating_add(at.bbcount);
                last.owner = both;
                return;
            }
        }
        self.all.push(Piece { at, owner });
    }

    /// The pieces; if there are too many, the last stands for all that have no name.
    fn finish(mut self, are_too_many: bool) -> Vec<Piece> {
        // Not the end of the last: what it shares with a longer one ends before that.
        let end = self.all.iter().map(|piece| piece.at.end()).max();
        let (daddr, owner) = match are_too_many {
            true => (self.next, Owner::TooMany),
            false => (end.unwrap_or(self.region.daddr), Owner::Unknown),
        };
        let bbcount = self.region.end().saturating_sub(daddr);
        if bbcount > 0 {
            self.all.push(Piece { at: Region { daddr, bbcount, ..self.region }, owner });
        }
        self.all
    }
}

/// The owner of two ranges that follow each other, if it is one.
fn joined(one: Owner, next: Owner) -> Option<Owner> {
    match (one, next) {
        (Owner::Inodes(first, _), Owner::Inodes(_, last)) if first <= last => {
            Some(Owner::Inodes(first, last))
        }
        (
            Owner::File { ino, generation, fork, pos, len },
            Owner::File { ino: other, fork: next_fork, pos: next_pos, len: next_len, .. },
        ) if ino == other && fork == next_fork && pos.checked_add(len) == Some(next_pos) => {
            let len = len.saturating_add(next_len);
            Some(Owner::File { ino, generation, fork, pos, len })
        }
        _ => (one == next).then_some(one),
    }
}

/// The owner that a record about a file tells, from `skipped` bytes on.
fn of_file(record: &fsmap, skipped: u64, len: u64) -> Owner {
    let ino = record.fmr_owner;
    let has = |flag: u32| record.fmr_flags & flag != 0;
    let fork = match (has(FMR_OF_ATTR_FORK), has(FMR_OF_EXTENT_MAP)) {
        (false, false) if has(FMR_OF_PREALLOC) => return Owner::Unwritten { ino },
        (false, false) => Fork::Unidentified,
        (true, false) => Fork::Attributes,
        (false, true) => Fork::DataMap,
        (true, true) => Fork::AttributesMap,
    };
    let (pos, len) = match fork {
        Fork::Unidentified => (record.fmr_offset.saturating_add(skipped), len),
        _ => (0, 0),
    };
    Owner::File { ino, generation: 0, fork, pos, len }
}

/// The inodes of the files that are to be identified, each once.
pub(super) fn inodes(pieces: &[Piece]) -> BTreeSet<u64> {
    let inodes = pieces.iter().filter_map(|piece| match piece.owner {
        Owner::File { ino, .. } => Some(ino),
        _ => None,
    });
    let mut some = BTreeSet::new();
    for ino in inodes {
        if some.len() < MOST_INODES {
            some.insert(ino);
        }
    }
    some
}

/// Generation of an inode, and its type as a mode has it; `None` if it must not be loaded, or
/// cannot be.
pub(super) fn identity(visit: &mut Visit<'_>, ino: u64) -> Option<(u32, u32)> {
    if visit.cores()?.is_deadly(ino).unwrap_or(true) {
        return None;
    }
    let inode = xfs::bulkstat_one(visit.root(), ino).ok().flatten()?;
    Some((inode.bs_gen, u32::from(inode.bs_mode) & libc::S_IFMT))
}

/// Takes in the generation of an inode, without which it has no path, and its type.
pub(super) fn identified(pieces: &mut [Piece], ino: u64, (generation, mode): (u32, u32)) {
    for piece in pieces {
        let Owner::File { ino: other, generation: old, fork, .. } = &mut piece.owner else {
            continue;
        };
        if *other != ino {
            continue;
        }
        *old = generation;
        *fork = match (*fork, mode) {
            (Fork::Unidentified, libc::S_IFDIR) => Fork::Directory,
            (Fork::Unidentified, 1..) => Fork::Data,
            (known, _) => known,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    /// AGs of 10 blocks.
    fn pieces(daddr: u64, bbcount: u64) -> Pieces {
        let geometry = xfs_fsop_geom {
            blocksize: 4096,
            inodesize: 512,
            agblocks: 10,
            sectsize: 512,
            ..Default::default()
        };
        let region = Region { device: Device::Data, daddr, bbcount };
        Pieces::new(geometry.into(), region)
    }

    fn special(owner: u64, daddr: u64, bbcount: u64) -> fsmap {
        fsmap { fmr_flags: FMR_OF_SPECIAL_OWNER, ..of(owner, daddr, bbcount) }
    }

    fn of(owner: u64, daddr: u64, bbcount: u64) -> fsmap {
        let (fmr_physical, fmr_length) = (daddr * 512, bbcount * 512);
        fsmap { fmr_physical, fmr_length, fmr_owner: owner, ..Default::default() }
    }

    /// The owners of a range, of which these records tell, with where each begins.
    fn told(daddr: u64, bbcount: u64, records: &[fsmap]) -> Vec<(u64, u64, Owner)> {
        let mut pieces = pieces(daddr, bbcount);
        records.iter().for_each(|record| pieces.add(record));
        pieces.finish(false).iter().map(|p| (p.at.daddr, p.at.bbcount, p.owner)).collect()
    }

    #[test]
    fn each_header_of_a_group_has_a_sector() {
        let fs = special(XFS_FMR_OWN_FS, 80, 8);
        let header = |header| Owner::Header(1, header);
        assert_eq!(told(81, 1, &[fs]), [(81, 1, header(Header::Agf))]);
        assert_eq!(
            told(82, 4, &[fs]),
            [
                (82, 1, header(Header::Agi)),
                (83, 1, header(Header::Agfl)),
                (84, 2, header(Header::Unused))
            ]
        );
    }

    #[test]
    fn only_what_is_in_the_range_counts() {
        let file = fsmap { fmr_offset: 65536, ..of(131, 100, 80) };
        let fork = Fork::Unidentified;
        let part = |pos, len| Owner::File { ino: 131, generation: 0, fork, pos, len };
        assert_eq!(told(108, 8, &[file]), [(108, 8, part(65536 + 4096, 4096))]);
        let free = special(XFS_FMR_OWN_FREE, 180, 20);
        let both = told(172, 16, &[file, free]);
        assert_eq!(both, [(172, 8, part(65536 + 72 * 512, 4096)), (180, 8, Owner::Free)]);
    }

    #[test]
    fn neighbours_of_one_owner_are_one_piece() {
        let records: Vec<_> =
            (0..4).map(|n| fsmap { fmr_offset: n * 4096, ..of(9, n * 8, 8) }).collect();
        let fork = Fork::Unidentified;
        let all = Owner::File { ino: 9, generation: 0, fork, pos: 0, len: 16384 };
        assert_eq!(told(0, 32, &records), [(0, 32, all)]);
    }

    #[test]
    fn inodes_are_told_by_their_numbers() {
        // The first inode of a block, and the third one of the next.
        let chunk = special(XFS_FMR_OWN_INODES, 80 + 32, 32);
        assert_eq!(told(112, 1, &[chunk])[0].2, Owner::Inodes(128 + 32, 128 + 32));
        assert_eq!(told(112, 10, &[chunk])[0].2, Owner::Inodes(128 + 32, 128 + 41));
    }

    #[test]
    fn forks_and_what_was_never_written_are_told_by_flags() {
        let flags = |fmr_flags| of_file(&fsmap { fmr_flags, ..of(9, 0, 8) }, 0, 4096);
        let fork = |fork| Owner::File { ino: 9, generation: 0, fork, pos: 0, len: 0 };
        assert_eq!(flags(FMR_OF_ATTR_FORK), fork(Fork::Attributes));
        assert_eq!(flags(FMR_OF_EXTENT_MAP), fork(Fork::DataMap));
        assert_eq!(flags(FMR_OF_EXTENT_MAP | FMR_OF_ATTR_FORK), fork(Fork::AttributesMap));
        assert_eq!(flags(FMR_OF_PREALLOC), Owner::Unwritten { ino: 9 });
    }

    #[test]
    fn only_what_is_identified_is_the_data_of_a_file() {
        let forks = |device| {
            let mut all = pieces(0, 100);
            all.region.device = device;
            (1..=3).for_each(|ino| all.add(&of(ino, ino * 8, 8)));
            let mut all = all.finish(false);
            assert_eq!(inodes(&all), BTreeSet::from([1, 2, 3]));
            identified(&mut all, 1, (7, libc::S_IFDIR));
            identified(&mut all, 2, (7, libc::S_IFREG));
            let fork = |piece: &Piece| match piece.owner {
                Owner::File { fork, generation, .. } => Some((fork, generation)),
                _ => None,
            };
            all.iter().filter_map(fork).collect::<Vec<_>>()
        };
        let unidentified = (Fork::Unidentified, 0);
        assert_eq!(forks(Device::Data), [(Fork::Directory, 7), (Fork::Data, 7), unidentified]);
        assert_eq!(forks(Device::Realtime), [(Fork::Data, 7), (Fork::Data, 7), (Fork::Data, 0)]);
    }

    #[test]
    fn what_nothing_is_told_of_has_no_known_owner() {
        assert_eq!(told(16, 8, &[]), [(16, 8, Owner::Unknown)]);
        let mut all = pieces(0, 100);
        all.add(&special(XFS_FMR_OWN_FREE, 0, 8));
        let rest = all.finish(true)[1];
        assert_eq!((rest.at.daddr, rest.at.bbcount, rest.owner), (8, 92, Owner::TooMany));
    }

    #[test]
    fn what_is_shared_is_told_of_each_file_and_hides_nothing_behind_it() {
        let fork = Fork::Unidentified;
        let part = |ino, len| Owner::File { ino, generation: 0, fork, pos: 0, len };
        let shared = [of(131, 800, 800), of(132, 880, 8)];
        let both = [(800, 800, part(131, 800 * 512)), (880, 8, part(132, 4096))];
        assert_eq!(told(800, 800, &shared), both);
        // Others may share what the last record is about.
        let mut all = pieces(800, 800);
        shared.iter().for_each(|record| all.add(record));
        let rest = all.finish(true)[2];
        assert_eq!((rest.at.daddr, rest.at.bbcount, rest.owner), (880, 720, Owner::TooMany));
    }

    #[test]
    fn device_numbers_are_encoded_as_in_the_call() {
        assert_eq!(encoded(libc::makedev(7, 3)), 7 << 8 | 3);
        assert_eq!(encoded(libc::makedev(254, 0x123)), 254 << 8 | 0x23 | 0x100 << 12);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(
            daddr: u64, bbcount: u64, flags: u32, owner: u64, at: u64, length: u64, offset: u64,
        ) {
            let mut pieces = pieces(daddr, bbcount);
            for fmr_owner in [owner, XFS_FMR_OWN_FS, XFS_FMR_OWN_INODES] {
                pieces.add(&fsmap {
                    fmr_flags: flags, fmr_owner, fmr_physical: at, fmr_length: length,
                    fmr_offset: offset, ..Default::default()
                });
            }
            let region = pieces.region;
            let within = |p: &Piece| p.at.daddr >= region.daddr && p.at.end() <= region.end();
            prop_assert!(pieces.finish(true).iter().all(within));
        }
    }
}
