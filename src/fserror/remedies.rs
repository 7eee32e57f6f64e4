// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is done about errors (`--act`): one thing at a time, unless it takes very long, and for each
//! filesystem ever more seldom as long as it does not help. What is done on a guess keeps nothing waiting that
//! is done for errors which are known.

use super::answer::{ErrorAnswer, Speak};
use super::follow::Follow;
use super::marked::MarkedFilesystem;
use super::pauses::{Identity, PauseBefore, Pauses};
use super::queues::ToldError;
use super::remedy::{
    EndedRemedy, NothingDone, Patient, RemedyEnd, SearchEnd, carry_out, find, has_remedy,
};
use crate::log::fserror::Class;
use crate::log::said::Said;
use crate::plan::{Time, doubled};
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::fserror::{ErrorEvent, FsErrorEvent};
use crate::work::Crew;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
/// Shortest time between two searches for a filesystem that is at none of its places.
const NEXT_SEARCH: Duration = Duration::from_secs(10);
/// Time until it is asked again whether there is something to do for a filesystem, as one that has a healer:
/// that may end, and the question costs a process.
const NEXT_QUESTION: Duration = Duration::from_secs(60);

/// A remedy that is under way, or the search for the filesystem before it.
#[derive(Debug)]
struct RunningRemedy {
    device: DeviceNumber,
    since: Time,
    /// The remedy; `None` during the search.
    remedy: Option<BegunRemedy>,
    /// State of the mounts at that time: [`MarkedFilesystem::mounts`].
    mounts: u64,
    /// True if it is not mounted any more, and another one may be on that device.
    is_gone: bool,
}

impl RunningRemedy {
    /// Time from which others no longer wait for its end.
    fn turn(&self) -> Time {
        self.since.after(if self.remedy.is_some() { TURN } else { SEARCH })
    }

    /// True for a remedy of this filesystem. Of one that is gone and was known by its device only, another may
    /// be on that by now.
    fn is_of(&self, of: Identity) -> bool {
        let is_its_own = !self.is_gone || of != Identity::Device(self.device);
        is_its_own && self.remedy.as_ref().is_some_and(|remedy| remedy.of == of)
    }

    /// True for a remedy on a guess.
    fn is_guess(&self) -> bool {
        self.remedy.as_ref().is_some_and(|remedy| remedy.is_guess)
    }
}

/// A remedy that has begun.
#[derive(Debug)]
struct BegunRemedy {
    of: Identity,
    /// True if it was not known that an error was one of the disk, whatever has come since.
    is_guess: bool,
    before: PauseBefore,
}

/// A search that waits, since there was no thread for it.
#[derive(Debug)]
struct PutOffSearch {
    until: Time,
    wait: Duration,
}

/// A filesystem that was at none of its places.
#[derive(Debug)]
struct UnreachedFilesystem {
    /// State of the mounts at that time: as long as it is the same, another search finds no more.
    mounts: u64,
    /// Time until which there is none in any case.
    until: Time,
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
    unreached: BTreeMap<DeviceNumber, UnreachedFilesystem>,
    /// Those for which nothing was to be done, or could be, each with the time until which that is believed.
    nothing_to_do: BTreeMap<DeviceNumber, Time>,
    /// Those of the wanted and running ones of which it is not known that an error was one of the disk.
    guessed: BTreeSet<DeviceNumber>,
    pauses: Pauses,
    /// Pauses after guesses, which put off only others: any user can make errors of which only the number
    /// comes.
    pauses_of_guesses: Pauses,
}

impl Remedies {
    /// Takes in what the kernel tells.
    pub fn take(
        &mut self,
        told: &[ToldError],
        filesystems: &BTreeMap<DeviceNumber, MarkedFilesystem>,
        now: Time,
    ) {
        let is_up = |filesystem: &MarkedFilesystem| !filesystem.totals.is_down;
        for ToldError { device, event } in told {
            match (device, event) {
                (Some(device), ErrorEvent::Error(error)) => {
                    let is_guess = !is_of_disk(error.errno);
                    let may_be_damage = |filesystem: &&MarkedFilesystem| {
                        !is_guess || has_unknown(error) && is_up(filesystem)
                    };
                    let damaged = filesystems.get(device).filter(may_be_damage);
                    damaged.into_iter().for_each(|of| self.want(*device, of, is_guess, now));
                }
                // Of any of them.
                (_, ErrorEvent::Lost) => {
                    let up = filesystems.iter().filter(|(_, filesystem)| is_up(filesystem));
                    up.for_each(|(device, filesystem)| self.want(*device, filesystem, true, now));
                }
                (None, ErrorEvent::Error(_)) | (_, ErrorEvent::Senseless) => {}
            }
        }
    }

