// SPDX-License-Identifier: LGPL-2.1-or-later
//! Errors of the system, as messages name them.

use super::errno_text;
use std::fmt;
use std::io;

/// An error of a call, as a message names it: in the words of strerror(3), without the number that
/// Rust adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The errno of a system call.
    Errno(i32),
    /// Words of the standard library, for an error that no system call gave.
    Words(String),
}

impl Cause {
    /// The errno; `None` if no system call gave the error.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Cause::Errno(errno) => Some(*errno),
            Cause::Words(_) => None,
        }
    }
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Cause {
        error.raw_os_error().map_or_else(|| Cause::Words(error.to_string()), Cause::Errno)
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Cause {
        Cause::from(&error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Errno(errno) => f.write_str(&errno_text(*errno)),
            Cause::Words(words) => f.write_str(words),
        }
    }
}
