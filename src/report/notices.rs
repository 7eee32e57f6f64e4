// SPDX-License-Identifier: LGPL-2.1-or-later
//! Decisions as lines of text.

use super::escape::fitted;
use super::events::write_errno;
use super::place::write_subject;
use super::{Level, Line, Mount, Out, Place, Stream};
use crate::plan::{Failure, Notice, Reasons};
use std::fmt;

/// The line for a decision; `path` is that of the inode it is about, below the mount point.
pub fn notice_line(place: &Place, notice: &Notice, path: Option<&[u8]>) -> Line {
    Line::written(notice_level(notice), |text| write_notice(text, place.mount(), notice, path))
}

/// Stream and urgency of the line for a decision.
pub fn notice_level(notice: &Notice) -> (Stream, Level) {
    match notice {
        Notice::NoModification(_) | Notice::Gone(_) | Notice::Postponed(_) => {
            (Stream::Out, Level::Info)
        }
        Notice::Repaired(_) | Notice::WouldRepair(_) | Notice::WouldScrub(_) => {
            (Stream::Out, Level::Notice)
        }
        Notice::Failed(..) | Notice::CrossFailed(_) => (Stream::Out, Level::Error),
        Notice::OfflineNeeded(..) => (Stream::Out, Level::Critical),
        // Warnings are events: a storm of them must not use up what a log takes of these.
        Notice::ReadOnly
        | Notice::NoRecovery
        | Notice::Slow(_)
        | Notice::ScrubWithheld
        | Notice::ScrubUnsafe
        | Notice::ScrubFatal => (Stream::Err, Level::Info),
        Notice::Unreachable(_) | Notice::TooManyFailures | Notice::TableFull => {
            (Stream::Err, Level::Error)
        }
        Notice::DeviceTrouble | Notice::TooManyVanished | Notice::ShutDown => {
            (Stream::Err, Level::Critical)
        }
    }
}

/// Writes what the line for a decision says, see [`notice_line`].
pub fn write_notice(
    out: &mut impl fmt::Write,
    mount: Mount<'_>,
    notice: &Notice,
    path: Option<&[u8]>,
) -> fmt::Result {
    fitted(out, |out| {
        match (notice, notice.key()) {
            (_, None) => out.name(mount.found)?,
            // What does not happen is said of the place; the structure comes last.
            (Notice::WouldRepair(_), Some(key)) => {
                write_subject(out, mount.found, key.target, path)?
            }
            (_, Some(key)) => {
                write_subject(out, mount.found, key.target, path)?;
                out.put(" ")?;
                out.put(key.name())?;
            }
        }
        out.put(": ")?;
        out.put(words(notice))?;
        match *notice {
            Notice::OfflineNeeded(_, why) => write_failure(out, why),
            Notice::Unreachable(errno) => write_errno(out, errno),
            Notice::WouldRepair(key) => out.put(key.name()),
            Notice::WouldScrub(reasons) => write_reasons(out, reasons),
            _ => Ok(()),
        }
    })
}

/// The words of a decision about its subject, up to what differs from case to case.
fn words(notice: &Notice) -> &'static str {
    match notice {
        Notice::Repaired(_) => "Repairs successful.",
        Notice::NoModification(_) => "No modification needed.",
        Notice::Failed(..) => "Repair unsuccessful; offline repair required.",
        Notice::CrossFailed(_) => {
            "Seems correct but cross-referencing failed; offline repair recommended."
        }
        Notice::OfflineNeeded(..) => "offline repair needed: ",
        Notice::Gone(_) => "does not exist any more; nothing to repair.",
        Notice::Postponed(_) => "cannot be repaired just now; will be tried again.",
        Notice::ReadOnly => "read-only; repairs wait until it is mounted read-write",
        Notice::NoRecovery => "mounted norecovery; nothing can be repaired",
        Notice::Unreachable(_) => "cannot open filesystem to repair: ",
        Notice::TooManyFailures => "100 repairs have failed within an hour; repairs pause",
        Notice::DeviceTrouble => {
            "repairs of different structures fail with I/O errors; \
                the device is the likely cause"
        }
        Notice::Slow(_) => {
            "repair has been running for a minute; others wait for it, \
                the filesystem may be frozen or the device slow"
        }
        Notice::TableFull => "more is damaged than is kept in mind",
        Notice::TooManyVanished => {
            "two threads were killed in the kernel; nothing more is done. Reboot, and \
                run xfs_repair before it is mounted again"
        }
        Notice::ShutDown => "the filesystem has shut down; nothing more is repaired",
        Notice::WouldRepair(_) => "would repair: ",
        Notice::WouldScrub(_) => "would start a full scrub: ",
        Notice::ScrubWithheld => "no full scrub is started, because it would crash this kernel",
        Notice::ScrubFatal => "no full scrub is started, because it would shut the filesystem down",
        Notice::ScrubUnsafe => {
            "no full scrub is started, because it could crash this kernel: \
                not every inode is known to be loadable"
        }
    }
}

