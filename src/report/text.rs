// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events as lines of text.

use super::{Level, Line, escape};
use crate::event::{Body, Change, Event, FileError, ShutdownReasons, Target};
use std::fmt::Write;
use std::io;

/// Where the filesystem is, as messages name it. Both are escaped already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    given: String,
    found: String,
}

impl Place {
    /// The mount point as the person typed it.
    pub fn new(given: &[u8]) -> Place {
        Place { given: escape(given), found: escape(given) }
    }

    /// Takes note of where the filesystem was found; `None` is where it was at the start, which goes
    /// on being named as it was typed.
    pub fn found_at(&mut self, elsewhere: Option<&[u8]>) {
        self.found = elsewhere.map_or_else(|| self.given.clone(), escape);
    }

    /// The mount point as it was typed.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// The mount point where the filesystem was last found.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The words for a target: its path below the mount point where that is known.
    pub fn subject(&self, target: Target, path: Option<&[u8]>) -> String {
        let found = &self.found;
        match (target, path) {
            (Target::Fs, _) => found.clone(),
            (Target::Ag(agno), _) => format!("{found} agno 0x{agno:x}"),
            (Target::Rtgroup(rgno), _) => format!("{found} rgno 0x{rgno:x}"),
            // The root directory itself.
            (Target::Inode { .. }, Some(b"")) => found.clone(),
            (Target::Inode { .. }, Some(path)) => {
                format!("{}{}", found.strip_suffix('/').unwrap_or(found), escape(path))
            }
            (Target::Inode { ino, generation }, None) => {
                format!("{found} ino {ino} gen 0x{generation:x}")
            }
        }
    }
}

/// The line for an event; `path` is that of the inode it is about, below the mount point.
pub fn event_line(place: &Place, event: &Event, path: Option<&[u8]>) -> Line {
    let (given, found) = (&place.given, &place.found);
    match event.body {
        Body::Running => Line::out(Level::Info, format!("{given}: monitoring started")),
        Body::Unmount => Line::out(Level::Info, format!("{given}: filesystem unmounted")),
        Body::Lost { count } => Line::out(Level::Warning, format!("{found}: {count} events lost")),
        Body::Health { change, target, mask } => {
            let level = if change == Change::Healthy { Level::Info } else { Level::Warning };
            let (subject, names) = (place.subject(target, path), structure_names(target, mask));
            Line::out(level, format!("{subject} {names}: {}", change.name()))
        }
        Body::Shutdown { reasons } => {
            let why = shutdown_words(reasons);
            Line::out(Level::Critical, format!("{found}: filesystem shut down due to {why}"))
        }
        Body::MediaError { device, daddr, bbcount } => {
            let device = device.name();
            let range = format!("{device} daddr 0x{daddr:x} bbcount 0x{bbcount:x}");
            Line::out(Level::Error, format!("{found} {range}: media error"))
        }
        Body::FileRange { error, ino, generation, pos, len, errno } => {
            let subject = place.subject(Target::Inode { ino, generation }, path);
            let what = file_error_words(error, errno);
            Line::out(Level::Error, format!("{subject} pos {pos} len {len}: {what}"))
        }
        Body::Unknown { domain, kind, payload } => {
            let mut text = format!("{found}: unknown event: domain {domain} type {kind} data ");
            for byte in payload {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
            Line::out(Level::Warning, text)
        }
    }
}

/// The line for events that the kernel has dropped without saying so yet.
pub fn losses_line(place: &Place) -> Line {
    let what = "events were lost; what the filesystem remembers will be looked at";
    Line::out(Level::Warning, format!("{}: {what}", place.found))
}

fn file_error_words(error: FileError, errno: u32) -> String {
    match error {
        // 7.2 knows no other word for lost data, and none for an error without a number.
        FileError::DataLost => "media failed".to_owned(),
        error if errno == 0 => format!("{} failed", error.name()),
        error => format!("{}: {}", error.name(), errno_text(errno.try_into().unwrap_or(i32::MAX))),
    }
}

/// The names of the structures in a mask; bits without a name are shown as a number.
fn structure_names(target: Target, mask: u32) -> String {
    let structures = target.domain().structures();
    let known = structures.iter().fold(0, |all, s| all | s.bit);
    let names = structures.iter().filter(|s| mask & s.bit != 0).map(|s| s.name());
    list(names, mask & !known)
}

fn shutdown_words(reasons: ShutdownReasons) -> String {
    let (phrases, unknown) = reasons.phrases();
    list(phrases, unknown)
}

fn list<'a>(names: impl Iterator<Item = &'a str>, unknown: u32) -> String {
    let mut text = names.collect::<Vec<_>>().join(", ");
    if unknown != 0 || text.is_empty() {
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}unknown flag 0x{unknown:x}");
    }
    text
}

/// The system's text for an errno, as strerror(3) has it.
pub fn errno_text(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let suffix = format!(" (os error {errno})");
    text.strip_suffix(&suffix).unwrap_or(&text).to_owned()
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
    fn bits_without_a_name_are_shown_not_dropped() {
        let shown = |mask| health(Change::Sick, Target::Fs, mask, None);
        assert_eq!(shown(1 | 1 << 31), "/n fscounters, unknown flag 0x80000000: sick");
        assert_eq!(shown(1 << 12), "/n unknown flag 0x1000: sick");
        assert_eq!(shown(0), "/n unknown flag 0x0: sick");
    }

    #[test]
    fn a_root_mounted_at_the_slash_has_paths_with_one_slash() {
        let place = Place::new(b"/");
        let inode = Target::Inode { ino: 1, generation: 0 };
        assert_eq!(place.subject(inode, Some(b"/etc/fstab")), "/etc/fstab");
        assert_eq!(place.subject(inode, Some(b"")), "/");
        assert_eq!(place.subject(Target::Fs, None), "/");
    }
}
