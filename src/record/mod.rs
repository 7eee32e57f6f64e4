// SPDX-License-Identifier: LGPL-2.1-or-later
//! Recordings of what the kernel has said of filesystems: how they are written and read.
//!
//! A recording begins with a line of text that names its program, its version and its order of bytes;
//! all that follows is frames. A frame is a head of 24 bytes (length of its content and kind, 4 bytes each;
//! number of the filesystem and nanoseconds of the monotonic clock, 8 bytes each) and the content.
//! [`mod@format`] has the kinds of `xfs_healer`, `errors` those of `fserrord`. A file may hold several recordings, one behind the other.
//!
//! What a person gives away with it are the mount point, the UUID, the device's numbers, the
//! kernel's release, numbers of inodes and positions in them; no name of a file and nothing of what
//! is in it.

mod describe;
mod errors;
pub(crate) mod format;
mod open;
pub(crate) mod reader;
mod recorder;
mod spool;
mod tape;
/// What the fuzzer reaches of this room.
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed {
    pub(crate) use super::reader::whole_bytes;
}

#[cfg(test)]
mod tests;

pub(crate) use describe::Description;
pub(crate) use errors::{ErrorContent, ErrorFilesystem};
pub(crate) use format::{Content, Input};
pub(crate) use open::Home;
pub(crate) use recorder::Recorder;
pub(crate) use tape::Tape;
