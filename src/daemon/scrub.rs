// SPDX-License-Identifier: LGPL-2.1-or-later
//! The full scrub that runs as a child.

use super::outbox::Outbox;
use crate::act::{Runner, ScrubExit, ScrubVerdict, StartError, Started};
use crate::plan::{Reasons, ScrubEnd, Ticket, Time};
use crate::report::{Place, ScrubNews, scrub_line};
use crate::sys::PidFd;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::Child;
use std::time::Duration;

/// The longest line of a child that is kept together.
const LINE_BYTES: usize = 4096;
/// Most that is read from a child before other things get their turn.
const READS: usize = 16;

/// How often so much is read after its end: a megabyte, of whatever it had still to say.
const LAST_ROUNDS: usize = 16;
/// systemctl(1) that has been waiting for so long waits for a unit that runs.
const STARTED: Duration = Duration::from_secs(1);

/// Runs full scrubs, one at a time, and tells their end.
#[derive(Debug)]
pub(super) struct FullScrub {
    runner: Runner,
    running: Option<Running>,
    /// A unit of systemd that has failed, or was not started: it is asked which.
    asked: Option<Asked>,
    /// The last one could not be started, which is said once.
    not_started: bool,
}

#[derive(Debug)]
struct Asked {
    ticket: Ticket,
    unit: String,
    is_said: bool,
}

/// What follows from a look at the child.
#[derive(Debug)]
pub(super) enum Next {
    /// It is over.
    Ended(Ticket, ScrubEnd),
    /// systemd has to be asked how the unit ended.
    AskUnit(Ticket, String, u64),
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
    /// When that it runs is to be said, unless it has been.
    to_say_at: Option<Time>,
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
        FullScrub { runner, running: None, asked: None, not_started: false }
    }

    pub fn runner(&self) -> Runner {
        self.runner.clone()
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
    ) -> Option<Next> {
        match program {
            Ok(program) => {
                let pidfd = PidFd::open(program.child.id()).ok();
                let is_unit = self.runner == Runner::Systemd;
                let wait = if is_unit { STARTED } else { Duration::ZERO };
                let (line, has_more, to_say_at) = (Vec::new(), true, Some(say.now.after(wait)));
                let running = Running { ticket, program, pidfd, line, has_more, to_say_at };
                self.running = Some(running);
                None
            }
            // Somebody has said so already: the property, the end of a thread or of the filesystem.
            Err(StartError::Forbidden | StartError::Killed) => {
                Some(Next::Ended(ticket, ScrubEnd::NotStarted))
            }
            Err(StartError::Unreachable(error))
                if error.raw_os_error() == Some(libc::ESHUTDOWN) =>
            {
                Some(Next::Ended(ticket, ScrubEnd::NotStarted))
            }
            Err(error) => {
                if !std::mem::replace(&mut self.not_started, true) {
                    say.news(&ScrubNews::NotStarted(&error));
                }
                Some(Next::Ended(ticket, ScrubEnd::NotStarted))
            }
        }
    }

    /// When [`FullScrub::look`] has something to do by itself.
    pub fn next_look(&self) -> Option<Time> {
        self.running.as_ref()?.to_say_at
    }

    /// Passes on what the child says, and looks whether it has ended.
    pub fn look(&mut self, mut say: Say<'_>) -> Option<Next> {
        let running = self.running.as_mut()?;
        if running.to_say_at.is_some_and(|at| at <= say.now) {
            self.not_started = false;
            running.to_say_at = None;
            say.news(&ScrubNews::InProgress);
            say.news(&ScrubNews::Holds(&running.program.stop));
        }
        let ended = match running.program.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(Some(status)),
            // Somebody else has reaped it: it is over, nobody knows how.
            Err(_) => Some(None),
        };
        running.pass_on(&mut say);
        if ended.is_some() {
            (0..LAST_ROUNDS).for_each(|_| running.pass_on(&mut say));
        }
        let verdict = ended?.map_or(ScrubVerdict::Crashed, ScrubVerdict::from_status);
        let Running { ticket, program, mut line, to_say_at, .. } = self.running.take()?;
        say_line(&mut line, &mut say);
        if self.runner == Runner::Systemd && verdict != ScrubVerdict::Exit(ScrubExit::empty()) {
            // Its own exit code only says that something went wrong.
            let (unit, is_said) = (program.name.clone(), to_say_at.is_none());
            self.asked = Some(Asked { ticket, unit, is_said });
            return Some(Next::AskUnit(ticket, program.name, program.began_ns));
        }
        Some(self.ended(ticket, verdict, to_say_at.is_none(), say))
    }

    fn ended(
        &mut self,
        ticket: Ticket,
        verdict: ScrubVerdict,
        is_said: bool,
        mut say: Say<'_>,
    ) -> Next {
        self.not_started = false;
        if !is_said {
            say.news(&ScrubNews::InProgress);
        }
        say.news(&ScrubNews::Ended(verdict));
        let end = match verdict {
            ScrubVerdict::Exit(exit) => ScrubEnd::Finished { clean: exit.is_clean() },
            ScrubVerdict::Interrupted => ScrubEnd::Interrupted,
            ScrubVerdict::Crashed => ScrubEnd::Finished { clean: false },
        };
        Next::Ended(ticket, end)
    }

    /// Takes in how the unit ended, or that it never ran.
    pub fn unit_ended(
        &mut self,
        ticket: Ticket,
        verdict: Option<ScrubVerdict>,
        mut say: Say<'_>,
    ) -> Option<Next> {
        let Asked { unit, is_said, .. } = self.asked.take_if(|asked| asked.ticket == ticket)?;
        if let Some(verdict) = verdict {
            return Some(self.ended(ticket, verdict, is_said, say));
        }
        if !std::mem::replace(&mut self.not_started, true) {
            say.news(&ScrubNews::UnitRefused(&unit));
        }
        Some(Next::Ended(ticket, ScrubEnd::NotStarted))
    }

    /// Ends the child, which holds the filesystem, and gives it away to be waited for.
    pub fn stop(&mut self) -> Option<Child> {
        let running = self.running.take()?;
        // It fails only when there is nothing left to end.
        running.pidfd.as_ref().map(PidFd::terminate);
        Some(running.program.child)
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
