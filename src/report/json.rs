// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events and decisions as JSON: one object each, always with the same keys in the same order.

mod object;
#[cfg(test)]
mod tests;

pub(crate) use object::{Object, write_object};

use super::{event_level, full_scrub_level, notice_level};
use crate::event::{Body, Event, Structure, Target, domain_name, text, type_name};
use crate::plan::{Failure, Notice, Reasons};
use std::fmt;

/// Writes an event as an object, without a newline; `path` is that of the inode it is about, below
/// the mount point.
///
/// Names are as they are where they are UTF-8. Any other is escaped as in the lines, and its bytes
/// are in a key of their own.
pub fn write_event_json(
    out: &mut impl fmt::Write,
    mount: &[u8],
    event: &Event,
    path: Option<&[u8]>,
) -> fmt::Result {
    let mut object = Object::begun(out, "event", event_level(event).1)?;
    object.number("time_ns", event.time_ns)?;
    object.name("mount", mount)?;
    event_fields(&mut object, event, path)?;
    object.close()
}

/// Writes what an event says, but for its time and place.
pub(crate) fn event_fields(
    object: &mut Object<'_, impl fmt::Write>,
    event: &Event,
    path: Option<&[u8]>,
) -> fmt::Result {
    if let Body::Unknown { domain, kind, payload } = event.body {
        object.word("event", "unknown")?;
        object.number("domain_number", domain.into())?;
        object.number("type_number", kind.into())?;
        return object.bytes("data", &payload);
    }
    object.word("event", type_name(event.body.type_number()).map_or("", text))?;
    object.word("domain", domain_name(event.body.domain_number()).map_or("", text))?;
    write_body(object, &event.body, path)
}

fn write_body(
    object: &mut Object<'_, impl fmt::Write>,
    body: &Body,
    path: Option<&[u8]>,
) -> fmt::Result {
    match *body {
        Body::Running | Body::Unmount | Body::Unknown { .. } => Ok(()),
        Body::Lost { count } => object.number("count", count),
        Body::Health { target, mask, .. } => {
            let structures = target.domain().structures().iter();
            let mut names = structures.filter(|s| mask & s.bit != 0).map(Structure::name);
            let only = names.clone().next().filter(|_| mask.is_power_of_two());
            object.object(target, only)?;
            object.target(target, path)?;
            object.number("mask", mask.into())?;
            object.words("structures", &mut names)
        }
        Body::Shutdown { reasons } => {
            object.number("mask", reasons.bits().into())?;
            let (phrases, _) = reasons.phrases();
            object.words("reasons", phrases)
        }
        Body::MediaError { daddr, bbcount, .. } => {
            object.number("daddr", daddr)?;
            object.number("bbcount", bbcount)
        }
        Body::FileRange { ino, generation, pos, len, errno, .. } => {
            let target = Target::Inode { ino, generation };
            object.object(target, None)?;
            object.target(target, path)?;
            object.number("pos", pos)?;
            object.number("len", len)?;
            // The kernel named none.
            if errno == 0 { Ok(()) } else { object.number("errno", errno.into()) }
        }
    }
}

/// Writes a decision as an object, see [`write_event_json`].
pub fn write_notice_json(
    out: &mut impl fmt::Write,
    mount: &[u8],
    notice: &Notice,
    path: Option<&[u8]>,
) -> fmt::Result {
    let mut object = Object::begun(out, notice_kind(notice), notice_level(notice).1)?;
    object.name("mount", mount)?;
    notice_fields(&mut object, notice, path)?;
    object.close()
}

/// Writes what a decision says, but for its place.
pub(crate) fn notice_fields(
    object: &mut Object<'_, impl fmt::Write>,
    notice: &Notice,
    path: Option<&[u8]>,
) -> fmt::Result {
    object.word("notice", notice_name(notice))?;
    if let Some(key) = notice.key() {
        object.key(key, path)?;
    }
    match *notice {
        Notice::Failed(_, why) | Notice::OfflineNeeded(_, why) => write_failure(object, why),
        Notice::Unreachable(errno) => object.signed("errno", errno.into()),
        Notice::WouldScrub(reasons) => object.words("reasons", reasons.names()),
        _ => Ok(()),
    }
}

fn write_failure(object: &mut Object<'_, impl fmt::Write>, why: Failure) -> fmt::Result {
    object.word("failure", failure_name(why))?;
    match why {
        Failure::Errno(errno) => object.signed("errno", errno.into()),
        _ => Ok(()),
    }
}

/// Writes that a full scrub is to be started as an object, see [`write_event_json`].
pub fn write_full_scrub_json(
    out: &mut impl fmt::Write,
    mount: &[u8],
    reasons: Reasons,
) -> fmt::Result {
    let mut object = Object::begun(out, "full_scrub", full_scrub_level().1)?;
    object.name("mount", mount)?;
    full_scrub_fields(&mut object, reasons)?;
    object.close()
}

/// Writes why a full scrub is to be started.
pub(crate) fn full_scrub_fields(
    object: &mut Object<'_, impl fmt::Write>,
    reasons: Reasons,
) -> fmt::Result {
    object.word("notice", "full_scrub")?;
    object.words("reasons", reasons.names())
}

/// The kind of object that a decision is written as.
pub(crate) fn notice_kind(notice: &Notice) -> &'static str {
    match notice {
        Notice::ScrubWithheld
        | Notice::ScrubUnsafe
        | Notice::ScrubFatal
        | Notice::WouldScrub(_) => "full_scrub",
        notice if notice.key().is_some() => "repair",
        _ => "notice",
    }
}

/// The word for a kind of decision.
pub const fn notice_name(notice: &Notice) -> &'static str {
    match notice {
        Notice::Repaired(_) => "repaired",
        Notice::NoModification(_) => "no_modification",
        Notice::Failed(..) => "failed",
        Notice::CrossFailed(_) => "cross_failed",
        Notice::OfflineNeeded(..) => "offline_needed",
        Notice::Gone(_) => "gone",
        Notice::Postponed(_) => "postponed",
        Notice::ReadOnly => "read_only",
        Notice::NoRecovery => "no_recovery",
        Notice::Unreachable(_) => "unreachable",
        Notice::TooManyFailures => "too_many_failures",
        Notice::DeviceTrouble => "device_trouble",
        Notice::Slow(_) => "slow",
        Notice::ScrubWithheld => "scrub_withheld",
        Notice::ScrubUnsafe => "scrub_unsafe",
        Notice::ScrubFatal => "scrub_fatal",
        Notice::TableFull => "table_full",
        Notice::TooManyVanished => "too_many_vanished",
        Notice::ShutDown => "shut_down",
        Notice::WouldRepair(_) => "would_repair",
        Notice::WouldScrub(_) => "would_scrub",
    }
}

/// The word for a kind of failure.
pub const fn failure_name(why: Failure) -> &'static str {
    match why {
        Failure::Corrupt => "corrupt",
        Failure::Device => "device",
        Failure::Unsupported => "unsupported",
        Failure::KernelDefect => "kernel_defect",
        Failure::Unlinked => "unlinked",
        Failure::LoadsUnlinked => "loads_unlinked",
        Failure::Vanished => "vanished",
        Failure::Errno(_) => "errno",
    }
}
