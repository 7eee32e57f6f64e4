// SPDX-License-Identifier: LGPL-2.1-or-later
//! Frames that wait to be written, of which there is room for so many.

use super::format::Content;
use crate::log::file::ToWrite;
use crate::log::recording::NotWritten;
use crate::plan::Time;
use std::fs::File;
use std::io::{self, Write};
use std::time::Duration;

/// Limit of bytes that wait for a slow disk.
const MOST_WAITING_BYTES: usize = 256 * 1024;
/// Limit of the length of a file: a storm of reports must not fill a disk.
pub(super) const MOST_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Shortest time between two lines of the log about what was not recorded.
const SAID_AGAIN: Duration = Duration::from_secs(60);

/// Time from frames that could not be written to the next that are tried: a write that fails may be what
/// the next report is about.
const REST: Duration = Duration::from_secs(1);

/// Frames that wait to be written. What does not fit or cannot be written is counted.
#[derive(Debug)]
pub(super) struct Spool {
    waiting: Frames,
    /// Bytes of the file, with what waits and is written just now.
    file_bytes: u64,
    /// Frames that were lost and that no frame tells of.
    lost: u64,
    /// Number of times that frames were lost.
    losses: u64,
    /// Frames that were lost and that the log has not told of, and why the last was.
    unsaid: Option<(u64, NotWritten)>,
    /// Time at which the log last told of any.
    said: Option<Time>,
    /// Time of the last frame that was queued.
    pushed_at: Time,
    /// Time until which nothing is tried, and why the last write failed.
    rest: Option<(Time, NotWritten)>,
}

/// Some frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// Number of the frames that were pushed.
    pushed: u64,
    /// Frames of whose loss those tell.
    lost: u64,
}

impl Spool {
    /// A spool for a file of that length.
    pub fn new(file_bytes: u64) -> Spool {
        Spool {
            waiting: Frames::default(),
            file_bytes,
            lost: 0,
            losses: 0,
            unsaid: None,
            said: None,
            pushed_at: Time::default(),
            rest: None,
        }
    }

    /// Queues a frame, or several that are worth nothing apart, behind one that tells of those that
    /// were lost; false if it is lost.
    pub fn push(&mut self, frame: &[u8], now: Time) -> bool {
        let told = (self.lost > 0).then(|| Content::Dropped(self.lost).frame(0, now));
        let bytes = [&told.unwrap_or_default(), frame].concat();
        let file_bytes = self.file_bytes.saturating_add(bytes.len() as u64);
        self.rest.take_if(|(until, _)| now >= *until);
        let why = if let Some((_, why)) = &self.rest {
            why.clone()
        } else if file_bytes > MOST_FILE_BYTES {
            NotWritten::TooLong
        } else if self.waiting.bytes.len() + bytes.len() > MOST_WAITING_BYTES {
            NotWritten::TooSlow
        } else {
            (self.file_bytes, self.pushed_at) = (file_bytes, now);
            self.waiting.bytes.extend(bytes);
            self.waiting.pushed += 1;
            self.waiting.lost = self.waiting.lost.saturating_add(std::mem::take(&mut self.lost));
            return true;
        };
        self.lose(1, why);
        false
    }

    /// Number of times that frames were lost: after each, nobody knows what the file has.
    pub fn losses(&self) -> u64 {
        self.losses
    }

    /// Number of frames that were lost and why, if it is time for the log to tell.
    pub fn say_lost(&mut self, now: Time) -> Option<(u64, NotWritten)> {
        if self.said.is_some_and(|said| now.since(said) < SAID_AGAIN) {
            return None;
        }
        let unsaid = self.unsaid.take()?;
        self.said = Some(now);
        Some(unsaid)
    }

    fn lose(&mut self, frames: u64, why: NotWritten) {
        self.losses += 1;
        self.lost = self.lost.saturating_add(frames);
        let unsaid = self.unsaid.take().map_or(0, |(unsaid, _)| unsaid);
        self.unsaid = Some((unsaid.saturating_add(frames), why));
    }
}

impl ToWrite for Spool {
    type Batch = Frames;

    fn is_waiting(&self) -> bool {
        !self.waiting.bytes.is_empty()
    }

    fn take(&mut self) -> Frames {
        std::mem::take(&mut self.waiting)
    }

    fn write(mut file: &File, frames: &Frames) -> io::Result<()> {
        let before_bytes = file.metadata()?.len();
        file.write_all(&frames.bytes).inspect_err(|_| {
            // Part of a frame would make nonsense of all that follows. Nobody else writes there.
            let _ = file.set_len(before_bytes);
        })
    }

