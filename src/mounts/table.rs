// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which filesystems are mounted, by which mounts, and which of them have been seen to.
//!
//! Pure bookkeeping: knows neither the kernel nor services. As large as the kernel allows mounts to
//! be many (`/proc/sys/fs/mount-max`), and no larger.

use super::retry::Retry;
use crate::plan::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Major and minor number of a filesystem's device: the same for all its mounts.
pub type Device = (u32, u32);

/// What was done for a filesystem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum DeviceState {
    /// Nothing yet.
    #[default]
    New,
    /// Somebody finds out where it can be seen, and by whom it is monitored.
    Sought,
    /// None of its mounts can be seen or named; that can change when another mount comes or goes.
    Hidden,
    /// Its healer was started, for this mount point, or is another's business.
    Settled(Option<Vec<u8>>),
}

#[derive(Debug, Default)]
struct Filesystem {
    /// Never empty. The oldest mount has the lowest number.
    mounts: BTreeSet<u64>,
    state: DeviceState,
    /// Where its healer ended because one for another filesystem was started there.
    lost: Option<Vec<u8>>,
    /// Its healer may end, or have ended, with the start of another filesystem's.
    is_doubtful: bool,
    /// That none of its mounts can be named has been said.
    is_unnamed_said: bool,
    /// One of several mounts is gone, and its healer may have been stopped with that.
    has_lost_mount: bool,
    /// When to look whether it has a healer, or can have one now.
    retry: Retry,
    /// What was said of it the last time.
    said: Vec<String>,
}

/// A filesystem that nothing was done for.
#[derive(Debug, PartialEq, Eq)]
pub struct New {
    /// Which.
    pub device: Device,
    /// Its mounts, the oldest first.
    pub mounts: Vec<u64>,
    /// A mount point of its that belongs to another filesystem now.
    pub avoid: Option<Vec<u8>>,
    /// What was said of it before, none of which is to be said again.
    pub said: Vec<String>,
}

/// All mounted filesystems.
#[derive(Debug, Default)]
pub struct Table {
    mounts: BTreeMap<u64, Device>,
    filesystems: BTreeMap<Device, Filesystem>,
}

impl Table {
    /// Whether this mount has been told before.
    pub fn knows(&self, mount: u64) -> bool {
        self.mounts.contains_key(&mount)
    }

    /// A mount of the filesystem on `device` is there.
    pub fn attached(&mut self, mount: u64, device: Device) {
        if self.knows(mount) {
            return;
        }
        self.mounts.insert(mount, device);
        let filesystem = self.filesystems.entry(device).or_default();
        filesystem.mounts.insert(mount);
        filesystem.reveal();
    }

    /// A mount is gone, whatever was mounted there. With its last mount a filesystem is forgotten.
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

    /// Something is no longer in the way where it was: what was hidden is looked at again.
    pub fn uncovered(&mut self) {
        self.filesystems.values_mut().for_each(Filesystem::reveal);
    }

    /// The filesystem on `device` is looked at again if it is hidden.
    pub fn reveal(&mut self, device: Device) {
        self.update(device, Filesystem::reveal);
    }

    /// Only these mounts are there, in rising order, whatever was told before.
    pub fn retain(&mut self, mounts: &[u64]) {
        let is_gone = |mount: &u64| mounts.binary_search(mount).is_err();
        let gone: Vec<u64> = self.mounts.keys().copied().filter(is_gone).collect();
        gone.into_iter().for_each(|mount| self.detached(mount));
        self.uncovered();
    }

    /// A filesystem that nothing was done for.
    pub fn next(&self) -> Option<New> {
        let mut all = self.filesystems.iter();
        all.find(|(_, found)| found.state == DeviceState::New).map(|found| self.offer(found))
    }

    /// A filesystem for which something is to be done once more.
    pub fn due(&self, now: Time) -> Option<New> {
        let mut all = self.filesystems.iter();
        all.find(|(_, found)| found.is_due(now)).map(|found| self.offer(found))
    }

    fn offer(&self, (device, found): (&Device, &Filesystem)) -> New {
        let is_taken = |place: &&Vec<u8>| {
            let taken = DeviceState::Settled(Some(place.to_vec()));
            self.filesystems.values().any(|filesystem| filesystem.state == taken)
        };
        let avoid = found.lost.as_ref().filter(is_taken).cloned();
        let (mounts, said) = (found.mounts.iter().copied().collect(), found.said.clone());
        New { device: *device, mounts, avoid, said }
    }

