// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is at a mount point: is it the filesystem, and is it monitored already?

use crate::fs;
use crate::mounts::Device;
use crate::sys::xfs;
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It can be monitored, or it cannot be told from here: its healer will.
    Startable,
    /// Somebody monitors it.
    Monitored,
    /// Another filesystem is there.
    Other,
}

/// Looks at the filesystem on `device` that is mounted at `mount_point`.
///
/// A monitor is opened for a moment, because nothing else tells whether there is one.
pub fn look(mount_point: &[u8], device: Device) -> Found {
    let Ok(root) = fs::open_root(Path::new(OsStr::from_bytes(mount_point))) else {
        return Found::Startable;
    };
    let found = fs::device(root.as_fd()).map(|dev| (libc::major(dev), libc::minor(dev)));
    match found {
        Ok(found) if found != device => return Found::Other,
        Ok(_) => {}
        Err(_) => return Found::Startable,
    }
    match xfs::health_monitor(root.as_fd(), false) {
        Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Found::Monitored,
        _ => Found::Startable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn another_filesystem_at_the_place_is_told_from_none() {
        let dev = std::fs::metadata("/proc").unwrap().dev();
        let (major, minor) = (libc::major(dev), libc::minor(dev));
        assert_eq!(look(b"/proc", (major, minor + 1)), Found::Other);
        assert_eq!(look(b"/proc", (major, minor)), Found::Startable);
        assert_eq!(look(b"/nonexist", (major, minor)), Found::Startable);
        assert_eq!(look(b"/\0", (major, minor)), Found::Startable);
    }
}
