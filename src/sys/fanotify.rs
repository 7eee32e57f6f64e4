// SPDX-License-Identifier: LGPL-2.1-or-later
//! News about the mounts of a mount namespace, by fanotify(7).
//!
//! These events came with Linux 6.14 and libc does not have them: numbers and structures are those
//! of `linux/fanotify.h`. An event carries the number of a mount that [`super::mount`] uses.

use std::io;
use std::iter;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use super::{check, check_fd};

const FAN_CLOEXEC: u32 = 0x1;
const FAN_NONBLOCK: u32 = 0x2;
const FAN_REPORT_MNT: u32 = 0x4000;
const FAN_MARK_ADD: u32 = 0x1;
const FAN_MARK_MNTNS: u32 = 0x110;
const FAN_MNT_ATTACH: u64 = 0x0100_0000;
const FAN_MNT_DETACH: u64 = 0x0200_0000;
const FAN_Q_OVERFLOW: u64 = 0x4000;
const FAN_EVENT_INFO_TYPE_MNT: u8 = 7;
const METADATA_VERSION: u8 = 3;

/// `struct fanotify_event_metadata`: what every event begins with.
#[repr(C)]
struct Metadata {
    /// Bytes of the whole event.
    event_len: u32,
    vers: u8,
    reserved: u8,
    /// Bytes of this structure, behind which the information records are.
    metadata_len: u16,
    mask: u64,
    fd: i32,
    pid: i32,
}

/// `struct fanotify_event_info_mnt`: an information record.
#[repr(C)]
struct MountRecord {
    info_type: u8,
    pad: u8,
    /// Bytes of this record.
    len: u16,
    /// The gap that a 64-bit kernel leaves, also for a program of 32-bit x86, which would not.
    gap: u32,
    mnt_id: u64,
}

/// A change of one mount, or a loss of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountEvent {
    /// The mount of this number is there now.
    Attached(u64),
    /// The mount of this number is gone.
    Detached(u64),
    /// The mount of this number is at another place.
    Moved(u64),
    /// Events were lost, or cannot be understood: ask for all mounts.
    Lost,
}

/// An open queue of mount events.
#[derive(Debug)]
pub struct MountEvents(OwnedFd);

impl MountEvents {
    /// Opens a queue that nothing comes into yet. EINVAL before Linux 6.14.
    pub fn new() -> io::Result<Self> {
        let flags = FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_MNT;
        // SAFETY: two numbers, no memory.
        let fd = unsafe { libc::fanotify_init(flags, libc::O_RDONLY as u32) };
        // SAFETY: fanotify_init(2) returns a new descriptor, or -1.
        unsafe { check_fd(fd) }.map(Self)
    }

    /// Watches `namespace`, a file as `/proc/self/ns/mnt`: from now on the queue has what happens
    /// in it.
    ///
    /// EINVAL: it is no such file. EPERM: CAP_SYS_ADMIN is missing in its user namespace.
    pub fn watch(&self, namespace: BorrowedFd<'_>) -> io::Result<()> {
        let (queue, file) = (self.0.as_raw_fd(), namespace.as_raw_fd());
        let (flags, mask) = (FAN_MARK_ADD | FAN_MARK_MNTNS, FAN_MNT_ATTACH | FAN_MNT_DETACH);
        // SAFETY: two open descriptors; without a path the file itself is meant.
        check(unsafe { libc::fanotify_mark(queue, flags, mask, file, ptr::null()) })?;
        Ok(())
    }

    /// A queue that is any open file.
    #[cfg(test)]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self(fd)
    }

    /// Reads the next events, as many as fit into `buf`; EAGAIN if there are none.
    pub fn read(&self, buf: &mut [u8]) -> io::Result<Vec<MountEvent>> {
        let n = super::read(self.as_fd(), buf)?;
        Ok(parse(buf.get(..n).unwrap_or_default()))
    }
}

impl AsFd for MountEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Takes apart what was read. What makes no sense, and all behind it, counts as lost.
fn parse(mut bytes: &[u8]) -> Vec<MountEvent> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let Some((event, rest)) = split_event(bytes) else {
            events.push(MountEvent::Lost);
            break;
        };
        if !parse_event(event, &mut events) {
            events.push(MountEvent::Lost);
        }
        bytes = rest;
    }
    events
}

/// Splits the first event off; it is never shorter than its metadata.
pub(super) fn split_event(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = u32_at(bytes, offset_of!(Metadata, event_len))? as usize;
    let is_known = *bytes.get(offset_of!(Metadata, vers))? == METADATA_VERSION;
    if len < size_of::<Metadata>() || !is_known {
        return None;
    }
    bytes.split_at_checked(len)
}

/// Adds what one event says; `false` if that cannot be understood.
fn parse_event(event: &[u8], events: &mut Vec<MountEvent>) -> bool {
    let mask = event_mask(event);
    let what = match (mask & FAN_MNT_ATTACH != 0, mask & FAN_MNT_DETACH != 0) {
        _ if mask & FAN_Q_OVERFLOW != 0 => return false,
        (true, true) => MountEvent::Moved,
        (true, false) => MountEvent::Attached,
        (false, true) => MountEvent::Detached,
        (false, false) => return false,
    };
    let mut is_named = false;
    for record in records(event) {
        let Some(record) = record else { return false };
        if record.first() == Some(&FAN_EVENT_INFO_TYPE_MNT) {
            let Some(id) = u64_at(record, offset_of!(MountRecord, mnt_id)) else { return false };
            events.push(what(id));
            is_named = true;
        }
    }
    is_named
}

