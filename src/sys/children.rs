// SPDX-License-Identifier: LGPL-2.1-or-later
//! Things that a child is given, kept from it, or ended with.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{check, set_nonblocking};

/// A pipe that these bytes are in, and its end; the end to read from.
///
/// Nobody is stopped by a reader that does not read, however many there are. A file in memory would
/// do as well, but filters of system calls keep it away: with it they are got around.
pub fn filled_pipe(bytes: &[u8]) -> io::Result<File> {
    let (from, to) = pipe()?;
    if bytes.len() > PIPE_BYTES {
        let room = libc::c_int::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: an open descriptor and integers.
        check(unsafe { libc::fcntl(to.as_raw_fd(), libc::F_SETPIPE_SZ, room) })?;
    }
    set_nonblocking(to.as_fd())?;
    File::from(to).write_all(bytes)?;
    Ok(from)
}

/// Bytes that a new pipe has room for: pipe(7).
const PIPE_BYTES: usize = 65536;

/// A pipe: the end to read from, and the end to write to.
pub fn pipe() -> io::Result<(File, OwnedFd)> {
    let mut fds: [RawFd; 2] = [-1; 2];
    // SAFETY: room for the two descriptors that are written.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    // SAFETY: pipe2(2) has succeeded: both are new and nobody else's.
    let [from, to] = fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    Ok((from.into(), to))
}

/// Lets the child of `command` inherit no descriptor but the three standard streams, whoever has
/// left one open for it.
pub fn close_others_in_child(command: &mut Command) -> &mut Command {
    let close = || {
        let (first, last) = (libc::STDERR_FILENO + 1, libc::c_uint::MAX);
        // SAFETY: three integers. It only marks them, and so is nothing to the pipe by which the
        // parent is told that the program could not be run.
        unsafe { libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_CLOEXEC) };
        // Under a filter that does not let it: all of ours are marked already.
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(close) }
}

/// Lets the child of `command` make files that all may read and only their owner may write: umask(2).
pub fn default_umask_in_child(command: &mut Command) -> &mut Command {
    let set = || {
        // SAFETY: an integer; it cannot fail.
        unsafe { libc::umask(0o022) };
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(set) }
}

/// Kills every process of a process group, whose leader has this number and has not been waited
/// for.
pub fn kill_group(leader: u32) -> io::Result<()> {
    let group = libc::pid_t::try_from(leader).ok().filter(|leader| *leader > 1);
    let group = group.ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: two integers. Zero and one, which mean others, are refused.
    check(unsafe { libc::kill(-group, libc::SIGKILL) }).map(drop)
}

/// Takes the end of one process of this group that we have become the parent of, as the first
/// process of a container becomes that of all that lose theirs; `None` if there is no such process,
/// false if none has ended yet.
pub fn reap_in_group(leader: u32) -> Option<bool> {
    let group = libc::pid_t::try_from(leader).ok().filter(|leader| *leader > 1)?;
    // SAFETY: two integers, and null for a status that is not wanted.
    let reaped = unsafe { libc::waitpid(-group, std::ptr::null_mut(), libc::WNOHANG) };
    (reaped >= 0).then_some(reaped > 0)
}

/// Makes this process the parent of what its children leave behind, or not any more.
#[cfg(test)]
pub fn adopt_orphans(is_parent: bool) {
    // SAFETY: integers.
    let done = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, libc::c_ulong::from(is_parent)) };
    assert_eq!(done, 0);
}

#[cfg(test)]
mod tests {
    use super::super::{check_fd, new_session_in_child};
    use super::*;
    use std::io::Read;
    use std::process::Stdio;

    #[test]
    fn a_child_reads_what_was_written_for_it_and_has_no_other_descriptor() {
        let null = File::open("/dev/null").unwrap();
        // A number that the child has for nothing else.
        // SAFETY: an open descriptor and integers.
        let ours = unsafe { libc::fcntl(null.as_raw_fd(), libc::F_DUPFD, 200) };
        // SAFETY: new, or -1.
        let ours = unsafe { check_fd(ours) }.unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "cat; echo /proc/self/fd/*"]);
        command.stdin(filled_pipe(&[b'x'; 200_000]).unwrap());
        let inherited = |command: &mut Command| {
            let output = command.output().unwrap().stdout;
            let fds = String::from_utf8(output).unwrap().trim_start_matches('x').to_owned();
            fds.split(' ').any(|fd| fd.trim().ends_with(&format!("/{}", ours.as_raw_fd())))
        };
        assert!(inherited(&mut command));
        command.stdin(filled_pipe(b"").unwrap());
        assert!(!inherited(close_others_in_child(&mut command)));
    }

    #[test]
    fn a_child_has_a_umask_of_its_own() {
        let umask = |prepare: fn(&mut Command) -> &mut Command| {
            let mut command = Command::new("sh");
            let narrow = || {
                // SAFETY: one system call, which takes an integer.
                unsafe { libc::umask(0o077) };
                Ok(())
            };
            // SAFETY: see `narrow`.
            unsafe { command.pre_exec(narrow) };
            prepare(command.args(["-c", "umask"])).output().unwrap().stdout
        };
        assert_eq!(umask(|command| command), b"0077\n");
        assert_eq!(umask(default_umask_in_child), b"0022\n");
    }

    #[test]
    fn a_group_is_killed_with_all_that_is_in_it() {
        for nobody in [0, 1, u32::MAX] {
            assert_eq!(kill_group(nobody).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        let (mut from, to) = pipe().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & sleep 600"]).stdout(to).stdin(Stdio::null());
        let mut child = new_session_in_child(&mut command).spawn().unwrap();
        drop(command);
        set_nonblocking(from.as_fd()).unwrap();
        let error = from.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        // Before it has a session of its own there is no such group.
        while kill_group(child.id()).is_err() {
            std::thread::yield_now();
        }
        assert!(!child.wait().unwrap().success());
        let mut rest = Vec::new();
        while from.read_to_end(&mut rest).is_err() {
            std::thread::yield_now();
        }
    }
}
