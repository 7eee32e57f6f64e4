// SPDX-License-Identifier: LGPL-2.1-or-later
//! The repair of paths in the metadata directory: one call for each metadata file.

use super::repair::errno;
use crate::fs::Geometry;
use crate::plan::Outcome;
use crate::sys::xfs;
use crate::uapi::*;
use std::os::fd::BorrowedFd;

/// Files that exist once.
const ONE: [u64; 5] = [
    // What holds the others first.
    XFS_SCRUB_METAPATH_RTDIR,
    XFS_SCRUB_METAPATH_QUOTADIR,
    XFS_SCRUB_METAPATH_USRQUOTA,
    XFS_SCRUB_METAPATH_GRPQUOTA,
    XFS_SCRUB_METAPATH_PRJQUOTA,
];
/// Files that each realtime group has.
const EACH_RTGROUP: [u64; 4] = [
    XFS_SCRUB_METAPATH_RTBITMAP,
    XFS_SCRUB_METAPATH_RTSUMMARY,
    XFS_SCRUB_METAPATH_RTRMAPBT,
    XFS_SCRUB_METAPATH_RTREFCOUNTBT,
];

/// Repairs the path of every metadata file; gives the first outcome that is not good, or whether
/// anything was repaired. Only what is in the way of all ends it early.
pub(super) fn repair_all(root: BorrowedFd<'_>) -> Outcome {
    match Geometry::read(root) {
        Ok(geometry) => {
            judge(files(geometry.rtgroup_count()).map(|(file, rgno)| repair(root, file, rgno)))
        }
        Err(error) => Outcome::from_answer(Err(errno(&error))),
    }
}

fn files(rtgroups: u32) -> impl Iterator<Item = (u64, u32)> {
    let once = ONE.into_iter().map(|file| (file, 0));
    let each = (0..rtgroups).flat_map(|rgno| EACH_RTGROUP.map(|file| (file, rgno)));
    once.chain(each)
}

fn repair(root: BorrowedFd<'_>, file: u64, rgno: u32) -> Outcome {
    let mut call = xfs_scrub_metadata {
        sm_type: XFS_SCRUB_TYPE_METAPATH,
        sm_flags: XFS_SCRUB_IFLAG_REPAIR,
        sm_ino: file,
        sm_agno: rgno,
        ..Default::default()
    };
    let answer = xfs::scrub(root, &mut call).map(|()| call.sm_flags);
    Outcome::from_answer(answer.map_err(|error| errno(&error)))
}

fn judge(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    let (mut all, mut first_bad) = (Outcome::Fine, None);
    for outcome in outcomes {
        match outcome {
            // A quota or a group that this filesystem does not have.
            Outcome::Fine | Outcome::Gone => {}
            Outcome::Repaired => all = Outcome::Repaired,
            Outcome::ReadOnly | Outcome::NoRecovery | Outcome::Shutdown => return outcome,
            bad => first_bad = first_bad.or(Some(bad)),
        }
    }
    first_bad.unwrap_or(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_its_call_and_directories_come_first() {
        let all: Vec<_> = files(2).collect();
        let once = [(1, 0), (4, 0), (5, 0), (6, 0), (7, 0)];
        let groups = [(2, 0), (3, 0), (8, 0), (9, 0), (2, 1), (3, 1), (8, 1), (9, 1)];
        assert_eq!(all, [&once[..], &groups[..]].concat());
    }

    #[test]
    fn one_repair_is_a_repair_and_one_failure_a_failure() {
        use Outcome::*;
        let of = |outcomes: &[Outcome]| judge(outcomes.iter().copied());
        assert_eq!(of(&[Fine, Gone, Fine]), Fine);
        assert_eq!(of(&[Fine, Repaired, Gone]), Repaired);
        assert_eq!(of(&[Repaired, Failed, Unsupported, Repaired]), Failed);
        assert_eq!(of(&[Failed, Shutdown, Fine]), Shutdown);
    }
}
