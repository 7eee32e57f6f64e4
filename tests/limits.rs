// SPDX-License-Identifier: LGPL-2.1-or-later
//! Programs that are given too little to run with: they say so.

use std::fs::File;
use std::process::Command;

/// Output on standard error, and the exit code, of a program with so many descriptors.
fn with_descriptors(number: u32, program: &str, words: &[&str]) -> (String, Option<i32>) {
    let script = format!("ulimit -n {number}; exec \"$0\" \"$@\"");
    let output = Command::new("sh").args(["-c", &script, program]).args(words).output().unwrap();
    (String::from_utf8(output.stderr).unwrap(), output.status.code())
}

#[test]
fn without_a_descriptor_for_the_log_the_reason_is_said_all_the_same() {
    let healer = env!("CARGO_BIN_EXE_xfs_healer");
    let starter = env!("CARGO_BIN_EXE_xfs_healer_start");
    for (program, words, name, code) in [
        (healer, &["/proc"][..], "/proc", 1),
        (healer, &["--oneshot", "/proc"], "/proc", 8),
        (healer, &["--all"], "xfs_healer", 1),
        (healer, &["--replay", "/nonexist"], "/nonexist", 1),
        (starter, &[], "xfs_healer_start", 1),
        (env!("CARGO_BIN_EXE_fserrord"), &["--list"], "fserrord", 1),
    ] {
        // One is needed to load the libraries, and then for a stream. None is left for the other.
        let said = with_descriptors(4, program, words);
        assert_eq!(said, (format!("{name}: Too many open files\n"), Some(code)), "{words:?}");
    }
}

#[test]
fn a_list_that_could_not_be_written_is_no_success() {
    for json in [&[][..], &["--json"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fserrord"));
        let command = command.args(json).arg("--list").stdout(full);
        assert_eq!(command.status().unwrap().code(), Some(1));
    }
}
