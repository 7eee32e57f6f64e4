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
    /// Standard output first. Standard error has one of its own only if it leads somewhere else:
    /// two buffers for one pipe would tear each other's lines.
    channels: Vec<Channel>,
    files: FileWriter,
}

impl Log {
    /// `name` is what a line about the log itself begins with.
    pub fn new(name: &str) -> io::Result<Log> {
        let (out, err) = (Path::new("/proc/self/fd/1"), Path::new("/proc/self/fd/2"));
        let mut channels = vec![Channel::new(io::stdout().as_fd(), out, name)?];
        if !is_same_file(out, err) {
            channels.push(Channel::new(io::stderr().as_fd(), err, name)?);
        }
        let files = FileWriter { pool: Pool::new(1), inbox: Arc::new(Inbox::new()?) };
        Ok(Log { channels, files })
    }

    /// Says a line: at once where nothing is in the way, else as soon as it can be written.
    pub fn say(&mut self, line: &Line) {
        let last = self.channels.len() - 1;
        let index = if line.stream == Stream::Out { 0 } else { last };
        if let Some(channel) = self.channels.get_mut(index) {
            channel.push(line);
            channel.flush(index, &self.files);
        }
    }

    /// Writes what had to wait and can be written now.
    pub fn flush(&mut self) {
        for (index, failed) in self.files.inbox.take() {
            let Some(channel) = self.channels.get_mut(index) else { continue };
            channel.is_busy = false;
            failed.into_iter().for_each(|bytes| channel.sink.count_lost(&bytes));
        }
        for (index, channel) in self.channels.iter_mut().enumerate() {
            channel.flush(index, &self.files);
        }
    }

    /// What to wait for before the next flush.
    pub fn poll_fds(&self) -> [PollFd<'_>; 3] {
        let channel = |index: usize| match self.channels.get(index) {
            Some(channel) if channel.waits_for_room() => {
                PollFd::new(channel.file.as_fd(), poll::OUT)
            }
            _ => PollFd::disabled(),
        };
        [channel(0), channel(1), PollFd::new(self.files.inbox.as_fd(), poll::IN)]
    }

    /// Gives slow readers a last chance of this length.
    pub fn finish(&mut self, patience: Duration) {
        let end = Instant::now() + patience;
        self.flush();
        while self.channels.iter().any(Channel::is_waiting) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || poll::poll(&mut self.poll_fds(), Some(left)).is_err() {
                return;
            }
            self.flush();
        }
    }
}

/// Writes to regular files. A file can lie on a filesystem that is frozen, even on the one that is
/// monitored, and nothing but another thread keeps the loop from freezing with it.
#[derive(Debug)]
struct FileWriter {
    pool: Pool,
    /// Which channel's lines were written, with the bytes that could not be.
    inbox: Arc<Inbox<(usize, Option<Vec<u8>>)>>,
}

impl FileWriter {
    fn write(&self, index: usize, file: &Arc<File>, bytes: Vec<u8>) {
        let (file, inbox) = (Arc::clone(file), Arc::clone(&self.inbox));
        let bytes = Arc::new(bytes);
        let mine = Arc::clone(&bytes);
        let write = move || {
            let failed = (&*file).write_all(&mine).is_err();
            inbox.put((index, failed.then(|| mine.to_vec())));
        };
        if self.pool.submit(write).is_err() {
            self.inbox.put((index, Some(bytes.to_vec())));
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
    fn new(standard: BorrowedFd<'_>, path: &Path, name: &str) -> io::Result<Channel> {
        let own = reopen(path);
        let may_block = own.is_none();
        let file = match own {
            Some(own) => own,
            None => File::from(standard.try_clone_to_owned()?),
        };
        let is_journal = is_journal(path);
        let priority = if is_journal { "<4>" } else { "" };
        Ok(Channel {
            is_file: file.metadata()?.is_file(),
            file: Arc::new(file),
            is_busy: false,
            may_block,
            is_journal,
            sink: Sink::new(format!("{priority}{name}: ")),
        })
    }

    fn push(&mut self, line: &Line) {
        if self.is_journal {
            // sd-daemon(3): the journal takes the priority from here.
            self.sink.push(&format!("<{}>{}", line.level as u8, line.text));
        } else {
            self.sink.push(&line.text);
        }
    }

    fn is_waiting(&self) -> bool {
        self.is_busy || self.sink.is_waiting()
    }

    fn waits_for_room(&self) -> bool {
        !self.is_file && self.sink.is_waiting()
    }

    fn flush(&mut self, index: usize, files: &FileWriter) {
        if !self.is_file {
            return self.write();
        }
        if !self.is_busy && self.sink.is_waiting() {
            self.is_busy = true;
            files.write(index, &self.file, self.sink.take());
        }
    }

    fn write(&mut self) {
        let Channel { file, may_block, sink, .. } = self;
        sink.flush(|bytes| {
            let mut fds = [PollFd::new(file.as_fd(), poll::OUT)];
            if *may_block && poll::poll(&mut fds, Some(Duration::ZERO))? == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            sys::write(file.as_fd(), whole_lines(bytes))
        });
    }
}

/// As many whole lines as one write may carry; of a line that is longer, its beginning. Others may
/// be writing to the same pipe, and what is written at once stays together.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let chunk = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
    let lines = chunk.iter().rposition(|byte| *byte == b'\n').map_or(chunk.len(), |at| at + 1);
    chunk.get(..lines).unwrap_or(chunk)
}

/// Whether two paths lead to the same pipe, socket, terminal or file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let id = |path| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    id(one).is_some_and(|id_of_one| Some(id_of_one) == id(other))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_ends_with_a_line_unless_the_line_is_too_long() {
        assert_eq!(whole_lines(b"one\ntwo\n"), b"one\ntwo\n");
        let long = [&[b'x'; CHUNK_BYTES - 2][..], b"\nnext\n"].concat();
        assert_eq!(whole_lines(&long).len(), CHUNK_BYTES - 1);
        assert_eq!(whole_lines(&[b'x'; CHUNK_BYTES + 9]).len(), CHUNK_BYTES);
    }

    #[test]
    fn a_file_is_written_by_another_thread_in_order() {
        let path = std::env::temp_dir().join(format!("xfshealer-log-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        let channel = Channel::new(file.as_fd(), &path, "/m").unwrap();
        let files = FileWriter { pool: Pool::new(1), inbox: Arc::new(Inbox::new().unwrap()) };
        let mut log = Log { channels: vec![channel], files };
        for n in 0..100 {
            let text = format!("line {n}");
            log.say(&Line { stream: Stream::Err, level: crate::report::Level::Info, text });
        }
        log.finish(Duration::from_secs(60));
        let expected: String = (0..100).map(|n| format!("line {n}\n")).collect();
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        fs::remove_file(&path).unwrap();
    }
}
