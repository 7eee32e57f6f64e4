// SPDX-License-Identifier: LGPL-2.1-or-later
//! Names as text that cannot be mistaken for anything else.

use super::{LINE_BYTES, Out};
use std::fmt;
use std::ops::Range;

/// Most bytes of a name in a line that is put together around it; the rest of such a line is short.
pub const NAME_BYTES: usize = 600;

/// Digits of the hash that stands for the middle of a long name, and the dots on each side of it.
const HASH_DIGITS: usize = 16;
const DOTS: &str = "...";
const MARK_BYTES: usize = HASH_DIGITS + 2 * DOTS.len();

/// Writes a name so that it stays within its line and each character of it shows.
///
/// Printable UTF-8 stays. A newline becomes `\n`, a backslash `\\`; every byte of control
/// characters, of characters that show nothing or reorder text, of blanks other than the space, and
/// of invalid UTF-8 becomes `\xHH`. Of what would be longer than [`NAME_BYTES`] the middle becomes
/// `...HASH...`.
pub fn escape(name: &[u8]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = escape_within(&mut text, NAME_BYTES, [name, b""]);
    text
}

/// Writes a name of two parts, escaped as by [`escape`], in at most `room` bytes (or those of the
/// hash, if that is less).
///
/// The hash is over both parts before they are escaped. It tells names apart that differ by chance;
/// whoever makes both can make two that begin, end and hash alike (a key against that would have to
/// be kept, and the same name would be another one after the next start). What is not shortened
/// never looks as if it were.
pub fn escape_within<W: fmt::Write>(out: &mut W, room: usize, name: [&[u8]; 2]) -> fmt::Result {
    let length = write_parts(None::<&mut W>, &TEXT, name, NO_GAP)?;
    let gap = match length <= room {
        true => NO_GAP,
        false => {
            let kept = room.saturating_sub(MARK_BYTES);
            kept / 2..length.saturating_sub(kept - kept / 2)
        }
    };
    write_parts(Some(out), &TEXT, name, gap).map(|_| ())
}

/// Writes a whole name between the quotes of a JSON string: any UTF-8 as it is, but with each
/// character that does not show as its number, and other names escaped as in text.
pub(super) fn escape_in_json(out: &mut impl fmt::Write, name: &[u8]) -> fmt::Result {
    if let Ok(text) = std::str::from_utf8(name) {
        return text.chars().try_for_each(|c| write_in_json(out, c));
    }
    write_parts(Some(out), &JSON, [name, b""], NO_GAP).map(|_| ())
}

fn write_in_json(out: &mut impl fmt::Write, c: char) -> fmt::Result {
    let mut utf8 = [0; 4];
    let text: &str = c.encode_utf8(&mut utf8);
    match c {
        '\\' | '"' => out.put("\\")?,
        c if is_deceptive(c) => {
            let mut utf16 = [0; 2];
            return c.encode_utf16(&mut utf16).iter().try_for_each(|unit| {
                out.put("\\u")?;
                unit.to_be_bytes().into_iter().try_for_each(|byte| out.byte(byte))
            });
        }
        _ => {}
    }
    out.put(text)
}

const TEXT: Around = Around { backslash: "\\", quote: "\"" };
const JSON: Around = Around { backslash: "\\\\", quote: "\\\"" };

/// Forms of these two characters in what surrounds a name.
struct Around {
    backslash: &'static str,
    quote: &'static str,
}

