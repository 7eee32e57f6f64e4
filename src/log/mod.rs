// SPDX-License-Identifier: LGPL-2.1-or-later
//! The two log streams of the process, written without ever waiting.

#[cfg(test)]
mod alarms;
mod date;
pub(crate) mod file;
pub(crate) mod fserror;
mod full_scrub;
pub(crate) mod hook;
pub(crate) mod json;
mod kernel;
#[cfg(test)]
mod longest;
pub(crate) mod loss;
mod manner;
pub(crate) mod recording;
pub(crate) mod said;
#[cfg(test)]
mod samples;
pub(crate) mod sink;
mod words;

use crate::report::{Level, Line, Place, Stream};
use crate::sys;
use crate::sys::poll::{self, PollFd};
use crate::work::Pool;
use file::FileLog;
pub(crate) use json::Stamp;
use kernel::KernelLog;
use said::{Refusal, Said};
use sink::{Own, Sink};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Limit of bytes of one write: a pipe that poll(2) calls writable takes this much at once.
const CHUNK_BYTES: usize = libc::PIPE_BUF;
/// Longest time that lines are gathered. A write for each costs as much as the rest of a repair of
/// little, and who reads along sees no difference.
const GATHER: Duration = Duration::from_millis(100);

/// Shortest time that a file is given to take the last lines. Another thread writes it, which on a busy
/// machine may come to it only then; one that is frozen is not waited for any longer.
const FILE_PATIENCE: Duration = Duration::from_secs(2);

/// Standard output and standard error as log.
#[derive(Debug)]
pub(crate) struct Log {
    /// Channels, standard output first. Standard error has one of its own only if it leads
    /// somewhere else: two buffers for one pipe would tear each other's lines.
    channels: Vec<Channel>,
    /// Time when the oldest line was queued that no flush has come for.
    since: Option<Instant>,
    form: Form,
    /// Number of things that were said.
    said: u64,
    /// Number and time of the last of them.
    last: Stamp,
}

/// Form in which everything is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines for a person, on both streams.
    Text,
    /// JSON objects for a program, all on standard output.
    Json,
}

impl Form {
    /// JSON from the beginning, or text.
    pub fn new(is_json: bool) -> Form {
        if is_json { Form::Json } else { Form::Text }
    }
}

impl Log {
    /// Opens the log of the program that `place` names. `None` if it cannot be had, which is said on
    /// standard error if that takes it at once.
    pub fn open(place: &Place, form: Form, threads: &Pool) -> Option<Log> {
        let why = match Log::new(&place.given().to_string(), form, threads) {
            Ok(log) => return Some(log),
            Err(error) => Said::Refused(Refusal::Failed(error.into())),
        };
        let (stderr, text) = (io::stderr(), why.line(Some(place)).text + "\n");
        let mut fds = [PollFd::new(stderr.as_fd(), poll::OUT)];
        if poll::poll(&mut fds, Some(Duration::ZERO)).is_ok_and(|ready| ready > 0) {
            let _ = sys::write(stderr.as_fd(), text.as_bytes());
        }
        None
    }

    /// Opens the log; a line about the log itself begins with `name`. What may block is left to these
    /// threads.
    pub fn new(name: &str, form: Form, threads: &Pool) -> io::Result<Log> {
        let (out, err) = (Path::new("/proc/self/fd/1"), Path::new("/proc/self/fd/2"));
        let [kind_of_out, kind_of_err] = [out, err].map(|path| fs::metadata(path).ok());
        let is_shared = kind_of_out.as_ref().zip(kind_of_err.as_ref()).is_some_and(is_same_file);
        let stdout = io::stdout();
        let first = Channel::new(stdout.as_fd(), out, kind_of_out, name, form, threads)?;
        let mut channels = vec![first];
        if form == Form::Text && !is_shared {
            let stderr = io::stderr();
            let second = Channel::new(stderr.as_fd(), err, kind_of_err, name, form, threads)?;
            channels.push(second);
        }
        Ok(Log { channels, since: None, form, said: 0, last: Stamp::new(0) })
    }

    /// Says something, of the filesystem at a place or of the program: at once where nothing is in
    /// the way, else as soon as it can be written.
    pub fn say(&mut self, place: Option<&Place>, said: &Said) {
        self.queue(place, said);
        self.flush();
    }

    /// Says something that is no more urgent than `most`.
    pub fn say_mildly(&mut self, place: Option<&Place>, said: &Said, most: Level) {
        let line = said.line(place);
        self.queue_as(place, said, Line { level: line.level.max(most), ..line });
        self.flush();
    }

    /// Queues something for the next flush, so that several lines cost one write.
    pub fn queue(&mut self, place: Option<&Place>, said: &Said) {
        self.queue_as(place, said, said.line(place));
    }

