// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is done about errors (`--act`): one thing at a time, unless it takes very long, and for each
//! filesystem ever more seldom as long as it does not help.

use super::answer::{ErrorAnswer, Speak};
use super::follow::{Follow, MarkedFilesystem};
use super::pauses::{Identity, Pauses};
use super::queues::ToldError;
use super::remedy::{Patient, RemedyEnd, SearchEnd, carry_out, find, has_remedy};
use crate::log::fserror::FsErrorNews;
use crate::log::said::Said;
use crate::plan::{Time, doubled};
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::fserror::ErrorEvent;
use crate::work::Crew;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Time that other filesystems wait for a remedy: it may never end, as where a directory above the mount
/// point is on a server that is down.
const TURN: Duration = Duration::from_secs(6 * 3600);
/// The same of the search for a filesystem, which is done at once where all answer.
const SEARCH: Duration = Duration::from_secs(10);
/// Time after which a search is tried again for which there was no thread; each try doubles it, up to the
/// longest.
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// A remedy that is under way, or the search for the filesystem before it.
#[derive(Debug)]
struct RunningRemedy {
    device: DeviceNumber,
    since: Time,
    /// The filesystem; `None` during the search.
    identity: Option<Identity>,
    /// True if it is not mounted any more, and another one may be on that device.
    is_gone: bool,
}

impl RunningRemedy {
    /// Time from which others no longer wait for its end.
    fn turn(&self) -> Time {
        self.since.after(if self.identity.is_some() { TURN } else { SEARCH })
    }
}

/// A search that waits, since there was no thread for it.
#[derive(Debug)]
struct PutOffSearch {
    until: Time,
    wait: Duration,
}