/// Writes why something stays damaged.
fn write_failure(out: &mut impl fmt::Write, why: Failure) -> fmt::Result {
    out.put(match why {
        Failure::Corrupt => "the kernel could not repair it",
        Failure::Device => "the device failed during the repair",
        Failure::Unsupported => "the kernel cannot repair it while this filesystem is mounted",
        Failure::KernelDefect => "it cannot be loaded, and repairing it would crash this kernel",
        Failure::Unlinked => {
            "it is in use, but has no link and is on no list of unlinked inodes; \
                whatever loads it shuts the filesystem down"
        }
        Failure::LoadsUnlinked => {
            "a repair could load an inode that shuts the filesystem down; unmount it and run xfs_repair"
        }
        Failure::Vanished => "the thread that repaired it was killed in the kernel",
        Failure::Errno(_) => "the repair call failed: ",
    })?;
    if let Failure::Errno(errno) = why { write_errno(out, errno) } else { Ok(()) }
}

/// Stream and urgency of the line for the start of a full scrub.
pub fn full_scrub_level() -> (Stream, Level) {
    (Stream::Out, Level::Notice)
}

/// The line for the start of a full scrub.
pub fn full_scrub_line(place: &Place, reasons: Reasons) -> Line {
    Line::written(full_scrub_level(), |text| write_full_scrub(text, place.mount(), reasons))
}

/// Writes what the line for the start of a full scrub says, see [`full_scrub_line`].
pub fn write_full_scrub(
    out: &mut impl fmt::Write,
    mount: Mount<'_>,
    reasons: Reasons,
) -> fmt::Result {
    fitted(out, |out| {
        out.name(mount.found)?;
        out.put(": starting a full scrub: ")?;
        write_reasons(out, reasons)
    })
}

fn write_reasons(out: &mut impl fmt::Write, reasons: Reasons) -> fmt::Result {
    out.list(reasons.words()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Target;
    use crate::plan::Key;

    fn key(target: Target, bit: u32) -> Key {
        Key::from_bit(target, bit).unwrap()
    }

    fn said(notice: Notice, path: Option<&[u8]>) -> (Stream, Level, String) {
        let mut place = Place::new(b"/m");
        place.found_at(Some(b"/n"));
        let line = notice_line(&place, &notice, path);
        (line.stream, line.level, line.text)
    }

    #[test]
    fn a_decision_about_a_structure_names_it() {
        let bnobt = key(Target::Ag(1), 1 << 4);
        let directory = key(Target::Inode { ino: 135, generation: 10 }, 1 << 4);
        let out = |level, text: &str| (Stream::Out, level, text.to_owned());
        assert_eq!(
            said(Notice::Repaired(bnobt), None),
            out(Level::Notice, "/n agno 0x1 bnobt: Repairs successful.")
        );
        assert_eq!(
            said(Notice::OfflineNeeded(directory, Failure::Errno(5)), Some(b"/d\n")),
            out(
                Level::Critical,
                "/n/d\\n directory: offline repair needed: \
                    the repair call failed: Input/output error"
            )
        );
        assert_eq!(
            said(Notice::WouldRepair(directory), None),
            out(Level::Notice, "/n ino 135 gen 0xa: would repair: directory")
        );
        let (stream, level, text) = said(Notice::Slow(key(Target::Fs, 1)), None);
        assert_eq!((stream, level), (Stream::Err, Level::Info));
        assert!(
            text.starts_with("/n fscounters: repair has been running for a minute; "),
            "{text}"
        );
    }

    #[test]
    fn a_decision_about_the_filesystem_names_the_mount_point() {
        let err = |level, text: &str| (Stream::Err, level, text.to_owned());
        assert_eq!(
            said(Notice::Unreachable(libc::ESTALE), None),
            err(Level::Error, "/n: cannot open filesystem to repair: Stale file handle")
        );
        assert_eq!(
            said(Notice::ShutDown, None),
            err(Level::Critical, "/n: the filesystem has shut down; nothing more is repaired")
        );
        let reasons = Reasons::REPAIR_FAILED | Reasons::BURST;
        assert_eq!(
            said(Notice::WouldScrub(reasons), None).2,
            "/n: would start a full scrub: a repair failed, \
                much was reported damaged in a short time"
        );
    }
}
