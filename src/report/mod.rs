// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a person reads: events and decisions as lines of text.
//!
//! The text is that of xfs_healer 7.2 where that program says something, because people and tests
//! search for it; names that come from the filesystem are escaped so that they cannot forge it.

mod escape;
mod notice;
mod scrub;
mod sink;
mod text;

pub use escape::escape;
pub use notice::{failure_words, notice_line};
pub use scrub::{ScrubNews, error_text, scrub_line};
pub use sink::{MAX_BUFFERED, Sink};
pub use text::{Place, errno_text, event_line, losses_line};

/// Which of the two log streams a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: events and outcomes.
    Out,
    /// Standard error: what is wrong with the healer's own work.
    Err,
}

/// How urgent a line is, as syslog(3) numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Needs a person now.
    Critical = 2,
    /// Something failed.
    Error = 3,
    /// Something is damaged.
    Warning = 4,
    /// Something was mended.
    Notice = 5,
    /// All is well.
    Info = 6,
    /// How it is done.
    Debug = 7,
}

/// A line of the log, without the newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it goes.
    pub stream: Stream,
    /// How urgent it is.
    pub level: Level,
    /// What it says.
    pub text: String,
}

impl Line {
    /// A line on standard output.
    pub fn out(level: Level, text: String) -> Line {
        Line { stream: Stream::Out, level, text }
    }

    /// A line on standard error.
    pub fn err(level: Level, text: String) -> Line {
        Line { stream: Stream::Err, level, text }
    }
}
