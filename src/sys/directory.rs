// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is in a directory that is open.

use std::ffi::{CStr, c_long};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::check;
use super::mount::statx_at;

/// Bytes of the fields before the name in struct linux_dirent64.
const NAME: usize = 19;

/// Reads the next entries of an open directory into `buf`, and calls `each` with their inode numbers
/// and names; false at the end. `buf` has room for an entry if it is 512 bytes long.
///
/// The standard library opens the directory anew to read it, and takes 32 KiB each time.
pub fn read_directory(
    directory: BorrowedFd<'_>,
    buf: &mut [u8],
    mut each: impl FnMut(u64, &[u8]),
) -> io::Result<bool> {
    let (fd, at, len) = (directory.as_raw_fd(), buf.as_mut_ptr(), buf.len());
    // SAFETY: `buf` is writable for its length, and the kernel writes no more than that.
    let read: c_long = check(unsafe { libc::syscall(libc::SYS_getdents64, fd, at, len) })?;
    let mut entries = buf.get(..read.unsigned_abs() as usize).unwrap_or_default();
    while let Some((ino, name, rest)) = split_entry(entries) {
        each(ino, name);
        entries = rest;
    }
    Ok(read > 0)
}

/// The facts about what has a name in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    pub ino: u64,
    pub len_bytes: u64,
    pub is_directory: bool,
    /// True if something else is mounted there, of which the facts are then; also where the kernel
    /// does not tell.
    pub is_mounted_over: bool,
}

/// The facts about what is called `name` in `dir`, be it a symbolic link, without opening it. Nothing is
/// mounted for it, and no network server asked that is mounted there.
pub fn entry_in(dir: BorrowedFd<'_>, name: &CStr) -> io::Result<DirectoryEntry> {
    let flags = libc::AT_SYMLINK_NOFOLLOW | libc::AT_NO_AUTOMOUNT;
    let mask = libc::STATX_TYPE | libc::STATX_INO | libc::STATX_SIZE;
    let status = statx_at(dir, name, flags, mask)?;
    let mount_root = libc::STATX_ATTR_MOUNT_ROOT as u64;
    let is_told = status.stx_attributes_mask & mount_root != 0;
    Ok(DirectoryEntry {
        ino: status.stx_ino,
        len_bytes: status.stx_size,
        is_directory: u32::from(status.stx_mode) & libc::S_IFMT == libc::S_IFDIR,
        is_mounted_over: !is_told || status.stx_attributes & mount_root != 0,
    })
}

/// The first entry's inode number and name, and what is behind it; `None` if there is none or it
/// contradicts itself.
fn split_entry(entries: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let ino = u64::from_ne_bytes(*entries.first_chunk()?);
    let len = u16::from_ne_bytes(entries.get(16..18)?.try_into().ok()?);
    let (entry, rest) = entries.split_at_checked(len.into())?;
    let name = entry.get(NAME..)?.split(|byte| *byte == 0).next()?;
    Some((ino, name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::fs::{DirEntryExt, MetadataExt};

    #[test]
    fn all_entries_are_read_whatever_fits_at_once() {
        let directory = std::fs::File::open("/proc/self/fdinfo/..").unwrap();
        let mut expected: Vec<_> = std::fs::read_dir("/proc/self/fdinfo/..")
            .unwrap()
            .map(|entry| entry.map(|e| (e.ino(), e.file_name().into_encoded_bytes())).unwrap())
            .collect();
        let (mut found, mut buf) = (Vec::new(), [0; 512]);
        while read_directory(directory.as_fd(), &mut buf, |ino, name| {
            if name != b"." && name != b".." {
                found.push((ino, name.to_vec()));
            }
        })
        .unwrap()
        {}
        // The inodes of /proc are made anew each time.
        let names = |all: &mut Vec<(u64, Vec<u8>)>| {
            all.sort_by(|a, b| a.1.cmp(&b.1));
            all.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&mut found), names(&mut expected));
        assert!(found.len() > 20);
    }

    #[test]
    fn what_has_a_name_is_told_and_whether_it_is_mounted_there() {
        let root = std::fs::File::open("/").unwrap();
        let proc = entry_in(root.as_fd(), c"proc").unwrap();
        assert!(proc.is_directory && proc.is_mounted_over);
        let proc = std::fs::File::open("/proc").unwrap();
        let sys = entry_in(proc.as_fd(), c"sys").unwrap();
        let status = std::fs::metadata("/proc/sys").unwrap();
        assert_eq!((sys.ino, sys.len_bytes), (status.ino(), status.len()));
        assert!(sys.is_directory);
        assert!(!entry_in(proc.as_fd(), c"self").unwrap().is_directory, "a symbolic link");
        let none = entry_in(proc.as_fd(), c"none").unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn an_entry_that_contradicts_itself_ends_the_list() {
        let entry = |len: u16, name: &[u8]| {
            let mut bytes = 7_u64.to_ne_bytes().to_vec();
            bytes.extend([0; 8]);
            bytes.extend(len.to_ne_bytes());
            bytes.push(4);
            bytes.extend(name);
            bytes
        };
        let good = entry(24, b"name\0");
        assert_eq!(split_entry(&good), Some((7, &b"name"[..], &b""[..])));
        for len in [0, 18, 25, u16::MAX] {
            assert_eq!(split_entry(&entry(len, b"name\0")), None, "{len}");
        }
        assert_eq!(split_entry(&good[..10]), None);
    }
}
