// SPDX-License-Identifier: LGPL-2.1-or-later
//! Things that a child is given, kept from it, or ended with.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

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

/// Leaves a child, which this is, no descriptor but the three standard streams and this one, which is
/// none of them, whoever has left one open for it. Allocates nothing.
pub(super) fn close_others(kept: RawFd) {
    close_range(libc::STDERR_FILENO + 1, kept - 1);
    close_range(kept + 1, RawFd::MAX);
}

/// Closes descriptors from the first to the last; nothing where the last is before the first.
fn close_range(first: RawFd, last: RawFd) {
    // SAFETY: three integers. In a child nothing uses them any more.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    // Under a filter that does not let it: all of ours are marked to be closed with exec, and the lowest
    // are those that matter.
    if closed < 0 {
        for fd in first..=last.min(LAST_BY_HAND) {
            // SAFETY: an integer. As above.
            unsafe { libc::close(fd) };
        }
    }
}

/// The last descriptor that is closed one by one.
const LAST_BY_HAND: RawFd = 1024;

/// Lets a child, which this is, make files that all may read and only their owner may write: umask(2).
pub(super) fn default_umask() {
    // SAFETY: an integer; it cannot fail.
    unsafe { libc::umask(0o022) };
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
    use super::*;
    use std::io::Read;

    #[test]
    fn a_pipe_has_what_was_written_however_long() {
        let mut text = Vec::new();
        filled_pipe(&[b'x'; 200_000]).unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text, [b'x'; 200_000]);
    }

    #[test]
    fn a_group_is_killed_with_all_that_is_in_it() {
        for nobody in [0, 1, u32::MAX] {
            assert_eq!(kill_group(nobody).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        let (mut from, to) = pipe().unwrap();
        let mut program = super::super::Launch::new("sh");
        program.args(["-c", "sleep 600 & sleep 600"]).stdout(to);
        let mut child = program.spawn().unwrap();
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
