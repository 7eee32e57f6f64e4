// SPDX-License-Identifier: LGPL-2.1-or-later
//! A log stream that may be slow, full or closed without stopping anybody.

use super::json::{self, Stamp};
use crate::report::Cause;
use std::collections::VecDeque;
use std::io;
use std::time::SystemTime;

/// Limit of bytes of text that wait for a slow reader.
const MAX_TEXT: usize = 256 * 1024;
/// The same of JSON, of which the same things take some four times as much. A line with two names
/// that are as long as can be, and not UTF-8, takes almost 64 KiB.
const MAX_JSON: usize = 4 * MAX_TEXT;

/// Lines that wait to be written. What does not fit or cannot be written is counted and said.
#[derive(Debug, Default)]
pub struct Sink {
    own: Own,
    buffer: VecDeque<u8>,
    lost: u64,
    /// True if a line was ever lost.
    has_lost: bool,
    /// Error of the last write that has failed.
    trouble: Option<Cause>,
    told: ToldLosses,
    /// True if the last byte that was written was not the end of a line.
    is_within_line: bool,
}

/// Form of a line of the sink's own, which tells of lost ones.
#[derive(Clone, Debug)]
pub enum Own {
    /// Text behind this.
    Text(String),
    /// JSON behind this, with the number of the last line of `pushed` ones.
    Json {
        /// Beginning of the line.
        prefix: String,
        /// Number of lines that were pushed.
        pushed: u64,
    },
}

impl Default for Own {
    fn default() -> Own {
        Own::Text(String::new())
    }
}

impl Own {
    /// Limit of bytes that wait.
    fn most_bytes(&self) -> usize {
        match self {
            Own::Text(_) => MAX_TEXT,
            Own::Json { .. } => MAX_JSON,
        }
    }

    fn line(&self, lost: u64) -> String {
        match self {
            Own::Text(prefix) => format!("{prefix}{lost} log lines lost"),
            Own::Json { prefix, pushed } => {
                let stamp = Stamp { seq: pushed.saturating_sub(1), time: SystemTime::now() };
                prefix.clone() + &json::lost_line(lost, stamp)
            }
        }
    }
}

/// Losses that lines tell of which have not been written yet: if the lines are lost too, those
/// still count.
#[derive(Clone, Copy, Debug, Default)]
struct ToldLosses {
    lines: u64,
    lost: u64,
}

/// Lines that somebody else is to write.
#[derive(Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    told: ToldLosses,
}

impl Batch {
    /// The bytes of whole lines.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Sink {
    /// An empty sink, which tells of lost lines like this.
    pub fn new(own: Own) -> Sink {
        Sink { own, ..Sink::default() }
    }

    /// Queues a line; counts it as lost when there is no room.
    pub fn push(&mut self, line: &str) {
        self.say_lost();
        if self.lost > 0 || !self.append(line) {
            self.lost = self.lost.saturating_add(1);
            self.has_lost = true;
        }
        if let Own::Json { pushed, .. } = &mut self.own {
            *pushed = pushed.saturating_add(1);
        }
    }

    /// Queues a line that tells of lost ones, if there are some that none tells of and there is room;
    /// true if there is one now.
    pub fn say_lost(&mut self) -> bool {
        let is_said = self.lost > 0 && self.append(&self.own.line(self.lost));
        if is_said {
            self.told.lines += 1;
            self.told.lost = self.told.lost.saturating_add(std::mem::take(&mut self.lost));
        }
        is_said
    }

    fn append(&mut self, line: &str) -> bool {
        let fits = self.buffer.len() + line.len() < self.own.most_bytes();
        if fits {
            if self.buffer.is_empty() && self.is_within_line {
                // The end of that line was lost.
                self.buffer.push_back(b'\n');
            }
            self.buffer.extend(line.as_bytes());
            self.buffer.push_back(b'\n');
        }
        fits
    }

    /// True if a line was ever lost.
    pub fn has_lost(&self) -> bool {
        self.has_lost
    }

    /// Error of the last write that has failed; `None` if none has.
    pub fn trouble(&self) -> Option<&Cause> {
        self.trouble.as_ref()
    }

    /// True if something waits to be written.
    pub fn is_waiting(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// True if lines have taken half of the room: no line is longer than the rest.
    pub fn is_half_full(&self) -> bool {
        self.buffer.len() >= self.own.most_bytes() / 2
    }

    /// Writes as much as `write` takes before it would block. An error, also that of a reader who
    /// is gone, loses what is buffered: it must not keep the healer from healing.
    pub fn flush(&mut self, mut write: impl FnMut(&[u8]) -> io::Result<usize>) {
        while !self.buffer.is_empty() {
            match write(self.buffer.make_contiguous()) {
                Ok(0) => return self.fail(Some(&io::ErrorKind::WriteZero.into())),
                Ok(written) => self.consume(written),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.fail(Some(&error)),
            }
            if self.buffer.is_empty() {
                self.told = ToldLosses::default();
                self.say_lost();
            }
        }
    }

    fn consume(&mut self, written: usize) {
        let written = written.min(self.buffer.len());
        let last = written.checked_sub(1).and_then(|at| self.buffer.get(at));
        self.is_within_line = last.is_some_and(|byte| *byte != b'\n');
        self.buffer.drain(..written);
    }

    /// Takes out everything that waits, for somebody else to write.
    pub fn take(&mut self) -> Batch {
        let bytes = std::mem::take(&mut self.buffer).into();
        Batch { bytes, told: std::mem::take(&mut self.told) }
    }

    /// Takes note that somebody else has written a batch.
    pub fn written(&mut self) {
        self.say_lost();
    }

    /// Takes note that somebody else could not write a batch: what waits behind it is lost, too, or
    /// who writes would try for ever to tell that he cannot. Without an error he is gone.
    pub fn not_written(&mut self, batch: &Batch, why: Option<&io::Error>) {
        self.count_lost(&batch.bytes, batch.told);
        self.fail(why);
    }

    fn count_lost(&mut self, bytes: &[u8], told: ToldLosses) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let own = lines.saturating_sub(told.lines);
        self.has_lost = true;
        self.lost = self.lost.saturating_add(own).saturating_add(told.lost);
    }

