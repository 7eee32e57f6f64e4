// SPDX-License-Identifier: LGPL-2.1-or-later
//! Recordings of errors of any filesystem, which somebody else may have made.

use super::checks;
use crate::fserror::fuzzed::ErrorReplay;
use crate::log::json;
use crate::log::recording::Flaw;
use crate::log::said::Said;
use crate::record::ErrorContent;
use crate::record::format::{FrameContent, HEAD_BYTES, Head};
use crate::record::fuzzed::whole_bytes;
use crate::record::reader::{Item, Reader};
use crate::report::Place;

/// A file: each frame that is read from it can be written, and is read again as what it was; everything
/// that its replay says is a line; what is gone on with after a death is whole.
pub(super) fn error_recording(bytes: &[u8]) {
    let file = Place::named(b"file");
    let mut say = |place: Option<&Place>, said: &Said| {
        let place = place.unwrap_or(&file);
        let line = said.line(Some(place));
        checks::is_line(&line.text);
        checks::is_json(&json::line(said, Some(place), json::Stamp::new(0), &line));
    };
    let (mut reader, mut replay) = (Reader::<_, ErrorContent>::of(bytes), ErrorReplay::default());
    while let Ok(Some(item)) = reader.next() {
        is_written(&item);
        if let Err(trouble) = replay.take(item, &mut say) {
            assert!(matches!(trouble.what, Flaw::TooMany | Flaw::Undescribed(_)));
            break;
        }
    }
    replay.end(&mut say);
    if let Ok(len @ 1..) = whole_bytes::<ErrorContent>(bytes) {
        let mut reader = Reader::<_, ErrorContent>::of(&bytes[..usize::try_from(len).unwrap()]);
        while reader.next().expect("it is whole").is_some() {}
    }
}

fn is_written(item: &Item<ErrorContent>) {
    let Item::Frame { filesystem, time, content, .. } = item else { return };
    let frame = content.frame(*filesystem, *time);
    let (head, rest) = frame.split_first_chunk::<HEAD_BYTES>().unwrap();
    let head = Head::of_bytes(head);
    assert_eq!((head.len as usize, head.time), (rest.len(), *time));
    let again = ErrorContent::of_bytes(head.kind, rest).unwrap();
    let is_program = |content: &ErrorContent| matches!(content, ErrorContent::Program(_));
    assert!(*content == again || is_program(content) && is_program(&again), "{content:?}");
}
