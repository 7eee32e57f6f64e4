// SPDX-License-Identifier: LGPL-2.1-or-later
//! Signals, and what they ask of a program that goes on until one ends it.

use crate::sys::{self, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// The signals that are read; one of each can wait.
const KINDS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGUSR1];

/// Has signals that may ask for something else than the end wait until they are caught: one that came before
/// that would end the program. The others do, as is meant: before it reads signals it may wait for
/// a place that does not answer. To be called first of all by whoever reads signals.
pub(crate) fn hold() {
    // It fails for numbers only that are no signals.
    let _ = sys::hold_signals(&[libc::SIGHUP, libc::SIGUSR1]);
}

/// The wish that SIGHUP stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hangup {
    TryAgain,
    End,
}

/// The wishes of signals that have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// A change may have happened of which no news comes.
    pub try_again: bool,
    /// A person wants to know how it goes (SIGUSR1).
    pub summary: bool,
    /// The program is to end.
    pub end: bool,
}

/// The signals of the process.
#[derive(Debug)]
pub(crate) struct Signals {
    fd: SignalFd,
    hangup: Hangup,
}

impl Signals {
    /// Catches the signals that end a program, unless who started it wants one ignored, and SIGHUP
    /// for this wish. To be called before any other thread exists: it inherits what is blocked.
    ///
    /// A program that only looks again is none that nohup(1) has to protect: it hears of SIGHUP
    /// also where that is ignored.
    pub fn catch(hangup: Hangup) -> io::Result<Signals> {
        let is_caught = |signal: &i32| {
            let ends = match *signal {
                libc::SIGHUP => hangup == Hangup::End,
                libc::SIGUSR1 => false,
                _ => true,
            };
            !(ends && sys::is_ignored(*signal))
        };
        let caught: Vec<i32> = KINDS.into_iter().filter(is_caught).collect();
        Ok(Signals { fd: sys::catch(&caught)?, hangup })
    }

    /// The wishes that have come.
    pub fn read(&self) -> io::Result<Wishes> {
        const HANGUP: u32 = libc::SIGHUP as u32;
        const SUMMARY: u32 = libc::SIGUSR1 as u32;
        let mut wishes = Wishes::default();
        // Not until none is left: a sender can be as fast as we are.
        for _ in KINDS {
            match self.fd.read()? {
                Some(HANGUP) if self.hangup == Hangup::TryAgain => wishes.try_again = true,
                Some(SUMMARY) => wishes.summary = true,
                Some(_) => wishes.end = true,
                None => break,
            }
        }
        Ok(wishes)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(hangup: Hangup, raised: &[i32]) -> Wishes {
        let signals = Signals::catch(hangup).unwrap();
        assert_eq!(signals.read().unwrap(), Wishes::default());
        raised.iter().for_each(|signal| sys::raise(*signal));
        let wishes = signals.read().unwrap();
        assert_eq!(signals.read().unwrap(), Wishes::default());
        wishes
    }

    #[test]
    fn what_comes_before_they_are_caught_waits_for_that() {
        hold();
        sys::raise(libc::SIGUSR1);
        sys::raise(libc::SIGHUP);
        let wishes = Signals::catch(Hangup::TryAgain).unwrap().read().unwrap();
        assert_eq!(wishes, Wishes { try_again: true, summary: true, end: false });
    }

    #[test]
    fn a_hangup_asks_for_a_look_unless_it_is_the_end() {
        let (none, again) = (Wishes::default(), Hangup::TryAgain);
        assert_eq!(wishes(again, &[libc::SIGHUP]), Wishes { try_again: true, ..none });
        let all = [libc::SIGHUP, libc::SIGTERM, libc::SIGUSR1];
        assert_eq!(wishes(again, &all), Wishes { try_again: true, summary: true, end: true });
        assert_eq!(wishes(Hangup::End, &[libc::SIGUSR1]), Wishes { summary: true, ..none });
        // nohup(1) may have run the tests.
        let end = !sys::is_ignored(libc::SIGHUP);
        assert_eq!(wishes(Hangup::End, &[libc::SIGHUP]), Wishes { end, ..none });
    }
}
