// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finds an xfs_scrub(8) or xfs_healer(8) that somebody else runs on a filesystem.
//!
//! Nothing is asked of what the process has open, which may be a file on a dead network server: the
//! kernel tells through which mount it was opened, and which device that is.

use crate::sys::{self, Capabilities, DeviceNumber, PidFd};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The program, as its file and the kernel call it.
const PROGRAM: &[u8] = b"xfs_scrub";
/// Name of a healer, and beginning of the names of programs that go with it.
const HEALER: &[u8] = b"xfs_healer";
/// Text that the kernel adds to the name of a file that has been replaced since, as by an upgrade.
const REPLACED: &[u8] = b" (deleted)";

/// Limits of the search: more processes than Linux has numbers for, more open files than
/// xfs_scrub(8) has, and more mounts than the kernel allows unless it is told to.
const MOST_PROCESSES: usize = 1 << 22;
const MOST_FILES: usize = 4096;
const MOST_MOUNT_BYTES: u64 = 64 << 20;
/// Bytes of the longest text that has something that is searched for.
const TEXT_BYTES: u64 = 8192;

/// A process that works at the filesystem.
#[derive(Debug)]
pub struct Other {
    /// Number of the process.
    pub pid: u32,
    end: PidFd,
}

impl Other {
    /// Any process, for tests.
    #[cfg(test)]
    pub fn of(pid: u32) -> std::io::Result<Other> {
        Ok(Other { pid, end: PidFd::open(pid)? })
    }

    /// True once the process has ended.
    pub fn has_ended(&self) -> bool {
        self.end.has_ended()
    }
}

