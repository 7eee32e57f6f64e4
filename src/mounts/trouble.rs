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

#[cfg(test)]
mod tests {
    use super::*;

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
