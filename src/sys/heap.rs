// SPDX-License-Identifier: LGPL-2.1-or-later
//! The cost of allocations.

/// Has all threads allocate from one heap: glibc gives each a heap of its own, which costs four
/// system calls and memory, for threads that allocate next to nothing.
///
/// To be called before there is a second thread.
pub fn share_heap() {
    // SAFETY: a number is set; where that fails, nothing has changed.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
