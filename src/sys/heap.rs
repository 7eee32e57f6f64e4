// SPDX-License-Identifier: LGPL-2.1-or-later
//! The cost of allocations.

/// Size in bytes from which on memory is taken from the kernel and given back apart from the heap. A
/// list that grows in the heap leaves holes there as large as itself; what is taken and given back
/// with each repair is smaller.
#[cfg(target_env = "gnu")]
const LARGE: i32 = 12 * 1024;

/// Has all threads allocate from one heap: glibc gives each a heap of its own, which costs four
/// system calls and memory, for threads that allocate next to nothing. What is large lies outside:
/// it costs nothing before it is written, grows without a copy of it being left, and is given back.
///
/// To be called before there is a second thread.
pub fn spare_heap() {
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, LARGE)] {
        // SAFETY: a number is set; where that fails, nothing has changed.
        unsafe {
            libc::mallopt(parameter, value);
        }
    }
}

/// Gives back to the kernel what is free in the heap, also between what is in use.
///
/// For when there is nothing to do: the next that is allocated costs page faults.
pub fn give_back_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: a number; what is in use stays as it is.
    unsafe {
        libc::malloc_trim(0);
    }
}
