// SPDX-License-Identifier: LGPL-2.1-or-later
//! From errors to what is said of them: each is named by its file's path where there is one.

use super::answer::{ErrorAnswer, Speak};
use super::book::{ErrorBook, ErrorSubject, TakenError};
use super::files;
use super::follow::Follow;
use super::marked::MarkedFilesystem;
use super::names::{FileName, Known, Names};
use super::queues::ToldError;
use super::totals::OwnTotals;
use crate::log::fserror::{Class, ErrorFile, FsError, FsErrorNews};
use crate::log::said::Said;
use crate::mounts::Sight;
use crate::plan::Time;
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::file_handle::FileHandle;
use crate::sys::fserror::{ErrorEvent, FsErrorEvent};
use crate::work::Crew;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Time for which a line waits for the path of its file.
const PATIENCE: Duration = Duration::from_secs(5);
/// The device of filesystems that are not known: no other has this number.
pub(super) const UNKNOWN: DeviceNumber = (u32::MAX, u32::MAX);

/// An error that is said once its file's path is known.
#[derive(Debug)]
struct UnnamedError {
    device: DeviceNumber,
    file: FileHandle,
    errno: i32,
    since: Time,
}

/// The errors of late, and the names of their files.
#[derive(Debug, Default)]
pub struct Tell {
    book: ErrorBook,
    names: Names,
    /// No more than there are files in `names`.
    waiting: Vec<UnnamedError>,
    /// Looks for paths that are under way, by the number of their worker.
    looks: BTreeMap<u64, DeviceNumber>,
    pub own: OwnTotals,
}

type Filesystems = BTreeMap<DeviceNumber, MarkedFilesystem>;

impl Tell {
    /// One that looks for no paths.
    pub fn without_names() -> Tell {
        Tell { names: Names::blind(), ..Tell::default() }
    }

    /// Takes in what the kernel tells; true if any of it is new.
    pub fn take(
        &mut self,
        told: Vec<ToldError>,
        filesystems: &mut Filesystems,
        now: Time,
        say: Speak<'_>,
    ) -> bool {
        let mut is_new = false;
        for ToldError { device, event } in told {
            match event {
                ErrorEvent::Error(error) => {
                    let device = device.unwrap_or(UNKNOWN);
                    match filesystems.get_mut(&device) {
                        Some(filesystem) => filesystem.totals.take(&error),
                        None => {
                            let errors = error.count.max(1).into();
                            self.own.unmounted = self.own.unmounted.saturating_add(errors);
                        }
                    }
                    is_new |= self.error(device, error, filesystems, now, say);
                }
                ErrorEvent::Lost => {
                    self.own.lost = self.own.lost.saturating_add(1);
                    if self.book.once(ErrorSubject::Lost, now) {
                        say(None, &Said::FsError(FsErrorNews::Lost(1)));
                    }
                }
                ErrorEvent::Senseless => {
                    if self.book.once(ErrorSubject::Senseless, now) {
                        say(None, &Said::FsError(FsErrorNews::Senseless(1)));
                    }
                }
            }
        }
        is_new
    }

    /// Takes in that a filesystem was found to have shut down, of which the kernel has told no more than a
    /// number, if anything.
    pub fn is_down(
        &mut self,
        device: DeviceNumber,
        filesystems: &mut Filesystems,
        now: Time,
        say: Speak<'_>,
    ) {
        let filesystem = filesystems.get_mut(&device);
        let Some(up) = filesystem.filter(|filesystem| !filesystem.totals.is_down) else { return };
        // Among the numbers it is already.
        up.totals.is_down = true;
        let error = FsErrorEvent { fsid: [0; 2], file: None, errno: libc::ESHUTDOWN, count: 1 };
        self.error(device, error, filesystems, now, say);
    }

    /// Takes in an error; true if it is new.
    fn error(
        &mut self,
        device: DeviceNumber,
        error: FsErrorEvent,
        filesystems: &Filesystems,
        now: Time,
        say: Speak<'_>,
    ) -> bool {
        let taken = self.book.error(device, &error, now);
        let known = match &error.file {
            // Of what is said, or will be.
            Some(file) if taken != TakenError::Summed && device != UNKNOWN => {
                let is_callers = Class::of(error.errno, true) == Class::Caller;
                self.names.of(device, file, is_callers, now)
            }
            _ => Known::Name(None),
        };
        if taken != TakenError::First {
            return false;
        }
        match (known, error.file) {
            (Known::Soon, Some(file)) => {
                self.waiting.push(UnnamedError { device, file, errno: error.errno, since: now });
            }
            (_, file) => self.say_error(device, file.as_ref(), error.errno, filesystems, say),
        }
        true
    }

    fn say_error(
        &self,
        device: DeviceNumber,
        file: Option<&FileHandle>,
        errno: i32,
        filesystems: &Filesystems,
        say: Speak<'_>,
    ) {
        let (place, file) = self.named_file(device, file, filesystems);
        say(Some(&place), &Said::FsError(FsErrorNews::Error(FsError { file, errno })));
    }

