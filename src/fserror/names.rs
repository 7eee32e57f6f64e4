// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which files are looked up for their paths, and when: each once an hour, and none because of
//! another look.
//!
//! Pure bookkeeping within bounds. A look can itself come upon damage, and then the kernel reports
//! that as well. So files that are reported during a look at their filesystem, or shortly after it, are
//! not looked up for that; nobody can tell whose doing the report is.

use crate::plan::Time;
use crate::sys::DeviceNumber;
use crate::sys::file_handle::FileHandle;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time for which files are gathered for a look.
const GATHER: Duration = Duration::from_millis(100);
/// Time after a look for which what is reported may be its doing: the kernel reports in the background
/// (fs/fserror.c: fserror_worker).
const AFTER_LOOK: Duration = Duration::from_secs(1);
/// Time for which a path is believed, or that there is none.
const LASTS: Duration = Duration::from_secs(3600);
/// Most files that are looked up within that time, and most of them because of errors that are the
/// callers' own.
const MOST: usize = 256;
const MOST_OF_CALLERS: usize = 32;
/// Number of those of either kind that each filesystem has in any case, whatever was reported of the others
/// and of the other kind.
const FEW: usize = 8;

/// The name of a file: the mount point of its filesystem, and its path below that.
pub type FileName = (Vec<u8>, Vec<u8>);
type FileKey = (DeviceNumber, FileHandle);

/// What is known of the name of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Known {
    /// It is being looked up, or will be.
    Soon,
    /// It has this name; `None`: none that is known.
    Name(Option<FileName>),
}

#[derive(Debug)]
struct NameEntry {
    since: Time,
    is_callers: bool,
    /// The name, once the look has ended.
    name: Option<Option<FileName>>,
}

/// The look at a filesystem.
#[derive(Debug)]
enum PathLook {
    /// Files are gathered since then.
    Gathers(Time, Vec<FileHandle>),
    Runs,
    /// It has ended then.
    Ended(Time),
}

/// The names of files, and the looks for them.
#[derive(Debug, Default)]
pub struct Names {
    known: BTreeMap<FileKey, NameEntry>,
    looks: BTreeMap<DeviceNumber, PathLook>,
    /// True if no look is ever made.
    is_blind: bool,
}

impl Names {
    /// Names of which none is ever known.
    pub fn blind() -> Names {
        Names { is_blind: true, ..Names::default() }
    }

    /// The name of a file that was reported now, with an error that is its caller's own or not.
    pub fn of(
        &mut self,
        device: DeviceNumber,
        file: &FileHandle,
        is_callers: bool,
        now: Time,
    ) -> Known {
        if self.is_blind {
            return Known::Name(None);
        }
        let lasts = |entry: &NameEntry| entry.name.is_none() || now.since(entry.since) < LASTS;
        let key = (device, file.clone());
        if let Some(entry) = self.known.get(&key).filter(|entry| lasts(entry)) {
            return entry.name.clone().map_or(Known::Soon, Known::Name);
        }
        self.known.retain(|_, entry| lasts(entry));
        if !self.has_room(device, is_callers) || !self.gather(device, file, now) {
            return Known::Name(None);
        }
        self.known.insert(key, NameEntry { since: now, is_callers, name: None });
        Known::Soon
    }

    fn has_room(&self, device: DeviceNumber, is_callers: bool) -> bool {
        let of_kind = || self.known.iter().filter(|(_, entry)| entry.is_callers == is_callers);
        let most = if is_callers { MOST_OF_CALLERS } else { MOST };
        let own = || of_kind().filter(|((of, _), _)| *of == device).count();
        self.known.len() < MOST && of_kind().count() < most || own() < FEW
    }

    /// The name of a file, as far as it is known without a look.
    pub fn known(&self, device: DeviceNumber, file: &FileHandle) -> Option<FileName> {
        self.known.get(&(device, file.clone()))?.name.clone().flatten()
    }

