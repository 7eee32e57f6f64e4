// SPDX-License-Identifier: LGPL-2.1-or-later
//! A program of the administrator's that is run for what deserves attention (`--exec`).
//!
//! It reads what is said, as the log does. A thread runs it, once at a time: the loop never waits
//! for it, and what it is not told in time is counted.

mod book;
mod fs_errors;
mod occasion;
mod runner;

use crate::log::hook::HookNews;
use crate::log::json::Stamp;
use crate::log::said::Said;
use crate::plan::Time;
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::work::Pool;
use book::Book;
use occasion::{LAST, Occasion};
use runner::{HookRun, HookRunner};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, io};

pub(crate) use runner::LastTime;

/// Most events that wait for the program.
const MOST_WAITING: usize = 64;
/// Shortest time between two lines that events were dropped.
const DROPPED_PAUSE: Duration = Duration::from_secs(60);

/// Program that events are told to, and those that wait for it.
#[derive(Debug)]
pub(crate) struct Hook {
    runner: HookRunner,
    book: Book,
    /// Beginning of the names of its variables.
    prefix: &'static str,
    /// Directory that a mount point begins in that was typed without its way from the root: the
    /// program has another, and so will the process.
    directory: PathBuf,
    /// Events that have not been handed to the thread.
    calls: Vec<HookRun>,
    /// True once it was checked whether the program can be run.
    is_checked: bool,
    /// Events that were not told and that nothing was said of.
    dropped: u64,
    /// Time from which on it may be said that events were dropped.
    due: Time,
}

impl Hook {
    /// A hook that runs this program, in one of these threads; the names of its variables begin with
    /// this.
    pub fn new(program: &Path, prefix: &'static str, threads: &Pool) -> io::Result<Hook> {
        let runner = HookRunner::new(program, threads)?;
        let (book, calls) = (Book::default(), Vec::new());
        // In one that is gone nothing has been mounted.
        let directory = env::current_dir().unwrap_or_default();
        let (is_checked, dropped, due) = (false, 0, Time::default());
        Ok(Hook { runner, book, prefix, directory, calls, is_checked, dropped, due })
    }

    /// Takes in what was said of a filesystem or of all, as the line with this number and time; `left` is the
    /// number of structures that are damaged when it is unmounted.
    pub fn hears(
        &mut self,
        place: Option<&Place>,
        said: &Said,
        left: Option<usize>,
        stamp: Stamp,
        now: Time,
    ) {
        let Some(occasion) = occasion_of(said, left) else { return };
        let key = occasion.key(place);
        if self.book.knows(&key, now) {
            return;
        }
        let waiting = self.runner.waiting() + self.calls.len();
        if waiting >= MOST_WAITING && !self.makes_room(place, occasion.is_last()) {
            return self.drop_events(1);
        }
        if !self.book.enter(key.clone(), now) {
            return self.drop_events(1);
        }
        let mount = place.filter(|place| place.is_mount()).map(|place| {
            let mount = self.directory.join(OsStr::from_bytes(place.mount().found));
            mount.into_os_string()
        });
        let (variables, line) = occasion.told(said, place, mount.as_deref(), stamp);
        let variables = variables.into_iter();
        let variables =
            variables.map(|(name, value)| (format!("{}_{name}", self.prefix), value)).collect();
        let (place, event) = (place.cloned(), occasion.event);
        self.calls.push(HookRun { place, mount, event, variables, line, key });
    }

    /// Makes room for one more event of the filesystem at a place, by another one that waits: the newest
    /// for what comes at the end, else the newest of the filesystem with the most of them, unless that
    /// has hardly more than this one. Whoever makes many errors keeps nobody else's out.
    fn makes_room(&mut self, place: Option<&Place>, is_last: bool) -> bool {
        let from = if is_last { None } else { self.richer_than(place.and_then(Place::device)) };
        if !is_last && from.is_none() {
            return false;
        }
        let is_meant = |run: &HookRun| {
            from.is_none_or(|device| run.device() == device && !LAST.contains(&run.event))
        };
        let newest = self.calls.iter().rposition(is_meant).map(|at| self.calls.remove(at));
        let dropped = newest.or_else(|| self.runner.drops_newest(is_meant));
        dropped.iter().for_each(|run| self.book.forget(&run.key));
        self.drop_events(u64::from(dropped.is_some()));
        dropped.is_some()
    }

