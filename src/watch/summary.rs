// SPDX-License-Identifier: LGPL-2.1-or-later
//! The summary that a person asks for by a signal (SIGUSR1).

use super::Watch;
use super::paths;
use super::totals::Totals;
use crate::log::said::{Said, Summary};
use crate::plan::Time;
use crate::report::Place;

/// Most structures that are named; more are counted.
const NAMED: usize = 20;

impl Watch {
    /// Place of the filesystem.
    pub fn place(&self) -> &Place {
        &self.books.place
    }

    /// Totals of what has happened.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Says how it goes: since when, what was found, and by name what is left.
    pub fn summarise(&mut self, now: Time) {
        let counts = self.counts();
        let summary = Summary {
            since: self.since,
            repaired: counts.repaired,
            left: counts.left,
            lost: counts.lost,
            full_scrubs: self.totals.judging_scrubs(),
            is_unjudged: counts.is_unjudged,
            is_down: counts.is_down,
        };
        self.books.say(Said::Summary(summary), now);
        let keys: Vec<_> = self.books.planner.all_damaged().take(NAMED).collect();
        for key in &keys {
            let inode = paths::inode_of_target(key.target);
            let path = inode.and_then(|inode| self.books.paths.path(inode)).map(<[u8]>::to_vec);
            self.books.say(Said::Left(*key, path), now);
        }
        let more = counts.left.saturating_sub(keys.len());
        if more > 0 {
            self.books.say(Said::LeftMore(more), now);
        }
    }
}