/// Readable once the process has ended.
impl AsFd for Other {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

/// Finds an xfs_scrub(8) that has something open on this device, among the processes that are in
/// sight and can be looked at.
pub fn find(device: DeviceNumber) -> Option<Other> {
    first(|dir, pid| scrubs(dir, pid, device))
}

/// Finds the xfs_healer(8) that monitors the filesystem on this device, among the processes that
/// are in sight and can be looked at.
pub fn find_healer(device: DeviceNumber) -> Option<Other> {
    first(|dir, pid| monitors(dir, pid, device))
}

/// True if the process of this number is called as a healer is, and not only like one, as
/// xfs_healer_event is; false if it has ended.
pub(super) fn is_named_healer(pid: u32) -> bool {
    let name = text(&Path::new("/proc").join(pid.to_string()).join("comm"));
    name.is_some_and(|name| name.trim_ascii_end() == HEALER)
}

/// The first process that `look` finds, which gets the directory and the number of each.
fn first(look: impl Fn(&Path, u32) -> Option<Other>) -> Option<Other> {
    let proc = Path::new("/proc");
    // That of another PID namespace has other numbers.
    let own = fs::read_link(proc.join("self")).ok()?;
    if number(own.as_os_str().as_bytes()) != Some(std::process::id()) {
        return None;
    }
    // What root runs may do more than we do.
    sys::with_capabilities(Capabilities::SYS_PTRACE, || first_below(proc, look))
}

fn first_below(proc: &Path, look: impl Fn(&Path, u32) -> Option<Other>) -> Option<Other> {
    let names = fs::read_dir(proc).ok()?.flatten().take(MOST_PROCESSES);
    let mut pids = names.filter_map(|entry| number(entry.file_name().as_bytes()));
    pids.find_map(|pid| look(&proc.join(pid.to_string()), pid))
}

/// The process, if it is one that scrubs the filesystem on this device.
fn scrubs(dir: &Path, pid: u32, device: DeviceNumber) -> Option<Other> {
    if text(&dir.join("comm"))?.trim_ascii_end() != PROGRAM {
        return None;
    }
    other_if(pid, || may_scrub(dir) && is_program(dir) && has_open(dir, device))
}

/// The process, if it is a healer that monitors the filesystem on this device. Anybody can have its
/// name, but nobody else's monitor.
fn monitors(dir: &Path, pid: u32, device: DeviceNumber) -> Option<Other> {
    if !is_called_healer(dir) {
        return None;
    }
    other_if(pid, || open_files(dir).any(|info| monitored(&info) == Some(device)))
}

/// True if a process is called like a healer, as anybody can be; false if it has ended.
fn is_called_healer(dir: &Path) -> bool {
    text(&dir.join("comm")).is_some_and(|name| name.starts_with(HEALER))
}

/// The process of this number, if what `is_it` reads of it says so.
fn other_if(pid: u32, is_it: impl FnOnce() -> bool) -> Option<Other> {
    let other = Other { pid, end: PidFd::open(pid).ok()? };
    // If it still lives, all that was read was about it, and not about another one with its number.
    (is_it() && !other.has_ended()).then_some(other)
}

/// Text that the kernel gives of each open file of a process: proc_pid_fdinfo(5).
fn open_files(dir: &Path) -> impl Iterator<Item = Vec<u8>> + use<> {
    let files = fs::read_dir(dir.join("fdinfo")).into_iter().flatten().flatten();
    files.take(MOST_FILES).filter_map(|entry| text(&entry.path()))
}

/// The device of what an open file monitors: fs/xfs/xfs_healthmon.c.
pub(crate) fn monitored(info: &[u8]) -> Option<DeviceNumber> {
    field(info, b"state:").filter(|state| *state == b"alive")?;
    numbers(field(info, b"dev:")?)
}

/// True if the kernel would scrub for the process: a name and an open file anyone can have.
fn may_scrub(dir: &Path) -> bool {
    // What it may do is counted in a user namespace of its own, if it has one.
    let namespace = |dir: &Path| fs::read_link(dir.join("ns/user")).ok();
    let is_ours = namespace(dir).is_some_and(|its| namespace(Path::new("/proc/self")) == Some(its));
    let status = text(&dir.join("status"));
    is_ours && status.is_some_and(|status| capabilities(&status).contains(Capabilities::SYS_ADMIN))
}

/// True if the process runs xfs_scrub: other programs, which root's rights come with, can be called
/// by any name.
fn is_program(dir: &Path) -> bool {
    let Ok(file) = fs::read_link(dir.join("exe")) else { return false };
    let name = file.file_name().map_or(b"".as_slice(), OsStrExt::as_bytes);
    name.strip_suffix(REPLACED).unwrap_or(name) == PROGRAM
}

/// True if the process has something open on that device.
fn has_open(dir: &Path, device: DeviceNumber) -> bool {
    let mut mounts: Vec<u32> = open_files(dir).filter_map(|info| mount_of(&info)).collect();
    mounts.sort_unstable();
    mounts.dedup();
    let Ok(table) = File::open(dir.join("mountinfo")) else { return false };
    is_on(&mounts, BufReader::new(table.take(MOST_MOUNT_BYTES)), device)
}

/// True if one of these mounts, sorted, is of that device by the table of mounts.
pub(crate) fn is_on(mounts: &[u32], mut table: impl BufRead, device: DeviceNumber) -> bool {
    let mut line = Vec::new();
    loop {
        line.clear();
        match table.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
        if mount_line(&line)
            .is_some_and(|(id, on)| on == device && mounts.binary_search(&id).is_ok())
        {
            return true;
        }
    }
}

/// Number and device of a mount, of a line of `/proc/PID/mountinfo`: proc_pid_mountinfo(5).
pub(crate) fn mount_line(line: &[u8]) -> Option<(u32, DeviceNumber)> {
    let mut words = line.split(|byte| *byte == b' ');
    Some((number(words.next()?)?, numbers(words.nth(1)?)?))
}

/// Major and minor number with a colon between.
fn numbers(text: &[u8]) -> Option<DeviceNumber> {
    let colon = text.iter().position(|byte| *byte == b':')?;
    let (major, minor) = text.split_at_checked(colon)?;
    Some((number(major)?, number(minor.get(1..)?)?))
}

/// The number of the mount that an open directory was reached through: proc_pid_fdinfo(5). What
/// xfs_scrub(8) scrubs it opens as one; a file may be its log, on another filesystem.
pub(crate) fn mount_of(info: &[u8]) -> Option<u32> {
    let flags = std::str::from_utf8(field(info, b"flags:")?).ok()?;
    let is_directory = i32::from_str_radix(flags, 8).ok()? & libc::O_DIRECTORY != 0;
    number(field(info, b"mnt_id:")?).filter(|_| is_directory)
}

/// Effective capabilities of a process, by its `/proc/PID/status`.
pub(crate) fn capabilities(status: &[u8]) -> Capabilities {
    let hex = field(status, b"CapEff:").and_then(|hex| std::str::from_utf8(hex).ok());
    let bits = hex.and_then(|hex| u64::from_str_radix(hex, 16).ok());
    Capabilities::from_bits_retain(bits.unwrap_or(0))
}

/// The text behind `name` at the beginning of a line.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.find_map(|line| line.strip_prefix(name)).map(<[u8]>::trim_ascii)
}

/// A number in digits and nothing else.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    let is_plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok()?.parse().ok().filter(|_| is_plain)
}

