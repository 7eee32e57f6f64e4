// SPDX-License-Identifier: LGPL-2.1-or-later
//! The units for systemd: it understands them, and finds them as well shut in as those of xfsprogs
//! 7.2. What they do is shown on a real kernel, by the scenarios `systemd_*`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A new folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("units-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder with all our units, which name the program where it lies now.
fn units(test: &str) -> (PathBuf, Vec<PathBuf>) {
    let folder = folder(test);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd");
    let mut units = Vec::new();
    for source in fs::read_dir(sources).unwrap() {
        let source = source.unwrap().path();
        let text = fs::read_to_string(&source).unwrap();
        let unit = folder.join(source.file_name().unwrap());
        let text =
            text.replace("/usr/libexec/xfsprogs/xfs_healer", env!("CARGO_BIN_EXE_xfs_healer"));
        let text = text.replace("/usr/libexec/xfsprogs/fserrord", env!("CARGO_BIN_EXE_fserrord"));
        fs::write(&unit, text).unwrap();
        units.push(unit);
    }
    assert!(units.len() >= 4, "{units:?}");
    (folder, units)
}

/// A folder with the units of xfsprogs 7.2, as Debian has them.
fn units_of_7_2(test: &str) -> PathBuf {
    let folder = folder(test);
    let mut command = Command::new("tests/vm/debian");
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let debian = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end());
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(&folder).arg("-xf").arg(debian.join("root.tar"));
    tar.args(["--strip-components=5", "--wildcards", "./usr/lib/systemd/system/*xfs_healer*"]);
    assert!(tar.status().unwrap().success(), "{tar:?}");
    folder
}

fn analyze(folder: &Path) -> Command {
    let mut command = Command::new("systemd-analyze");
    command.current_dir(folder);
    command
}

/// What a program says, all of it, and whether it is content.
fn run(command: &mut Command) -> (String, bool) {
    let output = command.output().expect("systemd-analyze (package systemd) runs");
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.success())
}

#[test]
fn systemd_finds_no_fault_with_them() {
    let (folder, units) = units("verify");
    let (text, is_content) = run(analyze(&folder).args(["verify", "--man=no"]).args(&units));
    // It also has its say about units of the machine that these refer to.
    let is_ours = |line: &str| line.contains("xfs_healer") || line.contains("fserrord");
    assert!(is_content && !text.lines().any(is_ours), "{text}");
}

/// Each with all of them, as where an administrator has copied them.
#[test]
fn systemd_understands_the_examples() {
    let (folder, units) = units("examples");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/examples");
    let program = env!("CARGO_BIN_EXE_xfs_healer");
    for drop_ins in fs::read_dir(examples).unwrap() {
        let drop_ins = drop_ins.unwrap().path();
        let copies = folder.join(drop_ins.file_name().unwrap());
        fs::create_dir(&copies).unwrap();
        for example in fs::read_dir(drop_ins).unwrap() {
            let example = example.unwrap().path();
            let text = fs::read_to_string(&example).unwrap();
            let text = text.replace("/usr/libexec/xfsprogs/xfs_healer ", &format!("{program} "));
            fs::write(copies.join(example.file_name().unwrap()), text).unwrap();
        }
    }
    let mut verify = analyze(&folder);
    let (text, is_content) = run(verify.args(["verify", "--man=no"]).args(&units));
    let is_about_ours = text.lines().any(|line| line.contains("xfs_healer"));
    assert!(is_content && !is_about_ours, "{text}");
}

/// How much the unit leaves open, by systemd's measure, in tenths; 100 is everything.
fn exposure(folder: &Path, unit: &str) -> u32 {
    let (text, _) = run(analyze(folder).args(["security", "--offline=true", unit]));
    let words = text.lines().find(|line| line.contains("Overall exposure level"));
    let value = words.and_then(|line| line.rsplit_once(": ")?.1.split_whitespace().next());
    let digits = value.unwrap_or_else(|| panic!("{text}")).replace('.', "");
    digits.parse().unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn the_programs_are_shut_in_as_well_as_those_of_7_2() {
    let (ours, _) = units("security");
    let theirs = units_of_7_2("7.2");
    for unit in ["xfs_healer@.service", "xfs_healer_start.service"] {
        let [ours, theirs] = [&ours, &theirs].map(|folder| exposure(folder, unit));
        println!("exposure of {unit}, in tenths: {ours}, that of 7.2: {theirs}");
        assert!(ours <= theirs);
    }
    let starter = exposure(&ours, "xfs_healer_start.service");
    let errors = exposure(&ours, "fserrord.service");
    println!("exposure of fserrord.service, in tenths: {errors}");
    assert!(errors <= starter);
}

/// The system calls of a set, with those of the sets in it.
fn calls_of(set: &str) -> BTreeSet<String> {
    if !set.starts_with('@') {
        return BTreeSet::from([set.to_owned()]);
    }
    let (text, is_content) = run(Command::new("systemd-analyze").args(["syscall-filter", set]));
    assert!(is_content, "{text}");
    let names = text.lines().filter_map(|line| line.strip_prefix("    "));
    names.filter(|name| !name.starts_with('#')).flat_map(calls_of).collect()
}

/// The system calls that a unit allows.
fn allowed(unit: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd");
    let text = fs::read_to_string(folder.join(unit)).unwrap();
    let mut allowed = BTreeSet::new();
    for filter in text.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let sets = filter.trim_start_matches('~').split_whitespace();
        let calls = sets.flat_map(calls_of);
        match filter.starts_with('~') {
            true => {
                let calls: BTreeSet<_> = calls.collect();
                allowed = &allowed - &calls;
            }
            false => allowed.extend(calls),
        }
    }
    allowed
}

