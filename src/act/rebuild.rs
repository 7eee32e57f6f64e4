// SPDX-License-Identifier: LGPL-2.1-or-later
//! The owners of a bad range, and the btrees that are to be rebuilt for it.

use super::owner::{Owner, Piece, Region, identified, identity, inodes, owners};
use crate::event::Target;
use crate::fs::Visit;
use crate::plan::{Key, Outcome};
use crate::uapi::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::BorrowedFd;

/// Most AGs whose btrees are looked at for one range.
const MOST_AGS: usize = 4;
/// The btrees that share an owner; the blocks of their reserve belong to none.
const SPACE: [u32; 3] = [XFS_AG_GEOM_SICK_BNOBT, XFS_AG_GEOM_SICK_CNTBT, XFS_AG_GEOM_SICK_RMAPBT];

/// What lies on a bad range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owners {
    pub pieces: Vec<Piece>,
    /// Btrees to rebuild elsewhere: AGs, and masks of their structures.
    pub rebuild: Vec<(u32, u32)>,
}

impl Owners {
    /// Asks the kernel for the owners of a range, see [`owners`].
    pub fn find(
        root: BorrowedFd<'_>,
        region: Region,
        is_over: &dyn Fn() -> bool,
    ) -> io::Result<Owners> {
        let pieces = owners(root, region, is_over)?;
        let rebuild = to_rebuild(&pieces);
        Ok(Owners { pieces, rebuild })
    }

    /// Inodes that [`Owners::identify`] is to be called for, not too many of them.
    pub fn inodes(&self) -> BTreeSet<u64> {
        inodes(&self.pieces)
    }

    /// Asks the kernel for the generation and the type of an inode.
    pub fn identify(&mut self, visit: &mut Visit<'_>, ino: u64) {
        if let Some(identity) = identity(visit, ino) {
            identified(&mut self.pieces, ino, identity);
        }
    }

    /// Leaves of the btrees that share an owner those that a check finds unreadable, if it finds
    /// any: one that is good in memory it does not, and then it may be each of them. The check may
    /// also give `None`.
    pub fn narrow(&mut self, check: impl Fn(Key) -> Option<Outcome>) {
        let all = SPACE.iter().sum::<u32>();
        for (agno, mask) in self.rebuild.iter_mut().filter(|(_, mask)| mask & all == all) {
            let is_bad = |bit: &&u32| {
                let outcome = Key::from_bit(Target::Ag(*agno), **bit).and_then(&check);
                matches!(outcome, Some(Outcome::Failed | Outcome::DeviceError))
            };
            *mask = rebuilt_for(*mask, SPACE.iter().filter(is_bad).sum());
        }
    }

    /// True if everything that is to be rebuilt for an owner is among these structures of AGs.
    pub fn are_in(&self, queued: &[(u32, u32)], owner: Owner) -> bool {
        let Some((agno, mask)) = btrees(owner) else { return false };
        let of_it = |all: &[(u32, u32)]| {
            let here = all.iter().filter(|(other, _)| *other == agno);
            here.fold(0, |all, (_, some)| all | some & mask)
        };
        let wanted = of_it(&self.rebuild);
        wanted != 0 && wanted & !of_it(queued) == 0
    }

    /// A range of the log device, of which nothing has to be asked.
    pub fn log(at: Region) -> Owners {
        Owners { pieces: vec![Piece { at, owner: Owner::Log }], rebuild: Vec::new() }
    }
}

/// The AG and the mask of the btrees that an owner stands for.
fn btrees(owner: Owner) -> Option<(u32, u32)> {
    match owner {
        Owner::SpaceBtrees(agno) => Some((agno, SPACE.iter().fold(0, |all, bit| all | bit))),
        // One call rebuilds both.
        Owner::InodeBtrees(agno) => Some((agno, XFS_AG_GEOM_SICK_INOBT)),
        Owner::Refcounts(agno) => Some((agno, XFS_AG_GEOM_SICK_REFCNTBT)),
        _ => None,
    }
}

