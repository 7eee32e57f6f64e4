// SPDX-License-Identifier: LGPL-2.1-or-later
//! Checks of an ext4 that is mounted, by e2scrub(8) of e2fsprogs: it checks a snapshot of the logical
//! volume, and repairs nothing. And what ext4 itself notes of its errors. For a worker.

use super::listened;
use crate::log::fserror::E2scrubEnd;
use crate::service::child;
use crate::service::unit::{UnitEnd, UnitState, instance, show, systemd_runs, unit_state};
use crate::sys::{DeviceNumber, Launch, monotonic_ns};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Exit code for errors that were found; 0 is for none, and all others are for no check.
const FOUND_ERRORS: i32 = 6;
/// Number of lines at the end of what it has said in the journal that are looked at. They have the verdict.
const LINES: usize = 50;
/// Time limit of journalctl(1) for an answer, and number of times that it is asked: journald may be behind.
const JOURNAL_PATIENCE: Duration = Duration::from_secs(90);
const JOURNAL_TRIES: u32 = 5;
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);
/// Pause before a check that goes on is waited for once more.
const WAIT_PAUSE: Duration = Duration::from_secs(5);
/// Time after an error within which ext4 has noted it (fs/ext4/super.c: s_sb_upd_work).
const NOTED: Duration = Duration::from_secs(1);
const NOTED_PAUSE: Duration = Duration::from_millis(100);

/// Device of the logical volume of LVM that is `device`; `None` if it is none.
pub fn volume(device: DeviceNumber) -> Option<PathBuf> {
    let dir = block(device).join("dm");
    let of = |name: &str| std::fs::read_to_string(dir.join(name)).ok();
    of("uuid").filter(|uuid| uuid.starts_with("LVM-"))?;
    path(of("name")?.trim_end_matches('\n'))
}

/// The path of a device of that name; `None` for a name that LVM does not give (lvm(8)).
fn path(name: &str) -> Option<PathBuf> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+_.-".contains(&byte);
    let is_name =
        !name.is_empty() && name.bytes().all(is_plain) && !name.trim_matches('.').is_empty();
    is_name.then(|| Path::new("/dev/mapper").join(name))
}

fn block((major, minor): DeviceNumber) -> PathBuf {
    PathBuf::from(format!("/sys/dev/block/{major}:{minor}"))
}

/// The number of errors of metadata that the ext4 on `device` has noted in its superblock, soon after one;
/// `None` if it is not known. e2fsck(8) checks it at the next boot unless that is 0.
///
/// The open directory is of that ext4: without one another filesystem could be on the device by now.
pub fn noted(device: DeviceNumber, _held: BorrowedFd<'_>) -> Option<u64> {
    let until = Instant::now() + NOTED;
    loop {
        let errors = errors_count(device)?;
        if errors > 0 || Instant::now() >= until {
            return Some(errors);
        }
        std::thread::sleep(NOTED_PAUSE);
    }
}

fn errors_count(device: DeviceNumber) -> Option<u64> {
    let target = std::fs::read_link(block(device)).ok()?;
    let counter = Path::new("/sys/fs/ext4").join(target.file_name()?).join("errors_count");
    std::fs::read_to_string(counter).ok()?.trim_end().parse().ok()
}

/// Checks the ext4 on this volume; gives also what e2scrub has said, unless it is for the journal or all is
/// well.
pub fn check(volume: &Path) -> (E2scrubEnd, Vec<Vec<u8>>) {
    match if systemd_runs() { unit(volume) } else { None } {
        Some(unit) => (by_unit(unit), Vec::new()),
        None => by_itself(volume),
    }
}

/// The unit for a volume; `None` if there is none.
fn unit(volume: &Path) -> Option<String> {
    let unit = instance("e2scrub@", volume)?;
    let command = show(&["--property=ExecStart", "--value"], &unit)?;
    let named = named(volume, &command)?;
    if named == Named::Path { Some(unit) } else { instance("e2scrub@-", volume) }
}

/// The way in which the instance of the unit stands for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// As of other units (`%f`).
    Path,
    /// With its first slash, up to e2fsprogs 1.47.0 (`%I`).
    Text,
}

/// The way that a unit is named, by the command that systemd makes of the first way.
fn named(volume: &Path, command: &str) -> Option<Named> {
    let path = volume.to_str()?;
    let has = |argument: &str| command.split(' ').any(|word| word == argument);
    if has(path) { Some(Named::Path) } else { has(path.strip_prefix('/')?).then_some(Named::Text) }
}

