// SPDX-License-Identifier: LGPL-2.1-or-later
//! The full scrub that runs as a child.

use super::outbox::Outbox;
use crate::act::{Runner, StartError};
use crate::plan::{ScrubEnd, Ticket, Time};
use crate::report::{Level, Line, Place};
use crate::sys::PidFd;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ExitStatus};

/// A full scrub that is over, for the planner.
pub(super) type Ended = (Ticket, ScrubEnd);

/// Runs full scrubs, one at a time, and tells their end.
#[derive(Debug)]
pub(super) struct FullScrub {
    runner: Runner,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    ticket: Ticket,
    child: Child,
    /// Readable at the end of the child; without it the end is noticed with the next event.
    pidfd: Option<PidFd>,
}

impl FullScrub {
    pub fn new(runner: Runner) -> FullScrub {
        FullScrub { runner, running: None }
    }

    pub fn runner(&self) -> Runner {
        self.runner
    }

    pub fn child(&self) -> Option<BorrowedFd<'_>> {
        Some(self.running.as_ref()?.pidfd.as_ref()?.as_fd())
    }

    /// Takes over a child that a worker has started; gives the end if there is none.
    pub fn started(
        &mut self,
        ticket: Ticket,
        child: Result<Child, StartError>,
        place: &Place,
        outbox: &mut Outbox,
        now: Time,
    ) -> Option<Ended> {
        let child = match child {
            Ok(child) => child,
            Err(error) => {
                let text = format!("{}: {error}", place.found());
                outbox.line(Line::err(Level::Error, text), now);
                return Some((ticket, ScrubEnd::NotStarted));
            }
        };
        let pidfd = PidFd::open(child.id()).ok();
        self.running = Some(Running { ticket, child, pidfd });
        if self.runner == Runner::Direct {
            outbox.line(in_progress(place), now);
        }
        None
    }

    /// Looks whether the child has ended, and says how.
    pub fn reap(&mut self, place: &Place, outbox: &mut Outbox, now: Time) -> Option<Ended> {
        let status = match self.running.as_mut()?.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => Some(status),
            // Somebody else has reaped it: it is over, nobody knows how.
            Err(_) => None,
        };
        let ticket = self.running.take()?.ticket;
        let code = status.and_then(|status| status.code());
        let end = match (self.runner, code) {
            (Runner::Systemd, Some(0)) => {
                outbox.line(in_progress(place), now);
                ScrubEnd::Queued
            }
            (Runner::Systemd, _) => {
                let text = "Could not start xfs_scrub service unit: systemctl";
                let text = format!("{}: {text} {}", place.found(), status_words(status));
                outbox.line(Line::err(Level::Error, text), now);
                ScrubEnd::NotStarted
            }
            (Runner::Direct, code) => {
                let level = if code == Some(0) { Level::Notice } else { Level::Error };
                let text = format!("{}: full scrub {}", place.found(), verdict(code, status));
                outbox.line(Line::out(level, text), now);
                ScrubEnd::Finished { clean: code == Some(0) }
            }
        };
        Some((ticket, end))
    }
}

fn in_progress(place: &Place) -> Line {
    Line::out(Level::Notice, format!("{}: Full repairs in progress.", place.found()))
}

/// What the exit code of xfs_scrub(8) says, worst first.
fn verdict(code: Option<i32>, status: Option<ExitStatus>) -> String {
    match code {
        Some(0) => "finished: no damage is left".to_owned(),
        Some(code) if code & 8 != 0 => "failed: xfs_scrub does not know the options".to_owned(),
        Some(code) if code & 4 != 0 => "failed: operational error".to_owned(),
        Some(code) if code & 1 != 0 => "finished: damage is left".to_owned(),
        Some(code) if code & 2 != 0 => {
            "finished: no damage is left, something could be optimised".to_owned()
        }
        _ => format!("failed: xfs_scrub {}", status_words(status)),
    }
}

fn status_words(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "was lost".to_owned(), |status| format!("ended with {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_bit_of_the_exit_code_decides() {
        let of = |code| verdict(Some(code), None);
        assert_eq!(of(0), "finished: no damage is left");
        assert_eq!(of(1), "finished: damage is left");
        assert_eq!(of(3), "finished: damage is left");
        assert_eq!(of(5), "failed: operational error");
        assert_eq!(verdict(None, None), "failed: xfs_scrub was lost");
    }
}
