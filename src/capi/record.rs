// SPDX-License-Identifier: LGPL-2.1-or-later
//! Turns a record into an event without a branch: records of all kinds come mixed, and a processor
//! that guesses wrong which is next loses more time than all the rest takes.
//!
//! [`crate::event`] says the same in a way that can be read, and a test compares the two.

use super::{XFSHEALER_EVENT_UNKNOWN, xfshealer_event};
use crate::event::{Record, domain_and_type, u32_at, u64_at};
use crate::uapi::*;

/// Fields that a kind of record has: -1, all ones, for each that it has, else 0. `low` and `high`
/// tell at which of two places it is.
#[derive(Clone, Copy)]
struct Row {
    flags: u8,
    mask: i8,
    gno: i8,
    gen_low: i8,
    gen_high: i8,
    error: i8,
    ino_low: i8,
    ino_high: i8,
    range: i8,
    media: i8,
    lost: i8,
}

const PLAIN: Row = Row {
    flags: 0,
    mask: 0,
    gno: 0,
    gen_low: 0,
    gen_high: 0,
    error: 0,
    ino_low: 0,
    ino_high: 0,
    range: 0,
    media: 0,
    lost: 0,
};
const MASK: Row = Row { mask: -1, ..PLAIN };

fn pick32(value: u32, has: i8) -> u32 {
    value & i32::from(has) as u32
}

fn pick64(value: u64, has: i8) -> u64 {
    value & i64::from(has) as u64
}

/// Rows of the kinds of records, in the order of [`kind`].
static ROWS: [Row; 8] = [
    Row { flags: XFSHEALER_EVENT_UNKNOWN as u8, ..PLAIN },
    PLAIN,
    Row { lost: -1, ..PLAIN },
    MASK,
    Row { gno: -1, ..MASK },
    Row { gen_low: -1, ino_low: -1, ..MASK },
    Row { media: -1, ..PLAIN },
    Row { range: -1, ino_high: -1, gen_high: -1, error: -1, ..PLAIN },
];

/// The place in [`ROWS`] of a record with this domain and type.
const fn kind(domain: u32, of_type: u32) -> u8 {
    let is_health = matches!(
        of_type,
        XFS_HEALTH_MONITOR_TYPE_SICK
            | XFS_HEALTH_MONITOR_TYPE_CORRUPT
            | XFS_HEALTH_MONITOR_TYPE_HEALTHY
    );
    match (domain, of_type) {
        (
            XFS_HEALTH_MONITOR_DOMAIN_MOUNT,
            XFS_HEALTH_MONITOR_TYPE_RUNNING | XFS_HEALTH_MONITOR_TYPE_UNMOUNT,
        ) => 1,
        (XFS_HEALTH_MONITOR_DOMAIN_MOUNT, XFS_HEALTH_MONITOR_TYPE_LOST) => 2,
        (XFS_HEALTH_MONITOR_DOMAIN_MOUNT, XFS_HEALTH_MONITOR_TYPE_SHUTDOWN) => 3,
        (XFS_HEALTH_MONITOR_DOMAIN_FS, _) if is_health => 3,
        (XFS_HEALTH_MONITOR_DOMAIN_AG | XFS_HEALTH_MONITOR_DOMAIN_RTGROUP, _) if is_health => 4,
        (XFS_HEALTH_MONITOR_DOMAIN_INODE, _) if is_health => 5,
        (
            XFS_HEALTH_MONITOR_DOMAIN_DATADEV..=XFS_HEALTH_MONITOR_DOMAIN_LOGDEV,
            XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR,
        ) => 6,
        (
            XFS_HEALTH_MONITOR_DOMAIN_FILERANGE,
            XFS_HEALTH_MONITOR_TYPE_BUFREAD..=XFS_HEALTH_MONITOR_TYPE_DATALOST,
        ) => 7,
        _ => 0,
    }
}

/// Numbers of domains and of types, each one more than there are, so that what is beyond is
/// unknown.
const DOMAINS: u32 = XFS_HEALTH_MONITOR_DOMAIN_FILERANGE + 2;
const TYPES: u32 = XFS_HEALTH_MONITOR_TYPE_DATALOST + 2;

/// Table of [`kind`] for each domain, each with all its types.
static KINDS: [u8; (DOMAINS * TYPES) as usize] = {
    let (mut kinds, mut at) = ([0; (DOMAINS * TYPES) as usize], 0);
    while at < DOMAINS * TYPES {
        kinds[at as usize] = kind(at / TYPES, at % TYPES);
        at += 1;
    }
    kinds
};

impl xfshealer_event {
    /// The event in a record of the monitor file.
    #[inline]
    pub(super) fn from_record(record: &Record) -> xfshealer_event {
        let (domain, of_type) = domain_and_type(record);
        let at = domain.min(DOMAINS - 1) * TYPES + of_type.min(TYPES - 1);
        let kind = KINDS.get(at as usize).copied().unwrap_or_default();
        let row = ROWS.get(usize::from(kind % 8)).unwrap_or(&PLAIN);
        let (first, second) = (u64_at::<16>(record), u64_at::<24>(record));
        let (low, high) = (u32_at::<16>(record), u32_at::<20>(record));
        let mut payload = [0; 32];
        payload.iter_mut().zip(record.iter().skip(16)).for_each(|(to, from)| *to = *from);
        xfshealer_event {
            time_ns: u64_at::<8>(record),
            domain,
            r#type: of_type,
            flags: row.flags.into(),
            mask: pick32(low, row.mask),
            gno: pick32(high, row.gno),
            r#gen: pick32(high, row.gen_low) | pick32(u32_at::<40>(record), row.gen_high),
            ino: pick64(second, row.ino_low) | pick64(u64_at::<32>(record), row.ino_high),
            pos: pick64(first, row.range),
            len: pick64(second, row.range),
            daddr: pick64(first, row.media),
            bbcount: pick64(second, row.media),
            lost: pick64(first, row.lost),
            error: pick32(u32_at::<44>(record), row.error),
            pad: 0,
            payload,
            reserved: 0,
        }
    }
}