#[test]
fn the_healer_may_call_what_repairs_and_hooks_take() {
    let allowed = allowed("xfs_healer@.service");
    for call in [
        // Repairs: where the filesystem is, and the call.
        "openat2",
        "statx",
        "fstatfs",
        "ioctl",
        "fgetxattr",
        "readlink",
        "pread64",
        "getdents64",
        // The loop.
        "poll",
        "eventfd2",
        "signalfd4",
        "futex",
        "sendto",
        "socket",
        "connect",
        // Programs: how they are started, told, listened to and ended.
        "clone3",
        "vfork",
        "execve",
        "setsid",
        "close_range",
        "pipe2",
        "pidfd_open",
        "pidfd_send_signal",
        "kill",
        "wait4",
        "waitid",
    ] {
        assert!(allowed.contains(call), "{call}");
    }
    for call in ["mount", "reboot", "setuid", "io_submit", "listen", "unshare", "shmget"] {
        assert!(!allowed.contains(call), "{call}");
    }
}

#[test]
fn the_watch_for_errors_may_call_what_it_takes() {
    let allowed = allowed("fserrord.service");
    for call in
        ["fanotify_init", "fanotify_mark", "open_by_handle_at", "openat2", "statx", "fstatfs"]
    {
        assert!(allowed.contains(call), "{call}");
    }
    for call in ["mount", "reboot", "setuid", "io_submit", "listen", "unshare", "shmget"] {
        assert!(!allowed.contains(call), "{call}");
    }
}

/// What other programs and people know of them: names, and one command each.
#[test]
fn each_program_is_run_once_and_asked_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd");
    let check = |unit: &str, command: &str, rest: &str, lines: &[&str]| {
        // A colon is only about dollar signs in a path.
        let text = fs::read_to_string(folder.join(unit)).unwrap().replace("=:/", "=/");
        let of = |key: &str| text.lines().filter(|l| l.starts_with(key)).collect::<Vec<_>>();
        let program = format!("/usr/libexec/xfsprogs/{command}");
        assert_eq!(of("ExecStart="), [format!("ExecStart={program}{rest}")]);
        assert_eq!(of("ExecCondition="), [format!("ExecCondition={program} --supported{rest}")]);
        // The manager itself would wait where a path leads to a server that does not answer.
        assert_eq!(of("ConditionPath"), [""; 0]);
        for line in lines {
            let (key, _) = line.split_once('=').unwrap();
            assert_eq!(of(&format!("{key}=")), [*line]);
        }
    };
    let both = [
        "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
        "Restart=on-failure",
        "Slice=system-xfs_healer.slice",
        "WatchdogSec=4min",
        "WantedBy=multi-user.target",
    ];
    let own =
        ["Type=notify", "DefaultInstance=-", "After=%i.mount", "PartOf=%i.mount", "KillMode=mixed"];
    let lines = [&both[..], &own].concat();
    check("xfs_healer@.service", "xfs_healer", " %f", &lines);
    let lines = [&both[..], &["Type=exec"]].concat();
    check("xfs_healer_start.service", "xfs_healer_start", "", &lines);
}

/// The files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Units, services, hooks, examples and manual pages, each place of each file.
#[test]
fn what_is_installed_elsewhere_names_the_files_where_they_are() {
    let root = folder("elsewhere");
    let targets = ["units", "man", "initramfs", "openrc", "runit", "s6"];
    let targets = targets.map(|target| format!("install-{target}"));
    let mut make = Command::new("make");
    make.args(["-s", "-C", "packaging", "prefix=/opt/x"]).args(&targets);
    make.current_dir(env!("CARGO_MANIFEST_DIR")).arg(format!("DESTDIR={}", root.display()));
    assert!(make.status().unwrap().success(), "{make:?}");
    let files = files_below(&root);
    assert!(files.len() >= 40, "{files:?}");
    let mut here = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let is_old =
                ["/usr/libexec", "/usr/share/xfs_healer"].iter().any(|old| line.contains(old));
            assert!(!is_old, "{}:{}: {line}", file.display(), number + 1);
            here += line.matches("/opt/x/libexec/xfsprogs/").count();
        }
    }
    assert!(here >= 20, "{here}");
}

/// What a distribution gets that says nothing of its own, also one that has all else disabled.
#[test]
fn mounts_are_followed_by_default_and_no_single_healer_is_started() {
    let root = folder("preset");
    let mut make = Command::new("make");
    make.args(["-s", "-C", "packaging", "install-units", "prefix=/usr"]);
    make.current_dir(env!("CARGO_MANIFEST_DIR")).arg(format!("DESTDIR={}", root.display()));
    assert!(make.status().unwrap().success(), "{make:?}");
    let others = root.join("usr/lib/systemd/system-preset/99-default-disable.preset");
    fs::write(others, "disable *\n").unwrap();
    let systemctl = |words: &[&str]| {
        let mut command = Command::new("systemctl");
        let (text, is_content) = run(command.arg("--root").arg(&root).args(words));
        assert!(is_content, "{text}");
    };
    let is_wanted = |by: &str, unit: &str| {
        let link = root.join(format!("etc/systemd/system/{by}.wants/{unit}"));
        fs::symlink_metadata(link).is_ok()
    };
    let is_enabled = || {
        let slice = is_wanted("system.slice", "system-xfs_healer.slice");
        assert_eq!(slice, is_wanted("multi-user.target", "xfs_healer_start.service"));
        assert!(!is_wanted("multi-user.target", "xfs_healer@-.service"));
        slice
    };
    systemctl(&["preset-all"]);
    assert!(is_enabled());
    systemctl(&["disable", "xfs_healer_start.service"]);
    assert!(!is_enabled());
    systemctl(&["enable", "xfs_healer_start.service"]);
    assert!(is_enabled());
}
