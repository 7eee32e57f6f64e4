// SPDX-License-Identifier: LGPL-2.1-or-later
//! What can be done about errors of a filesystem while it is mounted, and doing it: for a worker.

use super::files;
use super::pauses::Identity;
use crate::log::fserror::FsErrorNews;
use crate::log::said::{HealerNews, Said};
use crate::service::{child, restart, unit};
use crate::sys::{DeviceNumber, fserror};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

/// A thing that can be done about errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A healer of XFS.
    Healer,
    /// A scrub of btrfs, which corrects from copies what it can.
    Scrub,
}

/// A filesystem that something is to be done for.
#[derive(Debug)]
pub struct Patient {
    /// Mount point where it was found.
    pub place: Vec<u8>,
    pub identity: Identity,
    pub remedy: Remedy,
}

/// The end of a remedy.
#[derive(Debug)]
pub enum RemedyEnd {
    /// Nothing was done, and there is nothing to say of that: an XFS has a healer already, or the
    /// filesystem is not at its place any more.
    Nothing,
    /// This is to be said of the filesystem at this place.
    Ended(Vec<u8>, Said),
    /// There was no thread for it, or the one that there was is dead.
    NoThread,
}

/// What can be done about errors of the filesystems of a type.
fn remedy(fs_type: &[u8]) -> Option<Remedy> {
    match fs_type {
        b"xfs" => Some(Remedy::Healer),
        b"btrfs" => Some(Remedy::Scrub),
        _ => None,
    }
}

/// True if something can be done about errors of the filesystems of a type.
pub fn has_remedy(fs_type: &[u8]) -> bool {
    remedy(fs_type).is_some()
}

/// Finds the filesystem on `device`, which may be mounted at any of these places, and what can be done
/// for it.
pub fn find(places: Vec<Vec<u8>>, device: DeviceNumber, fs_type: &[u8]) -> Option<Patient> {
    let remedy = remedy(fs_type)?;
    let (place, dir) = files::open_any(places, device)?;
    let uuid = fserror::uuid(dir.as_fd()).ok().flatten();
    let identity = uuid.map_or(Identity::Device(device), Identity::Uuid);
    Some(Patient { place, identity, remedy })
}

/// Carries out a remedy on the filesystem on `device`, if it is mounted at this place.
pub fn carry_out(remedy: Remedy, place: Vec<u8>, device: DeviceNumber) -> RemedyEnd {
    let Some((place, dir)) = files::open_any(vec![place], device) else {
        return RemedyEnd::Nothing;
    };
    match remedy {
        Remedy::Scrub => {
            // Not the path, where another filesystem may be by now: what was found is its standard input.
            let mut command = Command::new("btrfs");
            command.args(["scrub", "start", "-B", "--", "/proc/self/fd/0"]).stdin(dir);
            let ended = FsErrorNews::ScrubEnded(status(&mut command));
            RemedyEnd::Ended(place, Said::FsError(ended))
        }
        Remedy::Healer => {
            drop(dir);
            start_healer(place)
        }
    }
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
        return RemedyEnd::Ended(place, Said::Healer(HealerNews::Unnamed));
    };
    let is_running = |unit: &str| unit::unit_state(unit).map(|state| state.is_running);
    if is_running(&unit) == Some(true) {
        return RemedyEnd::Nothing;
    }
    let mut command = Command::new("systemctl");
    command.args(["start", "--", &unit]).stdin(Stdio::null());
    let has_started = status(&mut command) == Some(0);
    // Where its condition is not met, that is no failure.
    if has_started && is_running(&unit) == Some(false) {
        return RemedyEnd::Nothing;
    }
    RemedyEnd::Ended(place, Said::Healer(HealerNews::of_unit(has_started, unit)))
}

/// Runs a program to its end and gives its exit code; `None` if it could not be run, or a signal has
/// ended it.
fn status(command: &mut Command) -> Option<i32> {
    child::prepare(command);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok()?.code()
}
