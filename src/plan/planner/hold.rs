// SPDX-License-Identifier: LGPL-2.1-or-later
//! Pauses in which nothing on the filesystem is to be repaired.

use crate::plan::bounded::ring::Ring;
use crate::plan::scrub_type::Key;
use crate::plan::time::{Time, doubled};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Number of structures in a row under whose repair the device fails before that is said.
const DEVICE_SERIES: usize = 3;
/// Failed attempts that are allowed within an hour.
const MAX_FAILURES: usize = 100;

/// Most inodes that may be found within an hour of which nothing can be tried: each costs two calls
/// that load it.
const MAX_UNTRIED: u32 = 16_384;

/// Obstacle that is in the way of every repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Obstacle {
    /// No mount is writable. Asking whether one is by now costs next to nothing.
    NotWritable,
    /// An obstacle that is not likely to end soon.
    Lasting,
}

/// Holds back every repair, because the filesystem cannot be written or reached, or because too
/// many repairs have failed.
#[derive(Debug)]
pub(in crate::plan) struct Hold {
    /// Time at which it is seen whether the obstacle is still there.
    asks: Time,
    /// Earliest time to see whether the obstacle is still there, if what waits is reported anew;
    /// `None`: a report changes nothing.
    asks_sooner: Option<Time>,
    /// Answers in a row that were about the filesystem and not about a structure.
    blocked: u32,
    failures: Ring<Time>,
    /// Number of inodes found since this time of which nothing is tried.
    untried: (u32, Time),
    /// Time when the last pause for failures ended or ends; `None` before the first.
    paused_until: Option<Time>,
    /// Structures whose last repairs failed with I/O errors, with no good one between.
    device_failed: [Option<Key>; DEVICE_SERIES],
}

impl Hold {
    /// Creates a state in which nothing is held back.
    pub fn new() -> Hold {
        Hold {
            asks: Time::default(),
            asks_sooner: None,
            blocked: 0,
            failures: Ring::new(MAX_FAILURES),
            untried: (0, Time::default()),
            paused_until: None,
            device_failed: [None; DEVICE_SERIES],
        }
    }

    pub fn has_memory(&self) -> bool {
        self.failures.has_memory()
    }

    /// Time from which on repairs may go on.
    pub fn until(&self) -> Time {
        self.paused_until.map_or(self.asks, |end| end.max(self.asks))
    }

    /// Waits, as the filesystem as a whole is in the way: longer each time in a row where that
    /// lasts. True if this is the first answer of that kind, to be said.
    pub fn blocked(&mut self, by: Obstacle, now: Time) -> bool {
        if self.blocked > 0 && self.until() > now {
            return false;
        }
        let (most, sooner) = match by {
            Obstacle::NotWritable => (MINUTE, Some(now.after(SECOND))),
            Obstacle::Lasting => (HOUR, None),
        };
        // Who still ran when another was refused may tell otherwise.
        let is_over = self.asks <= now;
        self.asks_sooner = if is_over { sooner } else { self.asks_sooner.and(sooner) };
        self.asks = self.asks.max(now.after(doubled(MINUTE, self.blocked, most)));
        self.blocked = self.blocked.saturating_add(1);
        self.blocked == 1
    }

    /// Takes in that a waiting structure is reported anew: whoever has come upon it may have come
    /// to write.
    pub fn reported(&mut self, now: Time) {
        let sooner = self.asks_sooner.take();
        sooner.into_iter().for_each(|at| self.asks = self.asks.min(at.max(now)));
    }

    /// Takes in that the filesystem as a whole may no longer be in the way. If it is, that has been
    /// known for some time, and the pauses begin anew. A pause for failures goes on.
    pub fn try_again(&mut self, now: Time) {
        self.blocked = self.blocked.min(1);
        self.asks = self.asks.min(now);
    }

    /// Takes in that a structure was judged, so the filesystem as a whole is not in the way.
    pub fn unblocked(&mut self) {
        self.blocked = 0;
    }

    /// Counts a structure of which nothing can be tried. No call was made that could have failed,
    /// and nothing else waits for it; only others of its kind may have to.
    pub fn untried(&mut self, now: Time) {
        let (count, since) = self.untried;
        let is_over = now.since(since) >= HOUR;
        self.untried = if is_over { (1, now) } else { (count.saturating_add(1), since) };
    }

