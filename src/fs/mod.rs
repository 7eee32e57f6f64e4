// SPDX-License-Identifier: LGPL-2.1-or-later
//! The monitored filesystem: its monitor file, its mount, its facts. Decides nothing.

mod autofsck;
mod geometry;
mod monitor;
mod mount_point;
mod path_of;
mod weak_mount;

use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub use autofsck::{Autofsck, autofsck};
pub use geometry::Geometry;
pub use monitor::{Monitor, Read, Totals};
pub use mount_point::{MountPoint, NotMounted, mount_point};
pub use path_of::path_of;
pub use weak_mount::{Access, Reopened, WeakMount};

/// Opens the directory at `path`, for ioctls; holding it pins the mount.
pub fn open_root(path: &Path) -> io::Result<OwnedFd> {
    let flags = libc::O_DIRECTORY | libc::O_NOCTTY;
    Ok(OpenOptions::new().read(true).custom_flags(flags).open(path)?.into())
}
