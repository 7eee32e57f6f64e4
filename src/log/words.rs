// SPDX-License-Identifier: LGPL-2.1-or-later
//! The words for what is said, with the stream and the level of each line.
//!
//! Those of events and decisions, which the C library has too, are in [`crate::report`].

use super::date;
use super::full_scrub;
use super::hook;
use super::manner::{Words, err, out, room_before};
use super::recording;
use super::said::{
    Awaited, CrowdKind, Detail, Fault, HealerNews, OneShotResult, PolicyNews, Refusal, ReportKind,
    Said, Summary, Threadless,
};
use crate::event::Target;
use crate::mounts::{MountFailure, MountNews, Requirement};
use crate::plan::{Key, Policy};
use crate::report::{
    Escaped, Level, Line, Place, escape, event_line, full_scrub_line, losses_line, notice_line,
};
use crate::service::notify::Complaint;
use std::os::unix::ffi::OsStrExt;

impl Said {
    /// The line of the log; `place` is the filesystem that it is about. Without one, the program
    /// speaks of itself.
    pub fn line(&self, place: Option<&Place>) -> Line {
        let nowhere = Place::new(b"");
        let at = place.unwrap_or(&nowhere);
        let (name, (stream, level, words)) = match self {
            Said::Header(_) | Said::End { .. } => return Line::out(Level::Info, String::new()),
            Said::Event(event, path) => return event_line(at, event, path.as_deref()),
            Said::SilentLoss => return losses_line(at),
            Said::Notice(notice, path) => return notice_line(at, notice, path.as_deref()),
            Said::Loss(loss, path) => return loss.line(at, path.as_deref()),
            Said::MoreLosses(losses) => {
                (at.found(), out(Level::Warning, format!("{losses} more losses")))
            }
            Said::Crowd { agno, kind, inodes } => return crowd(*kind, *inodes, *agno, at),
            Said::FullScrubWanted(reasons) => return full_scrub_line(at, *reasons),
            Said::FullScrub(news) => (at.found(), full_scrub::words(news)),
            Said::MoreReports(kind, reports) => (at.found(), more_reports(*kind, *reports)),
            Said::Policy(news) => (at.given(), policy(news)),
            Said::Refused(why) => (at.given(), refusal(why)),
            Said::Silent(awaited) => (at.given(), silence(*awaited)),
            Said::Fault(what) => (at.given(), fault(what)),
            Said::OneShot(result) => (at.given(), one_shot(*result)),
            Said::Summary(summary) => (at.found(), self::summary(*summary)),
            Said::Left(key, path) => return about(at, *key, path.as_deref(), "still damaged"),
            Said::LeftMore(more) => {
                (at.found(), out(Level::Info, format!("{more} more structures are damaged")))
            }
            Said::Healer(news) => (at.given(), healer(news)),
            Said::Mounts(news) => (at.given(), of_mounts(news)),
            Said::RecordedRepair(key, outcome) => {
                let words = recording::words::outcome(*outcome);
                return about(at, *key, None, &format!("its repair then: {words}"));
            }
            Said::FsError(news) => return news.line(at),
            Said::Hook(news) => (at.found(), hook::words(news)),
            Said::Recording(news) => (at.given(), recording::words::words(news)),
            Said::Detail(Detail::RepairStarts(key)) => {
                let (subject, name) = (at.subject(key.target, None), key.name());
                return Line::err(Level::Debug, format!("{subject} {name}: repair starts"));
            }
            Said::Detail(Detail::LookEnded(depth, end)) => {
                (at.given(), err(Level::Debug, format!("look {depth:?}: {end:?}")))
            }
        };
        let text = if place.is_some() { behind(name, &words) } else { words };
        Line { stream, level, text }
    }
}

/// A line about one structure.
fn about(place: &Place, key: Key, path: Option<&[u8]>, words: &str) -> Line {
    let (subject, name) = (place.subject(key.target, path), key.name());
    Line::out(Level::Info, format!("{subject} {name}: {words}"))
}

/// Words behind a name that has all the room that they leave.
fn behind(name: Escaped<'_>, words: &str) -> String {
    let room = room_before(words);
    format!("{name:.room$}: {words}")
}

