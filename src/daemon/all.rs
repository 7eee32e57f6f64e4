// SPDX-License-Identifier: LGPL-2.1-or-later
//! Every XFS of our mount namespace, present and future.

use super::find;
use super::short::{Reserve, Short, ShortStep};
use crate::log::said::{Awaited, Refusal, Said};
use crate::mounts::{self, AnswerLimit, MountNews, Mounts, New};
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
use std::collections::BTreeMap;
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
    limit: AnswerLimit,
    /// State of the mounts at that time: [`Mounts::changes`].
    mounts: u64,
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
        while let Some(new) = self.next(now) {
            // It may be one of ours whose last mount went and came back.
            let mut all = self.filesystems.values_mut();
            if let Some(ours) = all.find(|filesystem| filesystem.device == new.device) {
                ours.is_outdated = true;
                self.mounts.table.is_monitored(new.device);
                continue;
            }
            let places = self.mounts.places(&new, &mut |news| say(None, &Said::Mounts(news)));
            let Some(first) = places.first() else {
                self.mounts.table.hidden(new.device);
                continue;
            };
            self.mounts.table.is_monitored(new.device);
            let (place, mounts) = (Place::new(first), self.mounts.changes());
            let opening = Some(Began { place, limit: AnswerLimit::new(now), mounts });
            let (device, tasks) = (new.device, Tasks::new(crew));
            find::open(&tasks, places, device, Arc::clone(&self.options), self.reserve);
            let said = new.said;
            let filesystem = Followed { device, tasks, opening, is_outdated: false, said };
            self.filesystems.insert(filesystem.tasks.number(), filesystem);
        }
        self.others.retain(|device, _| self.mounts.table.waits(*device));
        self.settle_short(say);
        for filesystem in self.filesystems.values_mut() {
            let Some(began) = &mut filesystem.opening else { continue };
            if began.limit.ends(now) && !filesystem.said.contains(&words(&began.place, &SILENCE)) {
                say(Some(&began.place), &SILENCE);
            }
        }
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

    fn next(&self, now: Time) -> Option<New> {
        self.mounts.table.next().or_else(|| self.mounts.table.due(now))
    }

    /// Time at which [`All::advance`] has something to say about what does not answer, or, as
    /// [`All::read`], something to try again; `None` if there is no such thing.
    pub fn wake_at(&self) -> Option<Time> {
        let silent = self.openings().filter_map(|began| began.limit.wake_at());
        silent.chain(self.mounts.table.wake_at()).chain(self.mounts.wake_at()).min()
    }

    /// True if filesystems are being opened that may answer soon.
    pub fn is_opening(&self) -> bool {
        self.openings().any(|began| !began.limit.is_over())
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
        let has_changed = began.as_ref().is_some_and(|began| began.mounts != self.mounts.changes());
        if is_outdated || is_hidden && has_changed {
            self.mounts.table.again(device);
        } else if is_hidden {
            self.mounts.table.hidden(device);
        } else {
            let is_silence_said = began.is_some_and(|began| began.limit.is_over());
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
mod tests {
    use super::*;
    use crate::mounts::SILENT;
    use crate::work::Pool;
    use std::time::Duration;

    const DEVICE: DeviceNumber = (7, 99);

    /// A filesystem that is being opened, for the mount with this number; `None` without root, or
    /// before Linux 6.14.
    fn opening(mount: u64) -> Option<(All, Crew<Done>, u64)> {
        let mut all = All::new(&Arc::new(Options::default())).ok()?;
        let crew = Crew::new(Pool::new(1)).unwrap();
        let tasks = Tasks::new(&crew);
        let number = tasks.number();
        let (place, mounts) = (Place::new(b"/m"), all.mounts.changes());
        let limit = AnswerLimit::new(Time::default());
        let opening = Some(Began { place, limit, mounts });
        let (device, said) = (DEVICE, Vec::new());
        let filesystem = Followed { device, tasks, opening, is_outdated: false, said };
        all.filesystems.insert(number, filesystem);
        all.mounts.table.attached(mount, DEVICE);
        all.mounts.table.is_monitored(DEVICE);
        Some((all, crew, number))
    }

    /// True if the filesystem would be opened again after this answer.
    fn is_new_after(all: &mut All, number: u64, answer: Opening) -> bool {
        assert!(all.opened(number, answer, Time::default(), &mut |_, _| ()).is_none());
        all.mounts.table.next().is_some_and(|new| new.device == DEVICE)
    }

    #[test]
    fn what_was_mounted_anew_while_it_was_opened_is_opened_again() {
        for answer in [|| Opening::Hidden, || Opening::Refused(Vec::new(), None)] {
            let Some((mut all, crew, number)) = opening(1) else { return };
            all.mounts.table.detached(1);
            all.mounts.table.attached(2, DEVICE);
            all.advance(&crew, Time::default(), &mut |_, _| ());
            assert!(is_new_after(&mut all, number, answer()));
        }
    }

    #[test]
    fn what_is_refused_is_opened_once_more_later_and_what_is_hidden_when_that_is_over() {
        for (answer, is_refused) in
            [(Opening::Hidden, false), (Opening::Refused(Vec::new(), None), true)]
        {
            let Some((mut all, _crew, number)) = opening(1) else { return };
            assert!(!is_new_after(&mut all, number, answer));
            let now = Time::default();
            let minute = Duration::from_secs(60);
            assert_eq!(all.wake_at(), is_refused.then_some(now.after(minute)));
            assert_eq!(all.next(now.after(minute)).is_some(), is_refused);
            all.try_again();
            let second = Duration::from_secs(1);
            assert_eq!(all.next(now.after(second)).is_some(), is_refused);
        }
    }

    #[test]
    fn of_another_refusal_only_what_is_new_is_said() {
        let Some((mut all, crew, mut number)) = opening(1) else { return };
        let mut lines = Vec::new();
        let first = || Said::Refused(Refusal::NotMountPoint);
        let [repairing, busy] = [Refusal::NotSupported, Refusal::AlreadyMonitored];
        for second in [&repairing, &busy, &repairing, &busy] {
            let refused = vec![first(), Said::Refused(second.clone())];
            let answer = Opening::Refused(refused, None);
            all.opened(number, answer, Time::default(), &mut |_, said| lines.push(said.clone()));
            let new = all.next(all.mounts.table.wake_at().unwrap()).unwrap();
            all.mounts.table.is_monitored(DEVICE);
            let tasks = Tasks::new(&crew);
            number = tasks.number();
            let (place, mounts) = (Place::new(b"/m"), all.mounts.changes());
            let limit = AnswerLimit::new(Time::default());
            let opening = Some(Began { place, limit, mounts });
            let (device, said) = (DEVICE, new.said);
            let filesystem = Followed { device, tasks, opening, is_outdated: false, said };
            all.filesystems.insert(number, filesystem);
        }
        let [repairing, busy] = [repairing, busy].map(Said::Refused);
        assert_eq!(lines, [&first(), &repairing, &busy, &repairing, &busy].map(Clone::clone));
    }

    #[test]
    fn what_was_unmounted_is_opened_again_and_what_ended_otherwise_only_later() {
        for was_unmounted in [true, false] {
            let Some((mut all, _crew, number)) = opening(1) else { return };
            all.ended(number, was_unmounted, Time::default());
            assert_eq!(all.mounts.table.next().is_some(), was_unmounted);
            assert_eq!(all.mounts.table.wake_at().is_some(), !was_unmounted);
        }
    }

    #[test]
    fn what_there_is_no_descriptor_for_is_said_once_and_opened_when_there_may_be_one() {
        let Some((mut all, crew, number)) = opening(1) else { return };
        let (now, mut lines) = (Time::default(), Vec::new());
        assert!(!is_new_after(&mut all, number, Opening::Short));
        for _ in 0..2 {
            let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
            all.advance(&crew, now, &mut say);
        }
        assert_eq!(lines, ["/m: too many open files; it is watched as soon as there is room"]);
        let soon = now.after(Duration::from_secs(1));
        assert!(all.next(soon).is_none());
        all.short.has_room();
        all.advance(&crew, now, &mut |_, _| ());
        assert_eq!(all.next(soon).unwrap().said, lines);
    }

    #[test]
    fn silence_is_said_once_and_no_longer_waited_for() {
        let Some((mut all, crew, _)) = opening(1) else { return };
        let mut lines = Vec::new();
        let now = Time::default();
        let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
        all.advance(&crew, now, &mut say);
        assert!(lines.is_empty() && all.is_opening());
        assert_eq!(all.wake_at(), Some(now.after(SILENT)));
        for _ in 0..2 {
            let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
            all.advance(&crew, now.after(SILENT), &mut say);
        }
        assert_eq!(lines, ["/m: does not answer; it is watched once it does"]);
        assert!(!all.is_opening() && all.wake_at().is_none());
    }
}
