// SPDX-License-Identifier: LGPL-2.1-or-later
//! Errors of mounted filesystems, by fanotify(7), and the files that they are about.
//!
//! libc does not have all of it: numbers and structures are those of `linux/fanotify.h`. An error
//! names its filesystem by what statfs(2) tells, and its file by a handle, as name_to_handle_at(2)
//! makes them.

use std::io;
use std::iter;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use super::fanotify::{event_mask, i32_at, records, split_event, u32_at};
use super::file_handle::{FileHandle, MOST_HANDLE_BYTES, is_handle};
use super::identity::Fsid;
use super::{DeviceNumber, check, check_fd};

const FAN_CLOEXEC: u32 = 0x1;
const FAN_NONBLOCK: u32 = 0x2;
const FAN_REPORT_FID: u32 = 0x200;
const FAN_MARK_ADD: u32 = 0x1;
const FAN_MARK_FILESYSTEM: u32 = 0x100;
const FAN_FS_ERROR: u64 = 0x8000;
const FAN_Q_OVERFLOW: u64 = 0x4000;
const FAN_EVENT_INFO_TYPE_FID: u8 = 1;
const FAN_EVENT_INFO_TYPE_ERROR: u8 = 5;

/// `struct fanotify_event_info_error`.
#[repr(C)]
struct ErrorRecord {
    info_type: u8,
    pad: u8,
    len: u16,
    error: i32,
    error_count: u32,
}

/// `struct fanotify_event_info_fid` with the `struct file_handle` in it.
#[repr(C)]
struct FidRecord {
    info_type: u8,
    pad: u8,
    len: u16,
    fsid: Fsid,
    handle: RawHandle,
}

/// `struct file_handle` with room for the longest.
#[repr(C)]
struct RawHandle {
    len_bytes: u32,
    kind: i32,
    bytes: [u8; MOST_HANDLE_BYTES],
}

/// An error that a filesystem has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FsErrorEvent {
    /// The filesystem.
    pub fsid: Fsid,
    /// The file; `None` if the error is about none.
    pub file: Option<FileHandle>,
    /// The errno.
    pub errno: i32,
    /// Number of errors of the filesystem that the kernel has made this event of. It keeps file and
    /// errno of the first (fs/notify/fanotify/fanotify.c: fanotify_error_event_equal).
    pub count: u32,
}

/// An event of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorEvent {
    /// A filesystem has reported an error.
    Error(FsErrorEvent),
    /// The queue was full, and errors were lost.
    Lost,
    /// Something that contradicts itself, or is no error.
    Senseless,
}

/// An open queue of errors.
#[derive(Debug)]
pub struct ErrorQueue(OwnedFd);

impl ErrorQueue {
    /// Opens a queue that nothing comes into yet. EMFILE: too many are open
    /// (`/proc/sys/fs/fanotify/max_user_groups`).
    pub fn new() -> io::Result<Self> {
        let flags = FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_FID;
        // SAFETY: two numbers, no memory.
        let fd = unsafe { libc::fanotify_init(flags, libc::O_RDONLY as u32) };
        // SAFETY: fanotify_init(2) returns a new descriptor, or -1.
        unsafe { check_fd(fd) }.map(Self)
    }

    /// Marks the filesystem that the open directory `dir` is on: from now on the queue has its
    /// errors. Does not keep it mounted.
    ///
    /// EPERM: CAP_SYS_ADMIN is missing. EOPNOTSUPP, ENODEV: it has no handles or no identity. EXDEV:
    /// a subvolume with an identity of its own (btrfs).
    pub fn mark(&self, dir: BorrowedFd<'_>) -> io::Result<()> {
        let (queue, dir) = (self.0.as_raw_fd(), dir.as_raw_fd());
        let flags = FAN_MARK_ADD | FAN_MARK_FILESYSTEM;
        // SAFETY: two open descriptors; without a path the directory itself is meant.
        check(unsafe { libc::fanotify_mark(queue, flags, FAN_FS_ERROR, dir, ptr::null()) })?;
        Ok(())
    }

