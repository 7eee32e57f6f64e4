// SPDX-License-Identifier: LGPL-2.1-or-later
//! Keys of news about errors of filesystems.

use crate::event::Target;
use crate::log::fserror::{
    Class, E2scrubEnd, ErrorAction, ErrorFile, FsError, FsErrorNews, Listing, Reports,
    UNCORRECTABLE, Unreached, Unseen,
};
use crate::report::Object;
use crate::sys::file_handle::InodeNumber;
use std::fmt;

/// The kind of object that news are written as.
pub(super) const fn kind(news: &FsErrorNews) -> &'static str {
    match news {
        FsErrorNews::Error(_)
        | FsErrorNews::Again(..)
        | FsErrorNews::More(_)
        | FsErrorNews::Counted(_)
        | FsErrorNews::Lost(_) => "event",
        FsErrorNews::Listed(..) | FsErrorNews::Summary(_) => "status",
        FsErrorNews::Senseless(_)
        | FsErrorNews::Watched(..)
        | FsErrorNews::NotWatched(..)
        | FsErrorNews::NotSeen(..)
        | FsErrorNews::TypeNotWatched(_)
        | FsErrorNews::TypeUnknown(_)
        | FsErrorNews::ScrubStarts
        | FsErrorNews::ScrubSaid(_)
        | FsErrorNews::ScrubEnded(_)
        | FsErrorNews::E2scrubStarts
        | FsErrorNews::E2scrubSaid(_)
        | FsErrorNews::E2scrubEnded(_)
        | FsErrorNews::Noted(_)
        | FsErrorNews::ActThreadless
        | FsErrorNews::ActUnreached(_) => "notice",
    }
}

pub(super) fn fs_error(object: &mut Object<'_, String>, news: &FsErrorNews) -> fmt::Result {
    match news {
        FsErrorNews::Error(error) => {
            object.word("event", "fs_error")?;
            of_error(object, error)
        }
        FsErrorNews::Again(error, times) => {
            object.word("event", "fs_error_again")?;
            of_error(object, error)?;
            object.number("count", *times)
        }
        FsErrorNews::More(errors) => counted(object, "event", "more_fs_errors", *errors),
        FsErrorNews::Counted(errors) => counted(object, "event", "fs_errors_counted", *errors),
        FsErrorNews::Lost(times) => counted(object, "event", "fs_errors_lost", *times),
        FsErrorNews::Senseless(events) => counted(object, "notice", "senseless_events", *events),
        FsErrorNews::Summary(errors) => counted(object, "status", "fs_errors", *errors),
        FsErrorNews::Watched(name, reports) => {
            object.word("notice", "watched")?;
            object.name("fs_type", name)?;
            object.word("reports", reports_name(*reports))
        }
        FsErrorNews::NotWatched(name, error) => {
            object.word("notice", "not_watched")?;
            object.name("fs_type", name)?;
            error.errno().map_or(Ok(()), |errno| object.signed("errno", errno.into()))
        }
        FsErrorNews::NotSeen(name, why) => {
            object.word("notice", "not_watched")?;
            object.name("fs_type", name)?;
            object.word("reason", unseen_name(*why))
        }
        FsErrorNews::TypeNotWatched(name) => {
            object.word("notice", "type_not_watched")?;
            object.name("fs_type", name)
        }
        FsErrorNews::TypeUnknown(name) => {
            object.word("notice", "type_unknown")?;
            object.name("fs_type", name)
        }
        FsErrorNews::ScrubStarts => object.word("notice", "scrub_started"),
        FsErrorNews::ScrubSaid(text) => said_by(object, "scrub_output", text),
        FsErrorNews::E2scrubSaid(text) => said_by(object, "e2scrub_output", text),
        FsErrorNews::ScrubEnded(code) => {
            object.word("notice", "scrub_ended")?;
            object.word("result", scrub_result(*code))?;
            code.map_or(Ok(()), |code| object.signed("exit_code", code.into()))
        }
        FsErrorNews::E2scrubStarts => object.word("notice", "e2scrub_started"),
        FsErrorNews::E2scrubEnded(end) => {
            object.word("notice", "e2scrub_ended")?;
            object.word("result", e2scrub_result(end))?;
            match end {
                E2scrubEnd::Unclear(unit) => object.name("unit", unit.as_bytes()),
                _ => Ok(()),
            }
        }
        FsErrorNews::Noted(errors) => counted(object, "notice", "errors_noted", *errors),
        FsErrorNews::ActThreadless => object.word("notice", "no_thread_to_act"),
        FsErrorNews::ActUnreached(why) => {
            object.word("notice", "cannot_act")?;
            let reason = match why {
                Unreached::Covered => "covered",
                Unreached::Unopened => "not_opened",
            };
            object.word("reason", reason)
        }
        FsErrorNews::Listed(name, listed) => {
            object.word("status", "filesystem")?;
            object.name("fs_type", name)?;
            of_listing(object, *listed)
        }
    }
}

