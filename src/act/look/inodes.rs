// SPDX-License-Identifier: LGPL-2.1-or-later
//! Walks the inodes: what the kernel remembers of them, or checks of each.

use super::chunks::{Chunk, Chunks};
use super::kernel::{AG_HEADERS, Kernel, Next, View, is_pointless};
use super::survey::{Doubts, Judgement, Survey, judge};
use crate::event::Target;
use crate::fs::Geometry;
use crate::plan::{InodeNumbers, Key, Loads, bits};
use crate::uapi::*;
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::vec;

/// A walk over the inodes of some AGs.
#[derive(Debug)]
pub(super) struct Inodes {
    /// AGs that are still to come.
    agnos: vec::IntoIter<u32>,
    /// Bits by which an inode number is shifted to the right to give its AG, less than 64.
    numbers: InodeNumbers,
    purpose: WalkPurpose,
    /// The AG that the walk is in.
    agno: u32,
    /// Numbers of the AG `agno` that have not been looked at; the first number is beyond `chunk`.
    range: Range<u64>,
    group: Group,
    /// Inodes that are asked about one by one.
    chunk: Chunk,
    /// Inodes that are looked at again in the end.
    doubts: Doubts,
    /// True as long as every inode that was come to may be loaded.
    is_clear: bool,
}

/// State of the walk over an AG.
#[derive(Debug)]
enum Group {
    /// The walk is at the beginning of the AG.
    New,
    /// The survey finds out which inodes of the AG must not be loaded.
    Survey(Survey),
    /// Every inode may be loaded: many are asked about at once.
    Batches,
    /// Chunks are asked about one after the other, without the inodes that must not be loaded.
    Chunks(Chunks, BTreeSet<u64>),
}

/// What becomes of the inodes that may be loaded.
#[derive(Clone, Copy, Debug)]
pub(super) enum WalkPurpose {
    /// What the kernel remembers of each is read.
    Remember,
    /// Each is checked.
    Check(Scope),
    /// None is loaded: those are found that must not be.
    Survey,
}

impl WalkPurpose {
    fn checks(self) -> bool {
        matches!(self, WalkPurpose::Check(_))
    }
}

/// Checks that make sense on this filesystem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) has_parent: bool,
}

impl Inodes {
    /// A walk that checks every inode of an AG.
    pub(super) fn checked(geometry: &Geometry, agno: u32) -> Inodes {
        let scope = Scope { has_parent: geometry.has_parent() };
        let agnos = if agno < geometry.ag_count() { vec![agno] } else { Vec::new() };
        Inodes::new(agnos, geometry.inode_numbers(), WalkPurpose::Check(scope))
    }

    /// A walk over every AG that finds those inodes that must not be loaded.
    pub(super) fn surveyed(geometry: &Geometry) -> Inodes {
        let agnos = (0..geometry.ag_count()).collect();
        Inodes::new(agnos, geometry.inode_numbers(), WalkPurpose::Survey)
    }

    /// A walk over every inode of these AGs.
    pub(super) fn new(agnos: Vec<u32>, numbers: InodeNumbers, purpose: WalkPurpose) -> Inodes {
        Inodes {
            agnos: agnos.into_iter(),
            numbers,
            purpose,
            agno: 0,
            range: 0..0,
            group: Group::New,
            chunk: Chunk::default(),
            doubts: Doubts::default(),
            is_clear: true,
        }
    }

    /// Looks at the next few inodes.
    pub(super) fn step<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<Next> {
        let found = (view.misses, view.deadly.len());
        let next = self.look_on(view)?;
        self.is_clear &= found == (view.misses, view.deadly.len());
        if let (Next::Done, WalkPurpose::Survey) = (next, self.purpose) {
            *view.is_clear = self.is_clear;
        }
        Ok(next)
    }

