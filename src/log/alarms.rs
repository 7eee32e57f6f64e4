// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tests that the patterns of `packaging/node-problem-detector` find the lines that they are meant
//! for and no others, and that xfs_healer(8) and fserrord(8) tell these lines as they are.
//!
//! The lines are made of values, so that a change of the words fails here.

use super::fserror::{Class, FsErrorNews};
use super::loss::{Loss, LossCause, Lost};
use super::said::{CrowdKind, ReportKind, Said};
use super::samples::{self, Values, samples};
use crate::act::{AgHeader, Fork, Owner};
use crate::event::{Body, FileError};
use crate::plan::Notice;
use crate::report::{Level, Line, Place};

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

const RULES: [&str; 2] = [
    include_str!("../../packaging/node-problem-detector/xfs_healer-monitor.json"),
    include_str!("../../packaging/node-problem-detector/fserrord-monitor.json"),
];
const PAGES: [&str; 2] =
    [include_str!("../../man/xfs_healer.8"), include_str!("../../man/fserrord.8")];

/// Level of the lines of each rule, by the rule's reason.
const LEVELS: [(&str, Level); 10] = [
    ("XfsRepaired", Level::Notice),
    ("XfsRepairFailed", Level::Error),
    ("XfsMediaError", Level::Warning),
    ("XfsDeviceTrouble", Level::Critical),
    ("XfsOnlyOfflineRepair", Level::Critical),
    ("XfsThreadsKilled", Level::Critical),
    ("XfsIsShutDown", Level::Critical),
    ("XfsFileDataLost", Level::Critical),
    ("XfsDeviceRangeLost", Level::Critical),
    ("FilesystemIsShutDown", Level::Critical),
];

/// Reason of the rule that is meant for something that is said. Without a wildcard: what is new
/// has to be thought of here.
fn meant(said: &Said) -> Option<&'static str> {
    match said {
        Said::Event(event, _) => of_event(&event.body),
        Said::Notice(notice, _) => of_notice(notice),
        Said::Loss(loss, _) => of_loss(loss),
        Said::FsError(news) => of_fs_error(news),
        Said::MoreReports(ReportKind::LostData, _) => Some("XfsFileDataLost"),
        Said::MoreReports(ReportKind::MediaErrors, _) => Some("XfsMediaError"),
        Said::Crowd { kind: CrowdKind::Untried, .. } => Some("XfsOnlyOfflineRepair"),
        Said::Header(_)
        | Said::SilentLoss
        | Said::MoreReports(..)
        | Said::Crowd { .. }
        | Said::FullScrubWanted(_)
        | Said::FullScrub(_)
        | Said::Policy(_)
        | Said::Refused(_)
        | Said::Silent(_)
        | Said::Fault(_)
        | Said::OneShot(_)
        | Said::Summary(_)
        | Said::Left(..)
        | Said::LeftMore(_)
        | Said::MoreLosses(_)
        | Said::RecordedRepair(..)
        | Said::Hook(_)
        | Said::Healer(_)
        | Said::Mounts(_)
        | Said::Recording(_)
        | Said::Detail(_)
        | Said::End { .. } => None,
    }
}

fn of_event(body: &Body) -> Option<&'static str> {
    match body {
        Body::Shutdown { .. } => Some("XfsIsShutDown"),
        Body::MediaError { .. } => Some("XfsMediaError"),
        Body::FileRange { error: FileError::DataLost, .. } => Some("XfsFileDataLost"),
        Body::Running
        | Body::Lost { .. }
        | Body::Unmount
        | Body::Health { .. }
        | Body::FileRange { .. }
        | Body::Unknown { .. } => None,
    }
}

fn of_fs_error(news: &FsErrorNews) -> Option<&'static str> {
    match news {
        FsErrorNews::Error(error) | FsErrorNews::Again(error, _) => {
            (error.class() == Class::Shutdown).then_some("FilesystemIsShutDown")
        }
        _ => None,
    }
}