    /// Queues something that is this in text.
    fn queue_as(&mut self, place: Option<&Place>, said: &Said, line: Line) {
        self.last = Stamp::new(self.said);
        self.said = self.said.saturating_add(1);
        match self.form {
            // It is for programs only.
            Form::Text if line.text.is_empty() => {}
            Form::Text => self.queue_line(&line),
            Form::Json => {
                let text = json::line(said, place, self.last, &line);
                self.queue_line(&Line { text, ..line });
            }
        }
    }

    /// Number and time of what was said last, also where these are not logged.
    pub fn last(&self) -> Stamp {
        self.last
    }

    fn queue_line(&mut self, line: &Line) {
        let last = self.channels.len() - 1;
        let index = if line.stream == Stream::Out { 0 } else { last };
        self.channels.get_mut(index).into_iter().for_each(|channel| channel.queue(line));
        self.since.get_or_insert_with(Instant::now);
    }

    /// Writes what had to wait and can be written now.
    pub fn flush(&mut self) {
        self.since = None;
        self.channels.iter_mut().for_each(Channel::flush);
    }

    /// Writes what had to wait, but while more is to come (`is_busy`) lines are gathered for a
    /// moment.
    pub fn flush_gathered(&mut self, is_busy: bool) {
        if !is_busy || self.wait().is_none_or(|left| left.is_zero()) {
            self.flush();
        }
    }

    /// Writes what had to wait, before something is begun that the kernel may die of. What is in a
    /// file by then would be lost with the kernel as well, and is left for the next flush: it may be
    /// written together with what comes of that.
    pub fn flush_before(&mut self, is_busy: bool) {
        if is_busy && self.wait().is_some_and(|left| !left.is_zero()) {
            return;
        }
        let mut is_left = false;
        for channel in &mut self.channels {
            if matches!(channel.way, LogWay::File(_)) && !channel.is_half_full() {
                is_left = true;
            } else {
                channel.flush();
            }
        }
        if !is_left {
            self.since = None;
        }
    }

    /// Time until lines have been gathered for long enough; `None` if no line is.
    pub fn wait(&self) -> Option<Duration> {
        self.since.map(|since| GATHER.saturating_sub(since.elapsed()))
    }

    /// Descriptors to wait for before the next flush.
    pub fn poll_fds(&self) -> impl Iterator<Item = PollFd<'_>> {
        let channels = self.channels.iter().filter(|_| self.since.is_none());
        channels.filter_map(|channel| match &channel.way {
            LogWay::Stream(stream) if stream.sink.is_waiting() => {
                Some(PollFd::new(stream.file.as_fd(), poll::OUT))
            }
            _ => None,
        })
    }

    /// True if more lines could soon be lost, unless what waits is written first.
    pub fn is_half_full(&self) -> bool {
        self.channels.iter().any(Channel::is_half_full)
    }

    /// Gives slow readers a last chance of this length. What could not be written is not, but that it
    /// could not may be by now.
    pub fn finish(&mut self, patience: Duration) {
        self.write_out(patience);
        let mut is_told = false;
        self.channels.iter_mut().for_each(|channel| is_told |= channel.says_lost());
        if is_told {
            self.write_out(patience);
        }
    }

    /// True if a line was ever lost.
    pub fn has_lost(&self) -> bool {
        self.channels.iter().any(Channel::has_lost)
    }

    fn write_out(&mut self, patience: Duration) {
        let end = Instant::now() + patience;
        let left = || end.saturating_duration_since(Instant::now());
        self.flush();
        while self.channels.iter().any(Channel::is_waiting_stream) {
            let mut fds: Vec<_> = self.poll_fds().collect();
            if left().is_zero() || poll::poll(&mut fds, Some(left())).is_err() {
                break;
            }
            self.flush();
        }
        let of_file = left().max(FILE_PATIENCE);
        self.channels.iter().for_each(|channel| channel.wait_for_file(of_file));
    }
}

/// Either of the two log streams.
#[derive(Debug)]
struct Channel {
    /// Number before a line, to which its level is added; `None`: the level does not go before it.
    facility: Option<u8>,
    way: LogWay,
}

#[derive(Debug)]
enum LogWay {
    Stream(StreamLog),
    File(FileLog),
    Kernel(KernelLog),
}

