// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finding out whether a path is a mounted XFS.

use crate::sys::DeviceNumber;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Geometry, mounts_of, open_directory, open_known_place, open_place};
use crate::sys;
use crate::sys::mount::{self, MountInfo, is_mount_root};

/// A mounted XFS, held open.
#[derive(Debug)]
pub struct MountPoint {
    /// The directory that is mounted: the filesystem's root, or any directory for a bind mount.
    pub root: OwnedFd,
    /// The filesystem's facts.
    pub geometry: Geometry,
}

/// The reason why a path is not a mounted XFS.
#[derive(Debug)]
pub enum NotMounted {
    /// The path cannot be opened, or, with ENOTTY, is on another kind of filesystem.
    Io(io::Error),
    /// The path lies within an XFS.
    NotMountPoint,
}

impl From<io::Error> for NotMounted {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens the XFS that is mounted at `path`, whatever way the path leads there, which may take for
/// ever.
///
/// A bind mount of a subdirectory passes; the monitor will refuse it (EPERM).
pub fn mount_point(path: &Path) -> Result<MountPoint, NotMounted> {
    let place = open_directory(path).map_err(|error| match error.raw_os_error() {
        Some(libc::ENOTDIR) => not_a_directory(path),
        _ => NotMounted::Io(error),
    })?;
    // To go into what is no XFS could be to wait for its server. Where the kernel does not tell, the
    // mount being in another namespace or the call forbidden, there is no other way.
    let mount = mount::mount_of(place.as_fd());
    if mount.is_ok_and(|mount| !mount.is_xfs()) {
        return Err(io::Error::from_raw_os_error(libc::ENOTTY).into());
    }
    let root = sys::reopen_dir(place.as_fd())?;
    let geometry = Geometry::read(root.as_fd())?;
    if !is_mount_root(root.as_fd())? {
        return Err(NotMounted::NotMountPoint);
    }
    Ok(MountPoint { root, geometry })
}

/// Opens the XFS on `device` that is mounted at `path`; `None` if something else is there.
///
/// For paths that the kernel has told of mounts: meanwhile anything may be there.
pub fn mount_point_on(path: &Path, device: DeviceNumber) -> io::Result<Option<MountPoint>> {
    let Some(root) = root_on(path, device)? else { return Ok(None) };
    let geometry = Geometry::read(root.as_fd())?;
    Ok(Some(MountPoint { root, geometry }))
}

/// Opens the root directory of the XFS on `device` that is mounted at `path`, and asks it nothing;
/// `None` if something else is there.
pub fn root_on(path: &Path, device: DeviceNumber) -> io::Result<Option<OwnedFd>> {
    mounted_on(path, |info| info.is_xfs() && info.is_whole() && info.device == device)
}

/// Opens the directory of the filesystem on `device`, of any type, that is mounted at `path`, and asks
/// it nothing; `None` if something else is there, or a file.
pub fn directory_on(path: &Path, device: DeviceNumber) -> io::Result<Option<OwnedFd>> {
    match mounted_on(path, |info| info.device == device) {
        Err(error) if error.raw_os_error() == Some(libc::ENOTDIR) => Ok(None),
        opened => opened,
    }
}

/// True if a file is mounted at `path`, as far as the kernel knows without asking anybody.
pub fn is_known_file(path: &Path) -> bool {
    let known = open_known_place(path).and_then(Result::ok);
    let meta = known.and_then(|place| File::from(place).metadata().ok());
    meta.is_some_and(|meta| !meta.is_dir())
}

/// True if a filesystem other than XFS, of which this is a mount, tells that it has shut down, without
/// having to read anything: ext4 does.
pub fn tells_shutdown(id: u64, info: &MountInfo) -> io::Result<bool> {
    Ok(match &info.fs_type[..] {
        // It is one of its options then (fs/ext4/super.c: _ext4_show_options).
        b"ext4" | b"ext3" | b"ext2" => {
            mount::options(id)?.split(|byte| *byte == b',').any(|option| option == b"shutdown")
        }
        _ => false,
    })
}

/// True if the XFS on `device` that is mounted at `path` has shut down, which it tells without having to
/// read anything; `None` if something else is there, or a file.
pub fn xfs_is_down(path: &[u8], device: DeviceNumber) -> io::Result<Option<bool>> {
    let place = open_place(Path::new(OsStr::from_bytes(path)))?;
    let mut here = mounts_of(device).into_iter().filter(|(_, info)| info.mount_point == path);
    if !here.any(|(id, _)| mount::is_on(place.as_fd(), id).unwrap_or(false)) {
        return Ok(None);
    }
    // The first thing that is looked at (fs/xfs/xfs_file.c: xfs_dir_open).
    let errno = sys::reopen_dir(place.as_fd()).err().and_then(|error| error.raw_os_error());
    Ok(Some(errno == Some(libc::EIO)).filter(|_| errno != Some(libc::ENOTDIR)))
}

/// Opens the directory that is mounted at `path` if its mount is such; `None` if something else is
/// there.
fn mounted_on(path: &Path, is_such: impl Fn(&MountInfo) -> bool) -> io::Result<Option<OwnedFd>> {
    let place = match open_place(path) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) => {
            return Ok(None);
        }
        place => place?,
    };
    let info = match mount::mount_of(place.as_fd()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        info => info?,
    };
    if !is_such(&info) {
        return Ok(None);
    }
    sys::reopen_dir(place.as_fd()).map(Some)
}

/// The error for a file, by the filesystem that it is on. It is not opened: a pipe would block.
fn not_a_directory(path: &Path) -> NotMounted {
    match sys::is_on_xfs(path) {
        Ok(true) => NotMounted::NotMountPoint,
        Ok(false) => NotMounted::Io(io::Error::from_raw_os_error(libc::ENOTTY)),
        Err(error) => NotMounted::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(path: &str) -> Option<i32> {
        match mount_point(Path::new(path)) {
            Err(NotMounted::Io(error)) => error.raw_os_error(),
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn what_is_no_xfs_says_why() {
        assert_eq!(errno("/nonexist"), Some(libc::ENOENT));
        assert_eq!(errno("/proc"), Some(libc::ENOTTY));
        assert_eq!(errno("/proc/self/status"), Some(libc::ENOTTY));
        assert_eq!(errno("/proc/self/status/x"), Some(libc::ENOTDIR));
    }

    #[test]
    fn what_else_is_at_the_place_of_a_mount_is_nothing() {
        let is_nothing = |path: &str| match mount_point_on(Path::new(path), (7, 0)) {
            // Before Linux 6.8 it cannot be told.
            Err(error) => error.raw_os_error() == Some(libc::ENOSYS),
            Ok(found) => found.is_none(),
        };
        assert!(
            ["/nonexist", "/proc", "/proc/self", "/proc/self/status/x"]
                .iter()
                .all(|p| is_nothing(p))
        );
    }
}
