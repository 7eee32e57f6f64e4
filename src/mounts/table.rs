// SPDX-License-Identifier: LGPL-2.1-or-later
//! Which filesystems are mounted, by which mounts, and which of them have been seen to.
//!
//! Pure bookkeeping: knows neither the kernel nor services. As large as the kernel allows mounts to
//! be many (`/proc/sys/fs/mount-max`), and no larger.

use std::collections::{BTreeMap, BTreeSet};

/// Major and minor number of a filesystem's device: the same for all its mounts.
pub type Device = (u32, u32);

/// What was done for a filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Nothing yet.
    New,
    /// None of its mounts can be seen or named; that can change when another mount comes or goes.
    Hidden,
    /// Its healer was started, for this mount point, or is another's business.
    Settled(Option<Vec<u8>>),
}

#[derive(Debug)]
struct Filesystem {
    /// Never empty. The oldest mount has the lowest number.
    mounts: BTreeSet<u64>,
    state: State,
    /// Where its healer ended because one for another filesystem was started there.
    lost: Option<Vec<u8>>,
    /// Its healer may end, or have ended, with the start of another filesystem's.
    is_doubtful: bool,
    /// That none of its mounts can be named has been said.
    is_unnamed_said: bool,
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
        let none = || Filesystem {
            mounts: BTreeSet::new(),
            state: State::New,
            lost: None,
            is_doubtful: false,
            is_unnamed_said: false,
        };
        let filesystem = self.filesystems.entry(device).or_insert_with(none);
        filesystem.mounts.insert(mount);
        if filesystem.state == State::Hidden {
            filesystem.state = State::New;
        }
    }

    /// A mount is gone, whatever was mounted there. With its last mount a filesystem is forgotten.
    pub fn detached(&mut self, mount: u64) {
        let Some(device) = self.mounts.remove(&mount) else { return };
        if let Some(filesystem) = self.filesystems.get_mut(&device) {
            filesystem.mounts.remove(&mount);
            if filesystem.mounts.is_empty() {
                self.filesystems.remove(&device);
            }
        }
    }

    /// Something is no longer in the way where it was: what was hidden is looked at again.
    pub fn uncovered(&mut self) {
        for filesystem in self.filesystems.values_mut() {
            if filesystem.state == State::Hidden {
                filesystem.state = State::New;
            }
        }
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
        let (device, found) = all.find(|(_, filesystem)| filesystem.state == State::New)?;
        let is_taken = |place: &&Vec<u8>| {
            let taken = State::Settled(Some(place.to_vec()));
            self.filesystems.values().any(|filesystem| filesystem.state == taken)
        };
        let avoid = found.lost.as_ref().filter(is_taken).cloned();
        Some(New { device: *device, mounts: found.mounts.iter().copied().collect(), avoid })
    }

    /// A healer was started for the filesystem on `device`, for this mount point. One that was
    /// started before for another filesystem at the same place ends by that, if not at once; nor is
    /// it known where one was started that somebody else has started.
    pub fn started(&mut self, device: Device, mount_point: &[u8]) {
        let place = State::Settled(Some(mount_point.to_vec()));
        for filesystem in self.filesystems.values_mut() {
            if filesystem.state == place {
                filesystem.state = State::New;
                filesystem.lost = Some(mount_point.to_vec());
                filesystem.is_doubtful = true;
            }
            filesystem.is_doubtful |= filesystem.state == State::Settled(None);
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
            if filesystem.state == State::Settled(None) {
                filesystem.state = State::New;
            }
            filesystem.is_doubtful = !is_last;
        }
    }

    /// The filesystem on `device` has a healer.
    pub fn is_monitored(&mut self, device: Device) {
        self.set(device, State::Settled(None));
    }

    /// The filesystem on `device` has no healer any more, if it is mounted.
    pub fn again(&mut self, device: Device) {
        self.set(device, State::New);
    }

    /// No mount of the filesystem on `device` can be seen.
    pub fn hidden(&mut self, device: Device) {
        self.set(device, State::Hidden);
    }

    /// No mount of the filesystem on `device` that can be seen can be named; true if that is to be
    /// said.
    pub fn unnamed(&mut self, device: Device) -> bool {
        self.hidden(device);
        let found = self.filesystems.get_mut(&device);
        found.is_some_and(|found| !std::mem::replace(&mut found.is_unnamed_said, true))
    }

    fn set(&mut self, device: Device, state: State) {
        if let Some(filesystem) = self.filesystems.get_mut(&device) {
            filesystem.state = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Device = (7, 0);
    const B: Device = (7, 1);
    const C: Device = (7, 2);

    fn new(device: Device, mounts: &[u64]) -> Option<New> {
        Some(New { device, mounts: mounts.to_vec(), avoid: None })
    }

    /// A table with these mounts.
    fn table(mounts: &[(u64, Device)]) -> Table {
        let mut table = Table::default();
        mounts.iter().for_each(|(mount, device)| table.attached(*mount, *device));
        table
    }

    #[test]
    fn a_filesystem_is_seen_to_once_however_often_it_is_mounted() {
        let mut table = table(&[(3, A), (1, A), (2, B)]);
        assert_eq!(table.next(), new(A, &[1, 3]));
        table.started(A, b"/a");
        assert_eq!(table.next(), new(B, &[2]));
        table.is_monitored(B);
        assert_eq!(table.next(), None);
        table.attached(4, A);
        table.attached(4, B);
        table.detached(1);
        table.uncovered();
        assert_eq!(table.next(), None);
    }

    #[test]
    fn a_filesystem_without_mounts_is_forgotten() {
        let mut table = table(&[(1, A), (2, A)]);
        table.started(A, b"/a");
        table.detached(1);
        table.detached(9);
        assert_eq!(table.next(), None);
        table.detached(2);
        assert!(table.mounts.is_empty() && table.filesystems.is_empty());
        table.attached(3, A);
        assert_eq!(table.next(), new(A, &[3]));
    }

    #[test]
    fn what_is_hidden_is_looked_at_again_when_something_changes() {
        let mut table = table(&[(1, A)]);
        table.hidden(A);
        assert_eq!(table.next(), None);
        table.uncovered();
        assert_eq!(table.next(), new(A, &[1]));
        table.hidden(A);
        table.attached(2, A);
        assert_eq!(table.next(), new(A, &[1, 2]));
    }

    #[test]
    fn a_healer_that_lost_its_unit_to_another_filesystem_is_not_forgotten() {
        let mut table = table(&[(1, A), (2, B)]);
        table.started(A, b"/m");
        assert!(!table.has_doubts());
        table.started(B, b"/m");
        assert_eq!(table.next().unwrap().avoid.as_deref(), Some(&b"/m"[..]), "not there again");
        table.hidden(A);
        table.detached(2);
        table.uncovered();
        assert_eq!(table.next(), new(A, &[1]));
    }

    #[test]
    fn who_may_have_lost_its_healer_is_looked_at_until_that_is_known() {
        let mut table = table(&[(1, A), (2, A), (3, B), (4, C)]);
        let next = |table: &Table| table.next().map(|new| new.device);
        table.started(A, b"/a");
        table.is_monitored(C);
        assert!(!table.has_doubts());
        table.started(B, b"/a");
        assert_eq!(next(&table), Some(A));
        table.is_monitored(A);
        assert_eq!(next(&table), None, "it may be about to end");
        table.settle_doubts(false);
        assert_eq!(next(&table), Some(A));
        table.started(A, b"/b");
        assert_eq!(next(&table), Some(C), "nobody knows where that was started");
        table.is_monitored(C);
        assert!(table.has_doubts());
        table.settle_doubts(true);
        assert_eq!(next(&table), Some(C));
        table.is_monitored(C);
        assert!(!table.has_doubts() && table.next().is_none());
    }

    #[test]
    fn that_no_mount_can_be_named_is_said_once_and_each_further_mount_may_be() {
        let mut table = table(&[(1, A)]);
        assert!(table.unnamed(A));
        assert_eq!(table.next(), None);
        table.attached(2, A);
        assert_eq!(table.next(), new(A, &[1, 2]));
        assert!(!table.unnamed(A));
        table.detached(1);
        table.detached(2);
        table.attached(3, A);
        assert!(table.unnamed(A), "it may be another filesystem");
    }

    #[test]
    fn a_list_replaces_what_was_told() {
        let mut table = table(&[(1, A), (2, A), (3, B)]);
        table.started(A, b"/a");
        table.started(B, b"/b");
        table.retain(&[2, 5]);
        assert_eq!(table.mounts.keys().collect::<Vec<_>>(), [&2]);
        table.attached(5, B);
        assert_eq!(table.next(), new(B, &[5]));
    }

    #[test]
    fn who_lost_its_healer_is_seen_to_again_while_it_is_mounted() {
        let mut table = table(&[(1, A)]);
        table.is_monitored(A);
        table.again(A);
        assert_eq!(table.next(), new(A, &[1]));
        table.detached(1);
        table.again(A);
        assert_eq!(table.next(), None);
    }

    #[test]
    fn news_about_what_is_gone_changes_nothing() {
        let mut table = Table::default();
        table.started(A, b"/a");
        table.hidden(A);
        table.is_monitored(A);
        assert!(table.filesystems.is_empty());
    }
}
