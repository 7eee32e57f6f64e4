// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which filesystems are mounted, now and later, and having each marked.

use super::answer::{ErrorAnswer, Speak, failed};
use super::files::{self, MarkEnd};
use super::marked::{MarkedFilesystem, place_now};
use super::queues::{Queues, ToldError};
use super::remedy::{EndedRemedy, NothingDone, RemedyEnd};
use super::types;
use crate::log::fserror::{FsErrorNews, Reports, Unreached, Unseen};
use crate::log::said::{Awaited, Refusal, Said, Threadless};
use crate::mounts::{AnswerLimit, MountFailures, MountNews, Mounts, New, Sight};
use crate::plan::Time;
use crate::report::{Cause, Place};
use crate::sys::DeviceNumber;
use crate::sys::fserror::ErrorEvent;
use crate::work::Crew;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most mounts of one filesystem that are tried.
const MOST_MOUNTS: usize = 64;
/// Most types of which something is said once.
const MOST_TYPES: usize = 64;

/// An attempt to mark a filesystem.
#[derive(Debug)]
struct MarkAttempt {
    device: DeviceNumber,
    fs_type: Vec<u8>,
    place: Place,
    limit: AnswerLimit,
    /// State of the mounts at that time: [`Mounts::changes`].
    mounts: u64,
    /// True if mounts of that device came meanwhile, maybe of another filesystem.
    is_outdated: bool,
}

/// The mounts of the namespace, and the filesystems that are marked.
#[derive(Debug)]
pub struct Follow {
    pub mounts: Mounts,
    pub queues: Arc<Queues>,
    pub filesystems: BTreeMap<DeviceNumber, MarkedFilesystem>,
    /// Attempts that are under way, by the number of their worker.
    marks: BTreeMap<u64, MarkAttempt>,
    /// Types of which it has been said that they are not watched, or report nothing.
    named: BTreeSet<Vec<u8>>,
    /// See [`Follow::take_looked_for`].
    looked_for: Option<(BTreeSet<DeviceNumber>, Sight)>,
    debug: bool,
}

impl Follow {
    pub fn new(debug: bool) -> Result<Follow, MountFailures> {
        let queues = Arc::new(Queues::new().map_err(failed("fanotify_init"))?);
        // Each mount is told, as types are named that are not watched.
        let mounts = Mounts::new(None, true)?.of(types::is_watched);
        let (filesystems, marks, named) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Ok(Follow { mounts, queues, filesystems, marks, named, looked_for: None, debug })
    }

    /// Takes in what is mounted at the beginning.
    pub fn begin(&mut self, say: Speak<'_>) {
        let Follow { mounts, named, debug, .. } = self;
        mounts.begin(&mut |news| mount_news(news, named, *debug, say));
    }

    /// Takes in what was mounted and unmounted.
    pub fn read(&mut self, now: Time, say: Speak<'_>) -> Result<(), MountFailures> {
        let Follow { mounts, named, debug, .. } = self;
        mounts.read(now, &mut |news| mount_news(news, named, *debug, say))
    }

    /// Filesystems that are not mounted any more, or in whose place another one may be.
    pub fn unmounted(&self) -> Vec<DeviceNumber> {
        let table = &self.mounts.table;
        let is_gone =
            |device: &DeviceNumber| table.mounts(*device).is_empty() || table.is_new(*device);
        self.filesystems.keys().copied().filter(is_gone).collect()
    }

    /// Forgets a filesystem. Its mark goes with it.
    pub fn forget(&mut self, device: DeviceNumber) {
        self.filesystems.remove(&device);
        self.queues.forget(device);
    }

    /// Has those tried again soon that could not be marked.
    pub fn try_again(&mut self) {
        self.mounts.table.all_soon();
    }

