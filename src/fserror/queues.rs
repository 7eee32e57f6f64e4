// SPDX-License-Identifier: LGPL-2.1-or-later
//! The queues of the kernel that errors come through, and which filesystem is meant in each.
//!
//! An error names its filesystem by an identity that copies of it share, such as a snapshot that is
//! mounted beside it. Of those that are alike each is in another queue, so mostly there is one queue.

use crate::sys::DeviceNumber;
use crate::sys::fserror::{ErrorEvent, ErrorQueue, parse_errors};
use crate::sys::identity::{Fsid, fsid};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct SharedQueue {
    queue: Arc<ErrorQueue>,
    filesystems: BTreeMap<Fsid, Marked>,
}

/// A filesystem that is marked, or was. A mark lasts as long as its filesystem, which another mount
/// namespace or an open file may keep when it is not mounted here any more.
#[derive(Debug)]
struct Marked {
    device: DeviceNumber,
    is_mounted: bool,
}

/// The place of a filesystem in a queue.
#[derive(Debug)]
struct QueuePlace {
    queue: Arc<ErrorQueue>,
    /// What was in the same place before: the same filesystem.
    before: Option<Marked>,
}

/// The queues of the process, which workers mark filesystems in.
#[derive(Debug)]
pub struct Queues(Mutex<Vec<SharedQueue>>);

impl Queues {
    /// Opens the first queue.
    pub fn new() -> io::Result<Queues> {
        Ok(Queues(Mutex::new(vec![SharedQueue::new()?])))
    }

    /// Marks the filesystem on `device` that the open directory `dir` is on, in a queue in which no
    /// other is called like it.
    pub fn mark(&self, dir: BorrowedFd<'_>, device: DeviceNumber) -> io::Result<()> {
        let fsid = fsid(dir)?;
        let place = self.place_for(fsid, device)?;
        // Not with the lock: this goes into the filesystem.
        place.queue.mark(dir).inspect_err(|_| self.give_back(fsid, place))
    }

    /// Has errors of the filesystem on `device` known in a queue, before it is marked there: the first may
    /// come at once.
    fn place_for(&self, fsid: Fsid, device: DeviceNumber) -> io::Result<QueuePlace> {
        let mut groups = self.lock();
        groups.iter_mut().for_each(SharedQueue::forget_ended);
        let at = match groups.iter().position(|group| group.is_free(fsid, device)) {
            Some(at) => at,
            None => {
                groups.push(SharedQueue::new()?);
                groups.len() - 1
            }
        };
        let group = &mut groups[at];
        let before = group.filesystems.insert(fsid, Marked { device, is_mounted: true });
        Ok(QueuePlace { queue: Arc::clone(&group.queue), before })
    }

    /// Has a queue be as it was before a filesystem was to be marked there: what is called like it may
    /// have its place.
    fn give_back(&self, fsid: Fsid, place: QueuePlace) {
        let mut groups = self.lock();
        let mut groups = groups.iter_mut();
        let Some(group) = groups.find(|group| Arc::ptr_eq(&group.queue, &place.queue)) else {
            return;
        };
        match (place.before, group.filesystems.get_mut(&fsid)) {
            // It may have been unmounted meanwhile.
            (Some(before), Some(marked)) => marked.is_mounted &= before.is_mounted,
            (None, _) => drop(group.filesystems.remove(&fsid)),
            (Some(_), None) => {}
        }
    }

    /// Forgets a filesystem that is not mounted here any more.
    pub fn forget(&self, device: DeviceNumber) {
        for group in self.lock().iter_mut() {
            let of_device = group.filesystems.values_mut().filter(|other| other.device == device);
            of_device.for_each(|gone| gone.is_mounted = false);
        }
    }

    /// The queues, to wait for.
    pub fn all(&self) -> Vec<Arc<ErrorQueue>> {
        self.lock().iter().map(|group| Arc::clone(&group.queue)).collect()
    }

