// SPDX-License-Identifier: LGPL-2.1-or-later
//! The two log streams of the process, written without ever waiting.

#[cfg(test)]
mod alarms;
mod channel;
mod date;
pub(crate) mod file;
mod form;
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
use crate::service::exit;
use crate::sys;
use crate::sys::poll::{self, PollFd};
use crate::work::Pool;
use channel::Channel;
pub(crate) use form::Form;
pub(crate) use json::Stamp;
use said::{Refusal, Said};
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

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

    /// A log that is this file and no standard stream: for tests.
    #[cfg(test)]
    pub fn in_file(path: &Path, form: Form, threads: &Pool) -> io::Result<Log> {
        let file = fs::File::options().append(true).create(true).open(path)?;
        let kind = Some(file.metadata()?);
        let channels = vec![Channel::new(file.as_fd(), path, kind, "test", form, threads)?];
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
            if channel.is_file() && !channel.is_half_full() {
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
        channels.filter_map(Channel::waiting).map(|stream| PollFd::new(stream, poll::OUT))
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

    /// True if something is being written or waits for a slow reader.
    pub fn is_waiting(&self) -> bool {
        self.channels.iter().any(Channel::is_waiting)
    }

    /// True if a line was ever lost.
    pub fn has_lost(&self) -> bool {
        self.channels.iter().any(Channel::has_lost)
    }

    /// The exit code of a program that does nothing but say something and has come to this one: lines
    /// that were lost, or are still to be written, are no success. Why they are lost is said on
    /// standard error.
    pub fn exit_code(&self, program: &str, code: i32) -> i32 {
        if !self.has_lost() && !self.is_waiting() {
            return code;
        }
        match self.channels.first().and_then(Channel::trouble) {
            Some(why) => exit::of_output(program, Err(why)),
            None => exit::FAILED,
        }
    }

    fn write_out(&mut self, patience: Duration) {
        let end = Instant::now() + patience;
        let left = || end.saturating_duration_since(Instant::now());
        self.flush();
        while self.channels.iter().any(|channel| channel.waiting().is_some()) {
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

/// True if these are the same pipe, socket, terminal or file.
fn is_same_file((one, other): (&Metadata, &Metadata)) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::kernel::first_piece;
}

#[cfg(test)]
mod tests;