    /// True if more inodes may be found of which nothing can be tried.
    pub fn may_find_untried(&self, now: Time) -> bool {
        let (count, since) = self.untried;
        count < MAX_UNTRIED || now.since(since) >= HOUR
    }

    /// Takes in that the device failed during a repair; true if the device is likely to be what is
    /// wrong, to be said.
    pub fn device_failed(&mut self, key: Key) -> bool {
        if self.device_failed.contains(&Some(key)) {
            return false;
        }
        let mut free = self.device_failed.iter_mut().filter(|failed| failed.is_none());
        let Some(place) = free.next() else { return false };
        *place = Some(key);
        free.next().is_none()
    }

    /// Takes in that a repair went well.
    pub fn device_works(&mut self) {
        self.device_failed = [None; DEVICE_SERIES];
    }

    /// Counts a failed attempt; true if it is one too many, to be said. While attempts go on to
    /// fail as soon as one is allowed, that is one long trouble and not a new one each time.
    pub fn failed(&mut self, now: Time) -> bool {
        self.failures.push(now);
        if self.failures.len() < MAX_FAILURES {
            return false;
        }
        let oldest = self.failures.pop().unwrap_or(now);
        let allowed = oldest.after(HOUR);
        if allowed <= now {
            return false;
        }
        let is_new = self.paused_until.is_none_or(|end| end.after(HOUR) <= now);
        self.paused_until = self.paused_until.max(Some(allowed));
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_failures_within_an_hour_pause_until_the_first_is_an_hour_old() {
        let mut hold = Hold::new();
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        for n in 0..99 {
            assert!(!hold.failed(at(n)));
        }
        assert!(hold.failed(at(99)), "said");
        assert_eq!(hold.until(), at(3600));
        assert!(!hold.failed(at(100)), "said once");
        assert_eq!(hold.until(), at(3601));
        assert!(!hold.failed(at(3601)), "the same trouble");
        assert_eq!(hold.until(), at(3602));
        let later = (0..100).map(|n| hold.failed(at(3602 + 3600 + n))).collect::<Vec<_>>();
        assert_eq!(later.iter().position(|said| *said), Some(99), "a new one is said again");
    }

    #[test]
    fn an_obstacle_is_said_once_and_waited_for_ever_longer() {
        let mut hold = Hold::new();
        let mut now = Time::default();
        let mut waits = Vec::new();
        for n in 0..8 {
            assert_eq!(hold.blocked(Obstacle::Lasting, now), n == 0);
            assert!(
                !hold.blocked(Obstacle::Lasting, now),
                "a second worker with the same answer adds nothing"
            );
            waits.push(hold.until().since(now).as_secs() / 60);
            now = hold.until();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        hold.try_again(now);
        assert_eq!(hold.until(), now);
        assert!(!hold.blocked(Obstacle::Lasting, now), "it is known");
        assert_eq!(hold.until(), now.after(2 * MINUTE));
        hold.unblocked();
        assert!(hold.blocked(Obstacle::Lasting, now));
    }

    #[test]
    fn a_report_has_only_that_asked_about_which_costs_nothing() {
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        for (by, sooner) in [(Obstacle::NotWritable, 7), (Obstacle::Lasting, 60)] {
            let mut hold = Hold::new();
            hold.reported(at(0));
            hold.blocked(by, at(0));
            hold.reported(at(7));
            assert_eq!(hold.until(), at(sooner));
        }
        // Of two that ran together one was told something else, and a third was judged between.
        let mut hold = Hold::new();
        hold.blocked(Obstacle::Lasting, at(0));
        hold.unblocked();
        hold.blocked(Obstacle::NotWritable, at(1));
        hold.reported(at(7));
        assert_eq!(hold.until(), at(61));
    }

    #[test]
    fn a_pause_for_failures_is_not_cut_short() {
        let (mut hold, now) = (Hold::new(), Time::default());
        assert_eq!((0..MAX_FAILURES).filter(|_| hold.failed(now)).count(), 1);
        hold.try_again(now.after(MINUTE));
        assert_eq!(hold.until(), now.after(HOUR));
    }
}
