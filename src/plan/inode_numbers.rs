// SPDX-License-Identifier: LGPL-2.1-or-later
//! Inode numbers, and the allocation groups (AGs) that they are in.

use std::ops::Range;

/// The way in which inode numbers of a filesystem are made: above so many bits stands the number of
/// the AG, in them that of the inode within the AG.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InodeNumbers {
    agno_shift: u32,
}

impl InodeNumbers {
    pub const fn new(agno_shift: u32) -> InodeNumbers {
        InodeNumbers { agno_shift }
    }

    /// The AG of an inode; `None` if no AG can have that number.
    pub fn agno(self, ino: u64) -> Option<u32> {
        ino.checked_shr(self.agno_shift).and_then(|agno| u32::try_from(agno).ok())
    }

    /// The number of an inode within its AG.
    pub fn agino(self, ino: u64) -> u64 {
        ino & 1_u64.checked_shl(self.agno_shift).unwrap_or(0).wrapping_sub(1)
    }

    /// The inode of this number within an AG.
    pub fn ino(self, agno: u32, agino: u32) -> u64 {
        u64::from(agno).checked_shl(self.agno_shift).unwrap_or(0) | u64::from(agino)
    }

    /// The inode numbers of an AG.
    pub fn of_ag(self, agno: u32) -> Range<u64> {
        let inodes = 1_u64.checked_shl(self.agno_shift);
        // The highest of all where an AG would begin beyond that.
        let first = |agno| inodes.and_then(|inodes| inodes.checked_mul(agno)).unwrap_or(u64::MAX);
        first(agno.into())..first(u64::from(agno) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    #[test]
    fn a_number_is_made_of_the_group_and_the_number_in_it() {
        let numbers = InodeNumbers::new(18);
        let ino = numbers.ino(3, 70);
        assert_eq!((ino, numbers.agno(ino), numbers.agino(ino)), ((3 << 18) + 70, Some(3), 70));
        assert_eq!(numbers.of_ag(3), 3 << 18..4 << 18);
        assert_eq!(numbers.agno(u64::MAX), None);
    }

    #[test]
    fn numbers_of_huge_ags_do_not_overflow() {
        let numbers = |agno, shift| InodeNumbers::new(shift).of_ag(agno);
        assert_eq!(numbers(1, 18), 1 << 18..2 << 18);
        assert_eq!(numbers(u32::MAX, 31), (u64::from(u32::MAX) << 31)..(1 << 63));
        assert_eq!(numbers(u32::MAX, 32), (u64::from(u32::MAX) << 32)..u64::MAX);
        assert!(numbers(u32::MAX, 63).is_empty() && numbers(1, 64).is_empty());
    }

    proptest! {
        #[test]
        fn no_number_is_too_strange(agno_shift: u32, ino: u64, agno: u32) {
            let numbers = InodeNumbers::new(agno_shift);
            let _ = (numbers.ino(agno, agno), numbers.of_ag(agno));
            let in_range = numbers.agno(ino).is_none_or(|agno| {
                numbers.of_ag(agno).contains(&ino) || numbers.of_ag(agno).end == u64::MAX
            });
            prop_assert!(in_range);
        }
    }
}
