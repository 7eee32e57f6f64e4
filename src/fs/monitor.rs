// SPDX-License-Identifier: LGPL-2.1-or-later
//! The health monitor file.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::thread;
use std::time::Duration;

use crate::sys::poll::{self, PollFd};
use crate::sys::{self, xfs};

/// An open health monitor; it does not pin the mount. A filesystem has at most one.
#[derive(Debug)]
pub struct Monitor(OwnedFd);

/// The result of a read from the monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Number of bytes that were read; the last record may be cut and go on with the next read.
    Bytes(usize),
    /// The monitor has nothing for now.
    Empty,
    /// The monitor has something, but it could not be had: somebody else holds the lock for reads.
    Contended,
    /// The filesystem is gone and everything was read.
    End,
}

/// The kernel's counters since the monitor was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelCounters {
    /// True if the filesystem is gone.
    pub is_dead: bool,
    /// Records that were queued to be read; events merged into one count once.
    pub events: u64,
    /// Events that did not fit into the queue, also those that no LOST event has told yet.
    pub lost: u64,
}

/// Number of attempts to have the monitor while it is somebody else's, and time between two. Nothing but
/// opening one tells whether there is one (fs/xfs/xfs_healthmon.c: xfs_ioc_health_monitor), so whoever
/// only asks, as `--supported` does, has it for a moment.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

/// Opens what is somebody else's for longer than a moment, or else gives EEXIST.
fn open_after_others<T>(mut open: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..TRIES {
        match open() {
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => thread::sleep(BETWEEN),
            opened => return opened,
        }
    }
    open()
}

impl Monitor {
    /// Opens the monitor of the filesystem with the root directory `root`. If another one is open, that
    /// takes a tenth of a second: for a worker.
    ///
    /// Errors as of [`xfs::health_monitor`].
    pub fn open(root: BorrowedFd<'_>, verbose: bool) -> io::Result<Self> {
        let fd = open_after_others(|| xfs::health_monitor(root, verbose))?;
        sys::set_nonblocking(fd.as_fd())?;
        Ok(Self(fd))
    }

    /// A monitor of which somebody else is the kernel: for tests.
    #[cfg(test)]
    pub fn of(fd: OwnedFd) -> io::Result<Monitor> {
        sys::set_nonblocking(fd.as_fd())?;
        Ok(Monitor(fd))
    }

