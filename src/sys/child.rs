// SPDX-License-Identifier: LGPL-2.1-or-later
//! A child that becomes a program.

use std::ffi::c_int;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use super::poll::{self, PollFd};
use super::{PidFd, check};

/// The knowledge of whether a child has become its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The child has not said yet.
    Unknown,
    /// The child has become its program, or was ended before.
    Begun,
    /// The child could not become its program, with this errno.
    Refused(i32),
}

/// A child that becomes a program, or could not; nothing of it waits unless that is said.
#[derive(Debug)]
pub struct Child {
    id: u32,
    /// Has an errno if the program could not be run, and comes to its end then or when it runs.
    news: File,
    fate: Fate,
    /// The end of the child, once it was waited for.
    status: Option<ExitStatus>,
}

impl Child {
    /// The child of this number, which has the other end of the pipe `news`.
    pub(super) fn new(id: u32, news: File) -> Child {
        Child { id, news, fate: Fate::Unknown, status: None }
    }

    /// Number of the process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Readable once it is known whether the program could be run.
    pub fn news(&self) -> BorrowedFd<'_> {
        self.news.as_fd()
    }

    /// True once the program runs, false as long as it is looked for; the error is why it could not
    /// be run.
    pub fn has_begun(&mut self) -> io::Result<bool> {
        if self.fate == Fate::Unknown {
            let mut errno = [0; size_of::<i32>()];
            match self.news.read(&mut errno) {
                Ok(0) => self.fate = Fate::Begun,
                Ok(_) => self.fate = Fate::Refused(i32::from_ne_bytes(errno)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.fate = Fate::Begun,
            }
        }
        match self.fate {
            Fate::Unknown => Ok(false),
            Fate::Begun => Ok(true),
            Fate::Refused(errno) => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// The same as [`Child::has_begun`], for which this time is waited at most.
    pub fn has_begun_within(&mut self, most: Duration) -> io::Result<bool> {
        if !self.has_begun()? {
            // Interrupted, it has waited less.
            let _ = poll::poll(&mut [PollFd::new(self.news(), poll::IN)], Some(most));
        }
        self.has_begun()
    }

    /// The end of the child; `None` as long as it runs. The error is why the program could not be run,
    /// or ECHILD if somebody else has waited for it.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.wait_by(libc::WNOHANG)
    }

    /// Waits for the end of the child, as long as that takes.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            match self.wait_by(0) {
                Ok(Some(status)) => return Ok(status),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn wait_by(&mut self, flags: c_int) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            let (pid, mut status) = (self.id as libc::pid_t, 0);
            // SAFETY: integers, and room for one.
            let waited = check(unsafe { libc::waitpid(pid, &raw mut status, flags) })?;
            self.status = (waited == pid).then(|| ExitStatus::from_raw(status));
        }
        if self.status.is_some() {
            self.has_begun()?;
        }
        Ok(self.status)
    }

    /// Kills the child, if it was not waited for. It ends once it does not wait in the kernel any
    /// more.
    pub fn kill(&mut self) {
        if self.status.is_none() {
            // SAFETY: two integers. The number is still that of the child, which nobody has waited for.
            unsafe { libc::kill(self.id as libc::pid_t, libc::SIGKILL) };
        }
    }

    /// Asks the child to end. One that has not become its program is killed; so is one that cannot be
    /// asked, for want of a descriptor: it may hold a filesystem.
    pub fn end(&mut self) {
        if self.status.is_some() {
            return;
        }
        let has_begun = matches!(self.has_begun(), Ok(true));
        // It fails only when there is nothing left to end.
        match PidFd::open(self.id) {
            Ok(pidfd) if has_begun => drop(pidfd.terminate()),
            _ => self.kill(),
        }
    }
}