    /// True if no look for a file is under way or to come.
    pub fn is_settled(&self, device: DeviceNumber, file: &FileHandle) -> bool {
        self.known.get(&(device, file.clone())).is_none_or(|entry| entry.name.is_some())
    }

    /// Adds a file to the next look; false if there may be none because of this report.
    fn gather(&mut self, device: DeviceNumber, file: &FileHandle, now: Time) -> bool {
        match self.looks.get_mut(&device) {
            Some(PathLook::Runs) => false,
            Some(PathLook::Ended(at)) if now.since(*at) < AFTER_LOOK => false,
            Some(PathLook::Gathers(_, files)) => {
                files.push(file.clone());
                true
            }
            Some(PathLook::Ended(_)) | None => {
                self.looks.insert(device, PathLook::Gathers(now, vec![file.clone()]));
                true
            }
        }
    }

    /// The next look that is to begin, and its files.
    pub fn next(&mut self, now: Time) -> Option<(DeviceNumber, Vec<FileHandle>)> {
        let is_due =
            |look: &PathLook| matches!(look, PathLook::Gathers(at, _) if now.since(*at) >= GATHER);
        let (device, look) = self.looks.iter_mut().find(|(_, look)| is_due(look))?;
        let PathLook::Gathers(_, files) = std::mem::replace(look, PathLook::Runs) else {
            return None;
        };
        Some((*device, files))
    }

    /// Time at which [`Names::next`] has a look; `None` without one.
    pub fn wake_at(&self) -> Option<Time> {
        let begins = self.looks.values().filter_map(|look| match look {
            PathLook::Gathers(at, _) => Some(at.after(GATHER)),
            PathLook::Runs | PathLook::Ended(_) => None,
        });
        begins.min()
    }

    /// Takes in what a look has found. Files that it does not name have no name.
    pub fn ended(&mut self, device: DeviceNumber, names: Vec<(FileHandle, FileName)>, now: Time) {
        for (file, name) in names {
            if let Some(entry) = self.known.get_mut(&(device, file)) {
                entry.name = Some(Some(name));
            }
        }
        self.of_device(device).for_each(|entry| {
            entry.name.get_or_insert(None);
        });
        self.looks.insert(device, PathLook::Ended(now));
    }

    /// Forgets the names of a filesystem that are not at a mount point of which this is true.
    pub fn keep(&mut self, device: DeviceNumber, mut is_kept: impl FnMut(&[u8]) -> bool) {
        self.known.retain(|(of, _), entry| {
            let at = entry.name.as_ref().and_then(Option::as_ref).filter(|_| *of == device);
            at.is_none_or(|(mount_point, _)| is_kept(mount_point))
        });
    }

    /// Forgets the names of a filesystem that is not mounted any more, or anew. One of its looks may
    /// still run: [`Names::ended`] comes in any case.
    pub fn forget(&mut self, device: DeviceNumber) {
        self.known.retain(|(of, _), _| *of != device);
        if !matches!(self.looks.get(&device), Some(PathLook::Runs)) {
            self.looks.remove(&device);
        }
    }

