// SPDX-License-Identifier: LGPL-2.1-or-later
//! Known defects of kernels that a repair must not walk into.

use super::scrub_type::ScrubType;
use bitflags::bitflags;

/// Release numbers of a kernel, `7.2.13` as `(7, 2, 13)`.
pub type KernelVersion = (u32, u32, u32);

/// The features of a filesystem that decide what is possible on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Has reverse mapping btrees.
    pub rmapbt: bool,
    /// Has a metadata directory tree.
    pub metadir: bool,
}

bitflags! {
    /// Defects that a kernel has on a filesystem, by the objects whose repair crashes it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct KernelDefects: u8 {
        /// Inodes that cannot be loaded.
        const INODE = 1 << 0;
        /// AGIs that cannot be loaded.
        const AGI = 1 << 1;
    }
}

/// A repair that crashes a range of kernels, if its object cannot be loaded.
struct Defect {
    /// Name of the defect.
    name: KernelDefects,
    /// Repair that triggers the defect.
    scrub: ScrubType,
    /// First kernel release that has the defect.
    since: KernelVersion,
    /// First kernel release without the defect, once there is one.
    fixed: Option<KernelVersion>,
    /// True if the defect happens on filesystems without a metadata directory tree only. None is
    /// known of a filesystem without reverse mappings. This is not a function: a call of one that
    /// the compiler cannot see through, from C, costs the library all that unwinding needs.
    spares_metadir: bool,
}

/// Every known defect that makes a repair crash the kernel. All of them need an object that the
/// kernel cannot load: an inode that BULKSTAT returns, an AG whose geometry it tells is safe to
/// repair. Where a range begins is from the kernel's history, no older one than 7.0 has a health
/// monitor.
const DEFECTS: &[Defect] = &[
    // fs/xfs/scrub/inode_repair.c: xrep_dinode_count_rtgroup_rmaps asks a btree cursor that the
    // placeholder realtime group does not have. Seen on 7.2.12 and 7.2.13 (scenario `vanished`); the
    // function is the same in 7.0.4, 7.1.13 and 7.3.4.
    Defect {
        name: KernelDefects::INODE,
        scrub: ScrubType::INODE,
        since: (6, 14, 0),
        fixed: None,
        spares_metadir: true,
    },
    // fs/xfs/scrub/agheader_repair.c: xrep_iunlink_walk_ondisk_bucket reads the AGI's old buffer,
    // of which there is none. Seen on 7.0.4; 7.2.12 and 7.3.4 repair it (scenario `agi`). The fix is in
    // the changelog of 7.1.10, and in 7.2 from the start.
    Defect {
        name: KernelDefects::AGI,
        scrub: ScrubType::AGI,
        since: (6, 10, 0),
        fixed: Some((7, 1, 10)),
        spares_metadir: false,
    },
];

/// True if the repair of this type is never made, whatever the kernel: it does more harm than the
/// damage, and so does a full scrub, which makes it too.
///
/// This is the repair of a CoW fork, which is in memory; on the device its extents are records of
/// the refcount btree, which own them in the rmap btree. `xrep_bmap_cow`
/// (fs/xfs/scrub/cow_repair.c, since 6.8) gives the fork other extents where such a record is
/// missing or too short. Then `xrep_reap_fsblocks` removes the record of the old ones, which is not
/// there: `xfs_refcount_adjust_cow_extents` fails and the filesystem shuts down (seen on 7.2.12;
/// the same in 7.3-rc7).
///
/// Linux 7.4 is to replace more: extents without a record in the rmap btree, which its predecessors
/// call corrupt and leave as they are (commit 2ffc0619c9c2 of the branch xfs-7.4-merge, "xfs: mark
/// cow extents bad if there's no rmap mapping for them"). What becomes of the old extents is the
/// same there. Without rmap btrees the kernel answers EOPNOTSUPP.
pub(super) fn is_left_alone(scrub: ScrubType) -> bool {
    scrub == ScrubType::COW_FORK
}

impl KernelDefects {
    /// Finds the known defects of a kernel on a filesystem with these features. A kernel whose
    /// version is unknown is taken for one that has all.
    pub fn known(kernel: Option<KernelVersion>, features: Features) -> KernelDefects {
        let is_in_range = |defect: &&Defect| {
            kernel.is_none_or(|version| {
                version >= defect.since && defect.fixed.is_none_or(|fixed| version < fixed)
            })
        };
        let applies =
            |defect: &&Defect| features.rmapbt && !(defect.spares_metadir && features.metadir);
        DEFECTS.iter().filter(is_in_range).filter(applies).map(|defect| defect.name).collect()
    }

    /// True if a repair of this type may trigger one of these defects.
    pub fn concerns(self, scrub: ScrubType) -> bool {
        DEFECTS.iter().any(|defect| self.contains(defect.name) && defect.scrub == scrub)
    }
}

/// Reads the version out of a release string such as `7.2.12+deb14-amd64`.
pub fn parse_kernel_version(release: &str) -> Option<KernelVersion> {
    let end = release.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(release.len());
    let mut numbers = release.get(..end)?.split('.').map(str::parse);
    let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some((major, minor, numbers.next().and_then(Result::ok).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Features = Features { rmapbt: true, metadir: false };
    const METADIR: Features = Features { rmapbt: true, metadir: true };
    const PLAIN: Features = Features { rmapbt: false, metadir: false };

    fn concerned(version: Option<KernelVersion>, features: Features, scrub: ScrubType) -> bool {
        KernelDefects::known(version, features).concerns(scrub)
    }

    #[test]
    fn inodes_of_the_default_filesystem_of_mkfs_are_guarded_from_6_14_on() {
        for (version, guarded) in
            [((6, 13, 12), false), ((6, 14, 0), true), ((7, 2, 13), true), ((7, 3, 4), true)]
        {
            assert_eq!(concerned(Some(version), DEFAULT, ScrubType::INODE), guarded, "{version:?}");
        }
        for harmless in [METADIR, PLAIN] {
            assert!(!concerned(Some((7, 2, 0)), harmless, ScrubType::INODE));
        }
    }

    #[test]
    fn the_agi_is_guarded_up_to_7_1_9() {
        for (version, guarded) in
            [((6, 9, 9), false), ((7, 0, 13), true), ((7, 1, 9), true), ((7, 1, 10), false)]
        {
            for features in [DEFAULT, METADIR] {
                assert_eq!(concerned(Some(version), features, ScrubType::AGI), guarded);
            }
        }
        assert!(!concerned(Some((7, 0, 4)), PLAIN, ScrubType::AGI), "it cannot be repaired at all");
    }

    #[test]
    fn a_kernel_that_cannot_be_told_is_taken_for_one_that_has_all() {
        let all = KernelDefects::known(None, DEFAULT);
        assert!(all.concerns(ScrubType::INODE) && all.concerns(ScrubType::AGI));
        assert!(!all.is_empty() && KernelDefects::known(None, PLAIN).is_empty());
    }

    #[test]
    fn a_release_string_is_read_as_far_as_it_goes() {
        assert_eq!(parse_kernel_version("7.2.12+deb14-cloud-amd64"), Some((7, 2, 12)));
        assert_eq!(parse_kernel_version("7.10-rc1"), Some((7, 10, 0)));
        assert_eq!(parse_kernel_version("7.0-4-amd64"), Some((7, 0, 0)));
        for odd in ["", "7", "linux", "99999999999.1"] {
            assert_eq!(parse_kernel_version(odd), None, "{odd:?}");
        }
    }
}
