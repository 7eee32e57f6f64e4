// SPDX-License-Identifier: LGPL-2.1-or-later
//! Failures in a row: when to try again, and when to give up.

use crate::plan::Time;
use std::time::Duration;

/// Time from a failure to the next try.
const PAUSE: Duration = Duration::from_secs(1);
/// Number of failures in a row at which the program gives up: what lasts for a minute is no passing
/// shortage.
pub(super) const MOST_FAILURES: u32 = 60;

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u32,
    again: Option<Time>,
}

/// The next step after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// The failure is the first in a row, which is to be said; it is tried again after a pause.
    SayAndRetry,
    /// The failure is followed by another try after a pause.
    Retry,
    /// The failures have lasted for too long.
    GiveUp,
}

impl Trouble {
    /// Counts a failure.
    pub fn failed(&mut self, now: Time) -> AfterFailure {
        self.failures = self.failures.saturating_add(1);
        self.again = Some(now.after(PAUSE));
        match self.failures {
            1 => AfterFailure::SayAndRetry,
            failures if failures < MOST_FAILURES => AfterFailure::Retry,
            _ => AfterFailure::GiveUp,
        }
    }

    /// Takes note of a success: the next failure is the first of its row.
    pub fn over(&mut self) {
        *self = Trouble::default();
    }

    /// Time of the next try; `None` if nothing has failed.
    pub fn wake_at(&self) -> Option<Time> {
        self.again
    }
}

/// Mounts that the kernel has not told about, for which all are listed again: ever less often, since
/// there may be one that it never tells about.
#[derive(Debug, Default)]
pub(super) struct Untold {
    /// True if there is one that the next listing was not planned for.
    is_new: bool,
    pause: Duration,
    again: Option<Time>,
}

/// Longest time from such a failure to the next listing.
const LONGEST_PAUSE: Duration = Duration::from_secs(64);

impl Untold {
    /// Takes note that the kernel has not told about a mount.
    pub fn failed(&mut self) {
        self.is_new = true;
    }

    /// Plans the next listing, if one is wanted.
    pub fn plan(&mut self, now: Time) {
        if std::mem::take(&mut self.is_new) && self.again.is_none() {
            self.pause = (2 * self.pause).clamp(PAUSE, LONGEST_PAUSE);
            self.again = Some(now.after(self.pause));
        }
    }

    /// True if all mounts are to be listed now.
    pub fn is_due(&mut self, now: Time) -> bool {
        self.again.take_if(|at| *at <= now).is_some()
    }

    /// Takes note of a listing; true if the kernel has told about all mounts of it.
    pub fn listed(&mut self) -> bool {
        if !self.is_new {
            *self = Untold::default();
        }
        !self.is_new
    }

    /// Time at which something is to be done; `None` if nothing was missed.
    pub fn wake_at(&self) -> Option<Time> {
        if self.is_new { Some(Time::default()) } else { self.again }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_told_is_asked_again_ever_less_often_until_it_is_told() {
        let (mut untold, mut now) = (Untold::default(), Time::default().after(PAUSE));
        for _ in 0..2 {
            let mut pauses = Vec::new();
            for _ in 0..9 {
                untold.failed();
                assert!(untold.wake_at().is_some_and(|at| at <= now), "it is to be planned");
                untold.plan(now);
                let at = untold.wake_at().unwrap();
                untold.failed();
                untold.plan(now);
                assert!(!untold.is_due(now) && untold.wake_at() == Some(at));
                pauses.push(at.since(now).as_secs());
                now = at;
                assert!(untold.is_due(now));
                untold.failed();
                assert!(!untold.listed());
            }
            assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
            untold.plan(now);
            now = untold.wake_at().unwrap();
            assert!(untold.is_due(now) && untold.listed() && untold.wake_at().is_none());
        }
    }

    #[test]
    fn a_failure_is_said_once_and_only_many_in_a_row_are_the_end() {
        let (mut trouble, mut now) = (Trouble::default(), Time::default());
        for _ in 0..2 {
            assert_eq!(trouble.wake_at(), None);
            for failure in 1..MOST_FAILURES {
                let is_first = failure == 1;
                let next = if is_first { AfterFailure::SayAndRetry } else { AfterFailure::Retry };
                assert_eq!(trouble.failed(now), next);
                now = now.after(PAUSE);
                assert_eq!(trouble.wake_at(), Some(now));
            }
            trouble.over();
        }
        let all: Vec<_> = (0..MOST_FAILURES).map(|_| trouble.failed(now)).collect();
        assert_eq!(all.iter().position(|next| *next == AfterFailure::GiveUp), Some(all.len() - 1));
    }
}
