// SPDX-License-Identifier: LGPL-2.1-or-later
//! Looks through the filesystem for what is sick, in slices so that the mount is never held for
//! long.
//!
//! What it finds is said at once and kept nowhere. Looking makes events: the kernel reports damage
//! that it meets on the way as it does for every other reader.

mod checks;
mod chunks;
#[cfg(any(test, fuzzing))]
#[path = "../../../tests/fuzz/targets/look.rs"]
pub(super) mod fuzzed;
mod inodes;
mod kernel;
mod missed;
mod remembered;
mod survey;
mod suspects;
mod targets;

use super::repair::is_idmapped;
use crate::event::Target;
use crate::fs::{Cores, Geometry, NoDevice};
use crate::plan::Depth;
use checks::Checks;
use inodes::Inodes;
use kernel::{Kernel, Next, Real, View};
use missed::Missed;
use remembered::Remembered;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};
pub(crate) use suspects::Suspects;

/// The least time for which a survey tells that every inode may be loaded; one that took longer tells
/// for as long as it took, so that those before the looks at one AG after the other cost no more
/// than these.
const TELLS: Duration = Duration::from_secs(600);

/// A look at a filesystem that can be broken off and gone on with.
#[derive(Debug)]
pub struct Look {
    depth: Depth,
    /// The filesystem and what is left to do; `None` before the first step.
    parts: Option<(Geometry, VecDeque<Part>)>,
    missed: Missed,
    /// Time before which nothing is to be done; `None` without a rest.
    rest: Option<Instant>,
    no_device: Option<NoDevice>,
    /// Inodes that must not be loaded, with their generations.
    deadly: Vec<(u64, u32)>,
    suspects: Suspects,
    /// Start of the first step.
    began: Option<Instant>,
    /// True if it is known of every inode of the filesystem that it may be loaded.
    is_clear: bool,
    /// Time until which a survey before this look tells of every inode; once one of this look does,
    /// until which that one does.
    clear_until: Option<Instant>,
}

/// A part that a look consists of.
#[derive(Debug)]
enum Part {
    Remembered(Remembered),
    Inodes(Box<Inodes>),
    Checks(Checks),
}

impl Part {
    fn is_inodes(&self) -> bool {
        matches!(self, Part::Inodes(_))
    }
}

impl Look {
    /// A look that has not begun.
    pub fn new(depth: Depth) -> Look {
        let (parts, missed, rest) = (None, Missed::default(), None);
        let (began, is_clear, clear_until) = (None, false, None);
        Look {
            depth,
            parts,
            missed,
            rest,
            no_device: None,
            deadly: Vec::new(),
            suspects: Suspects::default(),
            began,
            is_clear,
            clear_until,
        }
    }

    /// The look if a survey has found that every inode may be loaded, which it tells until then.
    pub fn after_survey(self, clear_until: Option<Instant>) -> Look {
        Look { clear_until, ..self }
    }

    /// The look after others that have found inodes which cannot be made sense of on the device.
    pub(crate) fn with_suspects(self, suspects: Suspects) -> Look {
        Look { suspects, ..self }
    }

    /// Inodes that cannot be made sense of on the device, as this look and others have found them.
    pub(crate) fn suspects(&self) -> &Suspects {
        &self.suspects
    }

    /// Time until which it is known that every inode may be loaded, as far as surveys tell.
    pub fn clear_until(&self) -> Option<Instant> {
        self.clear_until
    }

    /// Goes on with the look for about `slice`, at the filesystem that `root` is on; true when
    /// there is nothing left to look at. Gives each target with its sick bits to `found`.
    ///
    /// One call into the kernel is not interrupted, however long it takes; one is always made.
    /// Fails only with what makes going on pointless: the filesystem has shut down, or cannot be
    /// asked through this descriptor.
    pub fn step(
        &mut self,
        root: BorrowedFd<'_>,
        slice: Duration,
        found: &mut dyn FnMut(Target, u32),
    ) -> io::Result<bool> {
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        let (geometry, parts) = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let geometry = Geometry::read(root)?;
                let looks_at_inodes = matches!(self.depth, Depth::Deep | Depth::Inodes(_));
                let with_inodes = !looks_at_inodes || !is_idmapped(root)?;
                if !with_inodes {
                    self.missed.add(None);
                }
                self.is_clear = self.clear_until.is_some_and(|until| until > now);
                let parts = parts(self.depth, &geometry, with_inodes, self.is_clear);
                self.parts.insert((geometry, parts))
            }
        };
        // Only now and not for long: while it is open the device cannot go away.
        let cores = match parts.front().is_some_and(Part::is_inodes) {
            true => Cores::open(root, geometry).map(Some),
            false => Ok(None),
        };
        let cores = cores.unwrap_or_else(|error| {
            parts.retain(|part| !part.is_inodes());
            self.missed.add(None);
            self.no_device = Some(error);
            None
        });
        let kernel = Real { root, cores: cores.map(RefCell::new) };
        let (deadly, missed, is_clear) = (&mut self.deadly, &mut self.missed, &mut self.is_clear);
        let was_clear = *is_clear;
        let suspects = &mut self.suspects;
        let (agno, misses) = (None, 0);
        let mut view =
            View { kernel, found, deadly, missed, suspects, is_clear, agno, now, misses };
        let next = look_on(parts, &mut view, &|| now.elapsed() >= slice)?;
        if self.is_clear && !was_clear {
            self.clear_until = Some(now + TELLS.max(now.duration_since(began)));
        }
        self.rest = match next {
            Next::Rest(until) => Some(until),
            Next::More | Next::Done => None,
        };
        Ok(next == Next::Done)
    }

    /// Time for which nothing is to be done.
    pub fn rest(&self) -> Duration {
        self.rest.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// True if everything could be looked at so far. False after an AG whose inode btree cannot be
    /// read, for one, or a check that the kernel could not make.
    pub fn is_complete(&self) -> bool {
        self.missed.is_nothing()
    }

    /// Takes what could not be looked at, each once: AGs of which not everything could, and `None`
    /// for anything else.
    pub fn missed(&mut self) -> Vec<Option<u32>> {
        self.missed.news()
    }

    /// Takes the inodes, by number and generation, whose loading ends the filesystem (see
    /// `crate::fs::Cores`); each once.
    pub fn deadly(&mut self) -> Vec<(u64, u32)> {
        std::mem::take(&mut self.deadly)
    }

    /// Takes the reason that inodes are not looked at, once.
    pub fn no_device(&mut self) -> Option<NoDevice> {
        self.no_device.take()
    }
}

