// SPDX-License-Identifier: LGPL-2.1-or-later
//! Names from the filesystem and the command line, in all the ways in which they are written.

use super::{Input, checks};
use crate::event::{Body, Event, Target};
use crate::metrics::value as label_value;
use crate::report::{escape_within, write_event_json};
use crate::service::instance;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

/// A name of two parts, and room for it.
pub(super) fn names(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let room = input.below(1500);
    let (one, two) = (input.bytes(1000), input.rest());
    let name = [one, two].concat();
    in_text(room, [one, two], &name);
    in_json(&name);
    let value = label_value(&name);
    assert!(!value.contains('\n') && !value.replace("\\\\", "").replace("\\\"", "").contains('"'));
    let plain = value.replace("\\\\", "").replace("\\\"", "").replace("\\n", "");
    assert!(!plain.contains('\\'), "{value}");
    unit(&name);
}

fn in_text(room: usize, parts: [&[u8]; 2], name: &[u8]) {
    let (mut text, mut whole) = (String::new(), String::new());
    escape_within(&mut text, room, parts).unwrap();
    escape_within(&mut whole, usize::MAX, parts).unwrap();
    checks::is_shown(&text);
    assert_eq!(checks::unescaped(&whole).as_deref(), Some(name));
    // Sixteen digits between two times three dots.
    const MARK: usize = 22;
    assert!(text.len() <= room.max(MARK));
    if whole.len() <= room {
        return assert_eq!(text, whole);
    }
    let is_mark = |at: &usize| {
        let mark = text.get(*at..at + MARK).unwrap_or_default().as_bytes();
        let is_hash = |hash: &[u8]| hash.iter().all(u8::is_ascii_hexdigit);
        mark.starts_with(b"...") && mark.ends_with(b"...") && is_hash(&mark[3..MARK - 3])
    };
    // The head may look like a mark, with the dots of the real one.
    let is_it = |at: usize| {
        let parts = [&text[..at], &text[at + MARK..]].map(checks::unescaped);
        matches!(parts, [Some(head), Some(tail)] if name.starts_with(&head) && name.ends_with(&tail))
    };
    assert!((0..text.len()).filter(is_mark).any(is_it), "{text}");
}

fn in_json(name: &[u8]) {
    let target = Target::Inode { ino: 1, generation: 2 };
    let change = crate::event::Change::Sick;
    let event = Event { time_ns: 0, body: Body::Health { change, target, mask: 1 } };
    let mut json = String::new();
    write_event_json(&mut json, name, &event, Some(name)).unwrap();
    checks::is_json(&json);
    let found = checks::string_of(&json, "mount").unwrap();
    match std::str::from_utf8(name) {
        Ok(name) => assert_eq!(found, name),
        Err(_) => assert_eq!(checks::unescaped(&found).as_deref(), Some(name)),
    }
}

/// The name of a unit leads back to the path, as systemd-escape(1) undoes it.
fn unit(name: &[u8]) {
    let path = Path::new(OsStr::from_bytes(name));
    let Some(unit) = instance("xfs_healer@", path) else { return };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    assert!(unit.len() <= 254 + 1 && unit.chars().all(is_allowed), "{unit}");
    let escaped = unit.strip_prefix("xfs_healer@").unwrap().strip_suffix(".service").unwrap();
    let slashed = escaped.replace('-', "/");
    let found = checks::unescaped(&slashed).unwrap();
    let mut parts = Vec::new();
    for part in path.components() {
        if let Component::Normal(part) = part {
            parts.push(part.as_bytes());
        }
    }
    let wanted = if parts.is_empty() { b"/".to_vec() } else { parts.join(&b'/') };
    assert_eq!(found, wanted);
}