/// The remedies that are to come, those that are under way, and those of late.
#[derive(Debug, Default)]
pub struct Remedies {
    wanted: VecDeque<DeviceNumber>,
    /// Those of them that wait.
    put_off: BTreeMap<DeviceNumber, PutOffSearch>,
    /// Those that are under way, by the number of their worker: one, and those that take very long.
    running: BTreeMap<u64, RunningRemedy>,
    /// Filesystems that were found before, as long as they are mounted.
    known: BTreeMap<DeviceNumber, Identity>,
    pauses: Pauses,
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
        let is_there = |running: &RunningRemedy| running.device == device && !running.is_gone;
        if !has_remedy(fs_type)
            || !is_of_disk(errno)
            || self.wanted.contains(&device)
            || self.running.values().any(is_there)
            || self.known.get(&device).is_some_and(|of| self.pauses.is_early(*of, now))
        {
            return;
        }
        self.wanted.push_back(device);
    }

    /// Time at which [`Remedies::advance`] has something to do by itself.
    pub fn wake_at(&self) -> Option<Time> {
        let due = self.wanted.iter().map(|device| self.due(*device)).min()?;
        let turn = self.running.values().map(RunningRemedy::turn).max();
        Some(turn.map_or(due, |turn| turn.max(due)))
    }

    /// The next filesystem that something is done for now.
    fn next(&mut self, now: Time) -> Option<DeviceNumber> {
        let is_busy = self.running.values().any(|running| now < running.turn());
        let is_due = |device: &DeviceNumber| !is_busy && self.due(*device) <= now;
        let at = self.wanted.iter().position(is_due)?;
        self.wanted.remove(at)
    }

    /// Time from which a filesystem may be searched for.
    fn due(&self, device: DeviceNumber) -> Time {
        self.put_off.get(&device).map_or(Time::default(), |put_off| put_off.until)
    }

    /// Has the next filesystem found that something is to be done for, unless a remedy is under way.
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
            if !places.is_empty() {
                let find = move || ErrorAnswer::Found(find(places, device, &fs_type));
                let number = crew.ask(ErrorAnswer::Found(SearchEnd::NoThread), find);
                self.begins(number, device, None, now);
            }
        }
    }

    fn begins(&mut self, number: u64, device: DeviceNumber, identity: Option<Identity>, now: Time) {
        identity.into_iter().for_each(|of| self.pauses.begins(of, now));
        let running = RunningRemedy { device, since: now, identity, is_gone: false };
        self.running.insert(number, running);
    }

    /// Takes in which filesystem was found, and begins the remedy unless it is too early. Gives the
    /// filesystem of which it is to be said that there was no thread.
    pub fn found(
        &mut self,
        number: u64,
        end: SearchEnd,
        crew: &Crew<ErrorAnswer>,
        now: Time,
        say: Speak<'_>,
    ) -> Option<DeviceNumber> {
        let search = self.running.remove(&number).filter(|search| !search.is_gone)?;
        let device = search.device;
        let patient = match end {
            SearchEnd::Found(patient) => Some(patient),
            SearchEnd::Nowhere => None,
            SearchEnd::NoThread => return Some(device).filter(|_| self.put_off(device, now)),
        };
        let of = patient.as_ref().map_or(Identity::Device(device), |patient| patient.identity);
        self.known.insert(device, of);
        if self.pauses.is_early(of, now) {
            self.put_off.remove(&device);
            return None;
        }
        let Some(patient) = patient else {
            self.put_off.remove(&device);
            self.pauses.begins(of, now);
            return None;
        };
        let Patient { place, remedy, .. } = patient;
        if let Some(news) = remedy.beginning() {
            say(Some(&Place::on(device, &place)), &Said::FsError(news));
        }
        let otherwise = remedy.not_done(place.clone(), RemedyEnd::NoThread(place.clone()));
        let carry_out = move || ErrorAnswer::Remedied(carry_out(remedy, place, device));
        let number = crew.ask(ErrorAnswer::Remedied(otherwise), carry_out);
        self.begins(number, device, Some(of), now);
        None
    }

    /// Has a filesystem searched for again later; true the first time.
    fn put_off(&mut self, device: DeviceNumber, now: Time) -> bool {
        let old = self.put_off.get(&device).map(|old| old.wait);
        let wait = old.map_or(FIRST_WAIT, |old| doubled(old, 1, LONGEST_WAIT));
        self.put_off.insert(device, PutOffSearch { until: now.after(wait), wait });
        self.wanted.push_back(device);
        old.is_none()
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
        let device = ended.device;
        if let RemedyEnd::NoThread(place) = end {
            // Nothing was done.
            ended.identity.into_iter().for_each(|of| self.pauses.forget(of));
            if !ended.is_gone && self.put_off(device, now) {
                let said = Said::FsError(FsErrorNews::ActThreadless);
                say(Some(&Place::on(device, place)), &said);
            }
        } else {
            ended.identity.into_iter().for_each(|of| self.pauses.ended(of, now));
            if !ended.is_gone {
                self.put_off.remove(&device);
            }
        }
        if let RemedyEnd::Ended(place, said) = end {
            let place = Place::on(device, place);
            said.iter().for_each(|said| say(Some(&place), said));
        }
        Some(device).filter(|_| !ended.is_gone)
    }

    /// Forgets what was to be done for a filesystem that is not mounted any more, but not what was done.
    pub fn forget(&mut self, device: DeviceNumber) {
        self.wanted.retain(|wanted| *wanted != device);
        self.put_off.remove(&device);
        self.known.remove(&device);
        self.pauses.forget(Identity::Device(device));
        let running = self.running.values_mut().filter(|running| running.device == device);
        running.for_each(|running| running.is_gone = true);
    }
}

/// True for what may be damage, and is not the doing of the program that has met it, nor past help.
fn is_of_disk(errno: i32) -> bool {
    // Those of metadata, of a device, of a medium, and of a checksum of it.
    matches!(errno, libc::EUCLEAN | libc::EBADMSG | libc::EIO | libc::ENODATA | libc::EILSEQ)
}

#[cfg(test)]
mod tests {
    use super::super::remedy::Remedy;
    use super::*;
    use crate::work::Pool;

    const DEVICE: DeviceNumber = (7, 0);
    const UUID: Identity = Identity::Uuid([3; 16], None);

    fn at(hours: u64) -> Time {
        Time::default().after(Duration::from_secs(hours * 3600))
    }