/// Parts that a look consists of at first, with or without inodes; `is_clear` if it is known that
/// each may be loaded.
fn parts(depth: Depth, geometry: &Geometry, with_inodes: bool, is_clear: bool) -> VecDeque<Part> {
    let survey = || Part::Inodes(Box::new(Inodes::surveyed(geometry)));
    let remembered = |inodes| Part::Remembered(Remembered::new(geometry, inodes));
    match depth {
        Depth::Shallow => VecDeque::from([remembered(false)]),
        Depth::Deep => VecDeque::from([remembered(with_inodes)]),
        Depth::Inodes(_) if !with_inodes => VecDeque::new(),
        Depth::Inodes(agno) => {
            let inodes = Part::Inodes(Box::new(Inodes::checked(geometry, agno)));
            // Entries and parents, which are loaded with some checks, are in any AG.
            let survey = (!is_clear).then(survey);
            let remembered = Some(Part::Remembered(Remembered::of_ag(agno)));
            [remembered, survey, Some(inodes)].into_iter().flatten().collect()
        }
        Depth::Survey => VecDeque::from([survey()]),
        Depth::Checks => VecDeque::from([remembered(false), Part::Checks(Checks::new(geometry))]),
    }
}

/// Makes steps of the first part, one after the other, until the time is up.
fn look_on<K: Kernel>(
    parts: &mut VecDeque<Part>,
    view: &mut View<'_, K>,
    is_time_up: &dyn Fn() -> bool,
) -> io::Result<Next> {
    while let Some(part) = parts.front_mut() {
        let next = match part {
            Part::Remembered(part) => part.step(view)?,
            Part::Inodes(part) => part.step(view)?,
            Part::Checks(part) => part.step(view)?,
        };
        match next {
            Next::More if !is_time_up() => {}
            Next::More | Next::Rest(_) => return Ok(next),
            Next::Done => {
                if let Some(Part::Remembered(part)) = parts.pop_front() {
                    part.inodes()
                        .into_iter()
                        .for_each(|inodes| parts.push_front(Part::Inodes(Box::new(inodes))));
                }
                break;
            }
        }
    }
    Ok(if parts.is_empty() { Next::Done } else { Next::More })
}

#[cfg(test)]
mod tests {
    use super::inodes::WalkPurpose;
    use super::kernel::fake::Fake;
    use super::*;
    use crate::plan::InodeNumbers;
    use std::cell::Cell;

    #[test]
    fn an_endless_filesystem_is_looked_at_in_slices() {
        let fake = Fake { is_endless: true, ..Fake::default() };
        let mut parts = VecDeque::from([Part::Inodes(Box::new(Inodes::new(
            vec![0],
            InodeNumbers::new(32),
            WalkPurpose::Remember,
        )))]);
        for slice in 1..=3 {
            let calls = Cell::new(0);
            let next = fake.view(|view| {
                look_on(&mut parts, view, &|| {
                    calls.set(calls.get() + 1);
                    calls.get() == 10
                })
            });
            assert_eq!(next.unwrap(), Next::More);
            // Two steps lead to the first.
            assert_eq!(fake.surveyed.get(), 10 * slice - 2, "it goes on where it broke off");
        }
    }

    #[test]
    fn no_slice_is_too_short_to_come_to_an_end() {
        let fake = Fake::default();
        let mut parts = VecDeque::from([
            Part::Remembered(Remembered::of(0, 3, 2)),
            Part::Checks(Checks::of(3, 2)),
        ]);
        let mut steps = 0;
        while fake.view(|view| look_on(&mut parts, view, &|| true)).unwrap() != Next::Done {
            steps += 1;
            assert!(steps < 1000);
        }
        // The filesystem, 3 AGs and 2 groups; 3 quotas, 10 structures an AG and 5 a group.
        assert_eq!(fake.checks.take().len(), 3 + 3 * 10 + 2 * 5);
        assert!(steps >= 6 + 43);
    }

    #[test]
    fn other_filesystems_cannot_be_looked_at() {
        use std::os::fd::AsFd;
        let proc = std::fs::File::open("/proc").unwrap();
        let mut look = Look::new(Depth::Deep);
        let error = look.step(proc.as_fd(), Duration::ZERO, &mut |_, _| ()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOTTY));
    }
}
