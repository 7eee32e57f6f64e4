// SPDX-License-Identifier: LGPL-2.1-or-later
//! Frames of a recording of `fserrord`: the filesystems, and the events of fanotify as they came.

use super::describe::{Program, pair, parsed, shortened, split_text, value};
use super::format::{CLOSED, DROPPED, FILESYSTEM, FrameContent, PROGRAM, RECORD, frame, length};
use crate::log::recording::Flaw;
use crate::plan::Time;
use crate::sys::DeviceNumber;

/// Content of a frame of a recording of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorContent {
    /// What recorded.
    Program(Program),
    /// A filesystem that errors are recorded of from here on, or what has changed of it.
    Filesystem(ErrorFilesystem),
    /// An event of the kernel, or what makes no sense instead.
    Event(Vec<u8>),
    /// The filesystem is not watched any more.
    Closed,
    /// Number of events that are missing here.
    Dropped(u64),
}

/// A filesystem that errors are recorded of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorFilesystem {
    pub mount_point: Vec<u8>,
    pub fs_type: String,
    pub device: DeviceNumber,
    /// True if something else is mounted over it.
    pub is_covered: bool,
}

impl ErrorFilesystem {
    /// Lines of text, an empty one, and the mount point.
    fn bytes(&self) -> Vec<u8> {
        let ErrorFilesystem { mount_point, fs_type, device: (major, minor), is_covered } = self;
        let covered = if *is_covered { "covered=1\n" } else { "" };
        let text = format!("type={fs_type}\ndevice={major}:{minor}\n{covered}\n");
        [text.as_bytes(), shortened(mount_point)].concat()
    }

    /// Reads a description. What is missing is as by default, and what is unknown has no meaning:
    /// another version may say more.
    fn of_bytes(bytes: &[u8]) -> Result<ErrorFilesystem, Flaw> {
        let (text, mount_point) = split_text(bytes)?;
        Ok(ErrorFilesystem {
            mount_point: mount_point.to_vec(),
            fs_type: value(text, "type").unwrap_or_default().trim().to_owned(),
            device: parsed(text, "device", (0, 0), pair)?,
            is_covered: value(text, "covered") == Some("1"),
        })
    }
}

impl ErrorContent {
    /// The bytes of a frame with this content.
    pub fn frame(&self, filesystem: u64, now: Time) -> Vec<u8> {
        match self {
            ErrorContent::Program(program) => frame(PROGRAM, 0, now, program.text().as_bytes()),
            ErrorContent::Filesystem(one) => frame(FILESYSTEM, filesystem, now, &one.bytes()),
            ErrorContent::Event(bytes) => frame(RECORD, filesystem, now, bytes),
            ErrorContent::Closed => frame(CLOSED, filesystem, now, &[]),
            ErrorContent::Dropped(events) => frame(DROPPED, 0, now, &events.to_ne_bytes()),
        }
    }
}