    /// What the filesystem at DEVICE is found to be; true if its remedy begins.
    fn begins(remedies: &mut Remedies, hours: u64) -> bool {
        let crew = Crew::new(Pool::without_threads()).unwrap();
        let running: Vec<_> = remedies.running.keys().copied().collect();
        remedies.begins(1000 + hours, DEVICE, None, at(hours));
        let patient = Patient { place: b"/m".to_vec(), identity: UUID, remedy: Remedy::Healer };
        remedies.found(1000 + hours, SearchEnd::Found(patient), &crew, at(hours), &mut |_, _| ());
        remedies.running.keys().any(|number| !running.contains(number))
    }

    fn ends(remedies: &mut Remedies, hours: u64) {
        for number in remedies.running.keys().copied().collect::<Vec<_>>() {
            remedies.ended(number, &RemedyEnd::Nothing, at(hours), &mut |_, _| ());
        }
    }

    #[test]
    fn only_what_may_be_damage_is_remedied_and_only_where_there_is_a_remedy() {
        let is_wanted = |fs_type: &[u8], errno| {
            let mut remedies = Remedies::default();
            remedies.error(DEVICE, fs_type, errno, at(0));
            remedies.error(DEVICE, fs_type, errno, at(0));
            assert!(remedies.wanted.len() <= 1, "it is wanted once");
            remedies.wanted.len() == 1
        };
        assert!([libc::EIO, libc::EUCLEAN, libc::EBADMSG].iter().all(|e| is_wanted(b"xfs", *e)));
        assert!(
            ![libc::EFAULT, libc::ENOSPC, libc::ESHUTDOWN].iter().any(|e| is_wanted(b"xfs", *e))
        );
        assert!(is_wanted(b"btrfs", libc::EIO) && !is_wanted(b"vfat", libc::EIO));
    }

    #[test]
    fn what_is_unmounted_and_mounted_again_is_remedied_no_sooner() {
        let mut remedies = Remedies::default();
        assert!(begins(&mut remedies, 0));
        ends(&mut remedies, 0);
        remedies.error(DEVICE, b"xfs", libc::EIO, at(1));
        assert!(remedies.wanted.is_empty(), "nobody has to look for it");
        remedies.forget(DEVICE);
        remedies.error(DEVICE, b"xfs", libc::EIO, at(2));
        assert_eq!(remedies.next(at(2)), Some(DEVICE), "another one may be there");
        assert!(!begins(&mut remedies, 2), "it is the same");
        remedies.forget(DEVICE);
        assert!(begins(&mut remedies, 6));
    }

    #[test]
    fn what_was_looked_for_on_a_device_is_not_what_is_there_now() {
        let mut remedies = Remedies::default();
        let crew = Crew::new(Pool::without_threads()).unwrap();
        remedies.begins(1, DEVICE, None, at(0));
        remedies.error(DEVICE, b"xfs", libc::EIO, at(0));
        assert!(remedies.wanted.is_empty(), "it is being looked for");
        remedies.forget(DEVICE);
        remedies.error(DEVICE, b"xfs", libc::EIO, at(0));
        let patient = Patient { place: b"/m".to_vec(), identity: UUID, remedy: Remedy::Healer };
        remedies.found(1, SearchEnd::Found(patient), &crew, at(0), &mut |_, _| ());
        assert!(remedies.running.is_empty() && remedies.known.is_empty());
        assert_eq!(remedies.next(at(0)), Some(DEVICE));
    }

    #[test]
    fn what_cannot_be_found_is_looked_for_no_more_often_as_long_as_it_is_mounted() {
        let mut remedies = Remedies::default();
        let crew = Crew::new(Pool::without_threads()).unwrap();
        remedies.begins(1, DEVICE, None, at(0));
        remedies.found(1, SearchEnd::Nowhere, &crew, at(0), &mut |_, _| ());
        remedies.error(DEVICE, b"xfs", libc::EIO, at(5));
        assert!(remedies.wanted.is_empty());
        remedies.forget(DEVICE);
        remedies.error(DEVICE, b"xfs", libc::EIO, at(5));
        assert_eq!(remedies.next(at(5)), Some(DEVICE));
    }

