// SPDX-License-Identifier: LGPL-2.1-or-later
use super::*;
use std::fs::File;
use std::os::fd::AsFd;

/// An answer with these strings behind it.
fn answer(mask: u64, fs_type: u32, point: u32, strings: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; size_of::<Statmount>()];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    let size = (size_of::<Statmount>() + strings.len()) as u32;
    put(offset_of!(Statmount, size), &size.to_ne_bytes());
    put(offset_of!(Statmount, mask), &mask.to_ne_bytes());
    put(offset_of!(Statmount, fs_type), &fs_type.to_ne_bytes());
    put(offset_of!(Statmount, mnt_point), &point.to_ne_bytes());
    put(offset_of!(Statmount, sb_dev_minor), &7_u32.to_ne_bytes());
    bytes.extend_from_slice(strings);
    bytes
}

#[test]
fn a_file_is_on_its_mount_and_on_no_other() {
    // Before Linux 6.8 it cannot be told what is there.
    if listmount().is_err() {
        return;
    }
    let [root, proc] = ["/", "/proc"].map(|path| File::open(path).unwrap());
    let id = mount_id(root.as_fd()).unwrap();
    assert!(is_on(root.as_fd(), id).unwrap() && !is_on(proc.as_fd(), id).unwrap());
    assert!(options(id).is_ok() && is_on(root.as_fd(), u64::MAX).is_err());
}

#[test]
fn the_structures_have_the_size_of_the_kernels() {
    assert_eq!(size_of::<MountRequest>(), 24);
    assert_eq!(size_of::<Statmount>(), 512);
}

#[test]
fn an_answer_is_taken_apart() {
    let found = parse_statmount(&answer(WANTED, 0, 4, b"xfs\0/a\n\xff\0")).unwrap();
    assert_eq!(found.fs_type, b"xfs");
    assert_eq!(found.mount_point, b"/a\n\xff");
    assert_eq!(found.device, (0, 7));
    assert!(!found.is_read_only);
}

#[test]
fn what_was_not_answered_is_empty() {
    assert_eq!(string_in(&answer(MNT_OPTS, 0, 0, b"a,b\0"), MNT_OPTS, 4).unwrap(), b"a,b");
    let found = parse_statmount(&answer(WANTED & !MNT_POINT, 0, 9, b"xfs\0")).unwrap();
    assert_eq!(found.mount_point, b"");
    assert_eq!(parse_statmount(&answer(FS_TYPE, 0, 0, b"xfs\0")), None);
}

#[test]
fn read_only_may_be_the_mount_or_the_filesystem() {
    for field in [offset_of!(Statmount, sb_flags), offset_of!(Statmount, mnt_attr)] {
        let mut bytes = answer(WANTED, 0, 0, b"xfs\0");
        // The lowest byte is the first or the last.
        bytes[field..field + 4].copy_from_slice(&1_u32.to_ne_bytes());
        if field == offset_of!(Statmount, mnt_attr) {
            bytes[field..field + 8].copy_from_slice(&1_u64.to_ne_bytes());
        }
        assert!(parse_statmount(&bytes).unwrap().is_read_only);
    }
}

#[test]
fn only_the_mount_is_idmapped() {
    let is_idmapped = |field: usize| {
        let mut bytes = answer(WANTED, 0, 0, b"xfs\0");
        bytes[field..field + 4].copy_from_slice(&(1_u32 << 20).to_ne_bytes());
        parse_statmount(&bytes).unwrap().is_idmapped
    };
    let low_half = if cfg!(target_endian = "big") { 4 } else { 0 };
    assert!(is_idmapped(offset_of!(Statmount, mnt_attr) + low_half));
    assert!(!is_idmapped(offset_of!(Statmount, sb_flags)));
}

#[test]
fn nonsense_is_refused() {
    assert_eq!(parse_statmount(&[]), None);
    let good = answer(WANTED, 0, 4, b"xfs\0/\0");
    for len in 0..good.len() {
        assert_eq!(parse_statmount(&good[..len]), None, "cut to {len} bytes");
    }
    assert_eq!(parse_statmount(&answer(WANTED, 0, 4, b"xfs\0/no end")), None);
    assert_eq!(parse_statmount(&answer(WANTED, u32::MAX, 4, b"xfs\0/\0")), None);
}

/// The answer, or `None` on a kernel that is too old for it.
fn unless_too_old<T>(answer: io::Result<T>) -> Option<T> {
    match answer {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {
            eprintln!("not tested: this kernel is older than 6.8");
            None
        }
        answer => Some(answer.unwrap()),
    }
}

#[test]
fn proc_is_found_in_the_list_with_its_mount_point() {
    let proc = File::open("/proc").unwrap();
    let Some(id) = unless_too_old(mount_id(proc.as_fd())) else { return };
    let info = statmount(id).unwrap();
    assert_eq!((&info.mount_point[..], &info.root[..]), (&b"/proc"[..], &b"/"[..]));
    assert_eq!(info.fs_type, b"proc");
    assert!(listmount().unwrap().contains(&id));
}

#[test]
fn proc_is_a_mount_root_and_its_directories_are_not() {
    assert!(is_mount_root(File::open("/proc").unwrap().as_fd()).unwrap());
    assert!(!is_mount_root(File::open("/proc/self").unwrap().as_fd()).unwrap());
}

/// Needs root and Linux 6.13 or later; else it tests nothing.
#[test]
fn our_own_namespace_can_be_given_by_a_file() {
    let file = File::open("/proc/self/ns/mnt").unwrap();
    let Ok(ids) = listmount_in(Some(file.as_fd())) else { return };
    let id = *ids.first().expect("there is a mount");
    assert!(statmount_in(Some(file.as_fd()), id).is_ok());
}

#[test]
fn no_such_mount() {
    let proc = File::open("/proc").unwrap();
    if unless_too_old(mount_id(proc.as_fd())).is_some() {
        assert_eq!(statmount(u64::MAX - 1).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
