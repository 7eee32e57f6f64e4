// SPDX-License-Identifier: LGPL-2.1-or-later
//! What an earlier run of this service has left behind.
//!
//! Nothing ends a process that waits in the kernel for a device that does not answer. systemd gives
//! it up after a while and starts the next one, which would come to wait for the same: one more each
//! time, for ever.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Where the kernel shows control groups.
const GROUPS: &str = "/sys/fs/cgroup";
/// More than there is to read of one service.
const MOST_BYTES: u64 = 64 * 1024;

/// The process beside this one, the first of a service of systemd's; `None` also elsewhere.
///
/// systemd starts a service when the processes of its last run have ended, or when it has given
/// them up.
pub fn left_over() -> Option<u32> {
    let own = std::process::id();
    // systemd.exec(5): so it marks the one that it has started itself, beside which there is none.
    let first = std::env::var("SYSTEMD_EXEC_PID").ok()?.parse();
    if first != Ok(own) {
        return None;
    }
    let group = group(&text(Path::new("/proc/self/cgroup"))?)?;
    other(&text(&group.join("cgroup.procs"))?, own)
}

/// What a file of the kernel says.
fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The folder of the control group, from what cgroups(7) says of /proc/PID/cgroup; `None` where it is
/// not in sight.
fn group(text: &str) -> Option<PathBuf> {
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    is_below.then(|| Path::new(GROUPS).join(path))
}

/// Another one of these numbers; 0 is one that is not in sight.
fn other(numbers: &str, own: u32) -> Option<u32> {
    let mut numbers = numbers.lines().filter_map(|line| line.parse().ok());
    numbers.find(|number| *number != own && *number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_the_one_of_the_unified_tree_if_it_is_in_sight() {
        let unit = "/sys/fs/cgroup/system.slice/xfs_healer@home.service";
        let hybrid = "1:name=systemd:/x\n0::/system.slice/xfs_healer@home.service\n";
        assert_eq!(group(hybrid).as_deref(), Some(Path::new(unit)));
        for text in ["", "1:cpu:/x", "0::/../other.slice", "0::", "0:://x"] {
            assert_eq!(group(text), None, "{text:?}");
        }
    }

    #[test]
    fn another_process_is_one_that_is_not_this_one() {
        assert_eq!(other("17\n", 17), None);
        assert_eq!(other("17\n4711\n", 17), Some(4711));
        assert_eq!(other("0\n", 17), None);
        assert_eq!(other("4294967296\n-1\nx\n", 17), None);
    }

    /// Tests share their process with the runner, whose group has others.
    #[test]
    fn who_is_not_the_first_process_of_a_service_asks_nothing() {
        assert_ne!(std::env::var("SYSTEMD_EXEC_PID"), Ok(std::process::id().to_string()));
        assert_eq!(left_over(), None);
    }
}
