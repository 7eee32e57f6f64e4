// SPDX-License-Identifier: LGPL-2.1-or-later
//! Checks every structure that is not a file's.

use super::kernel::{Kernel, Next, View};
use super::targets::Targets;
use crate::event::Target;
use crate::fs::Geometry;
use crate::uapi::*;
use std::io;

/// A walk over every AG, realtime group and quota structure, one check after the other.
#[derive(Debug)]
pub(super) struct Checks {
    targets: Targets,
    target: Target,
    /// Bits of `target` that are not checked yet.
    left: u32,
}

impl Checks {
    pub(super) fn new(geometry: &Geometry) -> Checks {
        let rtgroup_count = match geometry.has_metadir() {
            true => geometry.rtgroup_count(),
            // The one bitmap and summary are in a group 0; of the rest the kernel says ENOENT.
            false => u32::from(geometry.has_realtime()),
        };
        Checks::of(geometry.ag_count(), rtgroup_count)
    }

    pub(super) fn of(ag_count: u32, rtgroup_count: u32) -> Checks {
        Checks { targets: Targets::new(ag_count, rtgroup_count), target: Target::Fs, left: 0 }
    }

    /// Makes the next check.
    pub(super) fn step<K: Kernel>(&mut self, view: &mut View<'_, K>) -> io::Result<Next> {
        view.agno = None;
        if self.left == 0 {
            let Some(target) = self.targets.next() else { return Ok(Next::Done) };
            self.target = target;
            self.left = bits_of(target);
        }
        let rest = self.left & self.left.wrapping_sub(1);
        let sick = view.check(self.target, self.left ^ rest)?;
        self.left = rest & !hidden_by(self.target, sick);
        if self.left != rest {
            view.is_missing();
        }
        Ok(Next::More)
    }
}

/// Bits of a target that cannot be judged while the structure of the bit `sick` is sick.
fn hidden_by(target: Target, sick: u32) -> u32 {
    // Seen on Linux 7.2: with a damaged AGI the list of free blocks is still checked.
    const AFTER_AGF: u32 = XFS_AG_GEOM_SICK_AGFL | AFTER_AGI;
    const AFTER_AGI: u32 = XFS_AG_GEOM_SICK_BNOBT
        | XFS_AG_GEOM_SICK_CNTBT
        | XFS_AG_GEOM_SICK_INOBT
        | XFS_AG_GEOM_SICK_FINOBT
        | XFS_AG_GEOM_SICK_RMAPBT
        | XFS_AG_GEOM_SICK_REFCNTBT;
    match (target, sick) {
        (Target::Ag(_), XFS_AG_GEOM_SICK_AGF) => AFTER_AGF,
        (Target::Ag(_), XFS_AG_GEOM_SICK_AGI) => AFTER_AGI,
        _ => 0,
    }
}

/// Bits of a target that are checked: all but what walks every inode or freezes the filesystem.
fn bits_of(target: Target) -> u32 {
    match target {
        Target::Fs => {
            XFS_FSOP_GEOM_SICK_UQUOTA | XFS_FSOP_GEOM_SICK_GQUOTA | XFS_FSOP_GEOM_SICK_PQUOTA
        }
        _ => target.domain().structures().iter().fold(0, |bits, structure| bits | structure.bit),
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::fake::Fake;
    use super::*;
    use crate::plan::Outcome;

    fn look(fake: &Fake, mut part: Checks) -> io::Result<()> {
        fake.view(|view| {
            while part.step(view)? != Next::Done {}
            Ok(())
        })
    }

    #[test]
    fn the_types_are_those_of_structures_that_no_file_has() {
        let fake = Fake::default();
        look(&fake, Checks::of(1, 1)).unwrap();
        let types: Vec<_> = fake.checks.take().iter().map(|key| key.scrub.number()).collect();
        let expected = [21, 22, 23, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 19, 20, 31, 32];
        assert_eq!(types, expected);
    }

    #[test]
    fn only_damage_is_found_and_what_could_not_be_judged_is_known() {
        // Of what answers the checks of an AG: what is found, and whether the look is complete.
        for (outcome, is_sick, is_complete) in [
            (Outcome::Failed, true, true),
            (Outcome::Error(libc::EUCLEAN), true, true),
            (Outcome::Error(libc::EBADMSG), true, true),
            (Outcome::Repaired, false, true),
            (Outcome::Fine, false, true),
            (Outcome::CrossFailed, false, true),
            (Outcome::Gone, false, true),
            (Outcome::NotJudged, false, false),
            (Outcome::Incomplete, false, false),
            (Outcome::Busy, false, false),
            (Outcome::NoRoom, false, false),
            (Outcome::NoRecovery, false, false),
            (Outcome::DeviceError, false, false),
            (Outcome::Error(libc::E2BIG), false, false),
        ] {
            let fake = Fake { outcome, ..Fake::default() };
            let part = Checks { left: 1 << 4 | 1 << 5, target: Target::Ag(7), ..Checks::of(0, 0) };
            look(&fake, part).unwrap();
            let sick = fake.found.take().into_iter().filter(|(target, _)| *target == Target::Ag(7));
            let expected = if is_sick { vec![1 << 4, 1 << 5] } else { vec![] };
            assert_eq!(sick.map(|(_, bits)| bits).collect::<Vec<_>>(), expected, "{outcome:?}");
            assert_eq!(fake.is_complete.get(), is_complete, "{outcome:?}");
        }
    }

    #[test]
    fn an_ag_that_is_gone_is_no_gap() {
        let ags = vec![Ok(0), Err(libc::EINVAL)];
        let fake = Fake { outcome: Outcome::NotJudged, ags, ..Fake::default() };
        look(&fake, Checks { left: 1 << 4, target: Target::Ag(1), ..Checks::of(0, 0) }).unwrap();
        // The three quotas of the filesystem are another matter.
        assert!(!fake.is_complete.get());
        fake.missed.take();
        fake.view(|view| view.check(Target::Ag(1), 1 << 4)).unwrap();
        assert!(fake.is_complete.get());
    }

    #[test]
    fn behind_a_damaged_header_nothing_is_judged() {
        for (header, behind) in [("agf", "super agf agi"), ("agi", "super agf agfl agi")] {
            let fake = Fake { sick: Some(header), ..Fake::default() };
            look(&fake, Checks::of(1, 0)).unwrap();
            let checks = fake.checks.take();
            let checks = checks.iter().filter(|key| key.target == Target::Ag(0));
            let names: Vec<_> = checks.map(|key| key.name()).collect();
            assert_eq!(names.join(" "), behind);
            assert_eq!(fake.found.take().len(), 1);
            assert!(!fake.is_complete.get());
        }
    }

    #[test]
    fn a_shutdown_or_a_useless_descriptor_is_the_end() {
        for (outcome, errno) in [
            (Outcome::Shutdown, libc::ESHUTDOWN),
            (Outcome::Error(libc::EBADF), libc::EBADF),
            (Outcome::Error(libc::EPERM), libc::EPERM),
        ] {
            let fake = Fake { outcome, ..Fake::default() };
            let error = look(&fake, Checks::of(5, 0)).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(errno));
            assert_eq!(fake.checks.take().len(), 1);
        }
    }
}
