// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem of inodes that load and inodes that do not, for the tests of a look.

use super::*;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// As many numbers as AG 0 has; the others have as many.
pub const AG_INODES: u64 = 1 << AGNO_SHIFT;
pub const AGNO_SHIFT: u32 = 10;

pub struct Fake {
    /// What each AG's geometry call says; AGs beyond are healthy.
    pub ags: Vec<Result<u32, i32>>,
    /// Allocated inodes, and what BULKSTAT says of each; without metadata directory.
    pub inodes: BTreeMap<u64, Result<xfs_bulkstat, i32>>,
    /// AGs whose inode btree is damaged.
    pub bad_inobt: BTreeSet<u64>,
    /// Wherever BULKSTAT is asked, there is one more inode.
    pub is_endless: bool,
    /// What checks find damaged, by name.
    pub sick: Option<&'static str>,
    /// What they say of all else.
    pub outcome: Outcome,

    pub bulkstats: Cell<usize>,
    pub asked: RefCell<Vec<u64>>,
    pub checks: RefCell<Vec<Key>>,
    pub found: RefCell<Vec<(Target, u32)>>,
    pub is_complete: Cell<bool>,
}

impl Default for Fake {
    fn default() -> Fake {
        Fake {
            ags: Vec::new(),
            inodes: BTreeMap::new(),
            bad_inobt: BTreeSet::new(),
            is_endless: false,
            sick: None,
            outcome: Outcome::Repaired,
            bulkstats: Cell::default(),
            asked: RefCell::default(),
            checks: RefCell::default(),
            found: RefCell::default(),
            is_complete: Cell::new(true),
        }
    }
}

fn error<T>(errno: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(errno))
}

impl Fake {
    /// With these healthy regular files, each of its number as generation.
    pub fn with(inodes: impl IntoIterator<Item = u64>) -> Fake {
        let file = |ino| xfs_bulkstat { bs_ino: ino, bs_gen: ino as u32, ..Default::default() };
        let inodes = inodes.into_iter().map(|ino| (ino, Ok(file(ino)))).collect();
        Fake { inodes, ..Fake::default() }
    }

    /// Has `work` look at it and keeps what is found.
    pub fn view<R>(&self, work: impl FnOnce(&mut View<'_, &Fake>) -> R) -> R {
        let mut is_complete = self.is_complete.get();
        let mut found = |target, mask| self.found.borrow_mut().push((target, mask));
        let mut view = View { kernel: self, found: &mut found, is_complete: &mut is_complete };
        let result = work(&mut view);
        self.is_complete.set(is_complete);
        result
    }
}

impl Kernel for &Fake {
    fn ag_sick(&self, agno: u32) -> io::Result<u32> {
        self.ags.get(agno as usize).map_or(Ok(0), |sick| sick.or_else(error))
    }

    fn rtgroup_sick(&self, _: u32) -> io::Result<u32> {
        Ok(0)
    }

    /// As the kernel: stops before the first that does not load, and fails if that is the first.
    fn bulkstat(&self, start: u64, out: &mut [xfs_bulkstat]) -> io::Result<(usize, u64)> {
        self.bulkstats.set(self.bulkstats.get() + 1);
        if self.is_endless {
            out[0] = xfs_bulkstat { bs_ino: start, ..Default::default() };
            return Ok((1, start + 1));
        }
        let (mut count, mut next) = (0, start);
        let bad_ag = self.bad_inobt.range(start / AG_INODES..).next();
        let end = bad_ag.map_or(u64::MAX, |agno| agno * AG_INODES);
        for (ino, answer) in self.inodes.range(start..end.max(start)).take(out.len()) {
            match answer {
                Ok(inode) => out[count] = *inode,
                Err(errno) if count == 0 => return error(*errno),
                Err(_) => return Ok((count, next)),
            }
            count += 1;
            next = ino + 1;
        }
        if count == 0 && bad_ag.is_some() { error(libc::EUCLEAN) } else { Ok((count, next)) }
    }

    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bulkstat>> {
        self.asked.borrow_mut().push(ino);
        self.inodes.get(&ino).map(|answer| answer.or_else(error)).transpose()
    }

    fn chunk(&self, agno: u32, start: u64) -> io::Result<Option<xfs_inumbers>> {
        let agno = u64::from(agno);
        if self.bad_inobt.contains(&agno) {
            return error(libc::EUCLEAN);
        }
        assert_eq!(start / AG_INODES, agno);
        let aligned = start / 64 * 64;
        let Some((first, _)) = self.inodes.range(aligned..(agno + 1) * AG_INODES).next() else {
            return Ok(None);
        };
        let first = first / 64 * 64;
        let in_chunk = self.inodes.range(first..first + 64);
        let xi_allocmask = in_chunk.fold(0, |mask, (ino, _)| mask | 1 << (ino - first));
        Ok(Some(xfs_inumbers { xi_startino: first, xi_allocmask, ..Default::default() }))
    }

    fn check(&self, key: Key) -> Outcome {
        self.checks.borrow_mut().push(key);
        if self.sick == Some(key.name()) { Outcome::Failed } else { self.outcome }
    }
}
