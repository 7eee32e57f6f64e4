// SPDX-License-Identifier: LGPL-2.1-or-later
//! The units for systemd: it understands them, and finds them as well shut in as those of xfsprogs
//! 7.2. What they do is shown on a real kernel, by the scenarios `systemd_*`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exposure of xfs_healer@.service of xfsprogs 7.2, in tenths.
const EXPOSURE: u32 = 18;

/// A folder with all units, which name the program where it lies now.
fn units(test: &str) -> (PathBuf, Vec<PathBuf>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("units-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd");
    let mut units = Vec::new();
    for source in fs::read_dir(sources).unwrap() {
        let source = source.unwrap().path();
        let text = fs::read_to_string(&source).unwrap();
        let program = env!("CARGO_BIN_EXE_xfs_healer");
        let unit = folder.join(source.file_name().unwrap());
        fs::write(&unit, text.replace("/usr/libexec/xfsprogs/xfs_healer", program)).unwrap();
        units.push(unit);
    }
    assert!(units.len() >= 2, "{units:?}");
    (folder, units)
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
    let is_about_ours = text.lines().any(|line| line.contains("xfs_healer"));
    assert!(is_content && !is_about_ours, "{text}");
}

#[test]
fn the_healer_is_shut_in_as_well_as_that_of_7_2() {
    let (folder, _) = units("security");
    let threshold = format!("--threshold={EXPOSURE}");
    let args = ["security", "--offline=true", &threshold, "xfs_healer@.service"];
    let (text, is_content) = run(analyze(&folder).args(args));
    assert!(is_content && text.contains("Overall exposure level"), "{text}");
}

#[test]
fn the_program_is_run_once_and_asked_before() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd/xfs_healer@.service");
    let text = fs::read_to_string(path).unwrap();
    let lines = |key: &str| text.lines().filter(|line| line.starts_with(key)).collect::<Vec<_>>();
    let program = "/usr/libexec/xfsprogs/xfs_healer";
    assert_eq!(lines("ExecStart="), [format!("ExecStart={program} %f")]);
    assert_eq!(lines("ExecCondition="), [format!("ExecCondition={program} --supported %f")]);
    assert_eq!(lines("Type="), ["Type=notify"]);
    assert_eq!(lines("DefaultInstance="), ["DefaultInstance=-"]);
}
