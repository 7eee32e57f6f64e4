// SPDX-License-Identifier: LGPL-2.1-or-later
//! Names of systemd units for paths, as systemd-escape(1) makes them with `--path --template`.

use std::fmt::Write;
use std::path::{Component, Path};

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
