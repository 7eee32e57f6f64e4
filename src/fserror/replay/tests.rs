// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;
use crate::record::format::FrameContent;
use crate::sys::fserror::tests::{error, event, fid};
use std::time::Duration;

/// An event about a file of this number, with this errno and count.
fn of_file(ino: u32, errno: i32, count: u32) -> ErrorContent {
    let handle = [ino.to_ne_bytes(), 7_u32.to_ne_bytes()].concat();
    let records = [error(errno, count), fid([1, 2], 8, 1, &handle)].concat();
    ErrorContent::Event(event(0x8000, &records))
}

fn filesystem(mount: &[u8]) -> ErrorContent {
    ErrorContent::Filesystem(at(mount, false))
}

fn covered(mount: &[u8]) -> ErrorContent {
    ErrorContent::Filesystem(at(mount, true))
}

fn at(mount: &[u8], is_covered: bool) -> ErrorFilesystem {
    let (fs_type, device) = ("ext4".to_owned(), (8, 1));
    ErrorFilesystem { mount_point: mount.to_vec(), fs_type, device, is_covered }
}

fn recording(frames: &[(u64, u64, ErrorContent)]) -> Vec<u8> {
    let frames = frames.iter().flat_map(|(number, ms, content)| {
        content.frame(*number, Time::default().after(Duration::from_millis(*ms)))
    });
    ErrorContent::FIRST_LINE.bytes().chain(frames).collect()
}

/// What a replay says, and how it ends.
fn played(bytes: Vec<u8>) -> (Vec<String>, Result<(), BadRecording>) {
    let mut lines = Vec::new();
    let say = &mut |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
    let result = play(&mut std::io::Cursor::new(bytes), say);
    (lines, result)
}

#[test]
fn what_was_reported_is_said_by_the_clock_of_the_recording() {
    let bytes = recording(&[
        (1, 1000, filesystem(b"/a")),
        (1, 1000, of_file(12, libc::EIO, 1)),
        (1, 2000, of_file(12, libc::EIO, 3)),
        (2, 2000, filesystem(b"/b")),
        (2, 12_000, of_file(12, libc::EUCLEAN, 1)),
        (1, 13_000, filesystem(b"/c")),
        (1, 13_000, of_file(13, libc::EIO, 1)),
        (1, 13_000, covered(b"/c")),
        (1, 13_000, of_file(14, libc::EIO, 1)),
        (0, 14_000, of_file(14, libc::EIO, 1)),
        (0, 14_000, ErrorContent::Event(event(0x4000, &[]))),
        (0, 14_000, ErrorContent::Event(vec![1, 2, 3])),
        (0, 14_000, ErrorContent::Dropped(5)),
        (2, 14_000, of_file(12, libc::EUCLEAN, 1)),
        (2, 14_000, ErrorContent::Closed),
    ]);
    let (lines, result) = played(bytes.clone());
    let watched = "ext4: watched for errors of metadata and of direct I/O";
    let want = [
        &format!("/a: {watched}"),
        "/a ino 12 gen 0x7: filesystem error: Input/output error",
        &format!("/b: {watched}"),
        "/a ino 12 gen 0x7: filesystem error: Input/output error: once more",
        "/a: 2 more filesystem errors that the kernel has only counted",
        "/b ino 12 gen 0x7: filesystem error: Structure needs cleaning",
        "/c ino 13 gen 0x7: filesystem error: Input/output error",
        "/c (covered, 8:1) ino 14 gen 0x7: filesystem error: Input/output error",
        "a filesystem that is not mounted here ino 14 gen 0x7: filesystem error: Input/output error",
        "filesystem errors were lost: the kernel's queue was full",
        "1 events of the kernel make no sense",
        "5 reports are missing here, they were not recorded",
        "/b ino 12 gen 0x7: filesystem error: Structure needs cleaning: once more",
    ];
    assert_eq!(lines, want);
    assert_eq!(result, Ok(()));
    assert_eq!(played(bytes), (lines, Ok(())));
}

#[test]
fn a_recording_that_lies_ends_its_replay() {
    let first = ErrorContent::FIRST_LINE.len() as u64;
    let (lines, result) = played(recording(&[(7, 0, of_file(12, libc::EIO, 1))]));
    assert_eq!(lines, [""; 0]);
    let what = Flaw::Undescribed(7);
    assert_eq!(result, Err(BadRecording { offset: first, what }));
    let many: Vec<_> = (0..2000).map(|number| (number, 0, filesystem(b"/a"))).collect();
    assert_eq!(played(recording(&many)).1.unwrap_err().what, Flaw::TooMany);
    let of_none = recording(&[(u64::MAX, 0, filesystem(b"/a"))]);
    assert_eq!(played(of_none).1.unwrap_err().what, Flaw::TooMany, "it stands for no filesystem");
    // Ages pass, and the clock goes backwards.
    let odd = [u64::MAX, 0, 5].map(|ms| (1, ms, of_file(12, libc::EIO, 9)));
    let all: Vec<_> = [(1, 0, filesystem(b"/a"))].into_iter().chain(odd).collect();
    let (lines, result) = played(recording(&all));
    assert_eq!((lines.len(), result), (4, Ok(())), "{lines:?}");
}
