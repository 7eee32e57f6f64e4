// SPDX-License-Identifier: LGPL-2.1-or-later
//! Threads that are started without what could end the process.

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

type ThreadWork = Box<dyn FnOnce() + Send>;

/// Starts a thread with this name and a stack of this size, for whose end nobody waits.
///
/// The thread has no stack of its own for signals. One of the standard library has, for a message
/// about an overflow, and where there is no memory for it the process is aborted
/// (library/std/src/sys/pal/unix/stack_overflow.rs: get_stack panics where nothing can unwind). It
/// would also cost each thread ten system calls. Without it an overflow ends the process in the same
/// way, by the guard page, and without words.
pub fn start_thread(
    name: &'static CStr,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let work = Box::new(move || {
        // SAFETY: a string that ends with NUL, and is only read.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
        work();
    });
    let attributes = ThreadAttributes::detached(stack_bytes)?;
    let work: ThreadWork = work;
    let argument = Box::into_raw(Box::new(work));
    let mut thread = MaybeUninit::uninit();
    // SAFETY: `attributes` are initialised, `thread` has room for what is written, and `begin` takes
    // over the argument.
    let failed =
        unsafe { libc::pthread_create(thread.as_mut_ptr(), &attributes.0, begin, argument.cast()) };
    if failed != 0 {
        // SAFETY: made by `Box::into_raw` above, and no thread has taken it over.
        drop(unsafe { Box::from_raw(argument) });
    }
    result(failed)
}

/// Does the work that a thread is for.
extern "C" fn begin(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `start_thread` has made it of a box of this type, for this thread alone.
    let work = unsafe { Box::from_raw(argument.cast::<ThreadWork>()) };
    // Nothing may unwind from here.
    let _ = panic::catch_unwind(AssertUnwindSafe(work));
    ptr::null_mut()
}

/// Attributes of a thread.
pub(super) struct ThreadAttributes(libc::pthread_attr_t);

impl ThreadAttributes {
    /// Those of the calling thread.
    pub fn of_caller() -> io::Result<ThreadAttributes> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: takes nothing, and never fails.
        let caller = unsafe { libc::pthread_self() };
        // SAFETY: a thread that exists, and room for what is written.
        result(unsafe { libc::pthread_getattr_np(caller, attributes.as_mut_ptr()) })?;
        // SAFETY: initialised, since the call has succeeded.
        Ok(ThreadAttributes(unsafe { attributes.assume_init() }))
    }

    /// The lowest address of the stack.
    pub fn lowest(&self) -> Option<usize> {
        let (mut lowest, mut bytes) = (ptr::null_mut(), 0);
        // SAFETY: initialised attributes, and room for what is written.
        let failed = unsafe { libc::pthread_attr_getstack(&self.0, &mut lowest, &mut bytes) };
        result(failed).ok().map(|()| lowest.addr())
    }

    fn detached(stack_bytes: usize) -> io::Result<ThreadAttributes> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: room for what is written.
        result(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: initialised, since the call has succeeded.
        let mut attributes = ThreadAttributes(unsafe { attributes.assume_init() });
        let (detached, attribute) = (libc::PTHREAD_CREATE_DETACHED, &mut attributes.0);
        // SAFETY: initialised attributes and an integer.
        result(unsafe { libc::pthread_attr_setdetachstate(attribute, detached) })?;
        // SAFETY: initialised attributes and an integer.
        result(unsafe { libc::pthread_attr_setstacksize(attribute, stack_bytes) })?;
        Ok(attributes)
    }
}

impl Drop for ThreadAttributes {
    fn drop(&mut self) {
        // SAFETY: initialised attributes, which nobody uses any more.
        unsafe { libc::pthread_attr_destroy(&mut self.0) };
    }
}

/// The result of a function of pthreads(7), which gives an errno.
fn result(failed: c_int) -> io::Result<()> {
    if failed == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(failed)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    const STACK_BYTES: usize = 256 * 1024;
    const PATIENCE: Duration = Duration::from_secs(60);

    /// True if the calling thread has a stack of its own for signals.
    fn has_stack_for_signals() -> bool {
        let mut stack = MaybeUninit::<libc::stack_t>::uninit();
        // SAFETY: nothing is changed, and there is room for what is written.
        assert_eq!(unsafe { libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) }, 0);
        // SAFETY: written, since the call has succeeded.
        unsafe { stack.assume_init() }.ss_flags & libc::SS_DISABLE == 0
    }

    #[test]
    fn nothing_is_taken_for_a_thread_whose_lack_would_end_the_process() {
        let (tell, told) = mpsc::channel();
        let work = move || {
            let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            tell.send((has_stack_for_signals(), name)).unwrap();
        };
        start_thread(c"test-thread", STACK_BYTES, work).unwrap();
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), (false, "test-thread\n".to_owned()));
    }

    #[test]
    fn a_thread_that_cannot_be_had_is_an_error_and_its_work_is_dropped() {
        let (tell, told) = mpsc::channel::<()>();
        assert!(start_thread(c"test-thread", usize::MAX - 0xf_ffff, move || drop(tell)).is_err());
        assert!(
            told.recv_timeout(PATIENCE)
                .is_err_and(|why| why == mpsc::RecvTimeoutError::Disconnected)
        );
    }

    #[test]
    fn a_panic_is_the_end_of_the_thread_alone() {
        let (tell, told) = mpsc::channel();
        let work = move || {
            tell.send(()).unwrap();
            panic!("on purpose");
        };
        start_thread(c"test-thread", STACK_BYTES, work).unwrap();
        assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
        assert!(told.recv_timeout(PATIENCE).is_err());
    }
}
