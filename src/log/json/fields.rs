// SPDX-License-Identifier: LGPL-2.1-or-later
//! Keys of what is said, behind those that each line has.

use super::{fserrors, hooks, losses, recordings};
use crate::act::{ScrubExit, ScrubVerdict, StartError};
use crate::event::Target;
use crate::log::date::rfc_3339;
use crate::log::said::ScrubNews;
use crate::log::said::{
    Awaited, CrowdKind, Detail, Fault, Header, HealerNews, OneShotResult, PolicyNews, Refusal,
    ReportKind, Said, Summary, Threadless,
};
use crate::mounts::{MountFailure, MountNews, Requirement};
use crate::plan::{Depth, Key, LookEnd};
use crate::report::{Cause, Object, event_fields, full_scrub_fields, notice_fields};
use crate::service::notify::Complaint;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// An object that becomes a line of the log.
pub(super) type Written<'a> = Object<'a, String>;

pub(super) fn fields(object: &mut Written<'_>, said: &Said) -> fmt::Result {
    match said {
        Said::Header(header) => self::header(object, header),
        Said::Event(event, path) => event_fields(object, event, path.as_deref()),
        Said::Loss(loss, path) => losses::loss(object, loss, path.as_deref()),
        Said::MoreLosses(losses) => {
            object.word("loss", "more")?;
            object.number("count", *losses)
        }
        Said::SilentLoss => object.word("event", "silent_loss"),
        Said::MoreReports(kind, reports) => {
            object.word("event", "more_reports")?;
            object.word("of", report_kind(*kind))?;
            object.number("count", *reports)
        }
        Said::Crowd { agno, kind, inodes } => crowd(object, *agno, *kind, *inodes),
        Said::Notice(notice, path) => notice_fields(object, notice, path.as_deref()),
        Said::FullScrubWanted(reasons) => full_scrub_fields(object, *reasons),
        Said::FullScrub(news) => full_scrub(object, news),
        Said::Policy(news) => policy(object, news),
        Said::Refused(why) => refusal(object, why),
        Said::Silent(awaited) => {
            object.word("notice", "silent")?;
            object.word("awaited", self::awaited(*awaited))
        }
        Said::Fault(fault) => self::fault(object, fault),
        Said::OneShot(result) => one_shot(object, *result),
        Said::Summary(summary) => self::summary(object, summary),
        Said::Left(key, path) => {
            object.word("status", "damaged")?;
            object.key(*key, path.as_deref())
        }
        Said::LeftMore(more) => {
            object.word("status", "more_damaged")?;
            object.number("count", *more as u64)
        }
        Said::Healer(news) => healer(object, news),
        Said::Mounts(news) => mounts(object, news),
        Said::RecordedRepair(key, outcome) => recordings::repair(object, *key, *outcome),
        Said::Hook(news) => hooks::hook(object, news),
        Said::FsError(news) => fserrors::fs_error(object, news),
        Said::Recording(news) => recordings::recording(object, news),
        Said::Detail(detail) => self::detail(object, detail),
        Said::End { code } => object.signed("exit_code", (*code).into()),
    }
}

fn header(object: &mut Written<'_>, header: &Header) -> fmt::Result {
    object.word("program", header.program)?;
    object.word("version", env!("CARGO_PKG_VERSION"))?;
    object.name("kernel", header.kernel.as_bytes())?;
    object.word("policy", header.policy)?;
    object.names("options", header.options.iter().map(|option| option.as_bytes()))
}

const fn report_kind(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Damage => "damage",
        ReportKind::Healthy => "healthy",
        ReportKind::FileErrors => "file_errors",
        ReportKind::LostData => "lost_data",
        ReportKind::MediaErrors => "media_errors",
        ReportKind::LostEvents => "lost_events",
        ReportKind::Nameless => "unknown",
    }
}

fn crowd(object: &mut Written<'_>, agno: u32, kind: CrowdKind, inodes: u64) -> fmt::Result {
    match kind {
        CrowdKind::Nameless => object.word("event", "more_reports")?,
        CrowdKind::Core => object.word("event", "more_inodes")?,
        CrowdKind::Untried => object.word("notice", "more_offline_needed")?,
    }
    object.object(Target::Ag(agno), Some("inodes"))?;
    object.number("agno", agno.into())?;
    object.number("count", inodes)
}

