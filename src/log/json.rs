// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is said as JSON: one object in each line, for programs.
//!
//! The man page xfs_healer-json(5) has the keys. What is said of events and decisions the C library
//! writes too; see [`crate::report`].

mod fields;
mod fserrors;
mod hooks;
mod losses;
mod recordings;

use super::date::rfc_3339;
use super::said::{CrowdKind, Detail, Said};
use crate::event::Event;
use crate::report::{Level, Line, Object, Place, notice_kind};
pub(crate) use fields::verdict_name;
pub(crate) use fserrors::{class_name, e2scrub_result, scrub_result};
pub(crate) use losses::{cause_name, loss_name};

use fields::Written;
use std::fmt;
use std::time::SystemTime;

/// Number of a line, and time at which it was queued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub seq: u64,
    pub time: SystemTime,
}

impl Stamp {
    /// The time is now.
    pub fn new(seq: u64) -> Stamp {
        Stamp { seq, time: SystemTime::now() }
    }
}

/// The line for a thing that is said, which is this in text, without the newline.
pub(crate) fn line(said: &Said, place: Option<&Place>, stamp: Stamp, text: &Line) -> String {
    let mut line = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut line, said, place, stamp, text);
    line
}

/// The line that this number of lines was lost.
pub(super) fn lost_line(lines: u64, stamp: Stamp) -> String {
    let mut line = String::new();
    // Writing to a String cannot fail.
    let _ = begin(&mut line, "notice", stamp, Level::Error).and_then(|mut object| {
        object.word("notice", "log_lines_lost")?;
        object.number("count", lines)?;
        object.close()
    });
    line
}

fn begin<'a>(
    out: &'a mut String,
    kind: &str,
    stamp: Stamp,
    level: Level,
) -> Result<Written<'a>, fmt::Error> {
    let mut object = Object::begun(out, kind, level)?;
    object.number("seq", stamp.seq)?;
    object.word("time", &rfc_3339(stamp.time))?;
    Ok(object)
}

fn write(
    out: &mut String,
    said: &Said,
    place: Option<&Place>,
    stamp: Stamp,
    text: &Line,
) -> fmt::Result {
    let mut object = begin(out, kind(said), stamp, text.level)?;
    if let Said::Event(Event { time_ns, .. }, _) = said {
        // Zero: the kernel has not said when, as it was found by a look.
        if *time_ns != 0 {
            object.number("time_ns", *time_ns)?;
        }
    }
    if let Some(place) = place.filter(|place| place.is_mount()) {
        object.name("mount", place.mount().found)?;
        if let Some(id) = place.id() {
            object.word("fs_uuid", &id.uuid())?;
        }
        if let Some((major, minor)) = place.device() {
            object.word("dev", &format!("{major}:{minor}"))?;
        }
        if place.is_covered() {
            object.truth("covered", true)?;
        }
    }
    fields::fields(&mut object, said)?;
    // Header and end have none.
    if !text.text.is_empty() {
        object.name("message", text.text.as_bytes())?;
    }
    object.close()
}

fn kind(said: &Said) -> &'static str {
    match said {
        Said::Header(_) => "header",
        Said::Event(..) | Said::SilentLoss | Said::MoreReports(..) => "event",
        Said::Crowd { kind: CrowdKind::Untried, .. } => "repair",
        Said::Crowd { .. } => "event",
        Said::Notice(notice, _) => notice_kind(notice),
        Said::Loss(..) | Said::MoreLosses(_) => "loss",
        Said::FullScrubWanted(_) | Said::FullScrub(_) => "full_scrub",
        Said::OneShot(_) | Said::Summary(_) | Said::Left(..) | Said::LeftMore(_) => "status",
        Said::Detail(Detail::LookEnded(..)) => "look",
        Said::Detail(Detail::RepairStarts(_)) => "repair",
        Said::FsError(news) => fserrors::kind(news),
        Said::End { .. } => "end",
        Said::Recording(_)
        | Said::RecordedRepair(..)
        | Said::Hook(_)
        | Said::Policy(_)
        | Said::Refused(_)
        | Said::Silent(_)
        | Said::Fault(_)
        | Said::Healer(_)
        | Said::Mounts(_) => "notice",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::said::Refusal;
    use crate::report::Cause;
    use std::time::Duration;

    fn stamp() -> Stamp {
        Stamp { seq: 7, time: SystemTime::UNIX_EPOCH + Duration::new(1_796_000_000, 5) }
    }

    #[test]
    fn a_line_has_a_number_a_time_and_the_words_of_the_text() {
        let place = Place::new(b"/m");
        let refused = Said::Refused(Refusal::Failed(Cause::Errno(libc::EPERM)));
        assert_eq!(
            line(&refused, Some(&place), stamp(), &refused.line(Some(&place))),
            r#"{"v":1,"kind":"notice","priority":3,"seq":7,"#.to_owned()
                + r#""time":"2026-11-30T00:53:20.000000005Z","mount":"/m","notice":"refused","#
                + r#""reason":"failed","errno":1,"message":"/m: Operation not permitted"}"#
        );
        let program = Place::named(b"xfs_healer");
        let text = line(&refused, Some(&program), stamp(), &refused.line(Some(&program)));
        assert!(!text.contains("\"mount\""), "{text}");
        assert!(text.ends_with(r#""message":"xfs_healer: Operation not permitted"}"#), "{text}");
        assert_eq!(
            lost_line(3, stamp()),
            r#"{"v":1,"kind":"notice","priority":3,"seq":7,"#.to_owned()
                + r#""time":"2026-11-30T00:53:20.000000005Z","#
                + r#""notice":"log_lines_lost","count":3}"#
        );
    }
}