    /// Takes in that a filesystem is damaged, or may be: a guess.
    fn want(
        &mut self,
        device: DeviceNumber,
        filesystem: &MarkedFilesystem,
        is_guess: bool,
        now: Time,
    ) {
        if !is_guess {
            self.guessed.remove(&device);
        }
        // One on a guess may have begun before the damage.
        let is_there = |running: &RunningRemedy| {
            running.device == device && !running.is_gone && (is_guess || !running.is_guess())
        };
        let is_unreached =
            |last: &UnreachedFilesystem| last.mounts == filesystem.mounts || now < last.until;
        if !has_remedy(&filesystem.fs_type)
            || self.wanted.contains(&device)
            || self.running.values().any(is_there)
            || self.unreached.get(&device).is_some_and(is_unreached)
            || self.known.get(&device).is_some_and(|of| self.is_early(*of, is_guess, now))
        {
            return;
        }
        if is_guess {
            self.guessed.insert(device);
        }
        self.wanted.push_back(device);
    }

    fn is_early(&self, of: Identity, is_guess: bool, now: Time) -> bool {
        self.pauses.is_early(of, now) || is_guess && self.pauses_of_guesses.is_early(of, now)
    }

    /// The pauses that a remedy counts for.
    fn pauses_of(&mut self, is_guess: bool) -> &mut Pauses {
        match is_guess {
            true => &mut self.pauses_of_guesses,
            false => &mut self.pauses,
        }
    }

    /// Time at which [`Remedies::advance`] has something to do by itself.
    pub fn wake_at(&self) -> Option<Time> {
        self.wanted.iter().filter_map(|device| self.due(*device)).min()
    }

    /// The next filesystem that something is done for now.
    fn next(&mut self, now: Time) -> Option<DeviceNumber> {
        let is_due = |device: &DeviceNumber| self.due(*device).is_some_and(|due| due <= now);
        let is_known = |device: &DeviceNumber| !self.guessed.contains(device);
        let known = self.wanted.iter().position(|device| is_known(device) && is_due(device));
        let at = known.or_else(|| self.wanted.iter().position(is_due))?;
        self.wanted.remove(at)
    }

