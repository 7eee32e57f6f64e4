// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which errors are said, and how many are summed up: a storm of them is some lines and a count.
//!
//! Pure bookkeeping within bounds. Each error is said, or is in one sum.

use super::first_lines::FirstLines;
use super::places::{ErrorKind, ErrorPlace, ErrorPlaces};
use crate::plan::{Time, doubled};
use crate::sys::DeviceNumber;
use crate::sys::file_handle::FileHandle;
use crate::sys::fserror::FsErrorEvent;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time after a line for which the same is only counted; each sum doubles it, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// A thing that is said once and then summed up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorSubject {
    /// An errno of a file, or of no file, of a filesystem.
    Error(DeviceNumber, Option<FileHandle>, i32),
    /// Errors of a filesystem that are not said one by one.
    More(DeviceNumber),
    /// Errors of a filesystem of which the kernel tells no more than their number.
    Counted(DeviceNumber),
    /// The kernel's queue was full.
    Lost,
    /// Events that make no sense.
    Senseless,
}

impl ErrorSubject {
    /// The kind of an error.
    fn kind(&self) -> Option<ErrorKind> {
        let ErrorSubject::Error(device, file, errno) = self else { return None };
        Some(ErrorKind { device: *device, is_of_file: file.is_some(), errno: *errno })
    }

    /// The filesystem, if it is about one.
    pub fn device(&self) -> Option<DeviceNumber> {
        match self {
            ErrorSubject::Error(device, ..)
            | ErrorSubject::More(device)
            | ErrorSubject::Counted(device) => Some(*device),
            ErrorSubject::Lost | ErrorSubject::Senseless => None,
        }
    }
}

/// What becomes of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenError {
    /// It is to be said now.
    First,
    /// It was said before, and is counted.
    Again,
    /// It is one of many that are not said one by one.
    Summed,
}

#[derive(Debug)]
struct SubjectEntry {
    /// Number of times since the last line.
    more: u64,
    /// Time of the last line, or of the first of what is summed up from the beginning.
    last: Time,
    pause: Duration,
}

impl SubjectEntry {
    fn due(&self) -> Time {
        self.last.after(if self.more > 0 { self.pause } else { LONGEST_PAUSE })
    }
}

/// The errors of late.
#[derive(Debug, Default)]
pub struct ErrorBook {
    entries: BTreeMap<ErrorSubject, SubjectEntry>,
    /// Those of the entries that are errors.
    places: ErrorPlaces,
    lines: FirstLines,
}

impl ErrorBook {
    /// Takes in an error of the filesystem on `device`.
    pub fn error(&mut self, device: DeviceNumber, event: &FsErrorEvent, now: Time) -> TakenError {
        if event.count > 1 {
            self.sum(ErrorSubject::Counted(device), u64::from(event.count) - 1, now);
        }
        let subject = ErrorSubject::Error(device, event.file.clone(), event.errno);
        if self.entries.contains_key(&subject) {
            self.once(subject, now);
            return TakenError::Again;
        }
        let kind = ErrorKind { device, is_of_file: event.file.is_some(), errno: event.errno };
        if !self.admit(kind, now) {
            self.sum(ErrorSubject::More(device), 1, now);
            return TakenError::Summed;
        }
        self.places.take(kind);
        self.once(subject, now);
        TakenError::First
    }

    /// True if one more error of a kind is said and remembered. Another one may be forgotten for it.
    fn admit(&mut self, kind: ErrorKind, now: Time) -> bool {
        if kind.is_of_file && !self.lines.has_room(kind, now) {
            return false;
        }
        match self.places.find(kind) {
            ErrorPlace::Free => {}
            ErrorPlace::InsteadOf(other) => self.give_up(other, now),
            ErrorPlace::Taken => return false,
        }
        if kind.is_of_file {
            self.lines.add(kind, now);
        }
        true
    }

    /// Forgets one error of this kind, of which least is to be told.
    fn give_up(&mut self, kind: ErrorKind, now: Time) {
        let of_kind = self.entries.iter().filter(|(subject, _)| subject.kind() == Some(kind));
        let least = of_kind.min_by_key(|(_, entry)| (entry.more, entry.last));
        let Some((subject, more)) = least.map(|(subject, entry)| (subject.clone(), entry.more))
        else {
            return;
        };
        self.forget(&subject);
        if more > 0 {
            self.sum(ErrorSubject::More(kind.device), more, now);
        }
    }

    /// Takes in something that is said at once, the first time; true if it is to be said.
    pub fn once(&mut self, subject: ErrorSubject, now: Time) -> bool {
        if let Some(entry) = self.entries.get_mut(&subject) {
            entry.more = entry.more.saturating_add(1);
            return false;
        }
        self.entries.insert(subject, SubjectEntry { more: 0, last: now, pause: FIRST_PAUSE });
        true
    }

    /// Adds to a sum of what is never said one by one.
    fn sum(&mut self, subject: ErrorSubject, number: u64, now: Time) {
        let entry = self.entries.entry(subject);
        let entry = entry.or_insert(SubjectEntry { more: 0, last: now, pause: FIRST_PAUSE });
        entry.more = entry.more.saturating_add(number);
    }

    /// Time at which [`ErrorBook::next`] has something to do; `None` if nothing is remembered.
    pub fn wake_at(&self) -> Option<Time> {
        self.entries.values().map(SubjectEntry::due).min()
    }

    /// The next sum that is to be told, and its number. What has not come again for long is forgotten.
    pub fn next(&mut self, now: Time) -> Option<(ErrorSubject, u64)> {
        loop {
            let (subject, _) = self.entries.iter().find(|(_, entry)| entry.due() <= now)?;
            let subject = subject.clone();
            let entry = self.entries.get_mut(&subject)?;
            if entry.more > 0 {
                let more = std::mem::take(&mut entry.more);
                entry.last = now;
                entry.pause = doubled(entry.pause, 1, LONGEST_PAUSE);
                return Some((subject, more));
            }
            self.forget(&subject);
        }
    }

    fn forget(&mut self, subject: &ErrorSubject) {
        if self.entries.remove(subject).is_some() {
            subject.kind().into_iter().for_each(|kind| self.places.leave(kind));
        }
    }

    /// Ends the sums of a filesystem and gives them.
    pub fn end_of(&mut self, device: DeviceNumber) -> Vec<(ErrorSubject, u64)> {
        let of_device = self.entries.keys().filter(|subject| subject.device() == Some(device));
        let mut ended = Vec::new();
        for subject in of_device.cloned().collect::<Vec<_>>() {
            let more = self.entries.get(&subject).map_or(0, |entry| entry.more);
            self.forget(&subject);
            ended.extend((more > 0).then_some((subject, more)));
        }
        self.lines.forget(device);
        ended
    }

    /// Ends all sums and gives them.
    pub fn end(&mut self) -> Vec<(ErrorSubject, u64)> {
        (self.places, self.lines) = Default::default();
        let all = std::mem::take(&mut self.entries).into_iter();
        all.filter(|(_, entry)| entry.more > 0)
            .map(|(subject, entry)| (subject, entry.more))
            .collect()
    }
}

#[cfg(test)]
mod tests;
