// SPDX-License-Identifier: LGPL-2.1-or-later
//! Words with the stream and the level that they are said on.

use crate::report::{LINE_BYTES, Level, NAME_BYTES, Stream};

/// Words of a line, behind the name of what they are about, and how they are said.
pub(super) type Words = (Stream, Level, String);

/// Words on standard output.
pub(super) fn out(level: Level, words: impl Into<String>) -> Words {
    (Stream::Out, level, words.into())
}

/// Words on standard error.
pub(super) fn err(level: Level, words: impl Into<String>) -> Words {
    (Stream::Err, level, words.into())
}

/// Bytes that these words, and what goes between, leave for the name before them.
pub(super) fn room_before(words: &str) -> usize {
    NAME_BYTES.min(LINE_BYTES.saturating_sub(words.len() + 2))
}
