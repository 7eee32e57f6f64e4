// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finding the monitored filesystem again without having held it.
//!
//! An open directory would pin the mount. So nothing is kept but what identifies the filesystem,
//! and what is found is proven to be it, every time: paths and mounts come and go.

use std::ffi::OsStr;
use std::io;
use std::iter;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::open_place;
use crate::sys::mount::{self, MountInfo};
use crate::sys::{self, xfs};

/// Remembers a mounted filesystem, without keeping it from being unmounted.
#[derive(Clone, Debug)]
pub struct WeakMount {
    path: PathBuf,
    root: xfs::Handle,
    /// The mount that it was opened through, and its device; unknown where statmount is forbidden.
    mount: Option<(u64, (u32, u32))>,
}

/// What the filesystem is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Looking: any mount of it will do.
    Any,
    /// Repairing: a read-write mount of it, if there is one.
    Writable,
}

/// The filesystem, open, which pins the mount: drop it soon.
#[derive(Debug)]
pub struct Reopened {
    /// Its root directory.
    pub root: OwnedFd,
    /// Where it was found.
    pub path: PathBuf,
    /// Whether nothing can be written through it; never true if a better mount was found.
    pub is_read_only: bool,
}

/// What a candidate turned out to be.
struct Found<T> {
    root: T,
    is_read_only: bool,
}

impl WeakMount {
    /// Remembers the filesystem with the root directory `root`, that was opened at `path`.
    pub fn new(path: &Path, root: BorrowedFd<'_>) -> io::Result<Self> {
        // Later the working directory may be another, or a symlink lead elsewhere.
        let path = path.canonicalize()?;
        let mount =
            mount::mount_id(root).and_then(|id| Ok((id, mount::statmount(id)?.device))).ok();
        Ok(Self { path, root: xfs::fd_to_handle(root)?, mount })
    }

    /// The absolute path that it was opened at, without symlinks.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The handle of its root directory.
    pub fn root_handle(&self) -> &xfs::Handle {
        &self.root
    }

    /// Opens the filesystem again: where it was, else where that mount is now, else where else it
    /// is mounted.
    ///
    /// What is returned has the remembered root directory and, by the word of `monitor`, is the
    /// filesystem that is monitored. ESTALE: it is nowhere to be seen. Other errors: it is there
    /// but cannot be opened, or nothing can.
    pub fn reopen(&self, monitor: BorrowedFd<'_>, want: Access) -> io::Result<Reopened> {
        let moved = || self.mount.and_then(|(id, _)| path_of_mount(&mount::statmount(id).ok()?));
        let candidates = iter::once(self.path.clone())
            .chain(iter::once_with(moved).flatten())
            .chain(iter::once_with(|| self.other_mounts()).flatten());
        let (found, path) = choose(candidates, want, |path| self.try_open(path, monitor))?;
        Ok(Reopened { root: found.root, path, is_read_only: found.is_read_only })
    }

    /// Where the filesystem may be mounted besides.
    fn other_mounts(&self) -> Vec<PathBuf> {
        let all = mount::listmount().unwrap_or_default();
        all.into_iter()
            .filter_map(|id| mount::statmount(id).ok())
            .filter(|info| self.can_be(info))
            .filter_map(|info| path_of_mount(&info))
            .collect()
    }

    /// Whether a mount can be this filesystem, root and all.
    fn can_be(&self, info: &MountInfo) -> bool {
        let same_device = self.mount.is_none_or(|(_, device)| device == info.device);
        info.fs_type == b"xfs" && info.root == b"/" && same_device
    }

    /// Opens what is at `path`, if that is this filesystem.
    fn try_open(&self, path: &Path, monitor: BorrowedFd<'_>) -> io::Result<Option<Found<OwnedFd>>> {
        let place = match open_place(path) {
            Ok(place) => place,
            Err(error) if is_out_of_resources(&error) => return Err(error),
            Err(_) => return Ok(None),
        };
        let info = match mount::mount_id(place.as_fd()).and_then(mount::statmount) {
            Ok(info) if !self.can_be(&info) => return Ok(None),
            Ok(info) => Some(info),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            // Forbidden, by a filter that does not know the call: what is asked below is enough.
            Err(_) => None,
        };
        let root = match sys::reopen_dir(place.as_fd()) {
            Ok(root) => root,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(error),
        };
        if !self.is_root(root.as_fd())? || !xfs::is_on_monitored_fs(monitor, root.as_fd())? {
            return Ok(None);
        }
        Ok(Some(Found { root, is_read_only: info.is_some_and(|info| info.is_read_only) }))
    }

