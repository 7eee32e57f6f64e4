// SPDX-License-Identifier: LGPL-2.1-or-later
//! The words for news about recordings.

use super::{BadRecording, CannotRecord, Flaw, NotWritten, Recorded, RecordingNews};
use crate::log::manner::{Words, err, out};
use crate::plan::{Outcome, Policy};
use crate::report::{Escaped, Level, errno_text};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Bytes of a name that a line of these has room for, beside another.
const ROOM: usize = 350;

/// The words for the news.
pub(crate) fn words(news: &RecordingNews) -> Words {
    match news {
        RecordingNews::Refused(path, why) => {
            let words = format!("cannot record in {:.ROOM$}: {}", name(path), refusal(why));
            err(Level::Error, words)
        }
        RecordingNews::Lost(path, reports, why) => {
            let (path, why) = (name(path), loss(why));
            err(
                Level::Error,
                format!("{reports} reports were not recorded in {path:.ROOM$}: {why}"),
            )
        }
        RecordingNews::Begins { program, kernel } => {
            let [program, kernel] = [program, kernel].map(|name| Escaped(name.as_bytes()));
            out(Level::Info, format!("recorded by {program:.99} on Linux {kernel:.99}"))
        }
        RecordingNews::Filesystem(recorded) => out(Level::Info, filesystem(recorded)),
        RecordingNews::Missing(reports) => {
            err(Level::Error, format!("{reports} reports are missing here, they were not recorded"))
        }
        RecordingNews::Broken(trouble) => err(Level::Error, broken(trouble)),
    }
}

/// The words for what a repair has come to.
pub(crate) fn outcome(outcome: Outcome) -> String {
    let words = match outcome {
        Outcome::Repaired => "successful",
        Outcome::Fine => "no modification needed",
        Outcome::Failed => "unsuccessful",
        Outcome::DeviceError => "the device failed",
        Outcome::CrossFailed => "cross-referencing failed",
        Outcome::Incomplete => "not finished",
        Outcome::Gone => "there was nothing any more",
        Outcome::Busy => "busy",
        Outcome::NoRoom => "no memory or space",
        Outcome::ReadOnly => "read-only",
        Outcome::NoRecovery => "mounted norecovery",
        Outcome::Shutdown => "the filesystem had shut down",
        Outcome::Unsupported => "not supported",
        Outcome::NotJudged => "it could not be judged",
        Outcome::KernelDefect => "not tried, as it would have crashed the kernel",
        Outcome::Unlinked => "not tried, as it would have shut the filesystem down",
        Outcome::Forbidden => "forbidden",
        Outcome::Vanished => "its thread was killed in the kernel",
        Outcome::Unreachable(errno) => return format!("not reached: {}", errno_text(errno)),
        Outcome::Error(errno) => return errno_text(errno),
    };
    words.to_owned()
}

fn name(path: &Path) -> Escaped<'_> {
    Escaped(path.as_os_str().as_bytes())
}

fn refusal(why: &CannotRecord) -> String {
    match why {
        CannotRecord::OnFilesystem => {
            "it is on this filesystem, which it would hold and change".to_owned()
        }
        CannotRecord::OnXfs => {
            "it is on an XFS, which is monitored, and which it would hold and change".to_owned()
        }
        CannotRecord::NotRegular => "it is not a regular file".to_owned(),
        CannotRecord::NotOwn => "it belongs to another user".to_owned(),
        CannotRecord::Linked => "it has more than one name".to_owned(),
        CannotRecord::Busy(program) => format!("another {program} records in it"),
        CannotRecord::Failed(error) => error.to_string(),
        CannotRecord::Broken(trouble) => broken(trouble),
    }
}

fn loss(why: &NotWritten) -> String {
    match why {
        NotWritten::TooSlow => "it takes less than what comes".to_owned(),
        NotWritten::TooLong => "it is as long as it may become".to_owned(),
        NotWritten::Failed(error) => error.to_string(),
        NotWritten::Killed => "the thread that was to write was killed in the kernel".to_owned(),
    }
}

fn filesystem(recorded: &Recorded) -> String {
    let Recorded { device: (major, minor), ag_count, .. } = recorded;
    let mut text = format!("device {major}:{minor}, UUID ");
    for (at, byte) in recorded.uuid.iter().enumerate() {
        let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
        text += &format!("{dash}{byte:02x}");
    }
    let with = |has| if has { "with" } else { "without" };
    let (rmapbt, parent) = (with(recorded.has_rmapbt), with(recorded.has_parent));
    let policy = match recorded.policy {
        Policy::Ignore => "at first policy none",
        Policy::Log => "at first policy check",
        Policy::Repair => "at first policy repair",
    };
    text += &format!(", {ag_count} AGs, {rmapbt} reverse mappings, {parent} parent pointers; ");
    text + policy
}

fn broken(trouble: &BadRecording) -> String {
    let what = match &trouble.what {
        Flaw::Failed(error) if trouble.offset == 0 => return error.to_string(),
        Flaw::Failed(error) => error.to_string(),
        Flaw::NoRecording(program) => format!("no recording of {program} begins here"),
        Flaw::OfOther(program) => {
            return format!("it is a recording of {program}; replay it with {program} --replay");
        }
        Flaw::Version => "recorded in another version of the format".to_owned(),
        Flaw::LineEnds => {
            "it was changed on the way as if it were text; copy the file as it is".to_owned()
        }
        Flaw::ByteOrder => "recorded on a machine with another order of bytes".to_owned(),
        Flaw::Torn => "the file ends within a frame".to_owned(),
        Flaw::Kind(kind) => format!("a frame of the unknown kind {kind}"),
        Flaw::Length(kind, len) => format!("a frame of kind {kind} with {len} bytes"),
        Flaw::Value(name) => format!("a {name} that makes no sense"),
        Flaw::Undescribed(number) => format!("a report of filesystem {number}, which is unknown"),
        Flaw::TooMany => "too many filesystems at once".to_owned(),
    };
    format!("offset {}: {what}", trouble.offset)
}
