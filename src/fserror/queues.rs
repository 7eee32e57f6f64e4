// SPDX-License-Identifier: LGPL-2.1-or-later
//! The queues of the kernel that errors come through, and which filesystem is meant in each.
//!
//! An error names its filesystem by an identity that copies of it share, such as a snapshot that is
//! mounted beside it. Of those that are alike each is in another queue, so mostly there is one queue.

use crate::sys::DeviceNumber;
use crate::sys::fserror::{ErrorEvent, ErrorQueue, Fsid, fsid, parse_errors};
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
        let queue = self.queue_for(fsid, device)?;
        // Not with the lock: this goes into the filesystem.
        queue.mark(dir)
    }

    fn queue_for(&self, fsid: Fsid, device: DeviceNumber) -> io::Result<Arc<ErrorQueue>> {
        let mut groups = self.lock();
        groups.iter_mut().for_each(SharedQueue::forget_ended);
        if let Some(group) = groups.iter_mut().find(|group| group.is_free(fsid, device)) {
            group.filesystems.insert(fsid, Marked { device, is_mounted: true });
            return Ok(Arc::clone(&group.queue));
        }
        let mut group = SharedQueue::new()?;
        group.filesystems.insert(fsid, Marked { device, is_mounted: true });
        let queue = Arc::clone(&group.queue);
        groups.push(group);
        Ok(queue)
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

    /// Needs root.
    #[test]
    fn filesystems_that_are_called_alike_are_in_different_queues() {
        let Ok(queues) = Queues::new() else { return };
        let queue = |fsid, minor| queues.queue_for(fsid, (7, minor)).unwrap();
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
}
