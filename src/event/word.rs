// SPDX-License-Identifier: LGPL-2.1-or-later
//! Words for Rust and for C.

/// A literal as a [`CStr`](std::ffi::CStr).
///
/// Unlike a literal `c"..."` it has a second null byte behind it. With only one the linker would
/// put it into the section of C strings, where the standard library has the names of its source
/// files: those would all be in the C library for the sake of one word.
macro_rules! word {
    ($text:expr) => {
        const {
            match ::std::ffi::CStr::from_bytes_until_nul(concat!($text, "\0\0").as_bytes()) {
                Ok(word) => word,
                Err(_) => panic!(),
            }
        }
    };
}

pub(crate) use word;
