// SPDX-License-Identifier: LGPL-2.1-or-later
//! Files that a repair has put into lost+found because it knows no directory that has them.
//!
//! The kernel makes no report of that. It names such a file by its inode number
//! (fs/xfs/scrub/orphanage.c: xrep_adoption_compute_name), so what is new there is found by name.

use crate::fs::Visit;
use crate::sys::{self, DirectoryEntry};
use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs::File;
use std::io::Seek;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

/// Name of the directory in the root directory of each filesystem.
const NAME: &CStr = c"lost+found";
/// Sizes of an XFS directory that is empty: the header of the short form, with a parent of four bytes or
/// of eight (fs/xfs/libxfs/xfs_da_format.h: xfs_dir2_sf_hdr). Any entry makes it longer, and one that
/// does not fit into the inode has blocks.
const EMPTY: [u64; 2] = [6, 10];

/// Most names that are remembered, and most that are read, of whatever kind: the mount is held
/// meanwhile.
const MOST: usize = 4096;
const MOST_READ: usize = 4 * MOST;
/// Bytes of entries that are read at once.
const BYTES_AT_ONCE: usize = 4096;
/// Most files that are named of one repair.
const MOST_NAMED: usize = 64;

/// A file in lost+found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Orphan {
    pub ino: u64,
    /// Its name there.
    pub name: Vec<u8>,
}

/// The files that are in lost+found.
#[derive(Debug, Default)]
pub(crate) struct Orphanage {
    files: BTreeSet<Orphan>,
    /// There are more.
    is_cut: bool,
    /// The directory, open; `None` where there is none, or it was not read.
    directory: Option<File>,
    /// Number of its inode where it was empty, and not read.
    empty: Option<u64>,
}

impl Orphanage {
    /// Lists the files in lost+found of the filesystem that is visited, though not very many;
    /// `None` where they cannot be known: another directory is visited, for example.
    pub fn look(visit: &Visit<'_>) -> Option<Orphanage> {
        if !visit.is_whole() {
            return None;
        }
        match sys::entry_in(visit.root(), NAME) {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Some(Orphanage::default()),
            // Mostly: then there is nothing to read.
            Ok(entry) if is_empty(&entry) => {
                Some(Orphanage { empty: Some(entry.ino), ..Orphanage::default() })
            }
            _ => Orphanage::list(sys::open_dir_in(visit.root(), NAME).ok()?.into(), MOST_READ),
        }
    }

    /// Lists the files that are in lost+found now, when these were.
    ///
    /// A directory with something in it is read again, also if its times are as they were: before
    /// Linux 6.13 two changes within a tick of the clock have the same.
    pub fn look_again(&mut self, visit: &Visit<'_>) -> Option<Orphanage> {
        if let Some(mut directory) = self.directory.take() {
            directory.rewind().ok()?;
            return Orphanage::list(directory, MOST_READ);
        }
        let now = Orphanage::look(visit)?;
        if let (Some(ino), Some(directory)) = (self.empty, &now.directory) {
            // What is in another one that took its place has been there before.
            let is_it = directory.metadata().ok()?.ino() == ino;
            return is_it.then_some(now);
        }
        Some(now)
    }

    /// Lists the files in this directory that the kernel would have named so, among the first `most`.
    fn list(directory: File, most: usize) -> Option<Orphanage> {
        let (mut all, mut left) = (Orphanage::default(), most);
        let mut buf = [0; BYTES_AT_ONCE];
        while !all.is_cut {
            let more = sys::read_directory(directory.as_fd(), &mut buf, |ino, name| {
                all.add(ino, name, &mut left);
            });
            if !more.ok()? {
                break;
            }
        }
        all.directory = Some(directory);
        Some(all)
    }

    /// Adds an entry of the directory, of which so many more are read.
    fn add(&mut self, ino: u64, name: &[u8], left: &mut usize) {
        if name == b"." || name == b".." {
            return;
        }
        self.is_cut |= *left == 0 || self.files.len() >= MOST;
        *left = left.saturating_sub(1);
        if !self.is_cut && is_named_by(name, ino) {
            self.files.insert(Orphan { ino, name: name.to_vec() });
        }
    }

    /// The files that have come to lost+found since: some of them, and the number of the others,
    /// as far as they were listed. None where it is not known of all whether they have.
    pub fn new_ones(&self, now: &Orphanage) -> (Vec<Orphan>, u64) {
        if self.is_cut {
            return (Vec::new(), 0);
        }
        let mut new = now.files.difference(&self.files);
        let named = new.by_ref().take(MOST_NAMED).cloned().collect();
        (named, new.count() as u64)
    }
}