    /// The devices of the filesystems that have a mark: also those that are mounted only elsewhere, or
    /// that only an open file keeps (`/proc/self/fdinfo`, proc_pid_fdinfo(5)).
    pub fn marked(&self) -> io::Result<Vec<DeviceNumber>> {
        let path = format!("/proc/self/fdinfo/{}", self.0.as_raw_fd());
        Ok(std::fs::read_to_string(path)?.lines().filter_map(marked_device).collect())
    }

    /// Reads the next events, as many as fit into `buf`; EAGAIN if there are none.
    pub fn read<'a>(&self, buf: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let n = super::read(self.as_fd(), buf)?;
        Ok(buf.get(..n).unwrap_or_default())
    }
}

/// Device in a line of `fdinfo` about the mark of a filesystem. It is printed as the kernel has it, with
/// a minor number of 20 bits (include/linux/kdev_t.h).
fn marked_device(line: &str) -> Option<DeviceNumber> {
    let number = line.strip_prefix("fanotify sdev:")?.split(' ').next()?;
    let number = u32::from_str_radix(number, 16).ok()?;
    Some((number >> 20, number & 0xf_ffff))
}

impl AsFd for ErrorQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// An error as it lies in an event; the handle is its kind and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFsError<'a> {
    /// The filesystem.
    pub fsid: Fsid,
    /// Handle of the file; `None` if the error is about none.
    pub handle: Option<(i32, &'a [u8])>,
    /// The errno.
    pub errno: i32,
    /// See [`FsErrorEvent::count`].
    pub count: u32,
}

/// An event as it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawErrorEvent<'a> {
    /// See [`ErrorEvent::Error`].
    Error(RawFsError<'a>),
    /// See [`ErrorEvent::Lost`].
    Lost,
    /// See [`ErrorEvent::Senseless`].
    Senseless,
}

impl RawErrorEvent<'_> {
    fn to_event(self) -> ErrorEvent {
        match self {
            RawErrorEvent::Error(RawFsError { fsid, handle, errno, count }) => {
                let file = handle.and_then(|(kind, bytes)| FileHandle::new(kind, bytes));
                ErrorEvent::Error(FsErrorEvent { fsid, file, errno, count })
            }
            RawErrorEvent::Lost => ErrorEvent::Lost,
            RawErrorEvent::Senseless => ErrorEvent::Senseless,
        }
    }
}

/// Takes apart what was read. What makes no sense, and all behind it, is one event.
pub(crate) fn parse_errors(bytes: &[u8]) -> Vec<ErrorEvent> {
    split_errors(bytes).map(|(event, _)| event.to_event()).collect()
}

/// The events of what was read, each with its bytes; none is without.
pub(crate) fn split_errors(mut bytes: &[u8]) -> impl Iterator<Item = (RawErrorEvent<'_>, &[u8])> {
    iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (event, rest) =
            split_event(bytes).map_or((None, &[][..]), |(event, rest)| (Some(event), rest));
        let all = std::mem::replace(&mut bytes, rest);
        Some(event.map_or((RawErrorEvent::Senseless, all), |event| (parse_event(event), event)))
    })
}

fn parse_event(event: &[u8]) -> RawErrorEvent<'_> {
    let mask = event_mask(event);
    if mask & FAN_Q_OVERFLOW != 0 {
        return RawErrorEvent::Lost;
    }
    match parse_error(event).filter(|_| mask & FAN_FS_ERROR != 0) {
        Some(error) => RawErrorEvent::Error(error),
        None => RawErrorEvent::Senseless,
    }
}

/// The error that the records of an event tell; `None` if they do not.
fn parse_error(event: &[u8]) -> Option<RawFsError<'_>> {
    let (mut error, mut fid) = (None, None);
    for record in records(event) {
        let record = record?;
        match *record.first()? {
            FAN_EVENT_INFO_TYPE_ERROR => {
                let errno = i32_at(record, offset_of!(ErrorRecord, error))?;
                error = Some((errno, u32_at(record, offset_of!(ErrorRecord, error_count))?));
            }
            FAN_EVENT_INFO_TYPE_FID => fid = Some(parse_fid(record)?),
            _ => {}
        }
    }
    let ((errno, count), (fsid, handle)) = (error?, fid?);
    Some(RawFsError { fsid, handle, errno, count })
}

