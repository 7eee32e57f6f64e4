// SPDX-License-Identifier: LGPL-2.1-or-later
//! Failures in a row: when to try again, and when to give up.

use std::time::{Duration, Instant};

/// How long after a failure it is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// So many failures in a row are the end: what lasts for a minute is no passing shortage.
pub(super) const MOST_FAILURES: u32 = 60;

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u32,
    again: Option<Instant>,
}

/// What follows from a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is the first in a row, which is to be said; it is tried again after a pause.
    SayAndRetry,
    /// It is tried again after a pause.
    Retry,
    /// It has failed for too long.
    GiveUp,
}

impl Trouble {
    /// Counts a failure.
    pub fn failed(&mut self, now: Instant) -> Next {
        self.failures = self.failures.saturating_add(1);
        self.again = Some(now + PAUSE);
        match self.failures {
            1 => Next::SayAndRetry,
            failures if failures < MOST_FAILURES => Next::Retry,
            _ => Next::GiveUp,
        }
    }

    /// A success: the next failure is the first of its row.
    pub fn over(&mut self) {
        *self = Trouble::default();
    }

    /// How long until it is to be tried again; `None` if nothing has failed.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.again.map(|at| at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_said_once_and_only_many_in_a_row_are_the_end() {
        let (mut trouble, mut now) = (Trouble::default(), Instant::now());
        for _ in 0..2 {
            assert_eq!(trouble.wait(now), None);
            for failure in 1..MOST_FAILURES {
                let is_first = failure == 1;
                let next = if is_first { Next::SayAndRetry } else { Next::Retry };
                assert_eq!(trouble.failed(now), next);
                assert_eq!(trouble.wait(now), Some(PAUSE));
                now += PAUSE;
                assert_eq!(trouble.wait(now), Some(Duration::ZERO));
            }
            trouble.over();
        }
        let all: Vec<_> = (0..MOST_FAILURES).map(|_| trouble.failed(now)).collect();
        assert_eq!(all.iter().position(|next| *next == Next::GiveUp), Some(all.len() - 1));
    }
}
