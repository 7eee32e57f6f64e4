// SPDX-License-Identifier: LGPL-2.1-or-later
//! News about recordings: that one cannot be made, and what one is that is replayed.

pub(super) mod words;

use crate::plan::Policy;
use crate::report::Cause;
use crate::sys::DeviceNumber;
use std::path::PathBuf;

/// News about a recording that is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingNews {
    /// Nothing can be recorded in this file.
    Refused(PathBuf, CannotRecord),
    /// Number of reports that were not recorded in this file.
    Lost(PathBuf, u64, NotWritten),
    /// A recording that is replayed begins here: the program and the kernel that made it.
    Begins {
        /// Version of the program.
        program: String,
        /// Release of the kernel.
        kernel: String,
    },
    /// A filesystem that is replayed, as it was when its recording began.
    Filesystem(Recorded),
    /// Number of reports that are missing from the recording that is replayed.
    Missing(u64),
    /// The recording cannot be replayed, or not to its end.
    Broken(BadRecording),
}

/// The facts of a filesystem that a recording tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// UUID of the filesystem.
    pub uuid: [u8; 16],
    /// Numbers of its device.
    pub device: DeviceNumber,
    /// Number of allocation groups.
    pub ag_count: u32,
    /// True if there are reverse mappings.
    pub has_rmapbt: bool,
    /// True if there are parent pointers.
    pub has_parent: bool,
    /// Policy that is replayed.
    pub policy: Policy,
}

/// Reason why nothing can be recorded in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CannotRecord {
    /// The file is on the filesystem that is monitored.
    OnFilesystem,
    /// The file is on an XFS, and every XFS is monitored.
    OnXfs,
    /// The file is not a regular one, or its path ends with a symbolic link.
    NotRegular,
    /// Another user owns the file.
    NotOwn,
    /// The file has more names than this.
    Linked,
    /// Another process of this program records in the file.
    Busy(&'static str),
    /// A call has failed.
    Failed(Cause),
    /// The file has something in it that is no recording.
    Broken(BadRecording),
}

/// Reason why a report was not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// The file takes less than what comes.
    TooSlow,
    /// The file is as long as it may become.
    TooLong,
    /// A call has failed.
    Failed(Cause),
    /// The thread that was to write was killed in the kernel.
    Killed,
}

/// Fault of a recording, and its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecording {
    /// Bytes before the frame with the fault.
    pub offset: u64,
    /// The fault.
    pub what: Flaw,
}

/// Fault of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A call has failed.
    Failed(Cause),
    /// The file does not begin as a recording of this program does.
    NoRecording(&'static str),
    /// The file begins as a recording of this other program does.
    OfOther(&'static str),
    /// The recording has another version of the format.
    Version,
    /// The recording is from a machine with another order of bytes.
    ByteOrder,
    /// The end of the first line is that of a text of another system: whatever has changed it has
    /// changed other bytes as well.
    LineEnds,
    /// The file ends within a frame.
    Torn,
    /// A frame of an unknown kind.
    Kind(u32),
    /// A frame of this kind that is too long or too short.
    Length(u32, u32),
    /// A value, by its name, that makes no sense.
    Value(&'static str),
    /// A report of a filesystem that was not described.
    Undescribed(u64),
    /// More filesystems at once than are replayed.
    TooMany,
}
