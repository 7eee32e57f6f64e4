// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finding the monitored filesystem again without having held it.
//!
//! An open directory would pin the mount. So nothing is kept but what identifies the filesystem,
//! and what is found is proven to be it, every time: paths and mounts come and go.

mod choice;

use crate::sys::DeviceNumber;
use std::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::io;
use std::iter;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{open_known_place, open_place, reachable, reopen_file};
use crate::sys::mount::{self, MountInfo};
use crate::sys::{self, xfs};
pub use choice::Access;
use choice::{BEST, Rank, There, Traits, Walk, choose};

/// Remembers a mounted filesystem, without keeping it from being unmounted.
#[derive(Clone, Debug)]
pub struct WeakMount {
    path: PathBuf,
    root: xfs::Handle,
    /// The mount that the filesystem was opened through; `None` where statmount is forbidden.
    mount: Option<KnownMount>,
}

/// The facts about a mount that stay: its number is never used twice, and what it shows and how
/// was settled before it was mounted (fs/namespace.c: `can_idmap_mount`).
#[derive(Clone, Copy, Debug)]
struct KnownMount {
    id: u64,
    device: DeviceNumber,
    is_idmapped: bool,
}

/// What a candidate is, as far as that is known without opening it.
struct Candidate {
    /// The kernel's facts; `None` where it tells none, or the mount is the known one.
    info: Option<MountInfo>,
    /// The known mount, if it is that.
    known: Option<KnownMount>,
    /// True if it is the filesystem's root, provided that it is on the filesystem; `None` where the
    /// kernel does not tell.
    is_root: Option<bool>,
}

/// A mount that was found and opened again. Nobody can unmount it until this is dropped, which is to be
/// soon.
#[derive(Debug)]
pub struct Reopened {
    /// The filesystem's root directory, or, where only a part is mounted, another of its
    /// directories or a file: ioctls about the filesystem can be made of any.
    pub file: OwnedFd,
    /// Path where the filesystem was found; `None` if only a part of it is mounted there.
    pub mount_point: Option<PathBuf>,
    /// True if nothing can be written through this mount; never true if a better mount was found.
    pub is_read_only: bool,
}

impl WeakMount {
    /// Remembers the filesystem with the root directory `root`, that was opened at `path`.
    pub fn new(path: &Path, root: BorrowedFd<'_>) -> io::Result<Self> {
        // Later the working directory may be another, or a symlink lead elsewhere.
        let path = path.canonicalize()?;
        let known = |id| {
            let MountInfo { device, is_idmapped, .. } = mount::statmount(id)?;
            Ok(KnownMount { id, device, is_idmapped })
        };
        let mount = mount::mount_id(root).and_then(known).ok();
        Ok(Self { path, root: xfs::fd_to_handle(root)?, mount })
    }

    /// A mount of something that is no XFS: for tests.
    #[cfg(test)]
    pub fn of_none(path: &Path) -> WeakMount {
        WeakMount { path: path.to_owned(), root: xfs::Handle::of_none(), mount: None }
    }

    /// The absolute path that the filesystem was opened at, without symlinks.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The handle of the filesystem's root directory.
    pub fn root_handle(&self) -> &xfs::Handle {
        &self.root
    }

    /// Opens the filesystem again: where it was, else where that mount is now, else where else it
    /// or a part of it is mounted, the best first. A place that does not answer is waited for only
    /// as long as no other serves.
    ///
    /// What is returned lies, by the word of `monitor`, on the filesystem that is monitored.
    /// ESTALE: it is nowhere to be seen. Other errors: it is there but cannot be opened, or nothing
    /// can.
    pub fn reopen(&self, monitor: BorrowedFd<'_>, want: Access) -> io::Result<Reopened> {
        let moved =
            || self.mount.and_then(|known| path_of_mount(&mount::statmount(known.id).ok()?));
        let candidates = || {
            iter::once(self.path.clone())
                .chain(iter::once_with(moved).flatten())
                .map(|path| (BEST, path))
                .chain(iter::once_with(|| self.other_mounts(want)).flatten())
        };
        let bytes = |path: PathBuf| path.into_os_string().into_vec();
        let now = || candidates().map(|(_, path)| bytes(path)).collect();
        let answers = |silent: Vec<PathBuf>| {
            let places = reachable(silent.into_iter().map(bytes).collect(), now);
            places.map(|place| PathBuf::from(OsString::from_vec(place)))
        };
        let try_open = |path: &Path, walk| self.try_open(path, walk, monitor);
        let (found, path) = choose(candidates(), want, try_open, answers)?;
        let (file, Traits { is_writable, is_whole, .. }) = found;
        Ok(Reopened { file, mount_point: is_whole.then_some(path), is_read_only: !is_writable })
    }

