// SPDX-License-Identifier: LGPL-2.1-or-later
//! Processes that an earlier run of this service has left behind.
//!
//! Nothing ends a process that waits in the kernel for a device that does not answer. systemd gives
//! it up after a while and starts the next one, which would come to wait for the same: one more
//! each time, for ever.

use super::others::is_named_healer;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Directory where the kernel shows control groups.
const GROUPS: &str = "/sys/fs/cgroup";
/// Limit of bytes that are read: more than there is to read of one service.
const MOST_BYTES: u64 = 64 * 1024;

/// Number of a healer beside this process in its service of systemd's; `None` also if this process
/// is not the first of a service.
///
/// systemd starts a service when the processes of its last run have ended, or when it has given
/// them up. Of others than the healer it may have been told to leave them alone, or a command that
/// somebody has added to the unit has started them: those are in nobody's way.
pub fn left_over() -> Option<u32> {
    let own = std::process::id();
    // systemd.exec(5): so it marks the one that it has started itself, beside which there is none.
    let first = std::env::var("SYSTEMD_EXEC_PID").ok()?.parse();
    if first != Ok(own) {
        return None;
    }
    let group = group(&text(Path::new("/proc/self/cgroup"))?)?;
    other(&text(&group.join("cgroup.procs"))?, own, is_named_healer)
}

/// Reads a text file of the kernel.
fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The folder of the control group, from what cgroups(7) says of /proc/PID/cgroup; `None` where it
/// is not in sight.
pub(crate) fn group(text: &str) -> Option<PathBuf> {
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    is_below.then(|| Path::new(GROUPS).join(path))
}

/// Finds a process number that `counts`, other than `own`; 0 is a process that is not in sight.
pub(crate) fn other(numbers: &str, own: u32, counts: impl Fn(u32) -> bool) -> Option<u32> {
    let mut numbers = numbers.lines().filter_map(|line| line.parse().ok());
    numbers.find(|number| *number != own && *number != 0 && counts(*number))
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
        let any = |numbers| other(numbers, 17, |_| true);
        assert_eq!(any("17\n"), None);
        assert_eq!(any("17\n4711\n"), Some(4711));
        assert_eq!(any("0\n"), None);
        assert_eq!(any("4294967296\n-1\nx\n"), None);
    }

    #[test]
    fn only_one_that_is_called_as_a_healer_counts() {
        let dir = std::env::temp_dir().join(format!("xfshealer-left-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let beside = |name: &str| {
            let program = dir.join(name);
            std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
            let mut child = std::process::Command::new(&program).arg("100").spawn().unwrap();
            // It runs before it is called so.
            let comm = PathBuf::from(format!("/proc/{}/comm", child.id()));
            while !name.starts_with(text(&comm).unwrap().trim_end()) {
                std::thread::yield_now();
            }
            let numbers = format!("{}\n{}\n", std::process::id(), child.id());
            let found = other(&numbers, std::process::id(), is_named_healer);
            assert!(found.is_none_or(|pid| pid == child.id()));
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(other(&numbers, std::process::id(), is_named_healer), None, "it has ended");
            found.is_some()
        };
        assert!(beside("xfs_healer"));
        for name in ["sleep", "xfs_scrub", "healer", "xfs_healer_event"] {
            assert!(!beside(name), "{name}");
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    /// Tests share their process with the runner, whose group has others.
    #[test]
    fn who_is_not_the_first_process_of_a_service_asks_nothing() {
        assert_ne!(std::env::var("SYSTEMD_EXEC_PID"), Ok(std::process::id().to_string()));
        assert_eq!(left_over(), None);
    }
}
