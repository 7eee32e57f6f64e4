// SPDX-License-Identifier: LGPL-2.1-or-later
//! Time as the planner counts it.

use std::time::Duration;

/// A point in monotonic time, in nanoseconds since whatever the caller counts from.
///
/// Arithmetic saturates: a caller's clock that jumps can delay a repair but never overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

/// The latest time, in nanoseconds: after 292 years a clock stands still. What is planned for later
/// is then still in the future, where at the end of the numbers it would be due at once, again and
/// again.
const LATEST: u64 = u64::MAX / 2;

impl Time {
    /// A time after everything that can be planned.
    pub(super) const NEVER: Time = Time(LATEST);

    /// Makes a time from nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(if nanos < LATEST { nanos } else { LATEST })
    }

    /// The time in nanoseconds.
    pub(super) const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The point in time that is `delay` after this one.
    pub fn after(self, delay: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// Time that has passed since `earlier`; zero if it is not earlier.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// The first of some times; `None` if there is none before [`Time::NEVER`].
pub(super) fn first_of(times: &[Option<Time>]) -> Option<Time> {
    let first = times.iter().flatten().fold(Time::NEVER, |first, at| first.min(*at));
    (first < Time::NEVER).then_some(first)
}

/// The pause `first`, doubled `times` times, but not above `most`: the one rule for all pauses that grow.
pub(crate) fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    first.saturating_mul(1 << times.min(16)).min(most)
}
