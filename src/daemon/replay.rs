// SPDX-License-Identifier: LGPL-2.1-or-later
//! Replays a recording (`--replay`), without a filesystem and without privileges.

use crate::log::recording::{BadRecording, Flaw, RecordingNews};
use crate::log::said::{Header, Refusal, Said};
use crate::log::{Form, Log};
use crate::record::reader::Reader;
use crate::report::Place;
use crate::service::exit;
use crate::service::signals::{Hangup, Signals};
use crate::sys::poll::{self, PollFd};
use crate::watch::options::Options;
use crate::watch::replay::{Replay, Say};
use crate::work::Pool;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Most lines that are queued before they are written, while there is more to read.
const LINES: usize = 64;
/// Longest wait for a reader of what is said after which it is looked whether a signal has come. The
/// reader has all the time there is: nothing else is to be done, and nothing may be lost of it.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time that the reader has for the rest once it was found that a signal has come: with the wait before
/// that no more than two seconds.
const LAST_TIME: Duration = Duration::from_millis(1500);

/// Replays a file, or standard input for `-`; gives the exit code.
pub(super) fn run(path: &Path, options: &Options) -> i32 {
    let header = Header::new("xfs_healer", "dry_run");
    of_file(path, Form::new(options.json), header, |file, say| {
        let mut replay = Replay::new(options);
        let played = play(file, &mut replay, say);
        replay.end(say);
        played
    })
}

fn play(file: &mut dyn Read, replay: &mut Replay, say: &mut Say<'_>) -> Result<(), BadRecording> {
    let mut reader = Reader::new(BufReader::new(file));
    while let Some(item) = reader.next()? {
        replay.take(item, say)?;
    }
    Ok(())
}

/// Opens the log, and a file, or standard input for `-`, and has it played; gives the exit code.
pub(crate) fn of_file(
    path: &Path,
    form: Form,
    header: Header,
    play: impl FnOnce(&mut dyn Read, &mut Say<'_>) -> Result<(), BadRecording>,
) -> i32 {
    let is_standard = path.as_os_str() == "-";
    let place =
        Place::named(if is_standard { b"standard input" } else { path.as_os_str().as_bytes() });
    let ending = Ending::catch();
    let Some(mut log) = Log::open(&place, form, &Pool::new(1)) else { return exit::FAILED };
    let program = header.program;
    log.queue(None, &Said::Header(header));
    let ending = match ending {
        Ok(ending) => ending,
        Err(error) => {
            log.queue(Some(&place), &Said::Refused(Refusal::Failed(error.into())));
            log.queue(None, &Said::End { code: exit::FAILED });
            log.finish(LAST_TIME);
            return exit::FAILED;
        }
    };
    let mut queued = 0;
    let log = RefCell::new(log);
    let mut say = |of: Option<&Place>, said: &Said| {
        let mut log = log.borrow_mut();
        log.queue(Some(of.unwrap_or(&place)), said);
        queued += 1;
        // How long a line is depends on its form and on names that the recording claims.
        if queued == LINES || log.is_half_full() {
            ending.write_out(&mut log);
            queued = 0;
        }
    };
    let failed = |error: io::Error| BadRecording { offset: 0, what: Flaw::Failed(error.into()) };
    let file = open(path).map_err(failed);
    let played =
        file.and_then(|file| play(&mut Played { file, ending: &ending, log: &log }, &mut say));
    // What a signal has broken off is not torn.
    let is_cut = |bad: &BadRecording| {
        matches!((&bad.what, bad.offset), (Flaw::Torn, _) | (Flaw::NoRecording(_), 0))
    };
    let played = match played {
        Err(bad) if ending.has_come() && is_cut(&bad) => Ok(()),
        played => played,
    };
    let code = exit::of(&played);
    let broken = played.err().map(|trouble| Said::Recording(RecordingNews::Broken(trouble)));
    broken.iter().for_each(|said| say(None, said));
    let mut log = log.into_inner();
    log.queue(None, &Said::End { code });
    ending.write_out(&mut log);
    // What it says is all that it does.
    log.exit_code(program, code)
}

/// Opens a file, or standard input for `-`, without waiting for the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    if path.as_os_str() == "-" {
        return io::stdin().as_fd().try_clone_to_owned().map(File::from);
    }
    File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

/// The end that a signal puts to a replay.
#[derive(Debug)]
struct Ending {
    signals: Signals,
    /// Time at which everything has to be said, once a signal has come.
    by: Cell<Option<Instant>>,
}

impl Ending {
    /// To be called before any other thread exists, see [`Signals::catch`].
    fn catch() -> io::Result<Ending> {
        Ok(Ending { signals: Signals::catch(Hangup::End)?, by: Cell::new(None) })
    }

    /// True if it was found that a signal has come.
    fn has_come(&self) -> bool {
        self.by.get().is_some()
    }

    /// Finds out whether a signal has come. One that wants a summary gets none: what it would sum up
    /// was said by another process, some other day.
    fn look(&self) -> io::Result<()> {
        if self.signals.read()?.end && !self.has_come() {
            self.by.set(Some(Instant::now() + LAST_TIME));
        }
        Ok(())
    }

    /// Writes what waits to be, as long as no signal comes and a while longer.
    fn write_out(&self, log: &mut Log) {
        loop {
            let left = |by: Instant| by.saturating_duration_since(Instant::now());
            let patience = self.by.get().map_or(PATIENCE, left);
            if patience.is_zero() {
                return log.flush();
            }
            log.finish(patience);
            if !log.is_waiting() || self.look().is_err() {
                return;
            }
        }
    }
}

/// A file that is played, and at its end once a signal has come.
struct Played<'a> {
    file: File,
    ending: &'a Ending,
    log: &'a RefCell<Log>,
}

impl Read for Played<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let fds = [self.ending.signals.as_fd(), self.file.as_fd()];
            let mut fds = fds.map(|fd| PollFd::new(fd, poll::IN));
            if poll::poll(&mut fds, Some(Duration::ZERO))? == 0 {
                // Who waits for what has come up to here sees it.
                self.ending.write_out(&mut self.log.borrow_mut());
                poll::poll(&mut fds, None)?;
            }
            let is_ready = fds[1].revents() != 0;
            self.ending.look()?;
            if self.ending.has_come() {
                return Ok(0);
            }
            if is_ready {
                match self.file.read(buffer) {
                    // Somebody else reads along.
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return read,
                }
            }
        }
    }
}