/// A part of a name that is never torn when the name is shortened.
#[derive(Clone, Copy)]
enum NamePart<'a> {
    Plain(&'a str),
    Backslash,
    Newline,
    Quote,
    Hex(&'a [u8]),
}

impl<'a> NamePart<'a> {
    /// The part that `rest`, which begins with the character `c`, begins with.
    fn of(c: char, rest: &'a str) -> NamePart<'a> {
        let text = rest.get(..c.len_utf8()).unwrap_or_default();
        match c {
            '\\' => NamePart::Backslash,
            '\n' => NamePart::Newline,
            '"' => NamePart::Quote,
            c if is_deceptive(c) || is_mark(rest.as_bytes()) => NamePart::Hex(text.as_bytes()),
            _ => NamePart::Plain(text),
        }
    }

    /// Length of the part in text, in bytes.
    fn length(self) -> usize {
        match self {
            NamePart::Plain(text) => text.len(),
            NamePart::Backslash | NamePart::Newline => 2,
            NamePart::Quote => 1,
            NamePart::Hex(bytes) => bytes.len().saturating_mul(4),
        }
    }

    fn write(self, out: &mut impl fmt::Write, around: &Around) -> fmt::Result {
        match self {
            NamePart::Plain(text) => out.put(text),
            NamePart::Backslash => {
                out.put(around.backslash)?;
                out.put(around.backslash)
            }
            NamePart::Newline => {
                out.put(around.backslash)?;
                out.put("n")
            }
            NamePart::Quote => out.put(around.quote),
            NamePart::Hex(bytes) => bytes.iter().try_for_each(|byte| {
                out.put(around.backslash)?;
                out.put("x")?;
                out.byte(*byte)
            }),
        }
    }
}

/// The place after everything: nothing is left out.
const NO_GAP: Range<usize> = usize::MAX..usize::MAX;

/// Writes the parts of a name that end before `gap`, a range of bytes of the escaped name, or begin
/// behind it, and a hash in place of the others; gives the length of the whole escaped name. `None`:
/// only measures.
///
/// One loop for all uses, and no iterators: inlined for each use, and for each of their layers, they
/// made a tenth of the C library.
fn write_parts(
    mut out: Option<&mut impl fmt::Write>,
    around: &Around,
    name: [&[u8]; 2],
    gap: Range<usize>,
) -> Result<usize, fmt::Error> {
    let (mut at, mut is_head) = (0_usize, true);
    let mut write = |part: NamePart<'_>| {
        let end = at.saturating_add(part.length());
        if let Some(out) = &mut out {
            if is_head && end > gap.start {
                is_head = false;
                write_mark(*out, fnv1a(name.into_iter().flatten()))?;
            }
            if is_head || at >= gap.end {
                part.write(*out, around)?;
            }
        }
        at = end;
        Ok(())
    };
    for bytes in name {
        for chunk in bytes.utf8_chunks() {
            let (valid, invalid) = (chunk.valid(), chunk.invalid());
            for (at, c) in valid.char_indices() {
                let rest = valid.get(at..).unwrap_or_default();
                write(NamePart::of(c, rest))?;
            }
            if !invalid.is_empty() {
                write(NamePart::Hex(invalid))?;
            }
        }
    }
    Ok(at)
}

fn write_mark(out: &mut impl fmt::Write, hash: u64) -> fmt::Result {
    out.put(DOTS)?;
    hash.to_be_bytes().into_iter().try_for_each(|byte| out.byte(byte))?;
    out.put(DOTS)
}

/// True if a name has, from here on, what a shortened one has in its middle.
fn is_mark(rest: &[u8]) -> bool {
    let digits =
        rest.strip_prefix(DOTS.as_bytes()).and_then(|rest| rest.split_at_checked(HASH_DIGITS));
    digits.is_some_and(|(digits, rest)| {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        rest.starts_with(DOTS.as_bytes()) && digits.iter().all(is_digit)
    })
}

/// The hash FNV-1a of 64 bits.
fn fnv1a<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A name that is escaped while it is formatted, in at most the bytes that the precision says, or
/// else [`NAME_BYTES`].
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = f.precision().unwrap_or(NAME_BYTES);
        escape_within(f, room, [self.0, b""])
    }
}

/// A line on its way out, whose names take the room that the rest of it leaves.
pub(super) struct Fitted<'a, W> {
    /// Destination, and most bytes of a name; `None`: the rest is measured.
    to: Option<(&'a mut W, usize)>,
    /// Length of the rest, in bytes.
    rest: usize,
}

/// Writes a line with one name, which is shortened where the line would be longer than
/// [`LINE_BYTES`].
pub(super) fn fitted<W: fmt::Write>(
    out: &mut W,
    write: impl Fn(&mut Fitted<'_, W>) -> fmt::Result,
) -> fmt::Result {
    let mut measured = Fitted { to: None, rest: 0 };
    write(&mut measured)?;
    write(&mut Fitted::within(out, LINE_BYTES.saturating_sub(measured.rest)))
}

impl<'a, W: fmt::Write> Fitted<'a, W> {
    /// A line of which the name takes at most `room` bytes.
    pub fn within(out: &'a mut W, room: usize) -> Fitted<'a, W> {
        Fitted { to: Some((out, room)), rest: 0 }
    }

    /// Writes the name.
    pub fn name(&mut self, name: &[u8]) -> fmt::Result {
        self.names([name, b""])
    }

    /// Writes the name, in two parts.
    pub fn names(&mut self, name: [&[u8]; 2]) -> fmt::Result {
        self.to.as_mut().map_or(Ok(()), |(out, room)| escape_within(*out, *room, name))
    }
}

impl<W: fmt::Write> fmt::Write for Fitted<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.rest = self.rest.saturating_add(text.len());
        self.to.as_mut().map_or(Ok(()), |(out, _)| out.write_str(text))
    }
}

/// True if a character shows nothing, breaks or turns the line, or is a blank that may pass for a
/// space. What a font makes of the others is its own affair: letters that look alike stay.
fn is_deceptive(c: char) -> bool {
    c.is_control() || is_ignorable(c) || is_other_blank(c) || is_empty_glyph(c)
}

