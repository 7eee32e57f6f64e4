// SPDX-License-Identifier: LGPL-2.1-or-later
//! What can be done about errors of a filesystem while it is mounted, and doing it: for a worker.

use super::files;
use crate::log::fserror::FsErrorNews;
use crate::log::said::{HealerNews, Said};
use crate::service::{child, restart};
use crate::sys::{DeviceNumber, xfs};
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

/// A thing that can be done about errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A healer of XFS.
    Healer,
    /// A scrub of btrfs, which corrects from copies what it can.
    Scrub,
}

/// The end of a remedy.
#[derive(Debug)]
pub enum RemedyEnd {
    /// An XFS has a healer already.
    HasHealer,
    /// The filesystem is at none of its places.
    Nowhere,
    /// This is to be said of the filesystem at this place.
    Ended(Vec<u8>, Said),
    /// There was no thread for it, or the one that there was is dead.
    NoThread,
}

/// What can be done about errors of the filesystems of a type.
pub fn remedy(fs_type: &[u8]) -> Option<Remedy> {
    match fs_type {
        b"xfs" => Some(Remedy::Healer),
        b"btrfs" => Some(Remedy::Scrub),
        _ => None,
    }
}

/// Carries out a remedy on the filesystem on `device`, which may be mounted at any of these places.
pub fn carry_out(remedy: Remedy, places: Vec<Vec<u8>>, device: DeviceNumber) -> RemedyEnd {
    let Some((place, dir)) = files::open_any(places, device) else { return RemedyEnd::Nowhere };
    match remedy {
        Remedy::Scrub => {
            drop(dir);
            let mut command = Command::new("btrfs");
            command.args(["scrub", "start", "-B", "--"]).arg(OsStr::from_bytes(&place));
            let ended = FsErrorNews::ScrubEnded(status(&mut command));
            RemedyEnd::Ended(place, Said::FsError(ended))
        }
        Remedy::Healer => {
            // Nothing else tells whether there is one.
            let monitor = xfs::health_monitor(dir.as_fd(), false).map(drop);
            if monitor.is_err_and(|error| error.raw_os_error() == Some(libc::EEXIST)) {
                return RemedyEnd::HasHealer;
            }
            drop(dir);
            let Some(unit) = restart::unit(&place) else {
                return RemedyEnd::Ended(place, Said::Healer(HealerNews::Unnamed));
            };
            let mut command = Command::new("systemctl");
            command.args(["start", "--no-block", "--", &unit]);
            let has_started = status(&mut command) == Some(0);
            RemedyEnd::Ended(place, Said::Healer(HealerNews::of_unit(has_started, unit)))
        }
    }
}

/// Runs a program to its end and gives its exit code; `None` if it could not be run, or a signal has
/// ended it.
fn status(command: &mut Command) -> Option<i32> {
    child::prepare(command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok()?.code()
}