/// The word for a class of errors.
pub(crate) const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Shutdown => "shutdown",
        Class::Metadata => "metadata",
        Class::Caller => "caller",
        Class::Other => "other",
    }
}

/// The word for the result of a scrub of btrfs that has ended with this exit code.
pub(crate) const fn scrub_result(code: Option<i32>) -> &'static str {
    match code {
        Some(0) => "clean",
        Some(UNCORRECTABLE) => "damage_left",
        _ => "failed",
    }
}

/// The word for the result of a check by e2scrub.
pub(crate) const fn e2scrub_result(end: &E2scrubEnd) -> &'static str {
    match end {
        E2scrubEnd::Clean => "clean",
        E2scrubEnd::Damaged => "damage_left",
        E2scrubEnd::NoRoom => "no_room",
        E2scrubEnd::NotChecked => "failed",
        E2scrubEnd::Unclear(_) => "unknown",
    }
}

fn said_by(object: &mut Object<'_, String>, name: &str, text: &[u8]) -> fmt::Result {
    object.word("notice", name)?;
    object.name("output", text)
}

fn counted(object: &mut Object<'_, String>, label: &str, name: &str, count: u64) -> fmt::Result {
    object.word(label, name)?;
    object.number("count", count)
}

fn of_error(object: &mut Object<'_, String>, error: &FsError) -> fmt::Result {
    object.word("class", class_name(error.class()))?;
    object.signed("errno", error.errno.into())?;
    match &error.file {
        None => Ok(()),
        Some(ErrorFile::Path(path, None)) => object.name("path", path),
        Some(ErrorFile::Path(path, Some(number))) => inode(object, *number, Some(path)),
        Some(ErrorFile::Inode(number)) => inode(object, *number, None),
        Some(ErrorFile::Handle(kind, bytes)) => {
            object.signed("handle_type", (*kind).into())?;
            object.bytes("handle", bytes)
        }
    }
}

fn of_listing(object: &mut Object<'_, String>, listing: Listing) -> fmt::Result {
    match listing {
        Listing::Watched(reports, action) => {
            object.word("reports", reports_name(reports))?;
            action.map_or(Ok(()), |action| object.word("act", action_name(action)))
        }
        Listing::NotWatched => object.word("reports", "not_watched"),
        Listing::NotSeen(why) => {
            object.word("reports", "not_watched")?;
            object.word("reason", unseen_name(why))
        }
    }
}

const fn unseen_name(why: Unseen) -> &'static str {
    match why {
        Unseen::Covered => "covered",
        Unseen::OnlyFile => "only_file",
    }
}

fn inode(object: &mut Object<'_, String>, number: InodeNumber, path: Option<&[u8]>) -> fmt::Result {
    let target = Target::Inode { ino: number.ino, generation: number.generation };
    object.object(target, None)?;
    object.target(target, path)?;
    number.subvolume.map_or(Ok(()), |subvolume| object.number("subvolume", subvolume))
}

const fn action_name(action: ErrorAction) -> &'static str {
    match action {
        ErrorAction::Healer => "healer",
        ErrorAction::Scrub => "scrub",
        ErrorAction::E2scrub => "e2scrub",
        ErrorAction::Note => "note",
    }
}

const fn reports_name(reports: Reports) -> &'static str {
    match reports {
        Reports::All => "metadata_and_data",
        Reports::Metadata => "metadata",
        Reports::MetadataAndDirect => "metadata_and_direct_io",
        Reports::ShutdownAndDirect => "shutdown_and_direct_io",
        Reports::Unknown => "unknown",
    }
}
