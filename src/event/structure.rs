// SPDX-License-Identifier: LGPL-2.1-or-later
//! Sick bits: which structure a bit of a mask stands for.

use super::names::text;
use super::word;
use crate::uapi::*;
use std::ffi::CStr;

/// What a sick mask is about; decides what its bits mean.
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
    /// Its bit in the domain's sick mask.
    pub bit: u32,
    word: &'static CStr,
}

impl Structure {
    /// The word in messages.
    pub const fn name(&self) -> &'static str {
        text(self.word)
    }

    /// The same word for C.
    pub const fn c_name(&self) -> &'static CStr {
        self.word
    }
}

const fn s(bit: u32, word: &'static CStr) -> Structure {
    Structure { bit, word }
}

const FS: &[Structure] = &[
    s(XFS_FSOP_GEOM_SICK_COUNTERS, word!("fscounters")),
    s(XFS_FSOP_GEOM_SICK_UQUOTA, word!("usrquota")),
    s(XFS_FSOP_GEOM_SICK_GQUOTA, word!("grpquota")),
    s(XFS_FSOP_GEOM_SICK_PQUOTA, word!("prjquota")),
    s(XFS_FSOP_GEOM_SICK_RT_BITMAP, word!("bitmap")),
    s(XFS_FSOP_GEOM_SICK_RT_SUMMARY, word!("summary")),
    s(XFS_FSOP_GEOM_SICK_QUOTACHECK, word!("quotacheck")),
    s(XFS_FSOP_GEOM_SICK_NLINKS, word!("nlinks")),
    s(XFS_FSOP_GEOM_SICK_METADIR, word!("metadir")),
    s(XFS_FSOP_GEOM_SICK_METAPATH, word!("metapath")),
];

const AG: &[Structure] = &[
    s(XFS_AG_GEOM_SICK_SB, word!("super")),
    s(XFS_AG_GEOM_SICK_AGF, word!("agf")),
    s(XFS_AG_GEOM_SICK_AGFL, word!("agfl")),
    s(XFS_AG_GEOM_SICK_AGI, word!("agi")),
    s(XFS_AG_GEOM_SICK_BNOBT, word!("bnobt")),
    s(XFS_AG_GEOM_SICK_CNTBT, word!("cntbt")),
    s(XFS_AG_GEOM_SICK_INOBT, word!("inobt")),
    s(XFS_AG_GEOM_SICK_FINOBT, word!("finobt")),
    s(XFS_AG_GEOM_SICK_RMAPBT, word!("rmapbt")),
    s(XFS_AG_GEOM_SICK_REFCNTBT, word!("refcountbt")),
    s(XFS_AG_GEOM_SICK_INODES, word!("inodes")),
];

const RTGROUP: &[Structure] = &[
    s(XFS_RTGROUP_GEOM_SICK_SUPER, word!("super")),
    s(XFS_RTGROUP_GEOM_SICK_BITMAP, word!("bitmap")),
    s(XFS_RTGROUP_GEOM_SICK_SUMMARY, word!("summary")),
    s(XFS_RTGROUP_GEOM_SICK_RMAPBT, word!("rmapbt")),
    s(XFS_RTGROUP_GEOM_SICK_REFCNTBT, word!("refcountbt")),
];

const INODE: &[Structure] = &[
    s(XFS_BS_SICK_INODE, word!("core")),
    s(XFS_BS_SICK_BMBTD, word!("datafork")),
    s(XFS_BS_SICK_BMBTA, word!("attrfork")),
    s(XFS_BS_SICK_BMBTC, word!("cowfork")),
    s(XFS_BS_SICK_DIR, word!("directory")),
    s(XFS_BS_SICK_XATTR, word!("xattr")),
    s(XFS_BS_SICK_SYMLINK, word!("symlink")),
    s(XFS_BS_SICK_PARENT, word!("parent")),
    s(XFS_BS_SICK_DIRTREE, word!("dirtree")),
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
