// SPDX-License-Identifier: LGPL-2.1-or-later
//! The scrub type that mends each sick bit, and the order in which they are tried.

use crate::event::{Domain, Target, word};
use crate::uapi::*;
use std::ffi::CStr;

/// A scrub type with which the kernel repairs something (`XFS_SCRUB_TYPE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScrubType(u32);

/// A line of the policy: a sick bit and what to do about it.
struct Mend {
    bit: u32,
    scrub: u32,
    rank: u8,
}

const fn m(bit: u32, scrub: u32, rank: u8) -> Mend {
    Mend { bit, scrub, rank }
}

// Ranks, lowest first: what others are rebuilt from comes before them.
const AG_HEADER: u8 = 0;
const AG_BTREE: u8 = 4;
const REALTIME: u8 = 10;
const INODE_CORE: u8 = 20;
const FORK: u8 = 21;
const DIRECTORY: u8 = 22;
const XATTR: u8 = 23;
const PARENT: u8 = 24;
const DIRTREE: u8 = 25;
const QUOTA: u8 = 30;
const METADATA_PATH: u8 = 31;
/// First rank of the repairs that walk or freeze the whole filesystem: each runs alone.
const ALONE: u8 = 40;

const FS: &[Mend] = &[
    m(XFS_FSOP_GEOM_SICK_COUNTERS, XFS_SCRUB_TYPE_FSCOUNTERS, ALONE + 2),
    m(XFS_FSOP_GEOM_SICK_UQUOTA, XFS_SCRUB_TYPE_UQUOTA, QUOTA),
    m(XFS_FSOP_GEOM_SICK_GQUOTA, XFS_SCRUB_TYPE_GQUOTA, QUOTA),
    m(XFS_FSOP_GEOM_SICK_PQUOTA, XFS_SCRUB_TYPE_PQUOTA, QUOTA),
    m(XFS_FSOP_GEOM_SICK_QUOTACHECK, XFS_SCRUB_TYPE_QUOTACHECK, ALONE),
    m(XFS_FSOP_GEOM_SICK_NLINKS, XFS_SCRUB_TYPE_NLINKS, ALONE + 1),
    m(XFS_FSOP_GEOM_SICK_METAPATH, XFS_SCRUB_TYPE_METAPATH, METADATA_PATH),
    // What no scrub type is for: what can be mended of the metadata directory is the paths in it.
    m(XFS_FSOP_GEOM_SICK_METADIR, XFS_SCRUB_TYPE_METAPATH, METADATA_PATH),
];

const AG: &[Mend] = &[
    m(XFS_AG_GEOM_SICK_SB, XFS_SCRUB_TYPE_SB, AG_HEADER),
    m(XFS_AG_GEOM_SICK_AGF, XFS_SCRUB_TYPE_AGF, AG_HEADER + 1),
    m(XFS_AG_GEOM_SICK_AGFL, XFS_SCRUB_TYPE_AGFL, AG_HEADER + 2),
    m(XFS_AG_GEOM_SICK_AGI, XFS_SCRUB_TYPE_AGI, AG_HEADER + 3),
    m(XFS_AG_GEOM_SICK_BNOBT, XFS_SCRUB_TYPE_BNOBT, AG_BTREE),
    m(XFS_AG_GEOM_SICK_CNTBT, XFS_SCRUB_TYPE_CNTBT, AG_BTREE + 1),
    m(XFS_AG_GEOM_SICK_INOBT, XFS_SCRUB_TYPE_INOBT, AG_BTREE + 2),
    m(XFS_AG_GEOM_SICK_FINOBT, XFS_SCRUB_TYPE_FINOBT, AG_BTREE + 3),
    m(XFS_AG_GEOM_SICK_RMAPBT, XFS_SCRUB_TYPE_RMAPBT, AG_BTREE + 4),
    m(XFS_AG_GEOM_SICK_REFCNTBT, XFS_SCRUB_TYPE_REFCNTBT, AG_BTREE + 5),
];

