// SPDX-License-Identifier: LGPL-2.1-or-later
//! Threads that cost little to start.

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

type Work = Box<dyn FnOnce() + Send>;

/// Starts a thread with a stack of this many bytes that nobody waits for; a panic of `work` ends
/// the thread. EAGAIN: no more threads may be started.
///
/// One of the standard library makes nine system calls more, to say in words that its stack has
/// overflowed. Here too that ends the process, by the guard page.
pub fn start_thread(stack_bytes: usize, work: Work) -> io::Result<()> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: room for the one structure that is written.
    check_code(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
    // SAFETY: written, since the call has succeeded.
    let mut attributes = unsafe { attributes.assume_init() };
    let started = start_with(&mut attributes, stack_bytes, work);
    // SAFETY: initialized, and not used any more.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    started
}

fn start_with(
    attributes: &mut libc::pthread_attr_t,
    stack_bytes: usize,
    work: Work,
) -> io::Result<()> {
    // SAFETY: an initialized structure that is ours.
    check_code(unsafe { libc::pthread_attr_setstacksize(attributes, stack_bytes) })?;
    let detached = libc::PTHREAD_CREATE_DETACHED;
    // SAFETY: an initialized structure that is ours.
    check_code(unsafe { libc::pthread_attr_setdetachstate(attributes, detached) })?;
    let mut thread = MaybeUninit::uninit();
    // Twice: what goes through C is a thin pointer.
    let work = Box::into_raw(Box::new(work));
    // SAFETY: room for the number of the thread, initialized attributes, and a function that takes
    // over the work, which is from Box::into_raw and may go to another thread.
    let code = unsafe { libc::pthread_create(thread.as_mut_ptr(), attributes, run, work.cast()) };
    check_code(code).inspect_err(|_| {
        // SAFETY: no thread was started, so that the work is still ours alone.
        drop(unsafe { Box::from_raw(work) });
    })
}

extern "C" fn run(work: *mut c_void) -> *mut c_void {
    // SAFETY: from Box::into_raw in `start_with`, which gives it to this thread alone.
    let work = unsafe { Box::from_raw(work.cast::<Work>()) };
    // The hook for panics has said what there is to say.
    let _ = panic::catch_unwind(AssertUnwindSafe(*work));
    ptr::null_mut()
}

/// Turns the error that a function of pthreads(7) returns into one: errno has none.
fn check_code(code: c_int) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::sync::{Arc, Weak};

    #[test]
    fn a_thread_runs_apart_and_lets_go_of_what_it_was_given() {
        let (tell, told) = mpsc::channel();
        let here = crate::sys::thread_id();
        start_thread(64 << 10, Box::new(move || tell.send(crate::sys::thread_id()).unwrap()))
            .unwrap();
        assert_ne!(told.recv().unwrap(), here);
        assert!(told.recv().is_err(), "the sender went with the thread");
    }

    #[test]
    fn a_panic_ends_the_thread_alone() {
        let (tell, told) = mpsc::channel::<()>();
        // Without a message, and else as every panic.
        let work = move || {
            let _tell = tell;
            panic::resume_unwind(Box::new(()))
        };
        start_thread(64 << 10, Box::new(work)).unwrap();
        assert!(told.recv().is_err());
    }

    #[test]
    fn work_that_no_thread_takes_is_let_go_of() {
        let kept = Arc::new(());
        let weak: Weak<()> = Arc::downgrade(&kept);
        let refused = start_thread(1, Box::new(move || drop(kept)));
        assert_eq!(refused.unwrap_err().raw_os_error(), Some(libc::EINVAL));
        assert!(weak.upgrade().is_none());
    }
}
