// SPDX-License-Identifier: LGPL-2.1-or-later
//! Units of systemd: their names for paths, as systemd-escape(1) makes them with `--path
//! --template`, and how they ended.

use super::child;
use crate::sys::Launch;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Component, Path};
use std::thread;
use std::time::{Duration, Instant};

/// Time limit of systemctl(1), which tells what it knows or, with `--no-block`, hands a wish over.
pub(super) const SYSTEMCTL_PATIENCE: Duration = Duration::from_secs(90);
/// Time within which systemd answers again that replaces itself, as when it is upgraded: meanwhile systemctl(1)
/// fails. On a busy emulated machine it takes two seconds. And the pause between two questions.
const REPLACED: Duration = Duration::from_secs(30);
const REPLACED_PAUSE: Duration = Duration::from_millis(500);
/// First of the exit statuses that are systemd's own word for what kept it from running the program
/// (exit-status.h of systemd).
const FIRST_OF_SYSTEMD: i32 = 200;

/// True if systemd is the service manager here, by the test that sd_booted(3) documents.
pub fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// The instance of a template unit for a path: `xfs_scrub@` gives `xfs_scrub@mnt-data.service`.
///
/// `None` where systemd-escape would refuse: a path that is not absolute or has a `..`, or a name
/// longer than systemd allows.
pub fn instance(template: &str, path: &Path) -> Option<String> {
    // unit-name.h of systemd: UNIT_NAME_MAX, with the final NUL.
    const MAX_BYTES: usize = 255;
    let name = format!("{template}{}.service", escape_path(path)?);
    (name.len() <= MAX_BYTES).then_some(name)
}

/// An end of a unit's program that was not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitEnd {
    /// The program failed with this exit code of its own.
    Exit(i32),
    /// The program was ended by this signal.
    Signal(i32),
}

/// State of a unit, as systemd tells it. Times are those of the monotonic clock, in microseconds; 0
/// where the unit has not run, or not since systemd has forgotten it, as it does once a unit has
/// ended well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitState {
    /// True if the unit's program runs, and nobody has told it to end.
    pub is_running: bool,
    /// Start of the last run, in microseconds.
    pub began_us: u64,
    /// End of the last run, in microseconds, if it has ended.
    pub ended_us: u64,
    /// Bad end of the last run; `None` if it is not known to have ended badly.
    pub end: Option<UnitEnd>,
    /// Time in microseconds when the unit was not to run since a condition was not met, if that is
    /// what came of the last start.
    pub unmet_us: u64,
}

/// Reads the state of a unit from systemd; `None` if it does not answer.
pub fn unit_state(unit: &str) -> Option<UnitState> {
    let properties = "ActiveState,MainPID,Result,ExecMainStatus,\
        ExecMainStartTimestampMonotonic,ExecMainExitTimestampMonotonic,\
        ConditionResult,ConditionTimestampMonotonic";
    Some(parse_state(&show(&[&format!("--property={properties}")], unit)?))
}

/// What systemctl(1) shows of a unit with these options; `None` if systemd does not answer.
pub fn show(options: &[&str], unit: &str) -> Option<String> {
    let until = Instant::now() + REPLACED;
    loop {
        let mut command = Launch::new("systemctl");
        command.arg("show").args(options).args(["--", unit]);
        match child::answer_of(command, SYSTEMCTL_PATIENCE) {
            Ok(answer) => return Some(String::from_utf8_lossy(&answer).into_owned()),
            Err(error) if error.kind() == ErrorKind::Other && Instant::now() < until => {
                thread::sleep(REPLACED_PAUSE);
            }
            Err(_) => return None,
        }
    }
}

/// Reads properties whose meanings are in org.freedesktop.systemd1(5).
pub(crate) fn parse_state(text: &str) -> UnitState {
    let value = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value.trim())
    };
    let number = |name: &str| value(name).parse().unwrap_or(0);
    let has_process = !matches!(value("MainPID"), "" | "0");
    UnitState {
        is_running: has_process && matches!(value("ActiveState"), "activating" | "active"),
        began_us: number("ExecMainStartTimestampMonotonic"),
        ended_us: number("ExecMainExitTimestampMonotonic"),
        end: match value("ActiveState") {
            // Somebody stops it; its process has been told, and what waits for it to start has not
            // waited for that.
            "deactivating" => Some(UnitEnd::Signal(libc::SIGTERM)),
            _ => parse_end(value("Result"), value("ExecMainStatus").parse().ok()),
        },
        unmet_us: match value("ConditionResult") {
            "no" => number("ConditionTimestampMonotonic"),
            _ => 0,
        },
    }
}