/// Finds the btrees to rebuild for these pieces.
fn to_rebuild(pieces: &[Piece]) -> Vec<(u32, u32)> {
    let mut masks: BTreeMap<u32, u32> = BTreeMap::new();
    for (agno, mask) in pieces.iter().filter_map(|piece| btrees(piece.owner)) {
        if masks.len() < MOST_AGS || masks.contains_key(&agno) {
            *masks.entry(agno).or_default() |= mask;
        }
    }
    masks.into_iter().collect()
}

/// The mask of the calls to make if, of the btrees that share an owner, these are known to be bad.
fn rebuilt_for(mask: u32, bad: u32) -> u32 {
    let all = SPACE.iter().sum::<u32>();
    let bad = if bad == 0 { all } else { bad };
    // One call rebuilds the two of free space.
    let twice = XFS_AG_GEOM_SICK_BNOBT | XFS_AG_GEOM_SICK_CNTBT;
    let bad = if bad & twice == twice { bad & !XFS_AG_GEOM_SICK_CNTBT } else { bad };
    mask & !all | bad
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn an_owner_is_rebuilt_if_all_is_queued_that_it_may_be() {
        let (bno, rmap) = (XFS_AG_GEOM_SICK_BNOBT, XFS_AG_GEOM_SICK_RMAPBT);
        let inobt = XFS_AG_GEOM_SICK_INOBT;
        let rebuild = vec![(1, bno | rmap | inobt), (2, inobt)];
        let owners = Owners { pieces: Vec::new(), rebuild: rebuild.clone() };
        let (space, inodes) = (Owner::SpaceBtrees(1), Owner::InodeBtrees(1));
        assert!(owners.are_in(&rebuild, space) && owners.are_in(&rebuild, inodes));
        let some = [(1, bno | inobt), (2, 0)];
        assert!(!owners.are_in(&some, space) && owners.are_in(&some, inodes));
        assert!(!owners.are_in(&some, Owner::InodeBtrees(2)));
        // One AG too many, and what no call rebuilds.
        let all = [(1, u32::MAX), (3, u32::MAX)];
        assert!(!owners.are_in(&all, Owner::SpaceBtrees(3)) && !owners.are_in(&all, Owner::Free));
    }

    #[test]
    fn only_btrees_that_share_an_owner_are_checked_and_each_once() {
        let (bno, cnt, rmap) =
            (XFS_AG_GEOM_SICK_BNOBT, XFS_AG_GEOM_SICK_CNTBT, XFS_AG_GEOM_SICK_RMAPBT);
        let inobt = XFS_AG_GEOM_SICK_INOBT;
        let rebuild = vec![(1, bno | cnt | rmap | inobt), (2, inobt)];
        let mut owners = Owners { pieces: Vec::new(), rebuild };
        let (asked, bad) = (RefCell::new(Vec::new()), Key::from_bit(Target::Ag(1), rmap));
        let mut unasked = owners.clone();
        owners.narrow(|key| {
            asked.borrow_mut().push(key);
            Some(if Some(key) == bad { Outcome::Failed } else { Outcome::Fine })
        });
        let all = SPACE.map(|bit| Key::from_bit(Target::Ag(1), bit).unwrap());
        assert_eq!(asked.take(), all);
        assert_eq!(owners.rebuild, [(1, rmap | inobt), (2, inobt)]);
        unasked.narrow(|_| None);
        assert_eq!(unasked.rebuild, [(1, bno | rmap | inobt), (2, inobt)]);
    }

    #[test]
    fn as_few_calls_are_made_as_do() {
        let (bno, cnt, rmap) =
            (XFS_AG_GEOM_SICK_BNOBT, XFS_AG_GEOM_SICK_CNTBT, XFS_AG_GEOM_SICK_RMAPBT);
        let inobt = XFS_AG_GEOM_SICK_INOBT;
        let mask = bno | cnt | rmap | inobt;
        assert_eq!(rebuilt_for(mask, 0), bno | rmap | inobt);
        assert_eq!(rebuilt_for(mask, rmap), rmap | inobt);
        assert_eq!(rebuilt_for(mask, cnt), cnt | inobt);
        assert_eq!(rebuilt_for(mask, bno | cnt), bno | inobt);
    }
}
