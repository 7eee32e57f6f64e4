// SPDX-License-Identifier: LGPL-2.1-or-later
//! Noticing that the kernel has dropped events, also when it does not say so.
//!
//! It queues the event that tells of lost ones only with a later event: after a burst that nothing
//! follows it never comes. The counters of the monitor file know at once.

use crate::fs::Monitor;
use crate::plan::Time;
use std::time::Duration;

/// Time after which the counters are read anyway.
const INTERVAL: Duration = Duration::from_secs(60);

/// Knowledge of lost events.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// The kernel's count of lost events when it was last read.
    seen: u64,
    /// Set if losses were found by the counters alone; the event about them is still to come.
    is_ahead: bool,
    looked: Time,
}

impl Losses {
    /// True if it is time to read the counters.
    pub fn is_due(&self, now: Time) -> bool {
        now.since(self.looked) >= INTERVAL
    }

    /// Reads the counters, if it is time or `is_suspicious`; true if more was lost.
    pub fn look(&mut self, monitor: &Monitor, is_suspicious: bool, now: Time) -> bool {
        if !is_suspicious && !self.is_due(now) {
            return false;
        }
        self.looked = now;
        let lost = monitor.totals().map_or(self.seen, |totals| totals.lost);
        let is_more = self.count(lost);
        self.is_ahead |= is_more;
        is_more
    }

    /// Takes in that the kernel says that events were lost; true if that is news.
    pub fn told(&mut self, monitor: &Monitor) -> bool {
        let lost = monitor.totals().map(|totals| totals.lost);
        let is_more = lost.map_or(true, |lost| self.count(lost));
        // The counters may count less than was lost (before Linux 7.2.7 one for all that are lost in a
        // row): only what they have announced is no news.
        !std::mem::replace(&mut self.is_ahead, false) || is_more
    }

    /// The kernel's count of lost events when it was last read.
    pub fn lost(&self) -> u64 {
        self.seen
    }

    fn count(&mut self, lost: u64) -> bool {
        std::mem::replace(&mut self.seen, lost) < lost
    }
}
