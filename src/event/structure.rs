// SPDX-License-Identifier: LGPL-2.1-or-later
//! Sick bits: which structure a bit of a mask stands for.

use super::word::Word;
use crate::uapi::*;
use std::ffi::CStr;

/// Kind of objects that a sick mask is about; decides what its bits mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// The whole filesystem (`XFS_FSOP_GEOM_SICK_*`).
    Fs,
    /// An allocation group (`XFS_AG_GEOM_SICK_*`).
    Ag,
    /// A realtime group (`XFS_RTGROUP_GEOM_SICK_*`).
    Rtgroup,
    /// An inode (`XFS_BS_SICK_*`).
    Inode,
}

/// A structure that can be sick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure {
    /// Bit of the structure in the domain's sick mask.
    pub bit: u32,
    word: Word,
}

impl Structure {
    /// The word for the structure in messages.
    pub fn name(&'static self) -> &'static str {
        self.word.as_str()
    }

    /// The word for the structure in messages, as a C string.
    pub fn c_name(&'static self) -> &'static CStr {
        self.word.as_c()
    }
}

const fn s(bit: u32, word: &str) -> Structure {
    Structure { bit, word: Word::new(word) }
}

const FS: &[Structure] = &[
    s(XFS_FSOP_GEOM_SICK_COUNTERS, "fscounters"),
    s(XFS_FSOP_GEOM_SICK_UQUOTA, "usrquota"),
    s(XFS_FSOP_GEOM_SICK_GQUOTA, "grpquota"),
    s(XFS_FSOP_GEOM_SICK_PQUOTA, "prjquota"),
    s(XFS_FSOP_GEOM_SICK_RT_BITMAP, "bitmap"),
    s(XFS_FSOP_GEOM_SICK_RT_SUMMARY, "summary"),
    s(XFS_FSOP_GEOM_SICK_QUOTACHECK, "quotacheck"),
    s(XFS_FSOP_GEOM_SICK_NLINKS, "nlinks"),
    s(XFS_FSOP_GEOM_SICK_METADIR, "metadir"),
    s(XFS_FSOP_GEOM_SICK_METAPATH, "metapath"),
];

const AG: &[Structure] = &[
    s(XFS_AG_GEOM_SICK_SB, "super"),
    s(XFS_AG_GEOM_SICK_AGF, "agf"),
    s(XFS_AG_GEOM_SICK_AGFL, "agfl"),
    s(XFS_AG_GEOM_SICK_AGI, "agi"),
    s(XFS_AG_GEOM_SICK_BNOBT, "bnobt"),
    s(XFS_AG_GEOM_SICK_CNTBT, "cntbt"),
    s(XFS_AG_GEOM_SICK_INOBT, "inobt"),
    s(XFS_AG_GEOM_SICK_FINOBT, "finobt"),
    s(XFS_AG_GEOM_SICK_RMAPBT, "rmapbt"),
    s(XFS_AG_GEOM_SICK_REFCNTBT, "refcountbt"),
    s(XFS_AG_GEOM_SICK_INODES, "inodes"),
];

const RTGROUP: &[Structure] = &[
    s(XFS_RTGROUP_GEOM_SICK_SUPER, "super"),
    s(XFS_RTGROUP_GEOM_SICK_BITMAP, "bitmap"),
    s(XFS_RTGROUP_GEOM_SICK_SUMMARY, "summary"),
    s(XFS_RTGROUP_GEOM_SICK_RMAPBT, "rmapbt"),
    s(XFS_RTGROUP_GEOM_SICK_REFCNTBT, "refcountbt"),
];

const INODE: &[Structure] = &[
    s(XFS_BS_SICK_INODE, "core"),
    s(XFS_BS_SICK_BMBTD, "datafork"),
    s(XFS_BS_SICK_BMBTA, "attrfork"),
    s(XFS_BS_SICK_BMBTC, "cowfork"),
    s(XFS_BS_SICK_DIR, "directory"),
    s(XFS_BS_SICK_XATTR, "xattr"),
    s(XFS_BS_SICK_SYMLINK, "symlink"),
    s(XFS_BS_SICK_PARENT, "parent"),
    s(XFS_BS_SICK_DIRTREE, "dirtree"),
];

impl Domain {
    /// The structures of this domain, in the order of their bits.
    pub const fn structures(self) -> &'static [Structure] {
        match self {
            Domain::Fs => FS,
            Domain::Ag => AG,
            Domain::Rtgroup => RTGROUP,
            Domain::Inode => INODE,
        }
    }

    /// The structure of one bit; `None` for a bit that this version has no name for.
    pub fn structure(self, bit: u32) -> Option<&'static Structure> {
        self.structures().iter().find(|s| s.bit == bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_below_the_highest_has_one_name() {
        for (domain, bits) in
            [(Domain::Fs, 10), (Domain::Ag, 11), (Domain::Rtgroup, 5), (Domain::Inode, 9)]
        {
            let all = domain.structures().iter().map(|s| s.bit).collect::<Vec<_>>();
            let expected = (0..bits).map(|n| 1 << n).collect::<Vec<u32>>();
            assert_eq!(all, expected, "{domain:?}");
            assert!(domain.structure(1 << bits).is_none());
        }
    }
}
