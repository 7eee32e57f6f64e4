// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tests that no line is longer than [`LINE_BYTES`], whatever it says and whatever the names are.

use super::samples::{Values, samples};
use crate::event::{Body, Change, Event, Target};
use crate::property::*;
use crate::report::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_line_is_longer_than_what_a_log_takes_in_one_piece(
        given in long_name(),
        found in proptest::option::of(long_name()),
        path in proptest::option::of(long_name()),
    ) {
        let mut place = Place::new(&given);
        place.found_at(found.as_deref());
        let name = path.as_deref().unwrap_or(&given);
        for line in samples(&Values::longest(name)).iter().map(|said| said.line(Some(&place))) {
            prop_assert!(line.text.len() <= LINE_BYTES, "{} of {}", line.text.len(), line.text);
        }
    }
}

/// A name has all the room that the rest of its line leaves.
#[test]
fn a_line_that_fits_has_whole_names() {
    let target = Target::Inode { ino: u64::MAX, generation: u32::MAX };
    let body = Body::Health { change: Change::Sick, target, mask: 1 };
    let text = |length: usize| {
        let path = "/".to_owned() + &"a".repeat(length);
        event_line(&Place::new(b"/m"), &Event { time_ns: 0, body }, Some(path.as_bytes())).text
    };
    let rest = "/m/ core: sick".len();
    let whole = text(LINE_BYTES - rest);
    assert_eq!((whole.len(), whole.contains("...")), (LINE_BYTES, false));
    let short = text(LINE_BYTES - rest + 1);
    assert_eq!((short.len(), short.contains("...")), (LINE_BYTES, true));
    assert!(short.starts_with("/m/aaa") && short.ends_with("aaa core: sick"), "{short}");
}
