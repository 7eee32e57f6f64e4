// SPDX-License-Identifier: LGPL-2.1-or-later
//! Recordings, which somebody else may have made.

use super::{Input, checks};
use crate::log::json;
use crate::log::recording::Flaw;
use crate::log::said::Said;
use crate::record::format::{Content, FrameContent, HEAD_BYTES, Head};
use crate::record::fuzzed::whole_bytes;
use crate::record::reader::{Item, Reader};
use crate::report::Place;
use crate::watch::options::Options;
use crate::watch::replay::Replay;

/// A file: each frame that is read from it can be written, and is read again as what it was; what
/// is gone on with after a death is whole.
pub(super) fn recording(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    while let Ok(Some(item)) = reader.next() {
        let Item::Frame { offset, filesystem, time, content } = item else { continue };
        assert!(offset + HEAD_BYTES as u64 <= bytes.len() as u64);
        let frame = content.frame(filesystem, time);
        let (head, rest) = frame.split_first_chunk::<HEAD_BYTES>().unwrap();
        let head = Head::of_bytes(head);
        assert_eq!((head.len as usize, head.time), (rest.len(), time));
        is_same(&content, &Content::of_bytes(head.kind, rest).unwrap());
    }
    if let Ok(len @ 1..) = whole_bytes::<Content>(bytes) {
        let mut reader = Reader::new(&bytes[..usize::try_from(len).unwrap()]);
        while reader.next().expect("it is whole").is_some() {}
    }
}

fn is_same(one: &Content, other: &Content) {
    match (one, other) {
        (Content::Input(one), Content::Input(other)) => assert_eq!(one, other),
        (Content::Dropped(one), Content::Dropped(other)) => assert_eq!(one, other),
        (Content::Program(_), Content::Program(_)) => {}
        (Content::Filesystem(one), Content::Filesystem(other)) => {
            assert_eq!(one.mount_point, other.mount_point);
            assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
        _ => panic!("{one:?} {other:?}"),
    }
}

/// A file behind a byte that chooses options: everything that its replay says is a line.
pub(super) fn replay(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let options = input.byte();
    let is_json = options & 32 != 0;
    let options = Options {
        quiet: options & 1 != 0,
        debug: options & 2 != 0,
        everything: options & 4 != 0,
        repair: options & 8 != 0,
        no_autofsck: options & 16 != 0,
        ..Options::default()
    };
    let file = Place::named(b"file");
    let mut say = |place: Option<&Place>, said: &Said| {
        let place = place.unwrap_or(&file);
        let line = said.line(Some(place));
        checks::is_line(&line.text);
        if is_json {
            checks::is_json(&json::line(said, Some(place), json::Stamp::new(0), &line));
        }
    };
    let mut replay = Replay::new(&options);
    let mut reader = Reader::new(input.rest());
    while let Ok(Some(item)) = reader.next() {
        if let Err(trouble) = replay.take(item, &mut say) {
            assert!(matches!(trouble.what, Flaw::TooMany | Flaw::Undescribed(_)));
            break;
        }
    }
    replay.end(&mut say);
}
