// SPDX-License-Identifier: LGPL-2.1-or-later
//! Processes and threads.

use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::check;
use super::poll::{self, PollFd};
use std::time::Duration;

/// A process in a poll loop: readable once it has ended.
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

    /// True once the process has ended.
    pub fn has_ended(&self) -> bool {
        let mut fds = [PollFd::new(self.as_fd(), poll::IN)];
        poll::poll(&mut fds, Some(Duration::ZERO)).is_ok_and(|ready| ready > 0)
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

/// Gives a child, which this is, a session of its own: neither the end of a terminal nor what is
/// typed there concerns it. Allocates nothing.
pub(super) fn new_session() {
    // SAFETY: no arguments, no memory. It fails only for the leader of a group, which a new child is
    // not, and under a filter of system calls; then the child is as it was.
    unsafe { libc::setsid() };
}

/// The user whose rights this process has, and who owns the files that it makes.
pub fn effective_user() -> u32 {
    // SAFETY: takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}

/// The release of the kernel, such as `7.2.12+deb14-amd64`.
pub fn kernel_release() -> io::Result<String> {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: `names` is writable, and the call fills it.
    check(unsafe { libc::uname(names.as_mut_ptr()) })?;
    // SAFETY: all of its fields are arrays of bytes, for which zeros are valid as well.
    let names = unsafe { names.assume_init() };
    let release = names.release.iter().map(|byte| *byte as u8).take_while(|byte| *byte != 0);
    Ok(String::from_utf8_lossy(&release.collect::<Vec<_>>()).into_owned())
}

thread_local! {
    // SAFETY: no arguments, no memory, no failure.
    static THREAD_ID: i32 = unsafe { libc::syscall(libc::SYS_gettid) } as i32;
}

/// The kernel's number of the calling thread, which is asked for once.
pub fn thread_id() -> i32 {
    THREAD_ID.with(|id| *id)
}

/// True if the thread `tid` of this process still exists.
///
/// A thread that a kernel crash killed inside a system call runs no destructor and is never
/// joined: this tells. The number of a thread that ended can be given to a new one.
pub fn thread_is_alive(tid: i32) -> bool {
    let process = std::process::id() as libc::pid_t;
    // SAFETY: signal 0 is never delivered, the call only checks that the thread is there.
    let sent = check(unsafe { libc::syscall(libc::SYS_tgkill, process, tid, 0) });
    !matches!(sent, Err(error) if error.raw_os_error() == Some(libc::ESRCH))
}

/// Ends the calling thread as a crash in the kernel would: no destructor runs, and nobody is told.
#[cfg(test)]
pub fn exit_thread() {
    // SAFETY: one integer. Nothing of the thread runs any more, and its stack stays as it is.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

/// True if somebody filters the system calls that this thread may make.
pub fn is_filtered() -> bool {
    // SAFETY: an integer, no memory of ours.
    let mode = unsafe { libc::prctl(libc::PR_GET_SECCOMP) };
    mode != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    #[test]
    fn the_release_of_the_kernel_is_that_of_proc() {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        assert_eq!(kernel_release().unwrap(), release.trim_end());
    }

    #[test]
    fn the_end_of_a_child_can_be_polled() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = PidFd::open(child.id()).unwrap();
        let mut fds = [PollFd::new(pid.as_fd(), poll::IN)];
        assert_eq!(poll::poll(&mut fds, Some(Duration::ZERO)).unwrap(), 0);
        assert!(!pid.has_ended());
        pid.terminate().unwrap();
        assert_eq!(poll::poll(&mut fds, Some(Duration::from_secs(60))).unwrap(), 1);
        assert!(pid.has_ended());
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
}