fn of_notice(notice: &Notice) -> Option<&'static str> {
    match notice {
        Notice::Repaired(_) => Some("XfsRepaired"),
        Notice::Failed(..) | Notice::CrossFailed(_) => Some("XfsRepairFailed"),
        Notice::OfflineNeeded(..) => Some("XfsOnlyOfflineRepair"),
        Notice::TooManyVanished => Some("XfsThreadsKilled"),
        Notice::ShutDown => Some("XfsIsShutDown"),
        Notice::DeviceTrouble => Some("XfsDeviceTrouble"),
        Notice::NoModification(_)
        | Notice::Gone(_)
        | Notice::Postponed(_)
        | Notice::ReadOnly
        | Notice::NoRecovery
        | Notice::Unreachable(_)
        | Notice::TooManyFailures
        | Notice::Slow(_)
        | Notice::ScrubWithheld
        | Notice::ScrubUnsafe
        | Notice::ScrubFatal
        | Notice::TableFull
        | Notice::WouldRepair(_)
        | Notice::WouldScrub(_) => None,
    }
}

fn of_loss(loss: &Loss) -> Option<&'static str> {
    match &loss.lost {
        Lost::File { fork: Fork::Data, .. } | Lost::Target { .. } => Some("XfsFileDataLost"),
        Lost::File { fork: Fork::Attributes, .. } if loss.cause == LossCause::Repair => {
            Some("XfsFileDataLost")
        }
        Lost::OnDevice(_, owner, _) => match owner {
            Owner::Header(_, AgHeader::Unused) => None,
            Owner::Header(..)
            | Owner::RealtimeSuperblock
            | Owner::Log
            | Owner::Inodes(..)
            | Owner::File { .. } => Some("XfsDeviceRangeLost"),
            Owner::Free
            | Owner::Unknown
            | Owner::SpaceBtrees(_)
            | Owner::InodeBtrees(_)
            | Owner::Refcounts(_)
            | Owner::CopyOnWrite
            | Owner::Defective
            | Owner::Unwritten { .. }
            | Owner::TooMany => None,
        },
        Lost::File { .. } | Lost::Name(_) | Lost::Untold(..) => None,
    }
}

/// The place that the manual page has in its lines.
fn place() -> Place {
    Place::new(b"/home")
}

/// Each sample with its line.
fn lines() -> Vec<(Said, Line)> {
    let samples =
        samples(&Values::usual()).into_iter().filter(|said| !said.line(None).text.is_empty());
    samples.map(|said| (said.clone(), said.line(Some(&place())))).collect()
}

/// The patterns by their reasons, as JSON has each in a line of its own.
fn patterns() -> BTreeMap<String, String> {
    let value = |name: &str| {
        let start = format!("\"{name}\": \"");
        let values =
            RULES.iter().flat_map(|rules| rules.split("\"rules\"").nth(1).unwrap().lines());
        let values = values.filter_map(move |line| line.trim().strip_prefix(&start[..]));
        values
            .map(|value| value.trim_end_matches(['"', ',']).replace("\\\\", "\\"))
            .collect::<Vec<_>>()
    };
    let (reasons, patterns) = (value("reason"), value("pattern"));
    assert_eq!(reasons.len(), patterns.len());
    reasons.into_iter().zip(patterns).collect()
}

/// The reasons of the rules that match, for each of the lines, whole. The patterns are in the part
/// of the language that grep(1), Go and PCRE read alike.
fn matched(lines: &[&str]) -> Vec<BTreeSet<String>> {
    let mut all = vec![BTreeSet::new(); lines.len()];
    for (reason, pattern) in patterns() {
        let mut grep = Command::new("grep")
            .args(["-nxE", "-e", &pattern])
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stdin, text) = (grep.stdin.take().unwrap(), lines.join("\n") + "\n");
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
        let output = grep.wait_with_output().unwrap();
        writer.join().unwrap();
        assert!(output.status.code().is_some_and(|code| code <= 1), "{pattern}");
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let number: usize = line.split_once(':').unwrap().0.parse().unwrap();
            all[number - 1].insert(reason.clone());
        }
    }
    all
}

