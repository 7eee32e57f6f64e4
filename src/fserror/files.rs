// SPDX-License-Identifier: LGPL-2.1-or-later
//! Opens filesystems where they are mounted, marks them, and finds the paths of files in them.
//!
//! All of it may wait for ever, for a disk or because a directory above the mount point is on a server
//! that is down: for a worker.

use super::names::FileName;
use super::queues::Queues;
use crate::fs;
use crate::report::Cause;
use crate::sys::DeviceNumber;
use crate::sys::file_handle::FileHandle;
use crate::sys::fserror;
use crate::sys::{self, mount};
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The result of an attempt to mark a filesystem.
#[derive(Debug)]
pub enum MarkEnd {
    /// It is marked, as found at this mount point.
    Marked(Vec<u8>),
    /// It can be seen nowhere.
    Hidden,
    /// A call has failed, at this mount point.
    Failed(Vec<u8>, Cause),
    /// The thread was killed in the kernel, or none could be had.
    NoThread,
}

/// Marks the filesystem on `device`, which may be mounted at any of these places.
pub fn mark(places: Vec<Vec<u8>>, device: DeviceNumber, queues: &Queues) -> MarkEnd {
    let mut error = None;
    for place in fs::reachable(places, || fs::mounted_at(device)) {
        let marked = match open(&place, device) {
            Ok(Some(dir)) => mark_dir(&dir, device, queues),
            Ok(None) => continue,
            Err(why) => Err(why),
        };
        match marked {
            Ok(()) => return MarkEnd::Marked(place),
            Err(why) => error = error.or(Some((place, why))),
        }
    }
    error.map_or(MarkEnd::Hidden, |(place, why)| MarkEnd::Failed(place, why.into()))
}

fn mark_dir(dir: &OwnedFd, device: DeviceNumber, queues: &Queues) -> io::Result<()> {
    match queues.mark(dir.as_fd(), device) {
        Err(error) if error.raw_os_error() == Some(libc::EXDEV) => {
            // A subvolume, which has an identity of its own: that of the filesystem has its uppermost
            // directory, which need not be mounted anywhere.
            let top = FileHandle::btrfs_top().ok_or(io::ErrorKind::InvalidInput)?;
            let flags = libc::O_RDONLY | libc::O_DIRECTORY;
            let top = fserror::open_by_handle(dir.as_fd(), &top, flags)?;
            queues.mark(top.as_fd(), device)
        }
        marked => marked,
    }
}

/// Opens the directory at `place` if that is a mount of the filesystem on `device`; `None` if it is
/// anything else.
fn open(place: &[u8], device: DeviceNumber) -> io::Result<Option<OwnedFd>> {
    let path = Path::new(OsStr::from_bytes(place));
    fs::directory_on(path, device)
}

/// Opens the filesystem on `device` if it is at this place.
pub fn open_at(place: &[u8], device: DeviceNumber) -> Option<OwnedFd> {
    let mut place = fs::reachable(vec![place.to_vec()], Vec::new);
    place.find_map(|place| open(&place, device).ok()?)
}

/// Opens the filesystem on `device` at the first of these places where it is, or at one that it has by then;
/// `None` if it is at none.
pub fn open_any(places: Vec<Vec<u8>>, device: DeviceNumber) -> Option<(Vec<u8>, OwnedFd)> {
    let mut places = fs::reachable(places, || fs::mounted_at(device));
    places.find_map(|place| {
        let dir = open(&place, device).ok()??;
        Some((place, dir))
    })
}

/// Finds the paths of files on the filesystem on `device`, which may be mounted at any of these places.
/// Those that have none there are left out.
pub fn paths(
    places: Vec<Vec<u8>>,
    device: DeviceNumber,
    mut files: Vec<FileHandle>,
) -> Vec<(FileHandle, FileName)> {
    let mut found = Vec::new();
    let mut places = fs::reachable(places, || fs::mounted_at(device));
    while !files.is_empty() {
        let Some(place) = places.next() else { break };
        let Ok(Some(dir)) = open(&place, device) else { continue };
        // What has no path here may have one elsewhere, but not where nobody answers. Nor is any place to be
        // tried again: each try may come upon damage.
        places.hurry();
        files.retain(|file| {
            // What cannot be opened is not tried elsewhere: each try may come upon damage.
            let Ok(opened) = fserror::open_by_handle(dir.as_fd(), file, libc::O_PATH) else {
                return false;
            };
            let path = path(dir.as_fd(), &place, opened.as_fd());
            let is_sought = path.is_none();
            found.extend(path.map(|path| (file.clone(), (place.clone(), path))));
            is_sought
        });
    }
    found
}

