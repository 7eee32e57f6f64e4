// SPDX-License-Identifier: LGPL-2.1-or-later
//! Inodes that the kernel loads for a call, beside the one that the call is about: some inodes must
//! not be loaded (`crate::fs::Cores`), and it does not ask.

use super::scrub_type::ScrubType;
use crate::uapi::*;

/// Inodes that the kernel loads for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loads {
    /// The kernel loads no inode but that which the call is about, or its own.
    Own,
    /// The kernel loads those inodes of the AG that are in use and have no link.
    Group,
    /// The kernel loads inodes that the structure leads to: entries of a directory, or parents.
    Related,
    /// The kernel may load every inode of the filesystem.
    All,
}

/// Types for which other inodes are loaded: by a check, and by a repair, which begins with a check.
/// By the sources of Linux 7.2 in `fs/xfs/scrub`; "walk" is `xchk_iscan_iter`.
const OTHERS: &[(u32, Loads, Loads)] = &[
    // agheader_repair.c: what has no link is put on a list, and freed with its last reference.
    (XFS_SCRUB_TYPE_AGI, Loads::Own, Loads::Group),
    // rmap_repair.c, rtrmap_repair.c: a walk for the mappings.
    (XFS_SCRUB_TYPE_RMAPBT, Loads::Own, Loads::All),
    (XFS_SCRUB_TYPE_RTRMAPBT, Loads::Own, Loads::All),
    // inode_repair.c: a walk for a directory that knows the type, where the mode is none.
    (XFS_SCRUB_TYPE_INODE, Loads::Own, Loads::All),
    // dir.c: each entry is loaded. dir_repair.c, findparent.c: a walk for the entries, or the parent.
    (XFS_SCRUB_TYPE_DIR, Loads::Related, Loads::All),
    // parent.c: each parent is loaded. parent_repair.c: a walk for them.
    (XFS_SCRUB_TYPE_PARENT, Loads::Related, Loads::All),
    // dirtree.c: the parents, up to the root.
    (XFS_SCRUB_TYPE_DIRTREE, Loads::Related, Loads::Related),
    // nlinks.c, quotacheck.c: a walk to count; nlinks_repair.c makes another.
    (XFS_SCRUB_TYPE_NLINKS, Loads::All, Loads::All),
    (XFS_SCRUB_TYPE_QUOTACHECK, Loads::All, Loads::All),
];

impl ScrubType {
    /// Inodes that are loaded for a check.
    pub(crate) fn check_loads(self) -> Loads {
        self.others().map_or(Loads::Own, |(_, check, _)| *check)
    }

    /// Inodes that are loaded for a repair.
    pub(crate) fn repair_loads(self) -> Loads {
        self.others().map_or(Loads::Own, |(_, _, repair)| *repair)
    }

    fn others(self) -> Option<&'static (u32, Loads, Loads)> {
        OTHERS.iter().find(|(number, ..)| *number == self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Target;
    use crate::plan::Key;

    #[test]
    fn what_loads_other_inodes_is_known_by_its_type() {
        let inode = Target::Inode { ino: 131, generation: 7 };
        let of = |target, bit| Key::from_bit(target, bit).unwrap().scrub;
        let directory = of(inode, XFS_BS_SICK_DIR);
        assert_eq!(directory.check_loads(), Loads::Related);
        assert_eq!(directory.repair_loads(), Loads::All);
        let nlinks = of(Target::Fs, XFS_FSOP_GEOM_SICK_NLINKS);
        assert_eq!((nlinks.check_loads(), nlinks.repair_loads()), (Loads::All, Loads::All));
        for (target, bit) in [(inode, XFS_BS_SICK_BMBTD), (Target::Ag(0), XFS_AG_GEOM_SICK_BNOBT)] {
            assert_eq!(of(target, bit).repair_loads(), Loads::Own);
        }
    }
}
