// SPDX-License-Identifier: LGPL-2.1-or-later
//! Names as text that cannot be mistaken for anything else.

use super::Out;
use std::fmt;

/// Writes a name so that it stays within its line and looks like what it is.
///
/// Printable UTF-8 stays. A newline becomes `\n`, a backslash `\\`; every byte of control
/// characters, of characters that reorder or hide text, and of invalid UTF-8 becomes `\xHH`.
pub fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    // Writing to a String cannot fail.
    let _ = escape_to(&mut text, name);
    text
}

/// As [`escape`], into anything.
pub fn escape_to(out: &mut impl fmt::Write, name: &[u8]) -> fmt::Result {
    escape_in(out, name, &Around { backslash: "\\", quote: "\"" })
}

/// As [`escape`], between the quotes of a JSON string.
///
/// The two characters that are written here as JSON wants them are all that it wants: no control
/// character is left.
pub(super) fn escape_in_json(out: &mut impl fmt::Write, name: &[u8]) -> fmt::Result {
    escape_in(out, name, &Around { backslash: "\\\\", quote: "\\\"" })
}

/// How what surrounds a name has these two characters written.
struct Around {
    backslash: &'static str,
    quote: &'static str,
}

fn escape_in(out: &mut impl fmt::Write, name: &[u8], around: &Around) -> fmt::Result {
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            match c {
                '\\' => {
                    out.put(around.backslash)?;
                    out.put(around.backslash)?;
                }
                '\n' => {
                    out.put(around.backslash)?;
                    out.put("n")?;
                }
                '"' => out.put(around.quote)?,
                c if is_deceptive(c) => hex(out, text.as_bytes(), around)?,
                _ => out.put(text)?,
            }
        }
        hex(out, chunk.invalid(), around)?;
    }
    Ok(())
}

/// A name that is escaped while it is formatted.
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape_to(f, self.0)
    }
}

fn hex(out: &mut impl fmt::Write, bytes: &[u8], around: &Around) -> fmt::Result {
    for byte in bytes {
        out.put(around.backslash)?;
        out.put("x")?;
        out.byte(*byte)?;
    }
    Ok(())
}

/// Controls (C0, DEL, C1), line separators, and what changes direction or has no width.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::property::*;

    #[test]
    fn what_can_be_read_stays_and_the_rest_is_escaped() {
        let cases: [(&[u8], &str); 7] = [
            (b"/mnt/with space", "/mnt/with space"),
            ("/mnt/Straße/日本".as_bytes(), "/mnt/Straße/日本"),
            (b"a\n/m: filesystem unmounted", "a\\n/m: filesystem unmounted"),
            (b"\x1b[2J\r\t\x7f", "\\x1b[2J\\x0d\\x09\\x7f"),
            (b"back\\slash", "back\\\\slash"),
            (b"\xff\xc3", "\\xff\\xc3"),
            ("\u{202e}\u{9b}".as_bytes(), "\\xe2\\x80\\xae\\xc2\\x9b"),
        ];
        for (name, text) in cases {
            assert_eq!(escape(name), text);
        }
    }

    /// The name that an escaped text stands for.
    pub(in crate::report) fn undo(text: &str) -> Vec<u8> {
        let mut undone = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = tail;
            if *first != b'\\' {
                undone.push(*first);
                continue;
            }
            let (byte, used) = match rest {
                [b'\\', ..] => (b'\\', 1),
                [b'n', ..] => (b'\n', 1),
                [b'x', hex @ ..] => {
                    (u8::from_str_radix(std::str::from_utf8(&hex[..2]).unwrap(), 16).unwrap(), 3)
                }
                _ => panic!("{text}"),
            };
            undone.push(byte);
            rest = &rest[used..];
        }
        undone
    }

    proptest! {
        /// No two names look alike, and none leaves its line.
        #[test]
        fn it_can_be_undone(name: Vec<u8>) {
            let text = escape(&name);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(undo(&text), name);
        }
    }
}