/// The path of an open file below the directory `dir`, which is mounted at `place`; `None` if it has
/// none.
///
/// The kernel tells a path for what it has in memory, and for what lies outside of this mount, too: so
/// the file has to be found again at that path.
fn path(dir: BorrowedFd<'_>, place: &[u8], file: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let whole = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    let whole = whole.as_os_str().as_bytes();
    let below = whole.strip_prefix(place.strip_suffix(b"/").unwrap_or(place))?;
    let is_file = |found: BorrowedFd<'_>| {
        let identity = |fd| mount::mount_id_and_ino(fd).ok();
        Some(identity(found)? == identity(file)?)
    };
    if matches!(below, b"" | b"/") {
        return is_file(dir)?.then(Vec::new);
    }
    let again = find_below(dir, below.strip_prefix(b"/")?).ok()?;
    is_file(again.as_fd())?.then(|| below.to_vec())
}

/// Finds what is at `path` below `dir`, on the same mount and through no symbolic link.
///
/// Step by step: openat2(2), which could do it at once, is out of reach in a unit of systemd that may
/// make no file set-user-ID.
fn find_below(dir: BorrowedFd<'_>, path: &[u8]) -> io::Result<OwnedFd> {
    let mount = mount::mount_id(dir)?;
    let mut found = dir.try_clone_to_owned()?;
    for name in path.split(|byte| *byte == b'/') {
        found = sys::open_place_in(found.as_fd(), &CString::new(name)?)?;
        if mount::mount_id(found.as_fd())? != mount {
            return Err(io::Error::from_raw_os_error(libc::EXDEV));
        }
    }
    Ok(found)
}

/// True if the filesystem on `device` has shut down, as far as it tells.
pub fn is_down(device: DeviceNumber) -> bool {
    let mounts = fs::mounts_of(device);
    let Some((id, info)) = mounts.first() else { return false };
    if !info.is_xfs() {
        // All mounts of it tell the same.
        return fs::tells_shutdown(*id, info).unwrap_or(false);
    }
    let places = mounts.into_iter().map(|(_, info)| info.mount_point).collect();
    let mut places = fs::reachable(places, || fs::mounted_at(device));
    places.find_map(|place| fs::xfs_is_down(&place, device).ok()?).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_is_found_on_the_same_mount_and_through_no_link() {
        // Before Linux 6.8 it cannot be told what is there.
        if crate::sys::mount::listmount().is_err() {
            return;
        }
        let root = std::env::temp_dir().join(format!("xfshealer-below-{}", std::process::id()));
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::os::unix::fs::symlink("a", root.join("l")).unwrap();
        let dir = std::fs::File::open(&root).unwrap();
        let is_found = |path: &[u8]| find_below(dir.as_fd(), path).is_ok();
        assert!(is_found(b"a") && is_found(b"a/b") && is_found(b"l"));
        assert!(!is_found(b"l/b") && !is_found(b"a/c") && !is_found(b"a\0") && !is_found(b""));
        std::fs::remove_dir_all(&root).unwrap();
        let slash = std::fs::File::open("/").unwrap();
        assert!(find_below(slash.as_fd(), b"proc/self").is_err());
    }

    #[test]
    fn nothing_is_marked_or_found_where_the_filesystem_is_not() {
        // Before Linux 6.8 it cannot be told what is there.
        if crate::sys::mount::listmount().is_err() {
            return;
        }
        let places = || [&b"/nonexist"[..], b"/proc", b"/\0"].map(<[u8]>::to_vec).to_vec();
        let file = FileHandle::new(1, &[1; 8]).unwrap();
        assert_eq!(paths(places(), (7, 99), vec![file]), []);
        assert!(!is_down((7, 99)));
        let Ok(queues) = Queues::new() else { return };
        assert!(matches!(mark(Vec::new(), (7, 99), &queues), MarkEnd::Hidden));
    }
}