    /// The filesystems that are watched, not those that are only being marked.
    pub fn all_watched(&self) -> impl Iterator<Item = (DeviceNumber, &MarkedFilesystem)> {
        let is_marked = |device| self.marks.values().all(|mark| mark.device != device);
        let all = self.filesystems.iter().map(|(device, filesystem)| (*device, filesystem));
        all.filter(move |(device, _)| is_marked(*device))
    }

    /// Says how many errors each filesystem has had.
    pub fn summary(&mut self, say: Speak<'_>) {
        let devices: Vec<_> = self.filesystems.keys().copied().collect();
        self.find_places(devices, say);
        for (_, filesystem) in self.all_watched() {
            let summary = FsErrorNews::Summary(filesystem.totals.sum());
            say(Some(&filesystem.place), &Said::FsError(summary));
        }
    }

    /// True if filesystems are being marked that may answer soon.
    pub fn is_marking(&self) -> bool {
        self.marks.values().any(|mark| !mark.limit.is_over())
    }

    /// Time at which [`Follow::advance`] or [`Follow::read`] has something to do.
    pub fn wake_at(&self) -> Option<Time> {
        let silent = self.marks.values().filter_map(|mark| mark.limit.wake_at());
        silent.chain(self.mounts.table.wake_at()).chain(self.mounts.wake_at()).min()
    }

    /// Has new filesystems marked, and says of those that do not answer.
    pub fn advance(&mut self, crew: &Crew<ErrorAnswer>, now: Time, say: Speak<'_>) {
        while let Some(new) = self.mounts.table.next().or_else(|| self.mounts.table.due(now)) {
            self.mark(&new, crew, now, say);
        }
        for mark in self.marks.values_mut() {
            if mark.limit.ends(now) {
                say(Some(&mark.place), &Said::Silent(Awaited::Watch));
            }
        }
    }

    fn mark(&mut self, new: &New, crew: &Crew<ErrorAnswer>, now: Time, say: Speak<'_>) {
        let device = new.device;
        if let Some(mark) = self.marks.values_mut().find(|mark| mark.device == device) {
            mark.is_outdated = true;
            return self.mounts.table.is_monitored(device);
        }
        let (places, fs_type) = self.places(device, say);
        let Some(first) = places.first() else { return self.mounts.table.hidden(device) };
        self.mounts.table.is_monitored(device);
        let (place, mounts) = (Place::on(device, first), self.mounts.changes());
        // It may be covered there, which is found out if it has errors.
        let filesystem = MarkedFilesystem::new(place.clone(), fs_type.clone());
        self.filesystems.insert(device, filesystem);
        let mark = MarkAttempt {
            device,
            fs_type,
            place,
            limit: AnswerLimit::new(now),
            mounts,
            is_outdated: false,
        };
        let queues = Arc::clone(&self.queues);
        let find = move || ErrorAnswer::Marked(files::mark(places, device, &queues));
        self.marks.insert(crew.ask(ErrorAnswer::Marked(MarkEnd::NoThread), find), mark);
    }

    /// Mount points of a filesystem, those of all of it first, and its type.
    pub fn places(&mut self, device: DeviceNumber, say: Speak<'_>) -> (Vec<Vec<u8>>, Vec<u8>) {
        let Follow { mounts, named, debug, .. } = self;
        let ids = mounts.table.mounts(device);
        let infos = ids
            .into_iter()
            .take(MOST_MOUNTS)
            .filter_map(|id| mounts.ask(id, &mut |news| mount_news(news, named, *debug, say)));
        let seen = infos.filter(|info| info.device == device && !info.mount_point.is_empty());
        let mut seen: Vec<_> = seen.collect();
        // Of what lies outside of a part there is no path in it.
        seen.sort_by_key(|info| !info.is_whole());
        let fs_type = seen.first().map(|info| info.fs_type.clone()).unwrap_or_default();
        (seen.into_iter().map(|info| info.mount_point).collect(), fs_type)
    }

