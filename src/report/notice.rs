// SPDX-License-Identifier: LGPL-2.1-or-later
//! Decisions as lines of text.

use super::scrub::reasons_words;
use super::{Level, Line, Place, errno_text};
use crate::plan::{Failure, Key, Notice};

/// The line for a decision; `path` is that of the inode it is about, below the mount point.
pub fn notice_line(place: &Place, notice: &Notice, path: Option<&[u8]>) -> Line {
    let of = |key: &Key| format!("{} {}", place.subject(key.target, path), key.name());
    let found = place.found();
    match notice {
        Notice::Repaired(key) => Line::out(Level::Notice, of(key) + ": Repairs successful."),
        Notice::NoModification(key) => {
            Line::out(Level::Info, of(key) + ": No modification needed.")
        }
        Notice::Failed(key, _) => {
            let text = of(key) + ": Repair unsuccessful; offline repair required.";
            Line::out(Level::Error, text)
        }
        Notice::CrossFailed(key) => {
            let what = "Seems correct but cross-referencing failed; offline repair recommended.";
            Line::out(Level::Error, format!("{}: {what}", of(key)))
        }
        Notice::OfflineNeeded(key, why) => {
            let text = format!("{}: offline repair needed: {}", of(key), failure_words(*why));
            Line::out(Level::Critical, text)
        }
        Notice::Gone(key) => {
            Line::out(Level::Info, of(key) + ": does not exist any more; nothing to repair.")
        }
        Notice::Postponed(key) => {
            Line::out(Level::Info, of(key) + ": cannot be repaired just now; will be tried again.")
        }
        Notice::ReadOnly => {
            let what = "read-only; repairs wait until it is mounted read-write";
            Line::err(Level::Warning, format!("{found}: {what}"))
        }
        Notice::NoRecovery => {
            let what = "mounted norecovery; nothing can be repaired";
            Line::err(Level::Warning, format!("{found}: {what}"))
        }
        Notice::Unreachable(errno) => {
            let what = format!("cannot open filesystem to repair: {}", errno_text(*errno));
            Line::err(Level::Error, format!("{found}: {what}"))
        }
        Notice::TooManyFailures => {
            let what = "100 repairs have failed within an hour; repairs pause";
            Line::err(Level::Error, format!("{found}: {what}"))
        }
        Notice::DeviceTrouble => {
            let what = "repairs of different structures fail with I/O errors; \
                the device is the likely cause";
            Line::err(Level::Critical, format!("{found}: {what}"))
        }
        Notice::Slow(key) => {
            let what = "repair has been running for a minute; others wait for it, \
                the filesystem may be frozen or the device slow";
            Line::err(Level::Warning, format!("{}: {what}", of(key)))
        }
        Notice::TableFull => {
            let what = "more is damaged than is kept in mind";
            Line::err(Level::Error, format!("{found}: {what}"))
        }
        Notice::TooManyVanished => {
            let what = "two repairs have crashed in the kernel; no more are made. Reboot, and \
                run xfs_repair before it is mounted again";
            Line::err(Level::Critical, format!("{found}: {what}"))
        }
        Notice::ShutDown => {
            let what = "the filesystem has shut down; nothing more is repaired";
            Line::err(Level::Critical, format!("{found}: {what}"))
        }
        Notice::WouldRepair(key) => {
            let text = format!("{}: would repair: {}", place.subject(key.target, path), key.name());
            Line::out(Level::Notice, text)
        }
        Notice::WouldScrub(reasons) => {
            let text = format!("{found}: would start a full scrub: {}", reasons_words(*reasons));
            Line::out(Level::Notice, text)
        }
        Notice::ScrubWithheld => {
            let what = "no full scrub is started, because it would crash this kernel";
            Line::err(Level::Warning, format!("{found}: {what}"))
        }
    }
}

/// Why something stays damaged, in words.
pub fn failure_words(why: Failure) -> String {
    match why {
        Failure::Corrupt => "the kernel could not repair it".to_owned(),
        Failure::Device => "the device failed during the repair".to_owned(),
        Failure::Unsupported => {
            "the kernel cannot repair it while this filesystem is mounted".to_owned()
        }
        Failure::KernelDefect => {
            "it cannot be loaded, and repairing it would crash this kernel".to_owned()
        }
        Failure::Vanished => "the thread that repaired it was killed in the kernel".to_owned(),
        Failure::Errno(errno) => format!("the repair call failed: {}", errno_text(errno)),
    }
}
