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
//! | checks of its directory, repairs of any, NLINKS checks and repairs | shut down | emptied |
//! | stat, open: once it leaves the cache, at the latest at umount | shut down | emptied |
//! | INODE repair, AGI rebuild | goes on | freed, the entry stays |
//! | NLINKS repair while it is held open by its name | goes on | healed |
//!
//! Without an entry it is the same, but that neither readdir nor stat lead to it. On a read-only
//! mount checks by number are harmless. An inode that *is* on its list, though the log was clean,
//! is freed by whatever loads it.
//!
//! `fs/xfs/xfs_itable.c` and `xfs_export.c` shut down by themselves (`xfs_inode_reload_unlinked`),
//! the others when the last reference goes: `xfs_inactive` truncates what has no link, then
//! `xfs_ifree` does not find it on the list. No call tells of the count without loading, hence
//! this.

mod core;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use self::core::{CHANGED, GENERATION, NEXT_UNLINKED, SIZES, be32, be64, is_sound, is_unlinked};
use super::Geometry;

/// Inodes in use whose link count is 0, by number, with their generations.
pub type Unlinked = BTreeMap<u64, u32>;

/// The least alignment of reads past the page cache that every device takes.
const ALIGN: usize = 4096;
/// The most bytes that a sector has (XFS_MAX_SECTORSIZE).
const MOST_SECTOR: usize = 32768;
/// Directory of what the kernel tells of block devices, by number.
const BY_NUMBER: &str = "/sys/dev/block";
/// Directory of the machine's devices in the sandbox of `xfs_healer@`, whose own /dev has none.
const DEVICES: &str = "/run/xfs_healer/dev";
/// Inodes beside each other that are read at once: a quarter of a chunk, as one visit asks about few. The
/// first time they are those of one block, since mostly nothing more is asked.
const NEAR: u64 = 16;
/// Lists of unlinked inodes in each AG (XFS_AGI_UNLINKED_BUCKETS).
pub const LISTS: usize = 64;
/// The end of a list of unlinked inodes (NULLAGINO).
const END: u32 = u32::MAX;
/// Inodes of one list that are read at most. A list is read to the end, and each member where it
/// is, so that nobody gets at the mount meanwhile: for a second or two where the device has to
/// seek. In all lists of an AG these are 16,384 deleted files that are still open.
const MOST_LISTED: usize = 256;

/// The list that the inode of this number within its AG is on when it is on one.
pub fn list_of(agino: u64) -> usize {
    (agino % LISTS as u64) as usize
}

/// The device of a filesystem, for reading inode cores.
///
/// What is on the device may be older than what the kernel knows. Every half a minute the kernel
/// writes down what has changed (`fs/xfs/xfs_log.c`: `xfs_log_worker`), but not what is being changed
/// all the time: an AGI may be old for as long as files are created and deleted in its group. Only
/// [`Cores::is_certain`] tells.
#[derive(Debug)]
pub struct Cores {
    device: File,
    geometry: Geometry,
    buffer: Vec<u8>,
    /// The inodes that were read together last, and those of them that are in use and have no link:
    /// what is damaged together often lies together.
    near: Option<(Range<u64>, Unlinked)>,
}

/// The reason why the device cannot be read.
#[derive(Debug)]
pub struct NoDevice {
    /// The file that could not be read or opened.
    pub path: PathBuf,
    /// The error for that file.
    pub error: io::Error,
}

impl Cores {
    /// Opens the device of the filesystem that the open file `root` is on.
    pub fn open(root: BorrowedFd<'_>, geometry: &Geometry) -> Result<Cores, NoDevice> {
        match super::device(root) {
            Ok(device) => Cores::of_device(device, geometry, None),
            Err(error) => Err(NoDevice { path: PathBuf::from(BY_NUMBER), error }),
        }
    }