    fn of_device(&mut self, device: DeviceNumber) -> impl Iterator<Item = &mut NameEntry> {
        self.known.iter_mut().filter(move |((of, _), _)| *of == device).map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceNumber = (7, 0);

    fn at(ms: u64) -> Time {
        Time::default().after(Duration::from_millis(ms))
    }

    fn file(ino: u32) -> FileHandle {
        FileHandle::new(1, &ino.to_ne_bytes()).unwrap()
    }

    fn name(ino: u32) -> FileName {
        (b"/m".to_vec(), format!("/{ino}").into_bytes())
    }

    #[test]
    fn a_file_is_looked_up_once_an_hour() {
        let mut names = Names::default();
        for ms in [0, 10, 99] {
            assert_eq!(names.of(DEVICE, &file(1), false, at(ms)), Known::Soon);
        }
        assert_eq!(names.of(DEVICE, &file(2), false, at(99)), Known::Soon);
        assert_eq!((names.next(at(99)), names.wake_at()), (None, Some(at(100))));
        assert_eq!(names.next(at(100)), Some((DEVICE, vec![file(1), file(2)])));
        assert_eq!((names.next(at(100)), names.wake_at()), (None, None));
        names.ended(DEVICE, vec![(file(1), name(1))], at(200));
        for ms in [200, 5000, 3_599_999] {
            assert_eq!(names.of(DEVICE, &file(1), false, at(ms)), Known::Name(Some(name(1))));
            assert_eq!(names.of(DEVICE, &file(2), false, at(ms)), Known::Name(None));
        }
        assert_eq!(names.of(DEVICE, &file(1), false, at(3_600_000)), Known::Soon);
    }

    #[test]
    fn a_report_that_may_be_our_own_doing_makes_no_look() {
        let mut names = Names::default();
        let none = Known::Name(None);
        assert_eq!(names.of(DEVICE, &file(1), false, at(0)), Known::Soon);
        assert!(names.next(at(100)).is_some());
        assert_eq!(names.of(DEVICE, &file(2), false, at(150)), none);
        assert_eq!(
            names.of((7, 1), &file(2), false, at(150)),
            Known::Soon,
            "on another filesystem"
        );
        names.ended(DEVICE, Vec::new(), at(200));
        assert_eq!(names.of(DEVICE, &file(2), false, at(1199)), none);
        assert_eq!(
            names.of(DEVICE, &file(2), false, at(1200)),
            Known::Soon,
            "it was reported once more"
        );
    }

    #[test]
    fn no_more_than_so_many_files_are_looked_up_within_an_hour() {
        let mut names = Names::default();
        let soon =
            (0..10_000).filter(|ino| names.of(DEVICE, &file(*ino), false, at(0)) == Known::Soon);
        assert_eq!(soon.count(), MOST);
        let soon = (0..99).filter(|ino| names.of((7, 1), &file(*ino), false, at(0)) == Known::Soon);
        assert_eq!(soon.count(), FEW, "of another filesystem");
        let mut soon = |device, is_callers, inos: std::ops::Range<u32>| {
            let is_soon =
                |ino: &u32| names.of(device, &file(*ino), is_callers, at(0)) == Known::Soon;
            inos.filter(is_soon).count()
        };
        assert_eq!(soon((7, 1), true, 100..199), FEW, "of another kind");
        assert_eq!(soon((7, 2), true, 0..99), FEW, "of callers first");
        assert_eq!(soon((7, 2), false, 100..199), FEW, "what callers have takes nothing from it");
        for device in [(7, 1), (7, 2)] {
            names.forget(device);
        }
        let mut callers = Names::default();
        let soon =
            (0..1000).filter(|ino| callers.of(DEVICE, &file(*ino), true, at(0)) == Known::Soon);
        assert_eq!(soon.count(), MOST_OF_CALLERS);
        assert_eq!(callers.of(DEVICE, &file(2000), false, at(0)), Known::Soon);
        let (_, files) = names.next(at(100)).unwrap();
        assert_eq!(files.len(), MOST);
        names.ended(DEVICE, Vec::new(), at(100));
        assert_eq!(names.of(DEVICE, &file(20_000), false, at(3_599_999)), Known::Name(None));
        assert_eq!(names.of(DEVICE, &file(20_000), false, at(3_600_000)), Known::Soon);
        assert_eq!(names.known.len(), 1);
    }

    #[test]
    fn what_is_mounted_anew_is_looked_up_anew_but_not_while_a_look_runs() {
        let mut names = Names::default();
        assert_eq!(names.of(DEVICE, &file(1), false, at(0)), Known::Soon);
        assert!(names.next(at(100)).is_some());
        names.forget(DEVICE);
        assert_eq!(names.of(DEVICE, &file(1), false, at(100)), Known::Name(None));
        names.ended(DEVICE, vec![(file(1), name(1))], at(100));
        assert_eq!(names.known(DEVICE, &file(1)), None, "of what was mounted there before");
        names.forget(DEVICE);
        assert_eq!(names.of(DEVICE, &file(1), false, at(100)), Known::Soon);
    }
}