/// Fails unless each line is matched by the rule that is meant, and by no other.
fn check(lines: &[(Option<&'static str>, String)]) {
    let texts: Vec<_> = lines.iter().map(|(_, text)| &text[..]).collect();
    for ((meant, text), reasons) in lines.iter().zip(matched(&texts)) {
        let meant: BTreeSet<_> = meant.iter().map(|reason| (*reason).to_owned()).collect();
        assert_eq!(reasons, meant, "{text}");
    }
}

#[test]
fn each_line_is_matched_by_the_pattern_that_is_meant_and_no_other() {
    let lines: Vec<_> =
        lines().iter().map(|(said, line)| (meant(said), line.text.clone())).collect();
    let met: BTreeSet<_> = lines.iter().filter_map(|(meant, _)| *meant).collect();
    let reasons = patterns();
    assert!(met.iter().eq(reasons.keys()), "{met:?} of {:?}", reasons.keys());
    check(&lines);
}

#[test]
fn each_error_of_a_call_is_matched() {
    let all = (0..200).flat_map(samples::with_errno);
    check(&all.map(|said| (meant(&said), said.line(Some(&place())).text)).collect::<Vec<_>>());
}

/// Lines that end differently: the others differ in numbers and names only.
fn different(lines: Vec<(Said, Line)>) -> Vec<(Said, String)> {
    let mut seen = BTreeSet::new();
    let lines = lines.into_iter().map(|(said, line)| (said, line.text));
    lines
        .filter(|(_, text)| seen.insert(text[text.len().saturating_sub(20)..].to_owned()))
        .collect()
}

/// The names of files are lines that match.
#[test]
fn a_name_cannot_make_a_pattern_match() {
    let lines = lines();
    let named = |name: &str| {
        let named = lines.iter().filter_map(|(said, _)| samples::named(said, name.as_bytes()));
        let lines = named.map(|said| (said.clone(), said.line(Some(&place()))));
        different(lines.collect())
    };
    let alarms = lines.iter().filter(|(said, _)| meant(said).is_some()).cloned().collect();
    let hostile = different(alarms).into_iter();
    let all = hostile.flat_map(|(_, text)| named(&format!("{text} {text}")));
    let all: Vec<_> = all.map(|(said, text)| (meant(&said), text)).collect();
    assert!(all.len() > 1000, "{}", all.len());
    check(&all);
}

#[test]
fn what_needs_a_person_now_is_matched_and_each_rule_has_one_level() {
    let levels = BTreeMap::from(LEVELS);
    for (said, line) in lines() {
        match meant(&said) {
            Some(reason) => assert_eq!(line.level, levels[reason], "{}", line.text),
            None => assert!(line.level > Level::Critical, "{}", line.text),
        }
    }
}

/// The section has a line, and behind it its level and the reason of its rule.
#[test]
fn the_manual_pages_tell_the_lines_of_each_rule_as_they_are() {
    let told: BTreeSet<String> = PAGES.into_iter().flat_map(told_in).collect();
    let texts: Vec<_> = told.iter().map(|text| &text[..]).collect();
    let told: BTreeSet<String> = matched(&texts).into_iter().flatten().collect();
    assert!(told.iter().eq(patterns().keys()), "{told:?}");
}

/// Lines in that section of a page.
fn told_in(page: &str) -> BTreeSet<String> {
    let section = page.split(".Ss Lines for programs\n").nth(1).unwrap();
    let list = section.split(".Bl -diag\n").nth(1).unwrap().split("\n.El\n").next().unwrap();
    let mut rows = list.lines();
    let real: BTreeSet<String> = lines().into_iter().map(|(_, line)| line.text).collect();
    let mut told = BTreeSet::new();
    while let Some(row) = rows.next() {
        let Some(text) = row.strip_prefix(".It ") else { continue };
        assert!(real.contains(text), "no line is as in the manual page: {text}");
        told.insert(text.to_owned());
        let Some(about) = rows.clone().next().filter(|line| !line.starts_with(".It ")) else {
            continue;
        };
        let (reason, level) = LEVELS
            .into_iter()
            .find(|(reason, _)| about.contains(&format!(" , {reason} .")))
            .unwrap_or_else(|| panic!("no rule: {about}"));
        let level = match level {
            Level::Critical => "crit",
            Level::Error => "err",
            Level::Warning => "warning",
            Level::Notice => "notice",
            Level::Info | Level::Debug => unreachable!("{reason}"),
        };
        assert!(about.contains(&format!(".Cm {level} ")), "{about}");
    }
    told
}

/// Lines for what has other programs read them (`tests/rules`): level, reason and text of each.
#[test]
fn the_lines_are_written_where_a_test_wants_them() {
    let Some(path) = std::env::var_os("ALARM_LINES") else { return };
    let rows = lines().into_iter().map(|(said, line)| {
        format!("{}\t{}\t{}\n", line.level as u8, meant(&said).unwrap_or("-"), line.text)
    });
    std::fs::write(path, rows.collect::<String>()).unwrap();
}
