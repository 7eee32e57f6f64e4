// SPDX-License-Identifier: LGPL-2.1-or-later
//! Texts of the kernel, of the service manager and of the administrator.

use super::Input;
use crate::act::{ScrubVerdict, fuzzed::is_named_by};
use crate::fs::Autofsck;
use crate::fs::fuzzed::{parse_autofsck, parse_totals};
use crate::plan::defects::parse_kernel_version;
use crate::service::notify::{Manager, watchdog_pause};
use crate::service::{left_over, others, unit};
use crate::sys::Capabilities;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// Value of the property: only the words that a C program would find there mean something.
pub(super) fn autofsck(bytes: &[u8]) {
    let value = &bytes[..bytes.len().min(32)];
    let is = |word: &str| {
        value.strip_prefix(word.as_bytes()).is_some_and(|rest| rest.first().is_none_or(|b| *b == 0))
    };
    let means = match parse_autofsck(value) {
        Autofsck::None => is("none"),
        Autofsck::Check => is("check"),
        Autofsck::Optimize => is("optimize"),
        Autofsck::Repair => is("repair"),
        Autofsck::Other => !["none", "check", "optimize", "repair"].into_iter().any(is),
        Autofsck::Unset => false,
    };
    assert!(means, "{value:?}");
}

/// Files of /proc, the kernel's release, and names in lost+found.
pub(super) fn proc(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let device = (input.byte().into(), input.byte().into());
    let (mounts, text) = ([0, 1, 22, 31], input.rest());
    let is_on = others::is_on(&mounts, text, device);
    let found = |line: &[u8]| others::mount_line(line);
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').filter_map(found);
    assert_eq!(is_on, lines.any(|(id, on)| on == device && mounts.contains(&id)));
    others::mount_of(text);
    others::monitored(text);
    let has_any = text.windows(7).any(|some| some == b"CapEff:");
    assert!(has_any || others::capabilities(text) == Capabilities::empty());
    let plain = std::str::from_utf8(text).ok().filter(|text| !text.starts_with('+'));
    assert_eq!(others::number(text), plain.and_then(|text| text.parse().ok()));
    let lossy = String::from_utf8_lossy(text);
    parse_totals(&lossy);
    if let Some(group) = left_over::group(&lossy) {
        let parts: Vec<_> = group.components().collect();
        assert!(group.starts_with("/sys/fs/cgroup"));
        assert!(!parts.contains(&std::path::Component::ParentDir));
    }
    let other = left_over::other(&lossy, 17, |_| true);
    assert!(other.is_none_or(|pid| pid != 17 && pid != 0));
    if let Some((major, minor, _)) = parse_kernel_version(&lossy) {
        let numbers: Vec<u32> = lossy
            .split(|c: char| !c.is_ascii_digit())
            .take(2)
            .filter_map(|n| n.parse().ok())
            .collect();
        assert_eq!(numbers, [major, minor]);
    }
    assert!(!is_named_by(text, 133) || text.starts_with(b"133") || text.starts_with(b"0"));
}

/// Variables of sd_notify(3), one a line: nobody listens at any such socket, and that is all.
pub(super) fn notify(bytes: &[u8]) {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let [socket, pause, pid] = [(); 3].map(|()| lines.next());
    // Whoever runs this may have a manager.
    let socket = socket.map(|name| match name {
        [b'@', name @ ..] => [b"@xfshealer-fuzz-", name].concat(),
        [b'/', ..] => [b"/nonexistent", name].concat(),
        name => name.to_vec(),
    });
    let env = |name: &str| {
        let value = match name {
            "NOTIFY_SOCKET" => socket.clone(),
            "WATCHDOG_USEC" => pause.map(<[u8]>::to_vec),
            "WATCHDOG_PID" => pid.map(<[u8]>::to_vec),
            _ => None,
        };
        value.map(OsString::from_vec)
    };
    let (manager, complaint) = Manager::new(env);
    assert!(manager.wake_at().is_none());
    assert_eq!(complaint.is_some(), socket.is_some());
    if let Ok(Some(every)) = watchdog_pause(env) {
        assert!(every >= std::time::Duration::from_millis(100));
        let number = std::str::from_utf8(pause.unwrap()).unwrap().parse::<u64>();
        assert!(number.is_ok_and(|number| number > 0 && number < u64::MAX));
    }
}

/// What systemctl(1) prints of a unit.
pub(super) fn systemctl(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let state = unit::parse_state(&text);
    assert!(!state.is_running || text.contains("MainPID="));
    if let Some(end) = state.end {
        let verdict = ScrubVerdict::of_unit(end);
        if let ScrubVerdict::Signal(_) = verdict {
            assert!(text.contains("ActiveState=deactivating") || text.contains("Result="));
        }
    }
}
