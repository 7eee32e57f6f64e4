// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events and decisions as JSON: one object each, always with the same keys in the same order.

#[cfg(test)]
mod tests;

use super::Out;
use super::escape::escape_in_json;
use crate::event::{Body, Event, Target, domain_name, text, type_name};
use crate::plan::{Failure, Key, Notice, Reasons};
use std::fmt;

/// Writes an event as an object, without a newline; `path` is that of the inode it is about, below
/// the mount point.
///
/// Bytes that are not printable UTF-8 have no place in JSON: `mount` and `path` are escaped as in
/// the lines first, so that each name has a form of its own.
pub fn write_event_json(
    out: &mut impl fmt::Write,
    mount: &[u8],
    event: &Event,
    path: Option<&[u8]>,
) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.number("time_ns", event.time_ns)?;
    object.name("mount", mount)?;
    if let Body::Unknown { domain, kind, payload } = event.body {
        object.word("event", "unknown")?;
        object.number("domain_number", domain.into())?;
        object.number("type_number", kind.into())?;
        object.bytes("data", &payload)?;
        return object.close();
    }
    object.word("event", type_name(event.body.type_number()).map_or("", text))?;
    object.word("domain", domain_name(event.body.domain_number()).map_or("", text))?;
    write_body(&mut object, &event.body, path)?;
    object.close()
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
            object.target(target, path)?;
            object.number("mask", mask.into())?;
            let structures = target.domain().structures().iter();
            let names = structures.filter(|s| mask & s.bit != 0).map(|s| s.name());
            object.words("structures", names)
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
            object.target(Target::Inode { ino, generation }, path)?;
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
    let mut object = Object::open(out)?;
    object.name("mount", mount)?;
    object.word("notice", notice_name(notice))?;
    if let Some(key) = notice.key() {
        object.key(key, path)?;
    }
    match *notice {
        Notice::Failed(_, why) | Notice::OfflineNeeded(_, why) => object.failure(why)?,
        Notice::Unreachable(errno) => object.signed("errno", errno.into())?,
        Notice::WouldScrub(reasons) => object.words("reasons", reasons.names())?,
        _ => {}
    }
    object.close()
}

/// Writes that a full scrub is to be started as an object, see [`write_event_json`].
pub fn write_full_scrub_json(
    out: &mut impl fmt::Write,
    mount: &[u8],
    reasons: Reasons,
) -> fmt::Result {
    let mut object = Object::open(out)?;
    object.name("mount", mount)?;
    object.word("notice", "full_scrub")?;
    object.words("reasons", reasons.names())?;
    object.close()
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
        Failure::Vanished => "vanished",
        Failure::Errno(_) => "errno",
    }
}

/// An object that is being written. Keys and words are ours, and need no escaping.
struct Object<'a, W> {
    out: &'a mut W,
    separator: &'static str,
}

impl<'a, W: fmt::Write> Object<'a, W> {
    fn open(out: &'a mut W) -> Result<Object<'a, W>, fmt::Error> {
        out.put("{")?;
        Ok(Object { out, separator: "" })
    }

    fn close(self) -> fmt::Result {
        self.out.put("}")
    }

    fn label(&mut self, label: &str) -> fmt::Result {
        self.out.put(self.separator)?;
        self.separator = ",";
        self.out.put("\"")?;
        self.out.put(label)?;
        self.out.put("\":")
    }

    #[inline(never)]
    fn number(&mut self, label: &str, number: u64) -> fmt::Result {
        self.label(label)?;
        self.out.decimal(number)
    }

    fn signed(&mut self, label: &str, number: i64) -> fmt::Result {
        self.label(label)?;
        self.out.signed(number)
    }

    #[inline(never)]
    fn word(&mut self, label: &str, word: &str) -> fmt::Result {
        self.label(label)?;
        quoted(self.out, |out| out.put(word))
    }

    fn words<'w>(&mut self, label: &str, words: impl Iterator<Item = &'w str>) -> fmt::Result {
        self.label(label)?;
        self.out.put("[")?;
        let mut separator = "";
        for word in words {
            self.out.put(separator)?;
            quoted(self.out, |out| out.put(word))?;
            separator = ",";
        }
        self.out.put("]")
    }

    fn bytes(&mut self, label: &str, bytes: &[u8]) -> fmt::Result {
        self.label(label)?;
        quoted(self.out, |out| bytes.iter().try_for_each(|byte| out.byte(*byte)))
    }

    #[inline(never)]
    fn name(&mut self, label: &str, name: &[u8]) -> fmt::Result {
        self.label(label)?;
        quoted(self.out, |out| escape_in_json(out, name))
    }

    fn target(&mut self, target: Target, path: Option<&[u8]>) -> fmt::Result {
        match target {
            Target::Fs => Ok(()),
            Target::Ag(agno) => self.number("agno", agno.into()),
            Target::Rtgroup(rgno) => self.number("rgno", rgno.into()),
            Target::Inode { ino, generation } => {
                self.number("ino", ino)?;
                self.number("gen", generation.into())?;
                path.map_or(Ok(()), |path| self.name("path", path))
            }
        }
    }

    #[inline(never)]
    fn key(&mut self, key: Key, path: Option<&[u8]>) -> fmt::Result {
        self.word("domain", text(key.target.domain().c_name()))?;
        self.target(key.target, path)?;
        self.word("structure", key.name())?;
        self.number("scrub_type", key.scrub.number().into())
    }

    fn failure(&mut self, why: Failure) -> fmt::Result {
        self.word("failure", failure_name(why))?;
        match why {
            Failure::Errno(errno) => self.signed("errno", errno.into()),
            _ => Ok(()),
        }
    }
}

fn quoted<W: fmt::Write>(out: &mut W, inside: impl FnOnce(&mut W) -> fmt::Result) -> fmt::Result {
    out.put("\"")?;
    inside(out)?;
    out.put("\"")
}