fn parse_end(result: &str, status: Option<i32>) -> Option<UnitEnd> {
    match result {
        "exit-code" => status.filter(|status| *status < FIRST_OF_SYSTEMD).map(UnitEnd::Exit),
        // It did not end in time when it was stopped: so was the manager's way.
        "timeout" => Some(UnitEnd::Signal(libc::SIGKILL)),
        "signal" | "core-dump" | "watchdog" | "oom-kill" => {
            Some(UnitEnd::Signal(status.unwrap_or(libc::SIGKILL)))
        }
        // `success` says nothing; the rest is why it did not even start.
        _ => None,
    }
}

fn escape_path(path: &Path) -> Option<String> {
    let mut text = String::new();
    let mut is_absolute = false;
    for component in path.components() {
        match component {
            Component::RootDir => is_absolute = true,
            Component::Normal(name) => {
                if !text.is_empty() {
                    text.push('-');
                }
                escape_name(&mut text, name.as_encoded_bytes());
            }
            Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    if text.is_empty() {
        text.push('-');
    }
    is_absolute.then_some(text)
}

fn escape_name(text: &mut String, name: &[u8]) {
    for byte in name {
        // A dot is plain except at the very beginning, where it would make a hidden file.
        match byte {
            b'.' if text.is_empty() => text.push_str("\\x2e"),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b':' | b'_' | b'.' => {
                text.push(char::from(*byte));
            }
            // Writing to a String cannot fail.
            byte => drop(write!(text, "\\x{byte:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    fn of(path: &[u8]) -> Option<String> {
        instance("xfs_scrub@", Path::new(std::ffi::OsStr::from_bytes(path)))
    }

    #[test]
    fn a_unit_that_ran_has_a_result() {
        let of = |text: &str| parse_state(text).end;
        assert_eq!(of("Result=exit-code\nExecMainStatus=1"), Some(UnitEnd::Exit(1)));
        let signal = |number| of(&format!("ExecMainStatus={number}\nResult=signal"));
        assert_eq!(signal(libc::SIGTERM), Some(UnitEnd::Signal(libc::SIGTERM)));
        let killed = Some(UnitEnd::Signal(libc::SIGKILL));
        assert_eq!(of("Result=oom-kill\nExecMainStatus=9"), killed);
        assert_eq!(of("Result=timeout\nExecMainStatus=15"), killed);
        let stopped = "ActiveState=deactivating\nResult=success\nExecMainStatus=0";
        assert_eq!(of(stopped), Some(UnitEnd::Signal(libc::SIGTERM)), "not yet ended");
        let no_program = "Result=exit-code\nExecMainStatus=203";
        for other in ["", "Result=success\nExecMainStatus=0", "Result=start-limit-hit", no_program]
        {
            assert_eq!(of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_condition_keeps_a_unit_from_running_if_it_is_not_met() {
        let of = |met: &str| {
            let text = format!("ConditionResult={met}\nConditionTimestampMonotonic=123");
            parse_state(&text).unmet_us
        };
        assert_eq!((of("no"), of("yes"), of("")), (123, 0, 0));
    }

    #[test]
    fn a_unit_runs_while_it_has_a_process_and_is_not_about_to_end() {
        let of = |state: &str, pid: u32| {
            parse_state(&format!("MainPID={pid}\nActiveState={state}\n")).is_running
        };
        assert!(of("activating", 7) && of("active", 7));
        assert!(!of("active", 0) && !of("inactive", 7) && !of("deactivating", 7) && !of("", 7));
        let times = parse_state(
            "ExecMainStartTimestampMonotonic=18446744073709551615\n\
                ExecMainExitTimestampMonotonic=99999999999999999999\nMainPID",
        );
        let began_us = u64::MAX;
        assert_eq!(times, UnitState { began_us, ..UnitState::default() });
    }

    /// The reference is systemd's own tool.
    #[test]
    fn names_are_those_of_systemd_escape() {
        let long = [b"/".as_slice(), &[b'x'; 200]].concat();
        let paths: [&[u8]; 12] = [
            b"/",
            b"/mnt",
            b"/mnt/data/",
            b"//mnt///data",
            b"/.hidden/.too",
            b"/with-dash/under_score",
            b"/with space/new\nline/\x1b",
            b"/a\\b:c.d",
            "/Stra\u{df}e".as_bytes(),
            b"/\xff",
            b"/mnt/./data",
            &long,
        ];
        for path in paths {
            let output = Command::new("systemd-escape")
                .args(["--path", "--template=xfs_scrub@.service", "--"])
                .arg(std::ffi::OsStr::from_bytes(path))
                .output()
                .expect("systemd-escape (package systemd) runs");
            let name = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{path:?}");
            assert_eq!(of(path).as_deref(), Some(name.trim_end()), "{path:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_unit_is_refused() {
        assert_eq!(of(b"relative"), None);
        assert_eq!(of(b"/a/../b"), None);
        assert_eq!(of(&[b"/".as_slice(), &[b'x'; 250]].concat()), None);
    }
}