impl FrameContent for ErrorContent {
    const PROGRAM: &'static str = "fserrord";
    const OTHER_PROGRAM: &'static str = "xfs_healer";
    const FIRST_LINE: &'static str = if cfg!(target_endian = "little") {
        "fserrord recording 1 little\n"
    } else {
        "fserrord recording 1 big\n"
    };

    fn of_bytes(kind: u32, bytes: &[u8]) -> Result<ErrorContent, Flaw> {
        match kind {
            PROGRAM => Ok(ErrorContent::Program(Program::of_bytes(bytes))),
            FILESYSTEM => Ok(ErrorContent::Filesystem(ErrorFilesystem::of_bytes(bytes)?)),
            RECORD => Ok(ErrorContent::Event(bytes.to_vec())),
            CLOSED if bytes.is_empty() => Ok(ErrorContent::Closed),
            DROPPED => {
                let events = bytes.try_into().map_err(|_| length(kind, bytes))?;
                Ok(ErrorContent::Dropped(u64::from_ne_bytes(events)))
            }
            CLOSED => Err(length(kind, bytes)),
            _ => Err(Flaw::Kind(kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::recording::BadRecording;
    use crate::record::reader::{Item, Reader};

    #[test]
    fn what_is_written_is_read() {
        let filesystem = ErrorFilesystem {
            mount_point: b"/m\n\n\xff".to_vec(),
            fs_type: "ext4".to_owned(),
            device: (8, u32::MAX),
            is_covered: false,
        };
        let covered = ErrorFilesystem { is_covered: true, ..filesystem.clone() };
        let program = Program { program: "fserrord 1".to_owned(), kernel: "7.2".to_owned() };
        let all = [
            ErrorContent::Program(program),
            ErrorContent::Filesystem(filesystem),
            ErrorContent::Filesystem(covered),
            ErrorContent::Event(vec![7; 68]),
            ErrorContent::Event(vec![]),
            ErrorContent::Closed,
            ErrorContent::Dropped(u64::MAX),
        ];
        let now = Time::from_nanos(9);
        let frames = all.iter().flat_map(|content| content.frame(3, now));
        let bytes: Vec<u8> = ErrorContent::FIRST_LINE.bytes().chain(frames).collect();
        let mut reader = Reader::<_, ErrorContent>::of(&bytes[..]);
        let mut read = Vec::new();
        while let Some(item) = reader.next().unwrap() {
            let Item::Frame { time, content, .. } = item else { continue };
            assert_eq!(time, now);
            read.push(content);
        }
        assert_eq!(read, all);
    }

    #[test]
    fn a_mount_point_of_any_length_can_be_read_and_what_follows_it_too() {
        for place in [&b"/m"[..], "/ä".as_bytes(), b"\xbf", b"\xff"] {
            for times in [1, 1365, 2048, 4095, 4096, 8192, 100_000] {
                let mount_point = place.repeat(times);
                let fs_type = "ext4".to_owned();
                let whole =
                    ErrorFilesystem { mount_point, fs_type, device: (8, 1), is_covered: false };
                let all = [ErrorContent::Filesystem(whole.clone()), ErrorContent::Closed];
                let frames = all.iter().flat_map(|content| content.frame(1, Time::default()));
                let bytes: Vec<u8> = ErrorContent::FIRST_LINE.bytes().chain(frames).collect();
                let mut reader = Reader::<_, ErrorContent>::of(&bytes[..]);
                let mut read = Vec::new();
                while let Some(item) = reader.next().unwrap() {
                    let Item::Frame { content, .. } = item else { continue };
                    read.push(content);
                }
                let [ErrorContent::Filesystem(short), ErrorContent::Closed] = &read[..] else {
                    panic!("{read:?}")
                };
                let is_short = short.mount_point.len() < whole.mount_point.len();
                assert!(is_short == (whole.mount_point.len() > 4096));
                assert!(whole.mount_point.starts_with(&short.mount_point));
                assert!(short.mount_point.len() >= 4093.min(whole.mount_point.len()));
                let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
                assert_eq!(is_text(&short.mount_point), is_text(place));
            }
        }
    }

    #[test]
    fn what_another_program_has_recorded_is_refused() {
        let fault = |bytes: &[u8]| Reader::<_, ErrorContent>::of(bytes).next().unwrap_err().what;
        assert_eq!(fault(b"xfs_healer recording 1 little\n"), Flaw::OfOther("xfs_healer"));
        assert_eq!(fault(b"fserrord recording 2 little\n"), Flaw::Version);
        assert_eq!(fault(b"fserrord recording 1 middle\n"), Flaw::ByteOrder);
        let other = Reader::new(ErrorContent::FIRST_LINE.as_bytes()).next();
        let what = Flaw::OfOther("fserrord");
        assert_eq!(other.unwrap_err(), BadRecording { offset: 0, what });
        for (kind, bytes) in [(CLOSED, &[1][..]), (DROPPED, &[1; 7])] {
            let flaw = ErrorContent::of_bytes(kind, bytes).unwrap_err();
            assert_eq!(flaw, Flaw::Length(kind, bytes.len() as u32));
        }
        assert_eq!(ErrorContent::of_bytes(4, &[]), Err(Flaw::Kind(4)));
        assert!(ErrorContent::of_bytes(FILESYSTEM, b"type=ext4\ndevice=8\n\n/m").is_err());
    }
}
