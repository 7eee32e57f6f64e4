// SPDX-License-Identifier: LGPL-2.1-or-later
//! Units of systemd: their names for paths, as systemd-escape(1) makes them with `--path
//! --template`, and how they ended.

use super::{ScrubExit, ScrubVerdict, child};
use std::fmt::Write;
use std::path::{Component, Path};
use std::process::{Command, Stdio};

/// Whether systemd is the service manager here, by the test that sd_booted(3) documents.
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

/// How a unit ended that systemctl(1) could not start or that failed; `None` if it has not run since
/// that moment of the monotonic clock, in nanoseconds.
pub fn unit_result(unit: &str, since_ns: u64) -> Option<ScrubVerdict> {
    let mut command = Command::new("systemctl");
    let properties = "--property=Result,ExecMainStatus,ExecMainStartTimestampMonotonic";
    command.args(["show", properties, "--"]).arg(unit);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    child::prepare(&mut command);
    let output = command.output().ok()?;
    parse_result(&String::from_utf8_lossy(&output.stdout), since_ns / 1000)
}

/// Reads properties whose meanings are in org.freedesktop.systemd1(5); times are microseconds.
fn parse_result(text: &str, since_us: u64) -> Option<ScrubVerdict> {
    let value = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    let began: u64 = value("ExecMainStartTimestampMonotonic")?.parse().ok()?;
    let status = || value("ExecMainStatus")?.parse().ok();
    match value("Result")? {
        _ if began < since_us => None,
        "exit-code" => Some(ScrubVerdict::Exit(ScrubExit::from_bits_retain(status()?))),
        "signal" => Some(ScrubVerdict::from_signal(status())),
        // Of a unit that has no time of its own: it did not end in time when it was stopped.
        "timeout" => Some(ScrubVerdict::Interrupted),
        "core-dump" | "watchdog" | "oom-kill" => Some(ScrubVerdict::Crashed),
        // `success` is from an earlier time, or from none; the rest is why it did not even start.
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

    /// The reference is systemd's own tool.
    #[test]
    fn a_unit_that_ran_has_a_result() {
        let of = |text: &str, began: u64| {
            parse_result(&format!("{text}\nExecMainStartTimestampMonotonic={began}\n"), 1000)
        };
        let damage_left = Some(ScrubVerdict::Exit(ScrubExit::DAMAGE_LEFT));
        assert_eq!(of("Result=exit-code\nExecMainStatus=1", 1000), damage_left);
        assert_eq!(of("Result=exit-code\nExecMainStatus=1", 999), None, "an earlier run");
        let signal = |number| of(&format!("ExecMainStatus={number}\nResult=signal"), 1000);
        assert_eq!(signal(libc::SIGTERM), Some(ScrubVerdict::Interrupted));
        assert_eq!(signal(libc::SIGSEGV), Some(ScrubVerdict::Crashed));
        for other in ["", "Result=success\nExecMainStatus=0", "Result=start-limit-hit", "x"] {
            assert_eq!(of(other, 1000), None, "{other:?}");
        }
    }

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
