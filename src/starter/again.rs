// SPDX-License-Identifier: LGPL-2.1-or-later
//! A later check of a filesystem that may have no healer: has it one, and if not, can it have one
//! now?
//!
//! Opens paths and asks systemd: for a worker.

use crate::fs;
use crate::service::{restart, unit};
use crate::sys::DeviceNumber;
use crate::watch::open::{Supported, supported};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The result of a check for a healer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The unit of this mount point runs: all else is up to systemd and the administrator.
    Runs(Vec<u8>),
    /// The filesystem has no monitor, and `xfs_healer --supported` has no objection to watching it.
    Startable,
    /// The filesystem is monitored by somebody else, or cannot or shall not be monitored, or that
    /// cannot be told.
    Refused,
}

/// Number of places that are checked at most: each costs a systemctl(1) and what that waits for.
const MOST_PLACES: usize = 8;

/// Checks first where a filesystem can be seen, then whether it has a healer. systemd is asked only
/// where there is, or can be, a healer.
pub fn look(device: DeviceNumber, places: &[Vec<u8>], started: Option<Vec<u8>>) -> Answer {
    let (mut is_monitored, mut checked) = (false, 0);
    for place in fs::reachable(places.to_vec(), || fs::mounted_at(device)) {
        let Some(unit) = restart::unit(&place) else { continue };
        let path = Path::new(OsStr::from_bytes(&place));
        let mount_point = match fs::mount_point_on(path, device) {
            Ok(Some(mount_point)) => mount_point,
            Ok(None) => continue,
            Err(_) => return Answer::Refused,
        };
        let supported = supported(path, mount_point);
        if supported == Supported::No {
            return Answer::Refused;
        }
        if checked == MOST_PLACES {
            break;
        }
        checked += 1;
        match unit::unit_state(&unit) {
            Some(state) if state.is_running => return Answer::Runs(place),
            Some(_) if supported == Supported::Yes => return Answer::Startable,
            None => return Answer::Refused,
            // It may be that of another of its mount points.
            Some(_) => is_monitored = true,
        }
    }
    // A healer goes on when its mount point is gone and there are others.
    let runs = |place: &Vec<u8>| {
        let state = restart::unit(place).and_then(|unit| unit::unit_state(&unit));
        state.is_some_and(|state| state.is_running)
    };
    let gone = started.filter(|place| is_monitored && !places.contains(place));
    gone.filter(runs).map_or(Answer::Refused, Answer::Runs)
}