fn more_reports(kind: ReportKind, reports: u64) -> Words {
    let (level, of) = match kind {
        // Said as the kernel's own count.
        ReportKind::LostEvents => return out(Level::Warning, format!("{reports} events lost")),
        ReportKind::Damage => (Level::Warning, "of damage"),
        ReportKind::Healthy => (Level::Info, "of what is healthy"),
        ReportKind::FileErrors => (Level::Warning, "of file errors"),
        ReportKind::LostData => (Level::Critical, "of lost data"),
        ReportKind::MediaErrors => (Level::Warning, "of media errors"),
        ReportKind::Nameless => (Level::Warning, "without a name"),
    };
    out(level, format!("{reports} more reports {of}"))
}

fn crowd(kind: CrowdKind, n: u64, agno: u32, place: &Place) -> Line {
    let place = place.subject(Target::Ag(agno), None);
    let (level, words) = match kind {
        CrowdKind::Nameless => (Level::Warning, format!("inodes: sick, reported {n} more times")),
        CrowdKind::Core => (Level::Warning, format!("inode cores: sick, {n} more reports")),
        CrowdKind::Untried => (
            Level::Critical,
            format!(
                "inode cores: offline repair needed: {n} more cannot be loaded, \
                    and repairing them would crash this kernel"
            ),
        ),
    };
    Line::out(level, format!("{place} {words}"))
}

fn policy(news: &PolicyNews) -> Words {
    match news {
        PolicyNews::Directive(policy) => out(
            Level::Info,
            match policy {
                Policy::Repair => "Automatically repairing per autofsck directive.",
                Policy::Log => "Only logging errors per autofsck directive.",
                Policy::Ignore => "Disabling daemon per autofsck directive.",
            },
        ),
        PolicyNews::Unread(error) => {
            let text =
                "cannot read the property autofsck, nothing is repaired until it can be read";
            err(Level::Error, format!("{text}: {error}"))
        }
        PolicyNews::Hidden => err(
            Level::Error,
            "cannot read the property autofsck: damage of the root directory hides it; \
                what it said last goes on until that is repaired",
        ),
        PolicyNews::CannotRepair => {
            out(Level::Info, "XFS online repair is not supported, will report only")
        }
        PolicyNews::Unknown(error) => {
            err(Level::Error, format!("cannot ask whether repair is supported: {error}"))
        }
        PolicyNews::AnswersAgain => err(Level::Info, "answers again"),
        PolicyNews::NoRmapbt => less_effective("without rmap btrees."),
        PolicyNews::NoParent => less_effective("without parent pointers."),
    }
}

fn less_effective(without: &str) -> Words {
    err(Level::Info, format!("XFS online repair is less effective {without}"))
}

fn refusal(why: &Refusal) -> Words {
    let level = if *why == Refusal::BrokenOff { Level::Info } else { Level::Error };
    let words = match why {
        Refusal::Failed(error) => error.to_string(),
        Refusal::NotMountPoint => "Not a XFS mount point.".to_owned(),
        Refusal::AlreadyMonitored => "XFS health monitoring already running.".to_owned(),
        Refusal::NotSupported => "XFS health monitoring not supported.".to_owned(),
        Refusal::CannotRepair => "XFS online repair is not supported, exiting".to_owned(),
        Refusal::NoHandle(error) => format!("creating weak fshandle: {error}"),
        Refusal::NoRecovery => {
            "mounted norecovery, so its metadata is not what it will be; not looked at".to_owned()
        }
        Refusal::NoDescriptor => {
            "too many open files; it is watched as soon as there is room".to_owned()
        }
        Refusal::NoThread(why) => threadless(*why).to_owned(),
        Refusal::BrokenOff => "ended by a signal while it was waited for".to_owned(),
        Refusal::LeftOver(pid) => format!(
            "an earlier process of this service ({pid}) has not ended; nothing is done beside it"
        ),
    };
    err(level, words)
}

fn threadless(why: Threadless) -> &'static str {
    match why {
        Threadless::One => "no thread could open it",
        Threadless::OneKilled => "the thread that opened it was killed in the kernel",
        Threadless::OfMany => "not watched: no thread could look at it",
        Threadless::OfManyKilled => {
            "not watched: the thread that looked at it was killed in the kernel"
        }
    }
}

fn silence(awaited: Awaited) -> Words {
    let then = match awaited {
        Awaited::Repairs => ", it may be frozen; repairs wait until it does",
        Awaited::Opening => "; it is waited for",
        Awaited::Watch => "; it is watched once it does",
        Awaited::Healer => "; a healer is started once it does",
    };
    err(Level::Info, format!("does not answer{then}"))
}