    /// The place of a filesystem, and the name of one of its files.
    fn named_file(
        &self,
        device: DeviceNumber,
        file: Option<&FileHandle>,
        filesystems: &Filesystems,
    ) -> (Place, Option<ErrorFile>) {
        let place = place(device, filesystems);
        let Some(file) = file else { return (place, None) };
        let number = file.inode();
        match (self.names.known(device, file), number) {
            (Some((at, path)), _) => {
                // Found before it was covered.
                let on = if place.is_covered() { Place::covered } else { Place::on };
                (on(device, &at), Some(ErrorFile::Path(path, number)))
            }
            (None, Some(number)) => (place, Some(ErrorFile::Inode(number))),
            (None, None) => (place, Some(ErrorFile::Handle(file.kind(), file.bytes().to_vec()))),
        }
    }

    /// Says what is due.
    pub fn advance(&mut self, filesystems: &Filesystems, now: Time, say: Speak<'_>) {
        self.say_waiting(filesystems, |waiting| now.since(waiting.since) >= PATIENCE, say);
        while let Some((subject, more)) = self.book.next(now) {
            self.say_sum(subject, more, filesystems, say);
        }
    }

    /// Forgets the names of files on these filesystems that lead elsewhere by now: to what is mounted there
    /// instead. Of one that is covered everywhere they are all that there is.
    pub fn forget_unseen(
        &mut self,
        devices: BTreeSet<DeviceNumber>,
        sight: &Sight,
        filesystems: &Filesystems,
    ) {
        let is_covered = |device| place(device, filesystems).is_covered();
        for device in devices.into_iter().filter(|device| !is_covered(*device)) {
            self.names.keep(device, |mount_point| sight.sees(device, mount_point));
        }
    }

    /// Has files looked up.
    pub fn look(
        &mut self,
        follow: &mut Follow,
        crew: &Crew<ErrorAnswer>,
        now: Time,
        say: Speak<'_>,
    ) {
        while let Some((device, files)) = self.names.next(now) {
            let (places, _) = follow.places(device, say);
            let find = move || ErrorAnswer::Named(files::paths(places, device, files));
            self.looks.insert(crew.ask(ErrorAnswer::Named(Vec::new()), find), device);
        }
    }

    /// Takes in the names that a look has found.
    pub fn named(&mut self, number: u64, names: Vec<(FileHandle, FileName)>, now: Time) {
        let Some(device) = self.looks.remove(&number) else { return };
        self.names.ended(device, names, now);
    }

    /// Says the errors whose names are known, or that have waited for long enough.
    fn say_waiting(
        &mut self,
        filesystems: &Filesystems,
        is_over: impl Fn(&UnnamedError) -> bool,
        say: Speak<'_>,
    ) {
        let is_due = |waiting: &UnnamedError| {
            is_over(waiting) || self.names.is_settled(waiting.device, &waiting.file)
        };
        let all = std::mem::take(&mut self.waiting).into_iter();
        let (due, waiting): (Vec<_>, Vec<_>) = all.partition(is_due);
        self.waiting = waiting;
        for UnnamedError { device, file, errno, .. } in due {
            self.say_error(device, Some(&file), errno, filesystems, say);
        }
    }

    fn say_sum(&self, subject: ErrorSubject, more: u64, filesystems: &Filesystems, say: Speak<'_>) {
        let (place, news) = match subject {
            ErrorSubject::Error(device, file, errno) => {
                let (place, file) = self.named_file(device, file.as_ref(), filesystems);
                (Some(place), FsErrorNews::Again(FsError { file, errno }, more))
            }
            ErrorSubject::More(device) => {
                (Some(place(device, filesystems)), FsErrorNews::More(more))
            }
            ErrorSubject::Counted(device) => {
                (Some(place(device, filesystems)), FsErrorNews::Counted(more))
            }
            ErrorSubject::Lost => (None, FsErrorNews::Lost(more)),
            ErrorSubject::Senseless => (None, FsErrorNews::Senseless(more)),
        };
        say(place.as_ref(), &Said::FsError(news));
    }

    /// Time at which [`Tell::advance`] or [`Tell::look`] has something to do.
    pub fn wake_at(&self) -> Option<Time> {
        let waiting = self.waiting.iter().map(|waiting| waiting.since.after(PATIENCE)).min();
        [waiting, self.book.wake_at(), self.names.wake_at()].into_iter().flatten().min()
    }

    /// Says what is left to say of a filesystem that is not mounted any more.
    pub fn forget(&mut self, device: DeviceNumber, filesystems: &Filesystems, say: Speak<'_>) {
        self.say_waiting(filesystems, |waiting| waiting.device == device, say);
        for (subject, more) in self.book.end_of(device) {
            self.say_sum(subject, more, filesystems, say);
        }
        self.names.forget(device);
    }

    /// Says what is left to say.
    pub fn end(&mut self, filesystems: &Filesystems, say: Speak<'_>) {
        self.say_waiting(filesystems, |_| true, say);
        for (subject, more) in self.book.end() {
            self.say_sum(subject, more, filesystems, say);
        }
    }
}

fn place(device: DeviceNumber, filesystems: &Filesystems) -> Place {
    let unknown = || Place::named(b"a filesystem that is not mounted here");
    filesystems.get(&device).map_or_else(unknown, |filesystem| filesystem.place.clone())
}

#[cfg(test)]
mod tests;
