// SPDX-License-Identifier: LGPL-2.1-or-later
//! Inodes of which many go bad at once: the first are named, the rest is counted.
//!
//! A cluster that cannot be read is 32 inodes, and whoever comes to one of them makes the kernel
//! report the AG once more: a single bad block was 488 lines about the AG and 64 about inodes.

use super::timed_counts::TimedCounts;
use crate::event::{Body, Change, Target};
use crate::log::said::{CrowdKind, Said};
use crate::plan::{Failure, InodeNumbers, Key, Notice, Time};
use crate::uapi::{XFS_AG_GEOM_SICK_INODES, XFS_BS_SICK_INODE};
use std::time::Duration;

/// Events or decisions of one kind in one AG that are said as they come, before the rest is
/// counted.
const FIRST: u64 = 2;
/// Quiet time after which a count ends, unless [`LONGEST`] has passed before.
const QUIET: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
/// AGs and kinds that are counted at once; of more the oldest count is said early.
const MOST: usize = 64;

/// A count that has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ToldCrowd {
    pub said: Said,
    /// The event that the counted ones are like, and their number; `None` for decisions.
    pub of_events: Option<(Body, u64)>,
}

/// An AG, and the kind of the events or decisions about it.
type Crowd = (u32, CrowdKind);

/// What is told of a crowd; `None` if all of it was said.
fn told((agno, kind): Crowd, number: u64) -> Option<ToldCrowd> {
    let inodes = number.saturating_sub(FIRST);
    let said = (inodes > 0).then_some(Said::Crowd { agno, kind, inodes })?;
    let target = Target::Ag(agno);
    let event = Body::Health { change: Change::Sick, target, mask: XFS_AG_GEOM_SICK_INODES };
    let is_decision = kind == CrowdKind::Untried;
    Some(ToldCrowd { said, of_events: (!is_decision).then_some((event, inodes)) })
}

/// Counts of lines about inodes of one AG: the first two are said, the rest are summed.
#[derive(Debug)]
pub(crate) struct Crowds {
    inode_numbers: InodeNumbers,
    all: TimedCounts<Crowd>,
}

impl Crowds {
    pub fn new(inode_numbers: InodeNumbers) -> Crowds {
        Crowds { inode_numbers, all: TimedCounts::new(QUIET, LONGEST, MOST) }
    }

    /// AG and kind of an event, if it is one that may come in crowds.
    pub fn of_event(&self, body: &Body) -> Option<Crowd> {
        match *body {
            Body::Health { change: Change::Healthy, .. } => None,
            Body::Health { target: Target::Ag(agno), mask: XFS_AG_GEOM_SICK_INODES, .. } => {
                Some((agno, CrowdKind::Nameless))
            }
            Body::Health { target, mask: XFS_BS_SICK_INODE, .. } => {
                self.of(target, CrowdKind::Core)
            }
            _ => None,
        }
    }

    /// AG and kind of a decision, if it is one that may come in crowds.
    pub fn of_notice(&self, notice: &Notice) -> Option<Crowd> {
        match *notice {
            Notice::OfflineNeeded(Key { target, .. }, Failure::KernelDefect) => {
                self.of(target, CrowdKind::Untried)
            }
            _ => None,
        }
    }

    fn of(&self, target: Target, kind: CrowdKind) -> Option<Crowd> {
        let Target::Inode { ino, .. } = target else { return None };
        Some((self.inode_numbers.agno(ino)?, kind))
    }

    /// Takes in an event or a decision; true if it is counted, and so not said.
    pub fn counts(&mut self, crowd: Crowd, now: Time) -> bool {
        self.all.add(crowd, 1, now) > FIRST
    }

    /// Time at which [`Crowds::next`] has something; `None` without a count.
    pub fn wake_at(&self) -> Option<Time> {
        self.all.wake_at()
    }

    /// The next count that has come to its end.
    pub fn next(&mut self, now: Time) -> Option<ToldCrowd> {
        while let Some((crowd, number)) = self.all.next(now) {
            if let Some(told) = told(crowd, number) {
                return Some(told);
            }
        }
        None
    }

    /// Ends all counts and gives them.
    pub fn end(&mut self) -> Vec<Said> {
        self.all
            .end()
            .filter_map(|(crowd, number)| told(crowd, number))
            .map(|told| told.said)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Place;

    fn at(seconds: u64) -> Time {
        Time::default().after(Duration::from_secs(seconds))
    }

    fn core(ino: u64) -> Body {
        let target = Target::Inode { ino, generation: 0 };
        Body::Health { change: Change::Sick, target, mask: XFS_BS_SICK_INODE }
    }

    fn is_said(crowds: &mut Crowds, body: &Body, now: Time) -> bool {
        crowds.of_event(body).is_none_or(|crowd| !crowds.counts(crowd, now))
    }

    #[test]
    fn the_first_inodes_of_a_bad_cluster_are_named_and_the_rest_counted() {
        let mut crowds = Crowds::new(InodeNumbers::new(10));
        let said = (1024..1056).filter(|ino| is_said(&mut crowds, &core(*ino), at(0))).count();
        assert_eq!((said, crowds.wake_at()), (2, Some(at(5))));
        assert!(is_said(&mut crowds, &core(2048), at(4)), "another AG");
        assert_eq!(crowds.next(at(4)), None);
        let said = crowds.next(at(5)).unwrap().said;
        let text = said.line(Some(&Place::new(b"/m"))).text;
        assert_eq!(text, "/m agno 0x1 inode cores: sick, 30 more reports");
        assert_eq!(crowds.next(at(9)), None, "one alone is no crowd");
        assert_eq!(crowds.wake_at(), None);
    }

    #[test]
    fn what_goes_on_is_told_once_a_minute() {
        let mut crowds = Crowds::new(InodeNumbers::new(10));
        let target = Target::Ag(0);
        let body = Body::Health { change: Change::Sick, target, mask: XFS_AG_GEOM_SICK_INODES };
        let mut lines = 0;
        for second in 0..600 {
            lines += usize::from(is_said(&mut crowds, &body, at(second)));
            lines += std::iter::from_fn(|| crowds.next(at(second))).count();
        }
        assert!((20..=33).contains(&lines), "{lines}");
        assert!(crowds.end().len() <= 1);
    }

    #[test]
    fn what_is_something_else_is_said() {
        let mut crowds = Crowds::new(InodeNumbers::new(10));
        let target = Target::Ag(0);
        let both = Body::Health { change: Change::Sick, target, mask: XFS_AG_GEOM_SICK_INODES | 2 };
        let good = Body::Health { change: Change::Healthy, target, mask: XFS_AG_GEOM_SICK_INODES };
        for body in [both, good, Body::Running] {
            assert!((0..9).all(|_| is_said(&mut crowds, &body, at(0))));
        }
    }

    #[test]
    fn however_many_groups_there_are_few_are_counted_at_once() {
        let mut crowds = Crowds::new(InodeNumbers::new(0));
        for ino in 0..10_000 {
            let said = (0..3).filter(|_| is_said(&mut crowds, &core(ino), at(0)));
            assert_eq!(said.count(), 2);
            if crowds.wake_at() == Some(at(0)) {
                assert!(crowds.next(at(0)).is_some());
            }
            assert!(crowds.all.len() <= MOST);
        }
    }
}
