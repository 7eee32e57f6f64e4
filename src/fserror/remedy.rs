// SPDX-License-Identifier: LGPL-2.1-or-later
//! What can be done about errors of a filesystem while it is mounted, and doing it: for a worker.

use super::listened::{self, Listened};
use super::pauses::Identity;
use super::{e2scrub, files};
use crate::log::fserror::{E2scrubEnd, ErrorAction, FsErrorNews};
use crate::log::said::{HealerNews, Said};
use crate::service::{child, restart, unit};
use crate::sys::identity::{self, FsUuid};
use crate::sys::{DeviceNumber, Launch};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// A thing that can be done about errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A healer of XFS.
    Healer,
    /// A scrub of btrfs, which corrects from copies what it can.
    Scrub,
    /// A check of an ext4 on this logical volume, by a snapshot of it.
    Snapshot(PathBuf),
    /// None but to say what an ext4 has noted of its errors itself.
    Note,
}

impl Remedy {
    /// What is said when it begins.
    pub fn beginning(&self) -> Option<FsErrorNews> {
        match self {
            Remedy::Scrub => Some(FsErrorNews::ScrubStarts),
            Remedy::Snapshot(_) => Some(FsErrorNews::E2scrubStarts),
            Remedy::Healer | Remedy::Note => None,
        }
    }

    /// What is said of the end of one that could not be carried out, if it was said to begin.
    pub fn not_done(&self) -> Option<Vec<Said>> {
        let news = match self {
            Remedy::Scrub => FsErrorNews::ScrubEnded(None),
            Remedy::Snapshot(_) => FsErrorNews::E2scrubEnded(E2scrubEnd::NotChecked),
            Remedy::Healer | Remedy::Note => return None,
        };
        Some(vec![Said::FsError(news)])
    }
}

/// A filesystem that something is to be done for.
#[derive(Debug)]
pub struct Patient {
    /// Mount point where it was found.
    pub place: Vec<u8>,
    pub identity: Identity,
    pub remedy: Remedy,
}

/// The end of a search for a filesystem that something is to be done for.
#[derive(Debug)]
pub enum SearchEnd {
    Found(Patient),
    /// It is at none of its places.
    Nowhere,
    /// There was no thread to look, or the one that there was is dead.
    NoThread,
}

/// A reason why nothing was done for a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NothingDone {
    /// There was no thread.
    NoThread,
    /// It is at none of its places.
    Nowhere,
}

/// The end of a remedy.
#[derive(Debug)]
pub enum RemedyEnd {
    /// Nothing was done, and there is nothing to say of that: an XFS has a healer already.
    Nothing,
    /// Nothing was done: the filesystem is not at its place any more.
    Nowhere,
    /// This is to be said of the filesystem at this place.
    Ended(Vec<u8>, Vec<Said>),
    /// Nothing was done, though it was said to begin; this is to be said.
    NotDone(Vec<u8>, Vec<Said>),
    /// There was no thread for it, or the one that there was is dead.
    NoThread,
}

/// A remedy that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedRemedy {
    pub device: DeviceNumber,
    /// True if its filesystem is not mounted any more, and another one may be on that device.
    pub is_gone: bool,
    /// True if there was no thread for it, for the first time.
    pub is_put_off: bool,
}

/// True if something can be done about errors of the filesystems of a type.
pub fn has_remedy(fs_type: &[u8]) -> bool {
    matches!(fs_type, b"xfs" | b"btrfs") || is_ext4(fs_type)
}

/// True for what ext4 mounts, also by the older names.
fn is_ext4(fs_type: &[u8]) -> bool {
    matches!(fs_type, b"ext4" | b"ext3" | b"ext2")
}

/// What is done about errors of a filesystem of this type that is on this device.
pub fn action(fs_type: &[u8], device: DeviceNumber) -> Option<ErrorAction> {
    Some(match remedy(fs_type, device)? {
        Remedy::Healer => ErrorAction::Healer,
        Remedy::Scrub => ErrorAction::Scrub,
        Remedy::Snapshot(_) => ErrorAction::E2scrub,
        Remedy::Note => ErrorAction::Note,
    })
}

fn remedy(fs_type: &[u8], device: DeviceNumber) -> Option<Remedy> {
    match fs_type {
        b"xfs" => Some(Remedy::Healer),
        b"btrfs" => Some(Remedy::Scrub),
        _ if !is_ext4(fs_type) => None,
        _ => Some(e2scrub::volume(device).map_or(Remedy::Note, Remedy::Snapshot)),
    }
}

/// Finds the filesystem on `device`, which may be mounted at any of these places, and what can be done
/// for it.
pub fn find(places: Vec<Vec<u8>>, device: DeviceNumber, fs_type: &[u8]) -> SearchEnd {
    found(places, device, fs_type).map_or(SearchEnd::Nowhere, SearchEnd::Found)
}

