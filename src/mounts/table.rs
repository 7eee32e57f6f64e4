// SPDX-License-Identifier: LGPL-2.1-or-later
//! The filesystems that are mounted, their mounts, and which of them have been seen to.
//!
//! Pure bookkeeping: knows neither the kernel nor services. As large as the kernel allows mounts to
//! be many (`/proc/sys/fs/mount-max`), and no larger.

use super::retry::Retry;
use crate::plan::Time;
use crate::sys::DeviceNumber;
use std::collections::{BTreeMap, BTreeSet};

/// State of a filesystem: what was done for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum DeviceState {
    /// Nothing was done for the filesystem yet.
    #[default]
    New,
    /// A worker finds out where the filesystem can be seen, and by whom it is monitored.
    Sought,
    /// The filesystem has no mount that can be seen or named; that can change when another mount
    /// comes or goes.
    Hidden,
    /// The healer was started, for this mount point; `None`: it is another's business.
    Settled(Option<Vec<u8>>),
}

#[derive(Debug, Default)]
struct Mounted {
    /// Numbers of its mounts, never empty. The oldest mount has the lowest number.
    mounts: BTreeSet<u64>,
    state: DeviceState,
    /// Mount point where its healer ended because one for another filesystem was started there.
    lost: Option<Vec<u8>>,
    /// True if its healer may end, or have ended, with the start of another filesystem's.
    is_doubtful: bool,
    /// Set once the line that none of its mounts can be named has been logged.
    is_unnamed_said: bool,
    /// True if one of several mounts is gone, and its healer may have been stopped with that.
    has_lost_mount: bool,
    /// Times to check whether it has a healer, or can have one now.
    retry: Retry,
    /// Lines that were said of it the last time.
    said: Vec<String>,
}

/// A mounted filesystem that nobody was asked to watch yet, with its mounts.
#[derive(Debug, PartialEq, Eq)]
pub struct New {
    /// Device of the filesystem.
    pub device: DeviceNumber,
    /// Mounts of the filesystem, the oldest first.
    pub mounts: Vec<u64>,
    /// Mount point that is to be avoided, because it belongs to another filesystem now.
    pub avoid: Option<Vec<u8>>,
    /// Lines that were said of it before, none of which is to be said again.
    pub said: Vec<String>,
}

/// The mounted filesystems and their mounts.
#[derive(Debug, Default)]
pub struct MountTable {
    mounts: BTreeMap<u64, DeviceNumber>,
    filesystems: BTreeMap<DeviceNumber, Mounted>,
}

impl MountTable {
    /// True if this mount has been told before.
    pub fn knows(&self, mount: u64) -> bool {
        self.mounts.contains_key(&mount)
    }

    /// Takes note of a mount of the filesystem on `device`.
    pub fn attached(&mut self, mount: u64, device: DeviceNumber) {
        if self.knows(mount) {
            return;
        }
        self.mounts.insert(mount, device);
        let filesystem = self.filesystems.entry(device).or_default();
        filesystem.mounts.insert(mount);
        filesystem.reveal();
    }

    /// Takes note that a mount is gone, whatever was mounted there. With its last mount a
    /// filesystem is forgotten.
    pub fn detached(&mut self, mount: u64) {
        let Some(device) = self.mounts.remove(&mount) else { return };
        if let Some(filesystem) = self.filesystems.get_mut(&device) {
            filesystem.mounts.remove(&mount);
            filesystem.has_lost_mount = true;
            if filesystem.mounts.is_empty() {
                self.filesystems.remove(&device);
            }
        }
    }

    /// Makes hidden filesystems new again: something is no longer in the way where it was.
    pub fn uncovered(&mut self) {
        self.filesystems.values_mut().for_each(Mounted::reveal);
    }

    /// Makes the filesystem on `device` new again if it is hidden.
    pub fn reveal(&mut self, device: DeviceNumber) {
        self.update(device, Mounted::reveal);
    }

    /// Forgets all mounts but these, which are in rising order, whatever was told before.
    pub fn retain(&mut self, mounts: &[u64]) {
        let is_gone = |mount: &u64| mounts.binary_search(mount).is_err();
        let gone: Vec<u64> = self.mounts.keys().copied().filter(is_gone).collect();
        gone.into_iter().for_each(|mount| self.detached(mount));
        self.uncovered();
    }

    /// A filesystem that nothing was done for; `None` if there is none.
    pub fn next(&self) -> Option<New> {
        let mut all = self.filesystems.iter();
        all.find(|(_, found)| found.state == DeviceState::New).map(|found| self.offer(found))
    }