const RTGROUP: &[Mend] = &[
    m(XFS_RTGROUP_GEOM_SICK_SUPER, XFS_SCRUB_TYPE_RGSUPER, REALTIME),
    m(XFS_RTGROUP_GEOM_SICK_BITMAP, XFS_SCRUB_TYPE_RTBITMAP, REALTIME + 1),
    m(XFS_RTGROUP_GEOM_SICK_SUMMARY, XFS_SCRUB_TYPE_RTSUM, REALTIME + 4),
    m(XFS_RTGROUP_GEOM_SICK_RMAPBT, XFS_SCRUB_TYPE_RTRMAPBT, REALTIME + 2),
    m(XFS_RTGROUP_GEOM_SICK_REFCNTBT, XFS_SCRUB_TYPE_RTREFCBT, REALTIME + 3),
];

const INODE: &[Mend] = &[
    m(XFS_BS_SICK_INODE, XFS_SCRUB_TYPE_INODE, INODE_CORE),
    m(XFS_BS_SICK_BMBTD, XFS_SCRUB_TYPE_BMBTD, FORK),
    m(XFS_BS_SICK_BMBTA, XFS_SCRUB_TYPE_BMBTA, FORK),
    m(XFS_BS_SICK_BMBTC, XFS_SCRUB_TYPE_BMBTC, FORK),
    m(XFS_BS_SICK_DIR, XFS_SCRUB_TYPE_DIR, DIRECTORY),
    m(XFS_BS_SICK_XATTR, XFS_SCRUB_TYPE_XATTR, XATTR),
    m(XFS_BS_SICK_SYMLINK, XFS_SCRUB_TYPE_SYMLINK, DIRECTORY),
    m(XFS_BS_SICK_PARENT, XFS_SCRUB_TYPE_PARENT, PARENT),
    m(XFS_BS_SICK_DIRTREE, XFS_SCRUB_TYPE_DIRTREE, DIRTREE),
];

const fn mends(domain: Domain) -> &'static [Mend] {
    match domain {
        Domain::Fs => FS,
        Domain::Ag => AG,
        Domain::Rtgroup => RTGROUP,
        Domain::Inode => INODE,
    }
}

impl ScrubType {
    /// The number that the ioctl takes (`sm_type`).
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The message word for what a number checks, for C: that of its structure, or of the two
    /// checks that are of none. `None` for a number that this version does not know.
    pub fn name_of(number: u32) -> Option<&'static CStr> {
        let in_domain = |domain: Domain| {
            let mend = mends(domain).iter().find(|m| m.scrub == number)?;
            domain.structure(mend.bit).map(|s| s.c_name())
        };
        match number {
            XFS_SCRUB_TYPE_PROBE => Some(word!("probe")),
            XFS_SCRUB_TYPE_HEALTHY => Some(word!("healthy")),
            _ => [Domain::Fs, Domain::Ag, Domain::Rtgroup, Domain::Inode]
                .into_iter()
                .find_map(in_domain),
        }
    }

    /// Inode core; its repair can crash a kernel, see [`super::defects`].
    pub(super) const INODE: ScrubType = ScrubType(XFS_SCRUB_TYPE_INODE);
    /// Header of an AG's inodes; its repair can crash a kernel too.
    pub(super) const AGI: ScrubType = ScrubType(XFS_SCRUB_TYPE_AGI);

    /// The fork for copy-on-write: the one repair that is never made, see [`super::defects`].
    pub(super) const COW_FORK: ScrubType = ScrubType(XFS_SCRUB_TYPE_BMBTC);

    /// True for a type without which the kernel cannot tell a free inode from an allocated one.
    pub(super) fn finds_inodes(self) -> bool {
        matches!(self.0, XFS_SCRUB_TYPE_AGI | XFS_SCRUB_TYPE_INOBT | XFS_SCRUB_TYPE_FINOBT)
    }

    /// True for a type that has to be good before anything else of an AG can be looked at, or its
    /// inodes.
    pub(super) fn opens_ag(self) -> bool {
        self.finds_inodes() || self.0 == XFS_SCRUB_TYPE_AGF
    }

    /// Types of the same target that have to be good before this one can be rebuilt.
    pub(super) fn needs(self) -> &'static [ScrubType] {
        const CORE: ScrubType = ScrubType::INODE;
        const DATA: ScrubType = ScrubType(XFS_SCRUB_TYPE_BMBTD);
        const ATTR: ScrubType = ScrubType(XFS_SCRUB_TYPE_BMBTA);
        const DIR: ScrubType = ScrubType(XFS_SCRUB_TYPE_DIR);
        const ATTRS: ScrubType = ScrubType(XFS_SCRUB_TYPE_XATTR);
        const BITMAP: ScrubType = ScrubType(XFS_SCRUB_TYPE_RTBITMAP);
        match self.0 {
            XFS_SCRUB_TYPE_BMBTD | XFS_SCRUB_TYPE_BMBTA | XFS_SCRUB_TYPE_BMBTC => &[CORE],
            XFS_SCRUB_TYPE_DIR | XFS_SCRUB_TYPE_SYMLINK => &[CORE, DATA],
            XFS_SCRUB_TYPE_XATTR => &[CORE, ATTR],
            XFS_SCRUB_TYPE_PARENT => &[CORE, DATA, ATTR, DIR, ATTRS],
            XFS_SCRUB_TYPE_RTSUM => &[BITMAP],
            _ => &[],
        }
    }
}