    /// Whether this is the remembered root directory, or that of a copy of the filesystem.
    fn is_root(&self, root: BorrowedFd<'_>) -> io::Result<bool> {
        match xfs::fd_to_handle(root) {
            Ok(handle) => Ok(handle == self.root),
            Err(error) if error.raw_os_error() == Some(libc::ENOTTY) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Where a mount is, if it can be seen.
fn path_of_mount(info: &MountInfo) -> Option<PathBuf> {
    let path = Path::new(OsStr::from_bytes(&info.mount_point));
    path.is_absolute().then(|| path.to_owned())
}

/// Whether the error says nothing about the file.
fn is_out_of_resources(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}

/// Tries candidates until one is as wanted; else returns the first that is read-only, else the
/// first error, else ESTALE. None is tried twice.
fn choose<T>(
    candidates: impl Iterator<Item = PathBuf>,
    want: Access,
    mut try_open: impl FnMut(&Path) -> io::Result<Option<Found<T>>>,
) -> io::Result<(Found<T>, PathBuf)> {
    let mut tried = Vec::new();
    let mut read_only = None;
    let mut first_error = None;
    for path in candidates {
        if tried.contains(&path) {
            continue;
        }
        match try_open(&path) {
            Ok(Some(found)) if want == Access::Any || !found.is_read_only => {
                return Ok((found, path));
            }
            Ok(Some(found)) => {
                read_only.get_or_insert((found, path.clone()));
            }
            Ok(None) => {}
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
        tried.push(path);
    }
    let stale = || io::Error::from_raw_os_error(libc::ESTALE);
    read_only.ok_or_else(|| first_error.unwrap_or_else(stale))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`choose`] does with candidates `(path, what is there)`: `Ok(is_read_only)` is the
    /// filesystem, `Err(0)` something else, any other an error.
    fn chosen(want: Access, there: &[(&str, Result<bool, i32>)]) -> Result<(String, usize), i32> {
        let mut tries = 0;
        let candidates = there.iter().map(|(path, _)| PathBuf::from(path));
        let answer = choose(candidates, want, |path| {
            tries += 1;
            let (_, what) = there.iter().find(|(name, _)| Path::new(name) == path).unwrap();
            match *what {
                Ok(is_read_only) => Ok(Some(Found { root: (), is_read_only })),
                Err(0) => Ok(None),
                Err(errno) => Err(io::Error::from_raw_os_error(errno)),
            }
        });
        let answer = answer.map(|(_, path)| (path.to_str().unwrap().to_string(), tries));
        answer.map_err(|error| error.raw_os_error().unwrap())
    }

    fn at(path: &str, tries: usize) -> Result<(String, usize), i32> {
        Ok((path.to_string(), tries))
    }

    #[test]
    fn the_first_place_is_enough_when_it_is_good() {
        assert_eq!(chosen(Access::Writable, &[("/a", Ok(false)), ("/b", Ok(false))]), at("/a", 1));
        assert_eq!(chosen(Access::Any, &[("/a", Ok(true)), ("/b", Ok(false))]), at("/a", 1));
        assert_eq!(chosen(Access::Any, &[("/a", Err(0)), ("/b", Ok(true))]), at("/b", 2));
    }

    #[test]
    fn a_writable_mount_is_preferred_and_a_read_only_one_better_than_none() {
        let both = [("/a", Ok(true)), ("/b", Ok(true)), ("/c", Ok(false))];
        assert_eq!(chosen(Access::Writable, &both), at("/c", 3));
        assert_eq!(chosen(Access::Writable, &both[..2]), at("/a", 2));
        let broken = [("/a", Err(libc::EIO)), ("/b", Ok(true))];
        assert_eq!(chosen(Access::Writable, &broken), at("/b", 2));
    }

    #[test]
    fn nowhere_is_stale_unless_an_error_hid_it() {
        assert_eq!(chosen(Access::Any, &[]), Err(libc::ESTALE));
        assert_eq!(chosen(Access::Any, &[("/a", Err(0))]), Err(libc::ESTALE));
        let hidden = [("/a", Err(0)), ("/b", Err(libc::EMFILE)), ("/c", Err(libc::EIO))];
        assert_eq!(chosen(Access::Any, &hidden), Err(libc::EMFILE));
    }

    #[test]
    fn no_place_is_tried_twice() {
        let same = [("/a", Ok(true)), ("/a", Ok(true)), ("/b", Err(0)), ("/a", Ok(true))];
        assert_eq!(chosen(Access::Writable, &same), at("/a", 2));
    }

    #[test]
    fn mounts_out_of_sight_have_no_path() {
        let mut info = MountInfo {
            mount_point: b"/a\n\xff".to_vec(),
            root: b"/".to_vec(),
            fs_type: b"xfs".to_vec(),
            is_read_only: false,
            device: (7, 0),
        };
        assert_eq!(path_of_mount(&info).unwrap().as_os_str().as_bytes(), b"/a\n\xff");
        info.mount_point.clear();
        assert_eq!(path_of_mount(&info), None);
    }
}