    /// A filesystem for which something is to be done once more; `None` if there is none.
    pub fn due(&self, now: Time) -> Option<New> {
        let mut all = self.filesystems.iter();
        all.find(|(_, found)| found.is_due(now)).map(|found| self.offer(found))
    }

    fn offer(&self, (device, found): (&DeviceNumber, &Mounted)) -> New {
        let is_taken = |place: &&Vec<u8>| {
            let taken = DeviceState::Settled(Some(place.to_vec()));
            self.filesystems.values().any(|filesystem| filesystem.state == taken)
        };
        let avoid = found.lost.as_ref().filter(is_taken).cloned();
        let (mounts, said) = (found.mounts.iter().copied().collect(), found.said.clone());
        New { device: *device, mounts, avoid, said }
    }

    /// Takes note that a healer was started for the filesystem on `device`, for this mount point.
    /// One that was started before for another filesystem at the same place ends by that, if not at
    /// once; nor is it known where one was started that somebody else has started.
    pub fn started(&mut self, device: DeviceNumber, mount_point: &[u8]) {
        let place = DeviceState::Settled(Some(mount_point.to_vec()));
        for filesystem in self.filesystems.values_mut() {
            if filesystem.state == place {
                filesystem.state = DeviceState::New;
                filesystem.lost = Some(mount_point.to_vec());
                filesystem.is_doubtful = true;
            }
            // That there is a healer may just be about to be told.
            filesystem.is_doubtful |=
                matches!(filesystem.state, DeviceState::Settled(None) | DeviceState::Sought);
        }
        self.set(device, place);
        if let Some(filesystem) = self.filesystems.get_mut(&device) {
            filesystem.is_doubtful = false;
        }
    }

    /// True if the healer of some filesystem may end or have ended.
    pub fn has_doubts(&self) -> bool {
        self.filesystems.values().any(|filesystem| filesystem.is_doubtful)
    }

    /// Has filesystems checked again for a healer, where that is doubtful; for the last time with
    /// `is_last`.
    pub fn settle_doubts(&mut self, is_last: bool) {
        for filesystem in self.filesystems.values_mut().filter(|found| found.is_doubtful) {
            if filesystem.state == DeviceState::Settled(None) {
                filesystem.state = DeviceState::New;
            }
            filesystem.is_doubtful = !is_last;
        }
    }

    /// Takes note that a worker finds out where the filesystem on `device` can be seen.
    pub fn is_sought(&mut self, device: DeviceNumber) {
        self.set(device, DeviceState::Sought);
    }

    /// True if the filesystem on `device` was searched for and nothing has come of it yet; not if
    /// the search was for what was mounted there before.
    pub fn was_sought(&self, device: DeviceNumber) -> bool {
        self.filesystems.get(&device).is_some_and(|found| found.state == DeviceState::Sought)
    }

    /// Numbers of the mounts of the filesystem on `device`, the oldest first; none if it is not mounted.
    pub fn mounts(&self, device: DeviceNumber) -> Vec<u64> {
        let found = self.filesystems.get(&device);
        found.into_iter().flat_map(|found| found.mounts.iter().copied()).collect()
    }

    /// True if nothing was done for the filesystem on `device` yet.
    pub fn is_new(&self, device: DeviceNumber) -> bool {
        self.filesystems.get(&device).is_some_and(|found| found.state == DeviceState::New)
    }

    /// Takes note that the filesystem on `device` has a healer.
    pub fn is_monitored(&mut self, device: DeviceNumber) {
        self.set(device, DeviceState::Settled(None));
    }

    /// Takes note that the filesystem on `device`, if it is mounted, has no healer any more: all
    /// begins anew.
    pub fn again(&mut self, device: DeviceNumber) {
        self.set(device, DeviceState::New);
        self.is_settled(device);
    }

    /// Takes note that the filesystem on `device` may get a healer now. What was said of it is not
    /// forgotten.
    pub fn once_more(&mut self, device: DeviceNumber) {
        self.set(device, DeviceState::New);
    }

    /// Plans a later check: the filesystem on `device` may have no healer.
    pub fn later(&mut self, device: DeviceNumber, now: Time) {
        self.update(device, |filesystem| filesystem.retry.failed(now));
    }

    /// Plans a check at once whether the filesystem on `device` has a healer.
    pub fn soon(&mut self, device: DeviceNumber, now: Time) {
        self.update(device, |filesystem| filesystem.retry.at_once(now));
    }

