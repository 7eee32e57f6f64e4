// SPDX-License-Identifier: LGPL-2.1-or-later
//! Paths that may lead to what never answers.
//!
//! Once a server of FUSE has taken a request, nothing but its answer or its end ends who waits for
//! it, not even SIGKILL (fs/fuse/dev.c: request_wait_answer). Nor does a process end, one thread of
//! which waits there. So another process goes first.

use std::ffi::{CStr, CString, c_int};
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::poll::{self, PollFd};
use super::{PidFd, check};

/// Opens what is at `path`, if the kernel knows the way without waiting for anybody.
///
/// EAGAIN: it does not, or not just now. ENOSYS before Linux 5.6, EINVAL before 5.12.
pub fn open_known(path: &Path, flags: c_int) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: a structure of integers, for which zero is "nothing wanted".
    let mut how: libc::open_how = unsafe { MaybeUninit::zeroed().assume_init() };
    how.flags = (flags | libc::O_CLOEXEC).unsigned_abs().into();
    how.resolve = libc::RESOLVE_CACHED;
    let size = size_of::<libc::open_how>();
    // SAFETY: a path that ends with NUL, and a structure of that size, both only read.
    let fd = unsafe {
        libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, path.as_ptr(), &raw const how, size)
    };
    // SAFETY: openat2(2) returns a new descriptor, which fits an int, or -1.
    unsafe { super::check_fd(fd as c_int) }
}

/// A process that opens a path, for whoever would not come back from there. It ends with this one, unless
/// nothing ends it.
#[derive(Debug)]
pub struct Walker {
    path: CString,
    flags: c_int,
    child: libc::pid_t,
    /// Readable at its end; `None` where there was no descriptor for it.
    end: Option<PidFd>,
    has_ended: bool,
    /// True if it was told to end, so that its end does not tell that the way is free.
    is_killed: bool,
}

/// Walkers that were left behind and have not ended: at each path there is one for each thread that has
/// waited for it at most, as the next who goes there waits for that.
static LEFT: Mutex<Vec<Walker>> = Mutex::new(Vec::new());
/// Time for the end of one that is left behind. Mostly it is there at once.
const LAST_TIME: Duration = Duration::from_millis(100);
/// Longest sleep between two questions to a walker that is not heard of.
const NAP: Duration = Duration::from_millis(200);

impl Walker {
    /// Has another process open `path`.
    pub fn begin(path: &Path, flags: c_int) -> io::Result<Walker> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        match Walker::left_at(&path) {
            Some(before) => Ok(before),
            None => Walker::send(path, flags),
        }
    }

    fn send(path: CString, flags: c_int) -> io::Result<Walker> {
        let parent = std::process::id();
        // SAFETY: the child calls one function, which keeps to what a child of a process with threads may
        // do and does not return.
        match check(unsafe { libc::fork() })? {
            0 => walk(&path, flags, parent),
            child => {
                let end = PidFd::open(child.unsigned_abs()).ok();
                Ok(Walker { path, flags, child, end, has_ended: false, is_killed: false })
            }
        }
    }

    /// One that was left at this path; those that have ended meanwhile are forgotten.
    fn left_at(path: &CStr) -> Option<Walker> {
        let mut left = left();
        left.retain_mut(|walker| !walker.has_ended());
        let at = left.iter().position(|walker| *walker.path == *path)?;
        Some(left.swap_remove(at))
    }

    /// Waits for the end of one of these processes for no longer than this.
    pub fn wait_for_any(walkers: &[&Walker], patience: Duration) {
        let ends =
            walkers.iter().map(|walker| Some(PollFd::new(walker.end.as_ref()?.as_fd(), poll::IN)));
        let ends = ends.collect::<Option<Vec<_>>>();
        let is_told = ends.is_some_and(|mut ends| poll::poll(&mut ends, Some(patience)).is_ok());
        if !is_told {
            std::thread::sleep(patience.min(NAP));
        }
    }

    /// True if the process has ended, whatever it has found. Another goes in place of one that was left behind
    /// before and has ended now, unless there can be none.
    pub fn is_over(&mut self) -> bool {
        if !self.has_ended() {
            return false;
        }
        match self.is_killed.then(|| Walker::send(self.path.clone(), self.flags)) {
            Some(Ok(again)) => {
                *self = again;
                false
            }
            Some(Err(_)) | None => true,
        }
    }

    fn has_ended(&mut self) -> bool {
        // An error is that there is no such child.
        self.has_ended = self.has_ended || wait_for(self.child, libc::WNOHANG).unwrap_or(true);
        self.has_ended
    }

    /// Leaves the process behind, which is told to end.
    pub fn leave(mut self) {
        if self.has_ended() {
            return;
        }
        self.is_killed = true;
        // SAFETY: two numbers. The child has not been waited for, as was asked just now, and by nobody else,
        // as it is ours: so its number is no other's.
        unsafe { libc::kill(self.child, libc::SIGKILL) };
        Walker::wait_for_any(&[&self], LAST_TIME);
        if !self.has_ended() {
            left().push(self);
        }
    }
}

fn left() -> MutexGuard<'static, Vec<Walker>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has another process open `path` and waits until that process ends, whatever comes of it. The
/// wait ends with the calling process, and with it the other one, unless nothing ends that.
pub fn open_elsewhere(path: &Path, flags: c_int) -> io::Result<()> {
    let mut walker = Walker::begin(path, flags)?;
    while !walker.is_over() {
        walker.has_ended = wait_for(walker.child, 0)?;
    }
    Ok(())
}

