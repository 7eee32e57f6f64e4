// SPDX-License-Identifier: LGPL-2.1-or-later
//! Times of day as text.

use crate::sys;
use std::time::{Duration, SystemTime};

/// A time of the real-time clock with its nanoseconds, in UTC.
pub(super) fn rfc_3339(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let date = sys::utc(since.as_secs()).unwrap_or_default();
    let sys::Utc { year, month, day, hour, minute, second } = date;
    let nanoseconds = since.subsec_nanos();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch_and_far_ahead_are_times() {
        let time = |seconds| rfc_3339(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(time(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(time(4_102_444_799), "2099-12-31T23:59:59.000000000Z");
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(rfc_3339(before), time(0));
    }
}
