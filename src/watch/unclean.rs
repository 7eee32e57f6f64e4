// SPDX-License-Identifier: LGPL-2.1-or-later
//! A mark that outlives a healer that was killed: it may have known of damage that only it knew of.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Directory of marks without a service manager that gives us a place.
const DIRECTORY: &str = "/run/xfs_healer";

/// A file that stays behind where a healer is killed, so that the next one looks at more.
#[derive(Debug)]
pub(crate) struct Mark {
    path: Option<PathBuf>,
}

impl Mark {
    /// Sets the mark of the filesystem that `id` names and that has the device number `dev`; tells
    /// whether it was there already. Where none can be set, nothing is known and none was.
    pub fn set(id: &str, dev: u64) -> (Mark, bool) {
        Mark::set_in(&directory(), id, dev)
    }

    fn set_in(directory: &Path, id: &str, dev: u64) -> (Mark, bool) {
        let path = directory.join(format!("running-{id}"));
        match create(directory, &path, dev) {
            Ok(was_there) => (Mark { path: Some(path) }, was_there),
            Err(_) => (Mark { path: None }, false),
        }
    }

    /// Takes the mark away: nothing is known that could be forgotten.
    pub fn clear(&self) {
        if let Some(path) = &self.path {
            // Where it stays, the next healer looks more closely than it has to.
            let _ = fs::remove_file(path);
        }
    }
}

fn directory() -> PathBuf {
    // systemd.exec(5): several are separated by colons.
    let given = std::env::var("RUNTIME_DIRECTORY").ok();
    let first = given.as_deref().and_then(|all| all.split(':').next());
    first.filter(|path| path.starts_with('/')).unwrap_or(DIRECTORY).into()
}

/// Makes the file of a mark; true if it existed.
fn create(directory: &Path, path: &Path, dev: u64) -> io::Result<bool> {
    // On the filesystem that is monitored the mark would pin nothing, but making it could wait for
    // a thaw.
    let parent = directory.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let place = fs::symlink_metadata(directory).or_else(|_| fs::symlink_metadata(parent))?;
    if place.dev() == dev {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let made = DirBuilder::new().mode(0o700).create(directory);
    made.or_else(|e| if e.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(e) })?;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    match options.create_new(true).open(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_was_not_cleared_is_found_by_the_next_healer() {
        let dir = std::env::temp_dir().join(format!("xfs_healer-mark-{}", std::process::id()));
        let (first, was_there) = Mark::set_in(&dir, "abc", 0);
        assert!(!was_there);
        assert!(Mark::set_in(&dir, "abc", 0).1, "killed");
        assert!(!Mark::set_in(&dir, "other", 0).1, "another filesystem");
        first.clear();
        assert!(!Mark::set_in(&dir, "abc", 0).1);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn without_a_place_for_it_there_is_none() {
        let (mark, was_there) = Mark::set_in(Path::new("/proc/nonexist"), "abc", 0);
        assert!(mark.path.is_none() && !was_there);
        mark.clear();
        let here = fs::metadata(std::env::temp_dir()).unwrap().dev();
        assert!(Mark::set_in(&std::env::temp_dir(), "abc", here).0.path.is_none());
    }
}
