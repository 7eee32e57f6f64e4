// SPDX-License-Identifier: LGPL-2.1-or-later
//! Bursts: so much is reported damaged in so short a time that it is more than single structures.

use crate::plan::bounded::ring::Ring;
use crate::plan::config::Escalate;
use crate::plan::table::MAX_STRUCTURES;
use crate::plan::time::Time;

/// Counts structures that are reported damaged.
#[derive(Debug)]
pub(in crate::plan) struct Burst {
    limit: Escalate,
    /// Times at which the counted structures were reported, oldest first.
    times: Ring<Time>,
}

impl Burst {
    pub fn new(limit: Escalate) -> Burst {
        Burst { limit, times: Ring::new(most(limit) + 1) }
    }

    pub fn has_memory(&self) -> bool {
        self.times.has_memory()
    }

    /// True if a structure that was last counted at `counted` is to be counted anew.
    pub fn is_new(&self, counted: Option<Time>, now: Time) -> bool {
        counted.is_none_or(|then| now.since(then) >= self.limit.within)
    }

    /// Counts a structure; true if it is one too many. Then counting begins anew.
    pub fn count(&mut self, now: Time) -> bool {
        self.times.push(now);
        while self.times.first().is_some_and(|then| now.since(then) >= self.limit.within) {
            self.times.pop();
        }
        let is_burst = self.times.len() > most(self.limit);
        if is_burst {
            self.answered();
        }
        is_burst
    }

    /// Begins counting anew: a full scrub covers what was counted.
    pub fn answered(&mut self) {
        self.times.clear();
    }
}

/// Most structures that may be reported damaged. No more than are remembered can be told to be
/// different.
fn most(limit: Escalate) -> usize {
    usize::try_from(limit.structures).map_or(MAX_STRUCTURES, |most| most.min(MAX_STRUCTURES))
}

#[cfg(any(test, fuzzing))]
impl Burst {
    /// Number of times that are remembered.
    pub fn len(&self) -> usize {
        self.times.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn one_more_than_allowed_within_the_time_is_a_burst() {
        let limit = Escalate { structures: 3, within: Duration::from_secs(10) };
        let mut burst = Burst::new(limit);
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        let bursts: Vec<bool> =
            [0, 4, 8, 10, 11, 12, 13, 13].iter().map(|s| burst.count(at(*s))).collect();
        assert_eq!(bursts, [false, false, false, false, true, false, false, false]);
        assert!(burst.is_new(None, at(0)));
        assert!(!burst.is_new(Some(at(0)), at(9)) && burst.is_new(Some(at(0)), at(10)));
    }
}