/// Unicode's property `Default_Ignorable_Code_Point`, with what it reserves for later: the 4,174
/// code points of version 14.0, in which 15.0 to 17.0 have changed nothing.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Unicode's property `White_Space`, but for the space itself and the controls.
fn is_other_blank(c: char) -> bool {
    matches!(c, '\u{2000}'..='\u{200a}' | '\u{2028}'..='\u{2029}')
        || matches!(c, '\u{a0}' | '\u{1680}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Characters in neither list that show nothing all the same: the empty pattern of Braille, a
/// notehead and a filler that are there to be nothing, and three controls of annotations.
fn is_empty_glyph(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{16fe4}' | '\u{1d159}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::property::*;

    #[test]
    fn a_full_buffer_ends_the_writing_of_a_name() {
        struct Full;
        impl fmt::Write for Full {
            fn write_str(&mut self, _: &str) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        assert!(fitted(&mut Full, |out| out.name(b"/m")).is_err());
    }

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

    /// Names of any bytes, or of any characters, of which many are odd.
    fn any_name() -> impl Strategy<Value = Vec<u8>> {
        let low = proptest::collection::vec(proptest::char::range('\0', '\u{1ffff}'), 0..50);
        let characters = low.prop_map(|all| all.into_iter().collect::<String>().into_bytes());
        prop_oneof![any::<Vec<u8>>(), characters]
    }

    #[test]
    fn the_lists_are_those_of_unicode() {
        let all = || '\0'..=char::MAX;
        assert_eq!(all().filter(|c| is_ignorable(*c)).count(), 4174);
        let is_blank = |c: char| c.is_whitespace() && c != ' ' && !c.is_control();
        assert!(all().all(|c| is_other_blank(c) == is_blank(c)));
    }

    #[test]
    fn letters_marks_and_signs_stay_also_those_that_look_alike() {
        for name in ["раураl", "paypal", "e\u{301}", "é", "日本語", "한글", "👍", "ﬁ", "a·b", "۞"]
        {
            assert_eq!(escape(name.as_bytes()), name);
        }
        for c in "\u{34f}\u{115f}\u{3164}\u{fe0f}\u{e0100}\u{a0}\u{202f}\u{3000}\u{2800}".chars() {
            let text = escape(c.to_string().as_bytes());
            assert!(text.starts_with("\\x") && text.is_ascii(), "{c:?}: {text}");
        }
    }

    /// Long names of any bytes, often with what is escaped and what is not in a row.
    pub(crate) fn long_name() -> impl Strategy<Value = Vec<u8>> {
        let some = prop_oneof![
            any::<Vec<u8>>(),
            "[a-z./]{0,99}".prop_map(String::into_bytes),
            any::<String>().prop_map(String::into_bytes),
        ];
        proptest::collection::vec(some, 0..30).prop_map(|parts| parts.concat())
    }

    fn within(room: usize, name: [&[u8]; 2]) -> String {
        let mut text = String::new();
        escape_within(&mut text, room, name).unwrap();
        text
    }

    #[test]
    fn the_middle_of_a_long_name_becomes_its_hash() {
        let name = "\u{202e}ß\n".repeat(100);
        // The hash from a program of its own.
        let hash = "...7eb397c05c46ada5...";
        let shown = within(60, [name.as_bytes(), b""]);
        assert_eq!(shown, format!("\\xe2\\x80\\xaeß\\n{hash}\\n\\xe2\\x80\\xaeß\\n"));
        let (one, two) = name.as_bytes().split_at(7);
        assert_eq!(within(60, [one, two]), shown, "in two parts");
        assert_eq!(within(0, [one, two]), hash);
    }

    #[test]
    fn the_hash_is_the_one_that_others_have() {
        let hash = |text: &str| fnv1a(text.as_bytes().iter());
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn what_looks_shortened_and_is_not_is_escaped() {
        assert_eq!(escape(b"/a...0123456789abcdef...b"), "/a\\x2e..0123456789abcdef...b");
        for name in ["/a...0123456789abcdeF...", "/a...0123456789abcdef..", "/a....b..."] {
            assert_eq!(escape(name.as_bytes()), name);
        }
    }

    proptest! {
        /// No two names give the same text, and none leaves its line.
        #[test]
        fn every_character_shows_but_letters_that_look_alike_stay(name in any_name()) {
            let text = within(usize::MAX, [&name, b""]);
            prop_assert!(!text.chars().any(is_deceptive), "{text:?}");
            prop_assert_eq!(undo(&text), name);
        }

        #[test]
        fn a_long_name_is_shortened_between_its_characters(
            one in long_name(),
            two in long_name(),
            room in 0_usize..1500,
        ) {
            let (name, text) = ([&one[..], &two].concat(), within(room, [&one, &two]));
            // Not of both together: their ends may make one character.
            let whole = within(usize::MAX, [&one, &two]);
            prop_assert!(text.len() <= room.max(MARK_BYTES));
            let mark = format!("...{:016x}...", fnv1a(name.iter()));
            match text.split_once(&mark) {
                None => prop_assert_eq!(text, whole),
                Some((head, tail)) => {
                    prop_assert!(whole.len() > room);
                    let (head, tail) = (undo(head), undo(tail));
                    prop_assert!(name.starts_with(&head) && name.ends_with(&tail));
                    // What is lost beside the middle is less than two parts.
                    prop_assert!(text.len() + 2 * 16 > room, "{}", text.len());
                }
            }
        }
    }
}
