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
pub(crate) enum AgHeader {
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
    Header(u32, AgHeader),
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
pub(crate) struct Pieces {
    geometry: Geometry,
    region: Region,
    all: Vec<Piece>,
    /// Where the next record may begin: files share blocks, and each has a record of its own.
    next: u64,
}

impl Pieces {
    pub fn new(geometry: Geometry, region: Region) -> Pieces {
        Pieces { geometry, region, all: Vec::new(), next: region.daddr }
    }

    /// Adds what of a record is in the range.
    pub fn add(&mut self, record: &fsmap) {
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
        const ALL: [AgHeader; 4] =
            [AgHeader::Superblock, AgHeader::Agf, AgHeader::Agi, AgHeader::Agfl];
        let sector = (self.geometry.sector_bytes() as u64 / SECTOR).max(1);
        let group = at.daddr.saturating_sub(within / SECTOR);
        let mut start = group;
        for header in ALL {
            self.push_part(at, start, sector, Owner::Header(agno, header));
            start = start.saturating_add(sector);
        }
        self.push_part(at, start, u64::MAX, Owner::Header(agno, AgHeader::Unused));
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
            self.geometry.inode_numbers().ino(agno, agino)
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
    pub fn finish(mut self, are_too_many: bool) -> Vec<Piece> {
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
pub(crate) fn inodes(pieces: &[Piece]) -> BTreeSet<u64> {
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
pub(crate) fn identified(pieces: &mut [Piece], ino: u64, (generation, mode): (u32, u32)) {
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
mod tests;
