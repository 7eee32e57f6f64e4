// SPDX-License-Identifier: LGPL-2.1-or-later
//! The monitored filesystem: its monitor file, its mount, its facts. Decides nothing.

mod autofsck;
mod cores;
mod geometry;
mod monitor;
mod mount_point;
mod path_of;
mod reachable;
mod visit;
mod weak_mount;

use crate::sys::DeviceNumber;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::sys;
use crate::sys::mount;

pub use autofsck::{Autofsck, autofsck};
pub use cores::{Cores, LISTS, NoDevice, Unlinked, list_of};
pub use geometry::Geometry;
pub use monitor::{Monitor, Read};
pub use mount_point::{
    MountPoint, NotMounted, directory_on, is_known_file, mount_point, mount_point_on, root_on,
    tells_shutdown, xfs_is_down,
};
pub use path_of::path_of;
pub use reachable::{mounted_at, mounts_of, reachable};
pub use visit::{Lasting, Visit};
pub use weak_mount::{Access, Reopened, WeakMount};

/// The number of the device that an open file is on, as stat(2) tells it.
pub fn device(fd: BorrowedFd<'_>) -> io::Result<u64> {
    // A filter of system calls may know only the older one.
    let older = |_| Ok(File::from(fd.try_clone_to_owned()?).metadata()?.dev());
    mount::device(fd).or_else(older)
}

/// The devices that an open file is on, by major and minor number: that of the file and that of its
/// mount, which some filesystems number otherwise. What is not known is left out.
pub fn devices(fd: BorrowedFd<'_>) -> Vec<DeviceNumber> {
    let of_file = device(fd).ok().map(|dev| (libc::major(dev), libc::minor(dev)));
    let of_mount = mount::mount_of(fd).ok();
    of_file.into_iter().chain(of_mount.map(|mount| mount.device)).collect()
}

/// Opens what is at `path` as a mere place, without going into it, where [`reachable()`] tells that it can be
/// reached.
///
/// For what may be something else than was expected: that neither waits for a dead network server
/// nor starts an automount (as O_DIRECTORY would), nor wakes a device.
fn open_place(path: &Path) -> io::Result<OwnedFd> {
    open(path, libc::O_PATH)
}

/// Opens what is at `path` as a mere place, if the kernel knows the way; `None` if it has to ask
/// somebody, who may never answer.
fn open_known_place(path: &Path) -> Option<io::Result<OwnedFd>> {
    open_known(path, libc::O_PATH)
}

/// Opens the directory at `path` as a mere place, and starts an automount if one is due there: at once if the
/// kernel knows the way. If it has to ask somebody, another process goes first: this one can always be ended
/// while it waits for that.
fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = libc::O_PATH | libc::O_DIRECTORY;
    if let Some(known) = open_known(path, flags) {
        return known;
    }
    // Where there can be none, the worse is that nothing ends us.
    let _ = sys::open_elsewhere(path, flags);
    open(path, flags)
}

fn open(path: &Path, flags: i32) -> io::Result<OwnedFd> {
    Ok(OpenOptions::new().read(true).custom_flags(flags).open(path)?.into())
}

/// Opens what is at `path`, or fails to, if the kernel knows the way; `None` if it does not.
fn open_known(path: &Path, flags: i32) -> Option<io::Result<OwnedFd>> {
    let is_unknown = |error: &io::Error| {
        let errno = error.raw_os_error();
        // The others are those of kernels and filters that do not know the call.
        matches!(errno, Some(libc::EAGAIN | libc::ENOSYS | libc::EINVAL | libc::EPERM))
    };
    // A mount or a rename anywhere at this moment may make it seem unknown.
    let again = |opened: &io::Result<OwnedFd>| {
        opened.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::EAGAIN))
    };
    let mut opened = sys::open_known(path, flags);
    if again(&opened) {
        opened = sys::open_known(path, flags);
    }
    (!opened.as_ref().is_err_and(is_unknown)).then_some(opened)
}

/// Opens the regular file that the place `place` is, for ioctls; `None` if it is none, since to
/// open anything else could wait for somebody or do something.
fn reopen_file(place: BorrowedFd<'_>) -> io::Result<Option<OwnedFd>> {
    if !File::from(place.try_clone_to_owned()?).metadata()?.is_file() {
        return Ok(None);
    }
    // There is no path to it, and so nothing else can be in its place. Somebody may have a lease.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let path = format!("/proc/self/fd/{}", place.as_raw_fd());
    Ok(Some(OpenOptions::new().read(true).custom_flags(flags).open(path)?.into()))
}

/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::autofsck::parse as parse_autofsck;
    pub(crate) use super::monitor::parse_totals;
    pub(crate) use super::path_of::{Upward, walk};
}
