// SPDX-License-Identifier: LGPL-2.1-or-later
//! A counter that wakes a poll loop.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A wake-up call between threads: readable in poll(2) from the first notice until it is drained.
#[derive(Debug)]
pub struct EventFd(OwnedFd);

impl EventFd {
    /// Opens a counter with no notice in it.
    pub fn new() -> io::Result<Self> {
        // SAFETY: two integers, no memory of ours.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        // SAFETY: eventfd(2) returns a new descriptor, or -1.
        unsafe { super::check_fd(fd) }.map(Self)
    }

    /// Gives a notice; never waits.
    ///
    /// The only possible failure is EAGAIN, when 2^64-2 notices wait already: then the poll loop
    /// is awake anyway.
    pub fn notify(&self) {
        let _ = super::write(self.0.as_fd(), &1_u64.to_ne_bytes());
    }

    /// Takes all notices and returns how many there were, possibly 0.
    pub fn drain(&self) -> io::Result<u64> {
        let mut count = [0; 8];
        match super::read(self.0.as_fd(), &mut count) {
            Ok(_) => Ok(u64::from_ne_bytes(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll::{self, PollFd};
    use std::time::Duration;

    #[test]
    fn notices_of_other_threads_add_up_and_are_taken_once() {
        let event = EventFd::new().unwrap();
        assert_eq!(event.drain().unwrap(), 0);
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| event.notify());
            }
        });
        let mut fds = [PollFd::new(event.as_fd(), poll::IN)];
        assert_eq!(poll::poll(&mut fds, Some(Duration::ZERO)).unwrap(), 1);
        assert_eq!(event.drain().unwrap(), 3);
        assert_eq!(event.drain().unwrap(), 0);
    }
}