    /// Other paths where the filesystem may be mounted, and how good each would be; the best first.
    fn other_mounts(&self, want: Access) -> Vec<(Rank, PathBuf)> {
        let infos = mount::all().into_iter().flatten().map(|(_, info)| info);
        let paths = infos.filter(|info| self.can_be(info)).filter_map(|info| {
            let path = path_of_mount(&info)?;
            // What is mounted of a part may be a file, but is hoped to be a directory.
            let hope = Traits::of(Some(&info), info.is_whole(), true);
            Some((hope.rank(want, &path), path))
        });
        let mut paths: Vec<_> = paths.collect();
        paths.sort_by_key(|(hope, _)| Reverse(*hope));
        paths
    }

    /// True if a mount can be of this filesystem.
    fn can_be(&self, info: &MountInfo) -> bool {
        let same_device = self.mount.is_none_or(|known| known.device == info.device);
        info.is_xfs() && same_device
    }

    /// Opens what is at `path`, if that is of this filesystem.
    fn try_open(
        &self,
        path: &Path,
        walk: Walk,
        monitor: BorrowedFd<'_>,
    ) -> io::Result<There<(OwnedFd, Traits)>> {
        let place = match walk {
            Walk::Known => open_known_place(path),
            Walk::Patient => Some(open_place(path)),
        };
        let place = match place {
            None => return Ok(There::Unknown),
            Some(Err(error)) if is_out_of_resources(&error) => return Err(error),
            Some(Err(_)) => return Ok(There::Other),
            Some(Ok(place)) => place,
        };
        Ok(self.open_at(place.as_fd(), monitor)?.map_or(There::Other, There::Found))
    }

    /// Opens the place `place`, if that is of this filesystem.
    fn open_at(
        &self,
        place: BorrowedFd<'_>,
        monitor: BorrowedFd<'_>,
    ) -> io::Result<Option<(OwnedFd, Traits)>> {
        let Some(candidate) = self.candidate(place) else { return Ok(None) };
        let (file, is_directory) = match sys::reopen_dir(place) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                (reopen_file(place)?, false)
            }
            directory => (Some(directory?), true),
        };
        let Some(file) = file else { return Ok(None) };
        if !xfs::is_on_monitored_fs(monitor, file.as_fd())? {
            return Ok(None);
        }
        let is_whole = match candidate.is_root {
            Some(is_root) => is_root,
            None => xfs::fd_to_handle(file.as_fd())? == self.root,
        };
        let traits = Traits::of(candidate.info.as_ref(), is_whole, is_directory);
        let Some(known) = candidate.known else { return Ok(Some((file, traits))) };
        let (is_writable, is_plain) = (!sys::is_read_only(file.as_fd())?, !known.is_idmapped);
        Ok(Some((file, Traits { is_writable, is_plain, ..traits })))
    }

    /// What is at a place; `None` if that cannot be of this filesystem.
    ///
    /// The known mount is told by its number, which costs less than all of the kernel's facts.
    fn candidate(&self, place: BorrowedFd<'_>) -> Option<Candidate> {
        let seen = mount::mount_id_and_ino(place);
        let is_root = seen.as_ref().ok().map(|(_, ino)| *ino == self.root.ino());
        let is_it = |known: &KnownMount| seen.as_ref().is_ok_and(|(id, _)| *id == known.id);
        if let Some(known) = self.mount.filter(is_it) {
            return Some(Candidate { info: None, known: Some(known), is_root });
        }
        let info = match seen.and_then(|(id, _)| mount::statmount(id)) {
            Ok(info) if !self.can_be(&info) => return None,
            Ok(info) => Some(info),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            // Forbidden, by a filter that does not know the call: what is asked later is enough.
            Err(_) => None,
        };
        Some(Candidate { info, known: None, is_root })
    }
}

/// The path of a mount, if it can be seen.
fn path_of_mount(info: &MountInfo) -> Option<PathBuf> {
    let path = Path::new(OsStr::from_bytes(&info.mount_point));
    path.is_absolute().then(|| path.to_owned())
}

/// True if the error is a lack of resources, which says nothing about the file.
fn is_out_of_resources(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_out_of_sight_have_no_path() {
        let mut info = MountInfo {
            mount_point: b"/a\n\xff".to_vec(),
            root: b"/".to_vec(),
            fs_type: b"xfs".to_vec(),
            is_read_only: false,
            is_idmapped: false,
            device: (7, 0),
            parent: 0,
        };
        assert_eq!(path_of_mount(&info).unwrap().as_os_str().as_bytes(), b"/a\n\xff");
        info.mount_point.clear();
        assert_eq!(path_of_mount(&info), None);
    }
}