    /// The cores on an open file; `None` if nothing can have this geometry.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of_file(device: File, geometry: &Geometry) -> Option<Cores> {
        let geometry = *geometry;
        is_possible(&geometry).then(|| Cores { device, geometry, buffer: Vec::new(), near: None })
    }

    /// Opens the device with this number, where it was the last time if it still is there: `known`
    /// remembers that.
    pub fn of_device(
        number: u64,
        geometry: &Geometry,
        known: Option<&OnceLock<PathBuf>>,
    ) -> Result<Cores, NoDevice> {
        let mut path = PathBuf::from(BY_NUMBER);
        if !is_possible(geometry) {
            return Err(NoDevice { path, error: ErrorKind::InvalidData.into() });
        }
        let before = known.and_then(OnceLock::get);
        let device = match before.and_then(|path| open_numbered(path, number).ok()) {
            Some(device) => Ok(device),
            None => find(number, &mut path).map(|(device, path)| {
                // Only the first is remembered.
                let _ = known.map(|known| known.set(path));
                device
            }),
        };
        match device {
            Ok(device) => Ok(Cores { device, geometry: *geometry, buffer: Vec::new(), near: None }),
            Err(error) => Err(NoDevice { path, error }),
        }
    }

    /// Adds to `unlinked` those inodes that are in use and have no link. Bit n of `mask` stands for
    /// the inode `start + n`; all of them lie beside each other, as in a chunk.
    ///
    /// Gives, in the same way, those that cannot be made sense of, and are not loaded: damaged ones,
    /// and new ones that have not been written yet.
    pub fn unlinked_in(
        &mut self,
        start: u64,
        mask: u64,
        unlinked: &mut Unlinked,
    ) -> io::Result<u64> {
        let Some(last) = mask.checked_ilog2() else { return Ok(0) };
        let first = mask.trailing_zeros();
        let inode_bytes = self.geometry.inode_bytes();
        let has_checksums = self.geometry.has_checksums();
        let at = self.geometry.inode_at(start + u64::from(first));
        let bytes = self.read(at, (last - first + 1) as usize * inode_bytes)?;
        let mut unsound = 0;
        for (bit, core) in (first..).zip(bytes.chunks_exact(inode_bytes)) {
            if mask >> bit & 1 == 0 {
                continue;
            }
            if is_unlinked(core, has_checksums) {
                unlinked.insert(start + u64::from(bit), be32(core, GENERATION));
            } else if !is_sound(core, has_checksums) {
                unsound |= 1 << bit;
            }
        }
        Ok(unsound)
    }

    /// Removes from `unlinked`, all of the AG `agno`, the inodes that are on its list number
    /// `list`, below [`LISTS`], if that list is sound.
    ///
    /// Reads every inode of the list. Fails also where that is too long to be read.
    pub fn remove_listed(
        &mut self,
        agno: u32,
        list: usize,
        unlinked: &mut Unlinked,
    ) -> io::Result<()> {
        let is_on = |ino: &u64| list_of(self.geometry.inode_numbers().agino(*ino)) == list;
        if unlinked.keys().any(is_on) {
            let head = self.head(agno, list)?;
            let list = self.list(agno, head.first)?;
            unlinked.retain(|ino, _| !list.listed.contains(ino));
        }
        Ok(())
    }

    /// True if loading the inode would end the filesystem, by what is on the device now or was when
    /// one beside it was asked about.
    pub fn is_deadly(&mut self, ino: u64) -> io::Result<bool> {
        let mut unlinked = Unlinked::new();
        if self.unlinked_near(ino)?.contains_key(&ino) {
            // What was so a moment ago may be on its way out: that is left alone only if it still is.
            self.unlinked_in(ino, 1, &mut unlinked)?;
        }
        let numbers = self.geometry.inode_numbers();
        let Some(agno) = numbers.agno(ino) else { return Ok(false) };
        self.remove_listed(agno, list_of(numbers.agino(ino)), &mut unlinked)?;
        Ok(!unlinked.is_empty())
    }

    /// True if an inode, of this generation if that is given, that seems to be in use without a link
    /// and on no list certainly is: nothing of that on the device is older than what the kernel
    /// knows. An inode that is being freed or has just been given a link may be told too, but not
    /// by INUMBERS, and if it was so before.
    ///
    /// When nothing waits to be written the kernel logs the superblock (`fs/xfs/xfs_log.c`:
    /// `xfs_log_need_covered`). So what has not been written since then, by the log sequence numbers
    /// in each, was then as it is on the device; and out of this state an inode does not come
    /// without being loaded.
    pub fn is_certain(&mut self, ino: u64, generation: Option<u32>) -> io::Result<bool> {
        let numbers = self.geometry.inode_numbers();
        let (Some(settled), Some(agno)) = (self.settled()?, numbers.agno(ino)) else {
            return Ok(false);
        };
        let head = self.head(agno, list_of(numbers.agino(ino)))?;
        let list = self.list(agno, head.first)?;
        let has_checksums = self.geometry.has_checksums();
        let core = self.read(self.geometry.inode_at(ino), self.geometry.inode_bytes())?;
        let is_it = generation.is_none_or(|generation| generation == be32(core, GENERATION));
        let is_unlinked = is_it && is_unlinked(core, has_checksums);
        let newest = be64(core, CHANGED).max(head.changed).max(list.changed);
        Ok(is_unlinked && !list.listed.contains(&ino) && newest < settled)
    }

    /// Log sequence number up to which everything was on the device when the superblock was written
    /// last; `None` where nothing tells.
    fn settled(&mut self) -> io::Result<Option<u64>> {
        /// Offset of `sb_lsn` in struct xfs_dsb.
        const CHANGED: usize = 240;
        // The superblock may be logged at any time for space in a realtime section without groups.
        let is_by_space = self.geometry.has_realtime() && !self.geometry.has_metadir();
        if !self.geometry.has_checksums() || is_by_space {
            return Ok(None);
        }
        let superblock = self.read(0, CHANGED + 8)?;
        let changed = be64(superblock, CHANGED);
        Ok((superblock.starts_with(b"XFSB") && changed != u64::MAX).then_some(changed))
    }

    /// Finds the inodes that are in use and have no link, among some that include this one.
    fn unlinked_near(&mut self, ino: u64) -> io::Result<Unlinked> {
        if let Some((_, unlinked)) = self.near.as_ref().filter(|(range, _)| range.contains(&ino)) {
            return Ok(unlinked.clone());
        }
        let of_block = (ALIGN / self.geometry.inode_bytes().max(1)) as u64;
        let count = if self.near.take().is_some() { NEAR } else { of_block.clamp(1, NEAR) };
        let first = ino / count * count;
        let mut unlinked = Unlinked::new();
        // Those beside the last one of the device are not there.
        if self.unlinked_in(first, (1 << count) - 1, &mut unlinked).is_err() {
            self.unlinked_in(ino, 1, &mut unlinked)?;
            return Ok(unlinked);
        }
        let range = first..first.saturating_add(count);
        Ok(self.near.insert((range, unlinked)).1.clone())
    }

    /// The beginning of a list of an AG.
    fn head(&mut self, agno: u32, list: usize) -> io::Result<ListHead> {
        /// Magic number of struct xfs_agi, and the offsets of `agi_unlinked` and `agi_lsn`.
        const MAGIC: u32 = 0x5841_4749;
        const HEADS: usize = 40;
        const CHANGED: usize = 320;
        let agi = self.read(self.geometry.agi_at(agno), CHANGED + 8)?;
        if be32(agi, 0) != MAGIC || list >= LISTS {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(ListHead { first: be32(agi, HEADS + 4 * list), changed: be64(agi, CHANGED) })
    }

    /// The inodes of a list; none where the kernel would fail with it, which goes through all of
    /// it: one cannot be read, is none that can be on a list, or comes twice.
    fn list(&mut self, agno: u32, head: u32) -> io::Result<List> {
        let bytes = self.geometry.inode_bytes();
        let has_checksums = self.geometry.has_checksums();
        let (mut listed, mut changed) = (BTreeSet::new(), 0);
        let unsound = |changed| Ok(List { listed: BTreeSet::new(), changed });
        let mut next = head;
        while next != END {
            if listed.len() == MOST_LISTED {
                return Err(ErrorKind::FileTooLarge.into());
            }
            if !self.geometry.has_agino(next) {
                return unsound(changed);
            }
            let ino = self.geometry.inode_numbers().ino(agno, next);
            let Ok(core) = self.read(self.geometry.inode_at(ino), bytes) else {
                return unsound(changed);
            };
            next = be32(core, NEXT_UNLINKED);
            changed = changed.max(be64(core, CHANGED));
            if !is_unlinked(core, has_checksums) || !listed.insert(ino) {
                return unsound(changed);
            }
        }
        Ok(List { listed, changed })
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
            let at = from.checked_add(done as u64).ok_or(ErrorKind::UnexpectedEof)?;
            // What is short ends with the device, or on a whole block.
            match self.device.read_at(&mut room[done..], at) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&room[skip..skip + len])
    }
}