/// A structure that can be repaired: an object, such as an AG or an inode, and the type of scrub that
/// repairs this part of it. The planner counts, queues and repairs these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Target that the structure belongs to.
    pub target: Target,
    /// Scrub type that repairs the structure.
    pub scrub: ScrubType,
}

impl Key {
    /// The structure that one sick bit of a target names; `None` where no single repair mends it.
    ///
    /// The two realtime bits of the filesystem-wide mask come only from filesystems without
    /// realtime groups, where the kernel keeps the one bitmap and summary in a group 0.
    pub fn from_bit(target: Target, bit: u32) -> Option<Key> {
        let (target, bit) = match (target, bit) {
            (Target::Fs, XFS_FSOP_GEOM_SICK_RT_BITMAP) => {
                (Target::Rtgroup(0), XFS_RTGROUP_GEOM_SICK_BITMAP)
            }
            (Target::Fs, XFS_FSOP_GEOM_SICK_RT_SUMMARY) => {
                (Target::Rtgroup(0), XFS_RTGROUP_GEOM_SICK_SUMMARY)
            }
            other => other,
        };
        let mend = mends(target.domain()).iter().find(|m| m.bit == bit)?;
        Some(Key { target, scrub: ScrubType(mend.scrub) })
    }

    /// True if sick bits of its target name the structure.
    pub fn is_in(self, mask: u32) -> bool {
        bits(mask).any(|bit| Key::from_bit(self.target, bit) == Some(self))
    }

    /// The structure of a target that a scrub type mends; `None` if there is no such one.
    pub fn from_scrub(target: Target, number: u32) -> Option<Key> {
        let key = Key { target, scrub: ScrubType(number) };
        key.mend().map(|_| key)
    }

    fn mend(self) -> Option<&'static Mend> {
        mends(self.target.domain()).iter().find(|m| m.scrub == self.scrub.0)
    }

    /// The word for the structure in messages.
    pub fn name(self) -> &'static str {
        let structure = self.mend().and_then(|m| self.target.domain().structure(m.bit));
        structure.map_or("unknown", |s| s.name())
    }

    /// True if the structure belongs to a file.
    pub(super) fn is_of_inode(self) -> bool {
        matches!(self.target, Target::Inode { .. })
    }

    /// Place in the order of repairs, lowest first.
    pub(super) fn rank(self) -> u8 {
        self.mend().map_or(u8::MAX, |m| m.rank)
    }

    /// A number that sorts like the key itself and is cheaper to compare. The numbers of a target's
    /// structures begin with its own.
    pub(super) fn sort_number(self) -> u128 {
        target_number(self.target) | u128::from(self.scrub.0)
    }

    /// True if one bit tells of many objects, so that HEALTHY of one of them means nothing for the
    /// others: a check of each path in the metadata directory says it.
    pub fn stands_for_many(self) -> bool {
        self.scrub.number() == XFS_SCRUB_TYPE_METAPATH
    }

    /// True if the repair must have the filesystem for itself.
    pub(super) fn runs_alone(self) -> bool {
        self.rank() >= ALONE
    }
}

/// A number that sorts like the target itself, with the lowest 24 bits left for a scrub type.
pub(super) fn target_number(target: Target) -> u128 {
    let (kind, number, generation) = match target {
        Target::Fs => (0, 0, 0),
        Target::Ag(number) => (1, number.into(), 0),
        Target::Rtgroup(number) => (2, number.into(), 0),
        Target::Inode { ino, generation } => (3, ino, generation),
    };
    kind << 120 | u128::from(number) << 56 | u128::from(generation) << 24
}