    /// The filesystem that most of the events that wait are about, if these are more by two than those
    /// about this one; `None` within it: no filesystem.
    fn richer_than(&self, device: Option<DeviceNumber>) -> Option<Option<DeviceNumber>> {
        let mut numbers = BTreeMap::<_, usize>::new();
        let waiting = self.runner.devices().into_iter();
        for of in waiting.chain(self.calls.iter().map(HookRun::device)) {
            *numbers.entry(of).or_default() += 1;
        }
        let own = numbers.get(&device).copied().unwrap_or_default();
        let most = numbers.into_iter().max_by_key(|(_, number)| *number);
        most.filter(|(_, number)| *number >= own + 2).map(|(device, _)| device)
    }

    fn drop_events(&mut self, events: u64) {
        self.dropped = self.dropped.saturating_add(events);
    }

    /// True if [`Hook::advance`] has something to hand to the thread.
    pub fn has_calls(&self) -> bool {
        !self.is_checked || !self.calls.is_empty()
    }

    /// Has the thread check the program, and run it for what was heard; but not if it is on a
    /// filesystem of these devices.
    pub fn advance(&mut self, monitored: Vec<DeviceNumber>) {
        let check = !std::mem::replace(&mut self.is_checked, true);
        self.runner.submit(std::mem::take(&mut self.calls), check, monitored);
    }

    /// Readable when there is something that the log is to be told: [`Hook::take_news`].
    pub fn news(&self) -> BorrowedFd<'_> {
        self.runner.news.as_fd()
    }

    /// Takes out what is to be said, and of which filesystem.
    pub fn take_news(&mut self, now: Time) -> Vec<(Option<Place>, HookNews)> {
        let mut news = self.runner.news.take();
        self.runner.take_untold().iter().for_each(|key| self.book.forget(key));
        if self.dropped > 0 && now >= self.due {
            self.due = now.after(DROPPED_PAUSE);
            news.push((None, HookNews::Dropped(std::mem::take(&mut self.dropped))));
        }
        news
    }

    /// Time at which [`Hook::take_news`] has something to say by itself.
    pub fn wake_at(&self) -> Option<Time> {
        (self.dropped > 0).then_some(self.due)
    }

    /// Waits until the program was told everything, for no longer than this, or what `hurry` gives
    /// later, the last event first; what could not be told is dropped.
    pub fn end(&mut self, patience: LastTime, mut hurry: impl FnMut() -> Option<LastTime>) {
        let left = self.runner.end(patience, &mut hurry) + std::mem::take(&mut self.calls).len();
        self.drop_events(left as u64);
        self.due = Time::default();
    }
}

/// The event that something said is, if it is one; see [`Occasion::of`].
fn occasion_of(said: &Said, left: Option<usize>) -> Option<Occasion> {
    Occasion::of(said, left).or_else(|| fs_errors::of(said))
}

/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::book::Book;
    use super::occasion::Variables;
    use crate::log::said::Said;
    use crate::report::Place;

    /// Key, variables and line of JSON of the event that something said is.
    pub(crate) fn told(said: &Said, place: &Place) -> Option<(Vec<u8>, Variables, String)> {
        let occasion = super::occasion_of(said, Some(1))?;
        let stamp = crate::log::json::Stamp::new(0);
        let (variables, line) = occasion.told(said, Some(place), Some("/m".as_ref()), stamp);
        Some((occasion.key(Some(place)), variables, line))
    }
}

#[cfg(test)]
mod tests;
