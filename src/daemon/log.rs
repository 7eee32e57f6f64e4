// SPDX-License-Identifier: LGPL-2.1-or-later
//! The two log streams of the process, written without ever waiting.

use crate::act::{Inbox, Pool};
use crate::report::{Line, Sink, Stream};
use crate::sys;
use crate::sys::poll::{self, PollFd};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What one write may carry: a pipe that poll(2) calls writable takes this much at once.
const CHUNK_BYTES: usize = libc::PIPE_BUF;

/// Standard output and standard error as log.
#[derive(Debug)]
pub(super) struct Log {
    out: Channel,
    err: Channel,
    files: FileWriter,
}

impl Log {
    pub fn new() -> io::Result<Log> {
        Ok(Log {
            out: Channel::new(io::stdout().as_fd(), "/proc/self/fd/1")?,
            err: Channel::new(io::stderr().as_fd(), "/proc/self/fd/2")?,
            files: FileWriter { pool: Pool::new(1), inbox: Arc::new(Inbox::new()?) },
        })
    }

    /// Says a line: at once where nothing is in the way, else as soon as it can be written.
    pub fn say(&mut self, line: &Line) {
        let channel = self.channel(line.stream);
        if channel.is_journal {
            // sd-daemon(3): the journal takes the priority from here.
            channel.sink.push(&format!("<{}>{}", line.level as u8, line.text));
        } else {
            channel.sink.push(&line.text);
        }
        self.flush_one(line.stream);
    }

    /// Writes what had to wait and can be written now.
    pub fn flush(&mut self) {
        for (stream, failed) in self.files.inbox.take() {
            let channel = self.channel(stream);
            channel.is_busy = false;
            failed.into_iter().for_each(|bytes| channel.sink.count_lost(&bytes));
        }
        self.flush_one(Stream::Err);
        self.flush_one(Stream::Out);
    }

    /// What to wait for before the next flush.
    pub fn poll_fds(&self) -> [PollFd<'_>; 3] {
        let writable = |channel: &'_ Channel| channel.sink.is_waiting() && !channel.is_file;
        let channels = [&self.out, &self.err].map(|channel| {
            let fd = channel.file.as_fd();
            if writable(channel) { PollFd::new(fd, poll::OUT) } else { PollFd::disabled() }
        });
        let [out, err] = channels;
        [out, err, PollFd::new(self.files.inbox.as_fd(), poll::IN)]
    }

    /// Gives slow readers a last chance of this length.
    pub fn finish(&mut self, patience: Duration) {
        let end = Instant::now() + patience;
        self.flush();
        while self.out.is_waiting() || self.err.is_waiting() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || poll::poll(&mut self.poll_fds(), Some(left)).is_err() {
                return;
            }
            self.flush();
        }
    }

    fn channel(&mut self, stream: Stream) -> &mut Channel {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    fn flush_one(&mut self, stream: Stream) {
        let channel = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        if !channel.is_file {
            channel.flush();
        } else if !channel.is_busy && channel.sink.is_waiting() {
            channel.is_busy = true;
            self.files.write(stream, &channel.file, channel.sink.take());
        }
    }
}

/// Writes to regular files. A file can lie on a filesystem that is frozen, even on the one that is
/// monitored, and nothing but another thread keeps the loop from freezing with it.
#[derive(Debug)]
struct FileWriter {
    pool: Pool,
    /// What was written, with the bytes that could not be.
    inbox: Arc<Inbox<(Stream, Option<Vec<u8>>)>>,
}

impl FileWriter {
    fn write(&self, stream: Stream, file: &Arc<File>, bytes: Vec<u8>) {
        let (file, inbox) = (Arc::clone(file), Arc::clone(&self.inbox));
        let count = bytes.clone();
        let write = move || {
            let failed = (&*file).write_all(&bytes).is_err();
            inbox.put((stream, failed.then_some(bytes)));
        };
        if self.pool.submit(write).is_err() {
            self.inbox.put((stream, Some(count)));
        }
    }
}

#[derive(Debug)]
struct Channel {
    file: Arc<File>,
    /// A regular file: written by another thread.
    is_file: bool,
    /// That thread has not finished yet.
    is_busy: bool,
    /// Poll before each write, because it could block.
    may_block: bool,
    is_journal: bool,
    sink: Sink,
}

impl Channel {
    fn new(standard: BorrowedFd<'_>, path: &str) -> io::Result<Channel> {
        let path = Path::new(path);
        let own = reopen(path);
        let may_block = own.is_none();
        let file = match own {
            Some(own) => own,
            None => File::from(standard.try_clone_to_owned()?),
        };
        Ok(Channel {
            is_file: file.metadata()?.is_file(),
            file: Arc::new(file),
            is_busy: false,
            may_block,
            is_journal: is_journal(path),
            sink: Sink::default(),
        })
    }

    fn is_waiting(&self) -> bool {
        self.is_busy || self.sink.is_waiting()
    }

    fn flush(&mut self) {
        let Channel { file, may_block, sink, .. } = self;
        sink.flush(|bytes| {
            let mut fds = [PollFd::new(file.as_fd(), poll::OUT)];
            if *may_block && poll::poll(&mut fds, Some(Duration::ZERO))? == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            sys::write(file.as_fd(), bytes.get(..CHUNK_BYTES).unwrap_or(bytes))
        });
    }
}

/// Opens a pipe or a terminal anew, to make it non-blocking for us alone: the mode belongs to the
/// open file, which others share.
fn reopen(path: &Path) -> Option<File> {
    let kind = fs::metadata(path).ok()?.file_type();
    if !kind.is_fifo() && !kind.is_char_device() {
        return None;
    }
    File::options()
        .append(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC)
        .open(path)
        .ok()
}

/// Whether this is the stream that connects us to the journal: systemd.exec(5) says how to tell.
fn is_journal(path: &Path) -> bool {
    let Ok(meta) = fs::metadata(path) else { return false };
    let this = format!("{}:{}", meta.dev(), meta.ino());
    std::env::var_os("JOURNAL_STREAM").is_some_and(|stream| stream == *this)
}