/// The beginning of a list of unlinked inodes.
#[derive(Clone, Copy, Debug)]
struct ListHead {
    /// First inode, by its number in the AG; [`END`] if the list is empty.
    first: u32,
    /// Log sequence number of the last change of the AGI that is on the device.
    changed: u64,
}

/// A list of unlinked inodes.
#[derive(Debug)]
struct List {
    listed: BTreeSet<u64>,
    /// Log sequence number of the last change of an inode that was come to.
    changed: u64,
}

/// True if a filesystem can have inodes and sectors of these sizes.
fn is_possible(geometry: &Geometry) -> bool {
    let sector = geometry.sector_bytes();
    let is_sector = sector.is_power_of_two() && sector <= MOST_SECTOR;
    is_sector && SIZES.contains(&geometry.inode_bytes())
}

/// Opens the block device with this number, and tells its file; leaves in `path` how far it came.
///
/// Nearly every device is called in /dev as in the kernel, which one link tells; the file about it
/// tells it of the others.
fn find(number: u64, path: &mut PathBuf) -> io::Result<(File, PathBuf)> {
    let open = |path: PathBuf| open_numbered(&path, number).map(|device| (device, path));
    path.push(format!("{}:{}", libc::major(number), libc::minor(number)));
    let link = fs::read_link(&*path);
    if let Some(name) = link.as_deref().ok().and_then(Path::file_name) {
        let places = ["/dev", DEVICES].into_iter();
        let mut devices = places.map(|dir| open(Path::new(dir).join(name)));
        if let Some(found) = devices.find_map(Result::ok) {
            return Ok(found);
        }
    }
    path.push("uevent");
    let uevent = fs::read_to_string(&*path)?;
    let name = uevent.lines().find_map(|line| line.strip_prefix("DEVNAME="));
    let name = name.ok_or(ErrorKind::NotFound)?;
    *path = Path::new("/dev").join(name);
    match open(path.clone()) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            open(Path::new(DEVICES).join(name)).map_err(|_| error)
        }
        found => found,
    }
}

/// Opens a block device; ENOENT if the number is of another.
fn open_numbered(path: &Path, number: u64) -> io::Result<File> {
    let device = open_device(path)?;
    let metadata = device.metadata()?;
    let is_it = metadata.file_type().is_block_device() && metadata.rdev() == number;
    if is_it { Ok(device) } else { Err(ErrorKind::NotFound.into()) }
}

fn open_device(path: &Path) -> io::Result<File> {
    // Whatever it is: it is not waited for, nor taken as a terminal.
    let flags = libc::O_DIRECT | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests;