fn full_scrub(object: &mut Written<'_>, news: &ScrubNews) -> fmt::Result {
    let name = match news {
        ScrubNews::InProgress => "full_scrub_started",
        ScrubNews::Other(_) => "full_scrub_waits",
        ScrubNews::OtherEnded => "full_scrub_other_ended",
        ScrubNews::OtherGoesOn { .. } => "full_scrub_waited_long",
        ScrubNews::Holds(_) => "full_scrub_holds_mount",
        ScrubNews::NotStarted(_) | ScrubNews::UnitRefused(_) => "full_scrub_not_started",
        ScrubNews::Said(_) => "full_scrub_output",
        ScrubNews::NotShown(_) => "full_scrub_output_not_shown",
        ScrubNews::Ended(..) => "full_scrub_ended",
    };
    object.word("notice", name)?;
    match news {
        ScrubNews::Other(who) => object.name("waits_for", who.as_bytes()),
        ScrubNews::Holds(command) => object.name("command", command.as_bytes()),
        ScrubNews::NotStarted(error) => start_error(object, error),
        ScrubNews::UnitRefused(unit) => object.name("unit", unit.as_bytes()),
        ScrubNews::Said(text) => object.name("output", text),
        ScrubNews::NotShown(lines) => object.number("count", *lines),
        ScrubNews::Ended(verdict, name) => {
            object.word("result", verdict_name(*verdict))?;
            if let ScrubVerdict::Exit(exit) = verdict {
                object.signed("exit_code", exit.bits().into())?;
            }
            object.name("program", name.as_bytes())
        }
        ScrubNews::InProgress | ScrubNews::OtherEnded | ScrubNews::OtherGoesOn { .. } => Ok(()),
    }
}

fn start_error(object: &mut Written<'_>, error: &StartError) -> fmt::Result {
    let (reason, error) = match error {
        StartError::Unreachable(error) => ("unreachable", Some(error)),
        StartError::OnlyPart => ("only_part", None),
        StartError::Forbidden => ("forbidden", None),
        StartError::Killed => ("thread_killed", None),
        StartError::NoName => ("no_unit_name", None),
        StartError::Spawn { error, .. } => ("cannot_run", Some(error)),
    };
    object.word("reason", reason)?;
    error.map_or(Ok(()), |error| cause(object, error))
}

/// The word for the end of a full scrub.
pub(crate) fn verdict_name(verdict: ScrubVerdict) -> &'static str {
    match verdict {
        ScrubVerdict::Exit(exit) if exit.is_clean() => "clean",
        ScrubVerdict::Exit(exit) if !exit.is_own() => "failed",
        ScrubVerdict::Exit(exit) if exit.contains(ScrubExit::DAMAGE_LEFT) => "damage_left",
        ScrubVerdict::Exit(_) => "failed",
        ScrubVerdict::UnitEnded => "unit_ended",
        ScrubVerdict::UnitFailed(_) => "unit_failed",
        ScrubVerdict::UnitSkipped => "unit_skipped",
        ScrubVerdict::Signal(_) => "signal",
        ScrubVerdict::Unknown => "unknown",
    }
}

fn policy(object: &mut Written<'_>, news: &PolicyNews) -> fmt::Result {
    let (name, error) = match news {
        PolicyNews::Directive(policy) => {
            object.word("notice", "policy")?;
            return object.word("policy", policy.name());
        }
        PolicyNews::Unread(error) => ("policy_unread", Some(error)),
        PolicyNews::Hidden => ("policy_hidden", None),
        PolicyNews::CannotRepair => ("cannot_repair", None),
        PolicyNews::Unknown(error) => ("repair_support_unknown", Some(error)),
        PolicyNews::AnswersAgain => ("answers_again", None),
        PolicyNews::NoRmapbt => ("no_rmapbt", None),
        PolicyNews::NoParent => ("no_parent_pointers", None),
    };
    object.word("notice", name)?;
    error.map_or(Ok(()), |error| cause(object, error))
}

fn refusal(object: &mut Written<'_>, why: &Refusal) -> fmt::Result {
    object.word("notice", "refused")?;
    let (reason, error) = match why {
        Refusal::Failed(error) => ("failed", Some(error)),
        Refusal::NotMountPoint => ("not_mount_point", None),
        Refusal::AlreadyMonitored => ("already_monitored", None),
        Refusal::NotSupported => ("not_supported", None),
        Refusal::CannotRepair => ("cannot_repair", None),
        Refusal::NoHandle(error) => ("no_handle", Some(error)),
        Refusal::NoRecovery => ("no_recovery", None),
        Refusal::NoDescriptor => ("no_descriptor", None),
        Refusal::NoThread(Threadless::One | Threadless::OfMany) => ("no_thread", None),
        Refusal::NoThread(Threadless::OneKilled | Threadless::OfManyKilled) => {
            ("thread_killed", None)
        }
        Refusal::BrokenOff => ("signal", None),
        Refusal::LeftOver(_) => ("earlier_process", None),
    };
    object.word("reason", reason)?;
    error.map_or(Ok(()), |error| cause(object, error))
}

const fn awaited(awaited: Awaited) -> &'static str {
    match awaited {
        Awaited::Repairs => "repairs",
        Awaited::Opening => "opening",
        Awaited::Watch => "watch",
        Awaited::Healer => "healer",
    }
}