/// Has systemd do it, with more privileges than we have.
fn by_unit(unit: String) -> E2scrubEnd {
    let (since, began_us) = (SystemTime::now(), monotonic_ns() / 1000);
    let (has_ended_well, state) = loop {
        let mut command = Launch::new("systemctl");
        // It lasts as long as the check, since the unit has no other process.
        command.args(["start", "--", &unit]);
        let has_ended_well = child::status_of(command) == Some(0);
        let state = unit_state(&unit);
        if !state.is_some_and(|state| state.is_running) {
            break (has_ended_well, state);
        }
        // It has lost systemd, as when that is upgraded. The next one waits for the same run.
        std::thread::sleep(WAIT_PAUSE);
    };
    if state.is_none() && !has_ended_well {
        return E2scrubEnd::Unclear(unit);
    }
    match of_unit(has_ended_well, state.unwrap_or_default(), began_us) {
        UnitCheck::Ended(end) => end,
        UnitCheck::Failed => {
            let said = invocation(&unit).and_then(|run| said_in_journal(&["--".to_owned(), run]));
            said.unwrap_or(E2scrubEnd::Unclear(unit))
        }
        UnitCheck::Well => {
            let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let lines =
                [format!("--since=@{since}"), "--".to_owned(), format!("_SYSTEMD_UNIT={unit}")];
            said_in_journal(&lines).unwrap_or(E2scrubEnd::NotChecked)
        }
    }
}

/// The end of a check as systemd knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum UnitCheck {
    Ended(E2scrubEnd),
    /// The exit code is 1 for whatever reason (e2scrub: SERVICE_MODE).
    Failed,
    /// Nothing has failed. systemd forgets such a run at once, and one that a condition of the unit
    /// forbids looks the same: only what e2scrub has said tells that there was a check.
    Well,
}

/// The end of the check as systemd knows it, which was asked for at this time.
fn of_unit(has_ended_well: bool, state: UnitState, began_us: u64) -> UnitCheck {
    let is_ours = state.ended_us >= began_us;
    match state.end.filter(|_| is_ours) {
        None if has_ended_well && state.unmet_us < began_us => UnitCheck::Well,
        Some(UnitEnd::Exit(FOUND_ERRORS)) => UnitCheck::Ended(E2scrubEnd::Damaged),
        Some(UnitEnd::Exit(_)) => UnitCheck::Failed,
        // There is no such unit, or it was not to run, or was ended.
        Some(UnitEnd::Signal(_)) | None => UnitCheck::Ended(E2scrubEnd::NotChecked),
    }
}

/// The last run of a unit, as a field of the journal.
fn invocation(unit: &str) -> Option<String> {
    let invocation = show(&["--property=InvocationID", "--value"], unit)?;
    let invocation = Some(invocation).filter(|id| id.trim_end().len() == 32)?;
    Some(format!("_SYSTEMD_INVOCATION_ID={}", invocation.trim_end()))
}

/// The end that these lines of the journal tell; `None` if they tell none, or cannot be had.
fn said_in_journal(which: &[String]) -> Option<E2scrubEnd> {
    for _ in 0..JOURNAL_TRIES {
        let mut journal = Launch::new("journalctl");
        let lines = format!("--lines={LINES}");
        journal.args(["--quiet", "--no-pager", "--output=cat", &lines]).args(which);
        let text = child::answer_of(journal, JOURNAL_PATIENCE).ok()?;
        let verdict = verdict(String::from_utf8_lossy(&text).lines());
        if verdict.is_some() {
            return verdict;
        }
        std::thread::sleep(JOURNAL_PAUSE);
    }
    None
}

/// Runs it, where there is no systemd.
fn by_itself(volume: &Path) -> (E2scrubEnd, Vec<Vec<u8>>) {
    let mut command = Launch::new("e2scrub");
    command.arg("--").arg(volume);
    let listened = listened::run(command, None);
    (of_exit_code(listened.code, &listened.lines()), listened.words())
}

fn of_exit_code(code: Option<i32>, last: &[String]) -> E2scrubEnd {
    match code {
        Some(0) => E2scrubEnd::Clean,
        Some(FOUND_ERRORS) => E2scrubEnd::Damaged,
        _ => match verdict(last.iter().map(|line| &line[..])) {
            Some(E2scrubEnd::NoRoom) => E2scrubEnd::NoRoom,
            _ => E2scrubEnd::NotChecked,
        },
    }
}

