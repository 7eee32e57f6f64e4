// SPDX-License-Identifier: LGPL-2.1-or-later
//! The file that is recorded in, for all filesystems that are monitored.

use super::format::FrameContent;
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
    pub fn begin<C: FrameContent>(
        path: &Path,
        home: Home<'_>,
        now: Time,
    ) -> Result<Recorder, Said> {
        let refused =
            |why: CannotRecord| Said::Recording(RecordingNews::Refused(path.to_owned(), why));
        let (file, len_bytes) = open::begin::<C>(path, home, now).map_err(refused)?;
        let file = FileWriter::new(file, Spool::new(len_bytes), Pool::new(1));
        Ok(Recorder { path: path.to_owned(), file })
    }

    /// Queues frames that are worth nothing apart; gives the number of times that frames were lost
    /// before, or `None` if these are lost.
    pub(crate) fn push(&self, frames: &[u8], now: Time) -> Option<u64> {
        self.file.queue(|spool| {
            let losses = spool.losses();
            spool.push(frames, now).then_some(losses)
        })
    }

    /// Queues a frame or loses it; false if frames were lost another number of times than that, and
    /// nothing was done.
    pub(crate) fn push_if(&self, losses: u64, frame: &[u8], now: Time) -> bool {
        // In one: the thread that writes may lose what is queued at any time.
        self.file.queue(|spool| {
            let is_so = spool.losses() == losses;
            if is_so {
                spool.push(frame, now);
            }
            is_so
        })
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

#[cfg(test)]
mod tests {
    use super::super::spool::MOST_FILE_BYTES;
    use super::super::{Description, Input, Tape};
    use super::*;
    use crate::log::file::ToWrite;
    use std::sync::Arc;

    #[test]
    fn without_room_for_what_it_is_about_a_report_is_not_recorded() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let spool = Spool::new(MOST_FILE_BYTES - 100);
        let file = FileWriter::new(file, spool, Pool::new(1));
        let recorder = Arc::new(Recorder { path: PathBuf::new(), file });
        let (now, filesystem) = (Time::default(), Description::of_bytes(b"new=1\n\n/m").unwrap());
        let mut tape = Tape::new(Arc::clone(&recorder), 1, filesystem, now);
        tape.put(Input::SilentLoss, now);
        assert!(!recorder.file.queue(|spool| spool.is_waiting()));
    }
}
