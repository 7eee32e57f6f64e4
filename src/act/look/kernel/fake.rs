// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem of inodes that load and inodes that do not, for the tests of a look.

use super::*;
use crate::fs::LISTS;
use crate::plan::InodeNumbers;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// Inode numbers of AG 0; the other AGs have as many.
pub const AG_INODES: u64 = 1 << AGNO_SHIFT;
const AGNO_SHIFT: u32 = 10;
pub const NUMBERS: InodeNumbers = InodeNumbers::new(AGNO_SHIFT);

pub struct Fake {
    /// Answers of each AG's geometry call: sick bits or an errno; AGs beyond are healthy.
    pub ags: Vec<Result<u32, i32>>,
    /// Allocated inodes, and what BULKSTAT says of each; without metadata directory.
    pub inodes: BTreeMap<u64, Result<xfs_bulkstat, i32>>,
    /// Allocated inodes that have no link on the device, and whether they are on a list.
    pub unlinked: RefCell<BTreeMap<u64, bool>>,
    /// Allocated inodes that the device cannot read.
    pub unreadable: BTreeSet<u64>,
    /// Allocated inodes that cannot be made sense of on the device.
    pub unsound: BTreeSet<u64>,
    /// True if no inode has a link on the device.
    pub has_no_links: bool,
    /// True if the device may be older than what the kernel knows.
    pub is_unsettled: bool,
    /// Lists of unlinked inodes are too long to be read.
    pub has_long_lists: bool,
    /// AGs whose inode btree is damaged.
    pub bad_inobt: BTreeSet<u64>,
    /// True if there is one more chunk of inodes wherever it is asked for.
    pub is_endless: bool,
    /// Name of the structures that checks find damaged.
    pub sick: Option<&'static str>,
    /// Outcome of the checks of all other structures.
    pub outcome: Outcome,

    pub bulkstats: Cell<usize>,
    pub surveyed: Cell<usize>,
    pub asked: RefCell<Vec<u64>>,
    pub checks: RefCell<Vec<Key>>,
    pub found: RefCell<Vec<(Target, u32)>>,
    pub deadly: RefCell<Vec<(u64, u32)>>,
    pub missed: RefCell<Missed>,
    pub is_complete: Cell<bool>,
    pub is_clear: Cell<bool>,
    pub suspects: RefCell<Suspects>,
    pub now: Cell<Instant>,
}

impl Default for Fake {
    fn default() -> Fake {
        Fake {
            ags: Vec::new(),
            inodes: BTreeMap::new(),
            unlinked: RefCell::default(),
            unreadable: BTreeSet::new(),
            unsound: BTreeSet::new(),
            has_no_links: false,
            is_unsettled: false,
            has_long_lists: false,
            bad_inobt: BTreeSet::new(),
            is_endless: false,
            sick: None,
            outcome: Outcome::Repaired,
            bulkstats: Cell::default(),
            surveyed: Cell::default(),
            asked: RefCell::default(),
            checks: RefCell::default(),
            found: RefCell::default(),
            deadly: RefCell::default(),
            missed: RefCell::default(),
            is_complete: Cell::new(true),
            is_clear: Cell::new(true),
            suspects: RefCell::default(),
            now: Cell::new(Instant::now()),
        }
    }
}

fn error<T>(errno: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(errno))
}

impl Fake {
    /// A filesystem with these healthy regular files, each with its number as generation.
    pub fn with(inodes: impl IntoIterator<Item = u64>) -> Fake {
        let file = |ino| xfs_bulkstat { bs_ino: ino, bs_gen: ino as u32, ..Default::default() };
        let inodes = inodes.into_iter().map(|ino| (ino, Ok(file(ino)))).collect();
        Fake { inodes, ..Fake::default() }
    }

    /// Has `work` look at the filesystem, and keeps what is found.
    pub fn view<R>(&self, work: impl FnOnce(&mut View<'_, &Fake>) -> R) -> R {
        let mut missed = self.missed.take();
        let mut is_clear = self.is_clear.get();
        let mut found = |target, mask| self.found.borrow_mut().push((target, mask));
        let mut view = View {
            kernel: self,
            found: &mut found,
            deadly: &mut self.deadly.borrow_mut(),
            missed: &mut missed,
            suspects: &mut self.suspects.borrow_mut(),
            is_clear: &mut is_clear,
            agno: None,
            now: self.now.get(),
            misses: 0,
        };
        let result = work(&mut view);
        self.is_complete.set(missed.is_nothing());
        self.missed.replace(missed);
        self.is_clear.set(is_clear);
        result
    }
}

impl Fake {
    /// Loads an inode: panics if the kernel would not survive it.
    fn load(&self, ino: u64) {
        assert_ne!(self.unlinked.borrow().get(&ino), Some(&false), "the filesystem is down");
    }
}

impl Kernel for &Fake {
    fn ag(&self, agno: u32) -> io::Result<xfs_ag_geometry> {
        let first = u64::from(agno) * AG_INODES;
        let ag_icount = self.inodes.range(first..first + AG_INODES).count() as u32;
        let sick = self.ags.get(agno as usize).map_or(Ok(0), |sick| sick.or_else(error));
        sick.map(|ag_sick| xfs_ag_geometry { ag_sick, ag_icount, ..Default::default() })
    }

