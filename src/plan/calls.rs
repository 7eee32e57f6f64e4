// SPDX-License-Identifier: LGPL-2.1-or-later
//! The calls that one repair is made of, and what their answers come to.

use super::outcome::Outcome;
use super::scrub_type::Key;
use crate::event::Target;
use crate::uapi::*;

/// A scrub call: the fields of `struct xfs_scrub_metadata` that tell what it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// `sm_type`.
    pub scrub: u32,
    /// `sm_ino`: inode number, or number of the metadata file.
    pub ino: u64,
    /// `sm_gen`.
    pub generation: u32,
    /// `sm_agno`: number of the AG or realtime group.
    pub agno: u32,
}

/// Metadata files that exist once; the directories that hold the others come first.
const ONCE: [u64; 5] = [
    XFS_SCRUB_METAPATH_RTDIR,
    XFS_SCRUB_METAPATH_QUOTADIR,
    XFS_SCRUB_METAPATH_USRQUOTA,
    XFS_SCRUB_METAPATH_GRPQUOTA,
    XFS_SCRUB_METAPATH_PRJQUOTA,
];
/// Metadata files that each realtime group has.
const EACH_RTGROUP: [u64; 4] = [
    XFS_SCRUB_METAPATH_RTBITMAP,
    XFS_SCRUB_METAPATH_RTSUMMARY,
    XFS_SCRUB_METAPATH_RTRMAPBT,
    XFS_SCRUB_METAPATH_RTREFCOUNTBT,
];

impl Key {
    /// The calls that check or repair this structure on a filesystem with `rtgroups` realtime
    /// groups. All structures but one have a single call: the paths of metadata files are called
    /// one by one.
    pub fn calls(self, rtgroups: u32) -> impl Iterator<Item = Call> {
        (0..=u32::MAX).map_while(move |index| self.call(rtgroups, index))
    }

    /// The call of [`Key::calls`] with this index, counted from 0; `None` after the last.
    pub fn call(self, rtgroups: u32, index: u32) -> Option<Call> {
        let call = Call { scrub: self.scrub.number(), ..Call::default() };
        if self.stands_for_many() {
            let (file, rgno) = metadata_file(rtgroups, index)?;
            return Some(Call { ino: file, agno: rgno, ..call });
        }
        if index > 0 {
            return None;
        }
        Some(match self.target {
            Target::Fs => call,
            Target::Ag(number) | Target::Rtgroup(number) => Call { agno: number, ..call },
            Target::Inode { ino, generation } => Call { ino, generation, ..call },
        })
    }
}

fn metadata_file(rtgroups: u32, index: u32) -> Option<(u64, u32)> {
    // Beyond the last index a caller's counter begins anew.
    index.checked_add(1)?;
    let index = usize::try_from(index).ok()?;
    if let Some(file) = ONCE.get(index) {
        return Some((*file, 0));
    }
    let index = index.checked_sub(ONCE.len())?;
    let rgno = u32::try_from(index / EACH_RTGROUP.len()).ok()?;
    let file = EACH_RTGROUP.get(index % EACH_RTGROUP.len())?;
    (rgno < rtgroups).then_some((*file, rgno))
}

impl Outcome {
    /// The outcome of calls for one structure, of which the last has ended with `next`: the first
    /// that is bad, or whether anything was rebuilt.
    pub fn then(self, next: Outcome) -> Outcome {
        match (self, next) {
            // A quota or a group that this filesystem does not have.
            (_, Outcome::Gone) => self,
            (Outcome::Gone, _) => next,
            _ if next.ends_all() => next,
            (Outcome::Fine, _) => next,
            (Outcome::Repaired, Outcome::Fine | Outcome::Repaired) => self,
            (Outcome::Repaired, _) => next,
            _ => self,
        }
    }

    /// True if every other call would end the same way.
    pub fn ends_all(self) -> bool {
        matches!(self, Outcome::ReadOnly | Outcome::NoRecovery | Outcome::Shutdown)
    }

    /// The outcome of the repair of an inode that BULKSTAT does not return, which is damaged or
    /// gone, from that of a check of it. A check tells which, and crashes nothing.
    pub fn of_unloadable(check: Outcome) -> Outcome {
        match check {
            // A check that finds nothing is no repair.
            Outcome::Repaired | Outcome::Fine => Outcome::Fine,
            Outcome::Failed | Outcome::DeviceError => Outcome::KernelDefect,
            // Not judged, or something else is in the way; the repair is not worth the risk now.
            other => other.of_check(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_is_one_call_about_its_target() {
        let call = |target, bit| {
            let calls: Vec<_> = Key::from_bit(target, bit).unwrap().calls(9).collect();
            assert_eq!(calls.len(), 1, "{calls:?}");
            calls[0]
        };
        assert_eq!(call(Target::Ag(3), 1 << 4), Call { scrub: 5, agno: 3, ..Call::default() });
        let inode = Target::Inode { ino: 131, generation: 7 };
        assert_eq!(call(inode, 1 << 4), Call { scrub: 15, ino: 131, generation: 7, agno: 0 });
        assert_eq!(call(Target::Fs, 1), Call { scrub: 24, ..Call::default() });
    }

    #[test]
    fn every_metadata_file_has_its_call_and_directories_come_first() {
        let key = Key::from_bit(Target::Fs, XFS_FSOP_GEOM_SICK_METAPATH).unwrap();
        let files = |rtgroups| key.calls(rtgroups).map(|c| (c.ino, c.agno)).collect::<Vec<_>>();
        let once = [(1, 0), (4, 0), (5, 0), (6, 0), (7, 0)];
        let groups = [(2, 0), (3, 0), (8, 0), (9, 0), (2, 1), (3, 1), (8, 1), (9, 1)];
        assert_eq!(files(0), once);
        assert_eq!(files(2), [&once[..], &groups[..]].concat());
    }

    #[test]
    fn one_repair_is_a_repair_and_one_failure_a_failure() {
        use Outcome::*;
        let of = |outcomes: &[Outcome]| outcomes.iter().copied().reduce(Outcome::then).unwrap();
        assert_eq!(of(&[Gone, Fine, Fine]), Fine);
        assert_eq!(of(&[Fine, Repaired, Gone, Fine]), Repaired);
        assert_eq!(of(&[Failed, Repaired, Busy]), Failed);
        assert_eq!(of(&[Repaired, Busy, Failed]), Busy);
        assert_eq!(of(&[Failed, ReadOnly]), ReadOnly, "it ends all of them the same way");
        assert_eq!(of(&[Gone, Gone]), Gone);
    }
}
