// SPDX-License-Identifier: LGPL-2.1-or-later
//! The full scrub that runs as a child.

use super::outbox::Outbox;
use crate::act::{Runner, ScrubExit, StartError, Started};
use crate::plan::{Reasons, ScrubEnd, Ticket, Time};
use crate::report::{Place, ScrubNews, scrub_line};
use crate::sys::PidFd;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// The longest line of a child that is kept together.
const LINE_BYTES: usize = 4096;
/// Most that is read from a child before other things get their turn.
const READS: usize = 16;

/// Runs full scrubs, one at a time, and tells their end.
#[derive(Debug)]
pub(super) struct FullScrub {
    runner: Runner,
    running: Option<Running>,
    /// The last one could not be started, which is said once.
    not_started: bool,
}

#[derive(Debug)]
struct Running {
    ticket: Ticket,
    program: Started,
    /// Readable at the end of the child; without it the end is noticed with the next event.
    pidfd: Option<PidFd>,
    /// The beginning of a line that is not whole.
    line: Vec<u8>,
    has_more: bool,
}

/// Where to say things about full scrubs.
pub(super) struct Say<'a> {
    pub place: &'a Place,
    pub outbox: &'a mut Outbox,
    pub now: Time,
}

impl Say<'_> {
    fn news(&mut self, news: &ScrubNews<'_>) {
        self.outbox.line(scrub_line(self.place, news), self.now);
    }
}

impl FullScrub {
    pub fn new(runner: Runner) -> FullScrub {
        FullScrub { runner, running: None, not_started: false }
    }

    pub fn runner(&self) -> Runner {
        self.runner
    }

    /// What to wait for: the child's end and its words.
    pub fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        let running = self.running.as_ref();
        let pidfd = running.and_then(|r| r.pidfd.as_ref()).map(AsFd::as_fd);
        let output = running.filter(|r| r.has_more).map(|r| r.program.output.as_fd());
        [pidfd, output]
    }

    pub fn wanted(&self, reasons: Reasons, mut say: Say<'_>) {
        if !self.not_started {
            say.news(&ScrubNews::Wanted(reasons));
        }
    }

    /// Takes over a child that a worker has started; gives the end if there is none.
    pub fn started(
        &mut self,
        ticket: Ticket,
        program: Result<Started, StartError>,
        mut say: Say<'_>,
    ) -> Option<(Ticket, ScrubEnd)> {
        match program {
            Ok(program) => {
                if self.runner == Runner::Direct {
                    self.not_started = false;
                }
                let pidfd = PidFd::open(program.child.id()).ok();
                let (line, has_more) = (Vec::new(), true);
                self.running = Some(Running { ticket, program, pidfd, line, has_more });
                if self.runner == Runner::Direct {
                    say.news(&ScrubNews::InProgress);
                }
                None
            }
            Err(error) => {
                if !std::mem::replace(&mut self.not_started, true) {
                    say.news(&ScrubNews::NotStarted(&error));
                }
                Some((ticket, ScrubEnd::NotStarted))
            }
        }
    }

    /// Passes on what the child says, and looks whether it has ended.
    pub fn look(&mut self, mut say: Say<'_>) -> Option<(Ticket, ScrubEnd)> {
        let running = self.running.as_mut()?;
        let ended = match running.program.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(Some(status)),
            // Somebody else has reaped it: it is over, nobody knows how.
            Err(_) => Some(None),
        };
        running.pass_on(&mut say);
        let exit = ended?.and_then(ScrubExit::from_status);
        let Running { ticket, program, mut line, .. } = self.running.take()?;
        say_line(&mut line, &mut say);
        let end = match self.runner {
            Runner::Systemd if exit == Some(ScrubExit::empty()) => {
                self.not_started = false;
                say.news(&ScrubNews::InProgress);
                ScrubEnd::Queued
            }
            Runner::Systemd => {
                if !std::mem::replace(&mut self.not_started, true) {
                    say.news(&ScrubNews::UnitRefused(&program.name));
                }
                ScrubEnd::NotStarted
            }
            Runner::Direct => {
                say.news(&ScrubNews::Ended(exit));
                ScrubEnd::Finished { clean: exit.is_some_and(ScrubExit::is_clean) }
            }
        };
        Some((ticket, end))
    }

    /// Ends the child: without us nobody waits for it, and it holds the filesystem.
    pub fn stop(&mut self) {
        if let Some(Running { pidfd: Some(pidfd), .. }) = &self.running {
            // It fails only when there is nothing left to end.
            let _ = pidfd.terminate();
        }
    }
}

impl Running {
    /// Passes on whole lines, though not for ever.
    fn pass_on(&mut self, say: &mut Say<'_>) {
        let mut buffer = [0; LINE_BYTES];
        for _ in 0..READS {
            if !self.has_more {
                return;
            }
            match self.program.output.read(&mut buffer) {
                Ok(0) => self.has_more = false,
                Ok(len) => self.split(buffer.get(..len).unwrap_or_default(), say),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.has_more = false,
            }
        }
    }

    fn split(&mut self, bytes: &[u8], say: &mut Say<'_>) {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
            }
            if *byte == b'\n' || self.line.len() >= LINE_BYTES {
                say_line(&mut self.line, say);
            }
        }
    }
}

fn say_line(line: &mut Vec<u8>, say: &mut Say<'_>) {
    if !line.is_empty() {
        say.news(&ScrubNews::Said(line));
        line.clear();
    }
}