    /// Reads what has come into `buf`, which must not be empty; with `asks_first`, for where hardly
    /// anything has come, only if poll(2) says that something has.
    ///
    /// The size of the first read's buffer is what the kernel will ever hand out at once, within
    /// 4 to 64 KiB.
    ///
    /// fs/xfs/xfs_healthmon.c answers EAGAIN also where events are queued and it does not get the
    /// lock of the inode. That is the one of all anonymous files of the system: anybody holds it
    /// for a moment who reads another monitor, or calls fchmod(2) on an eventfd. Only poll(2)
    /// tells.
    pub fn read(&self, buf: &mut [u8], asks_first: bool) -> io::Result<Read> {
        debug_assert!(!buf.is_empty(), "would look like the end");
        if asks_first && !self.has_news()? {
            return Ok(Read::Empty);
        }
        let mut is_asked = asks_first;
        loop {
            match sys::read(self.as_fd(), buf) {
                Ok(0) => return Ok(Read::End),
                Ok(n) => return Ok(Read::Bytes(n)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // What had not been asked before may have come just now.
                    match (self.has_news()?, std::mem::replace(&mut is_asked, true)) {
                        (false, _) => return Ok(Read::Empty),
                        (true, true) => return Ok(Read::Contended),
                        (true, false) => continue,
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
        }
    }

    /// True if something is queued, or the filesystem is gone.
    fn has_news(&self) -> io::Result<bool> {
        poll::poll(&mut [PollFd::new(self.as_fd(), poll::IN)], Some(Duration::ZERO)).map(|n| n > 0)
    }

    /// Reads the kernel's counters, from /proc.
    pub fn totals(&self) -> io::Result<KernelCounters> {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", self.0.as_raw_fd()))?;
        parse_totals(&info).ok_or_else(|| ErrorKind::InvalidData.into())
    }

    /// Lets another healer open the monitor, now. From here on every read gives the end.
    ///
    /// Explicit because the end of the process is too late while a thread is stuck in the kernel.
    pub fn close(&self) -> io::Result<()> {
        sys::close_in_place(self.as_fd())
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Takes what we know from the lines `name:<tab>value`; `None` if any of it is missing.
pub(crate) fn parse_totals(info: &str) -> Option<KernelCounters> {
    let value = |name: &str| {
        let mut fields = info.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    Some(KernelCounters {
        is_dead: value("state")? == "dead",
        events: value("events")?.parse().ok()?,
        lost: value("lost")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;

    /// The file in /proc/self/fdinfo of a monitor, as Linux 7.2.13 wrote it, with larger counters.
    const ALIVE: &str = "pos:\t0\nflags:\t02004000\nmnt_id:\t18\nino:\t34\n\
        state:\talive\ndev:\t7:0\nformat:\tv0\nevents:\t23709\nlost:\t23124\n";

    #[test]
    fn who_has_the_monitor_for_a_moment_keeps_nobody_out_but_who_keeps_it_does() {
        let refusals = |times: u32, errno: i32| {
            let mut tries = 0;
            let opened = open_after_others(|| {
                tries += 1;
                if tries <= times { Err(io::Error::from_raw_os_error(errno)) } else { Ok(()) }
            });
            (opened.map_err(|error| error.raw_os_error()), tries)
        };
        assert_eq!(refusals(0, libc::EEXIST), (Ok(()), 1));
        assert_eq!(refusals(2, libc::EEXIST), (Ok(()), 3));
        assert_eq!(refusals(99, libc::EEXIST), (Err(Some(libc::EEXIST)), TRIES));
        assert_eq!(refusals(99, libc::EPERM), (Err(Some(libc::EPERM)), 1), "it does not end");
    }

    #[test]
    fn counters_are_read() {
        let alive = KernelCounters { is_dead: false, events: 23_709, lost: 23_124 };
        assert_eq!(parse_totals(ALIVE), Some(alive));
        let dead = ALIVE.replace("alive", "dead");
        assert_eq!(parse_totals(&dead), Some(KernelCounters { is_dead: true, ..alive }));
        let later = format!("new:\tx\n{ALIVE}lost_too:\t7\n");
        assert_eq!(parse_totals(&later), Some(alive));
    }

    #[test]
    fn what_is_missing_or_nonsense_is_no_zero() {
        for name in ["state", "events", "lost"] {
            assert_eq!(parse_totals(&ALIVE.replace(name, "other")), None, "{name}");
        }
        for value in ["", "-1", "12x", "18446744073709551616"] {
            assert_eq!(parse_totals(&ALIVE.replace("23124", value)), None, "{value}");
        }
        assert_eq!(parse_totals(""), None);
        assert_eq!(parse_totals("no colon\n:\n::\n"), None);
    }

    #[test]
    fn reading_tells_empty_from_ended() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let monitor = Monitor(ours.into());
        let mut buf = [0; 8];
        for asks_first in [false, true] {
            assert_eq!(monitor.read(&mut buf, asks_first).unwrap(), Read::Empty);
        }
        theirs.write_all(b"healthy").unwrap();
        assert_eq!(monitor.read(&mut buf, false).unwrap(), Read::Bytes(7));
        // To close it is not enough: a process that another test just starts has it too.
        theirs.shutdown(Shutdown::Write).unwrap();
        assert_eq!(monitor.read(&mut buf, false).unwrap(), Read::End);
        assert_eq!(monitor.totals().unwrap_err().kind(), ErrorKind::InvalidData);
        monitor.close().unwrap();
        assert_eq!(monitor.read(&mut buf, false).unwrap(), Read::End);
    }
}