fn fault(fault: &Fault) -> Words {
    let words = match fault {
        Fault::Monitor(error) => format!("cannot read the health monitor: {error}"),
        Fault::MonitorEnded => "health monitor ended".to_owned(),
        Fault::ThreadKilled(did) => format!("the thread that {did} was killed in the kernel"),
        Fault::NoDevice(path, error) => format!(
            "no file is looked at or named, since that could shut the filesystem down: \
                cannot read {:.200} to rule that out: {error}",
            Escaped(path.as_os_str().as_bytes())
        ),
        Fault::Call(what, error) => format!("{what}: {error}"),
        Fault::Manager(Complaint::NoSocket(value, error)) => {
            format!("cannot reach NOTIFY_SOCKET={:.200}: {error}", Escaped(value.as_bytes()))
        }
        Fault::Manager(Complaint::Nonsense(name, value)) => {
            format!("{name}={:.200} makes no sense and is ignored", Escaped(value.as_bytes()))
        }
        Fault::Metrics(path, error) => {
            format!("metrics: {:.400}: {error}", Escaped(path.as_os_str().as_bytes()))
        }
        Fault::Privileges(error) => {
            return err(Level::Debug, format!("cannot give up privileges: {error}"));
        }
    };
    err(Level::Error, words)
}

fn one_shot(result: OneShotResult) -> Words {
    let OneShotResult { repaired, damaged, is_down, is_blind } = result;
    let trouble = match (is_down, is_blind) {
        (true, _) => "; the filesystem has shut down",
        (false, true) => "; not everything was looked at",
        (false, false) => "",
    };
    let words = match (repaired, damaged) {
        (0, 0) => format!("no damage found{trouble}"),
        _ => format!("{repaired} repaired, {damaged} still damaged{trouble}"),
    };
    out(Level::Info, words)
}

fn summary(summary: Summary) -> Words {
    let Summary { repaired, left, lost, full_scrubs, is_unjudged, is_down, since } = summary;
    let since = date::rfc_3339(since);
    let (since, _) = since.split_once('.').unwrap_or((&since, ""));
    let unjudged = if is_unjudged { "; not everything could be judged" } else { "" };
    let down = if is_down { "; the filesystem has shut down" } else { "" };
    let words = format!(
        "monitored since {since}Z; damaged structures: {} found, {repaired} healed, {left} left; \
            reports lost: {lost}; full scrubs: {full_scrubs}{unjudged}{down}",
        repaired.saturating_add(left)
    );
    out(Level::Info, words)
}

fn healer(news: &HealerNews) -> Words {
    match news {
        HealerNews::Started => out(Level::Info, "xfs_healer service started."),
        HealerNews::NotStarted(unit) => {
            err(Level::Error, format!("Could not start xfs_healer service unit: {unit}"))
        }
        HealerNews::Unnamed => err(Level::Error, "Could not determine xfs_healer unit name."),
        HealerNews::Unknown(why) => err(Level::Error, format!("no healer is started: {why}")),
        HealerNews::AlreadyMonitored => out(Level::Debug, "already monitored"),
        HealerNews::Restarting(unit) => out(Level::Debug, format!("restarting {unit}")),
    }
}

fn of_mounts(news: &MountNews) -> Words {
    match news {
        MountNews::Listening => out(Level::Debug, "fanotify active"),
        MountNews::Lost => out(Level::Debug, "mount events were lost; all mounts are listed again"),
        MountNews::Mount(id, info) => {
            let [fs_type, place, root] =
                [&info.fs_type, &info.mount_point, &info.root].map(|name| Escaped(name));
            let text = format!("mount: id {id:#x} fstype {fs_type:.50} mountpoint {place:.390} ");
            out(Level::Debug, text + &format!("mntroot {root:.350}"))
        }
        MountNews::Failed(failure) => err(Level::Error, failure_words(failure)),
        MountNews::Retried(failure) => {
            let why = failure_words(failure);
            err(Level::Error, format!("{why}; soon all mounts are listed again"))
        }
    }
}

fn failure_words(failure: &MountFailure) -> String {
    match failure {
        MountFailure::Call(name, error) => format!("{name}: {error}"),
        // As perror(3) does, which leaves out a name that is empty.
        MountFailure::File(name, error) if name.is_empty() => error.to_string(),
        MountFailure::File(name, error) => format!("{}: {error}", escape(name)),
        MountFailure::Requires(Requirement::Namespaces) => {
            "This program requires mount namespace support.".to_owned()
        }
        MountFailure::Requires(Requirement::MountEvents) => {
            "This program requires fanotify mount event support.".to_owned()
        }
        MountFailure::Requires(Requirement::Listmount) => {
            "This program requires the listmount system call.".to_owned()
        }
    }
}
