// SPDX-License-Identifier: LGPL-2.1-or-later
//! Safe wrappers of the system calls that the standard library does not have.
//!
//! This is the only place with `unsafe` besides the C interface. A wrapper makes one call, borrows
//! the descriptors it is given and decides nothing: errors are the kernel's, EINTR included unless
//! its documentation says otherwise.
#![allow(unsafe_code)]

mod calendar;
mod capability;
mod child;
mod children;
mod directory;
mod errno;
mod eventfd;
pub mod fanotify;
pub mod file_handle;
pub mod fserror;
mod heap;
pub mod identity;
mod launch;
mod limits;
pub mod mount;
pub mod poll;
mod process;
mod signal;
mod stack;
mod thread;
mod walk;
pub mod xattr;
pub mod xfs;

use std::ffi::{CStr, CString, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use calendar::{Utc, utc};
pub use capability::{
    Capabilities, bound_capabilities, is_plain_root, keep_capabilities, no_core_dumps,
    no_new_privileges, with_capabilities,
};
pub use child::Child;
#[cfg(test)]
pub use children::adopt_orphans;
pub use children::{filled_pipe, kill_group, pipe, reap_in_group};
pub use directory::{DirectoryEntry, entry_in, read_directory};
pub use errno::errno_text;
pub use eventfd::EventFd;
pub use heap::{give_back_heap, spare_heap, untouched};
#[cfg(test)]
pub use launch::output_of;
pub use launch::{Launch, null_device};
pub use limits::{descriptor_limit, raise_descriptor_limit};
pub use mount::DeviceNumber;
#[cfg(test)]
pub use process::exit_thread;
pub use process::{PidFd, effective_user, is_filtered, kernel_release, thread_id, thread_is_alive};
pub use signal::{SignalFd, catch, hold_signals, is_ignored};
#[cfg(test)]
pub use signal::{raise, raise_in};
pub use stack::give_back_stack;
pub use thread::start_thread;
pub use walk::{Walker, open_elsewhere, open_known};

/// Turns the -1 of a failed call into the error that it left in `errno`.
pub fn check<T: PartialEq + From<i8>>(ret: T) -> io::Result<T> {
    if ret == T::from(-1) { Err(io::Error::last_os_error()) } else { Ok(ret) }
}

/// Takes over the descriptor that a call returned, or its error.
///
/// EBADF: a number that cannot be a new one's, because the standard streams are always open.
///
/// # Safety
/// Unless it is -1, `ret` is a descriptor that was opened just now and that nobody else owns.
unsafe fn check_fd(ret: c_int) -> io::Result<OwnedFd> {
    let fd: RawFd = check(ret)?;
    if fd <= libc::STDERR_FILENO {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the caller vouches that it is open and ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Reads into `buf`; 0 is the end of the file.
pub fn read(fd: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
    // SAFETY: `buf` is writable for its length, and the kernel writes no more than that.
    let n = check(unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) })?;
    Ok(n.unsigned_abs())
}

/// Writes from `buf` and returns how many bytes were taken.
pub fn write(fd: BorrowedFd<'_>, buf: &[u8]) -> io::Result<usize> {
    // SAFETY: `buf` is readable for its length.
    let n = check(unsafe { libc::write(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len()) })?;
    Ok(n.unsigned_abs())
}

/// Opens the directory `dir` once more, to be used in full: `dir` may be an O_PATH descriptor.
///
/// No path is walked, so this leads to the same mount whatever was mounted over it.
pub fn reopen_dir(dir: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC | libc::O_NOCTTY;
    // SAFETY: the path ends with NUL.
    let fd = unsafe { libc::openat(dir.as_raw_fd(), c".".as_ptr(), flags) };
    // SAFETY: openat(2) returns a new descriptor, or -1.
    unsafe { check_fd(fd) }
}

/// Opens the directory `name` in `dir`, unless it is a symbolic link or something else is mounted
/// there.
pub fn open_dir_in(dir: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    // SAFETY: a structure of integers, for which zero is "nothing wanted".
    let mut how: libc::open_how = unsafe { MaybeUninit::zeroed().assume_init() };
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
    how.flags = flags.unsigned_abs().into();
    how.resolve = libc::RESOLVE_NO_XDEV | libc::RESOLVE_NO_SYMLINKS;
    let (dir, size) = (dir.as_raw_fd(), size_of::<libc::open_how>());
    // SAFETY: a path that ends with NUL, and a structure of that size, both only read.
    let fd = unsafe { libc::syscall(libc::SYS_openat2, dir, name.as_ptr(), &raw const how, size) };
    // SAFETY: openat2(2) returns a new descriptor, which fits an int, or -1.
    unsafe { check_fd(fd as c_int) }
}

/// Opens what is called `name` in `dir` as a mere place, be it a symbolic link.
pub fn open_place_in(dir: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: an open descriptor, and a path that ends with NUL.
    let fd = unsafe { libc::openat(dir.as_raw_fd(), name.as_ptr(), flags) };
    // SAFETY: openat(2) returns a new descriptor, or -1.
    unsafe { check_fd(fd) }
}

/// Locks an open file for as long as it is open; false if somebody else has.
pub fn lock_file(fd: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: takes an open descriptor and no memory.
    match check(unsafe { libc::flock(fd.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        locked => locked.map(|_| true),
    }
}

/// Makes reads and writes of this open file fail with EAGAIN instead of waiting.
///
/// The mode belongs to the open file, not to the descriptor: whoever shares it is affected too.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: F_GETFL takes no argument and touches no memory of ours.
    let flags = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    // SAFETY: F_SETFL takes an int and touches no memory of ours.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
    Ok(())
}

/// True if what is at `path` lies on an XFS; opens nothing.
pub fn is_on_xfs(path: &Path) -> io::Result<bool> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: a string that ends with NUL, and room for the one structure that is written.
    statfs_is_xfs(|info| unsafe { libc::statfs(path.as_ptr(), info) })
}

/// True if an open file is on an XFS: the kernel says so, and no filesystem can speak for itself
/// (FUSE has a number of its own, whatever its server says: fs/fuse/inode.c).
pub fn is_xfs(fd: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: an open descriptor, and room for the one structure that is written.
    statfs_is_xfs(|info| unsafe { libc::fstatfs(fd.as_raw_fd(), info) })
}

fn statfs_is_xfs(call: impl FnOnce(*mut libc::statfs) -> c_int) -> io::Result<bool> {
    // linux/magic.h, which libc does not mirror for every target.
    const XFS_SUPER_MAGIC: u64 = 0x5846_5342;
    let mut info = MaybeUninit::<libc::statfs>::uninit();
    check(call(info.as_mut_ptr()))?;
    // SAFETY: written, since the call has succeeded.
    let info = unsafe { info.assume_init() };
    Ok(info.f_type as u64 & 0xffff_ffff == XFS_SUPER_MAGIC)
}

/// The number of inodes that the filesystem of an open file says to be in use.
#[allow(clippy::unnecessary_cast, reason = "narrower on 32-bit machines")]
pub fn inodes_in_use(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let info = statvfs(fd)?;
    Ok(info.f_files.saturating_sub(info.f_ffree) as u64)
}

/// True if nothing can be written through the mount that an open file was reached through.
pub fn is_read_only(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(statvfs(fd)?.f_flag & libc::ST_RDONLY != 0)
}

fn statvfs(fd: BorrowedFd<'_>) -> io::Result<libc::statvfs> {
    let mut info = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: an open descriptor, and room for the one structure that is written.
    check(unsafe { libc::fstatvfs(fd.as_raw_fd(), info.as_mut_ptr()) })?;
    // SAFETY: written, since the call has succeeded.
    Ok(unsafe { info.assume_init() })
}

/// Closes the open file behind a descriptor and puts /dev/null in its place.
///
/// For a descriptor that other threads may still be using: its number stays valid, so that none of
/// them can hit a file that is opened later.
pub fn close_in_place(fd: BorrowedFd<'_>) -> io::Result<()> {
    let null = std::fs::File::open("/dev/null")?;
    // SAFETY: two open descriptors, no memory; the borrowed number stays an open descriptor.
    check(unsafe { libc::dup3(null.as_raw_fd(), fd.as_raw_fd(), libc::O_CLOEXEC) })?;
    Ok(())
}

/// Nanoseconds of the monotonic clock, which stands still while the machine sleeps.
pub fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a writable timespec. The call cannot fail: the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    // Both are positive, and narrower on 32-bit machines.
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn check_reads_errno_only_after_a_failure() {
        assert_eq!(check(3_i32).unwrap(), 3);
        assert_eq!(check(0_isize).unwrap(), 0);
        // SAFETY: closing a descriptor that cannot exist changes nothing.
        let error = check(unsafe { libc::close(-1) }).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn a_nonblocking_socket_is_empty_then_filled_then_ended() {
        let (reader, writer) = UnixStream::pair().unwrap();
        set_nonblocking(reader.as_fd()).unwrap();
        let mut buf = [0; 8];
        assert_eq!(read(reader.as_fd(), &mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(write(writer.as_fd(), b"healed").unwrap(), 6);
        assert_eq!(read(reader.as_fd(), &mut buf).unwrap(), 6);
        assert_eq!(&buf[..6], b"healed");
        drop(writer);
        assert_eq!(read(reader.as_fd(), &mut buf).unwrap(), 0);
    }

    #[test]
    fn the_standard_streams_are_nobodys_new_descriptor() {
        for number in 0..=2 {
            // SAFETY: they are refused, which is what is tested.
            let error = unsafe { check_fd(number) }.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EBADF));
        }
    }

    #[test]
    fn the_clock_goes_forward() {
        let before = monotonic_ns();
        assert!(before > 0);
        assert!(monotonic_ns() >= before);
    }
}
