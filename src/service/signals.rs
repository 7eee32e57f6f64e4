// SPDX-License-Identifier: LGPL-2.1-or-later
//! Signals, and what they ask of a program that goes on until one ends it.

use crate::sys::{self, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// Number of kinds of signals that are read; one of each can wait.
const KINDS: usize = 3;

/// The wish that a signal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A change may have happened of which no news comes.
    TryAgain,
    /// The program is to end.
    End,
}

/// The signals of the process.
#[derive(Debug)]
pub(crate) struct Signals {
    fd: SignalFd,
    hangup: Wish,
}

impl Signals {
    /// Catches the signals that end a program, unless who started it wants one ignored, and SIGHUP
    /// for this wish. To be called before any other thread exists: it inherits what is blocked.
    ///
    /// A program that only looks again is none that nohup(1) has to protect: it hears of SIGHUP
    /// also where that is ignored.
    pub fn catch(hangup: Wish) -> io::Result<Signals> {
        let is_caught = |signal: &i32| {
            let ends = *signal != libc::SIGHUP || hangup == Wish::End;
            !(ends && sys::is_ignored(*signal))
        };
        let all = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM];
        let caught: Vec<i32> = all.into_iter().filter(is_caught).collect();
        Ok(Signals { fd: sys::catch(&caught)?, hangup })
    }

    /// The strongest wish that has come.
    pub fn read(&self) -> io::Result<Option<Wish>> {
        let mut wish = None;
        // Not until none is left: a sender can be as fast as we are.
        for _ in 0..KINDS {
            match self.fd.read()? {
                Some(signal) if signal == libc::SIGHUP as u32 && self.hangup != Wish::End => {
                    wish = Some(Wish::TryAgain);
                }
                Some(_) => return Ok(Some(Wish::End)),
                None => break,
            }
        }
        Ok(wish)
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

    fn wish(hangup: Wish, raised: &[i32]) -> Option<Wish> {
        let signals = Signals::catch(hangup).unwrap();
        assert_eq!(signals.read().unwrap(), None);
        raised.iter().for_each(|signal| sys::raise(*signal));
        let wish = signals.read().unwrap();
        assert_eq!(signals.read().unwrap(), None);
        wish
    }

    #[test]
    fn a_hangup_asks_for_a_look_unless_it_is_the_end_and_an_end_comes_first() {
        assert_eq!(wish(Wish::TryAgain, &[libc::SIGHUP]), Some(Wish::TryAgain));
        assert_eq!(wish(Wish::TryAgain, &[libc::SIGHUP, libc::SIGTERM]), Some(Wish::End));
        // nohup(1) may have run the tests.
        let is_heard = !sys::is_ignored(libc::SIGHUP);
        assert_eq!(wish(Wish::End, &[libc::SIGHUP]), is_heard.then_some(Wish::End));
    }
}