/// True if this is a directory of the filesystem whose root has it, which is an XFS, and there is
/// nothing in it.
fn is_empty(entry: &DirectoryEntry) -> bool {
    entry.is_directory && !entry.is_mounted_over && EMPTY.contains(&entry.len_bytes)
}

/// True if the kernel would name the inode so: by its number, and a second number where that name
/// was taken.
pub(crate) fn is_named_by(name: &[u8], ino: u64) -> bool {
    let text = std::str::from_utf8(name).unwrap_or_default();
    let (first, second) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(first) && is_number(second) && first.parse() == Ok(ino) && !second.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn orphanage(numbers: impl Iterator<Item = u64>) -> Orphanage {
        let orphan = |ino: u64| Orphan { ino, name: ino.to_string().into_bytes() };
        Orphanage { files: numbers.map(orphan).collect(), ..Orphanage::default() }
    }

    /// A new directory for a test.
    fn folder(test: &str) -> PathBuf {
        let name = format!("xfshealer-orphans-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn the_kernel_names_an_orphan_by_its_number() {
        assert!(is_named_by(b"133", 133) && is_named_by(b"133.1", 133));
        for name in ["134", "133.", "133.x", "x", "", ".1", "+133", "133.1.1"] {
            assert!(!is_named_by(name.as_bytes(), 133), "{name}");
        }
        assert!(!is_named_by(b"\xff", 133));
    }

    #[test]
    fn only_a_directory_of_the_filesystem_that_is_as_long_as_an_empty_one_is_not_read() {
        let entry =
            DirectoryEntry { ino: 131, len_bytes: 6, is_directory: true, is_mounted_over: false };
        assert!(is_empty(&entry) && is_empty(&DirectoryEntry { len_bytes: 10, ..entry }));
        // The shortest entry: length and place of the name, one letter, the type of the file, its number.
        for len_bytes in [0, 6 + 3 + 1 + 1 + 4, 10 + 3 + 1 + 1 + 8, 4096] {
            assert!(!is_empty(&DirectoryEntry { len_bytes, ..entry }), "{len_bytes}");
        }
        assert!(!is_empty(&DirectoryEntry { is_mounted_over: true, ..entry }));
        assert!(
            !is_empty(&DirectoryEntry { is_directory: false, ..entry }),
            "a link with a short target"
        );
    }

    #[test]
    fn what_was_empty_and_is_another_directory_now_has_nothing_that_is_new() {
        let root = folder("swapped");
        fs::create_dir(root.join("lost+found")).unwrap();
        let is_there = fs::metadata(root.join("lost+found")).unwrap().ino();
        let visited = fs::File::open(&root).unwrap();
        let visit = Visit::new(visited.as_fd(), true, None);
        let again = |empty| Orphanage { empty, ..Orphanage::default() }.look_again(&visit);
        assert!(again(Some(is_there)).is_some() && again(None).is_some());
        assert!(again(Some(is_there + 1)).is_none());
        fs::remove_dir(root.join("lost+found")).unwrap();
        assert!(again(Some(is_there)).is_some_and(|now| now.files.is_empty()), "it was removed");
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn of_very_many_names_of_whatever_kind_not_all_are_read() {
        let folder = folder("many");
        for name in 0..3 {
            fs::File::create(folder.join(format!("x{name}"))).unwrap();
        }
        for (most, is_cut) in [(3, false), (2, true), (0, true)] {
            let directory = fs::File::open(&folder).unwrap();
            let all = Orphanage::list(directory, most).unwrap();
            assert_eq!((all.files.len(), all.is_cut), (0, is_cut));
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_new_is_named_and_of_very_many_the_rest_is_counted() {
        let before = orphanage(1..4);
        assert_eq!(before.new_ones(&orphanage(1..4)), (vec![], 0));
        let new = Orphan { ino: 4, name: b"4".to_vec() };
        assert_eq!(before.new_ones(&orphanage(3..5)), (vec![new], 0));
        let (named, more) = before.new_ones(&orphanage(1..104));
        assert_eq!((named.len(), more), (64, 36));
        // Of too many as many as are known are told, if all that were there before are known.
        let cut = |numbers| Orphanage { is_cut: true, ..orphanage(numbers) };
        let (named, more) = before.new_ones(&cut(1..104));
        assert_eq!((named.len(), more), (64, 36));
        assert_eq!(cut(1..4).new_ones(&orphanage(1..104)), (vec![], 0));
    }
}
