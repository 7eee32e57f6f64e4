// SPDX-License-Identifier: LGPL-2.1-or-later
//! Counts of a metric that has a label with a few known words.

use std::collections::BTreeMap;

/// Counts by the word of each.
pub(crate) type ByWord = BTreeMap<&'static str, u64>;

/// Adds to the count of a word.
pub(crate) fn add(counts: &mut ByWord, word: &'static str, number: u64) {
    let count = counts.entry(word).or_default();
    *count = count.saturating_add(number);
}
