// SPDX-License-Identifier: LGPL-2.1-or-later
//! Every XFS of our mount namespace, present and future.

use super::find;
use super::short::{Reserve, Short, ShortStep};
use crate::log::said::{Awaited, Refusal, Said};
use crate::mounts::{self, Attempt, MountNews, Mounts, New, beside, elsewhere};
use crate::plan::Time;
use crate::record::Recorder;
use crate::report::Place;
use crate::service::others::Other;
use crate::sys::DeviceNumber;
use crate::watch::Watch;
use crate::watch::answer::Done;
use crate::watch::open::{Opening, Setup};
use crate::watch::options::Options;
use crate::watch::tasks::Tasks;
use crate::work::Crew;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// Every XFS of our mount namespace, and the workers' tasks for each.
#[derive(Debug)]
pub(super) struct All {
    options: Arc<Options>,
    mounts: Mounts,
    /// Filesystems that are watched or about to be, by the number of their workers.
    filesystems: BTreeMap<u64, Followed>,
    /// Healers that monitor the filesystems that were refused for that, as far as they can be seen.
    others: BTreeMap<DeviceNumber, Other>,
    recorder: Option<Arc<Recorder>>,
    short: Short,
    /// Descriptors that are left to what is watched.
    reserve: Reserve,
}

#[derive(Debug)]
struct Followed {
    device: DeviceNumber,
    tasks: Tasks,
    /// The opening that is under way; `None` once it has ended.
    opening: Option<Began>,
    /// True if mounts of that device came meanwhile, maybe of another filesystem.
    is_outdated: bool,
    /// Lines that were logged of it up to now, if it is opened once more.
    said: Vec<String>,
}

/// The beginning of an opening.
#[derive(Debug)]
struct Began {
    place: Place,
    attempt: Attempt,
}

/// What is said of an opening that takes long.
const SILENCE: Said = Said::Silent(Awaited::Watch);
/// What is said of a filesystem that there is no descriptor for.
const SHORT: Said = Said::Refused(Refusal::NoDescriptor);

impl All {
    pub fn new(options: &Arc<Options>) -> Result<All, mounts::MountFailures> {
        let mounts = Mounts::new(None, options.debug)?;
        let (filesystems, others) = (BTreeMap::new(), BTreeMap::new());
        let options = Arc::clone(options);
        let (short, reserve) = (Short::default(), Reserve::of(u64::MAX));
        Ok(All { options, mounts, filesystems, others, recorder: None, short, reserve })
    }

    /// Sets what all filesystems are recorded with.
    pub fn record_with(self, recorder: Option<Arc<Recorder>>) -> All {
        All { recorder, ..self }
    }

    /// Sets the limit of descriptors, of which some are left to what is watched.
    pub fn with_limit(self, descriptors: u64) -> All {
        All { reserve: Reserve::of(descriptors), ..self }
    }

