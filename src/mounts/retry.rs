// SPDX-License-Identifier: LGPL-2.1-or-later
//! Times to try again what was refused, by those of whom nobody tells when that ends.

use crate::plan::{Time, doubled};
use std::time::Duration;

/// The first pause, which each refusal doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause between tries that somebody calls for again and again.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// The refusals of one filesystem in a row.
#[derive(Debug, Default)]
pub(super) struct Retry {
    refusals: u32,
    /// Time of the last refusal, and time of the next try unless one is under way.
    last: Time,
    at: Option<Time>,
    is_tried: bool,
}

impl Retry {
    /// Counts a refusal. One long after the last is the first of a new row.
    pub fn failed(&mut self, now: Time) {
        if now.since(self.last) > 2 * LONGEST_PAUSE {
            self.refusals = 0;
        }
        self.refusals = self.refusals.saturating_add(1);
        (self.last, self.at) = (now, Some(now.after(self.pause())));
    }

    /// Plans a try at once, or after a pause if that was so just before. Nothing was refused.
    pub fn at_once(&mut self, now: Time) {
        let is_first = self.last == Time::default();
        let next = if is_first { now } else { self.last.after(self.pause()) };
        if next <= now {
            self.last = now;
        }
        self.at = Some(next.max(now));
    }

    fn pause(&self) -> Duration {
        doubled(FIRST_PAUSE, self.refusals.saturating_sub(1), LONGEST_PAUSE)
    }

    /// Plans a try soon, if none is planned: something has happened that may be a reason to try.
    pub fn wake(&mut self) {
        self.at.get_or_insert(self.last.after(SHORTEST_PAUSE));
    }

    /// Takes note that a try begins.
    pub fn begins(&mut self) {
        (self.at, self.is_tried) = (None, true);
    }

    /// True if a try was under way; none is after this.
    pub fn ends(&mut self) -> bool {
        std::mem::take(&mut self.is_tried)
    }

    /// Takes note that nothing is to be tried any more, for now.
    pub fn is_over(&mut self) {
        (self.at, self.is_tried) = (None, false);
    }

    /// Moves the planned try to now, or to soon where one was just now: what has refused it may
    /// have ended. Also an answer that is to come may be from before that.
    pub fn hurry(&mut self) {
        self.refusals = 0;
        self.at = self.at.map(|at| at.min(self.last.after(SHORTEST_PAUSE)));
    }

    /// Time of the next try; `None` if none is planned.
    pub fn wake_at(&self) -> Option<Time> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes between so many refusals, each as soon as it is tried again.
    fn pauses(retry: &mut Retry, now: &mut Time, times: usize) -> Vec<u64> {
        let mut pause = || {
            retry.failed(*now);
            let at = retry.wake_at().unwrap();
            retry.begins();
            let pause = at.since(*now);
            *now = at;
            pause.as_secs() / 60
        };
        (0..times).map(|_| pause()).collect()
    }

    #[test]
    fn each_refusal_doubles_the_pause_up_to_an_hour() {
        let (mut retry, mut now) = (Retry::default(), Time::default());
        assert_eq!(pauses(&mut retry, &mut now, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(retry.wake_at(), None, "it is being tried");
        now = now.after(3 * LONGEST_PAUSE);
        assert_eq!(pauses(&mut retry, &mut now, 2), [1, 2], "it went well meanwhile");
    }

    #[test]
    fn at_once_is_so_once() {
        let (mut retry, now) = (Retry::default(), Time::default().after(FIRST_PAUSE));
        retry.at_once(now);
        assert_eq!(retry.wake_at(), Some(now));
        retry.begins();
        for _ in 0..9 {
            retry.at_once(now);
            assert_eq!(retry.wake_at(), Some(now.after(FIRST_PAUSE)));
        }
        retry.failed(now);
        assert_eq!(retry.wake_at(), Some(now.after(FIRST_PAUSE)));
    }

    #[test]
    fn who_is_hurried_tries_at_once_and_begins_anew() {
        let (mut retry, mut now) = (Retry::default(), Time::default());
        pauses(&mut retry, &mut now, 5);
        retry.hurry();
        assert_eq!(retry.wake_at(), None, "it is being tried already");
        assert_eq!(pauses(&mut retry, &mut now, 2), [1, 2]);
        retry.failed(now);
        retry.hurry();
        assert_eq!(retry.wake_at(), Some(now.after(SHORTEST_PAUSE)));
    }
}
