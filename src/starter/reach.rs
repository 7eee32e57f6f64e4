// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finds out where a filesystem can be seen, and whether it is monitored already.
//!
//! Opens paths, each of which may lead to what never answers: for a worker.

use crate::fs;
use crate::service::restart;
use crate::sys::DeviceNumber;
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The result of a search for a filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The filesystem's healer is to be started for this mount point, by this unit.
    Startable(Vec<u8>, String),
    /// The filesystem is at this mount point, and somebody monitors it.
    Monitored(Vec<u8>),
    /// No unit can be named after a mount point where it can be seen; the first of those.
    Unnamed(Vec<u8>),
    /// The filesystem can be seen nowhere.
    Nowhere,
    /// The answer is not known, for this reason; the first of the places.
    Unknown(Vec<u8>, &'static str),
}

/// The result of a search at a mount point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sought {
    /// The filesystem: it can be monitored, or it cannot be told from here, but its healer will.
    Startable,
    /// The filesystem, which somebody monitors.
    Monitored,
    /// Anything but the filesystem.
    Other,
}

/// Finds the filesystem on `device` at the first of these places that a unit can be named after. In
/// another namespace than `is_own` something else may be there for us.
pub fn find(places: Vec<Vec<u8>>, device: DeviceNumber, is_own: bool) -> Found {
    let mut unnamed = None;
    // What is ours is no news of another namespace.
    let now = || if is_own { fs::mounted_at(device) } else { Vec::new() };
    for place in fs::reachable(places, now) {
        match look(&place, device) {
            Sought::Monitored => return Found::Monitored(place),
            Sought::Other if is_own => {}
            Sought::Other | Sought::Startable => match restart::unit(&place) {
                Some(unit) => return Found::Startable(place, unit),
                None => unnamed = unnamed.or(Some(place)),
            },
        }
    }
    unnamed.map_or(Found::Nowhere, Found::Unnamed)
}

/// Checks the filesystem on `device` that is mounted at `mount_point`.
///
/// A monitor is opened for a moment, because nothing else tells whether there is one.
fn look(mount_point: &[u8], device: DeviceNumber) -> Sought {
    let root = match fs::root_on(Path::new(OsStr::from_bytes(mount_point)), device) {
        Ok(Some(root)) => root,
        Ok(None) => return Sought::Other,
        Err(_) => return Sought::Startable,
    };
    match fs::Monitor::open(root.as_fd(), false) {
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Sought::Monitored,
        _ => Sought::Startable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_else_is_there_is_passed_by_unless_it_is_another_namespace() {
        // Before Linux 6.8 it cannot be told what is there.
        let is_told = crate::sys::mount::listmount().is_ok();
        let proc = || vec![b"/proc".to_vec()];
        let unit = || Found::Startable(b"/proc".to_vec(), "xfs_healer@proc.service".to_owned());
        assert_eq!(find(proc(), (7, 1), true), if is_told { Found::Nowhere } else { unit() });
        assert_eq!(find(proc(), (7, 1), false), unit());
        assert_eq!(find(vec![b"/nonexist".to_vec()], (7, 1), true), Found::Nowhere);
        assert_eq!(find(Vec::new(), (7, 1), false), Found::Nowhere);
    }

    #[test]
    fn the_first_place_with_a_name_is_taken_and_else_the_first_is_told() {
        // They are there, so that the kernel knows the way to each.
        let above = std::env::temp_dir().join(format!("xfshealer-reach-{}", std::process::id()));
        let long = |end: u8| {
            let place = above.join("x".repeat(200)).join(format!("{}{end}", "x".repeat(200)));
            std::fs::create_dir_all(&place).unwrap();
            place.into_os_string().into_encoded_bytes()
        };
        let at = |places: &[Vec<u8>]| find(places.to_vec(), (7, 1), false);
        assert_eq!(at(&[long(b'1'), long(b'2')]), Found::Unnamed(long(b'1')));
        let named = at(&[long(b'1'), b"/proc".to_vec(), b"/sys".to_vec()]);
        assert!(matches!(named, Found::Startable(place, _) if place == b"/proc"));
        std::fs::remove_dir_all(&above).unwrap();
        // What cannot be opened is up to its healer.
        assert_eq!(look(b"/\0", (7, 1)), Sought::Startable);
    }
}
