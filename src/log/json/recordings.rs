// SPDX-License-Identifier: LGPL-2.1-or-later
//! Keys of news about recordings.

use crate::event::text;
use crate::log::recording::{
    BadRecording, CannotRecord, Flaw, NotWritten, Recorded, RecordingNews,
};
use crate::plan::{Key, Outcome};
use crate::report::{Cause, Object, outcome_name, outcome_number};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

pub(super) fn recording(object: &mut Object<'_, String>, news: &RecordingNews) -> fmt::Result {
    match news {
        RecordingNews::Refused(path, why) => {
            object.word("notice", "recording_refused")?;
            object.name("file", path.as_os_str().as_bytes())?;
            refused(object, why)
        }
        RecordingNews::Lost(path, count, why) => {
            object.word("notice", "recording_incomplete")?;
            object.name("file", path.as_os_str().as_bytes())?;
            object.number("count", *count)?;
            let (reason, error) = match why {
                NotWritten::TooSlow => ("too_slow", None),
                NotWritten::TooLong => ("too_long", None),
                NotWritten::Failed(error) => ("failed", Some(error)),
                NotWritten::Killed => ("thread_killed", None),
            };
            reasoned(object, reason, error)
        }
        RecordingNews::Begins { program, kernel } => {
            object.word("notice", "replay_begins")?;
            object.name("program", program.as_bytes())?;
            object.name("kernel", kernel.as_bytes())
        }
        RecordingNews::Filesystem(recorded) => filesystem(object, recorded),
        RecordingNews::Missing(count) => {
            object.word("notice", "replay_incomplete")?;
            object.number("count", *count)
        }
        RecordingNews::Broken(trouble) => {
            object.word("notice", "replay_failed")?;
            self::trouble(object, trouble)
        }
    }
}

pub(super) fn repair(object: &mut Object<'_, String>, key: Key, outcome: Outcome) -> fmt::Result {
    object.word("notice", "replay_repair")?;
    object.key(key, None)?;
    let name = outcome_name(outcome_number(outcome));
    object.word("result", name.map_or("", text))?;
    outcome.errno().map_or(Ok(()), |errno| object.signed("errno", errno.into()))
}

fn filesystem(object: &mut Object<'_, String>, recorded: &Recorded) -> fmt::Result {
    object.word("notice", "replay_filesystem")?;
    object.number("ag_count", recorded.ag_count.into())?;
    object.truth("rmapbt", recorded.has_rmapbt)?;
    object.truth("parent_pointers", recorded.has_parent)?;
    object.word("policy", recorded.policy.name())
}

fn refused(object: &mut Object<'_, String>, why: &CannotRecord) -> fmt::Result {
    let (reason, error) = match why {
        CannotRecord::OnFilesystem => ("on_filesystem", None),
        CannotRecord::OnXfs => ("on_xfs", None),
        CannotRecord::NotRegular => ("not_regular", None),
        CannotRecord::NotOwn => ("not_own", None),
        CannotRecord::Linked => ("linked", None),
        CannotRecord::Busy(_) => ("busy", None),
        CannotRecord::Failed(error) => ("failed", Some(error)),
        CannotRecord::Broken(trouble) => return self::trouble(object, trouble),
    };
    reasoned(object, reason, error)
}

fn trouble(object: &mut Object<'_, String>, trouble: &BadRecording) -> fmt::Result {
    object.number("offset", trouble.offset)?;
    let (reason, error) = match &trouble.what {
        Flaw::Failed(error) => ("failed", Some(error)),
        Flaw::NoRecording(_) => ("no_recording", None),
        Flaw::OfOther(_) => ("other_program", None),
        Flaw::Version => ("version", None),
        Flaw::LineEnds => ("line_ends", None),
        Flaw::ByteOrder => ("byte_order", None),
        Flaw::Torn => ("torn", None),
        Flaw::Kind(_) => ("unknown_frame", None),
        Flaw::Length(..) => ("length", None),
        Flaw::Value(_) => ("value", None),
        Flaw::Undescribed(_) => ("undescribed", None),
        Flaw::TooMany => ("too_many", None),
    };
    reasoned(object, reason, error)
}

fn reasoned(object: &mut Object<'_, String>, reason: &str, error: Option<&Cause>) -> fmt::Result {
    object.word("reason", reason)?;
    match error.and_then(Cause::errno) {
        Some(errno) => object.signed("errno", errno.into()),
        None => Ok(()),
    }
}
