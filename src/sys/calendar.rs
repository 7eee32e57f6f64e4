// SPDX-License-Identifier: LGPL-2.1-or-later
//! Dates of the calendar.

use std::mem::MaybeUninit;

/// A second of the calendar, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Utc {
    /// Year of the common era.
    pub year: i32,
    /// Month, from 1.
    pub month: i32,
    /// Day of the month, from 1.
    pub day: i32,
    /// Hour, from 0 to 23.
    pub hour: i32,
    /// Minute, from 0 to 59.
    pub minute: i32,
    /// Second, from 0 to 59.
    pub second: i32,
}

/// Date of a number of seconds after 1970 began, by gmtime(3); `None` if its year is too large.
pub fn utc(seconds: u64) -> Option<Utc> {
    let seconds = libc::time_t::try_from(seconds).ok()?;
    let mut date = MaybeUninit::uninit();
    // SAFETY: both pointers lead to values of the right types that live here, and the call keeps
    // neither.
    let is_known = !unsafe { libc::gmtime_r(&raw const seconds, date.as_mut_ptr()) }.is_null();
    // SAFETY: gmtime_r(3) has written the whole of it if it gives the pointer back.
    let date: libc::tm = is_known.then(|| unsafe { date.assume_init() })?;
    Some(Utc {
        year: date.tm_year.checked_add(1900)?,
        month: date.tm_mon.saturating_add(1),
        day: date.tm_mday,
        hour: date.tm_hour,
        minute: date.tm_min,
        second: date.tm_sec,
    })
}
