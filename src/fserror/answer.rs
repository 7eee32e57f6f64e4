// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the files of this room tell each other: answers of workers, failures, and things to say.

use super::files::MarkEnd;
use super::names::FileName;
use super::remedy::{RemedyEnd, SearchEnd};
use crate::log::said::Said;
use crate::mounts::{MountFailure, MountFailures};
use crate::record::Recorder;
use crate::report::Place;
use crate::sys::file_handle::FileHandle;
use std::io;

/// Answer of a worker.
#[derive(Debug)]
pub enum ErrorAnswer {
    /// The result of an attempt to mark a filesystem.
    Marked(MarkEnd),
    /// Names of files that were looked for.
    Named(Vec<(FileHandle, FileName)>),
    /// True if the filesystem has shut down, as far as it tells.
    Down(bool),
    /// The end of the search for a filesystem that something is to be done for.
    Found(SearchEnd),
    /// The end of what was done about errors.
    Remedied(RemedyEnd),
    /// What is recorded in, or what is to be said of that; `None` if there was no thread.
    Recorder(Option<Result<Recorder, Said>>),
}

/// Says something, of the filesystem at a place or of the program.
pub type Speak<'a> = &'a mut dyn FnMut(Option<&Place>, &Said);

/// The failure of a call without which the program cannot go on.
pub fn failed(name: &'static str) -> impl Fn(io::Error) -> MountFailures {
    move |error| vec![MountFailure::Call(name, error.into())]
}
