// SPDX-License-Identifier: LGPL-2.1-or-later
//! The book of what the hook was told, beside a list.

use super::Input;
use crate::hook::fuzzed::Book;
use crate::plan::Time;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// What was told is known for an hour, unless it is forgotten.
pub(super) fn hook(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut book = Book::default();
    let mut list: Vec<(Vec<u8>, Time)> = Vec::new();
    let mut now = Time::default();
    while !input.is_empty() {
        let step = input.below(8);
        let key = input.bytes(2).to_vec();
        match step {
            0..=4 => {
                let is_known = list.iter().any(|(told, at)| *told == key && now.since(*at) < HOUR);
                assert_eq!(book.knows(&key, now), is_known);
                if !is_known && book.enter(key.clone(), now) {
                    list.push((key, now));
                }
            }
            5 => {
                book.forget(&key);
                list.retain(|(told, _)| *told != key);
            }
            6 => now = now.after(Duration::from_secs(input.number())),
            _ => now = now.after(HOUR / 2),
        }
    }
}
