// SPDX-License-Identifier: LGPL-2.1-or-later
//! Processes and threads.

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::check;

/// A child process in a poll loop: readable once it has ended.
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// Opens a descriptor for the process `pid`.
    ///
    /// For a child that has not been waited for the number cannot mean another process.
    pub fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: two integers, no memory of ours.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
        // SAFETY: pidfd_open(2) returns a new descriptor, which fits an int, or -1.
        unsafe { super::check_fd(fd as c_int) }.map(Self)
    }

    /// Sends SIGTERM to the process; ESRCH when it is gone.
    pub fn terminate(&self) -> io::Result<()> {
        let no_info = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: an open descriptor and three numbers; no memory of ours is touched.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.0.as_raw_fd(),
                libc::SIGTERM,
                no_info,
                0,
            )
        };
        check(sent).map(drop)
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The kernel's number of the calling thread.
pub fn thread_id() -> i32 {
    // SAFETY: no arguments, no memory, no failure.
    let id = unsafe { libc::syscall(libc::SYS_gettid) };
    id as i32
}

/// Whether the thread `tid` of this process still exists.
///
/// A thread that a kernel crash killed inside a system call runs no destructor and is never
/// joined: this tells. The number of a thread that ended can be given to a new one.
pub fn thread_is_alive(tid: i32) -> bool {
    let process = std::process::id() as libc::pid_t;
    // SAFETY: signal 0 is never delivered, the call only checks that the thread is there.
    let sent = check(unsafe { libc::syscall(libc::SYS_tgkill, process, tid, 0) });
    !matches!(sent, Err(error) if error.raw_os_error() == Some(libc::ESRCH))
}

/// Lets the calling thread's disk reads wait for everybody else's, where the scheduler supports it.
pub fn set_idle_io_priority() -> io::Result<()> {
    // linux/ioprio.h, which libc does not mirror.
    const WHO_PROCESS: c_int = 1;
    const CLASS_IDLE: c_int = 3;
    const CLASS_SHIFT: c_int = 13;
    let this_thread = 0;
    let priority = CLASS_IDLE << CLASS_SHIFT;
    // SAFETY: three integers, no memory of ours.
    check(unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, this_thread, priority) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll::{self, PollFd};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    #[test]
    fn the_end_of_a_child_can_be_polled() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = PidFd::open(child.id()).unwrap();
        let mut fds = [PollFd::new(pid.as_fd(), poll::IN)];
        assert_eq!(poll::poll(&mut fds, Some(Duration::ZERO)).unwrap(), 0);
        pid.terminate().unwrap();
        assert_eq!(poll::poll(&mut fds, Some(Duration::from_secs(60))).unwrap(), 1);
        let status = child.try_wait().unwrap().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGTERM));
        assert_eq!(pid.terminate().unwrap_err().raw_os_error(), Some(libc::ESRCH));
    }

    #[test]
    fn no_descriptor_for_what_is_no_process() {
        assert_eq!(PidFd::open(u32::MAX).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    }

    #[test]
    fn a_thread_is_alive_until_it_ends() {
        assert!(thread_is_alive(thread_id()));
        let ended = std::thread::spawn(thread_id).join().unwrap();
        // The kernel may wake the joiner just before it forgets the thread.
        for _ in 0..1000 {
            if !thread_is_alive(ended) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("thread {ended} is still there");
    }

    #[test]
    fn anyone_may_become_idle() {
        std::thread::spawn(|| set_idle_io_priority().unwrap()).join().unwrap();
    }
}
