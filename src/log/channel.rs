// SPDX-License-Identifier: LGPL-2.1-or-later
//! A stream of the log: what it leads to, and how that is written without waiting.

use super::file::FileLog;
use super::form::Form;
use super::kernel::{self, KernelLog};
use super::sink::{Own, Sink};
use crate::report::{Cause, Level, Line};
use crate::sys;
use crate::sys::poll::{self, PollFd};
use crate::work::Pool;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// Limit of bytes of one write: a pipe that poll(2) calls writable takes this much at once.
pub(super) const CHUNK_BYTES: usize = libc::PIPE_BUF;

/// Either of the two log streams.
#[derive(Debug)]
pub(super) struct Channel {
    /// Number before a line, to which its level is added; `None`: the level does not go before it.
    pub facility: Option<u8>,
    pub way: LogWay,
}

/// Destination of the lines of a channel.
#[derive(Debug)]
pub(super) enum LogWay {
    Stream(StreamLog),
    File(FileLog),
    Kernel(KernelLog),
}

impl Channel {
    /// A channel to a standard stream that `path` leads to, and what is known of its file.
    pub fn new(
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

    pub fn queue(&mut self, line: &Line) {
        let with_priority = |text: &str| priority(self.facility, line.level) + text;
        let text = if self.facility.is_some() { &with_priority(&line.text) } else { &line.text };
        match &mut self.way {
            LogWay::Stream(stream) => stream.sink.push(text),
            LogWay::File(file) => file.push(text),
            LogWay::Kernel(log) => log.push(text),
        }
    }

    pub fn flush(&mut self) {
        match &mut self.way {
            LogWay::Stream(stream) => stream.write(),
            LogWay::File(file) => file.flush(),
            LogWay::Kernel(log) => log.flush(),
        }
    }

    pub fn is_half_full(&self) -> bool {
        match &self.way {
            LogWay::Stream(stream) => stream.sink.is_half_full(),
            LogWay::File(file) => file.queue(|sink| sink.is_half_full()),
            LogWay::Kernel(log) => log.is_half_full(),
        }
    }

    /// Queues a line about lost ones, where no line tells of them; true if there is one to be
    /// written.
    pub fn says_lost(&mut self) -> bool {
        // Where something waits to be written now, it has had its time.
        let says_lost = |sink: &mut Sink| !sink.is_waiting() && sink.say_lost();
        match &mut self.way {
            LogWay::Stream(stream) => says_lost(&mut stream.sink),
            LogWay::File(file) => file.queue(says_lost),
            LogWay::Kernel(_) => false,
        }
    }

    pub fn has_lost(&self) -> bool {
        match &self.way {
            LogWay::Stream(stream) => stream.sink.has_lost(),
            LogWay::File(file) => file.queue(|sink| sink.has_lost()),
            LogWay::Kernel(_) => false,
        }
    }

    /// Error of the last write that has failed; `None` if none has.
    pub fn trouble(&self) -> Option<Cause> {
        match &self.way {
            LogWay::Stream(stream) => stream.sink.trouble().cloned(),
            LogWay::File(file) => file.queue(|sink| sink.trouble().cloned()),
            LogWay::Kernel(_) => None,
        }
    }

    /// The stream that is to be written to once poll(2) says so; `None` if nothing waits for that.
    pub fn waiting(&self) -> Option<BorrowedFd<'_>> {
        match &self.way {
            LogWay::Stream(stream) if stream.sink.is_waiting() => Some(stream.file.as_fd()),
            _ => None,
        }
    }

    /// True if something is being written or waits for a slow reader.
    pub fn is_waiting(&self) -> bool {
        match &self.way {
            LogWay::File(file) => file.is_busy(),
            _ => self.waiting().is_some(),
        }
    }

    /// True if lines go to a file.
    pub fn is_file(&self) -> bool {
        matches!(self.way, LogWay::File(_))
    }

    pub fn wait_for_file(&self, patience: Duration) {
        if let LogWay::File(file) = &self.way {
            file.wait(patience);
        }
    }
}

/// A log in a pipe, a socket, a terminal: what poll(2) can tell of.
#[derive(Debug)]
pub(super) struct StreamLog {
    pub file: File,
    /// True if a poll is needed before each write, because the write could block.
    pub may_block: bool,
    pub sink: Sink,
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
pub(super) fn whole_lines(bytes: &[u8]) -> &[u8] {
    let chunk = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
    let lines = chunk.iter().rposition(|byte| *byte == b'\n').map_or(chunk.len(), |at| at + 1);
    chunk.get(..lines).unwrap_or(chunk)
}

/// Text of a line's level where that is read from the line; else empty.
fn priority(facility: Option<u8>, level: Level) -> String {
    facility.map_or_else(String::new, |facility| format!("<{}>", facility | level as u8))
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