    fn look_on<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<Next> {
        view.agno = Some(self.agno);
        if let Some(ino) = self.chunk.next() {
            self.look_at(view, ino)?;
        } else if !self.range.is_empty() {
            match self.step_in_group(view) {
                Err(error) if !is_pointless(&error) => self.cannot_list(view, error)?,
                answer => answer?,
            }
        } else if let Some(agno) = self.agnos.next() {
            (self.agno, self.range, self.group) = (agno, self.numbers.of_ag(agno), Group::New);
        } else {
            return self.look_again(view);
        }
        Ok(Next::More)
    }

    /// Goes on with the walk in an AG. Fails where the kernel cannot tell which inodes there are.
    fn step_in_group<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<()> {
        let (agno, rest) = (self.agno, self.range.clone());
        match std::mem::replace(&mut self.group, Group::New) {
            Group::New => {
                // Once: a check of an AGF walks the free space of the group and locks it.
                if self.purpose.checks() && view.check(Target::Ag(agno), AG_HEADERS)? != 0 {
                    view.is_missing();
                    self.range.start = rest.end;
                } else {
                    self.group = Group::Survey(Survey::new(agno, rest));
                }
            }
            Group::Survey(mut survey) => {
                self.group = if survey.step(view)? {
                    Group::Survey(survey)
                } else {
                    // Behind that there is nothing to be loaded.
                    self.range.end = survey.end().max(rest.start);
                    if let WalkPurpose::Remember = self.purpose {
                        survey.look_at_unsound(view);
                    }
                    let deadly = survey.finish(view, &mut self.doubts);
                    if let WalkPurpose::Survey = self.purpose {
                        self.range.start = self.range.end;
                    }
                    self.group_of(Chunks::new(agno, self.numbers.of_ag(agno)), deadly)
                };
            }
            Group::Batches => {
                self.group = match self.read_many(view)? {
                    true => Group::Batches,
                    false => {
                        let chunks = Chunks::new(agno, rest.start..self.numbers.of_ag(agno).end);
                        Group::Chunks(chunks, BTreeSet::new())
                    }
                };
            }
            Group::Chunks(mut chunks, deadly) => match chunks.next(&view.kernel)? {
                Some(chunk) => {
                    self.range.start = chunk.end();
                    self.chunk = chunk;
                    let here = deadly.range(chunk.start..chunk.end());
                    here.for_each(|ino| self.chunk.leave_out(*ino));
                    self.group = self.group_of(chunks, deadly);
                }
                None => self.range.start = rest.end,
            },
        }
        Ok(())
    }

    /// State for the further walk over an AG, of which `chunks` and the `deadly` inodes are known.
    fn group_of(&self, chunks: Chunks, deadly: BTreeSet<u64>) -> Group {
        let is_walked = self.purpose.checks() || !deadly.is_empty();
        if is_walked { Group::Chunks(chunks, deadly) } else { Group::Batches }
    }

    /// Reads what is remembered of the next inodes at once; false if that does not work, because
    /// one of them, the kernel does not say which, cannot be loaded or found.
    fn read_many<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<bool> {
        let mut inodes = [xfs_bulkstat::default(); 64];
        let next = match view.kernel.bulkstat(self.agno, self.range.start, &mut inodes) {
            Ok((0, _)) => self.range.end,
            Ok((count, next)) => {
                inodes.iter().take(count).for_each(|inode| remember(view, inode));
                next
            }
            Err(error) if is_pointless(&error) => return Err(error),
            Err(_) => return Ok(false),
        };
        let is_progress = next > self.range.start;
        self.range.start = next.max(self.range.start);
        Ok(is_progress)
    }

    /// Leaves an AG whose inodes cannot be listed.
    fn cannot_list<K: Kernel>(
        &mut self,
        view: &mut View<'_, K>,
        error: io::Error,
    ) -> io::Result<()> {
        let ag = Target::Ag(self.agno);
        self.range.start = self.range.end;
        // The filesystem has been shrunk since.
        if error.raw_os_error() == Some(libc::EINVAL) {
            return Ok(());
        }
        view.miss(error)?;
        // After a shutdown the error is EIO, which a check tells from a failing device.
        if view.check(ag, AG_HEADERS)? == 0 {
            view.check(ag, XFS_AG_GEOM_SICK_INOBT)?;
        }
        Ok(())
    }