    /// Plans an early check whether there is still a healer, where one of several mounts is gone.
    pub fn look_at_lost(&mut self) {
        for filesystem in self.filesystems.values_mut() {
            if std::mem::take(&mut filesystem.has_lost_mount) {
                filesystem.retry.wake();
            }
        }
    }

    /// Takes note that a worker checks whether the filesystem on `device` has a healer.
    pub fn is_looked_at(&mut self, device: DeviceNumber) {
        self.update(device, |filesystem| filesystem.retry.begins());
    }

    /// True if a worker checks the filesystem on `device`, and not what was mounted there before;
    /// none does after this.
    pub fn was_looked_at(&mut self, device: DeviceNumber) -> bool {
        let filesystem = self.filesystems.get_mut(&device);
        filesystem.is_some_and(|filesystem| filesystem.retry.ends())
    }

    /// Takes note that nothing is to be checked later on the filesystem on `device`.
    fn is_settled(&mut self, device: DeviceNumber) {
        self.update(device, |filesystem| {
            (filesystem.retry, filesystem.said) = Default::default();
        });
    }

    /// Takes note that the healer of the filesystem on `device` runs, for this mount point.
    pub fn runs(&mut self, device: DeviceNumber, mount_point: Vec<u8>) {
        self.is_settled(device);
        self.update(device, |filesystem| {
            filesystem.state = DeviceState::Settled(Some(mount_point));
            filesystem.is_doubtful = false;
        });
    }

    /// Keeps the lines that are said of the filesystem on `device`; true if they differ from the
    /// last time.
    pub fn says(&mut self, device: DeviceNumber, words: Vec<String>) -> bool {
        let Some(filesystem) = self.filesystems.get_mut(&device) else { return true };
        let is_news = filesystem.said != words;
        filesystem.said = words;
        is_news
    }

    /// Mount point for which the healer of the filesystem on `device` was started; `None` if none
    /// is known.
    pub fn place(&self, device: DeviceNumber) -> Option<&[u8]> {
        match &self.filesystems.get(&device)?.state {
            DeviceState::Settled(place) => place.as_deref(),
            DeviceState::New | DeviceState::Sought | DeviceState::Hidden => None,
        }
    }

    /// True if the filesystem on `device` is checked later.
    pub fn waits(&self, device: DeviceNumber) -> bool {
        self.filesystems.get(&device).is_some_and(|filesystem| filesystem.wake_at().is_some())
    }

    /// Takes note that the obstacle to a healer of the filesystem on `device` has ended.
    pub fn is_free(&mut self, device: DeviceNumber) {
        self.update(device, |filesystem| filesystem.retry.hurry());
    }

    /// Moves all checks that are planned for later to now.
    pub fn all_soon(&mut self) {
        self.filesystems.values_mut().for_each(|filesystem| filesystem.retry.hurry());
    }

    /// Time at which [`MountTable::due`] has something; `None` if nothing is planned.
    pub fn wake_at(&self) -> Option<Time> {
        self.filesystems.values().filter_map(Mounted::wake_at).min()
    }

    /// Takes note that no mount of the filesystem on `device` can be seen.
    pub fn hidden(&mut self, device: DeviceNumber) {
        self.set(device, DeviceState::Hidden);
    }

    /// Takes note that no mount of the filesystem on `device` that can be seen can be named; true
    /// if that is to be said.
    pub fn unnamed(&mut self, device: DeviceNumber) -> bool {
        self.hidden(device);
        let found = self.filesystems.get_mut(&device);
        found.is_some_and(|found| !std::mem::replace(&mut found.is_unnamed_said, true))
    }

    fn set(&mut self, device: DeviceNumber, state: DeviceState) {
        self.update(device, |filesystem| {
            filesystem.state = state;
            filesystem.retry.is_over();
        });
    }

    fn update(&mut self, device: DeviceNumber, change: impl FnOnce(&mut Mounted)) {
        if let Some(filesystem) = self.filesystems.get_mut(&device) {
            change(filesystem);
        }
    }
}

impl Mounted {
    fn reveal(&mut self) {
        if self.state == DeviceState::Hidden {
            self.state = DeviceState::New;
        }
    }

    fn wake_at(&self) -> Option<Time> {
        self.retry.wake_at().filter(|_| matches!(self.state, DeviceState::Settled(_)))
    }

    fn is_due(&self, now: Time) -> bool {
        self.wake_at().is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests;
