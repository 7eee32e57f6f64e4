// SPDX-License-Identifier: LGPL-2.1-or-later
//! The full scrub that runs as a child, and that of somebody else which is waited for.

mod asked;

use super::outbox::Outbox;
use crate::act::{Begun, Runner, ScrubExit, ScrubVerdict, StartError, Started};
use crate::log::said::Said;
use crate::log::said::ScrubNews;
use crate::plan::{Reasons, ScrubEnd, Ticket, Time};
use crate::service::child::{self, SEARCHED};
use crate::service::others::Other;
use crate::service::output::{Lines, OutputPiece};
use crate::service::unit::UnitState;
use crate::sys::{Child, PidFd};
use asked::{Asked, UnitResult};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Bytes that are read from a child at once.
const READ_BYTES: usize = 4096;
/// Most reads from a child before other things get their turn.
const READS: usize = 16;

/// Rounds of reads after the end of a child: a megabyte, of whatever it had still to say.
const LAST_ROUNDS: usize = 16;
/// Lines that are passed on as they come: xfs_scrub(8) prints one for each name that looks like
/// another, and there may be a million of them.
const FIRST_LINES: usize = 100;
/// Lines that are kept for the end, where xfs_scrub(8) sums up.
const LAST_LINES: usize = 10;
/// Pause between tries to have a descriptor that tells of the end of a child.
const PIDFD_PAUSE: Duration = Duration::from_secs(1);
/// Time after which a systemctl(1) that still waits does so for a unit that runs.
const STARTED: Duration = Duration::from_secs(1);

/// Runs full scrubs, one at a time, and tells their end.
#[derive(Debug)]
pub(crate) struct FullScrub {
    runner: Runner,
    /// Start of the full scrub that has not come to its end, whatever it is at; `None` without one.
    since: Option<Time>,
    running: Option<RunningScrub>,
    /// Full scrub of somebody else's that is waited for.
    other: Option<(Ticket, Other)>,
    /// Time until which a full scrub of somebody else's, or a run of the unit that is not ours, is
    /// waited for.
    waits_until: Option<Time>,
    /// A unit of systemd that has ended: systemd is asked how, or whether it was not started or was
    /// somebody else's.
    asked: Option<Asked>,
    /// True if the last full scrub could not be started, which is said once.
    not_started: bool,
}

/// Next step after the child was checked.
#[derive(Debug)]
pub(crate) enum AfterCheck {
    /// The full scrub is over.
    Ended(Ticket, ScrubEnd),
    /// systemd has to be asked what became of the unit.
    AskUnit(Ticket, String),
}

#[derive(Debug)]
struct RunningScrub {
    ticket: Ticket,
    program: Started,
    /// Time until which the program is looked for; `None` once it runs.
    sought_until: Option<Time>,
    /// Descriptor that is readable at the end of the child; `None` while none can be had.
    pidfd: Option<PidFd>,
    /// Time at which it is tried again to have one; `None` with one.
    pidfd_at: Option<Time>,
    words: Lines,
    has_more: bool,
    /// Time at which to say that the full scrub runs; `None` if that was said or is not to be said.
    to_say_at: Option<Time>,
}

/// Outbox and time for news about full scrubs.
pub(crate) struct ScrubSay<'a> {
    pub outbox: &'a mut Outbox,
    pub now: Time,
}

impl ScrubSay<'_> {
    fn news(&mut self, news: ScrubNews) {
        self.outbox.say(Said::FullScrub(news), self.now);
    }

    fn piece(&mut self, piece: OutputPiece) {
        self.news(match piece {
            OutputPiece::Line(line) => ScrubNews::Said(line),
            OutputPiece::NotShown(lines) => ScrubNews::NotShown(lines),
        });
    }
}

impl FullScrub {
    pub fn new(runner: Runner) -> FullScrub {
        let (running, other, waits_until, asked) = (None, None, None, None);
        FullScrub { runner, since: None, running, other, waits_until, asked, not_started: false }
    }

