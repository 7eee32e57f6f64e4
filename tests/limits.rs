// SPDX-License-Identifier: LGPL-2.1-or-later
//! Programs that are given too little to run with: they say so.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
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
fn what_is_only_printed_and_could_not_be_is_no_success_and_the_reason_is_said() {
    let healer = (env!("CARGO_BIN_EXE_xfs_healer"), "xfs_healer");
    let starter = (env!("CARGO_BIN_EXE_xfs_healer_start"), "xfs_healer_start");
    let fserrord = (env!("CARGO_BIN_EXE_fserrord"), "fserrord");
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let only_print = [
        (healer, &["--svcname", "/home"][..]),
        (fserrord, &["--list"]),
        (fserrord, &["--list", "--json"]),
    ];
    let all = [healer, starter, fserrord];
    let all = all.into_iter().flat_map(|program| [(program, &["--help"][..]), (program, &["-V"])]);
    for ((program, name), words) in all.chain(only_print) {
        let output = Command::new(program).args(words).stdout(full()).output().unwrap();
        let (err, code) = (String::from_utf8(output.stderr).unwrap(), output.status.code());
        let line = format!("{name}: standard output: No space left on device\n");
        assert_eq!((err, code), (line, Some(1)), "{name} {words:?}");
    }
}

/// So it is opened before anything of ours runs, and cannot be told from it.
#[test]
fn a_standard_output_that_is_closed_is_taken_for_dev_null() {
    let [healer, starter, fserrord] = [
        env!("CARGO_BIN_EXE_xfs_healer"),
        env!("CARGO_BIN_EXE_xfs_healer_start"),
        env!("CARGO_BIN_EXE_fserrord"),
    ];
    let only_print = [(healer, &["--svcname", "/home"][..]), (fserrord, &["--list"])];
    let all = [healer, starter, fserrord].into_iter();
    let all = all.flat_map(|program| [(program, &["--help"][..]), (program, &["-V"])]);
    for (program, words) in all.chain(only_print) {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" >&-", program]).args(words);
        let output = shell.output().unwrap();
        assert_eq!((&output.stderr[..], output.status.code()), (&b""[..], Some(0)), "{program}");
    }
}

/// As with `| head`.
#[test]
fn a_reader_who_has_had_enough_is_not_told_of_it() {
    let (reader, writer) = UnixStream::pair().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_xfs_healer"));
    let output = command.arg("--help").stdout(OwnedFd::from(writer)).output().unwrap();
    assert_eq!((&output.stderr[..], output.status.code()), (&b""[..], Some(1)));
}