/// The mask of an event.
pub(super) fn event_mask(event: &[u8]) -> u64 {
    u64_at(event, offset_of!(Metadata, mask)).unwrap_or(0)
}

/// The information records of an event. `None` stands for one that is longer than what there is; it
/// is the last.
pub(super) fn records(event: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let start = u16_at(event, offset_of!(Metadata, metadata_len)).unwrap_or(0);
    let mut records = event.get(usize::from(start)..).unwrap_or_default();
    iter::from_fn(move || {
        if records.is_empty() {
            return None;
        }
        let len = u16_at(records, offset_of!(MountRecord, len)).unwrap_or(0);
        // Each is at least its header, or this would not come to an end.
        let split = records.split_at_checked(usize::from(len).max(4));
        records = split.map_or(&[], |(_, rest)| rest);
        Some(split.map(|(record, _)| record))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(super) fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    Some(u32_at(bytes, at)? as i32)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    /// An event as the kernel writes it, with these information records.
    fn event(mask: u64, records: &[u8]) -> Vec<u8> {
        let len = (size_of::<Metadata>() + records.len()) as u32;
        let metadata_len = size_of::<Metadata>() as u16;
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend([METADATA_VERSION, 0]);
        bytes.extend(metadata_len.to_ne_bytes());
        bytes.extend(mask.to_ne_bytes());
        bytes.extend((-1_i32).to_ne_bytes());
        bytes.extend(0_i32.to_ne_bytes());
        bytes.extend(records);
        bytes
    }

    fn record(info_type: u8, id: u64) -> Vec<u8> {
        let mut bytes = vec![info_type, 0];
        bytes.extend((size_of::<MountRecord>() as u16).to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(id.to_ne_bytes());
        bytes
    }

    #[test]
    fn the_structures_are_those_of_the_kernel() {
        assert_eq!(size_of::<Metadata>(), 24);
        assert_eq!((size_of::<MountRecord>(), offset_of!(MountRecord, mnt_id)), (16, 8));
    }

    #[test]
    fn each_event_names_its_mount() {
        let both = FAN_MNT_ATTACH | FAN_MNT_DETACH;
        let bytes = [
            event(FAN_MNT_ATTACH, &record(7, 1)),
            event(FAN_MNT_DETACH, &[record(99, 8), record(7, 2)].concat()),
            event(both, &record(7, 3)),
            event(FAN_Q_OVERFLOW, &[]),
        ];
        let [attached, detached] = [MountEvent::Attached(1), MountEvent::Detached(2)];
        let expected = [attached, detached, MountEvent::Moved(3), MountEvent::Lost];
        assert_eq!(parse(&bytes.concat()), expected);
        assert_eq!(parse(&[]), []);
    }

    #[test]
    fn what_makes_no_sense_is_lost_and_does_not_go_on_for_ever() {
        let good = event(FAN_MNT_ATTACH, &record(7, 1));
        for len in 1..good.len() {
            assert_eq!(parse(&good[..len]), [MountEvent::Lost], "cut to {len} bytes");
        }
        let (len, half) = (u32::to_ne_bytes, 255_u16.to_ne_bytes());
        let bad: [(usize, &[u8]); 6] = [
            (0, &len(0)),
            (0, &len(23)),
            (0, &len(0xff00_0028)),
            (4, &[METADATA_VERSION + 1]),
            (6, &half),
            (26, &half),
        ];
        for (at, value) in bad {
            let mut bytes = good.clone();
            bytes[at..at + value.len()].copy_from_slice(value);
            assert_eq!(parse(&bytes), [MountEvent::Lost], "{value:?} at {at}");
        }
        assert_eq!(parse(&event(0, &record(7, 1))), [MountEvent::Lost]);
        assert_eq!(parse(&event(FAN_MNT_ATTACH, &[])), [MountEvent::Lost]);
        assert_eq!(parse(&event(FAN_MNT_ATTACH, &[0; 64])), [MountEvent::Lost]);
        assert_eq!(parse(&event(FAN_MNT_ATTACH, &[7; 4])), [MountEvent::Lost]);
    }

    /// Needs root and Linux 6.14 or later; elsewhere the calls say why not.
    #[test]
    fn a_namespace_can_be_watched_and_nothing_else() {
        let Ok(events) = MountEvents::new() else { return };
        let status = File::open("/proc/self/status").unwrap();
        assert!(events.watch(status.as_fd()).is_err());
        let namespace = File::open("/proc/self/ns/mnt").unwrap();
        if events.watch(namespace.as_fd()).is_ok() {
            let error = events.read(&mut [0; 4096]).map(|_| "events").or_else(|error| {
                let is_empty = error.kind() == io::ErrorKind::WouldBlock;
                if is_empty { Ok("none") } else { Err(error) }
            });
            assert!(error.is_ok(), "{error:?}");
        }
    }
}
