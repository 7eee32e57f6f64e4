// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events as lines of text.

use super::escape::fitted;
use super::place::write_subject;
use super::{Level, Line, Mount, Out, Place, Stream};
use crate::event::{Body, Change, Event, FileError, ShutdownReasons, Target};
use crate::sys;
use std::fmt;

/// The line for an event; `path` is that of the inode it is about, below the mount point.
pub fn event_line(place: &Place, event: &Event, path: Option<&[u8]>) -> Line {
    Line::written(event_level(event), |text| write_event(text, place.mount(), event, path))
}

/// Stream and urgency of the line for an event.
pub fn event_level(event: &Event) -> (Stream, Level) {
    let level = match event.body {
        Body::Running | Body::Unmount | Body::Health { change: Change::Healthy, .. } => Level::Info,
        Body::Shutdown { .. } | Body::FileRange { error: FileError::DataLost, .. } => {
            Level::Critical
        }
        Body::FileRange { error, errno, .. } if is_callers_own(error, errno) => Level::Debug,
        Body::Lost { .. }
        | Body::Health { .. }
        | Body::MediaError { .. }
        | Body::FileRange { .. }
        | Body::Unknown { .. } => Level::Warning,
    };
    (Stream::Out, level)
}

/// True if it is not the disk that has failed a read or write, but whoever asked: with an address
/// or a range that is no good, or by breaking off. Only direct I/O has the caller's memory and
/// ranges; what is written back later is nobody's mistake any more, and lost.
fn is_callers_own(error: FileError, errno: u32) -> bool {
    let is_direct = matches!(error, FileError::DirectRead | FileError::DirectWrite);
    let Ok(errno) = i32::try_from(errno) else { return false };
    let is_own = [libc::EFAULT, libc::EINVAL, libc::EINTR, libc::EAGAIN, libc::ENOMEM];
    is_direct && is_own.contains(&errno)
}

/// Writes what the line for an event says, see [`event_line`].
pub fn write_event(
    out: &mut impl fmt::Write,
    mount: Mount<'_>,
    event: &Event,
    path: Option<&[u8]>,
) -> fmt::Result {
    fitted(out, |out| {
        match event.body {
            // 7.2 says these two of the mount point that it was started with.
            Body::Running | Body::Unmount => out.name(mount.given)?,
            Body::Health { target, .. } => write_subject(out, mount.found, target, path)?,
            Body::FileRange { ino, generation, .. } => {
                write_subject(out, mount.found, Target::Inode { ino, generation }, path)?;
            }
            _ => out.name(mount.found)?,
        }
        write_what(out, &event.body)
    })
}

/// Writes the part of the line behind the name of what the event is about.
fn write_what(out: &mut impl fmt::Write, body: &Body) -> fmt::Result {
    match *body {
        Body::Running => out.put(": monitoring started"),
        Body::Unmount => out.put(": filesystem unmounted"),
        Body::Lost { count } => {
            out.put(": ")?;
            out.decimal(count)?;
            out.put(" events lost")
        }
        Body::Health { change, target, mask } => {
            out.put(" ")?;
            write_structures(out, target, mask)?;
            out.put(": ")?;
            out.put(change.name())
        }
        Body::Shutdown { reasons } => write_shutdown(out, reasons),
        Body::MediaError { device, daddr, bbcount } => {
            out.put(" ")?;
            out.put(device.name())?;
            out.put(" daddr ")?;
            out.hex(daddr)?;
            out.put(" bbcount ")?;
            out.hex(bbcount)?;
            out.put(": media error")
        }
        Body::FileRange { error, pos, len, errno, .. } => {
            out.put(" pos ")?;
            out.decimal(pos)?;
            out.put(" len ")?;
            out.decimal(len)?;
            out.put(": ")?;
            write_file_error(out, error, errno)
        }
        Body::Unknown { domain, kind, payload } => {
            out.put(": unknown event: domain ")?;
            out.decimal(domain.into())?;
            out.put(" type ")?;
            out.decimal(kind.into())?;
            out.put(" data ")?;
            payload.iter().try_for_each(|byte| out.byte(*byte))
        }
    }
}

/// The line for events that the kernel has dropped without saying so yet.
pub fn losses_line(place: &Place) -> Line {
    let what = "events were lost; what the filesystem remembers will be looked at";
    Line::out(Level::Warning, format!("{}: {what}", place.found()))
}

fn write_file_error(out: &mut impl fmt::Write, error: FileError, errno: u32) -> fmt::Result {
    out.put(error.name())?;
    // 7.2 knows no other word for lost data, and none for an error without a number.
    if error == FileError::DataLost || errno == 0 {
        return out.put(" failed");
    }
    out.put(": ")?;
    write_errno(out, errno.try_into().unwrap_or(i32::MAX))
}

/// The names of the structures in a mask; bits without a name are shown as a number.
fn write_structures(out: &mut impl fmt::Write, target: Target, mask: u32) -> fmt::Result {
    let structures = target.domain().structures();
    let known = structures.iter().fold(0, |all, s| all | s.bit);
    let names = structures.iter().filter(|s| mask & s.bit != 0).map(|s| s.name());
    write_flags(out, names, mask & !known)
}