impl Channel {
    /// A channel to a standard stream that `path` leads to, and what is known of its file.
    fn new(
        standard: BorrowedFd<'_>,
        path: &Path,
        kind: Option<Metadata>,
        name: &str,
        form: Form,
        threads: &Pool,
    ) -> io::Result<Channel> {
        let own = kind.as_ref().and_then(|kind| reopen(path, kind));
        let may_block = own.is_none();
        let file = match own {
            Some(own) => own,
            None => File::from(standard.try_clone_to_owned()?),
        };
        let kind = kind.map_or_else(|| file.metadata(), Ok)?;
        let is_kernel_log = kernel::is_kernel_log(&kind);
        let facility = match () {
            // sd-daemon(3): the journal takes the priority from here.
            () if is_journal(&kind) => Some(0),
            () if is_kernel_log => Some(kernel::DAEMON),
            () => None,
        };
        let priority = priority(facility, Level::Error);
        let sink = Sink::new(match form {
            Form::Text => Own::Text(format!("{priority}{name}: ")),
            Form::Json => Own::Json { prefix: priority, pushed: 0 },
        });
        let way = if kind.is_file() {
            LogWay::File(FileLog::new(file, sink, threads.clone()))
        } else if is_kernel_log {
            LogWay::Kernel(KernelLog::new(file, sink))
        } else {
            LogWay::Stream(StreamLog { file, may_block, sink })
        };
        Ok(Channel { facility, way })
    }

    fn queue(&mut self, line: &Line) {
        let with_priority = |text: &str| priority(self.facility, line.level) + text;
        let text = if self.facility.is_some() { &with_priority(&line.text) } else { &line.text };
        match &mut self.way {
            LogWay::Stream(stream) => stream.sink.push(text),
            LogWay::File(file) => file.push(text),
            LogWay::Kernel(log) => log.push(text),
        }
    }

    fn flush(&mut self) {
        match &mut self.way {
            LogWay::Stream(stream) => stream.write(),
            LogWay::File(file) => file.flush(),
            LogWay::Kernel(log) => log.flush(),
        }
    }

    fn is_half_full(&self) -> bool {
        match &self.way {
            LogWay::Stream(stream) => stream.sink.is_half_full(),
            LogWay::File(file) => file.queue(|sink| sink.is_half_full()),
            LogWay::Kernel(log) => log.is_half_full(),
        }
    }

    /// Queues a line about lost ones, where no line tells of them; true if there is one to be
    /// written.
    fn says_lost(&mut self) -> bool {
        // Where something waits to be written now, it has had its time.
        let says_lost = |sink: &mut Sink| !sink.is_waiting() && sink.say_lost();
        match &mut self.way {
            LogWay::Stream(stream) => says_lost(&mut stream.sink),
            LogWay::File(file) => file.queue(says_lost),
            LogWay::Kernel(_) => false,
        }
    }

    fn has_lost(&self) -> bool {
        match &self.way {
            LogWay::Stream(stream) => stream.sink.has_lost(),
            LogWay::File(file) => file.queue(|sink| sink.has_lost()),
            LogWay::Kernel(_) => false,
        }
    }

    fn is_waiting_stream(&self) -> bool {
        matches!(&self.way, LogWay::Stream(stream) if stream.sink.is_waiting())
    }

    fn wait_for_file(&self, patience: Duration) {
        if let LogWay::File(file) = &self.way {
            file.wait(patience);
        }
    }
}

/// A log in a pipe, a socket, a terminal: what poll(2) can tell of.
#[derive(Debug)]
struct StreamLog {
    file: File,
    /// True if a poll is needed before each write, because the write could block.
    may_block: bool,
    sink: Sink,
}

impl StreamLog {
    fn write(&mut self) {
        let StreamLog { file, may_block, sink } = self;
        sink.flush(|bytes| {
            let mut fds = [PollFd::new(file.as_fd(), poll::OUT)];
            if *may_block && poll::poll(&mut fds, Some(Duration::ZERO))? == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            sys::write(file.as_fd(), whole_lines(bytes))
        });
    }
}

/// The whole lines that one write may carry; of a line that is longer, its beginning. Others may be
/// writing to the same pipe, and what is written at once stays together.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let chunk = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
    let lines = chunk.iter().rposition(|byte| *byte == b'\n').map_or(chunk.len(), |at| at + 1);
    chunk.get(..lines).unwrap_or(chunk)
}

/// Text of a line's level where that is read from the line; else empty.
fn priority(facility: Option<u8>, level: Level) -> String {
    facility.map_or_else(String::new, |facility| format!("<{}>", facility | level as u8))
}

/// True if these are the same pipe, socket, terminal or file.
fn is_same_file((one, other): (&Metadata, &Metadata)) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Opens a pipe or a terminal anew, to make it non-blocking for us alone: the mode belongs to the
/// open file, which others share.
fn reopen(path: &Path, kind: &Metadata) -> Option<File> {
    let kind = kind.file_type();
    if !kind.is_fifo() && !kind.is_char_device() {
        return None;
    }
    File::options()
        .append(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC)
        .open(path)
        .ok()
}

/// True if this is the stream that connects us to the journal: systemd.exec(5) says how to tell.
fn is_journal(kind: &Metadata) -> bool {
    let this = || format!("{}:{}", kind.dev(), kind.ino());
    std::env::var_os("JOURNAL_STREAM").is_some_and(|stream| stream == *this())
}

/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::kernel::first_piece;
}

#[cfg(test)]
mod tests;
