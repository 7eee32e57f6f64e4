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
pub(crate) struct Book {
    told: VecDeque<(Vec<u8>, Time)>,
    keys: BTreeSet<Vec<u8>>,
}

impl Book {
    /// True if an event was told less than an hour ago.
    pub fn knows(&mut self, key: &[u8], now: Time) -> bool {
        let is_over = |(_, since): &(Vec<u8>, Time)| now.since(*since) >= PAUSE;
        while self.told.front().is_some_and(is_over) {
            let Some((old, _)) = self.told.pop_front() else { break };
            self.keys.remove(&old);
        }
        self.keys.contains(key)
    }

    /// Enters an event that is not known; false if more was told within the hour than can be
    /// remembered.
    pub fn enter(&mut self, key: Vec<u8>, now: Time) -> bool {
        let has_room = self.told.len() < MOST;
        if has_room {
            self.keys.insert(key.clone());
            self.told.push_back((key, now));
        }
        has_room
    }

    /// Forgets an event that was not told after all.
    pub fn forget(&mut self, key: &[u8]) {
        if self.keys.remove(key) {
            self.told.retain(|(told, _)| told != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_once_an_hour_and_no_more_than_is_remembered() {
        let mut book = Book::default();
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        let mut is_told = |key: &str, now| {
            !book.knows(key.as_bytes(), now) && book.enter(key.as_bytes().to_vec(), now)
        };
        assert!(is_told("a", at(0)));
        assert!(!is_told("a", at(3599)));
        assert!(is_told("a", at(3600)));
        assert!((1..MOST).all(|n| is_told(&n.to_string(), at(3601))));
        assert!(!is_told("b", at(7199)));
        assert!(is_told("b", at(7200)));
        book.forget(b"c");
        assert_eq!((book.told.len(), book.keys.len()), (MOST, MOST));
        book.forget(b"b");
        assert_eq!((book.told.len(), book.keys.len()), (MOST - 1, MOST - 1));
        assert!(!book.knows(b"b", at(7200)));
    }
}
