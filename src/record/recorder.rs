// SPDX-License-Identifier: LGPL-2.1-or-later
//! The file that is recorded in, for all filesystems that are monitored.

use super::open::{self, Home};
use super::spool::Spool;
use crate::log::file::FileWriter;
use crate::log::recording::{CannotRecord, RecordingNews};
use crate::log::said::Said;
use crate::plan::Time;
use crate::work::Pool;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time for which a slow disk may hold up the end of the program.
const LAST_FRAMES: Duration = Duration::from_millis(500);

/// A file that is recorded in. A thread of its own writes, so that a disk that is full or hangs
/// stops nobody.
#[derive(Debug)]
pub(crate) struct Recorder {
    path: PathBuf,
    file: FileWriter<Spool>,
}

impl Recorder {
    /// Begins a recording in a file, behind those that are in it; else gives what is to be said.
    pub fn begin(path: &Path, home: Home<'_>, now: Time) -> Result<Recorder, Said> {
        let refused =
            |why: CannotRecord| Said::Recording(RecordingNews::Refused(path.to_owned(), why));
        let (file, len_bytes) = open::begin(path, home, now).map_err(refused)?;
        let file = FileWriter::new(file, Spool::new(len_bytes), Pool::new(1));
        Ok(Recorder { path: path.to_owned(), file })
    }

    /// Queues a frame; false if it is lost.
    pub(super) fn push(&self, frame: &[u8], now: Time) -> bool {
        self.file.queue(|spool| spool.push(frame, now))
    }

    /// Number of times that frames were lost.
    pub(super) fn losses(&self) -> u64 {
        self.file.queue(|spool| spool.losses())
    }

    /// Has written what waits; gives what is to be said of what was lost.
    pub fn flush(&self, now: Time) -> Option<Said> {
        self.file.flush();
        let (reports, why) = self.file.queue(|spool| spool.say_lost(now))?;
        Some(Said::Recording(RecordingNews::Lost(self.path.clone(), reports, why)))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.file.flush();
        self.file.wait(LAST_FRAMES);
    }
}
