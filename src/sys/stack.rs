// SPDX-License-Identifier: LGPL-2.1-or-later
//! The memory of stacks.

use super::thread::ThreadAttributes;
use std::ptr;

/// Bytes of the first thread's stack that are given back at most. With the frames above the caller that
/// is less than the 128 KiB that the kernel maps from the start on (fs/exec.c: setup_arg_pages). Where a
/// limit has made it map less, it puts nothing else so close (mm/mmap.c: stack_guard_gap, 1 MiB).
const FIRST: usize = 64 * 1024;

/// Gives back to the kernel what the stack of the calling thread has below the caller. What was deep
/// once, as a start or a look for damage, would have it for ever: the C library keeps the stacks of
/// threads that have ended for the next ones, and of each 16 KiB as they are.
#[inline(never)]
pub fn give_back_stack() {
    let here = 0_u8;
    // SAFETY: takes nothing, and only tells.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let Some(page) = usize::try_from(page).ok().filter(|page| page.is_power_of_two()) else {
        return;
    };
    // Below this frame, and what the calls themselves may use.
    let here = (&raw const here).addr() & !(page - 1);
    let Some(end) = here.checked_sub(page) else { return };
    let Some(begin) = lowest(end) else { return };
    let begin = begin.next_multiple_of(page);
    let Some(bytes) = end.checked_sub(begin) else { return };
    // SAFETY: what lies below the part of a stack that is in use is nobody's, and of the first thread's
    // no more is taken than is its stack or is mapped by nobody (see FIRST).
    unsafe {
        libc::madvise(ptr::without_provenance_mut(begin), bytes, libc::MADV_DONTNEED);
    }
}

/// The lowest address of what is to be given back of the calling thread's stack, which goes on
/// upwards to `end`.
fn lowest(end: usize) -> Option<usize> {
    let is_first = super::thread_id().unsigned_abs() == std::process::id();
    // Of that one the C library would have to read a file.
    if is_first { end.checked_sub(FIRST) } else { ThreadAttributes::of_caller().ok()?.lowest() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::thread;

    /// Bytes of the calling thread's stack that are in memory, as the kernel tells it.
    fn resident() -> usize {
        let here = 0_u8;
        let here = (&raw const here).addr();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_it = false;
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let bounds = range.and_then(|(begin, end)| {
                let number = |text| usize::from_str_radix(text, 16).ok();
                Some(number(begin)?..number(end)?)
            });
            is_it = bounds.map_or(is_it, |bounds| bounds.contains(&here));
            if let Some(kib) = line.strip_prefix("Rss:").filter(|_| is_it) {
                return kib.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024;
            }
        }
        panic!("no such mapping");
    }

    #[inline(never)]
    fn go_deep() -> u8 {
        let mut room = [1_u8; 200 * 1024];
        black_box(&mut room);
        room[black_box(7)]
    }

    /// Variable of a process that is only to try it in its first thread.
    const ASKED: &str = "XFSHEALER_TEST_FIRST_STACK";

    /// Called by the C library before `main`: a test is never run by the first thread.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static BEFORE_MAIN: extern "C" fn() = try_in_first_thread;

    extern "C" fn try_in_first_thread() {
        if std::env::var_os(ASKED).is_none() {
            return;
        }
        let is_first = super::super::thread_id().unsigned_abs() == std::process::id();
        let sum = black_box(17);
        go_deep();
        let before = resident();
        give_back_stack();
        let after = resident();
        let goes_on = sum == 17 && go_deep() == 1;
        println!("{is_first} {goes_on} {before} {after}");
        std::process::exit(0);
    }

    #[test]
    fn of_the_first_thread_so_much_is_given_back_and_no_more() {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let output = command.env(ASKED, "1").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut words = text.split_whitespace();
        assert_eq!([words.next(), words.next()], [Some("true"); 2], "{text}{:?}", output.status);
        let [before, after] = [(); 2].map(|()| words.next().unwrap().parse::<usize>().unwrap());
        let given_back = before.saturating_sub(after);
        // Of the pages just below, the question itself needs some.
        assert!(before >= 200 * 1024, "{text}");
        assert!((FIRST / 2..=FIRST).contains(&given_back), "{text}");
    }

    #[test]
    fn a_stack_that_was_deep_is_given_back_and_goes_on() {
        let work = || {
            let sum = black_box(17);
            go_deep();
            let before = resident();
            give_back_stack();
            let after = resident();
            (sum, before, after, go_deep())
        };
        let thread = thread::Builder::new().stack_size(512 * 1024).spawn(work).unwrap();
        let (sum, before, after, deep) = thread.join().unwrap();
        assert!(before >= 200 * 1024 && after + 150 * 1024 < before, "{before}, then {after}");
        assert_eq!((sum, deep), (17, 1));
    }
}
