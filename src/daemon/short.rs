// SPDX-License-Identifier: LGPL-2.1-or-later
//! Filesystems that are not watched for want of descriptors, and the descriptors that are left to
//! those that are.

use crate::report::Place;
use crate::sys::DeviceNumber;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, RawFd};

/// Least and greatest number of descriptors of the reserve. One visit of a filesystem needs up to
/// five, the search for a healer or an xfs_scrub(8) of somebody else's as many, and a visit of one
/// that does not answer keeps them.
const LEAST: u64 = 8;
const MOST: u64 = 1024;

/// Descriptors that new filesystems leave to the work at those that are watched: the last ones, as
/// the kernel gives the lowest number that is free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reserve {
    /// The lowest number of the reserve.
    from: RawFd,
}

impl Reserve {
    /// The reserve of a process that may have so many descriptors.
    pub fn of(limit: u64) -> Reserve {
        let from = limit.saturating_sub((limit / 5).clamp(LEAST, MOST));
        Reserve { from: RawFd::try_from(from).unwrap_or(RawFd::MAX) }
    }

    /// True if this descriptor is of the reserve, so that it is not to be kept.
    pub fn has(self, thing: &impl AsFd) -> bool {
        thing.as_fd().as_raw_fd() >= self.from
    }

    /// The same thing, unless its descriptor is of the reserve.
    pub fn spares<T: AsFd>(self, thing: T) -> Option<T> {
        (!self.has(&thing)).then_some(thing)
    }
}

/// Filesystems that are not watched for want of descriptors.
#[derive(Debug, Default)]
pub(super) struct Short {
    /// Each with the place to name it by, until that has been said.
    filesystems: BTreeMap<DeviceNumber, Option<Place>>,
    /// True if there may be room that there was not when they were refused.
    has_room: bool,
    /// The one that is tried again. They take turns: what opens one takes descriptors too.
    tried: Option<DeviceNumber>,
}

/// The next step with filesystems that are not watched for want of descriptors.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ShortStep {
    /// This one may find room now.
    Try(DeviceNumber),
    /// There is no room, which is to be said of these.
    Say(Vec<(DeviceNumber, Place)>),
}

impl Short {
    /// Takes note of a filesystem that there was no descriptor for; of one that was named already
    /// nothing is said again.
    pub fn refused(&mut self, device: DeviceNumber, place: Option<Place>) {
        self.filesystems.insert(device, place);
        self.tried.take_if(|tried| *tried == device);
    }

    /// Takes note that something else came of opening a filesystem.
    pub fn answered(&mut self, device: DeviceNumber) {
        self.filesystems.remove(&device);
        self.has_room();
    }

    /// Takes note that there may be room.
    pub fn has_room(&mut self) {
        self.has_room = true;
    }

    /// Forgets the filesystems for which this is false.
    pub fn retain(&mut self, waits: impl Fn(DeviceNumber) -> bool) {
        self.filesystems.retain(|device, _| waits(*device));
    }

    /// The next step, while no filesystem is being opened.
    pub fn step(&mut self) -> ShortStep {
        self.tried.take_if(|tried| !self.filesystems.contains_key(tried));
        if self.tried.is_some() {
            return ShortStep::Say(Vec::new());
        }
        match self.filesystems.keys().next() {
            Some(device) if self.has_room => {
                (self.tried, self.has_room) = (Some(*device), false);
                ShortStep::Try(*device)
            }
            _ => {
                let all = self.filesystems.iter_mut();
                let unsaid = all.filter_map(|(device, place)| Some((*device, place.take()?)));
                ShortStep::Say(unsaid.collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_part_is_left_for_the_work() {
        let from = |limit| Reserve::of(limit).from;
        assert_eq!([0, 8, 32, 64, 1024, 524_288].map(from), [0, 0, 24, 52, 820, 523_264]);
        assert_eq!(from(u64::MAX), RawFd::MAX);
        let file = File::open("/dev/null").unwrap();
        assert!(Reserve::of(0).has(&file) && Reserve::of(0).spares(&file).is_none());
        assert!(Reserve::of(u64::MAX).spares(&file).is_some());
    }

    #[test]
    fn who_finds_no_room_is_named_once_and_they_take_turns_when_there_may_be_some() {
        let mut short = Short::default();
        let [a, b] = [b"/a", b"/b"].map(|name| Place::new(name));
        short.refused((7, 1), Some(a.clone()));
        short.refused((7, 2), Some(b.clone()));
        short.has_room();
        assert_eq!(short.step(), ShortStep::Try((7, 1)));
        assert_eq!(short.step(), ShortStep::Say(Vec::new()), "one is being tried");
        short.answered((7, 1));
        assert_eq!(short.step(), ShortStep::Try((7, 2)));
        short.refused((7, 2), Some(b.clone()));
        short.refused((7, 1), None);
        assert_eq!(short.step(), ShortStep::Say(vec![((7, 2), b)]));
        assert_eq!(short.step(), ShortStep::Say(Vec::new()));
        short.has_room();
        assert_eq!(short.step(), ShortStep::Try((7, 1)));
        short.retain(|device| device != (7, 1));
        short.has_room();
        assert_eq!(short.step(), ShortStep::Try((7, 2)));
    }
}