    /// Time from which a filesystem may be searched for; `None` before the end of what is done for it.
    fn due(&self, device: DeviceNumber) -> Option<Time> {
        if self.running.values().any(|running| running.device == device && !running.is_gone) {
            return None;
        }
        let is_guess = self.guessed.contains(&device);
        let others = self.running.values().filter(|running| is_guess || !running.is_guess());
        let put_off = self.put_off.get(&device).map(|put_off| put_off.until);
        let times = others.map(RunningRemedy::turn).chain(put_off);
        Some(times.chain(self.nothing_to_do.get(&device).copied()).max().unwrap_or_default())
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
                let running = self.running.get_mut(&number);
                running.into_iter().for_each(|search| search.mounts = follow.mounts.changes());
            }
        }
    }

    fn begins(&mut self, number: u64, device: DeviceNumber, identity: Option<Identity>, now: Time) {
        let is_guess = self.guessed.contains(&device);
        let remedy = identity.map(|of| {
            let before = self.pauses_of(is_guess).begins(of, now);
            BegunRemedy { of, is_guess, before }
        });
        let running = RunningRemedy { device, since: now, remedy, mounts: 0, is_gone: false };
        self.running.insert(number, running);
    }

    /// Takes in which filesystem was found, and begins the remedy unless it is too early. Gives the
    /// filesystem of which it is to be said that nothing was done, and why.
    pub fn found(
        &mut self,
        number: u64,
        end: SearchEnd,
        crew: &Crew<ErrorAnswer>,
        now: Time,
        say: Speak<'_>,
    ) -> Option<(DeviceNumber, NothingDone)> {
        let search = self.running.remove(&number).filter(|search| !search.is_gone)?;
        let device = search.device;
        let patient = match end {
            SearchEnd::Found(patient) => patient,
            SearchEnd::Nowhere => {
                self.put_off.remove(&device);
                self.guessed.remove(&device);
                let (mounts, until) = (search.mounts, now.after(NEXT_SEARCH));
                let old = self.unreached.insert(device, UnreachedFilesystem { mounts, until });
                return old.is_none().then_some((device, NothingDone::Nowhere));
            }
            SearchEnd::NoThread => {
                return self.put_off(device, now).then_some((device, NothingDone::NoThread));
            }
        };
        self.unreached.remove(&device);
        let of = patient.identity;
        self.known.insert(device, of);
        // It was unmounted and mounted again, also elsewhere, and its last check goes on.
        if self.running.values().any(|running| running.is_of(of)) {
            self.nothing_to_do.insert(device, now.after(NEXT_QUESTION));
            self.want_again(device);
            return None;
        }
        if self.is_early(of, self.guessed.contains(&device), now) {
            self.put_off.remove(&device);
            self.guessed.remove(&device);
            return None;
        }
        let Patient { place, remedy, .. } = patient;
        if let Some(news) = remedy.beginning() {
            say(Some(&Place::on(device, &place)), &Said::FsError(news));
        }
        let otherwise = match remedy.not_done() {
            // The kernel may have killed its thread over it, so that it counts as one that was made.
            Some(said) => RemedyEnd::Ended(place.clone(), said),
            None => RemedyEnd::NoThread,
        };
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
        self.want_again(device);
        old.is_none()
    }

    /// Wants what was being looked after, unless it was wanted meanwhile.
    fn want_again(&mut self, device: DeviceNumber) {
        if !self.wanted.contains(&device) {
            self.wanted.push_back(device);
        }
    }

    /// Takes in the end of a remedy.
    pub fn ended(&mut self, number: u64, end: &RemedyEnd, now: Time) -> Option<EndedRemedy> {
        let ended = self.running.remove(&number)?;
        let device = ended.device;
        // A pause of the device may be another one's by now.
        let has_pause = ended.remedy.as_ref().is_some_and(|remedy| ended.is_of(remedy.of));
        if let Some(BegunRemedy { of, is_guess, before }) = ended.remedy.filter(|_| has_pause) {
            let pauses = self.pauses_of(is_guess);
            match end {
                RemedyEnd::Ended(..) => pauses.ended(of, now),
                RemedyEnd::Nothing
                | RemedyEnd::Nowhere
                | RemedyEnd::NotDone(..)
                | RemedyEnd::NoThread => pauses.nothing_done(of, before),
            }
        }
        let mut is_put_off = false;
        match end {
            _ if ended.is_gone => {}
            RemedyEnd::NoThread => is_put_off = self.put_off(device, now),
            RemedyEnd::Nothing
            | RemedyEnd::Nowhere
            | RemedyEnd::NotDone(..)
            | RemedyEnd::Ended(..) => {
                self.put_off.remove(&device);
                self.guessed.remove(&device);
                if matches!(end, RemedyEnd::Nothing | RemedyEnd::NotDone(..)) {
                    self.nothing_to_do.insert(device, now.after(NEXT_QUESTION));
                }
            }
        }
        Some(EndedRemedy { device, is_gone: ended.is_gone, is_put_off })
    }

    /// Forgets what was to be done for a filesystem that is not mounted any more, but not what was done.
    pub fn forget(&mut self, device: DeviceNumber) {
        self.wanted.retain(|wanted| *wanted != device);
        self.put_off.remove(&device);
        self.guessed.remove(&device);
        self.known.remove(&device);
        self.unreached.remove(&device);
        self.nothing_to_do.remove(&device);
        for pauses in [&mut self.pauses, &mut self.pauses_of_guesses] {
            pauses.forget(Identity::Device(device));
        }
        let running = self.running.values_mut().filter(|running| running.device == device);
        running.for_each(|running| running.is_gone = true);
    }
}

/// True for what may be damage, and is not the doing of the program that has met it, nor past help.
fn is_of_disk(errno: i32) -> bool {
    // Those of metadata, of a device, of a medium, and of a checksum of it.
    matches!(errno, libc::EUCLEAN | libc::EBADMSG | libc::EIO | libc::ENODATA | libc::EILSEQ)
}

/// True if there are errors in this event of which the kernel tells only the number, and which may be of
/// any kind: it keeps the errno of the first. After a shutdown others are no news.
fn has_unknown(error: &FsErrorEvent) -> bool {
    error.count > 1 && Class::of(error.errno, error.file.is_some()) != Class::Shutdown
}

#[cfg(test)]
mod tests;
