// SPDX-License-Identifier: LGPL-2.1-or-later
//! How often the queues are read in a storm of what is known already.
//!
//! Anybody who can read a file may make as many errors as there is time for. What waits meanwhile the
//! kernel adds up, without the names of other files, so nothing is put off before it has to be.

use crate::plan::Time;
use std::time::Duration;

/// Most reads within a tenth of a second that bring nothing new. The rest of it is what a shutdown can
/// come in and be only counted, as can an error of another filesystem.
const MOST: u32 = 50;
const WINDOW: Duration = Duration::from_millis(100);

/// The reads of a tenth of a second that have brought nothing new.
#[derive(Debug, Default)]
pub struct ReadPace {
    since: Time,
    reads: u32,
}

impl ReadPace {
    /// Counts a read that has brought nothing new.
    pub fn nothing_new(&mut self, now: Time) {
        if now.since(self.since) >= WINDOW {
            (self.since, self.reads) = (now, 0);
        }
        self.reads = self.reads.saturating_add(1);
    }

    /// Time until which nothing is read; `None` if it may be read now.
    pub fn pause(&self, now: Time) -> Option<Time> {
        let end = self.since.after(WINDOW);
        (self.reads >= MOST && now < end).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_read_so_often_and_no_more() {
        let (mut pace, mut reads) = (ReadPace::default(), 0);
        for ms in 0..10_000 {
            let now = Time::default().after(Duration::from_millis(5000 + ms));
            if pace.pause(now).is_none() {
                pace.nothing_new(now);
                reads += 1;
            }
        }
        assert_eq!(reads, 100 * MOST);
        let mut slow = ReadPace::default();
        for second in 0..1000 {
            let now = Time::default().after(Duration::from_secs(second));
            slow.nothing_new(now);
            assert_eq!(slow.pause(now), None);
        }
    }
}
