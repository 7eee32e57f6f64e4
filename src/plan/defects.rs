// SPDX-License-Identifier: LGPL-2.1-or-later
//! Known defects of kernels that a repair must not walk into.

use super::scrub_type::ScrubType;

/// Release numbers of a kernel, `7.2` as `(7, 2)`.
pub type KernelVersion = (u32, u32);

/// The features of a filesystem that decide what is possible on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Has reverse mapping btrees.
    pub rmapbt: bool,
    /// Has a metadata directory tree.
    pub metadir: bool,
}

/// A repair that crashes a range of kernels.
#[derive(Clone, Copy, Debug)]
pub struct KernelDefect {
    /// What happens, in words for a message.
    pub what: &'static str,
    /// The repair that triggers it.
    scrub: ScrubType,
    /// First release that has it.
    since: KernelVersion,
    /// First release without it, once there is one.
    fixed: Option<KernelVersion>,
    /// The filesystems on which it happens.
    applies: fn(Features) -> bool,
}

/// Every defect of this kind that is known. All of them need an object that the kernel cannot load:
/// one that BULKSTAT returns is safe to repair.
const DEFECTS: &[KernelDefect] = &[KernelDefect {
    // fs/xfs/scrub/inode_repair.c: xrep_dinode_count_rtgroup_rmaps asks a btree cursor that the
    // placeholder realtime group does not have. Seen on 7.2.12 and 7.2.13, unchanged in 7.3.4.
    what: "repairing an inode that cannot be loaded crashes this kernel",
    scrub: ScrubType::INODE,
    since: (6, 14),
    fixed: None,
    applies: |features| features.rmapbt && !features.metadir,
}];

/// The defect that a kernel has on such a filesystem, if any.
///
/// A kernel whose version is unknown is taken for one that has it.
pub fn known_defect(
    kernel: Option<KernelVersion>,
    features: Features,
) -> Option<&'static KernelDefect> {
    DEFECTS.iter().find(|defect| {
        let in_range = kernel.is_none_or(|version| {
            version >= defect.since && defect.fixed.is_none_or(|fixed| version < fixed)
        });
        in_range && (defect.applies)(features)
    })
}

impl KernelDefect {
    /// Whether a repair of this type may trigger it.
    pub fn concerns(&self, scrub: ScrubType) -> bool {
        self.scrub == scrub
    }
}

/// Reads the version out of a release string such as `7.2.12+deb14-amd64`.
pub fn parse_kernel_version(release: &str) -> Option<KernelVersion> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_filesystem_of_mkfs_is_guarded_from_6_14_on() {
        let default = Features { rmapbt: true, metadir: false };
        for (version, guarded) in
            [(Some((6, 13)), false), (Some((6, 14)), true), (Some((7, 3)), true), (None, true)]
        {
            assert_eq!(known_defect(version, default).is_some(), guarded, "{version:?}");
        }
        for harmless in
            [Features { rmapbt: true, metadir: true }, Features { rmapbt: false, metadir: false }]
        {
            assert!(known_defect(Some((7, 2)), harmless).is_none());
        }
    }

    #[test]
    fn a_release_string_is_read_as_far_as_it_goes() {
        assert_eq!(parse_kernel_version("7.2.12+deb14-cloud-amd64"), Some((7, 2)));
        assert_eq!(parse_kernel_version("7.10-rc1"), Some((7, 10)));
        for odd in ["", "7", "linux", "99999999999.1"] {
            assert_eq!(parse_kernel_version(odd), None, "{odd:?}");
        }
    }
}