    /// Has the filesystems that these errors are about called by where they are mounted now: of several
    /// mounts one may be gone or covered, and another filesystem be there.
    pub fn find(&mut self, told: &[ToldError], say: Speak<'_>) {
        let devices: BTreeSet<_> = if told.iter().any(|told| told.event == ErrorEvent::Lost) {
            // Of any of them.
            self.filesystems.keys().copied().collect()
        } else {
            told.iter().filter_map(|error| error.device).collect()
        };
        self.find_places(devices, say);
    }

    /// The filesystems that were looked for since this was asked for last, as mounts had changed, and what
    /// can be seen now.
    pub fn take_looked_for(&mut self) -> Option<(BTreeSet<DeviceNumber>, Sight)> {
        self.looked_for.take()
    }

    /// Has these filesystems called by where they are mounted now.
    pub fn find_places(&mut self, devices: impl IntoIterator<Item = DeviceNumber>, say: Speak<'_>) {
        let changes = self.mounts.changes();
        let is_old = |device: &DeviceNumber| {
            self.filesystems.get(device).is_some_and(|filesystem| filesystem.mounts != changes)
        };
        let old: Vec<_> = devices.into_iter().filter(is_old).collect();
        if old.is_empty() {
            return;
        }
        let sight = sight();
        for device in old.iter().copied() {
            let (places, _) = self.places(device, say);
            if let Some(filesystem) = self.filesystems.get_mut(&device) {
                filesystem.mounts = changes;
                filesystem.place = place_now(&filesystem.place, device, &places, sight.as_ref());
            }
        }
        if let Some(sight) = sight {
            let before = self.looked_for.take().map(|(devices, _)| devices);
            let devices = before.into_iter().flatten().chain(old).collect();
            self.looked_for = Some((devices, sight));
        }
    }

    /// Takes in the end of a remedy, and says it of the filesystem as it is mounted by then.
    pub fn remedied(&mut self, ended: EndedRemedy, end: &RemedyEnd, say: Speak<'_>) {
        let EndedRemedy { device, is_gone, is_put_off } = ended;
        match end {
            RemedyEnd::Nowhere if !is_gone => self.nothing_done(device, NothingDone::Nowhere, say),
            RemedyEnd::NoThread if is_put_off => {
                self.nothing_done(device, NothingDone::NoThread, say);
            }
            RemedyEnd::Ended(place, said) | RemedyEnd::NotDone(place, said) => {
                if !is_gone {
                    self.find_places([device], say);
                }
                let there = self.filesystems.get(&device).filter(|_| !is_gone);
                let place = there.map_or_else(|| Place::on(device, place), |of| of.place.clone());
                said.iter().for_each(|said| say(Some(&place), said));
            }
            RemedyEnd::Nothing | RemedyEnd::Nowhere | RemedyEnd::NoThread => {}
        }
        let there = self.filesystems.get_mut(&device).filter(|_| !is_gone);
        there.into_iter().for_each(|filesystem| filesystem.totals.remedied(end));
    }

    /// Says that nothing was done for a filesystem, though something would be done. Of one that has shut
    /// down it is known.
    pub fn nothing_done(&mut self, device: DeviceNumber, why: NothingDone, say: Speak<'_>) {
        self.find_places([device], say);
        let Some(filesystem) = self.filesystems.get(&device) else { return };
        let news = match why {
            NothingDone::NoThread => FsErrorNews::ActThreadless,
            NothingDone::Nowhere if filesystem.totals.is_down => return,
            NothingDone::Nowhere if filesystem.place.is_covered() => {
                FsErrorNews::ActUnreached(Unreached::Covered)
            }
            NothingDone::Nowhere => FsErrorNews::ActUnreached(Unreached::Unopened),
        };
        say(Some(&filesystem.place), &Said::FsError(news));
    }