fn fault(object: &mut Written<'_>, fault: &Fault) -> fmt::Result {
    let (name, error) = match fault {
        Fault::Monitor(error) => ("monitor_unreadable", Some(error)),
        Fault::MonitorEnded => ("monitor_ended", None),
        Fault::ThreadKilled(_) => ("thread_killed", None),
        Fault::NoDevice(_, error) => ("device_unreadable", Some(error)),
        Fault::Call(_, error) => ("call_failed", Some(error)),
        Fault::Manager(Complaint::NoSocket(_, error)) => ("manager_unreachable", Some(error)),
        Fault::Manager(Complaint::Nonsense(..)) => ("environment_senseless", None),
        Fault::Metrics(_, error) => ("metrics_failed", Some(error)),
        Fault::Privileges(error) => ("privileges_kept", Some(error)),
    };
    object.word("notice", name)?;
    match fault {
        Fault::NoDevice(path, _) | Fault::Metrics(path, _) => {
            object.name("file", path.as_os_str().as_bytes())?
        }
        Fault::Call(what, _) => object.word("call", what)?,
        Fault::Manager(Complaint::Nonsense(variable, _)) => object.word("variable", variable)?,
        Fault::ThreadKilled(did) => object.word("did", did)?,
        _ => {}
    }
    error.map_or(Ok(()), |error| cause(object, error))
}

fn one_shot(object: &mut Written<'_>, result: OneShotResult) -> fmt::Result {
    object.word("status", "oneshot")?;
    object.number("repaired", result.repaired as u64)?;
    object.number("damaged", result.damaged as u64)?;
    object.truth("shut_down", result.is_down)?;
    object.truth("complete", !result.is_blind)
}

fn summary(object: &mut Written<'_>, summary: &Summary) -> fmt::Result {
    object.word("status", "summary")?;
    object.word("since", &rfc_3339(summary.since))?;
    object.number("repaired", summary.repaired as u64)?;
    object.number("damaged", summary.left as u64)?;
    object.number("events_lost", summary.lost)?;
    object.number("full_scrubs", summary.full_scrubs)?;
    object.truth("shut_down", summary.is_down)?;
    object.truth("complete", !summary.is_unjudged)
}

fn healer(object: &mut Written<'_>, news: &HealerNews) -> fmt::Result {
    let name = match news {
        HealerNews::Started => "healer_started",
        HealerNews::NotStarted(_) => "healer_not_started",
        HealerNews::Unnamed => "healer_unnamed",
        HealerNews::Unknown(_) => "healer_unknown",
        HealerNews::AlreadyMonitored => "already_monitored",
        HealerNews::Restarting(_) => "healer_restarts",
    };
    object.word("notice", name)?;
    match news {
        HealerNews::NotStarted(unit) | HealerNews::Restarting(unit) => {
            object.name("unit", unit.as_bytes())
        }
        _ => Ok(()),
    }
}

fn mounts(object: &mut Written<'_>, news: &MountNews) -> fmt::Result {
    match news {
        MountNews::Listening => object.word("notice", "mounts_listening"),
        MountNews::Lost => object.word("notice", "mount_events_lost"),
        MountNews::Mount(id, info) => {
            object.word("notice", "mount")?;
            object.number("mount_id", *id)?;
            object.name("mount", &info.mount_point)?;
            object.name("fs_type", &info.fs_type)?;
            object.name("root", &info.root)
        }
        MountNews::Failed(failure) | MountNews::Retried(failure) => {
            object.word("notice", "mounts_failed")?;
            mount_failure(object, failure)
        }
    }
}

fn mount_failure(object: &mut Written<'_>, failure: &MountFailure) -> fmt::Result {
    match failure {
        MountFailure::Call(name, error) => {
            object.word("call", name)?;
            cause(object, error)
        }
        MountFailure::File(name, error) => {
            object.name("file", name)?;
            cause(object, error)
        }
        MountFailure::Requires(what) => object.word(
            "requires",
            match what {
                Requirement::Namespaces => "mount_namespaces",
                Requirement::MountEvents => "mount_events",
                Requirement::Listmount => "listmount",
            },
        ),
    }
}

fn detail(object: &mut Written<'_>, detail: &Detail) -> fmt::Result {
    match detail {
        Detail::RepairStarts(key) => repair_starts(object, *key),
        Detail::LookEnded(depth, end) => {
            object.word(
                "look",
                match depth {
                    Depth::Shallow => "shallow",
                    Depth::Deep => "deep",
                    Depth::Inodes(_) => "inodes",
                    Depth::Checks => "checks",
                    Depth::Survey => "survey",
                },
            )?;
            if let Depth::Inodes(agno) = depth {
                object.number("agno", (*agno).into())?;
            }
            object.word(
                "result",
                match end {
                    LookEnd::Complete => "complete",
                    LookEnd::Incomplete => "incomplete",
                    LookEnd::NotLooked => "not_looked",
                    LookEnd::Vanished => "thread_killed",
                },
            )
        }
    }
}

fn repair_starts(object: &mut Written<'_>, key: Key) -> fmt::Result {
    object.word("notice", "repair_starts")?;
    object.key(key, None)
}

fn cause(object: &mut Written<'_>, error: &Cause) -> fmt::Result {
    error.errno().map_or(Ok(()), |errno| object.signed("errno", errno.into()))
}