    /// Reads the next events of the queue with this number into a buffer, each with its filesystem if
    /// that is known; `None` if there are none.
    pub fn read<'a>(
        &self,
        number: usize,
        buffer: &'a mut [u8],
    ) -> Option<io::Result<ReadErrors<'a>>> {
        let groups = self.lock();
        let group = groups.get(number)?;
        let bytes = match group.queue.read(buffer) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
            Err(error) => return Some(Err(error)),
        };
        let told = parse_errors(bytes).into_iter().map(|event| {
            let device = match &event {
                ErrorEvent::Error(error) => group.mounted(error.fsid),
                ErrorEvent::Lost | ErrorEvent::Senseless => None,
            };
            ToldError { device, event }
        });
        Some(Ok(ReadErrors { bytes, errors: told.collect() }))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SharedQueue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events that were read at once.
#[derive(Debug)]
pub struct ReadErrors<'a> {
    /// What the kernel has written.
    pub bytes: &'a [u8],
    /// The events in it.
    pub errors: Vec<ToldError>,
}

/// An event, and the filesystem that it is about.
#[derive(Debug)]
pub struct ToldError {
    /// Device of the filesystem; `None` if it is not mounted any more, or none is meant.
    pub device: Option<DeviceNumber>,
    /// The event.
    pub event: ErrorEvent,
}

impl SharedQueue {
    fn new() -> io::Result<SharedQueue> {
        Ok(SharedQueue { queue: Arc::new(ErrorQueue::new()?), filesystems: BTreeMap::new() })
    }

    /// The device of the filesystem that is mounted here and called like this.
    fn mounted(&self, fsid: Fsid) -> Option<DeviceNumber> {
        self.filesystems.get(&fsid).filter(|marked| marked.is_mounted).map(|marked| marked.device)
    }

    /// Forgets those that are mounted nowhere any more. Where the marks cannot be read they stay, and a
    /// copy gets a queue of its own.
    fn forget_ended(&mut self) {
        if self.filesystems.values().all(|marked| marked.is_mounted) {
            return;
        }
        let Ok(devices) = self.queue.marked() else { return };
        self.filesystems.retain(|_, marked| marked.is_mounted || devices.contains(&marked.device));
    }

    /// True if no event of another filesystem can be taken for one of this.
    fn is_free(&self, fsid: Fsid, device: DeviceNumber) -> bool {
        self.filesystems.get(&fsid).is_none_or(|other| other.device == device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    /// Needs root.
    #[test]
    fn filesystems_that_are_called_alike_are_in_different_queues() {
        let Ok(queues) = Queues::new() else { return };
        let queue = |fsid, minor| queues.place_for(fsid, (7, minor)).unwrap().queue;
        let first = queue([1, 1], 0);
        assert!(Arc::ptr_eq(&first, &queue([2, 2], 1)));
        assert!(Arc::ptr_eq(&first, &queue([1, 1], 0)), "marked once more");
        let second = queue([1, 1], 2);
        assert!(!Arc::ptr_eq(&first, &second));
        assert_eq!(queues.all().len(), 2);
        queues.forget((7, 0));
        assert!(Arc::ptr_eq(&first, &queue([1, 1], 3)), "without a mark it is free again");
        assert!(queues.read(0, &mut [0; 4096]).is_none() && queues.read(9, &mut []).is_none());
    }

    /// Needs root.
    #[test]
    fn what_could_not_be_marked_keeps_no_place_from_what_is_called_like_it() {
        let Ok(queues) = Queues::new() else { return };
        let proc = std::fs::File::open("/proc").unwrap();
        let fsid = fsid(proc.as_fd()).unwrap();
        // It has no handles.
        let failed = queues.mark(proc.as_fd(), (0, 1));
        assert!(failed.is_err());
        queues.place_for(fsid, (0, 2)).unwrap();
        assert_eq!(queues.all().len(), 1);
        let again = queues.place_for(fsid, (0, 2)).unwrap();
        queues.give_back(fsid, again);
        queues.place_for(fsid, (0, 3)).unwrap();
        assert_eq!(queues.all().len(), 2, "that was marked before");
    }
}