/// The end that these lines of it, and of the programs of LVM that it runs, tell.
fn verdict<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Option<E2scrubEnd> {
    const NO_CHECK: [&str; 8] = [
        "e2scrub: can't find ",
        "e2scrub must be run as root",
        ", will not check!",
        ", cannot check!",
        ": Not connected to an LVM logical volume.",
        ": Not an ext[234] filesystem.",
        ": e2fsck operational error.",
        ": Scrub FAILED due to invalid snapshot.",
    ];
    let has = |words: &str| lines.clone().any(|line| line.contains(words));
    if has(": Scrub FAILED due to corruption!") {
        Some(E2scrubEnd::Damaged)
    } else if has(" insufficient free space (") {
        Some(E2scrubEnd::NoRoom)
    } else if NO_CHECK.into_iter().any(has) {
        Some(E2scrubEnd::NotChecked)
    } else {
        has(": Scrub succeeded.").then_some(E2scrubEnd::Clean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn only_a_name_that_a_volume_can_have_is_one() {
        assert_eq!(path("vg-my--lv_1.a+b"), Some("/dev/mapper/vg-my--lv_1.a+b".into()));
        for name in ["", ".", "..", "a/b", "a b", "$(x)", "a\n", "\u{e9}"] {
            assert_eq!(path(name), None, "{name:?}");
        }
        let held = std::fs::File::open("/").unwrap();
        assert_eq!((volume((0, 0)), noted((0, 0), held.as_fd())), (None, None));
    }

    #[test]
    fn the_unit_is_named_as_its_version_takes_it() {
        let of = |path: &str| {
            let command = format!("{{ path=/sbin/e2scrub ; argv[]=/sbin/e2scrub -t {path} ; x }}");
            named(Path::new("/dev/mapper/v-l"), &command)
        };
        assert_eq!(of("/dev/mapper/v-l"), Some(Named::Path));
        assert_eq!(of("dev/mapper/v-l"), Some(Named::Text));
        assert_eq!((of("/dev/mapper/v-l2"), of("")), (None, None));
    }

    #[test]
    fn only_the_journal_tells_whether_a_unit_that_has_ended_well_has_run() {
        let of = |has_ended_well, end, ended_us, unmet_us| {
            let state = UnitState { end, ended_us, unmet_us, ..UnitState::default() };
            of_unit(has_ended_well, state, 1000)
        };
        let not_checked = UnitCheck::Ended(E2scrubEnd::NotChecked);
        assert_eq!(of(true, None, 0, 0), UnitCheck::Well);
        assert_eq!(of(true, None, 0, 1001), not_checked, "not to run");
        assert_eq!(of(false, None, 0, 0), not_checked, "no such unit");
        assert_eq!(of(false, Some(UnitEnd::Exit(1)), 1001, 0), UnitCheck::Failed);
        let damaged = UnitCheck::Ended(E2scrubEnd::Damaged);
        assert_eq!(of(false, Some(UnitEnd::Exit(6)), 1001, 0), damaged);
        assert_eq!(of(false, Some(UnitEnd::Exit(1)), 999, 0), not_checked, "an earlier run");
        assert_eq!(of(false, Some(UnitEnd::Signal(libc::SIGTERM)), 1001, 0), not_checked);
    }

    #[test]
    fn what_was_said_tells_how_it_ended() {
        let of = |text: &str| verdict(text.lines());
        let corrupt =
            "/dev/mapper/v-l: Scrub FAILED due to corruption!  Unmount and run e2fsck -y.";
        let full = "  Volume group \"v\" has insufficient free space (0 extents): 64 required.\n\
            /dev/mapper/v-l: e2scrub snapshot FAILED, will not check!";
        assert_eq!(of(&format!("x\n{corrupt}\ny")), Some(E2scrubEnd::Damaged));
        assert_eq!(of(full), Some(E2scrubEnd::NoRoom));
        let busy = "/dev/mapper/v-l: e2scrub snapshot is in use, cannot check!";
        assert_eq!(of(busy), Some(E2scrubEnd::NotChecked));
        assert_eq!(of("Fix? yes\n"), None);
        assert_eq!(of("/dev/mapper/v-l: Scrub succeeded.\n"), Some(E2scrubEnd::Clean));
        let no_lvm = "e2scrub: can't find lvcreate --- is lvm2 installed?";
        assert_eq!(of(no_lvm), Some(E2scrubEnd::NotChecked));

        let full: Vec<_> = full.lines().map(str::to_owned).collect();
        assert_eq!(of_exit_code(Some(0), &full), E2scrubEnd::Clean);
        assert_eq!(of_exit_code(Some(6), &[]), E2scrubEnd::Damaged);
        assert_eq!(of_exit_code(Some(8), &full), E2scrubEnd::NoRoom);
        assert_eq!(of_exit_code(Some(8), &[]), E2scrubEnd::NotChecked);
        assert_eq!(of_exit_code(None, &[corrupt.to_owned()]), E2scrubEnd::NotChecked);
    }
}