    /// Counts what is buffered as lost: it cannot be written.
    fn fail(&mut self, why: Option<&io::Error>) {
        self.trouble = why.map(Cause::from);
        let bytes: Vec<u8> = std::mem::take(&mut self.buffer).into();
        let told = std::mem::take(&mut self.told);
        self.count_lost(&bytes, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(_: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn text(sink: &mut Sink) -> String {
        let mut all = Vec::new();
        sink.flush(|bytes| {
            all.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn a_reader_that_does_not_read_costs_a_bounded_buffer_and_is_told() {
        let mut sink = Sink::default();
        let line = "x".repeat(1023);
        for _ in 0..300 {
            sink.push(&line);
            sink.flush(blocked);
        }
        let all = text(&mut sink);
        assert!(all.len() <= MAX_TEXT + 64);
        assert_eq!(all.lines().filter(|l| **l == line).count(), 256);
        assert_eq!(all.lines().last(), Some("44 log lines lost"));
    }

    #[test]
    fn as_json_as_much_can_wait_for_a_slow_reader_as_of_text() {
        let mut sink = Sink::new(Own::Json { prefix: String::new(), pushed: 0 });
        let line = "x".repeat(1023);
        (0..1100).for_each(|_| sink.push(&line));
        let all = text(&mut sink);
        assert_eq!(all.lines().filter(|l| **l == line).count(), MAX_JSON / 1024);
        assert!(all.ends_with("\"count\":76}\n"), "{:?}", all.lines().last());
    }

    #[test]
    fn a_full_disk_loses_lines_and_says_so_once_there_is_room() {
        let mut sink = Sink::default();
        sink.push("one");
        sink.flush(|_| Err(io::Error::from_raw_os_error(libc::ENOSPC)));
        sink.push("two");
        assert_eq!(text(&mut sink), "1 log lines lost\ntwo\n");
    }

    #[test]
    fn of_last_words_that_were_lost_there_is_a_word_where_that_can_be_written() {
        let mut sink = Sink::default();
        sink.push("last");
        assert!(!sink.has_lost());
        sink.flush(|_| Err(io::Error::from_raw_os_error(libc::EIO)));
        assert!(sink.has_lost() && !sink.is_waiting());
        assert_eq!(sink.trouble(), Some(&Cause::Errno(libc::EIO)));
        sink.say_lost();
        assert_eq!(text(&mut sink), "1 log lines lost\n");
        sink.say_lost();
        assert!(!sink.is_waiting() && sink.has_lost());
    }

    #[test]
    fn a_reader_that_is_gone_costs_lines_until_one_comes_back() {
        let mut sink = Sink::new(Own::Text("/m: ".to_owned()));
        for line in ["one", "two", "three", "four"] {
            sink.push(line);
            sink.flush(|_| Err(io::ErrorKind::BrokenPipe.into()));
            assert!(!sink.is_waiting());
        }
        sink.push("five");
        assert_eq!(text(&mut sink), "/m: 4 log lines lost\nfive\n");
    }

    #[test]
    fn as_json_a_loss_has_the_number_of_the_last_line_that_was_lost() {
        let mut sink = Sink::new(Own::Json { prefix: String::new(), pushed: 0 });
        for line in ["0", "1", "2"] {
            sink.push(line);
            sink.flush(|_| Err(io::ErrorKind::BrokenPipe.into()));
        }
        sink.push("3");
        let all = text(&mut sink);
        let lines: Vec<_> = all.lines().collect();
        assert_eq!((lines.len(), lines[1]), (2, "3"));
        let loss = r#"{"v":1,"kind":"notice","priority":3,"seq":2,"time":""#;
        assert!(lines[0].starts_with(loss), "{all}");
        assert!(lines[0].ends_with(r#","notice":"log_lines_lost","count":3}"#), "{all}");
    }

    #[test]
    fn whoever_cannot_write_a_batch_has_nothing_left_to_try() {
        let mut sink = Sink::default();
        for round in 0..4 {
            sink.push("line");
            let batch = sink.take();
            assert!(!batch.bytes().is_empty(), "{round}");
            sink.push("line that came meanwhile");
            sink.not_written(&batch, Some(&io::ErrorKind::StorageFull.into()));
            assert!(!sink.is_waiting());
        }
        sink.push("at last");
        let batch = sink.take();
        sink.written();
        assert_eq!(batch.bytes(), b"8 log lines lost\nat last\n");
        assert!(!sink.is_waiting());
    }

    #[test]
    fn a_line_that_was_torn_does_not_swallow_the_next() {
        let mut sink = Sink::default();
        sink.push("torn");
        let mut room = 2;
        sink.flush(|bytes| match std::mem::take(&mut room) {
            0 => Err(io::Error::from_raw_os_error(libc::ENOSPC)),
            most => Ok(most.min(bytes.len())),
        });
        sink.push("next");
        assert_eq!(text(&mut sink), "\n1 log lines lost\nnext\n");
    }

    #[test]
    fn a_write_that_takes_a_byte_at_a_time_loses_nothing() {
        let mut sink = Sink::default();
        sink.push("one");
        sink.push("two");
        let mut all = Vec::new();
        sink.flush(|bytes| {
            all.push(bytes[0]);
            Ok(1)
        });
        assert_eq!(all, b"one\ntwo\n");
    }
}
