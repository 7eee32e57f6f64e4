// SPDX-License-Identifier: LGPL-2.1-or-later
//! The form of the log.

/// Form in which everything is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines for a person, on both streams.
    Text,
    /// JSON objects for a program, all on standard output.
    Json,
}

impl Form {
    /// JSON from the beginning, or text.
    pub fn new(is_json: bool) -> Form {
        if is_json { Form::Json } else { Form::Text }
    }
}
