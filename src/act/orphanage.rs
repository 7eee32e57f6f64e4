// SPDX-License-Identifier: LGPL-2.1-or-later
//! Files that a repair has put into lost+found because it knows no directory that has them.
//!
//! The kernel makes no report of that. It names such a file by its inode number
//! (fs/xfs/scrub/orphanage.c: xrep_adoption_compute_name), so what is new there is found by name.

use crate::sys::{self, xfs, xfs::Handle};
use std::collections::BTreeSet;
use std::fs;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::DirEntryExt;

/// Most names that are remembered; where there are more, nothing is compared.
const MOST: usize = 4096;
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
pub(crate) struct Orphanage(BTreeSet<Orphan>);

impl Orphanage {
    /// Lists the files in lost+found of the filesystem that `root` is on; `None` where they cannot
    /// be known: it is another directory, or there are too many.
    pub fn look(root: BorrowedFd<'_>, root_handle: &Handle) -> Option<Orphanage> {
        if xfs::fd_to_handle(root).ok()?.ino() != root_handle.ino() {
            return None;
        }
        let directory = match sys::open_dir_in(root, c"lost+found") {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {
                return Some(Orphanage::default());
            }
            opened => opened.ok()?,
        };
        let mut orphans = BTreeSet::new();
        for entry in fs::read_dir(format!("/proc/self/fd/{}", directory.as_raw_fd())).ok()? {
            let entry = entry.ok()?;
            let (ino, name) = (entry.ino(), entry.file_name().into_vec());
            if is_named_by(&name, ino) {
                orphans.insert(Orphan { ino, name });
            }
            if orphans.len() > MOST {
                return None;
            }
        }
        Some(Orphanage(orphans))
    }

    /// The files that have come to lost+found since: some of them, and the number of the others.
    pub fn new_ones(&self, now: &Orphanage) -> (Vec<Orphan>, u64) {
        let mut new = now.0.difference(&self.0);
        let named = new.by_ref().take(MOST_NAMED).cloned().collect();
        (named, new.count() as u64)
    }
}

/// True if the kernel would name the inode so: by its number, and a second number where that name
/// was taken.
fn is_named_by(name: &[u8], ino: u64) -> bool {
    let text = std::str::from_utf8(name).unwrap_or_default();
    let (first, second) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(first) && is_number(second) && first.parse() == Ok(ino) && !second.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphanage(numbers: impl Iterator<Item = u64>) -> Orphanage {
        let orphan = |ino: u64| Orphan { ino, name: ino.to_string().into_bytes() };
        Orphanage(numbers.map(orphan).collect())
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
    fn what_is_new_is_named_and_of_very_many_the_rest_is_counted() {
        let before = orphanage(1..4);
        assert_eq!(before.new_ones(&orphanage(1..4)), (vec![], 0));
        let new = Orphan { ino: 4, name: b"4".to_vec() };
        assert_eq!(before.new_ones(&orphanage(3..5)), (vec![new], 0));
        let (named, more) = before.new_ones(&orphanage(1..104));
        assert_eq!((named.len(), more), (64, 36));
    }
}
