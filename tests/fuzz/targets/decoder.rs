// SPDX-License-Identifier: LGPL-2.1-or-later
//! Records of the health monitor.

use super::{Input, checks};
use crate::event::{Body, Decoder, Event, RECORD_BYTES, domain_and_type};
use crate::report::{Mount, Place, event_line, write_event_json};

/// A stream, cut into pieces of the length that the first byte says: its events do not depend on
/// that, and each is said in one line.
pub(super) fn decoder(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (size, stream) = (input.below(200) + 1, input.rest());
    let events = |piece: &[u8], decoder: &mut Decoder| -> Vec<Event> {
        decoder.records(piece).map(|record| Event::decode(&record)).collect()
    };
    let whole = events(stream, &mut Decoder::default());
    assert_eq!(whole.len(), stream.len() / RECORD_BYTES);
    for size in [size, RECORD_BYTES - 1, RECORD_BYTES + 1] {
        let mut decoder = Decoder::default();
        let mut pieces = Vec::new();
        stream.chunks(size).for_each(|piece| pieces.extend(events(piece, &mut decoder)));
        assert_eq!(whole, pieces);
        assert_eq!(decoder.partial().len(), stream.len() % RECORD_BYTES);
        let resumed = Decoder::resume(decoder.partial());
        assert_eq!(resumed.partial(), decoder.partial());
    }
    for (record, event) in stream.chunks_exact(RECORD_BYTES).zip(whole) {
        one(record, &event, &stream[..stream.len().min(size)]);
    }
}

fn one(record: &[u8], event: &Event, name: &[u8]) {
    let (domain, kind) = domain_and_type(record.try_into().unwrap());
    match event.body {
        Body::Unknown { domain: d, kind: k, payload } => {
            assert_eq!((d, k, &payload[..]), (domain, kind, &record[16..48]));
        }
        body => assert_eq!((body.domain_number(), body.type_number()), (domain, kind)),
    }
    for path in [None, Some(name)] {
        checks::is_line(&event_line(&Place::new(name), event, path).text);
        let mut json = String::new();
        write_event_json(&mut json, Mount::at(name).found, event, path).unwrap();
        checks::is_json(&json);
    }
}
