// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem that is watched, and where it is.

use super::totals::ErrorTotals;
use crate::mounts::Sight;
use crate::report::Place;
use crate::sys::DeviceNumber;

/// State of the mounts that is none, where it is not known how they were when a filesystem was found.
pub(super) const UNKNOWN: u64 = u64::MAX;

/// A filesystem that is watched, or is being marked: its errors may come before the answer of whoever marks
/// it.
#[derive(Debug)]
pub struct MarkedFilesystem {
    pub place: Place,
    /// State of the mounts at the time when it was there: [`Mounts::changes`](crate::mounts::Mounts::changes).
    pub mounts: u64,
    pub fs_type: Vec<u8>,
    pub totals: ErrorTotals,
}

impl MarkedFilesystem {
    /// One without errors, at a place where it may have been seen or not.
    pub fn new(place: Place, fs_type: Vec<u8>) -> MarkedFilesystem {
        MarkedFilesystem { place, mounts: UNKNOWN, fs_type, totals: ErrorTotals::default() }
    }
}

/// The place of a filesystem that was at another one and has these mount points now: where it was, if it
/// can be seen there, or else where it can.
pub fn place_now(
    old: &Place,
    device: DeviceNumber,
    places: &[Vec<u8>],
    sight: Option<&Sight>,
) -> Place {
    let is_there = |place: &&Vec<u8>| **place == old.mount().found;
    let is_seen = |place: &&Vec<u8>| sight.is_none_or(|sight| sight.sees(device, place));
    let first = places.iter().find(is_there).or(places.first());
    let seen = places.iter().find(|place| is_there(place) && is_seen(place));
    match (seen.or_else(|| places.iter().find(is_seen)), first) {
        (Some(seen), _) => Place::on(device, seen),
        (None, Some(first)) => Place::covered(device, first),
        (None, None) => old.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_seen_at_none_of_its_places_is_called_covered_where_it_was() {
        let (device, old) = ((7, 0), Place::on((7, 0), b"/b"));
        let places = [b"/a".to_vec(), b"/b".to_vec()];
        let blind = Sight::default();
        let now = |places, sight| place_now(&old, device, places, sight);
        assert_eq!(now(&places, Some(&blind)), Place::covered(device, b"/b"));
        assert_eq!(now(&places[..1], Some(&blind)), Place::covered(device, b"/a"));
        assert_eq!(now(&places, None), old);
        assert_eq!(now(&places[..1], None), Place::on(device, b"/a"));
        assert_eq!(now(&[], Some(&blind)), old);
    }
}