/// A filesystem, and kind and bytes of the handle of a file of it.
type RawFid<'a> = (Fsid, Option<(i32, &'a [u8])>);

fn parse_fid(record: &[u8]) -> Option<RawFid<'_>> {
    let at = offset_of!(FidRecord, fsid);
    let fsid = [i32_at(record, at)?, i32_at(record, at + 4)?];
    let at = offset_of!(FidRecord, handle);
    let kind = i32_at(record, at + offset_of!(RawHandle, kind))?;
    let len = u32_at(record, at + offset_of!(RawHandle, len_bytes))? as usize;
    if len == 0 {
        return Some((fsid, None));
    }
    // Behind it may be what aligns the record.
    let bytes = record.get(at + offset_of!(RawHandle, bytes)..)?.get(..len)?;
    is_handle(bytes).then_some((fsid, Some((kind, bytes))))
}

/// Opens the file with this handle on the filesystem of the open file `mount`, and as reached through
/// its mount. CAP_DAC_READ_SEARCH is needed.
///
/// ESTALE: there is no such file. May read the disk, where the kernel does not have the file in memory.
pub fn open_by_handle(mount: BorrowedFd<'_>, file: &FileHandle, flags: i32) -> io::Result<OwnedFd> {
    let mut raw = RawHandle { len_bytes: 0, kind: file.kind(), bytes: [0; MOST_HANDLE_BYTES] };
    for (to, from) in raw.bytes.iter_mut().zip(file.bytes()) {
        *to = *from;
        raw.len_bytes += 1;
    }
    let (mount, flags) = (mount.as_raw_fd(), flags | libc::O_CLOEXEC);
    // SAFETY: an open descriptor, and a structure that has as many bytes behind it as it says; it is
    // only read.
    let fd = unsafe { libc::syscall(libc::SYS_open_by_handle_at, mount, &raw const raw, flags) };
    // SAFETY: open_by_handle_at(2) returns a new descriptor, which fits an int, or -1.
    unsafe { check_fd(fd as i32) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::property::*;
    use std::fs::File;

    const HEADER: usize = 24;

    /// An event as the kernel writes it, with these information records.
    pub(crate) fn event(mask: u64, records: &[u8]) -> Vec<u8> {
        let mut bytes = ((HEADER + records.len()) as u32).to_ne_bytes().to_vec();
        bytes.extend([3, 0]);
        bytes.extend((HEADER as u16).to_ne_bytes());
        bytes.extend(mask.to_ne_bytes());
        bytes.extend((-1_i32).to_ne_bytes());
        bytes.extend(0_i32.to_ne_bytes());
        bytes.extend(records);
        bytes
    }

    fn record(info_type: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![info_type, 0];
        bytes.extend((4 + body.len() as u16).to_ne_bytes());
        bytes.extend(body);
        bytes
    }

    pub(crate) fn error(errno: i32, count: u32) -> Vec<u8> {
        record(5, &[errno.to_ne_bytes(), count.to_ne_bytes()].concat())
    }

    pub(crate) fn fid(fsid: Fsid, len: u32, kind: i32, handle: &[u8]) -> Vec<u8> {
        let numbers = [fsid[0].to_ne_bytes(), fsid[1].to_ne_bytes(), len.to_ne_bytes()];
        let padding = vec![0; handle.len().next_multiple_of(4) - handle.len()];
        record(1, &[&numbers.concat(), &kind.to_ne_bytes()[..], handle, &padding].concat())
    }

    #[test]
    fn the_structures_are_those_of_the_kernel() {
        assert_eq!(size_of::<ErrorRecord>(), 12);
        assert_eq!((offset_of!(FidRecord, fsid), offset_of!(FidRecord, handle)), (4, 12));
        assert_eq!(offset_of!(RawHandle, bytes), 8);
    }

    #[test]
    fn an_error_has_a_filesystem_and_may_have_a_file() {
        let handle = [7, 0, 0, 0, 9, 0, 0];
        let file = FileHandle::new(1, &handle);
        assert!(file.is_some());
        let all = [
            event(FAN_FS_ERROR, &[error(117, 1), fid([1, -2], 7, 1, &handle)].concat()),
            // A superblock has none, and what is not known is passed over.
            event(
                FAN_FS_ERROR,
                &[record(77, &[1; 8]), fid([3, 4], 0, 255, &[]), error(108, 9)].concat(),
            ),
            event(FAN_Q_OVERFLOW, &[]),
        ];
        let first = FsErrorEvent { fsid: [1, -2], file, errno: 117, count: 1 };
        let second = FsErrorEvent { fsid: [3, 4], file: None, errno: 108, count: 9 };
        let expected = [ErrorEvent::Error(first), ErrorEvent::Error(second), ErrorEvent::Lost];
        assert_eq!(parse_errors(&all.concat()), expected);
        assert_eq!(parse_errors(&[]), []);
    }

    #[test]
    fn what_is_cut_or_lies_makes_no_sense() {
        let good = [error(5, 1), fid([1, 2], 8, 1, &[7; 8])].concat();
        let good = event(FAN_FS_ERROR, &good);
        for len in 1..good.len() {
            assert_eq!(parse_errors(&good[..len]), [ErrorEvent::Senseless], "cut to {len} bytes");
        }
        let senseless = |records: &[u8]| {
            assert_eq!(
                parse_errors(&event(FAN_FS_ERROR, records)),
                [ErrorEvent::Senseless],
                "{records:?}"
            );
        };
        senseless(&[]);
        senseless(&error(5, 1));
        senseless(&fid([1, 2], 8, 1, &[7; 8]));
        // Handles that are longer than their record, or than a handle can be.
        for len in [9, 129, 1 << 31, u32::MAX] {
            senseless(&[error(5, 1), fid([1, 2], len, 1, &[7; 8])].concat());
        }
        senseless(&[error(5, 1), fid([1, 2], 129, 1, &[7; 132])].concat());
        // Records that are longer than their event, or have no length.
        senseless(&[good[HEADER..].to_vec(), vec![1, 0, 255, 255]].concat());
        senseless(&[0; 16]);
        assert_eq!(parse_errors(&event(1, &good[HEADER..])), [ErrorEvent::Senseless], "no error");
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_it_comes_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(parse_errors(&bytes).len() <= bytes.len());
        }

        /// One byte of an event is another one: at most that event is not as it was.
        #[test]
        fn whatever_byte_lies_the_next_event_is_read_or_nothing(at in 0..68_usize, byte: u8) {
            let one = event(FAN_FS_ERROR, &[error(5, 1), fid([1, 2], 12, 1, &[7; 12])].concat());
            prop_assert_eq!(one.len(), 68);
            let mut all = [one.clone(), one.clone()].concat();
            all[at] = byte;
            let events = parse_errors(&all);
            prop_assert!((1..=2).contains(&events.len()) || at < 4, "{events:?}");
            let handles = events.iter().filter_map(|event| match event {
                ErrorEvent::Error(error) => error.file.as_ref(),
                _ => None,
            });
            for handle in handles {
                prop_assert!((1..=MOST_HANDLE_BYTES).contains(&handle.bytes().len()));
            }
        }
    }

    /// Needs root; elsewhere the calls say why not.
    #[test]
    fn a_queue_is_empty_at_first() {
        let dir = File::open("/").unwrap();
        let Ok(queue) = ErrorQueue::new() else { return };
        let empty = queue.read(&mut [0; 4096]).unwrap_err();
        assert_eq!(empty.kind(), io::ErrorKind::WouldBlock);
        let handle = FileHandle::new(0x7fff, &[1; 8]).unwrap();
        assert!(open_by_handle(dir.as_fd(), &handle, libc::O_PATH).is_err());
    }

    #[test]
    fn marks_of_filesystems_are_found_among_others() {
        let info = "pos:\t0\nflags:\t02004002\nfanotify flags:201 event-flags:0\n\
            fanotify ino:2 sdev:800001 mflags:0 mask:8\n\
            fanotify sdev:700005 mflags:0 mask:8000 ignored_mask:0\nfanotify sdev:x\n";
        assert_eq!(info.lines().filter_map(marked_device).collect::<Vec<_>>(), [(7, 5)]);
    }
}