    fn written(&mut self) {}

    fn not_written(&mut self, frames: &Frames, why: Option<&io::Error>) {
        let why = why.map_or(NotWritten::Killed, |error| NotWritten::Failed(error.into()));
        self.rest = Some((self.pushed_at.after(REST), why.clone()));
        for frames in [frames, &std::mem::take(&mut self.waiting)] {
            self.file_bytes = self.file_bytes.saturating_sub(frames.bytes.len() as u64);
            // Of these the log has told.
            self.lost = self.lost.saturating_add(frames.lost);
            if frames.pushed > 0 {
                self.lose(frames.pushed, why.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::file::FileWriter;
    use crate::record::Input;
    use crate::record::reader::{Item, Reader};
    use crate::report::Cause;
    use crate::work::Pool;

    fn frame() -> Vec<u8> {
        Content::Input(Input::SilentLoss).frame(1, Time::default())
    }

    /// Numbers of frames that the bytes have and tell to be missing, in order.
    fn told(frames: &Frames) -> Vec<u64> {
        let bytes = [super::super::format::FIRST_LINE.as_bytes(), &frames.bytes].concat();
        let mut reader = Reader::new(&bytes[..]);
        let mut told = Vec::new();
        while let Some(item) = reader.next().unwrap() {
            match item {
                Item::Frame { content: Content::Dropped(lost), .. } => told.push(lost),
                Item::Frame { .. } => told.push(0),
                Item::Begins => {}
            }
        }
        told
    }

    #[test]
    fn a_disk_that_hangs_costs_a_bounded_buffer_and_both_file_and_log_are_told() {
        let (mut spool, now) = (Spool::new(0), Time::default());
        let fits = MOST_WAITING_BYTES / frame().len();
        let pushed = (0..fits + 7).filter(|_| spool.push(&frame(), now)).count();
        assert_eq!((pushed, spool.losses()), (fits, 7));
        assert_eq!(spool.say_lost(now), Some((7, NotWritten::TooSlow)));
        assert_eq!(told(&spool.take()), vec![0; fits]);
        assert!(spool.push(&frame(), now));
        assert_eq!(told(&spool.take()), [7, 0]);
        assert_eq!(spool.say_lost(now.after(SAID_AGAIN)), None);
    }

    #[test]
    fn what_could_not_be_written_is_counted_with_what_waits_behind_it() {
        let (mut spool, mut now) = (Spool::new(0), Time::default());
        let full = io::Error::from_raw_os_error(libc::ENOSPC);
        assert!(spool.push(&frame(), now) && spool.push(&frame(), now));
        let batch = spool.take();
        assert!(spool.push(&frame(), now));
        spool.not_written(&batch, Some(&full));
        assert!(!spool.is_waiting());
        assert_eq!(spool.say_lost(now), Some((3, NotWritten::Failed((&full).into()))));
        assert!(!spool.push(&frame(), now), "the last write may be what this is about");
        now = now.after(REST);
        assert!(spool.push(&frame(), now));
        let batch = spool.take();
        assert_eq!(told(&batch), [4, 0]);
        spool.not_written(&batch, None);
        assert_eq!(spool.say_lost(now), None, "it has just been said");
        assert_eq!(spool.say_lost(now.after(SAID_AGAIN)), Some((2, NotWritten::Killed)));
        assert!(spool.push(&frame(), now.after(REST)));
        assert_eq!(told(&spool.take()), [5, 0]);
    }

    #[test]
    fn a_full_disk_is_told_of_and_holds_nobody_up() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (file, mut now) = (FileWriter::new(full, Spool::new(0), Pool::new(1)), Time::default());
        for _ in 0..3 {
            now = now.after(REST);
            file.queue(|spool| spool.push(&frame(), now));
            file.flush();
            file.wait(Duration::from_secs(60));
        }
        let why = NotWritten::Failed(Cause::Errno(libc::ENOSPC));
        assert_eq!(file.queue(|spool| spool.say_lost(now)), Some((3, why)));
    }

    #[test]
    fn a_file_that_is_long_enough_takes_no_more() {
        let mut spool = Spool::new(MOST_FILE_BYTES - 30);
        assert!(spool.push(&frame(), Time::default()));
        assert!(!spool.push(&frame(), Time::default()));
        assert_eq!(spool.say_lost(Time::default()), Some((1, NotWritten::TooLong)));
    }
}
