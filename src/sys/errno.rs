// SPDX-License-Identifier: LGPL-2.1-or-later
//! The system's words for an error number, always in English and without allocation: a C program,
//! whose locale may be any, gets the same lines as ours.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    /// The text for an error number, from a table of constants (since glibc 2.32); null: none.
    fn strerrordesc_np(errno: c_int) -> *const c_char;
}

/// The text for an error number by strerror(3), as that of musl: a constant, unless a program has
/// set a locale with other texts.
#[cfg(not(target_env = "gnu"))]
unsafe fn strerrordesc_np(errno: c_int) -> *const c_char {
    // SAFETY: takes any number.
    unsafe { libc::strerror(errno) }
}

/// The system's text for `errno`, as strerror(3) has it; `None` if it has none.
pub fn errno_text(errno: i32) -> Option<&'static str> {
    // SAFETY: takes any number.
    let text = unsafe { strerrordesc_np(errno) };
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and a constant that ends with a null byte and is never changed or freed.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn the_text_is_that_of_the_standard_library() {
        assert_eq!(errno_text(libc::EIO), Some("Input/output error"));
        for errno in 1..134 {
            let with_number = io::Error::from_raw_os_error(errno).to_string();
            let expected = with_number.strip_suffix(&format!(" (os error {errno})"));
            assert_eq!(errno_text(errno), expected.filter(|text| !text.starts_with("Unknown")));
        }
        #[cfg(target_env = "gnu")]
        assert_eq!([-5, 9999].map(errno_text), [None, None]);
    }
}