    /// Descriptor that is readable when something was mounted or unmounted; `None` while that is
    /// waited with.
    pub fn news(&self) -> Option<BorrowedFd<'_>> {
        self.mounts.news()
    }

    /// Descriptors that become readable at the end of those who monitor what was refused.
    pub fn others(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.others.values().map(AsFd::as_fd)
    }

    /// Forgets the other healers that have ended: their filesystems are free.
    pub fn others_end(&mut self) {
        let ended = self.others.iter().filter(|(_, other)| other.has_ended());
        for device in ended.map(|(device, _)| *device).collect::<Vec<_>>() {
            self.short.has_room();
            self.others.remove(&device);
            self.mounts.table.is_free(device);
        }
    }

    /// Takes in what is mounted already; to be called once, first of all.
    pub fn begin(&mut self, say: &mut dyn FnMut(MountNews)) {
        self.mounts.begin(say);
    }

    /// Takes in what was mounted and unmounted.
    pub fn read(
        &mut self,
        now: Time,
        say: &mut dyn FnMut(MountNews),
    ) -> Result<(), mounts::MountFailures> {
        self.mounts.read(now, say)
    }

    /// Has every filesystem that was refused opened once more, now.
    pub fn try_again(&mut self) {
        self.mounts.table.all_soon();
    }

    /// Has workers open what is new, and what was refused some time ago.
    #[inline(never)] // Not a part of a frame that is always there.
    pub fn advance(
        &mut self,
        crew: &Crew<Done>,
        now: Time,
        say: &mut dyn FnMut(Option<&Place>, &Said),
    ) {
        for filesystem in self.filesystems.values_mut() {
            let Some(began) = &mut filesystem.opening else { continue };
            let ends = began.attempt.limit.ends(now);
            if ends && !filesystem.said.contains(&words(&began.place, &SILENCE)) {
                say(Some(&began.place), &SILENCE);
            }
        }
        while let Some(new) = self.next(now) {
            self.open(new, crew, now, say);
        }
        self.others.retain(|device, _| self.mounts.table.waits(*device));
        self.settle_short(say);
    }

    /// Has a worker open a filesystem, unless that is watched or may answer soon.
    fn open(
        &mut self,
        new: New,
        crew: &Crew<Done>,
        now: Time,
        say: &mut dyn FnMut(Option<&Place>, &Said),
    ) {
        let device = new.device;
        let mounts = match self.is_watched(device) {
            true => Vec::new(),
            false => beside(self.openings_of(device), new.mounts),
        };
        if mounts.is_empty() {
            // It may be one of ours whose last mount went and came back.
            let ours = self.filesystems.values_mut().filter(|ours| ours.device == device);
            ours.for_each(|ours| ours.is_outdated = true);
            return self.mounts.table.is_monitored(device);
        }
        let new = New { mounts, ..new };
        let places = self.mounts.places(&new, &mut |news| say(None, &Said::Mounts(news)));
        let Some(first) = places.first() else { return self.mounts.table.hidden(device) };
        self.mounts.table.is_monitored(device);
        let attempt = Attempt::new(new.mounts, self.mounts.changes(), now);
        let opening = Some(Began { place: Place::new(first), attempt });
        let tasks = Tasks::new(crew);
        find::open(&tasks, places, device, Arc::clone(&self.options), self.reserve);
        let filesystem = Followed { device, tasks, opening, is_outdated: false, said: new.said };
        self.filesystems.insert(filesystem.tasks.number(), filesystem);
    }

    /// True if a filesystem is watched, whatever else is tried of it.
    fn is_watched(&self, device: DeviceNumber) -> bool {
        let mut all = self.filesystems.values();
        all.any(|filesystem| filesystem.device == device && filesystem.opening.is_none())
    }

    fn openings_of(&self, device: DeviceNumber) -> impl Iterator<Item = &Attempt> {
        let of_device = self.filesystems.values().filter(move |ours| ours.device == device);
        of_device.filter_map(|ours| Some(&ours.opening.as_ref()?.attempt))
    }

    /// Has a filesystem tried again that there was no descriptor for, if there may be one now, or
    /// says that there is none.
    fn settle_short(&mut self, say: &mut dyn FnMut(Option<&Place>, &Said)) {
        if self.is_opening() {
            return;
        }
        let All { short, mounts: Mounts { table, .. }, .. } = self;
        short.retain(|device| table.waits(device));
        match short.step() {
            ShortStep::Try(device) => table.is_free(device),
            ShortStep::Say(filesystems) => {
                for (device, place) in filesystems {
                    table.says(device, vec![words(&place, &SHORT)]);
                    say(Some(&place), &SHORT);
                }
            }
        }
    }

    fn next(&mut self, now: Time) -> Option<New> {
        let watched = self.filesystems.values().filter(|ours| ours.opening.is_none());
        let watched: BTreeSet<_> = watched.map(|ours| ours.device).collect();
        let silent = self.filesystems.values_mut().filter(|ours| !watched.contains(&ours.device));
        let silent =
            silent.filter_map(|ours| Some((ours.device, &mut ours.opening.as_mut()?.attempt)));
        let table = &self.mounts.table;
        table.next().or_else(|| table.due(now)).or_else(|| elsewhere(silent, table))
    }

    /// Time at which [`All::advance`] has something to say about what does not answer, or, as
    /// [`All::read`], something to try again; `None` if there is no such thing.
    pub fn wake_at(&self) -> Option<Time> {
        let silent = self.openings().filter_map(|began| began.attempt.limit.wake_at());
        silent.chain(self.mounts.table.wake_at()).chain(self.mounts.wake_at()).min()
    }

    /// True if filesystems are being opened that may answer soon.
    pub fn is_opening(&self) -> bool {
        self.openings().any(|began| !began.attempt.limit.is_over())
    }

    fn openings(&self) -> impl Iterator<Item = &Began> {
        self.filesystems.values().filter_map(|filesystem| filesystem.opening.as_ref())
    }

    /// Takes in the result of an opening, and says what is new of that; gives the watch, if there
    /// is one.
    pub fn opened(
        &mut self,
        number: u64,
        opening: Opening,
        now: Time,
        say: &mut dyn FnMut(&Place, &Said),
    ) -> Option<Watch> {
        let device = self.filesystems.get(&number)?.device;
        if self.is_watched(device) {
            // Elsewhere meanwhile.
            self.filesystems.remove(&number);
            return None;
        }
        let filesystem = self.filesystems.get_mut(&number)?;
        let began = filesystem.opening.take();
        let before = std::mem::take(&mut filesystem.said);
        let mut say_news = |place: &Place, said: &[Said]| {
            let is_news = |said: &&Said| !before.contains(&words(place, said));
            said.iter().filter(is_news).for_each(|said| say(place, said));
        };
        let (lines, by, is_hidden) = match opening {
            Opening::Ready(lines, setup) => {
                self.short.answered(filesystem.device);
                say_news(&setup.place, &lines);
                let setup = Setup { recorder: self.recorder.clone(), ..*setup };
                return Some(Watch::new(setup, filesystem.tasks.clone()));
            }
            Opening::Refused(lines, by) => (lines, by, false),
            Opening::Hidden => (Vec::new(), None, true),
            Opening::Short => {
                self.is_short(number, began, before, now);
                return None;
            }
        };
        let place = began.as_ref().map_or_else(|| Place::new(b""), |began| began.place.clone());
        say_news(&place, &lines);
        let mut said: Vec<String> = lines.iter().map(|said| words(&place, said)).collect();
        let Followed { device, is_outdated, .. } = self.filesystems.remove(&number)?;
        self.short.answered(device);
        // It was looked at while mounts came and went: the answer may be about what is gone.
        let has_changed =
            began.as_ref().is_some_and(|began| began.attempt.is_before(self.mounts.changes()));
        if is_outdated || is_hidden && has_changed {
            self.mounts.table.again(device);
        } else if is_hidden {
            self.mounts.table.hidden(device);
        } else {
            let is_silence_said = began.is_some_and(|began| began.attempt.limit.is_over());
            said.extend(is_silence_said.then(|| words(&place, &SILENCE)));
            self.mounts.table.says(device, said);
            self.mounts.table.later(device, now);
            self.others.extend(by.map(|other| (device, other)));
        }
        None
    }

    /// Takes note that there was no descriptor for a filesystem, of which this was said before.
    fn is_short(&mut self, number: u64, began: Option<Began>, before: Vec<String>, now: Time) {
        let Some(Followed { device, is_outdated, .. }) = self.filesystems.remove(&number) else {
            return;
        };
        if is_outdated {
            return self.mounts.table.again(device);
        }
        let place = began.map(|began| began.place);
        let is_new = |place: &Place| !before.contains(&words(place, &SHORT));
        self.short.refused(device, place.filter(is_new));
        self.mounts.table.says(device, before);
        self.mounts.table.later(device, now);
    }

    /// Takes note that a filesystem is not watched any more. After an unmount it is to be watched
    /// again if it is mounted; otherwise what has ended it might end it again at once.
    pub fn ended(&mut self, number: u64, was_unmounted: bool, now: Time) {
        let Some(Followed { device, .. }) = self.filesystems.remove(&number) else { return };
        self.short.has_room();
        if was_unmounted {
            self.mounts.table.again(device);
        } else {
            self.mounts.table.says(device, Vec::new());
            self.mounts.table.later(device, now);
        }
    }
}

/// The words for what is said of a place.
fn words(place: &Place, said: &Said) -> String {
    said.line(Some(place)).text
}

#[cfg(test)]
mod tests;
