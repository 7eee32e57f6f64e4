// SPDX-License-Identifier: LGPL-2.1-or-later
//! Looks through the filesystem for what is sick, in slices so that the mount is never held for
//! long.
//!
//! What it finds is said at once and kept nowhere. Looking makes events: the kernel reports damage
//! that it meets on the way as it does for every other reader.

mod checks;
mod inodes;
mod kernel;
mod remembered;
mod targets;

use crate::event::Target;
use crate::fs::Geometry;
use crate::plan::Depth;
use checks::Checks;
use inodes::Inodes;
use kernel::{Kernel, View};
use remembered::Remembered;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// A look at a filesystem that can be broken off and gone on with.
#[derive(Debug)]
pub struct Look {
    depth: Depth,
    /// What is left to do; `None` before the first step.
    parts: Option<VecDeque<Part>>,
    is_complete: bool,
}

/// What a look consists of.
#[derive(Debug)]
enum Part {
    Remembered(Remembered),
    Inodes(Inodes),
    Checks(Checks),
}

impl Look {
    /// One that has not begun.
    pub fn new(depth: Depth) -> Look {
        Look { depth, parts: None, is_complete: true }
    }

    /// Looks on for about `slice`, at the filesystem that `root` is on; true when there is nothing
    /// left to look at. Gives each target with its sick bits to `found`.
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
        let began = Instant::now();
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => self.parts.insert(parts(self.depth, &Geometry::read(root)?)),
        };
        let mut view = View { kernel: root, found, is_complete: &mut self.is_complete };
        look_on(parts, &mut view, &|| began.elapsed() >= slice)
    }

    /// Whether everything could be looked at so far. No: an AG whose inode btree cannot be read,
    /// for one, or a check that the kernel could not make.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

fn parts(depth: Depth, geometry: &Geometry) -> VecDeque<Part> {
    let remembered = || Part::Remembered(Remembered::new(geometry));
    match depth {
        Depth::Shallow => VecDeque::from([remembered()]),
        Depth::Deep => VecDeque::from([remembered(), Part::Inodes(Inodes::remembered(geometry))]),
        Depth::Inodes(agno) => VecDeque::from([Part::Inodes(Inodes::checked(geometry, agno))]),
        Depth::Checks => VecDeque::from([remembered(), Part::Checks(Checks::new(geometry))]),
    }
}

/// Does one thing after the other until the time is up; true when nothing is left.
fn look_on<K: Kernel>(
    parts: &mut VecDeque<Part>,
    view: &mut View<'_, K>,
    is_time_up: &dyn Fn() -> bool,
) -> io::Result<bool> {
    while let Some(part) = parts.front_mut() {
        let is_done = match part {
            Part::Remembered(part) => part.step(view)?,
            Part::Inodes(part) => part.step(view)?,
            Part::Checks(part) => part.step(view)?,
        };
        if is_done {
            parts.pop_front();
        } else if is_time_up() {
            break;
        }
    }
    Ok(parts.is_empty())
}

#[cfg(test)]
mod tests {
    use super::kernel::fake::Fake;
    use super::*;
    use std::cell::Cell;

    #[test]
    fn an_endless_filesystem_is_looked_at_in_slices() {
        let fake = Fake { is_endless: true, ..Fake::default() };
        let mut parts = VecDeque::from([Part::Inodes(Inodes::new(0..u64::MAX, 32, None))]);
        for slice in 1..=3 {
            let calls = Cell::new(0);
            let is_done = fake.view(|view| {
                look_on(&mut parts, view, &|| {
                    calls.set(calls.get() + 1);
                    calls.get() == 10
                })
            });
            assert!(!is_done.unwrap());
            assert_eq!(fake.bulkstats.get(), 10 * slice, "it goes on where it broke off");
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
        while !fake.view(|view| look_on(&mut parts, view, &|| true)).unwrap() {
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