    /// Takes note that a filesystem is watched. Of a type that is not known to report anything that is
    /// said once: there may be many of it, as of images that programs come in.
    fn watched(&mut self, device: DeviceNumber, place: &[u8], fs_type: Vec<u8>, say: Speak<'_>) {
        let place = Place::on(device, place);
        let new = MarkedFilesystem::new(place.clone(), fs_type.clone());
        self.filesystems.entry(device).or_insert(new).place = place.clone();
        self.mounts.table.says(device, Vec::new());
        match types::reports_here(&fs_type) {
            Reports::Unknown => {
                if is_first(&fs_type, &mut self.named) {
                    say(None, &Said::FsError(FsErrorNews::TypeUnknown(fs_type)));
                }
            }
            reports => {
                let watched = FsErrorNews::Watched(fs_type, reports);
                say(Some(&place), &Said::FsError(watched));
            }
        }
    }

    /// Takes in the result of an attempt, and says what is new of that.
    pub fn marked(&mut self, number: u64, end: MarkEnd, now: Time, say: Speak<'_>) {
        let Some(mark) = self.marks.remove(&number) else { return };
        let device = mark.device;
        if mark.is_outdated || !matches!(end, MarkEnd::Marked(_)) {
            self.filesystems.remove(&device);
        }
        let has_changed = mark.mounts != self.mounts.changes();
        if mark.is_outdated {
            return self.mounts.table.again(device);
        }
        if has_changed && matches!(end, MarkEnd::Hidden) {
            return self.mounts.table.once_more(device);
        }
        let (place, said) = match end {
            MarkEnd::Hidden => {
                self.mounts.table.hidden(device);
                let mount_point = mark.place.mount().found;
                let (place, why) = match sight().is_some_and(|s| s.sees(device, mount_point)) {
                    true => (mark.place, Unseen::OnlyFile),
                    false => (Place::covered(device, mount_point), Unseen::Covered),
                };
                (place, Said::FsError(FsErrorNews::NotSeen(mark.fs_type, why)))
            }
            MarkEnd::Marked(place) => {
                return self.watched(device, &place, mark.fs_type, say);
            }
            MarkEnd::Failed(place, why) => {
                if !is_final(&why) {
                    self.mounts.table.later(device, now);
                }
                let said = FsErrorNews::NotWatched(mark.fs_type, why);
                (Place::on(device, &place), Said::FsError(said))
            }
            MarkEnd::NoThread => {
                self.mounts.table.later(device, now);
                (mark.place, Said::Refused(Refusal::NoThread(Threadless::OfMany)))
            }
        };
        if self.mounts.table.says(device, vec![said.line(Some(&place)).text]) {
            say(Some(&place), &said);
        }
    }
}

/// The table of all mounts, if the kernel tells it.
fn sight() -> Option<Sight> {
    Sight::read().ok()
}

/// True the first time for each type, of so many.
fn is_first(fs_type: &[u8], named: &mut BTreeSet<Vec<u8>>) -> bool {
    named.len() < MOST_TYPES && named.insert(fs_type.to_vec())
}

/// True for an error that will come again: the filesystem has no handles, or no identity.
fn is_final(why: &Cause) -> bool {
    matches!(why.errno(), Some(libc::EOPNOTSUPP | libc::ENODEV | libc::EXDEV | libc::EINVAL))
}

/// Says what is to be said of mounts, and names types once that are not watched.
fn mount_news(news: MountNews, named: &mut BTreeSet<Vec<u8>>, debug: bool, say: Speak<'_>) {
    if let MountNews::Mount(_, info) = &news {
        if types::is_named(info) && is_first(&info.fs_type, named) {
            say(None, &Said::FsError(FsErrorNews::TypeNotWatched(info.fs_type.clone())));
        }
    }
    let is_detail = matches!(news, MountNews::Mount(..) | MountNews::Listening | MountNews::Lost);
    if debug || !is_detail {
        say(None, &Said::Mounts(news));
    }
}

#[cfg(test)]
mod tests;