    /// A healer was started for the filesystem on `device`, for this mount point. One that was
    /// started before for another filesystem at the same place ends by that, if not at once; nor is
    /// it known where one was started that somebody else has started.
    pub fn started(&mut self, device: Device, mount_point: &[u8]) {
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

    /// Whether the healer of some filesystem may end or have ended.
    pub fn has_doubts(&self) -> bool {
        self.filesystems.values().any(|filesystem| filesystem.is_doubtful)
    }

    /// It is looked at again who has a healer, where that is doubtful; for the last time with
    /// `is_last`.
    pub fn settle_doubts(&mut self, is_last: bool) {
        for filesystem in self.filesystems.values_mut().filter(|found| found.is_doubtful) {
            if filesystem.state == DeviceState::Settled(None) {
                filesystem.state = DeviceState::New;
            }
            filesystem.is_doubtful = !is_last;
        }
    }

    /// Somebody finds out where the filesystem on `device` can be seen.
    pub fn is_sought(&mut self, device: Device) {
        self.set(device, DeviceState::Sought);
    }

    /// Whether somebody has found that out and nothing has come of it yet; not of what was mounted on
    /// this device before.
    pub fn was_sought(&self, device: Device) -> bool {
        self.filesystems.get(&device).is_some_and(|found| found.state == DeviceState::Sought)
    }

    /// The filesystem on `device` has a healer.
    pub fn is_monitored(&mut self, device: Device) {
        self.set(device, DeviceState::Settled(None));
    }

    /// The filesystem on `device` has no healer any more, if it is mounted: all begins anew.
    pub fn again(&mut self, device: Device) {
        self.set(device, DeviceState::New);
        self.is_settled(device);
    }

    /// The filesystem on `device` may get a healer now. What was said of it is not forgotten.
    pub fn once_more(&mut self, device: Device) {
        self.set(device, DeviceState::New);
    }

    /// The filesystem on `device` may have no healer: that is looked at some time later.
    pub fn later(&mut self, device: Device, now: Time) {
        self.update(device, |filesystem| filesystem.retry.failed(now));
    }

    /// Whether the filesystem on `device` has a healer is to be looked at now.
    pub fn soon(&mut self, device: Device, now: Time) {
        self.update(device, |filesystem| filesystem.retry.at_once(now));
    }

    /// Where one of several mounts is gone, it is looked at soon whether there is still a healer.
    pub fn look_at_lost(&mut self) {
        for filesystem in self.filesystems.values_mut() {
            if std::mem::take(&mut filesystem.has_lost_mount) {
                filesystem.retry.wake();
            }
        }
    }

    /// Somebody looks whether the filesystem on `device` has a healer.
    pub fn is_looked_at(&mut self, device: Device) {
        self.update(device, |filesystem| filesystem.retry.begins());
    }

    /// Whether somebody looks, and not at what was mounted on this device before; nobody does after
    /// this.
    pub fn was_looked_at(&mut self, device: Device) -> bool {
        let filesystem = self.filesystems.get_mut(&device);
        filesystem.is_some_and(|filesystem| filesystem.retry.ends())
    }

    /// There is nothing to look at later on the filesystem on `device`.
    fn is_settled(&mut self, device: Device) {
        self.update(device, |filesystem| {
            (filesystem.retry, filesystem.said) = Default::default();
        });
    }

    /// The healer of the filesystem on `device` runs, for this mount point.
    pub fn runs(&mut self, device: Device, mount_point: Vec<u8>) {
        self.is_settled(device);
        self.update(device, |filesystem| {
            filesystem.state = DeviceState::Settled(Some(mount_point));
            filesystem.is_doubtful = false;
        });
    }

    /// This is said of the filesystem on `device`; true if it was not the last time.
    pub fn says(&mut self, device: Device, words: Vec<String>) -> bool {
        let Some(filesystem) = self.filesystems.get_mut(&device) else { return true };
        let is_news = filesystem.said != words;
        filesystem.said = words;
        is_news
    }

    /// For which mount point the healer of the filesystem on `device` was started.
    pub fn place(&self, device: Device) -> Option<&[u8]> {
        match &self.filesystems.get(&device)?.state {
            DeviceState::Settled(place) => place.as_deref(),
            DeviceState::New | DeviceState::Sought | DeviceState::Hidden => None,
        }
    }

    /// Whether the filesystem on `device` is looked at later.
    pub fn waits(&self, device: Device) -> bool {
        self.filesystems.get(&device).is_some_and(|filesystem| filesystem.due().is_some())
    }

    /// What kept the filesystem on `device` from having a healer has ended.
    pub fn is_free(&mut self, device: Device) {
        self.update(device, |filesystem| filesystem.retry.hurry());
    }

    /// What is looked at later is looked at now.
    pub fn all_soon(&mut self) {
        self.filesystems.values_mut().for_each(|filesystem| filesystem.retry.hurry());
    }

    /// When [`Table::due`] has something.
    pub fn next_due(&self) -> Option<Time> {
        self.filesystems.values().filter_map(Filesystem::due).min()
    }

    /// No mount of the filesystem on `device` can be seen.
    pub fn hidden(&mut self, device: Device) {
        self.set(device, DeviceState::Hidden);
    }

    /// No mount of the filesystem on `device` that can be seen can be named; true if that is to be
    /// said.
    pub fn unnamed(&mut self, device: Device) -> bool {
        self.hidden(device);
        let found = self.filesystems.get_mut(&device);
        found.is_some_and(|found| !std::mem::replace(&mut found.is_unnamed_said, true))
    }

    fn set(&mut self, device: Device, state: DeviceState) {
        self.update(device, |filesystem| {
            filesystem.state = state;
            filesystem.retry.is_over();
        });
    }

    fn update(&mut self, device: Device, change: impl FnOnce(&mut Filesystem)) {
        if let Some(filesystem) = self.filesystems.get_mut(&device) {
            change(filesystem);
        }
    }
}

impl Filesystem {
    fn reveal(&mut self) {
        if self.state == DeviceState::Hidden {
            self.state = DeviceState::New;
        }
    }

    fn due(&self) -> Option<Time> {
        self.retry.at().filter(|_| matches!(self.state, DeviceState::Settled(_)))
    }

    fn is_due(&self, now: Time) -> bool {
        self.due().is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests;
