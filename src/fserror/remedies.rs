// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is done about errors (`--act`): one thing at a time, unless it takes very long, and for each
//! filesystem ever more seldom as long as it does not help.

use super::answer::{ErrorAnswer, Speak};
use super::follow::{Follow, MarkedFilesystem};
use super::queues::ToldError;
use super::remedy::{Remedy, RemedyEnd, carry_out, remedy};
use crate::log::fserror::FsErrorNews;
use crate::log::said::Said;
use crate::plan::Time;
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::fserror::ErrorEvent;
use crate::work::Crew;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Shortest time between two remedies for a filesystem, from the end of the one; each doubles it, up to
/// the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(6 * 3600);
const LONGEST_PAUSE: Duration = Duration::from_secs(8 * 24 * 3600);
/// Time that other filesystems wait for a remedy: it may never end, as where a directory above the mount
/// point is on a server that is down.
const TURN: Duration = Duration::from_secs(6 * 3600);

#[derive(Debug)]
struct PastRemedy {
    last: Time,
    /// Time until the next one.
    pause: Duration,
}

#[derive(Debug)]
struct RunningRemedy {
    device: DeviceNumber,
    since: Time,
}

/// The remedies that are to come, those that are under way, and those of late.
#[derive(Debug, Default)]
pub struct Remedies {
    wanted: VecDeque<DeviceNumber>,
    /// Those that are under way, by the number of their worker: one, and those that take very long.
    running: BTreeMap<u64, RunningRemedy>,
    past: BTreeMap<DeviceNumber, PastRemedy>,
}

impl Remedies {
    /// Takes in what the kernel tells.
    pub fn take(
        &mut self,
        told: &[ToldError],
        filesystems: &BTreeMap<DeviceNumber, MarkedFilesystem>,
        now: Time,
    ) {
        for ToldError { device, event } in told {
            let (Some(device), ErrorEvent::Error(error)) = (device, event) else { continue };
            if let Some(filesystem) = filesystems.get(device) {
                self.error(*device, &filesystem.fs_type, error.errno, now);
            }
        }
    }

    /// Takes in an error of a filesystem of this type.
    fn error(&mut self, device: DeviceNumber, fs_type: &[u8], errno: i32, now: Time) {
        let is_early = |past: &PastRemedy| now.since(past.last) < past.pause;
        if remedy(fs_type).is_none()
            || !is_of_disk(errno)
            || self.wanted.contains(&device)
            || self.running.values().any(|running| running.device == device)
            || self.past.get(&device).is_some_and(is_early)
        {
            return;
        }
        self.wanted.push_back(device);
    }

    /// Time at which [`Remedies::advance`] has something to do by itself.
    pub fn wake_at(&self) -> Option<Time> {
        let end = self.running.values().map(|running| running.since.after(TURN)).max();
        end.filter(|_| !self.wanted.is_empty())
    }

    /// The next filesystem that something is done for now.
    fn next(&mut self, now: Time) -> Option<DeviceNumber> {
        let is_busy = self.running.values().any(|running| now.since(running.since) < TURN);
        if is_busy { None } else { self.wanted.pop_front() }
    }

    /// Begins the next remedy, unless one is under way.
    pub fn advance(
        &mut self,
        follow: &mut Follow,
        crew: &Crew<ErrorAnswer>,
        now: Time,
        say: Speak<'_>,
    ) {
        while let Some(device) = self.next(now) {
            let (places, fs_type) = follow.places(device, say);
            // One that cannot be seen keeps none of the others waiting.
            if let (Some(remedy), Some(first)) = (remedy(&fs_type), places.first()) {
                if remedy == Remedy::Scrub {
                    say(Some(&Place::on(device, first)), &Said::FsError(FsErrorNews::ScrubStarts));
                }
                self.begin(remedy, places, device, crew, now);
            }
        }
    }

    fn begin(
        &mut self,
        remedy: Remedy,
        places: Vec<Vec<u8>>,
        device: DeviceNumber,
        crew: &Crew<ErrorAnswer>,
        now: Time,
    ) {
        let otherwise = ErrorAnswer::Remedied(RemedyEnd::NoThread);
        let find = move || ErrorAnswer::Remedied(carry_out(remedy, places, device));
        self.begins(crew.ask(otherwise, find), device, now);
    }

