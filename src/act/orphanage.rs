// SPDX-License-Identifier: LGPL-2.1-or-later
//! Files that a repair has put into lost+found because it knows no directory that has them.
//!
//! The kernel makes no report of that. It names such a file by its inode number
//! (fs/xfs/scrub/orphanage.c: xrep_adoption_compute_name), so what is new there is found by name.

use crate::fs::Visit;
use crate::sys;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Seek;
use std::os::fd::AsFd;

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
    /// The directory, open; `None` where there is none.
    directory: Option<File>,
}

impl Orphanage {
    /// Lists the files in lost+found of the filesystem that is visited, though not very many;
    /// `None` where they cannot be known: another directory is visited, for example.
    pub fn look(visit: &Visit<'_>) -> Option<Orphanage> {
        if !visit.is_whole() {
            return None;
        }
        match sys::open_dir_in(visit.root(), c"lost+found") {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Some(Orphanage::default()),
            opened => Orphanage::list(opened.ok()?.into(), MOST_READ),
        }
    }

    /// Lists the files that are in lost+found now, when these were.
    pub fn look_again(&mut self, visit: &Visit<'_>) -> Option<Orphanage> {
        let Some(mut directory) = self.directory.take() else { return Orphanage::look(visit) };
        directory.rewind().ok()?;
        Orphanage::list(directory, MOST_READ)
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

    fn orphanage(numbers: impl Iterator<Item = u64>) -> Orphanage {
        let orphan = |ino: u64| Orphan { ino, name: ino.to_string().into_bytes() };
        Orphanage { files: numbers.map(orphan).collect(), ..Orphanage::default() }
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
    fn of_very_many_names_of_whatever_kind_not_all_are_read() {
        let folder = std::env::temp_dir().join(format!("xfshealer-orphans-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
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
