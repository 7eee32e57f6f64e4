// SPDX-License-Identifier: LGPL-2.1-or-later
//! Times between remedies for one filesystem: ever longer ones, also if it is unmounted meanwhile.
//!
//! Pure bookkeeping within bounds.

use crate::plan::{Time, doubled};
use crate::sys::DeviceNumber;
use crate::sys::identity::FsUuid;
use std::collections::BTreeMap;
use std::time::Duration;

/// Shortest time between two remedies for a filesystem, from the end of the one; each doubles it, up to
/// the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(6 * 3600);
const LONGEST_PAUSE: Duration = Duration::from_secs(8 * 24 * 3600);
/// Most filesystems that are remembered. Of more the one is forgotten whose last remedy is longest ago.
const MOST: usize = 256;

/// Identity of a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// Its UUID and its device, if that has a number for good: both are the same when it is mounted again.
    /// By its UUID alone one that somebody brings along could have another's remedies put off.
    Uuid(FsUuid, Option<DeviceNumber>),
    /// The device that it is mounted from, as long as it is, where it has no UUID or could not be asked.
    Device(DeviceNumber),
}

#[derive(Clone, Copy, Debug)]
struct PastRemedy {
    last: Time,
    /// Time until the next one.
    pause: Duration,
}

/// The pause that was there before a remedy began, which is there again where nothing was done.
#[derive(Clone, Copy, Debug)]
pub struct PauseBefore(Option<PastRemedy>);

/// The remedies of late.
#[derive(Debug, Default)]
pub struct Pauses(BTreeMap<Identity, PastRemedy>);

impl Pauses {
    /// True if it is too early for the next remedy.
    pub fn is_early(&self, of: Identity, now: Time) -> bool {
        self.0.get(&of).is_some_and(|past| now.since(past.last) < past.pause)
    }

    /// Takes note that a remedy begins; gives what [`Pauses::nothing_done`] takes.
    pub fn begins(&mut self, of: Identity, now: Time) -> PauseBefore {
        self.0.retain(|_, past| now.since(past.last) < past.pause.saturating_mul(2));
        let next = |past: &PastRemedy| doubled(past.pause, 1, LONGEST_PAUSE);
        let pause = self.0.get(&of).map_or(FIRST_PAUSE, next);
        let before = self.0.insert(of, PastRemedy { last: now, pause });
        if self.0.len() > MOST {
            let oldest = self.0.iter().min_by_key(|(_, past)| past.last).map(|(of, _)| *of);
            oldest.into_iter().for_each(|of| self.forget(of));
        }
        PauseBefore(before)
    }

    /// Takes note that nothing was done, so that all is as it was before it began.
    pub fn nothing_done(&mut self, of: Identity, PauseBefore(before): PauseBefore) {
        self.forget(of);
        self.0.extend(before.map(|past| (of, past)));
    }

    /// Takes note that it has ended.
    pub fn ended(&mut self, of: Identity, now: Time) {
        self.0.get_mut(&of).into_iter().for_each(|past| past.last = now);
    }

    pub fn forget(&mut self, of: Identity) {
        self.0.remove(&of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Time {
        Time::default().after(Duration::from_secs(hours * 3600))
    }

    fn uuid(number: u16) -> Identity {
        let mut uuid = [7; 16];
        uuid[..2].copy_from_slice(&number.to_ne_bytes());
        Identity::Uuid(uuid, Some((8, 1)))
    }

    #[test]
    fn a_remedy_that_does_not_help_comes_ever_more_seldom() {
        let (mut pauses, mut times) = (Pauses::default(), Vec::new());
        for hour in 0..1000 {
            if !pauses.is_early(uuid(1), at(hour)) {
                pauses.begins(uuid(1), at(hour));
                pauses.ended(uuid(1), at(hour));
                times.push(hour);
            }
        }
        assert_eq!(times, [0, 6, 18, 42, 90, 186, 378, 570, 762, 954]);
        pauses.begins(uuid(1), at(2000));
        assert_eq!(pauses.0[&uuid(1)].pause, FIRST_PAUSE, "it had helped for long");
        pauses.ended(uuid(1), at(2010));
        assert!(pauses.is_early(uuid(1), at(2015)), "it has ended a moment ago");
        pauses.forget(uuid(1));
        assert!(pauses.0.is_empty());
    }

    #[test]
    fn one_with_the_same_uuid_on_another_device_does_not_put_it_off() {
        let mut pauses = Pauses::default();
        pauses.begins(Identity::Uuid([7; 16], Some((8, 17))), at(0));
        assert!(!pauses.is_early(Identity::Uuid([7; 16], Some((8, 1))), at(0)));
        assert!(pauses.is_early(Identity::Uuid([7; 16], Some((8, 17))), at(5)));
    }

    #[test]
    fn no_more_than_so_many_are_remembered_and_the_last_ones_are() {
        let mut pauses = Pauses::default();
        for number in 0..1000 {
            let now = Time::default().after(Duration::from_secs(u64::from(number)));
            pauses.begins(uuid(number), now);
            assert!(pauses.is_early(uuid(number), now) && pauses.0.len() <= MOST);
        }
        assert!(pauses.is_early(uuid(999 - 255), at(1)) && !pauses.is_early(uuid(3), at(1)));
    }
}
