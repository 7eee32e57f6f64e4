// SPDX-License-Identifier: LGPL-2.1-or-later
//! Words with the stream and the level that they are said on.

use crate::report::{Level, Stream};

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
