// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events that the hook was told of in the last hour.

use crate::plan::Time;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// Shortest time between two runs for the same event of the same object.
const PAUSE: Duration = Duration::from_secs(3600);
/// Most events that are told within that time.
const MOST: usize = 4096;

/// Events that were told, oldest first.
#[derive(Debug, Default)]
pub(super) struct Book {
    told: VecDeque<(Vec<u8>, Time)>,
    keys: BTreeSet<Vec<u8>>,
}

/// Answer to the question whether an event is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    New,
    /// The event was told less than an hour ago.
    Known,
    /// More was told within the hour than can be remembered.
    Full,
}

impl Book {
    /// Enters an event, unless it is there.
    pub fn enter(&mut self, key: Vec<u8>, now: Time) -> Entry {
        let is_over = |(_, since): &(Vec<u8>, Time)| now.since(*since) >= PAUSE;
        while self.told.front().is_some_and(is_over) {
            let Some((old, _)) = self.told.pop_front() else { break };
            self.keys.remove(&old);
        }
        if self.keys.contains(&key) {
            return Entry::Known;
        }
        if self.told.len() >= MOST {
            return Entry::Full;
        }
        self.keys.insert(key.clone());
        self.told.push_back((key, now));
        Entry::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_once_an_hour_and_no_more_than_is_remembered() {
        let mut book = Book::default();
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        assert_eq!(book.enter(b"a".to_vec(), at(0)), Entry::New);
        assert_eq!(book.enter(b"a".to_vec(), at(3599)), Entry::Known);
        assert_eq!(book.enter(b"a".to_vec(), at(3600)), Entry::New);
        for n in 1..MOST {
            assert_eq!(book.enter(n.to_string().into_bytes(), at(3601)), Entry::New);
        }
        assert_eq!(book.enter(b"b".to_vec(), at(7199)), Entry::Full);
        assert_eq!(book.enter(b"b".to_vec(), at(7200)), Entry::New);
        assert_eq!((book.told.len(), book.keys.len()), (MOST, MOST));
    }
}
