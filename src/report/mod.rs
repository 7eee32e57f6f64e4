// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events and decisions as lines of text, which a person reads; and the same for a program, as
//! JSON.
//!
//! The text is that of xfs_healer 7.2 where that program says something, because people and tests
//! search for it; names that come from the filesystem are escaped so that they cannot forge it.
//!
//! Everything with a function `write_…` is written without allocation and without a reachable panic
//! into any [`fmt::Write`], of which only `write_str` is used; the daemon's [`Line`]s are made by
//! the same functions.

mod cause;
mod escape;
mod events;
mod json;
mod notices;
mod out;
mod outcomes;
mod place;

pub use cause::Cause;
#[cfg(test)]
pub(crate) use escape::tests::long_name;
pub use escape::{Escaped, NAME_BYTES, escape, escape_within};
pub use events::{errno_text, event_level, event_line, losses_line, write_event};
pub(crate) use json::{
    Object, event_fields, full_scrub_fields, notice_fields, notice_kind, write_object,
};
pub use json::{failure_name, notice_name};
pub use json::{write_event_json, write_full_scrub_json, write_notice_json};
pub use notices::{full_scrub_level, full_scrub_line, notice_level, notice_line};
pub use notices::{write_full_scrub, write_notice};
pub(crate) use outcomes::{outcome_name, outcome_number, outcome_of};
pub use place::{FsId, Mount, Place};

use out::Out;
use std::fmt;

/// Most bytes of a line of text, without the newline: what syslog(3), the kernel log and logger(1)
/// take in one piece. Whatever comes behind would be a line of its own, with their word that it is
/// ours. The names in it are shortened for that.
pub const LINE_BYTES: usize = 900;

/// The log stream, of the two, that a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: events and outcomes.
    Out,
    /// Standard error: what is wrong with the healer's own work.
    Err,
}

/// Urgency of a line, as syslog(3) numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A person is needed now.
    Critical = 2,
    /// A failure of what the healer does.
    Error = 3,
    /// An event: something is damaged, or could not be read or written.
    Warning = 4,
    /// Damage was mended.
    Notice = 5,
    /// Information: all is well.
    Info = 6,
    /// Details of how the work is done.
    Debug = 7,
}

/// A line of the log, without the newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Stream that the line goes to.
    pub stream: Stream,
    /// Urgency of the line.
    pub level: Level,
    /// Text of the line.
    pub text: String,
}

impl Line {
    pub(crate) fn written(
        (stream, level): (Stream, Level),
        write: impl FnOnce(&mut String) -> fmt::Result,
    ) -> Line {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write(&mut text);
        Line { stream, level, text }
    }

    /// A line on standard output.
    pub fn out(level: Level, text: String) -> Line {
        Line { stream: Stream::Out, level, text }
    }

    /// A line on standard error.
    pub fn err(level: Level, text: String) -> Line {
        Line { stream: Stream::Err, level, text }
    }
}
