// SPDX-License-Identifier: LGPL-2.1-or-later
//! Signals as something to read, and what children inherit of them.

use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr;

use super::check;

/// Signals that are read from a descriptor instead of interrupting.
#[derive(Debug)]
pub struct SignalFd(OwnedFd);

impl SignalFd {
    /// Blocks `signals` in this thread, and in every thread it starts later, and opens a
    /// descriptor to read them from.
    ///
    /// They stay blocked when the descriptor is closed. Make it before other threads exist: a
    /// signal to the process goes to any thread that does not block it.
    pub fn new(signals: &[i32]) -> io::Result<Self> {
        hold_signals(signals)?;
        let set = signal_set(signals)?;
        // SAFETY: `set` is initialised and only read.
        let fd = unsafe { libc::signalfd(-1, &set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC) };
        // SAFETY: signalfd(2) for descriptor -1 returns a new one, or -1.
        unsafe { super::check_fd(fd) }.map(Self)
    }

    /// The number of the next signal that waits, if one does.
    pub fn read(&self) -> io::Result<Option<u32>> {
        const SIZE: usize = size_of::<libc::signalfd_siginfo>();
        let mut info = [0; SIZE];
        match super::read(self.0.as_fd(), &mut info) {
            Ok(SIZE) => {
                let at = mem::offset_of!(libc::signalfd_siginfo, ssi_signo);
                let number = info[at..at + 4].try_into().expect("four bytes");
                Ok(Some(u32::from_ne_bytes(number)))
            }
            Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Has these signals wait, for this thread and every thread it starts later.
pub fn hold_signals(signals: &[i32]) -> io::Result<()> {
    set_mask(libc::SIG_BLOCK, &signal_set(signals)?)
}

/// Makes these signals readable, and others harmless to a daemon: those for a file that has reached
/// its limit, and for a terminal that only its foreground may write to. See [`SignalFd::new`].
///
/// A signal that is ignored is read as well: one that is blocked waits whatever is to be done about
/// it (kernel/signal.c: sig_ignored).
pub fn catch(signals: &[i32]) -> io::Result<SignalFd> {
    ignore_signal(libc::SIGXFSZ);
    // Ignored, it would take the exit codes of our children away.
    default_signal(libc::SIGCHLD);
    // Blocked, it stops nobody, and what was to be written is.
    hold_signals(&[libc::SIGTTOU])?;
    SignalFd::new(signals)
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Ignores a signal: what it would end the process for becomes an error, or nothing.
///
/// Children inherit this, except for those of [`default_signals`].
fn ignore_signal(signal: i32) {
    // SAFETY: SIG_IGN is no function of ours. Fails only for a number that is no signal.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Gives a signal its default meaning, whatever the program that started us made of it.
fn default_signal(signal: i32) {
    // SAFETY: SIG_DFL is no function of ours. Fails only for a number that is no signal.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// True if a signal is ignored, as the program that started us may have arranged.
pub fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is changed, and `action` has room for what is written.
    let asked = check(unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) });
    if asked.is_err() {
        return false;
    }
    // SAFETY: written, since the call has succeeded.
    let action = unsafe { action.assume_init() };
    action.sa_sigaction == libc::SIG_IGN
}

/// Lets a child, which this is, have no signal blocked or ignored.
///
/// Both stay so across exec. Without this a child of a thread that made a [`SignalFd`] could not be
/// ended by SIGTERM. Nor would one end that writes beyond its limit, since [`catch`] ignores SIGXFSZ.
/// Calls only signal, sigemptyset and pthread_sigmask, all async-signal-safe, and allocates nothing,
/// also when it fails (an error from a number).
pub(super) fn default_signals() -> io::Result<()> {
    // SIGKILL, SIGSTOP and those of the C library cannot be ignored, and are refused.
    (1..=libc::SIGRTMAX()).for_each(default_signal);
    set_mask(libc::SIG_SETMASK, &signal_set(&[])?)
}

/// The set of these signals; EINVAL for a number that is none.
fn signal_set(signals: &[i32]) -> io::Result<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises what it is given and cannot fail.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: initialised by sigemptyset.
    let mut set = unsafe { set.assume_init() };
    for &signal in signals {
        // SAFETY: `set` is an initialised set; a bad number is refused.
        check(unsafe { libc::sigaddset(&mut set, signal) })?;
    }
    Ok(set)
}

/// Changes the calling thread's signal mask.
fn set_mask(how: i32, set: &libc::sigset_t) -> io::Result<()> {
    // SAFETY: `set` is only read; the old mask is not asked for.
    match unsafe { libc::pthread_sigmask(how, set, ptr::null_mut()) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Sends a signal to the calling thread, which has blocked it.
#[cfg(test)]
pub fn raise(signal: i32) {
    // SAFETY: blocked, it only waits to be read.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}

/// Sends a signal to another thread of this process, which has blocked it; false if there is no such
/// thread any more.
#[cfg(test)]
pub fn raise_in(thread: i32, signal: i32) -> bool {
    let process = std::process::id();
    // SAFETY: takes numbers only; blocked there, the signal only waits to be read.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of /proc/PID/status of a child that is a mere `grep`.
    fn child_status(field: &str) -> u64 {
        let line = crate::sys::output_of("grep", &[field, "/proc/self/status"], |_| ());
        u64::from_str_radix(line.split_once(':').unwrap().1.trim(), 16).unwrap()
    }

    #[test]
    fn blocked_signals_are_read_in_order_of_number() {
        let signals = SignalFd::new(&[libc::SIGUSR1, libc::SIGUSR2]).unwrap();
        assert_eq!(signals.read().unwrap(), None);
        raise(libc::SIGUSR2);
        raise(libc::SIGUSR1);
        assert_eq!(signals.read().unwrap(), Some(libc::SIGUSR1 as u32));
        assert_eq!(signals.read().unwrap(), Some(libc::SIGUSR2 as u32));
        assert_eq!(signals.read().unwrap(), None);
    }

    #[test]
    fn one_that_is_ignored_is_read_and_none_stops_who_writes_to_a_terminal() {
        ignore_signal(libc::SIGWINCH);
        let signals = catch(&[libc::SIGWINCH]).unwrap();
        raise(libc::SIGWINCH);
        assert_eq!(signals.read().unwrap(), Some(libc::SIGWINCH as u32));
        assert!(is_ignored(libc::SIGWINCH));
        raise(libc::SIGTTOU);
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        assert_eq!(SignalFd::new(&[4096]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
    }

    #[test]
    fn no_signal_is_blocked_in_a_child() {
        let _signals = SignalFd::new(&[libc::SIGUSR1]).unwrap();
        assert_eq!(child_status("SigBlk"), 0);
    }

    #[test]
    fn no_signal_is_ignored_in_a_child() {
        ignore_signal(libc::SIGPIPE);
        ignore_signal(libc::SIGXFSZ);
        ignore_signal(libc::SIGRTMAX());
        assert!(is_ignored(libc::SIGPIPE) && is_ignored(libc::SIGRTMAX()));
        // The two that the C library keeps to itself are nobody's to change.
        let library = 0b11 << 31;
        assert_eq!(child_status("SigIgn") & !library, 0);
    }
}
