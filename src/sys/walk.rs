// SPDX-License-Identifier: LGPL-2.1-or-later
//! Paths that may lead to what never answers.
//!
//! Once a server of FUSE has taken a request, nothing but its answer or its end ends who waits for
//! it, not even SIGKILL (fs/fuse/dev.c: request_wait_answer). Nor does a process end, one thread of
//! which waits there. So another process goes first.

use std::ffi::{CStr, CString, c_int};
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::check;

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

/// Has another process open `path` and waits until that process ends, whatever comes of it. The
/// wait ends with the calling process, and with it the other one, unless nothing ends that.
pub fn open_elsewhere(path: &Path, flags: c_int) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let parent = std::process::id();
    // SAFETY: the child calls one function, which keeps to what a child of a process with threads may
    // do and does not return.
    match check(unsafe { libc::fork() })? {
        0 => walk(&path, flags, parent),
        child => wait_for(child),
    }
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

fn wait_for(child: libc::pid_t) -> io::Result<()> {
    loop {
        // SAFETY: a child of ours that nobody else waits for; its status is not asked for.
        match check(unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) }) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            ended => return ended.map(drop),
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
}
