// SPDX-License-Identifier: LGPL-2.1-or-later
//! The cost of allocations.

use std::{ptr, slice};

/// Size in bytes from which on memory is taken from the kernel and given back apart from the heap. A
/// list that grows in the heap leaves holes there as large as itself; what is taken and given back
/// with each repair is smaller.
#[cfg(target_env = "gnu")]
const LARGE: i32 = 16 * 1024;

/// Bytes by which the heap grows beyond what is needed. glibc's own, 128 KiB, would be room for what is
/// large, which it takes apart from the heap only where there is none in there.
#[cfg(target_env = "gnu")]
const BEYOND: i32 = LARGE;

/// Has all threads allocate from one heap: glibc gives each a heap of its own, which costs four
/// system calls and memory, for threads that allocate next to nothing. What is large lies outside:
/// it costs nothing before it is written, grows without a copy of it being left, and is given back.
///
/// To be called before there is a second thread.
pub fn spare_heap() {
    #[cfg(target_env = "gnu")]
    for (parameter, value) in
        [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TOP_PAD, BEYOND)]
    {
        // SAFETY: a number is set; where that fails, nothing has changed.
        unsafe {
            libc::mallopt(parameter, value);
        }
    }
}

/// Zeroed memory for as long as the process lasts, of which no page is there before it is written: what
/// is allocated from a heap that has room is zeroed by writing it.
pub fn untouched(len: usize) -> &'static mut [u8] {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping of no file, where the kernel finds room.
    let at = unsafe { libc::mmap(ptr::null_mut(), len, access, kind, -1, 0) };
    if at == libc::MAP_FAILED {
        return Box::leak(vec![0; len].into_boxed_slice());
    }
    // SAFETY: that many bytes are mapped, zeroed and writable, nobody else has them, and they are never
    // unmapped.
    unsafe { slice::from_raw_parts_mut(at.cast(), len) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untouched_memory_is_zero_and_apart() {
        let (one, other) = (untouched(8192), untouched(8192));
        assert!(one.iter().all(|byte| *byte == 0) && one.len() == 8192);
        one.fill(1);
        assert!(other.iter().all(|byte| *byte == 0));
    }
}