    /// Looks at one allocated inode.
    fn look_at<K: Kernel>(&mut self, view: &mut View<'_, K>, ino: u64) -> io::Result<()> {
        match view.kernel.bulkstat_one(ino) {
            // Free by now, or internal.
            Ok(None) => {}
            Ok(Some(inode)) => {
                let target = Target::Inode { ino: inode.bs_ino, generation: inode.bs_gen };
                match self.purpose {
                    WalkPurpose::Check(scope) => {
                        let checks = without_related(view, target, checks_of(&inode, scope));
                        view.check(target, checks)?;
                    }
                    _ => view.report(target, inode.bs_sick.into()),
                }
            }
            Err(error) => match error.raw_os_error() {
                // It cannot be made sense of. A check tells: for one that can be loaded the
                // generation 0 is wrong, and ENOENT the answer.
                Some(libc::EUCLEAN | libc::EBADMSG) => {
                    view.check(Target::Inode { ino, generation: 0 }, XFS_BS_SICK_INODE)?;
                }
                errno => {
                    if errno == Some(libc::EIO) {
                        self.chunk.skip_cluster(ino);
                    }
                    view.miss(error)?;
                }
            },
        }
        Ok(())
    }

    /// Looks once more, in the end, at the inodes that the walk was not certain of.
    fn look_again<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<Next> {
        let (ino, generation, is_last) = match self.doubts.next(view.now) {
            Ok(Some(doubt)) => doubt,
            Ok(None) => return Ok(Next::Done),
            Err(due) => return Ok(Next::Rest(due)),
        };
        view.agno = self.numbers.agno(ino);
        match judge(&view.kernel, ino, generation, self.numbers) {
            Ok(Judgement::Uncertain) if is_last => view.is_missing(),
            Ok(Judgement::Uncertain) => {}
            Ok(Judgement::Deadly) => {
                self.doubts.remove(ino);
                view.deadly.push((ino, generation));
            }
            Ok(Judgement::Harmless) => self.doubts.remove(ino),
            Err(error) => {
                self.doubts.remove(ino);
                view.miss(error)?;
            }
        }
        Ok(Next::More)
    }
}

/// Leaves out of the checks of an inode, where one must not be loaded, those that load others.
fn without_related<K: Kernel>(view: &mut View<'_, K>, target: Target, checks: u32) -> u32 {
    let loads_others = |bit: &u32| {
        let key = Key::from_bit(target, *bit);
        key.is_some_and(|key| key.scrub.check_loads() != Loads::Own)
    };
    let related = bits(checks).filter(loads_others).sum::<u32>();
    if *view.is_clear || related == 0 {
        return checks;
    }
    view.is_missing();
    checks & !related
}

fn remember<K: Kernel>(view: &mut View<'_, K>, inode: &xfs_bulkstat) {
    let target = Target::Inode { ino: inode.bs_ino, generation: inode.bs_gen };
    view.report(target, inode.bs_sick.into());
}

/// The structures that an inode has. Its core is good, since it was loaded; a fork for
/// copy-on-write is in memory only and goes away by itself.
fn checks_of(inode: &xfs_bstat, scope: Scope) -> u32 {
    let contents = match u32::from(inode.bs_mode) & libc::S_IFMT {
        libc::S_IFDIR => XFS_BS_SICK_DIR,
        libc::S_IFLNK => XFS_BS_SICK_SYMLINK,
        _ => 0,
    };
    let attributes = match (inode.bs_forkoff, scope.has_parent) {
        (0, _) => 0,
        (_, false) => XFS_BS_SICK_BMBTA | XFS_BS_SICK_XATTR,
        (_, true) => XFS_BS_SICK_BMBTA | XFS_BS_SICK_XATTR | XFS_BS_SICK_PARENT,
    };
    XFS_BS_SICK_BMBTD | contents | attributes
}

#[cfg(test)]
mod tests;
