// SPDX-License-Identifier: LGPL-2.1-or-later
//! Programs that are given too little to run with: they say so.

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
    ] {
        // One is needed to load the libraries, and then for a stream. None is left for the other.
        let said = with_descriptors(4, program, words);
        assert_eq!(said, (format!("{name}: Too many open files\n"), Some(code)), "{words:?}");
    }
}
