// SPDX-License-Identifier: LGPL-2.1-or-later
//! The few shapes that text is made of, for whatever it is written to.
//!
//! Everything here and in what is made of it works without allocation and cannot panic: a C program
//! gets the same lines into a buffer of its own, without the runtime that `format!` needs.

use std::fmt;

/// Pieces of text that every [`fmt::Write`] can be told to write; only its `write_str` is used for
/// it.
///
/// Through a `dyn` the compiler would not see that nothing unwinds, and a C interface would get a
/// guard against it that aborts, with all that aborting needs; a `dyn fmt::Write` brings its
/// `write_fmt` and the whole of `core::fmt`, even where nothing is ever formatted.
pub(super) trait Out: fmt::Write {
    /// Writes a piece of text as it is. There are so many that copies of the body would be half of
    /// the code.
    #[inline(never)]
    fn put(&mut self, text: &str) -> fmt::Result {
        self.write_str(text)
    }

    /// A number in decimal digits.
    #[inline(never)]
    fn decimal(&mut self, number: u64) -> fmt::Result {
        self.number::<10>(number)
    }

    /// A number that may be negative, in decimal digits.
    fn signed(&mut self, number: i64) -> fmt::Result {
        self.put(if number < 0 { "-" } else { "" })?;
        self.decimal(number.unsigned_abs())
    }

    /// A number as `0x` and hexadecimal digits.
    #[inline(never)]
    fn hex(&mut self, number: u64) -> fmt::Result {
        self.put("0x")?;
        self.number::<16>(number)
    }

    /// A byte as two hexadecimal digits.
    fn byte(&mut self, byte: u8) -> fmt::Result {
        self.digit(byte >> 4)?;
        self.digit(byte & 0xf)
    }

    /// Pieces of text separated by commas; gives the separator for what may follow them, which is
    /// empty if there were none.
    fn list<'a>(
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

    /// A number in the digits of a base up to 16.
    fn number<const BASE: u64>(&mut self, number: u64) -> fmt::Result {
        if number >= BASE {
            self.number::<BASE>(number / BASE)?;
        }
        self.digit((number % BASE) as u8)
    }

    /// A digit.
    fn digit(&mut self, digit: u8) -> fmt::Result {
        let at = usize::from(digit);
        self.put("0123456789abcdef".get(at..=at).unwrap_or_default())
    }
}

impl<W: fmt::Write> Out for W {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
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
        let mut out = Full;
        assert!(out.decimal(10).is_err());
        assert!(out.list(["a"].into_iter()).is_err());
    }
}
