// SPDX-License-Identifier: LGPL-2.1-or-later
//! Conditions that what is said must fulfil, written down apart from the code that is to fulfil
//! them.

use crate::report::LINE_BYTES;

/// Fails if something in a text leaves its line, turns it or does not show.
pub fn is_shown(text: &str) {
    let hides = |c: char| {
        let is_blank = c.is_whitespace() && c != ' ';
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        c.is_control() || is_blank || turns || matches!(c, '\u{ad}' | '\u{61c}' | '\u{feff}')
    };
    assert!(!text.chars().any(hides), "{text:?}");
}

/// Fails if a text is no line that a log takes in one piece.
pub fn is_line(text: &str) {
    is_shown(text);
    assert!(text.len() <= LINE_BYTES, "{} bytes: {text}", text.len());
}

/// Fails if a text is not one JSON object that is one line.
pub fn is_json(text: &str) {
    is_shown(text);
    assert!(text.starts_with('{'), "{text}");
    assert_eq!(value(text), Some(""), "{text}");
}

/// The string that the key has in an object.
pub(super) fn string_of(object: &str, key: &str) -> Option<String> {
    let label = format!("\"{key}\":\"");
    let at = object.find(&label)? + label.len() - 1;
    string(object.get(at..)?).map(|(string, _)| string)
}

/// Reads a JSON value; gives the rest of the text.
fn value(text: &str) -> Option<&str> {
    match text.as_bytes().first()? {
        b'"' => string(text).map(|(_, rest)| rest),
        b'{' => list(&text[1..], '}', |text| {
            let (_, rest) = string(text)?;
            value(rest.strip_prefix(':')?)
        }),
        b'[' => list(&text[1..], ']', value),
        b'-' | b'0'..=b'9' => number(text),
        _ => ["true", "false", "null"].iter().find_map(|word| text.strip_prefix(word)),
    }
}

fn list<'a>(
    text: &'a str,
    end: char,
    item: impl Fn(&'a str) -> Option<&'a str>,
) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix(end) {
        return Some(rest);
    }
    let mut rest = item(text)?;
    while let Some(next) = rest.strip_prefix(',') {
        rest = item(next)?;
    }
    rest.strip_prefix(end)
}

fn number(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let len = digits.len() - rest.len();
    // No number of ours has a fraction, and none begins with a zero that means nothing.
    (len == 1 || len > 1 && !digits.starts_with('0')).then_some(rest)
}

/// Reads a JSON string: what it stands for, and the rest of the text.
fn string(text: &str) -> Option<(String, &str)> {
    let (mut units, mut rest) = (Vec::new(), text.strip_prefix('"')?);
    loop {
        let c = rest.chars().next()?;
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => return String::from_utf16(&units).ok().map(|string| (string, rest)),
            '\\' => {
                let escaped = *rest.as_bytes().first()?;
                rest = rest.get(1..)?;
                units.push(match escaped {
                    b'"' | b'\\' | b'/' => u16::from(escaped),
                    b'n' => 10,
                    b'u' => {
                        let unit = u16::from_str_radix(rest.get(..4)?, 16).ok()?;
                        rest = &rest[4..];
                        unit
                    }
                    _ => return None,
                });
            }
            c if c < ' ' => return None,
            c => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
        }
    }
}

/// The bytes that a text escaped by `report::escape` stands for.
pub(super) fn unescaped(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (byte, used) = match rest {
            [b'\\', ..] => (b'\\', 1),
            [b'n', ..] => (b'\n', 1),
            [b'x', high, low, ..] => {
                let hex = [*high, *low];
                (u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?, 3)
            }
            _ => return None,
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    Some(bytes)
}