    pub fn runner(&self) -> Runner {
        self.runner.clone()
    }

    /// Descriptors to wait for: the end of the child, or of somebody else's full scrub, and the
    /// child's words.
    pub fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        let running = self.running.as_ref();
        let other = self.other.as_ref().map(|(_, other)| other.as_fd());
        let pidfd = running.and_then(|r| r.pidfd.as_ref()).map(AsFd::as_fd).or(other);
        let sought = running.filter(|r| r.sought_until.is_some()).map(|r| r.program.child.news());
        let output = running.filter(|r| r.has_more).map(|r| r.program.output.as_fd());
        [sought.or(pidfd), output]
    }

    /// Takes note that a worker is to start a full scrub.
    pub fn begins(&mut self, reasons: Reasons, say: ScrubSay<'_>) {
        self.since = Some(say.now);
        if !self.not_started {
            say.outbox.say(Said::FullScrubWanted(reasons), say.now);
        }
    }

    /// Takes note that the full scrub is over.
    pub fn over(&mut self) {
        self.since = None;
    }

    /// Time for which a full scrub has not come to its end; `None` without one.
    pub fn lasts(&self, now: Time) -> Option<Duration> {
        self.since.map(|since| now.since(since))
    }

    /// Takes over a child that a worker has started, or one of somebody else's to wait for; gives
    /// the end if there is none.
    pub fn started(
        &mut self,
        ticket: Ticket,
        begun: Result<Begun, StartError>,
        mut say: ScrubSay<'_>,
    ) -> Option<AfterCheck> {
        match begun {
            Ok(Begun::Ours(mut program)) => {
                let is_sought = !matches!(program.child.has_begun(), Ok(true));
                let sought_until = is_sought.then(|| say.now.after(SEARCHED));
                let pidfd = PidFd::open(program.child.id()).ok();
                let pidfd_at = pidfd.is_none().then(|| say.now.after(PIDFD_PAUSE));
                let is_theirs = program.joins.is_some();
                if is_theirs {
                    say.news(ScrubNews::Other(program.name.clone()));
                }
                let to_say_at = (!is_theirs).then(|| say.now.after(self.unsaid()));
                let (words, has_more) = (Lines::new(FIRST_LINES, LAST_LINES), true);
                self.running = Some(RunningScrub {
                    ticket,
                    program,
                    sought_until,
                    pidfd,
                    pidfd_at,
                    words,
                    has_more,
                    to_say_at,
                });
                None
            }
            Ok(Begun::Theirs(other)) => {
                say.news(ScrubNews::Other(format!("pid {}", other.pid)));
                self.other = Some((ticket, other));
                None
            }
            // Somebody has said so already: the end of a thread, the property, or the end of the
            // filesystem. The first says nothing about whether the next one can be started.
            Err(StartError::Killed) => Some(AfterCheck::Ended(ticket, ScrubEnd::Interrupted)),
            Err(StartError::Forbidden) => Some(AfterCheck::Ended(ticket, ScrubEnd::NotStarted)),
            Err(StartError::Unreachable(error)) if error.errno() == Some(libc::ESHUTDOWN) => {
                Some(AfterCheck::Ended(ticket, ScrubEnd::NotStarted))
            }
            Err(error) => {
                if !std::mem::replace(&mut self.not_started, true) {
                    say.news(ScrubNews::NotStarted(error.clone()));
                }
                // What may be over in a moment is tried again, as what somebody else was in the way of.
                let is_momentary = error.is_momentary();
                let end = if is_momentary { ScrubEnd::Others } else { ScrubEnd::NotStarted };
                Some(AfterCheck::Ended(ticket, end))
            }
        }
    }

    /// Ticket of the full scrub that waits for one of somebody else's.
    pub fn waits(&self) -> Option<Ticket> {
        let joins = |running: &&RunningScrub| running.program.joins.is_some();
        let joined = self.running.as_ref().filter(joins).map(|running| running.ticket);
        self.other.as_ref().map(|(ticket, _)| *ticket).or(joined)
    }

    /// Sets the time until which a full scrub of somebody else's is waited for.
    pub fn waits_until(&mut self, until: Time) {
        self.waits_until = Some(until);
    }

    /// Time at which [`FullScrub::look`] has something to do by itself.
    pub fn wake_at(&self) -> Option<Time> {
        let running = self.running.as_ref();
        let own = running.into_iter().flat_map(|running| match running.sought_until {
            None => [running.to_say_at, running.pidfd_at],
            sought_until => [sought_until, None],
        });
        own.flatten().chain(self.waits_until).min()
    }

    /// Passes on what the child says, and checks whether it, or a full scrub of somebody else's,
    /// has ended.
    pub fn look(&mut self, mut say: ScrubSay<'_>) -> Option<AfterCheck> {
        if let Some((ticket, _)) = self.other.take_if(|(_, other)| other.has_ended()) {
            self.waits_until = None;
            return Some(other_ended(ticket, say));
        }
        if self.waits_until.take_if(|until| *until <= say.now).is_some() {
            say.news(ScrubNews::OtherGoesOn { is_unit: self.other.is_none() });
            if let Some((ticket, _)) = self.other.take() {
                return Some(AfterCheck::Ended(ticket, ScrubEnd::Others));
            }
        }
        if let Some(error) = self.seek(say.now) {
            let RunningScrub { ticket, program, .. } = self.running.take()?;
            self.waits_until = None;
            child::leave(program.child);
            let refused = StartError::Spawn { name: program.name, error: error.into() };
            return self.started(ticket, Err(refused), say);
        }
        let running = self.running.as_mut().filter(|running| running.sought_until.is_none())?;
        running.want_pidfd(say.now);
        if running.to_say_at.is_some_and(|at| at <= say.now) {
            self.not_started = false;
            running.to_say_at = None;
            say.news(ScrubNews::InProgress);
            say.news(ScrubNews::Holds(running.program.stop.clone()));
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
        let verdict = ended?.map_or(ScrubVerdict::Unknown, ScrubVerdict::from_status);
        let RunningScrub { ticket, program, words, to_say_at, .. } = self.running.take()?;
        self.waits_until = None;
        words.end(&mut |piece| say.piece(piece));
        let joins = program.joins;
        let is_said = to_say_at.is_none() && joins.is_none();
        let is_well = verdict == ScrubVerdict::Exit(ScrubExit::empty());
        if self.runner == Runner::Systemd {
            // Its own exit code only says whether something went wrong, somewhere.
            let (unit, began_us) = (program.name.clone(), program.began_us);
            self.asked = Some(Asked { ticket, unit, is_well, is_said, began_us, joins });
            return Some(AfterCheck::AskUnit(ticket, program.name));
        }
        Some(self.ended(ticket, verdict, &program.name, is_said, say))
    }

    /// Checks whether the program runs that is looked for; gives why it will not.
    fn seek(&mut self, now: Time) -> Option<io::Error> {
        let unsaid = self.unsaid();
        let running = self.running.as_mut()?;
        let until = running.sought_until?;
        match running.program.child.has_begun() {
            Ok(true) => {
                running.sought_until = None;
                running.to_say_at = running.to_say_at.map(|_| now.after(unsaid));
                None
            }
            Ok(false) if now < until => None,
            Ok(false) => Some(io::Error::from_raw_os_error(libc::ETIMEDOUT)),
            Err(error) => Some(error),
        }
    }

    /// Time for which it is not said of a program that runs that a full scrub does.
    fn unsaid(&self) -> Duration {
        if self.runner == Runner::Systemd { STARTED } else { Duration::ZERO }
    }

    fn ended(
        &mut self,
        ticket: Ticket,
        verdict: ScrubVerdict,
        name: &str,
        is_said: bool,
        mut say: ScrubSay<'_>,
    ) -> AfterCheck {
        self.not_started = false;
        if !is_said && verdict != ScrubVerdict::UnitSkipped {
            say.news(ScrubNews::InProgress);
        }
        say.news(ScrubNews::Ended(verdict, name.to_owned()));
        let end = match verdict {
            ScrubVerdict::Exit(exit) if exit.is_verdict() => {
                ScrubEnd::Finished { clean: exit.is_clean() }
            }
            ScrubVerdict::UnitEnded => ScrubEnd::Finished { clean: true },
            ScrubVerdict::UnitFailed(_) => ScrubEnd::Untold,
            ScrubVerdict::Exit(_)
            | ScrubVerdict::UnitSkipped
            | ScrubVerdict::Signal(_)
            | ScrubVerdict::Unknown => ScrubEnd::Interrupted,
        };
        AfterCheck::Ended(ticket, end)
    }

    /// Takes in what systemd tells of the unit once systemctl(1) has ended.
    pub fn unit_ended(
        &mut self,
        ticket: Ticket,
        state: Option<UnitState>,
        mut say: ScrubSay<'_>,
    ) -> Option<AfterCheck> {
        let asked = self.asked.take_if(|asked| asked.ticket == ticket)?;
        match asked.verdict(state) {
            UnitResult::Theirs => Some(other_ended(ticket, say)),
            // systemctl(1) has lost systemd, or was killed: as if it was somebody else's, which the
            // next start finds. Also of ours: it may have been where new damage is before that was there.
            UnitResult::Runs => Some(AfterCheck::Ended(ticket, ScrubEnd::Others)),
            UnitResult::Ours(verdict) => {
                Some(self.ended(ticket, verdict, &asked.unit, asked.is_said, say))
            }
            UnitResult::NotStarted => {
                if !std::mem::replace(&mut self.not_started, true) {
                    say.news(ScrubNews::UnitRefused(asked.unit.clone()));
                }
                Some(AfterCheck::Ended(ticket, ScrubEnd::NotStarted))
            }
        }
    }

    /// Ends the child, which holds the filesystem, and gives it away to be waited for; nothing where
    /// it has not become its program, and holds nothing.
    pub fn stop(&mut self) -> Option<Child> {
        let RunningScrub { program: Started { mut child, .. }, sought_until, .. } =
            self.running.take()?;
        if sought_until.is_some() {
            child::leave(child);
            return None;
        }
        child.end();
        Some(child)
    }
}

