// SPDX-License-Identifier: LGPL-2.1-or-later
//! The clock of the loop.

use crate::plan::Time;
use crate::sys;

/// The time now, by the monotonic clock.
pub(crate) fn now() -> Time {
    Time::from_nanos(sys::monotonic_ns())
}
