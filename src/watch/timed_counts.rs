// SPDX-License-Identifier: LGPL-2.1-or-later
//! Counts of what is not said one by one, each with the time at which it is told.

use crate::plan::Time;
use std::time::Duration;

/// A count that goes on.
#[derive(Debug)]
struct TimedCount<K> {
    key: K,
    number: u64,
    first: Time,
    last: Time,
}

/// Counts that go on just now, oldest first.
#[derive(Debug)]
pub(crate) struct TimedCounts<K> {
    /// Time without news after which a count ends, and the longest that it takes in any case.
    quiet: Duration,
    longest: Duration,
    /// Number of counts at once; of more the oldest one ends early.
    most: usize,
    all: Vec<TimedCount<K>>,
}

impl<K: Copy + PartialEq> TimedCounts<K> {
    pub fn new(quiet: Duration, longest: Duration, most: usize) -> TimedCounts<K> {
        TimedCounts { quiet, longest, most, all: Vec::new() }
    }

    /// Adds to the count of `key`, which begins with this if there is none; gives its number.
    pub fn add(&mut self, key: K, number: u64, now: Time) -> u64 {
        let Some(count) = self.all.iter_mut().find(|count| count.key == key) else {
            self.all.push(TimedCount { key, number, first: now, last: now });
            return number;
        };
        count.number = count.number.saturating_add(number);
        count.last = now;
        count.number
    }

    fn due(&self, count: &TimedCount<K>) -> Time {
        count.last.after(self.quiet).min(count.first.after(self.longest))
    }

    /// Time at which [`TimedCounts::next`] has something; `None` without a count.
    pub fn wake_at(&self) -> Option<Time> {
        let oldest = self.all.first().filter(|_| self.all.len() > self.most);
        oldest
            .map(|count| count.first)
            .or_else(|| self.all.iter().map(|count| self.due(count)).min())
    }

    /// The next count that has come to its end.
    pub fn next(&mut self, now: Time) -> Option<(K, u64)> {
        let over = self.all.iter().position(|count| self.due(count) <= now);
        let at = over.or_else(|| (self.all.len() > self.most).then_some(0))?;
        let count = self.all.remove(at);
        Some((count.key, count.number))
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Ends all counts and gives them.
    pub fn end(&mut self) -> impl Iterator<Item = (K, u64)> {
        self.all.drain(..).map(|count| (count.key, count.number))
    }
}