    #[test]
    fn a_search_without_a_thread_is_said_once_and_tried_again_soon() {
        let mut remedies = Remedies::default();
        let crew = Crew::new(Pool::without_threads()).unwrap();
        let mut now = at(1);
        remedies.error(DEVICE, b"xfs", libc::EIO, now);
        let mut tries = Vec::new();
        for number in 0..8 {
            assert_eq!(remedies.next(now), Some(DEVICE));
            remedies.begins(number, DEVICE, None, now);
            let told = remedies.found(number, SearchEnd::NoThread, &crew, now, &mut |_, _| ());
            assert_eq!(told, Some(DEVICE).filter(|_| number == 0), "it is said once");
            remedies.error(DEVICE, b"xfs", libc::EIO, now);
            assert_eq!(remedies.next(now), None, "it has to wait");
            remedies.error((7, 1), b"xfs", libc::EIO, now);
            assert_eq!(remedies.next(now), Some((7, 1)), "but not the others");
            let due = remedies.wake_at().unwrap();
            tries.push(due.since(now).as_secs() / 60);
            now = due;
        }
        assert_eq!(tries, [1, 2, 4, 8, 16, 32, 60, 60]);
        remedies.forget(DEVICE);
        assert!(remedies.put_off.is_empty() && remedies.wake_at().is_none());
        assert!(begins(&mut remedies, 100), "there was no remedy, so there is no pause");
    }

    #[test]
    fn a_remedy_without_a_thread_is_said_once_and_tried_again_soon() {
        let mut remedies = Remedies::default();
        let (mut now, mut lines, mut tries) = (at(1), Vec::new(), Vec::new());
        remedies.error(DEVICE, b"xfs", libc::EIO, now);
        for _ in 0..4 {
            assert_eq!(remedies.next(now), Some(DEVICE));
            assert!(begins(&mut remedies, 1), "there was none, so there is no pause");
            let number = *remedies.running.keys().next().unwrap();
            let end = RemedyEnd::NoThread(b"/m".to_vec());
            let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
            assert_eq!(remedies.ended(number, &end, now, &mut say), Some(DEVICE));
            let due = remedies.wake_at().unwrap();
            tries.push(due.since(now).as_secs() / 60);
            now = due;
        }
        let line = "/m: nothing is done about its errors yet: no thread could look at it";
        assert_eq!((&tries[..], &lines[..]), (&[1, 2, 4, 8][..], &[line.to_owned()][..]));
        assert_eq!(remedies.next(now), Some(DEVICE));
        assert!(begins(&mut remedies, 1));
        ends(&mut remedies, 1);
        assert!(remedies.put_off.is_empty() && remedies.wanted.is_empty());
        assert!(!begins(&mut remedies, 2), "now there was one");
    }

    #[test]
    fn a_remedy_that_never_ends_does_not_keep_the_others_waiting_for_ever() {
        let mut remedies = Remedies::default();
        assert!(begins(&mut remedies, 0));
        remedies.error((7, 1), b"btrfs", libc::EIO, at(1));
        assert_eq!((remedies.next(at(1)), remedies.wake_at()), (None, Some(at(6))));
        assert_eq!(remedies.next(at(6)), Some((7, 1)));
        assert_eq!(remedies.wake_at(), None);
        remedies.begins(9, (7, 1), None, at(6));
        remedies.error((7, 2), b"btrfs", libc::EIO, at(6));
        assert_eq!((remedies.next(at(6)), remedies.wake_at()), (None, Some(at(6).after(SEARCH))));
        assert_eq!(remedies.next(at(6).after(SEARCH)), Some((7, 2)), "it was a search");
        remedies.error(DEVICE, b"btrfs", libc::EIO, at(100));
        assert!(remedies.wanted.is_empty(), "it is under way there");
        ends(&mut remedies, 100);
        remedies.error(DEVICE, b"btrfs", libc::EIO, at(105));
        assert!(remedies.wanted.is_empty(), "it has ended a moment ago");
        remedies.error(DEVICE, b"btrfs", libc::EIO, at(106));
        assert_eq!(remedies.next(at(106)), Some(DEVICE));
    }
}
