// SPDX-License-Identifier: LGPL-2.1-or-later
//! The page xfs_healer-json(5): its examples find what they promise to.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn page() -> String {
    read("man/xfs_healer-json.5")
}

/// The command of an example, by the sentence before it.
fn example(sentence: &str) -> String {
    let page = page();
    let (_, examples) = page.split_once(".Sh EXAMPLES\n").unwrap();
    let (_, after) = examples.split_once(sentence).unwrap();
    let (_, after) = after.split_once(".Bd -literal -offset indent\n").unwrap();
    let (command, _) = after.split_once(".Ed\n").unwrap();
    command.replace("\\(aq", "'").replace("\\e", "\\")
}

/// What the command of an example prints about these lines.
fn found(sentence: &str, lines: &str) -> Vec<String> {
    let mut command = Command::new("sh");
    command.env("LC_ALL", "C").arg("-c").arg(example(sentence).replace("' log", "' /dev/stdin"));
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("sh and jq (package jq) run");
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn repair(mount: &str, object: &str, notice: &str) -> String {
    format!(
        "{{\"v\":1,\"kind\":\"repair\",\"mount\":\"{mount}\",\"notice\":\"{notice}\",\
        \"object\":\"{object}\",\"message\":\"{mount} {object} {notice}\"}}\n"
    )
}

#[test]
fn the_example_for_what_is_left_damaged_finds_all_of_it() {
    let left = "What is left damaged";
    let words = ["failed", "cross_failed", "offline_needed", "postponed", "slow", "would_repair"];
    for word in words {
        let line = repair("/m", "ag:1:bnobt", word);
        assert_eq!(found(left, &line), [format!("/m ag:1:bnobt {word}")]);
    }
    let crowd = repair("/m", "ag:1:inodes", "more_offline_needed");
    assert_eq!(found(left, &crowd), ["/m ag:1:inodes more_offline_needed"]);
    for word in ["repaired", "no_modification", "gone"] {
        let lines = repair("/m", "ag:1:bnobt", "offline_needed")
            + &repair("/n", "ag:1:bnobt", "failed")
            + &repair("/m", "ag:1:bnobt", word);
        assert_eq!(found(left, &lines), ["/n ag:1:bnobt failed"], "{word}");
    }
}

#[test]
fn the_example_for_a_backup_names_each_file_once() {
    let loss = |what: &str, of: &str| {
        format!("{{\"kind\":\"loss\",\"loss\":\"{what}\",\"mount\":\"/m\",{of}}}\n")
    };
    let lines = loss("file_data", "\"ino\":131,\"path\":\"/a b\"")
        + &loss("file_data", "\"ino\":131,\"path\":\"/a b\"")
        + &loss("file_or_directory", "\"ino\":132")
        + &loss("data_fork", "\"path\":\"/c\"")
        + &loss("symlink_target", "\"path\":\"/d\"")
        + &loss("name", "\"path\":\"/lost+found/133\"")
        + &loss("more", "\"count\":7");
    let files = ["/m/a b", "/m/c", "/m/d", "/m?ino=132"];
    assert_eq!(found("Files to restore", &lines), files);
}

#[test]
fn the_example_for_repairs_counts_those_of_each_hour() {
    let at = |time: &str| format!("{{\"notice\":\"repaired\",\"time\":\"2026-11-30T{time}Z\"}}\n");
    let lines = at("09:59:59.0") + &at("10:00:00.0") + &at("10:59:00.0");
    let counts = found("Repairs in each hour", &lines);
    let counts: Vec<_> = counts.iter().map(|line| line.trim_start()).collect();
    assert_eq!(counts, ["1 2026-11-30T09", "2 2026-11-30T10"]);
}
