// SPDX-License-Identifier: LGPL-2.1-or-later
//! Where text is written to, and the few shapes that it is made of.
//!
//! Everything here and in what is made of it works without allocation and cannot panic: a C program
//! gets the same lines into a buffer of its own, without the runtime that `format!` needs.

use super::escape_to;
use std::fmt;

/// Takes text; every [`fmt::Write`] does.
///
/// A `dyn fmt::Write` would do as well, but each type behind one comes with a `write_fmt`, and with
/// it `core::fmt` and its panics are linked even where nothing is ever formatted.
pub trait Out {
    /// Takes the next piece; an error ends the writing.
    fn put(&mut self, text: &str) -> fmt::Result;
}

impl<W: fmt::Write> Out for W {
    fn put(&mut self, text: &str) -> fmt::Result {
        self.write_str(text)
    }
}

impl dyn Out + '_ {
    /// A name, escaped.
    pub(super) fn name(&mut self, name: &[u8]) -> fmt::Result {
        escape_to(self, name)
    }

    /// A number in decimal digits.
    pub(super) fn decimal(&mut self, number: u64) -> fmt::Result {
        self.number::<10>(number)
    }

    /// The same of a number that may be negative.
    pub(super) fn signed(&mut self, number: i64) -> fmt::Result {
        self.put(if number < 0 { "-" } else { "" })?;
        self.decimal(number.unsigned_abs())
    }

    /// A number as `0x` and hexadecimal digits.
    pub(super) fn hex(&mut self, number: u64) -> fmt::Result {
        self.put("0x")?;
        self.number::<16>(number)
    }

    /// A byte as two hexadecimal digits.
    pub(super) fn byte(&mut self, byte: u8) -> fmt::Result {
        self.digit(byte >> 4)?;
        self.digit(byte & 0xf)
    }

    /// Pieces of text separated by commas; gives the separator for what may follow them, which is
    /// empty if there were none.
    pub(super) fn list<'a>(
        &mut self,
        pieces: impl Iterator<Item = &'a str>,
    ) -> Result<&'static str, fmt::Error> {
        let mut separator = "";
        for piece in pieces {
            self.put(separator)?;
            self.put(piece)?;
            separator = ", ";
        }
        Ok(separator)
    }

    fn number<const BASE: u64>(&mut self, number: u64) -> fmt::Result {
        if number >= BASE {
            self.number::<BASE>(number / BASE)?;
        }
        self.digit((number % BASE) as u8)
    }

    fn digit(&mut self, digit: u8) -> fmt::Result {
        let at = usize::from(digit);
        self.put("0123456789abcdef".get(at..=at).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut dyn Out) -> fmt::Result) -> String {
        let mut text = String::new();
        write(&mut text).unwrap();
        text
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_standard_library(number: u64, byte: u8) {
            prop_assert_eq!(written(|out| out.decimal(number)), format!("{number}"));
            prop_assert_eq!(written(|out| out.hex(number)), format!("{number:#x}"));
            prop_assert_eq!(written(|out| out.byte(byte)), format!("{byte:02x}"));
            let signed = number as i64;
            prop_assert_eq!(written(|out| out.signed(signed)), format!("{signed}"));
        }
    }

    #[test]
    fn the_ends_of_the_numbers() {
        for number in [0, 9, 10, 15, 16, u64::MAX] {
            assert_eq!(written(|out| out.decimal(number)), format!("{number}"));
            assert_eq!(written(|out| out.hex(number)), format!("{number:#x}"));
        }
        assert_eq!(written(|out| out.signed(i64::MIN)), format!("{}", i64::MIN));
    }

    #[test]
    fn a_full_buffer_ends_the_writing() {
        struct Full;
        impl fmt::Write for Full {
            fn write_str(&mut self, _: &str) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        let out: &mut dyn Out = &mut Full;
        assert!(out.decimal(10).is_err());
        assert!(out.name(b"/m").is_err());
        assert!(out.list(["a"].into_iter()).is_err());
    }
}