/// Content of a short file, or its beginning.
fn text(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(TEXT_BYTES).read_to_end(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = b"22 1 0:21 / /proc rw - proc proc rw\n\
        31 1 7:3 / /mnt/a\\040b rw shared:9 - xfs /dev/loop3 rw\n32 1 7:4 / /mnt rw - xfs x rw\n";

    #[test]
    fn a_file_is_on_the_device_of_its_mount() {
        let info = b"pos:\t0\nflags:\t0700000\nmnt_id:\t31\nino:\t128\n";
        assert_eq!(mount_of(info), Some(31));
        let log = b"pos:\t0\nflags:\t0100001\nmnt_id:\t31\nino:\t128\n";
        assert_eq!(mount_of(log), None, "its standard output");
        assert!(is_on(&[22, 31], MOUNTS, (7, 3)));
        assert!(!is_on(&[22, 32], MOUNTS, (7, 3)));
        assert!(!is_on(&[22, 31], MOUNTS, (7, 4)));
        assert!(!is_on(&[], MOUNTS, (7, 3)));
    }

    #[test]
    fn what_a_process_may_do_is_what_is_effective() {
        let of = |text: &str| capabilities(text.as_bytes()).contains(Capabilities::SYS_ADMIN);
        assert!(of("Name:\tx\nCapPrm:\t0\nCapEff:\t0000000000200000\n"));
        assert!(!of("Name:\tCapEff:\t200000\nCapPrm:\t0000000000200000\nCapEff:\t0\n"));
        assert!(!of("CapEff:\tx\n") && !of(""));
    }

    #[test]
    fn only_plain_numbers_are_numbers() {
        assert_eq!(number(b"4194304"), Some(1 << 22));
        for text in ["", "+1", "-1", " 1", "4294967296", "1x", "self"] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
    }

    /// A directory like that of a process, which is this one.
    fn process(name: &str, exe: &str, mount: u32) -> std::path::PathBuf {
        let dir = std::env::temp_dir().join(format!("xfshealer-others-{}", std::process::id()));
        let dir = dir.join(format!("{name}-{mount}"));
        for below in ["ns", "fdinfo"] {
            fs::create_dir_all(dir.join(below)).unwrap();
        }
        let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, dir.join(at)).unwrap();
        link(&fs::read_link("/proc/self/ns/user").unwrap(), "ns/user");
        link(Path::new(exe), "exe");
        let put = |at: &str, text: &[u8]| fs::write(dir.join(at), text).unwrap();
        put("comm", format!("{name}\n").as_bytes());
        put("status", b"CapEff:\t000001ffffffffff\n");
        put("fdinfo/3", format!("flags:\t{:o}\nmnt_id:\t{mount}\n", libc::O_DIRECTORY).as_bytes());
        put("mountinfo", MOUNTS);
        dir
    }

    #[test]
    fn it_is_that_program_with_something_open_there() {
        let is_it = |name: &str, exe: &str, mount: u32| {
            let dir = process(name, exe, mount);
            let found = scrubs(&dir, std::process::id(), (7, 3));
            fs::remove_dir_all(&dir).unwrap();
            found.is_some_and(|other| other.pid == std::process::id() && !other.has_ended())
        };
        assert!(is_it("xfs_scrub", "/usr/sbin/xfs_scrub", 31));
        assert!(is_it("xfs_scrub", "/usr/sbin/xfs_scrub (deleted)", 31));
        assert!(!is_it("xfs_scrub", "/usr/sbin/xfs_scrub", 32), "of another filesystem");
        assert!(!is_it("xfs_scrub", "/usr/bin/sudo", 31), "called so by anybody");
        assert!(!is_it("xfs_scrub_all", "/usr/sbin/xfs_scrub", 31));
    }

    #[test]
    fn a_monitor_tells_of_which_filesystem_it_is() {
        // As Linux 7.2.13 wrote it.
        let info = b"pos:\t0\nflags:\t02004000\nmnt_id:\t18\nino:\t34\n\
            state:\talive\ndev:\t7:3\nformat:\tv0\nevents:\t1\nlost:\t0\n";
        assert_eq!(monitored(info), Some((7, 3)));
        assert_eq!(monitored(b"state:\tdead\ndev:\t7:3\n"), None);
        assert_eq!(monitored(b"dev:\t7:3\n"), None);
        assert_eq!(monitored(b"state:\talive\ndev:\t73\n"), None);
    }

    #[test]
    fn a_healer_is_one_by_its_monitor() {
        let is_it = |name: &str, monitor: &str| {
            let dir = process(name, "/usr/libexec/xfsprogs/xfs_healer", 31);
            fs::write(dir.join("fdinfo/4"), format!("state:\talive\ndev:\t{monitor}\n")).unwrap();
            let found = monitors(&dir, std::process::id(), (7, 3));
            fs::remove_dir_all(&dir).unwrap();
            found.is_some()
        };
        assert!(is_it("xfs_healer", "7:3") && !is_it("xfs_healer", "7:4"));
        assert!(!is_it("cat", "7:3"));
    }

    proptest! {
        #[test]
        fn nothing_that_a_process_can_write_does_harm(bytes: Vec<u8>, mounts: Vec<u32>) {
            mount_of(&bytes);
            mount_line(&bytes);
            monitored(&bytes);
            capabilities(&bytes);
            number(&bytes);
            is_on(&mounts, bytes.as_slice(), (7, 3));
        }
    }
}
