// SPDX-License-Identifier: LGPL-2.1-or-later
//! How many errors of files of a filesystem are said one by one within a minute.

use super::places::ErrorKind;
use crate::log::fserror::Class;
use crate::plan::Time;
use crate::sys::DeviceNumber;
use std::collections::BTreeMap;
use std::time::Duration;

/// Most first lines of a filesystem for each class.
const MOST: u32 = 30;
const MOST_OF_CALLERS: u32 = 10;
/// Number of them that each errno has in any case: of one anybody may make as many as they like.
const FEW: u32 = 3;
const MINUTE: Duration = Duration::from_secs(60);

/// The minute of a class of errors of a filesystem.
#[derive(Debug)]
struct LineMinute {
    since: Time,
    lines: u32,
    of_errno: BTreeMap<i32, u32>,
}

/// The first lines of late.
#[derive(Debug, Default)]
pub struct FirstLines(BTreeMap<(DeviceNumber, Class), LineMinute>);

impl FirstLines {
    /// True if one more error of this kind may be said now.
    pub fn has_room(&self, kind: ErrorKind, now: Time) -> bool {
        let class = kind.class();
        let most = if class == Class::Caller { MOST_OF_CALLERS } else { MOST };
        let minute = self.0.get(&(kind.device, class));
        minute.filter(|minute| now.since(minute.since) < MINUTE).is_none_or(|minute| {
            let own = minute.of_errno.get(&kind.errno).copied().unwrap_or_default();
            minute.lines < most || own < FEW
        })
    }

    /// Counts one that is said.
    pub fn add(&mut self, kind: ErrorKind, now: Time) {
        self.0.retain(|_, minute| now.since(minute.since) < MINUTE);
        let new = || LineMinute { since: now, lines: 0, of_errno: BTreeMap::new() };
        let minute = self.0.entry((kind.device, kind.class())).or_insert_with(new);
        minute.lines = minute.lines.saturating_add(1);
        let own = minute.of_errno.entry(kind.errno).or_default();
        *own = own.saturating_add(1);
    }

    pub fn forget(&mut self, device: DeviceNumber) {
        self.0.retain(|(of, _), _| *of != device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::default().after(Duration::from_secs(seconds))
    }

    /// Number of errors that are said of so many.
    fn said(lines: &mut FirstLines, errno: i32, tries: u32, now: Time) -> u32 {
        let kind = ErrorKind { device: (7, 0), is_of_file: true, errno };
        let try_one = |_: &u32| {
            let has_room = lines.has_room(kind, now);
            if has_room {
                lines.add(kind, now);
            }
            has_room
        };
        (0..tries).filter(try_one).count() as u32
    }

    #[test]
    fn what_one_can_make_at_will_leaves_some_lines_for_what_the_disk_makes() {
        let mut lines = FirstLines::default();
        assert_eq!(said(&mut lines, libc::EDQUOT, 1000, at(0)), MOST);
        assert_eq!(said(&mut lines, libc::EIO, 1000, at(59)), FEW);
        assert_eq!(said(&mut lines, libc::EUCLEAN, 1000, at(59)), MOST, "another class");
        assert_eq!(said(&mut lines, libc::EFAULT, 1000, at(59)), MOST_OF_CALLERS);
        assert_eq!(said(&mut lines, libc::EIO, 1000, at(60)), MOST);
    }

    #[test]
    fn nothing_is_remembered_for_longer_than_a_minute_or_of_what_is_forgotten() {
        let mut lines = FirstLines::default();
        said(&mut lines, libc::EIO, 1, at(0));
        said(&mut lines, libc::EUCLEAN, 1, at(60));
        assert_eq!(lines.0.len(), 1);
        lines.forget((7, 0));
        assert!(lines.0.is_empty());
    }
}