fn write_shutdown(out: &mut impl fmt::Write, reasons: ShutdownReasons) -> fmt::Result {
    out.put(": filesystem shut down due to ")?;
    let (phrases, unknown) = reasons.phrases();
    write_flags(out, phrases, unknown)
}

fn write_flags<'a>(
    out: &mut impl fmt::Write,
    names: impl Iterator<Item = &'a str>,
    unknown: u32,
) -> fmt::Result {
    let separator = out.list(names)?;
    if unknown == 0 && !separator.is_empty() {
        return Ok(());
    }
    out.put(separator)?;
    out.put("unknown flag ")?;
    out.hex(unknown.into())
}

/// The system's text for an errno, as strerror(3) has it in English.
pub fn errno_text(errno: i32) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_errno(&mut text, errno);
    text
}

/// Writes the system's text for an errno, as strerror(3) has it in English.
pub(super) fn write_errno(out: &mut impl fmt::Write, errno: i32) -> fmt::Result {
    if let Some(text) = sys::errno_text(errno) {
        return out.put(text);
    }
    out.put("Unknown error ")?;
    out.signed(errno.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Device;

    fn line(body: Body, path: Option<&[u8]>) -> String {
        let mut place = Place::new(b"/m");
        place.found_at(Some(b"/n"));
        event_line(&place, &Event { time_ns: 0, body }, path).text
    }

    fn health(change: Change, target: Target, mask: u32, path: Option<&[u8]>) -> String {
        line(Body::Health { change, target, mask }, path)
    }

    #[test]
    fn lines_are_those_of_the_drop_in_contract() {
        let inode = Target::Inode { ino: 135, generation: 0 };
        assert_eq!(line(Body::Running, None), "/m: monitoring started");
        assert_eq!(line(Body::Unmount, None), "/m: filesystem unmounted");
        assert_eq!(line(Body::Lost { count: 23708 }, None), "/n: 23708 events lost");
        let (sick, healthy) = (Change::Sick, Change::Healthy);
        assert_eq!(health(sick, Target::Ag(1), 0x110, None), "/n agno 0x1 bnobt, rmapbt: sick");
        assert_eq!(health(healthy, Target::Rtgroup(0), 2, None), "/n rgno 0x0 bitmap: healthy");
        assert_eq!(health(Change::Corrupt, Target::Fs, 1, None), "/n fscounters: corrupt");
        assert_eq!(health(sick, inode, 1, None), "/n ino 135 gen 0x0 core: sick");
        assert_eq!(health(sick, inode, 16, Some(b"/d/n\n")), "/n/d/n\\n directory: sick");
        let reasons = ShutdownReasons::LOG_IO_ERROR | ShutdownReasons::FORCE_UMOUNT;
        assert_eq!(
            line(Body::Shutdown { reasons }, None),
            "/n: filesystem shut down due to log I/O error, forced unmount"
        );
        let media = Body::MediaError { device: Device::Data, daddr: 0x3fc0, bbcount: 0x80 };
        assert_eq!(line(media, None), "/n datadev daddr 0x3fc0 bbcount 0x80: media error");
    }

    #[test]
    fn file_errors_name_the_file_the_range_and_the_errno() {
        let range = |error, errno| Body::FileRange {
            error,
            ino: 135,
            generation: 0xab,
            pos: 131072,
            len: 4096,
            errno,
        };
        assert_eq!(
            line(range(FileError::BufferedRead, 5), Some(b"/f")),
            "/n/f pos 131072 len 4096: buffered_read: Input/output error"
        );
        assert_eq!(
            line(range(FileError::DataLost, 0), None),
            "/n ino 135 gen 0xab pos 131072 len 4096: media failed"
        );
        assert_eq!(
            line(range(FileError::DirectWrite, 0), Some(b"/f")),
            "/n/f pos 131072 len 4096: directio_write failed"
        );
    }

    #[test]
    fn an_error_of_the_callers_own_is_none_of_the_disk() {
        let level = |error, errno: i32| {
            let errno = errno.unsigned_abs();
            let (ino, generation, pos, len) = (135, 0, 0, 512);
            let body = Body::FileRange { error, ino, generation, pos, len, errno };
            event_level(&Event { time_ns: 0, body }).1
        };
        for errno in [libc::EFAULT, libc::EINVAL, libc::EINTR] {
            assert_eq!(level(FileError::DirectRead, errno), Level::Debug);
            assert_eq!(level(FileError::DirectWrite, errno), Level::Debug);
            assert_eq!(level(FileError::BufferedWrite, errno), Level::Warning);
            assert_eq!(level(FileError::DataLost, errno), Level::Critical);
        }
        for errno in [0, libc::EIO, libc::ENOSPC, libc::ENODATA, i32::MIN] {
            assert_eq!(level(FileError::DirectRead, errno), Level::Warning);
        }
    }

    #[test]
    fn bits_without_a_name_are_shown_not_dropped() {
        let shown = |mask| health(Change::Sick, Target::Fs, mask, None);
        assert_eq!(shown(1 | 1 << 31), "/n fscounters, unknown flag 0x80000000: sick");
        assert_eq!(shown(1 << 12), "/n unknown flag 0x1000: sick");
        assert_eq!(shown(0), "/n unknown flag 0x0: sick");
    }
}
