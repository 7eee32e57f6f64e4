// SPDX-License-Identifier: LGPL-2.1-or-later
//! The table of mounted filesystems, beside a list of mounts.

use super::Input;
use crate::mounts::{MountTable, New};
use crate::plan::Time;
use crate::sys::mount::DeviceNumber;
use std::collections::BTreeMap;
use std::time::Duration;

/// Whatever news comes in whatever order, the table knows the mounts that there are, and each
/// filesystem is seen to.
pub(super) fn mounts(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (mut table, mut mounts) = (MountTable::default(), BTreeMap::<u64, DeviceNumber>::new());
    let mut now = Time::default();
    while !input.is_empty() {
        let (mount, device) = (u64::from(input.byte() % 16), (7, u32::from(input.byte() % 4)));
        match input.below(20) {
            0..=3 => {
                table.attached(mount, device);
                mounts.entry(mount).or_insert(device);
            }
            4 | 5 => {
                table.detached(mount);
                mounts.remove(&mount);
            }
            6 => {
                let left: Vec<u64> = mounts.keys().copied().filter(|id| *id < mount).collect();
                table.retain(&left);
                mounts.retain(|id, _| *id < mount);
            }
            7 => now = now.after(Duration::from_secs(input.number())),
            news => other_news(&mut table, news, device, &mut input, now),
        }
        check(&table, &mounts, now);
    }
    settles(&mut table, &mounts);
}

fn other_news(
    table: &mut MountTable,
    news: usize,
    device: DeviceNumber,
    input: &mut Input<'_>,
    now: Time,
) {
    let place = input.bytes(3).to_vec();
    match news {
        8 => table.started(device, &place),
        9 => table.is_sought(device),
        10 => table.is_monitored(device),
        11 => table.again(device),
        12 => table.once_more(device),
        13 => table.later(device, now),
        14 => table.soon(device, now),
        15 => table.look_at_lost(),
        16 => {
            table.is_looked_at(device);
            if input.flag() {
                table.was_looked_at(device);
                assert!(!table.was_looked_at(device), "it is told once");
            }
        }
        17 => table.runs(device, place),
        18 => drop(table.unnamed(device)),
        _ => table.settle_doubts(input.flag()),
    }
}

fn check(table: &MountTable, mounts: &BTreeMap<u64, DeviceNumber>, now: Time) {
    assert!((0..16).all(|mount| table.knows(mount) == mounts.contains_key(&mount)));
    let of = |device: DeviceNumber| -> Vec<u64> {
        mounts.iter().filter(|(_, on)| **on == device).map(|(id, _)| *id).collect()
    };
    for New { device, mounts, .. } in table.next().into_iter().chain(table.due(now)) {
        assert!(!mounts.is_empty() && mounts == of(device));
    }
    if let Some(at) = table.wake_at() {
        assert!(table.due(at.max(now)).is_some(), "woken for nothing");
    } else {
        assert!(table.due(now).is_none());
    }
}

/// Starts a healer for each that is new; then there is none.
fn settles(table: &mut MountTable, mounts: &BTreeMap<u64, DeviceNumber>) {
    table.uncovered();
    for turn in 0_u8.. {
        let Some(New { device, .. }) = table.next() else { break };
        assert!(turn < 16, "there is no end");
        table.started(device, &[turn]);
    }
    assert!(
        mounts.is_empty()
            || !mounts.values().any(|device| table.waits(*device) && table.wake_at().is_none())
    );
}
