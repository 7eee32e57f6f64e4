// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which errors are said, and how many are summed up: a storm of them is some lines and a count.
//!
//! Pure bookkeeping within bounds. Each error is said, or is in one sum.

use crate::log::fserror::Class;
use crate::plan::{Time, doubled};
use crate::sys::DeviceNumber;
use crate::sys::file_handle::FileHandle;
use crate::sys::fserror::FsErrorEvent;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time after a line for which the same is only counted; each sum doubles it, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Most errors of files that are remembered one by one, of all and of each class but that of metadata:
/// whoever can read files can make as many that are the callers' own, and whoever can write them as many of
/// the others, such as EDQUOT (fs/iomap/direct-io.c: iomap_dio_complete).
const MOST: usize = 256;
const MOST_OF_CALLERS: usize = 64;
const MOST_OF_OTHERS: usize = 160;
/// Number of those beyond that are about no file, as a shutdown is: damage of many files mostly ends with
/// one of these, which tells more than all of them.
const MORE_OF_NO_FILE: usize = 64;
/// Most first lines of one filesystem within a minute about files, for each class.
const MOST_IN_A_MINUTE: u32 = 30;
const MOST_OF_CALLERS_IN_A_MINUTE: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);

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
    /// The class of an error of a file.
    fn class_of_file(&self) -> Option<Class> {
        let ErrorSubject::Error(_, Some(_), errno) = self else { return None };
        Some(Class::of(*errno, true))
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
    /// Number of the entries that are errors.
    errors: usize,
    /// Number of those about files, of each class.
    of_class: BTreeMap<Class, usize>,
    /// Beginning of each filesystem's minute, and number of its first lines since; those of each class
    /// have a minute of their own.
    minutes: BTreeMap<(DeviceNumber, Class), (Time, u32)>,
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
        let class = subject.class_of_file();
        let is_taken = match class {
            // There are not many: one for each errno.
            None => self.errors < MOST + MORE_OF_NO_FILE,
            Some(class) => self.has_room(class) && self.has_line(device, class, now),
        };
        if !is_taken {
            self.sum(ErrorSubject::More(device), 1, now);
            return TakenError::Summed;
        }
        self.errors += 1;
        class.into_iter().for_each(|class| *self.of_class.entry(class).or_default() += 1);
        self.once(subject, now);
        TakenError::First
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

    /// True if one more error of a file can be remembered.
    fn has_room(&self, class: Class) -> bool {
        let most = match class {
            Class::Caller => MOST_OF_CALLERS,
            Class::Other => MOST_OF_OTHERS,
            Class::Metadata | Class::Shutdown => MOST,
        };
        self.errors < MOST && self.of_class(class) < most
    }

    fn of_class(&self, class: Class) -> usize {
        self.of_class.get(&class).copied().unwrap_or_default()
    }

    /// True if the filesystem may have one more first line of this class now.
    fn has_line(&mut self, device: DeviceNumber, class: Class, now: Time) -> bool {
        let is_callers = class == Class::Caller;
        let most = if is_callers { MOST_OF_CALLERS_IN_A_MINUTE } else { MOST_IN_A_MINUTE };
        let (since, lines) = self.minutes.entry((device, class)).or_insert((now, 0));
        if now.since(*since) >= MINUTE {
            (*since, *lines) = (now, 0);
        }
        *lines = lines.saturating_add(1);
        *lines <= most
    }

    /// Time at which [`ErrorBook::next`] has something to do; `None` if nothing is remembered.
    pub fn wake_at(&self) -> Option<Time> {
        self.entries.values().map(SubjectEntry::due).min()
    }

    /// The next sum that is to be told, and its number. What has not come again for long is forgotten.
    pub fn next(&mut self, now: Time) -> Option<(ErrorSubject, u64)> {
        self.minutes.retain(|_, (since, _)| now.since(*since) < MINUTE);
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
        if self.entries.remove(subject).is_some() && matches!(subject, ErrorSubject::Error(..)) {
            self.errors = self.errors.saturating_sub(1);
            let of_class = subject.class_of_file().and_then(|class| self.of_class.get_mut(&class));
            of_class.into_iter().for_each(|number| *number = number.saturating_sub(1));
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
        self.minutes.retain(|(of, _), _| *of != device);
        ended
    }

    /// Ends all sums and gives them.
    pub fn end(&mut self) -> Vec<(ErrorSubject, u64)> {
        (self.errors, self.of_class) = Default::default();
        let all = std::mem::take(&mut self.entries).into_iter();
        all.filter(|(_, entry)| entry.more > 0)
            .map(|(subject, entry)| (subject, entry.more))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    const DEVICE: DeviceNumber = (7, 0);

    fn at(seconds: u64) -> Time {
        Time::default().after(Duration::from_secs(seconds))
    }

    fn event(ino: u64, errno: i32, count: u32) -> FsErrorEvent {
        let file = FileHandle::new(1, &ino.to_ne_bytes());
        FsErrorEvent { fsid: [1, 2], file, errno, count }
    }

    fn subject(ino: u64, errno: i32) -> ErrorSubject {
        ErrorSubject::Error(DEVICE, event(ino, errno, 1).file, errno)
    }

    #[test]
    fn nothing_of_a_filesystem_is_left_at_its_end() {
        let mut book = ErrorBook::default();
        book.error(DEVICE, &event(1, 5, 1), at(0));
        book.end_of(DEVICE);
        assert!(book.entries.is_empty() && book.minutes.is_empty() && book.errors == 0);
    }

    #[test]
    fn what_comes_again_is_summed_up_ever_more_seldom() {
        let mut book = ErrorBook::default();
        assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(0)), TakenError::First);
        for _ in 0..99_999 {
            assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(0)), TakenError::Again);
        }
        assert_eq!(
            book.error(DEVICE, &event(1, 117, 1), at(0)),
            TakenError::First,
            "another errno"
        );
        assert_eq!((book.next(at(9)), book.wake_at()), (None, Some(at(10))));
        assert_eq!(book.next(at(10)), Some((subject(1, 5), 99_999)));
        assert_eq!(book.next(at(10)), None);
        assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(11)), TakenError::Again);
        assert_eq!(book.wake_at(), Some(at(30)));
        assert_eq!(book.next(at(30)), Some((subject(1, 5), 1)));
        let mut lines = 0;
        for second in 30..36_000 {
            book.error(DEVICE, &event(1, 5, 1), at(second));
            while book.next(at(second)).is_some() {
                lines += 1;
            }
        }
        assert!((10..20).contains(&lines), "{lines} in ten hours");
    }

    #[test]
    fn what_the_kernel_has_only_counted_is_a_sum_of_its_own() {
        let mut book = ErrorBook::default();
        assert_eq!(book.error(DEVICE, &event(1, 5, 1000), at(0)), TakenError::First);
        assert_eq!(book.error(DEVICE, &event(2, 5, u32::MAX), at(1)), TakenError::First);
        let sum = 999 + u64::from(u32::MAX) - 1;
        assert_eq!(book.next(at(10)), Some((ErrorSubject::Counted(DEVICE), sum)));
        assert_eq!(book.end(), []);
    }

    #[test]
    fn what_has_not_come_for_an_hour_is_forgotten() {
        let mut book = ErrorBook::default();
        assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(0)), TakenError::First);
        assert_eq!(book.wake_at(), Some(at(3600)));
        assert_eq!((book.next(at(3600)), book.wake_at(), book.errors), (None, None, 0));
        assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(3601)), TakenError::First);
    }

    #[test]
    fn a_storm_over_many_files_has_few_lines_and_leaves_room_for_other_filesystems() {
        let mut book = ErrorBook::default();
        let said = |book: &mut ErrorBook, device, at| {
            (0..100_000)
                .filter(|ino| book.error(device, &event(*ino, 5, 1), at) == TakenError::First)
                .count()
        };
        assert_eq!(said(&mut book, DEVICE, at(0)), 30);
        assert_eq!(said(&mut book, (7, 1), at(0)), 30);
        let mut sums = 0;
        while let Some((subject, more)) = book.next(at(10)) {
            assert!(matches!(subject, ErrorSubject::More(_)));
            sums += more;
        }
        assert_eq!(sums, 2 * (100_000 - 30));
    }

    #[test]
    fn a_storm_over_many_files_does_not_hide_a_shutdown() {
        let mut book = ErrorBook::default();
        for minute in 0..20 {
            for ino in 0..100 {
                book.error(DEVICE, &event(minute * 100 + ino, libc::EIO, 1), at(minute * 60));
            }
        }
        assert_eq!(book.errors, MOST_OF_OTHERS);
        let down = |errno| FsErrorEvent { fsid: [1, 2], file: None, errno, count: 1 };
        assert_eq!(book.error(DEVICE, &down(libc::ESHUTDOWN), at(1140)), TakenError::First);
        assert_eq!(book.error(DEVICE, &down(libc::ESHUTDOWN), at(1140)), TakenError::Again);
        let more = (0..1000).filter(|errno| {
            book.error(DEVICE, &down(10_000 + errno), at(1140)) == TakenError::First
        });
        assert_eq!(more.count(), MOST + MORE_OF_NO_FILE - MOST_OF_OTHERS - 1);
    }

    #[test]
    fn errors_that_writers_make_do_not_hide_damaged_metadata() {
        let mut book = ErrorBook::default();
        for minute in 0..20 {
            for ino in 0..100 {
                let event = event(minute * 100 + ino, libc::EDQUOT, 1);
                book.error(DEVICE, &event, at(minute * 60));
            }
        }
        let damaged = event(1_000_000, libc::EUCLEAN, 1);
        assert_eq!(book.error(DEVICE, &damaged, at(1140)), TakenError::First);
        assert_eq!(book.error((7, 1), &damaged, at(1140)), TakenError::First);
    }

    #[test]
    fn errors_of_callers_leave_room_for_those_of_the_disk() {
        let mut book = ErrorBook::default();
        let mut of_callers = 0;
        for minute in 0..30 {
            let said = (0..1000).filter(|ino| {
                let event = event(minute * 1000 + ino, libc::EFAULT, 1);
                book.error(DEVICE, &event, at(minute * 60)) == TakenError::First
            });
            of_callers += said.count();
            while book.next(at(minute * 60)).is_some() {}
        }
        assert_eq!((of_callers, book.of_class(Class::Caller)), (MOST_OF_CALLERS, MOST_OF_CALLERS));
        let of_disk = (0..100).filter(|ino| {
            book.error(DEVICE, &event(1_000_000 + ino, libc::EIO, 1), at(1800)) == TakenError::First
        });
        assert_eq!(of_disk.count(), 30);
        while book.next(at(10_000)).is_some() {}
        assert_eq!((book.of_class(Class::Caller), book.errors), (0, 0));
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let mut book = ErrorBook::default();
        for minute in 0..100 {
            for ino in 0..100 {
                book.error(DEVICE, &event(minute * 100 + ino, 5, 1), at(minute * 60));
            }
            assert!(book.errors <= MOST && book.entries.len() <= MOST + 2);
            while book.next(at(minute * 60)).is_some() {}
        }
        assert!(book.once(ErrorSubject::Lost, at(0)) && !book.once(ErrorSubject::Lost, at(0)));
        assert_eq!(book.next(at(6000)).map(|(_, more)| more > 0), Some(true));
    }

    proptest! {
        /// Each error is said or is in one sum.
        #[test]
        fn each_error_is_said_or_in_one_sum(
            events in prop::collection::vec((0..90_u64, 0..3_i32, 1..4_u32, 0..40_u64), 0..600),
        ) {
            let mut book = ErrorBook::default();
            let (mut now, mut said, mut summed, mut all) = (0, 0, 0, 0);
            for (ino, errno, count, pause) in events {
                now += pause;
                all += u64::from(count);
                said += u64::from(book.error(DEVICE, &event(ino, errno, count), at(now)) == TakenError::First);
                while let Some((_, more)) = book.next(at(now)) {
                    summed += more;
                }
                prop_assert!(book.wake_at().is_none_or(|at_| at_ > at(now)));
                let errors = book.entries.keys().filter(|s| matches!(s, ErrorSubject::Error(..)));
                prop_assert_eq!(errors.count(), book.errors);
            }
            summed += book.end().iter().map(|(_, more)| more).sum::<u64>();
            prop_assert_eq!(said + summed, all);
        }
    }
}