fn found(places: Vec<Vec<u8>>, device: DeviceNumber, fs_type: &[u8]) -> Option<Patient> {
    let (place, dir) = files::open_any(places, device)?;
    // Its device is that of the filesystem as long as it is open.
    let remedy = remedy(fs_type, device)?;
    let uuid = match fs_type {
        b"btrfs" => identity::btrfs_uuid(dir.as_fd()).ok(),
        _ => self::uuid(dir.as_fd()),
    };
    // btrfs has a number of its own, another one at each mount.
    let (major, _) = device;
    let real = (major != 0).then_some(device);
    let identity = uuid.map_or(Identity::Device(device), |uuid| Identity::Uuid(uuid, real));
    Some(Patient { place, identity, remedy })
}

/// Carries out a remedy on the filesystem on `device`, if it is mounted at this place.
pub fn carry_out(remedy: Remedy, place: Vec<u8>, device: DeviceNumber) -> RemedyEnd {
    // Nowhere else: what is on the device there may be another one by now.
    let Some(dir) = files::open_at(&place, device) else {
        let said = remedy.not_done();
        return said.map_or(RemedyEnd::Nowhere, |said| RemedyEnd::NotDone(place, said));
    };
    let said: Vec<_> = match remedy {
        Remedy::Healer => {
            drop(dir);
            return start_healer(place);
        }
        Remedy::Scrub => {
            let listened = scrub(dir);
            let end = FsErrorNews::ScrubEnded(listened.code);
            listened.words().into_iter().map(FsErrorNews::ScrubSaid).chain([end]).collect()
        }
        Remedy::Snapshot(volume) => {
            let uuid = uuid(dir.as_fd());
            // Nobody is to find it in use because of this.
            drop(dir);
            let (end, words) = e2scrub::check(&volume);
            let is_checked = matches!(end, E2scrubEnd::Clean | E2scrubEnd::Damaged);
            let noted = if is_checked { None } else { noted_by(&place, device, uuid) };
            let noted = noted.map(FsErrorNews::Noted);
            let words = words.into_iter().map(FsErrorNews::E2scrubSaid);
            words.chain([FsErrorNews::E2scrubEnded(end)]).chain(noted).collect()
        }
        Remedy::Note => {
            let noted = e2scrub::noted(device, dir.as_fd()).map(FsErrorNews::Noted);
            noted.into_iter().collect()
        }
    };
    RemedyEnd::Ended(place, said.into_iter().map(Said::FsError).collect())
}

/// The number of errors that the ext4 with this UUID has noted, if it is still on this device and at this
/// place: it was closed for a while, and a number of a device is given to the next one.
fn noted_by(place: &[u8], device: DeviceNumber, uuid_before: Option<FsUuid>) -> Option<u64> {
    let dir = files::open_at(place, device)?;
    let is_same = uuid(dir.as_fd()) == uuid_before;
    is_same.then(|| e2scrub::noted(device, dir.as_fd())).flatten()
}

/// The UUID of the filesystem that an open directory is on, if it tells one.
fn uuid(dir: BorrowedFd<'_>) -> Option<FsUuid> {
    identity::uuid(dir).ok().flatten()
}

/// Scrubs a btrfs.
fn scrub(dir: OwnedFd) -> Listened {
    // Not the path, where another filesystem may be by now: what was found is its standard input.
    let mut command = Launch::new("btrfs");
    command.args(["scrub", "start", "-B", "--", "/proc/self/fd/0"]);
    listened::run(command, Some(dir))
}

/// Has systemd start the healer of the XFS that is mounted at this place, unless it has one.
///
/// Whether somebody else monitors it is for the unit to find out, by its condition: to ask takes a monitor,
/// if only for a moment, and a healer that starts in this moment gets none.
fn start_healer(place: Vec<u8>) -> RemedyEnd {
    if !unit::systemd_runs() {
        return RemedyEnd::Nothing;
    }
    let Some(unit) = restart::unit(&place) else {
        return RemedyEnd::Ended(place, vec![Said::Healer(HealerNews::Unnamed)]);
    };
    let is_running = |unit: &str| unit::unit_state(unit).map(|state| state.is_running);
    if is_running(&unit) == Some(true) {
        return RemedyEnd::Nothing;
    }
    let mut command = Launch::new("systemctl");
    command.args(["start", "--", &unit]);
    let is_well = child::status_of(command) == Some(0);
    let has_started = match is_running(&unit) {
        // Where its condition is not met, that is no failure.
        Some(false) if is_well => return RemedyEnd::Nothing,
        // systemctl(1) may have lost systemd, as when that is upgraded.
        Some(is_running) => is_running,
        None => is_well,
    };
    RemedyEnd::Ended(place, vec![Said::Healer(HealerNews::of_unit(has_started, unit))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_to_begin_ends_in_words_though_it_could_not_be_carried_out() {
        let of = |remedy: Remedy| {
            let begins = remedy.beginning().is_some();
            // Nothing of that device is mounted there.
            (begins, carry_out(remedy, b"/nonexistent".to_vec(), (0, 0)))
        };
        for remedy in [Remedy::Scrub, Remedy::Snapshot("/dev/mapper/v-l".into())] {
            let (begins, end) = of(remedy);
            assert!(begins && matches!(end, RemedyEnd::NotDone(_, said) if said.len() == 1));
        }
        for remedy in [Remedy::Healer, Remedy::Note] {
            assert!(matches!(of(remedy), (false, RemedyEnd::Nowhere)));
        }
    }
}