    fn begins(&mut self, number: u64, device: DeviceNumber, now: Time) {
        self.running.insert(number, RunningRemedy { device, since: now });
        self.past.retain(|_, past| now.since(past.last) < past.pause.saturating_mul(2));
        let pause = self.past.get(&device).map_or(FIRST_PAUSE, |past| past.pause.saturating_mul(2));
        self.past.insert(device, PastRemedy { last: now, pause: pause.min(LONGEST_PAUSE) });
    }

    /// Takes in the end of a remedy; gives the filesystem.
    pub fn ended(
        &mut self,
        number: u64,
        end: &RemedyEnd,
        now: Time,
        say: Speak<'_>,
    ) -> Option<DeviceNumber> {
        let ended = self.running.remove(&number)?;
        if let Some(past) = self.past.get_mut(&ended.device) {
            past.last = now;
        }
        if let RemedyEnd::Ended(place, said) = end {
            say(Some(&Place::on(ended.device, place)), said);
        }
        Some(ended.device)
    }

    /// Forgets what was to be done for a filesystem that is not mounted any more.
    pub fn forget(&mut self, device: DeviceNumber) {
        self.wanted.retain(|wanted| *wanted != device);
        self.past.remove(&device);
    }
}

/// True for what may be damage, and is not the doing of the program that has met it, nor past help.
fn is_of_disk(errno: i32) -> bool {
    // Those of metadata, of a device, of a medium, and of a checksum of it.
    matches!(errno, libc::EUCLEAN | libc::EBADMSG | libc::EIO | libc::ENODATA | libc::EILSEQ)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceNumber = (7, 0);

    fn at(hours: u64) -> Time {
        Time::default().after(Duration::from_secs(hours * 3600))
    }

    #[test]
    fn only_what_may_be_damage_is_remedied_and_only_where_there_is_a_remedy() {
        let is_wanted = |fs_type: &[u8], errno| {
            let mut remedies = Remedies::default();
            remedies.error(DEVICE, fs_type, errno, at(0));
            remedies.wanted.len() == 1
        };
        assert!([libc::EIO, libc::EUCLEAN, libc::EBADMSG].iter().all(|e| is_wanted(b"xfs", *e)));
        assert!(
            ![libc::EFAULT, libc::ENOSPC, libc::ESHUTDOWN].iter().any(|e| is_wanted(b"xfs", *e))
        );
        assert!(is_wanted(b"btrfs", libc::EIO) && !is_wanted(b"ext4", libc::EIO));
    }

    #[test]
    fn a_remedy_that_does_not_help_comes_ever_more_seldom() {
        let mut remedies = Remedies::default();
        let mut times = Vec::new();
        for hour in 0..1000 {
            remedies.error(DEVICE, b"xfs", libc::EIO, at(hour));
            remedies.error(DEVICE, b"xfs", libc::EIO, at(hour));
            if remedies.wanted.pop_front().is_some() {
                assert!(remedies.wanted.is_empty(), "it is wanted once");
                remedies.begins(1, DEVICE, at(hour));
                remedies.ended(1, &RemedyEnd::HasHealer, at(hour), &mut |_, _| ());
                times.push(hour);
            }
        }
        assert_eq!(times, [0, 6, 18, 42, 90, 186, 378, 570, 762, 954]);
        remedies.error(DEVICE, b"xfs", libc::EIO, at(2000));
        remedies.begins(1, DEVICE, at(2000));
        assert_eq!(remedies.past[&DEVICE].pause, FIRST_PAUSE, "it had helped for long");
        remedies.forget(DEVICE);
        assert!(remedies.wanted.is_empty() && remedies.past.is_empty());
    }

    #[test]
    fn a_remedy_that_never_ends_does_not_keep_the_others_waiting_for_ever() {
        let mut remedies = Remedies::default();
        remedies.begins(1, DEVICE, at(0));
        remedies.error((7, 1), b"btrfs", libc::EIO, at(1));
        assert_eq!((remedies.next(at(1)), remedies.wake_at()), (None, Some(at(6))));
        assert_eq!(remedies.next(at(6)), Some((7, 1)));
        assert_eq!(remedies.wake_at(), None);
        remedies.error(DEVICE, b"btrfs", libc::EIO, at(100));
        assert!(remedies.wanted.is_empty(), "it is under way there");
        remedies.ended(1, &RemedyEnd::HasHealer, at(100), &mut |_, _| ());
        remedies.error(DEVICE, b"btrfs", libc::EIO, at(105));
        assert!(remedies.wanted.is_empty(), "it has ended a moment ago");
        remedies.error(DEVICE, b"btrfs", libc::EIO, at(106));
        assert_eq!(remedies.next(at(106)), Some(DEVICE));
    }
}
