// SPDX-License-Identifier: LGPL-2.1-or-later
//! The parts of a filesystem but for its inodes.

use crate::event::Target;
use std::ops::Range;

/// The filesystem as a whole, then its AGs, then its realtime groups.
#[derive(Debug)]
pub(super) struct Targets {
    fs: Range<u32>,
    ags: Range<u32>,
    rtgroups: Range<u32>,
}

impl Targets {
    pub(super) fn new(ag_count: u32, rtgroup_count: u32) -> Targets {
        Targets { fs: 0..1, ags: 0..ag_count, rtgroups: 0..rtgroup_count }
    }

    /// The target of a single AG.
    pub(super) fn of_ag(agno: u32) -> Targets {
        Targets { fs: 0..0, ags: agno..agno.saturating_add(1), rtgroups: 0..0 }
    }
}

impl Iterator for Targets {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        let fs = self.fs.next().map(|_| Target::Fs);
        let ag = || self.ags.next().map(Target::Ag);
        fs.or_else(ag).or_else(|| self.rtgroups.next().map(Target::Rtgroup))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_once() {
        use Target::*;
        let all: Vec<_> = Targets::new(2, 1).collect();
        assert_eq!(all, [Fs, Ag(0), Ag(1), Rtgroup(0)]);
        assert_eq!(Targets::of_ag(7).collect::<Vec<_>>(), [Ag(7)]);
    }
}