/// Opens the path and ends the process. Allocates nothing, takes no lock and calls only what is
/// async-signal-safe.
fn walk(path: &CStr, flags: c_int, parent: u32) -> ! {
    let end = |code| -> ! {
        // SAFETY: no memory of ours, and nothing that is registered for the end is run.
        unsafe { libc::_exit(code) }
    };
    // SAFETY: two numbers. The thread that waits for us is there as long as its process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: no arguments; cannot fail.
    if unsafe { libc::getppid() }.unsigned_abs() != parent {
        end(1);
    }
    // It may be what is left of us: it is to be found by our name, and not by that of a thread.
    // SAFETY: a string that ends with NUL, only read.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"xfs_healer_walk".as_ptr()) };
    // What we have inherited must not outlive our parent, such as a monitor or the log's pipe.
    // SAFETY: this process is a copy that uses no descriptor of its own any more.
    if unsafe { libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) } != 0 {
        end(1);
    }
    if path.to_bytes().starts_with(b"/") {
        // Nor must we hold the directory that it was started from.
        // SAFETY: a string that ends with NUL, only read.
        unsafe { libc::chdir(c"/".as_ptr()) };
    }
    // SAFETY: a path that ends with NUL. The descriptor goes with the process.
    unsafe { libc::open(path.as_ptr(), flags) };
    end(0)
}

/// Waits for a child; true if it has ended.
fn wait_for(child: libc::pid_t, flags: c_int) -> io::Result<bool> {
    loop {
        // SAFETY: a child of ours that nobody else waits for; its status is not asked for.
        match check(unsafe { libc::waitpid(child, std::ptr::null_mut(), flags) }) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            ended => return ended.map(|ended| ended != 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    const PLACE: c_int = libc::O_PATH | libc::O_DIRECTORY;

    #[test]
    fn what_has_been_found_is_known() {
        let dir = std::env::temp_dir();
        File::open(&dir).unwrap();
        let errno = |path: &Path| open_known(path, PLACE).err().and_then(|e| e.raw_os_error());
        // Somebody else may change mounts just now.
        let is_known = (0..1000).any(|_| errno(&dir).is_none());
        let is_new = matches!(errno(&dir), Some(libc::ENOSYS | libc::EINVAL | libc::EPERM));
        assert!(is_known || is_new);
        let file = std::env::current_exe().unwrap();
        assert!(errno(&file).is_some(), "no directory");
        assert_eq!(
            open_known(Path::new("a\0"), PLACE).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }

    #[test]
    fn another_process_comes_to_an_end_whatever_is_there() {
        for path in ["/", "/nonexist", "/proc/self/fd/0", "/dev/null/x"] {
            open_elsewhere(Path::new(path), PLACE).unwrap();
        }
    }

    #[test]
    fn another_process_holds_nothing_of_ours_while_it_waits() {
        let (mut reader, writer) = super::super::pipe().unwrap();
        let fifo = std::env::temp_dir().join(format!("xfshealer-walk-{}", std::process::id()));
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let walker = scope.spawn(|| {
                tell.send(super::super::thread_id()).unwrap();
                // Opened for reading, a pipe waits for who writes.
                open_elsewhere(&fifo, libc::O_RDONLY)
            });
            let children = format!("/proc/self/task/{}/children", told.recv().unwrap());
            let child = loop {
                let child = std::fs::read_to_string(&children).unwrap();
                if !child.is_empty() {
                    break child;
                }
                std::thread::yield_now();
            };
            let comm = format!("/proc/{}/comm", child.trim());
            while std::fs::read_to_string(&comm).unwrap() != "xfs_healer_walk\n" {
                std::thread::yield_now();
            }
            drop(writer);
            assert_eq!(io::Read::read(&mut reader, &mut [0]).unwrap(), 0);
            assert!(!walker.is_finished());
            File::options().write(true).open(&fifo).unwrap();
            walker.join().unwrap().unwrap();
        });
        std::fs::remove_file(&fifo).unwrap();
    }

    #[test]
    fn who_does_not_come_back_is_left_behind() {
        let fifo = std::env::temp_dir().join(format!("xfshealer-left-{}", std::process::id()));
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let walker = || Walker::begin(&fifo, libc::O_RDONLY).unwrap();
        let mut first = walker();
        Walker::wait_for_any(&[&first], Duration::from_millis(1));
        assert!(!first.is_over());
        let process = format!("/proc/{}", first.child);
        assert!(Path::new(&process).exists());
        first.leave();
        // Another walk sees to it if it was not over in time.
        while Path::new(&process).exists() {
            open_elsewhere(Path::new("/"), PLACE).unwrap();
        }
        // Who cannot be ended is waited for by the next who goes there, and that one's end proves nothing.
        let mut second = walker();
        second.is_killed = true;
        let child = second.child;
        left().push(second);
        let mut third = walker();
        assert_eq!(third.child, child);
        assert!(!left().iter().any(|walker| walker.child == child));
        File::options().write(true).open(&fifo).unwrap();
        while third.child == child {
            assert!(!third.is_over());
            Walker::wait_for_any(&[&third], Duration::from_millis(10));
        }
        File::options().write(true).open(&fifo).unwrap();
        while !third.is_over() {
            Walker::wait_for_any(&[&third], Duration::from_secs(1));
        }
        std::fs::remove_file(&fifo).unwrap();
    }
}