    fn rtgroup_sick(&self, _: u32) -> io::Result<u32> {
        Ok(0)
    }

    /// Reads inodes as the kernel does: stops before the first that does not load, and fails if
    /// that is the first.
    fn bulkstat(
        &self,
        agno: u32,
        start: u64,
        out: &mut [xfs_bulkstat],
    ) -> io::Result<(usize, u64)> {
        self.bulkstats.set(self.bulkstats.get() + 1);
        let end = (u64::from(agno) + 1) * AG_INODES;
        assert!((end - AG_INODES..end).contains(&start), "of this AG");
        let (mut count, mut next) = (0, start);
        for (ino, answer) in self.inodes.range(start..end).take(out.len()) {
            self.load(*ino);
            match answer {
                Ok(inode) => out[count] = *inode,
                Err(errno) if count == 0 => return error(*errno),
                Err(_) => return Ok((count, next)),
            }
            count += 1;
            next = ino + 1;
        }
        Ok((count, next))
    }

    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bstat>> {
        self.load(ino);
        self.asked.borrow_mut().push(ino);
        let Some(answer) = self.inodes.get(&ino) else { return Ok(None) };
        answer.or_else(error).map(|inode| {
            let (bs_mode, bs_forkoff, bs_sick) = (inode.bs_mode, inode.bs_forkoff, inode.bs_sick);
            let (bs_ino, bs_gen) = (inode.bs_ino, inode.bs_gen);
            Some(xfs_bstat { bs_ino, bs_gen, bs_mode, bs_forkoff, bs_sick, ..Default::default() })
        })
    }

    fn inumbers(
        &self,
        agno: u32,
        start: u64,
        out: &mut [xfs_inumbers],
    ) -> io::Result<(usize, u64)> {
        if self.is_endless {
            out[0] = xfs_inumbers { xi_startino: start, xi_allocmask: 1, ..Default::default() };
            return Ok((1, start + 64));
        }
        let agno = u64::from(agno);
        if self.bad_inobt.contains(&agno) {
            return error(libc::EUCLEAN);
        }
        assert_eq!(start / AG_INODES, agno);
        let mut next = start / 64 * 64;
        let mut count = 0;
        while let (Some(record), Some((first, _))) =
            (out.get_mut(count), self.inodes.range(next..(agno + 1) * AG_INODES).next())
        {
            let first = first / 64 * 64;
            next = first + 64;
            let xi_allocmask =
                self.inodes.range(first..next).fold(0, |mask, (ino, _)| mask | 1 << (ino - first));
            *record = xfs_inumbers { xi_startino: first, xi_allocmask, ..Default::default() };
            count += 1;
        }
        Ok((count, next))
    }

    fn unlinked_in(&self, start: u64, mask: u64, unlinked: &mut Unlinked) -> io::Result<u64> {
        self.surveyed.set(self.surveyed.get() + 1);
        let in_chunk = (0..64).filter(|bit| mask >> bit & 1 == 1).map(|bit| start + bit);
        for ino in in_chunk {
            if self.unreadable.contains(&ino) {
                return error(libc::EIO);
            }
            if self.has_no_links || self.unlinked.borrow().contains_key(&ino) {
                unlinked.insert(ino, ino as u32);
            }
        }
        let is_unsound = |bit: &u64| self.unsound.contains(&(start + bit));
        Ok((0..64).filter(is_unsound).map(|bit| 1 << bit).sum())
    }

    fn remove_listed(&self, agno: u32, list: usize, unlinked: &mut Unlinked) -> io::Result<()> {
        assert!(unlinked.keys().all(|ino| ino / AG_INODES == u64::from(agno)));
        let is_on = |ino: &u64| *ino as usize % LISTS == list;
        if self.has_long_lists && unlinked.keys().any(is_on) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        unlinked.retain(|ino, _| !is_on(ino) || self.unlinked.borrow().get(ino) == Some(&false));
        Ok(())
    }

    fn is_certain(&self, _: u64, _: u32) -> io::Result<bool> {
        Ok(!self.is_unsettled)
    }

    fn check(&self, key: Key) -> Outcome {
        if let Target::Inode { ino, .. } = key.target {
            self.load(ino);
        }
        self.checks.borrow_mut().push(key);
        if self.sick == Some(key.name()) { Outcome::Failed } else { self.outcome }
    }
}
