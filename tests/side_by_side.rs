// SPDX-License-Identifier: LGPL-2.1-or-later
//! What 7.2.0 says of recorded events and what we say of them, side by side: they are equal, but for
//! the differences in the list of xfs_healer(8).
//!
//! `tests/recordings/renew` has 7.2.0 say it again.
#![cfg(target_endian = "little")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A difference, which the manual page tells with these words.
struct Difference {
    told: &'static str,
    /// True if these are what it makes of one event, ours first; `None` is no line.
    makes: fn(Option<&str>, Option<&str>, &Log) -> bool,
}

/// What of a log a difference depends on.
struct Log {
    /// True behind the report of the unmount.
    is_behind_unmount: bool,
}

/// The differences of single lines.
const DIFFERENCES: [Difference; 4] = [
    Difference {
        told: "Damage from before the start, which a look has found, is reported like any other.",
        makes: |ours, theirs, log| {
            !log.is_behind_unmount
                && theirs.is_none()
                && ours.is_some_and(|s| s.ends_with(": sick"))
        },
    },
    Difference {
        told: "Reports that come behind that of the unmount are told.",
        makes: |ours, theirs, log| log.is_behind_unmount && ours.is_some() && theirs.is_none(),
    },
    Difference {
        told: "It tells what is lost.",
        makes: |ours, theirs, _| {
            let words = ["data cannot be read: ", "data cannot be written: ", "lost: "];
            theirs.is_none()
                && ours.is_some_and(|ours| words.iter().any(|words| ours.contains(words)))
        },
    },
    Difference {
        told: "A bit without a name is .Ql unknown flag , also where there is none, \
            and a report of an unknown kind is .Ql unknown event with its numbers.",
        makes: |ours, theirs, _| {
            let flag = |ours: &str, theirs: Option<&str>| {
                ours.contains("unknown flag 0x")
                    && theirs.is_some_and(|theirs| {
                        let ours = ours.replace("unknown flag ", "");
                        // A mask may have no bit at all.
                        ours == *theirs || ours.replace(" 0x0", " ") == *theirs
                    })
            };
            let event = |ours: &str, theirs: Option<&str>| {
                ours.contains(": unknown event: domain ")
                    && theirs.is_none_or(|theirs| {
                        theirs.contains("unknown value") || theirs.ends_with(": media error")
                    })
            };
            ours.is_some_and(|ours| flag(ours, theirs) || event(ours, theirs))
        },
    },
];

/// Words of the difference that is in how many lines there are.
const COUNTED: &str = "Lines about reports beyond 60 a minute are counted, \
    and so are many inodes that go bad together.";
/// Words of the difference of what a caller brings about.
const OWN: &str = "A direct read or write that failed because the calling program made a mistake";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The list of the manual page, in one line.
fn list() -> String {
    let page = fs::read_to_string(root().join("man/xfs_healer.8")).unwrap();
    let (_, list) = page.split_once(".Ss Differences from xfsprogs 7.2\n").unwrap();
    let (list, _) = list.split_once("\n.Ss ").unwrap();
    list.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The recordings.
fn recordings() -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("tests/recordings")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|of| of == "rec")).collect()
}

/// What 7.2.0 says of each filesystem of a recording.
fn theirs(recording: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(recording.with_extension("7.2.0")).unwrap();
    logs(&text, |line| line.starts_with("-- filesystem "), |_| false)
}

/// What a replay says of each filesystem of a recording.
fn ours(recording: &Path, options: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xfs_healer"));
    command.args(options).args(["--no-autofsck", "--replay=-"]);
    let output = command.stdin(File::open(recording).unwrap()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let begins = |line: &str| line.contains(": device ") && line.contains(", UUID ");
    let text = String::from_utf8(output.stdout).unwrap();
    // Nothing of these is a report.
    logs(&text, begins, |line| {
        line.starts_with("standard input: recorded by ") || line.contains(": its repair then: ")
    })
}

/// The lines behind each that `begins` a filesystem, without those that are `of_none`.
fn logs(text: &str, begins: fn(&str) -> bool, of_none: fn(&str) -> bool) -> Vec<Vec<String>> {
    let mut logs = Vec::new();
    for line in text.lines().filter(|line| !of_none(line)) {
        match logs.last_mut() {
            _ if begins(line) => logs.push(Vec::new()),
            Some(log) => Vec::push(log, line.to_owned()),
            None => panic!("{line}: of no filesystem"),
        }
    }
    logs
}

/// The difference that these two lines are, and how many of each log it takes.
fn difference(ours: &[String], theirs: &[String], log: &Log) -> (&'static str, usize, usize) {
    let (our, their) = (ours.first().map(|s| &s[..]), theirs.first().map(|s| &s[..]));
    for (our, their) in [(our, their), (our, None)] {
        for Difference { told, makes } in &DIFFERENCES {
            if makes(our, their, log) {
                return (told, our.iter().count(), their.iter().count());
            }
        }
    }
    panic!("no difference that xfs_healer(8) tells\nours:   {our:?}\n7.2.0's: {their:?}");
}

/// Compares two logs to their ends; gives the differences.
fn compare(mut ours: &[String], mut theirs: &[String]) -> Vec<&'static str> {
    let mut log = Log { is_behind_unmount: false };
    let mut found = Vec::new();
    while !ours.is_empty() || !theirs.is_empty() {
        let (our, their) = if !ours.is_empty() && ours.first() == theirs.first() {
            (1, 1)
        } else {
            let (told, our, their) = difference(ours, theirs, &log);
            found.push(told);
            (our, their)
        };
        log.is_behind_unmount |= ours[..our].iter().any(|s| s.ends_with(": filesystem unmounted"));
        (ours, theirs) = (&ours[our..], &theirs[their..]);
    }
    found
}

#[test]
fn every_line_is_that_of_7_2_0_but_for_what_the_manual_page_lists() {
    let (list, mut found) = (list(), Vec::new());
    for recording in recordings() {
        let (ours, theirs) = (ours(&recording, &["--everything"]), theirs(&recording));
        assert_eq!(ours.len(), theirs.len(), "{recording:?}");
        ours.iter().zip(&theirs).for_each(|(ours, theirs)| found.extend(compare(ours, theirs)));
    }
    for Difference { told, .. } in &DIFFERENCES {
        assert!(list.contains(told), "the manual page does not tell: {told}");
        assert!(found.contains(told), "no recording shows: {told}");
    }
}

/// Number of reports that a line counts, if it is one that counts.
fn counted(line: &str) -> Option<usize> {
    let (_, words) = line.split_once(": ")?;
    let (number, what) = words.split_once(' ')?;
    what.starts_with("more reports").then(|| number.parse().unwrap())
}

#[test]
fn what_is_not_said_line_by_line_is_counted_or_is_of_the_callers_making() {
    let list = list();
    assert!(list.contains(COUNTED) && list.contains(OWN), "{list}");
    for recording in recordings() {
        for (few, all) in ours(&recording, &[]).iter().zip(ours(&recording, &["--everything"])) {
            let counts: usize = few.iter().filter_map(|line| counted(line)).sum();
            let lines = few.iter().filter(|line| counted(line).is_none());
            assert!(lines.clone().all(|line| all.contains(line)), "{recording:?}");
            let is_own =
                |line: &&String| line.contains(": directio_") && line.ends_with(": Bad address");
            let own = all.iter().filter(is_own).count();
            assert_eq!(lines.count() + counts + own, all.len(), "{recording:?}");
        }
    }
}
