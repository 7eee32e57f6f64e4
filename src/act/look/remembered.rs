// SPDX-License-Identifier: LGPL-2.1-or-later
//! Reads what the kernel remembers as sick, inodes apart.

use super::inodes::{Inodes, WalkPurpose};
use super::kernel::{AG_HEADERS, Kernel, Next, View};
use super::targets::Targets;
use crate::event::Target;
use crate::fs::Geometry;
use crate::plan::InodeNumbers;
use crate::uapi::*;
use std::io;

/// A walk over what the kernel remembers of the filesystem, its AGs and its realtime groups.
#[derive(Debug)]
pub(super) struct Remembered {
    fs_sick: u32,
    targets: Targets,
    /// The way in which inode numbers are made, and the AGs that have inodes; `None` if no walk
    /// over inodes comes next.
    inodes: Option<(InodeNumbers, Vec<u32>)>,
    /// True if the walk looks at nothing else than one AG.
    is_of_ag: bool,
}

impl Remembered {
    pub(super) fn new(geometry: &Geometry, with_inodes: bool) -> Remembered {
        let inodes = with_inodes.then(|| (geometry.inode_numbers(), Vec::new()));
        let remembered = if geometry.has_metadir() {
            // Of no group by themselves: the kernel ors those of all groups together.
            let of_groups = XFS_FSOP_GEOM_SICK_RT_BITMAP | XFS_FSOP_GEOM_SICK_RT_SUMMARY;
            let fs_sick = geometry.sick() & !of_groups;
            Remembered::of(fs_sick, geometry.ag_count(), geometry.rtgroup_count())
        } else {
            Remembered::of(geometry.sick(), geometry.ag_count(), 0)
        };
        Remembered { inodes, ..remembered }
    }

    pub(super) fn of(fs_sick: u32, ag_count: u32, rtgroup_count: u32) -> Remembered {
        let targets = Targets::new(ag_count, rtgroup_count);
        Remembered { fs_sick, targets, inodes: None, is_of_ag: false }
    }

    /// A walk over what the kernel remembers of one AG.
    pub(super) fn of_ag(agno: u32) -> Remembered {
        Remembered { fs_sick: 0, targets: Targets::of_ag(agno), inodes: None, is_of_ag: true }
    }

    /// The walk that comes next, if any: over the inodes of the AGs that have some.
    pub(super) fn inodes(self) -> Option<Inodes> {
        self.inodes.map(|(numbers, agnos)| Inodes::new(agnos, numbers, WalkPurpose::Remember))
    }

    /// Reads what the kernel remembers of the next target.
    pub(super) fn step<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<Next> {
        let Some(target) = self.targets.next() else { return Ok(Next::Done) };
        view.agno = match target {
            // What sees the inodes of the AG sees this too.
            Target::Ag(agno) if self.is_of_ag || self.inodes.is_some() => Some(agno),
            _ => None,
        };
        let answer = match target {
            Target::Ag(agno) => view.kernel.ag(agno).map(|ag| {
                if let (Some((_, agnos)), 1..) = (&mut self.inodes, ag.ag_icount) {
                    agnos.push(agno);
                }
                ag.ag_sick
            }),
            Target::Rtgroup(rgno) => view.kernel.rtgroup_sick(rgno),
            _ => Ok(self.fs_sick),
        };
        match answer {
            Ok(mask) => view.report(target, mask),
            // The filesystem has been shrunk since.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
            Err(error) => {
                view.miss(error)?;
                if matches!(target, Target::Ag(_)) {
                    // Both are read for the answer (fs/xfs/libxfs/xfs_ag.c: xfs_ag_get_geometry).
                    view.check(target, AG_HEADERS)?;
                }
            }
        }
        Ok(Next::More)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::fake::{AG_INODES, Fake, NUMBERS};
    use super::*;
    use crate::plan::Outcome;

    fn look(fake: &Fake, mut part: Remembered) -> io::Result<()> {
        fake.view(|view| {
            while part.step(view)? != Next::Done {}
            Ok(())
        })
    }

    #[test]
    fn what_is_not_sick_is_not_named() {
        let fake = Fake { ags: vec![Ok(0), Ok(1 << 10 | 1), Ok(0)], ..Fake::default() };
        look(&fake, Remembered::of(1 << 31, 3, 1)).unwrap();
        assert_eq!(fake.found.take(), [(Target::Fs, 1 << 31), (Target::Ag(1), 1 << 10 | 1)]);
        assert!(fake.is_complete.get() && fake.checks.take().is_empty());
    }

    #[test]
    fn an_ag_whose_headers_cannot_be_read_is_checked_and_the_next_asked() {
        let fake =
            Fake { ags: vec![Err(libc::EUCLEAN), Ok(1)], sick: Some("agf"), ..Fake::default() };
        look(&fake, Remembered::of(0, 2, 0)).unwrap();
        assert_eq!(fake.found.take(), [(Target::Ag(0), 1 << 1), (Target::Ag(1), 1)]);
        assert!(!fake.is_complete.get(), "the rest of AG 0 was not told");
    }

    #[test]
    fn an_ag_that_is_gone_is_nothing_and_a_shutdown_is_the_end() {
        let fake = Fake { ags: vec![Err(libc::EINVAL)], ..Fake::default() };
        look(&fake, Remembered::of(0, 1, 0)).unwrap();
        assert!(fake.is_complete.get());

        let outcome = Outcome::Shutdown;
        let fake = Fake { ags: vec![Err(libc::EIO)], outcome, ..Fake::default() };
        let error = look(&fake, Remembered::of(0, 1, 0)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ESHUTDOWN));
    }

    #[test]
    fn inodes_are_looked_for_only_where_there_are_some() {
        let fake = Fake::with([5, 2 * AG_INODES]);
        let mut part =
            Remembered { inodes: Some((NUMBERS, Vec::new())), ..Remembered::of(0, 4, 0) };
        let next = fake.view(|view| {
            while part.step(view).unwrap() != Next::Done {}
            part.inodes()
        });
        let mut inodes = next.unwrap();
        fake.view(|view| while inodes.step(view).unwrap() != Next::Done {});
        assert_eq!(fake.bulkstats.get(), 2, "and there but once, for so few");
    }
}
