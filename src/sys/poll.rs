// SPDX-License-Identifier: LGPL-2.1-or-later
//! Waiting for several descriptors at once.

use std::ffi::c_int;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use super::check;

/// The descriptor has something to read, or its end was reached.
pub const IN: i16 = libc::POLLIN;
/// The descriptor can be written to.
pub const OUT: i16 = libc::POLLOUT;

/// A descriptor, the events to wait for, and the events that came.
#[repr(transparent)]
pub struct PollFd<'fd> {
    raw: libc::pollfd,
    fd: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> PollFd<'fd> {
    /// Waits for `events`, a union of [`IN`] and [`OUT`]; with 0 still for an error and for the end of
    /// the other side.
    pub fn new(fd: BorrowedFd<'fd>, events: i16) -> Self {
        let raw = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
        Self { raw, fd: PhantomData }
    }

    /// The events that the last [`poll`] found.
    pub fn revents(&self) -> i16 {
        self.raw.revents
    }
}

/// Waits until a descriptor is ready and returns how many are; `None` waits for ever.
///
/// A timeout is rounded up to milliseconds, so that a caller that wakes by it finds it over. EINTR
/// is returned, not retried.
pub fn poll(fds: &mut [PollFd<'_>], timeout: Option<Duration>) -> io::Result<usize> {
    let ms = timeout.map_or(-1, clamp_to_ms);
    // SAFETY: PollFd is repr(transparent) over pollfd, so the slice is `fds.len()` writable
    // pollfds; the kernel writes only `revents`; each borrowed fd outlives the call.
    let n = check(unsafe { libc::poll(fds.as_mut_ptr().cast(), fds.len() as libc::nfds_t, ms) })?;
    Ok(n.unsigned_abs() as usize)
}

/// Whole milliseconds, rounded up, at most what poll(2) can take (24 days).
fn clamp_to_ms(timeout: Duration) -> c_int {
    let ms = timeout.as_nanos().div_ceil(1_000_000);
    c_int::try_from(ms).unwrap_or(c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn timeouts_are_rounded_up_and_clamped() {
        assert_eq!(clamp_to_ms(Duration::ZERO), 0);
        assert_eq!(clamp_to_ms(Duration::from_nanos(1)), 1);
        assert_eq!(clamp_to_ms(Duration::from_micros(2_000)), 2);
        assert_eq!(clamp_to_ms(Duration::from_micros(2_001)), 3);
        assert_eq!(clamp_to_ms(Duration::MAX), c_int::MAX);
    }

    #[test]
    fn only_what_is_ready_is_reported() {
        let (reader, mut writer) = UnixStream::pair().unwrap();
        let (idle, _kept) = UnixStream::pair().unwrap();
        let mut fds = [PollFd::new(idle.as_fd(), IN), PollFd::new(reader.as_fd(), IN)];
        assert_eq!(poll(&mut fds, Some(Duration::ZERO)).unwrap(), 0);

        writer.write_all(b"x").unwrap();
        assert_eq!(poll(&mut fds, None).unwrap(), 1);
        assert_eq!(fds.each_ref().map(PollFd::revents), [0, IN]);

        let mut fds = [PollFd::new(reader.as_fd(), 0)];
        assert_eq!(poll(&mut fds, Some(Duration::ZERO)).unwrap(), 0);

        drop(writer);
        assert_eq!(poll(&mut fds, None).unwrap(), 1);
        assert_eq!(fds[0].revents() & libc::POLLHUP, libc::POLLHUP);
    }
}
