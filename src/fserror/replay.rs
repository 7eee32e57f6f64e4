// SPDX-License-Identifier: LGPL-2.1-or-later
//! Replays a recording (`--replay`): what would have been said by the recording's clock, without a
//! filesystem and without privileges. Paths are not recorded: files are named by their inodes.

use super::answer::Speak;
use super::marked::MarkedFilesystem;
use super::queues::ToldError;
use super::tell::{Tell, UNKNOWN};
use super::types;
use crate::daemon::replay::of_file;
use crate::log::Form;
use crate::log::fserror::FsErrorNews;
use crate::log::recording::{BadRecording, Flaw, RecordingNews};
use crate::log::said::{Header, Said};
use crate::plan::Time;
use crate::record::reader::{Item, Reader};
use crate::record::{ErrorContent, ErrorFilesystem};
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::fserror::parse_errors;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;

/// Most filesystems that are replayed at once.
const MOST: usize = 1024;
/// Most times that something is due between two frames: a sum for each of those that are remembered,
/// and that it is forgotten. A recording can claim that ages have passed.
const MOST_TURNS: usize = 10_000;

/// Replays a file, or standard input for `-`; gives the exit code.
pub fn run(path: &Path, form: Form) -> i32 {
    let header = Header::new("fserrord", "log");
    of_file(path, form, header, |file, say| play(file, say))
}

fn play(file: &mut dyn Read, say: Speak<'_>) -> Result<(), BadRecording> {
    let (mut reader, mut replay) = (Reader::of(BufReader::new(file)), ErrorReplay::default());
    let played = loop {
        match reader.next() {
            Ok(None) => break Ok(()),
            Ok(Some(item)) => {
                if let Err(trouble) = replay.take(item, say) {
                    break Err(trouble);
                }
            }
            Err(trouble) => break Err(trouble),
        }
    };
    replay.end(say);
    played
}

/// The filesystems of a recording that is replayed. The device of each stands for its number.
#[derive(Debug)]
pub(crate) struct ErrorReplay {
    tell: Tell,
    filesystems: BTreeMap<DeviceNumber, MarkedFilesystem>,
    /// Time of the recording's clock.
    now: Time,
    /// Release of the kernel that it is of.
    release: String,
}

impl Default for ErrorReplay {
    fn default() -> ErrorReplay {
        let (tell, filesystems) = (Tell::without_names(), BTreeMap::new());
        ErrorReplay { tell, filesystems, now: Time::default(), release: String::new() }
    }
}

impl ErrorReplay {
    /// Takes in the next thing of the recording, and says what follows.
    pub fn take(&mut self, item: Item<ErrorContent>, say: Speak<'_>) -> Result<(), BadRecording> {
        let Item::Frame { offset, filesystem, time, content } = item else {
            self.end(say);
            return Ok(());
        };
        self.pass(time, say);
        let taken = match content {
            ErrorContent::Program(program) => {
                let (program, kernel) = (program.program, program.kernel);
                self.release.clone_from(&kernel);
                say(None, &Said::Recording(RecordingNews::Begins { program, kernel }));
                Ok(())
            }
            ErrorContent::Dropped(events) => {
                say(None, &Said::Recording(RecordingNews::Missing(events)));
                Ok(())
            }
            ErrorContent::Filesystem(one) => self.describe(filesystem, &one, say),
            ErrorContent::Event(bytes) => self.events(filesystem, &bytes, say),
            ErrorContent::Closed => {
                let device = stand_in(filesystem);
                self.tell.forget(device, &self.filesystems, say);
                self.filesystems.remove(&device);
                Ok(())
            }
        };
        taken.map_err(|what| BadRecording { offset, what })
    }

    /// Says what is left to be said when the recording ends.
    pub fn end(&mut self, say: Speak<'_>) {
        self.tell.end(&self.filesystems, say);
        *self = ErrorReplay::default();
    }

    fn describe(&mut self, number: u64, one: &ErrorFilesystem, say: Speak<'_>) -> Result<(), Flaw> {
        let on = if one.is_covered { Place::covered } else { Place::on };
        let (device, place) = (stand_in(number), on(one.device, &one.mount_point));
        // One that is described once more goes on, maybe elsewhere.
        if let Some(known) = self.filesystems.get_mut(&device) {
            known.place = place;
            return Ok(());
        }
        if self.filesystems.len() >= MOST || device == UNKNOWN {
            return Err(Flaw::TooMany);
        }
        let fs_type = one.fs_type.as_bytes().to_vec();
        let watched =
            FsErrorNews::Watched(fs_type.clone(), types::reports(&fs_type, &self.release));
        say(Some(&place), &Said::FsError(watched));
        self.filesystems.insert(device, MarkedFilesystem::new(place, fs_type));
        Ok(())
    }

    fn events(&mut self, number: u64, bytes: &[u8], say: Speak<'_>) -> Result<(), Flaw> {
        let device = (number != 0).then(|| stand_in(number));
        if device.is_some_and(|device| !self.filesystems.contains_key(&device)) {
            return Err(Flaw::Undescribed(number));
        }
        let told = parse_errors(bytes).into_iter().map(|event| ToldError { device, event });
        self.tell.take(told.collect(), &mut self.filesystems, self.now, say);
        Ok(())
    }

    /// Lets time pass, with all that is due on the way.
    fn pass(&mut self, to: Time, say: Speak<'_>) {
        for _ in 0..MOST_TURNS {
            let Some(due) = self.tell.wake_at().filter(|due| *due <= to) else { break };
            self.now = self.now.max(due);
            self.tell.advance(&self.filesystems, self.now, say);
        }
        self.now = self.now.max(to);
    }
}

/// The device that stands for the filesystem of a number: each has another.
fn stand_in(number: u64) -> DeviceNumber {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
}

#[cfg(test)]
mod tests;