/// The single bits of a mask, lowest first.
pub(crate) fn bits(mask: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS).map(|n| 1 << n).filter(move |bit| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(target: Target, n: u32) -> Option<u32> {
        Key::from_bit(target, 1 << n).map(|key| key.scrub.number())
    }

    #[test]
    fn each_bit_has_the_type_of_the_kernel_contract() {
        let inode = Target::Inode { ino: 1, generation: 0 };
        let of = |target, bits| (0..bits).map(|n| number(target, n)).collect::<Vec<_>>();
        let some = |numbers: &[u32]| numbers.iter().map(|n| Some(*n)).collect::<Vec<_>>();
        assert_eq!(of(Target::Fs, 10), some(&[24, 21, 22, 23, 19, 20, 25, 26, 29, 29]));
        assert_eq!(of(Target::Ag(3), 10), some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        assert_eq!(of(Target::Rtgroup(3), 5), some(&[30, 19, 20, 31, 32]));
        assert_eq!(of(inode, 9), some(&[11, 12, 13, 14, 15, 16, 17, 18, 28]));
        for (target, n) in [(Target::Fs, 10), (Target::Ag(0), 10), (inode, 9)] {
            assert_eq!(number(target, n), None, "{target:?} bit {n}");
        }
    }

    #[test]
    fn every_structure_has_the_name_of_its_bit() {
        for target in [Target::Fs, Target::Ag(0), Target::Rtgroup(0)] {
            for structure in target.domain().structures() {
                if let Some(key) = Key::from_bit(target, structure.bit) {
                    let name = structure.name().replace("metadir", "metapath");
                    assert_eq!(key.name(), name);
                }
            }
        }
    }

    #[test]
    fn the_word_of_a_number_is_that_of_its_structures() {
        for target in
            [Target::Fs, Target::Ag(0), Target::Rtgroup(0), Target::Inode { ino: 1, generation: 0 }]
        {
            for key in bits(u32::MAX).filter_map(|bit| Key::from_bit(target, bit)) {
                let word = ScrubType::name_of(key.scrub.number());
                assert_eq!(word.map(CStr::to_str), Some(Ok(key.name())));
            }
        }
        assert_eq!(ScrubType::name_of(XFS_SCRUB_TYPE_PROBE), Some(c"probe"));
        assert!((0..XFS_SCRUB_TYPE_NR).all(|number| ScrubType::name_of(number).is_some()));
        assert_eq!(ScrubType::name_of(XFS_SCRUB_TYPE_NR), None);
    }

    #[test]
    fn numbers_sort_as_what_they_stand_for() {
        let inode = |ino, generation| Target::Inode { ino, generation };
        let small = [0, 1, u32::MAX];
        let targets = std::iter::once(Target::Fs)
            .chain(small.map(Target::Ag))
            .chain(small.map(Target::Rtgroup))
            .chain([0, 1, u64::MAX].into_iter().flat_map(|ino| small.map(|n| inode(ino, n))));
        let keys: Vec<Key> = targets
            .flat_map(|target| [0, 1, 28, 32].map(|n| Key { target, scrub: ScrubType(n) }))
            .collect();
        for pair in keys.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].sort_number() < pair[1].sort_number());
        }
        assert!(keys.iter().all(|key| key.sort_number() >> 24 == target_number(key.target) >> 24));
    }

    #[test]
    fn what_a_type_needs_comes_before_it() {
        for target in [Target::Inode { ino: 1, generation: 0 }, Target::Rtgroup(0)] {
            for mend in mends(target.domain()) {
                let scrub = ScrubType(mend.scrub);
                for needed in scrub.needs() {
                    assert!(Key { target, scrub: *needed }.rank() < Key { target, scrub }.rank());
                }
            }
        }
    }

    #[test]
    fn only_what_walks_or_freezes_everything_runs_alone() {
        let alone: Vec<_> = bits(u32::MAX)
            .filter_map(|bit| Key::from_bit(Target::Fs, bit))
            .filter(|key| key.runs_alone())
            .map(Key::name)
            .collect();
        assert_eq!(alone, ["fscounters", "quotacheck", "nlinks"]);
    }
}
