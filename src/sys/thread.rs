// SPDX-License-Identifier: LGPL-2.1-or-later
//! Threads without what the standard library adds to each.
//!
//! That is a second stack on which a signal handler says that the first one has overflowed, and the
//! bounds by which it knows: eight more system calls for each thread. Without it an overflow ends
//! the process in the same way, by the guard page, and without words.

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

type ThreadWork = Box<dyn FnOnce() + Send>;

/// Starts a thread that nobody waits for, with this name and so much stack. It must not panic: that
/// would end the process.
pub fn start_thread(
    name: &'static CStr,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let work: ThreadWork = Box::new(move || {
        // SAFETY: a name that ends with NUL and is only read. That of a thread is for people only, and
        // too long a one is cut.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
        work();
    });
    let attributes = ThreadAttributes::new(stack_bytes)?;
    let work = Box::into_raw(Box::new(work));
    let mut thread = MaybeUninit::uninit();
    // SAFETY: room for a number, initialised attributes, and a function for the address of a work
    // that is its own from here on.
    let failure = unsafe {
        libc::pthread_create(thread.as_mut_ptr(), &raw const attributes.0, begin, work.cast())
    };
    if failure != 0 {
        // SAFETY: there is no thread that has it.
        drop(unsafe { Box::from_raw(work) });
    }
    succeeded(failure)
}

/// The first function of a thread: does the work that is given to it.
extern "C" fn begin(work: *mut c_void) -> *mut c_void {
    // SAFETY: `start_thread` gives the address of such a work, to this thread only.
    let work = unsafe { Box::from_raw(work.cast::<ThreadWork>()) };
    work();
    ptr::null_mut()
}

/// Attributes of a thread that nobody waits for.
struct ThreadAttributes(libc::pthread_attr_t);

impl ThreadAttributes {
    fn new(stack_bytes: usize) -> io::Result<ThreadAttributes> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: room for attributes, which are written.
        succeeded(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: written, since the call has succeeded.
        let mut attributes = ThreadAttributes(unsafe { attributes.assume_init() });
        let raw = &raw mut attributes.0;
        // SAFETY: initialised attributes, and a number.
        succeeded(unsafe { libc::pthread_attr_setstacksize(raw, stack_bytes) })?;
        // SAFETY: initialised attributes, and a number.
        succeeded(unsafe {
            libc::pthread_attr_setdetachstate(raw, libc::PTHREAD_CREATE_DETACHED)
        })?;
        Ok(attributes)
    }
}

impl Drop for ThreadAttributes {
    fn drop(&mut self) {
        // SAFETY: initialised attributes, which nobody uses any more.
        unsafe { libc::pthread_attr_destroy(&raw mut self.0) };
    }
}

/// Turns the error number that functions of POSIX threads return into an error.
fn succeeded(failure: c_int) -> io::Result<()> {
    if failure == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(failure)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, mpsc};

    #[test]
    fn a_thread_has_its_name_and_does_its_work_in_parallel() {
        let (tell, told) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let work = move || {
            let _ = wait.recv();
            let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
            tell.send(name).unwrap();
        };
        start_thread(c"tested", 256 * 1024, work).unwrap();
        go.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), "tested\n");
    }

    #[test]
    fn what_could_not_be_started_is_dropped() {
        let given = Arc::new(());
        let inner = Arc::clone(&given);
        assert!(start_thread(c"tested", usize::MAX / 2, move || drop(inner)).is_err());
        assert_eq!(Arc::strong_count(&given), 1);
    }
}
