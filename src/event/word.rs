// SPDX-License-Identifier: LGPL-2.1-or-later
//! Words for Rust and for C, written in a way that keeps the C library small.

use std::ffi::CStr;

/// A literal as a [`CStr`].
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

/// Converts a word to a Rust string. Words are all ASCII; for anything else it ends where UTF-8
/// does.
#[inline(never)]
pub(crate) fn text(word: &'static CStr) -> &'static str {
    word.to_bytes().utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

/// A short word by its bytes: in a table, each pointer to one would be a relocation when the
/// library is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word([u8; 16]);

impl Word {
    /// Makes a word, only for constants: what does not fit is an error of the compiler.
    pub const fn new(text: &str) -> Word {
        let (mut bytes, mut at) = ([0; 16], 0);
        assert!(text.len() < bytes.len());
        while at < text.len() {
            bytes[at] = text.as_bytes()[at];
            at += 1;
        }
        Word(bytes)
    }

    pub fn as_c(&'static self) -> &'static CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    pub fn as_str(&'static self) -> &'static str {
        text(self.as_c())
    }
}
