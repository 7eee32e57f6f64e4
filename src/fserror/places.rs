// SPDX-License-Identifier: LGPL-2.1-or-later
//! Places of the errors that are remembered one by one, and who gets one.
//!
//! Pure counting. Whoever can read files can make as many errors that are the callers' own as there is
//! time for, and whoever can write them as many of the others, such as EDQUOT
//! (fs/iomap/direct-io.c: iomap_dio_complete). So each class has places of its own. Where they are taken,
//! they are shared evenly by the filesystems, and the share of a filesystem by the kinds of errors.

use crate::log::fserror::Class;
use crate::sys::DeviceNumber;
use std::collections::BTreeMap;

/// Most errors of files of each class, but for one more of each filesystem that would have none.
const MOST: usize = 128;
const MOST_OF_CALLERS: usize = 64;
/// Most errors of no file of a filesystem, but for its shutdown. There are not many: one for each errno.
const MOST_OF_NO_FILE: usize = 16;

/// The errors of a filesystem that have an errno, and are about files or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorKind {
    pub device: DeviceNumber,
    pub is_of_file: bool,
    pub errno: i32,
}

impl ErrorKind {
    pub fn class(&self) -> Class {
        Class::of(self.errno, self.is_of_file)
    }
}

/// A place for one more error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorPlace {
    Free,
    /// One of these has to go.
    InsteadOf(ErrorKind),
    /// There is none.
    Taken,
}

/// Number of places that each kind of errors has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ErrorPlaces(BTreeMap<ErrorKind, usize>);

impl ErrorPlaces {
    pub fn take(&mut self, kind: ErrorKind) {
        *self.0.entry(kind).or_default() += 1;
    }

    pub fn leave(&mut self, kind: ErrorKind) {
        let Some(number) = self.0.get_mut(&kind) else { return };
        *number = number.saturating_sub(1);
        if *number == 0 {
            self.0.remove(&kind);
        }
    }

    /// The place that one more error of this kind gets.
    pub fn find(&self, kind: ErrorKind) -> ErrorPlace {
        if !kind.is_of_file {
            let own = self.sum(|other| other.device == kind.device && !other.is_of_file);
            let is_free = own < MOST_OF_NO_FILE || kind.class() == Class::Shutdown;
            return if is_free { ErrorPlace::Free } else { ErrorPlace::Taken };
        }
        let class = kind.class();
        let most = if class == Class::Caller { MOST_OF_CALLERS } else { MOST };
        let is_alike = |other: &ErrorKind| other.is_of_file && other.class() == class;
        if self.sum(is_alike) < most {
            return ErrorPlace::Free;
        }
        let mut of_device = BTreeMap::<DeviceNumber, usize>::new();
        for (other, number) in self.0.iter().filter(|(other, _)| is_alike(other)) {
            *of_device.entry(other.device).or_default() += number;
        }
        let own = of_device.get(&kind.device).copied().unwrap_or_default();
        let richest = of_device.into_iter().max_by_key(|(_, number)| *number);
        // By two: otherwise the same would come back at once.
        let giver = richest.filter(|(_, number)| *number >= own + 2).map(|(device, _)| device);
        let from = giver.unwrap_or(kind.device);
        let kinds = self.0.iter().filter(|(other, _)| is_alike(other) && other.device == from);
        let largest = kinds.max_by_key(|(_, number)| **number);
        let of_kind = self.0.get(&kind).copied().unwrap_or_default();
        match largest {
            Some((other, number)) if giver.is_some() || *number >= of_kind + 2 => {
                ErrorPlace::InsteadOf(*other)
            }
            Some(_) => ErrorPlace::Taken,
            None => ErrorPlace::Free,
        }
    }

    fn sum(&self, is_meant: impl Fn(&ErrorKind) -> bool) -> usize {
        self.0.iter().filter(|(kind, _)| is_meant(kind)).map(|(_, number)| number).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    fn of_file(minor: u32, errno: i32) -> ErrorKind {
        ErrorKind { device: (7, minor), is_of_file: true, errno }
    }

    /// Adds one error; true if it got a place.
    fn add(places: &mut ErrorPlaces, kind: ErrorKind) -> bool {
        match places.find(kind) {
            ErrorPlace::Taken => return false,
            ErrorPlace::InsteadOf(other) => places.leave(other),
            ErrorPlace::Free => {}
        }
        places.take(kind);
        true
    }

    fn of_device(places: &ErrorPlaces, minor: u32) -> usize {
        places.sum(|kind| kind.device == (7, minor))
    }

    #[test]
    fn filesystems_share_the_places_evenly() {
        let mut places = ErrorPlaces::default();
        let added = (0..1000).filter(|_| add(&mut places, of_file(0, libc::EIO))).count();
        assert_eq!(added, MOST);
        for minor in 1..4 {
            for _ in 0..1000 {
                add(&mut places, of_file(minor, libc::EIO));
            }
        }
        let all: Vec<_> = (0..4).map(|minor| of_device(&places, minor)).collect();
        assert!(all.iter().sum::<usize>() == MOST && all.iter().all(|n| n.abs_diff(32) <= 1));
        assert!((0..4).all(|minor| !add(&mut places, of_file(minor, libc::EIO))), "it rests");
    }

    #[test]
    fn each_filesystem_has_one_place_whatever_the_others_have() {
        let mut places = ErrorPlaces::default();
        assert!((0..1000).all(|minor| add(&mut places, of_file(minor, libc::EIO))));
        assert!((0..1000).all(|minor| of_device(&places, minor) == 1));
        assert!(!add(&mut places, of_file(3, libc::EIO)));
    }

    #[test]
    fn what_a_writer_can_make_at_will_leaves_half_for_the_disk_of_the_same_filesystem() {
        let mut places = ErrorPlaces::default();
        for errno in [libc::EDQUOT, libc::EIO] {
            for _ in 0..1000 {
                add(&mut places, of_file(0, errno));
            }
        }
        assert_eq!(places.0[&of_file(0, libc::EIO)].abs_diff(MOST / 2), 0);
        assert_eq!(of_device(&places, 0), MOST);
    }

    #[test]
    fn a_shutdown_has_a_place_in_any_case() {
        let mut places = ErrorPlaces::default();
        let of_none = |errno| ErrorKind { device: (7, 0), is_of_file: false, errno };
        let added = (0..1000).filter(|errno| add(&mut places, of_none(10_000 + errno))).count();
        assert_eq!(added, MOST_OF_NO_FILE);
        assert!(add(&mut places, of_none(libc::ESHUTDOWN)));
    }

    proptest! {
        /// There are no more than so many, and who has the most has one more than who was refused at most.
        #[test]
        fn nobody_is_refused_who_has_less(errors in prop::collection::vec((0..5_u32, 0..3_u8), 0..800)) {
            let mut places = ErrorPlaces::default();
            for (minor, errno) in errors {
                let errno = [libc::EIO, libc::EDQUOT, libc::ENOSPC][usize::from(errno)];
                let has_place = add(&mut places, of_file(minor, errno));
                let own = of_device(&places, minor);
                let most = (0..5).map(|minor| of_device(&places, minor)).max();
                prop_assert!(has_place || most.is_some_and(|most| most <= own + 1));
                prop_assert!(places.sum(|_| true) <= MOST + 5);
            }
        }
    }
}