fn other_ended(ticket: Ticket, mut say: ScrubSay<'_>) -> AfterCheck {
    say.news(ScrubNews::OtherEnded);
    AfterCheck::Ended(ticket, ScrubEnd::Others)
}

impl RunningScrub {
    /// Tries again, when it is time, to have the descriptor that could not be had: for want of
    /// others, which may be closed by now. Without it nothing tells of the end.
    fn want_pidfd(&mut self, now: Time) {
        if self.pidfd_at.take_if(|at| *at <= now).is_some() {
            self.pidfd = PidFd::open(self.program.child.id()).ok();
            self.pidfd_at = self.pidfd.is_none().then(|| now.after(PIDFD_PAUSE));
        }
    }

    /// Passes on whole lines, though not for ever.
    fn pass_on(&mut self, say: &mut ScrubSay<'_>) {
        let mut buffer = [0; READ_BYTES];
        for _ in 0..READS {
            if !self.has_more {
                return;
            }
            match self.program.output.read(&mut buffer) {
                Ok(0) => self.has_more = false,
                Ok(len) => {
                    let bytes = buffer.get(..len).unwrap_or_default();
                    self.words.take(bytes, &mut |piece| say.piece(piece));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.has_more = false,
            }
        }
    }
}

#[cfg(test)]
mod tests;
