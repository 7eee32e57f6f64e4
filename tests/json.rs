// SPDX-License-Identifier: LGPL-2.1-or-later
//! The page xfs_healer-json(5) has what the JSON Schema has, and its examples find what they promise to.

use std::collections::{BTreeMap, BTreeSet};
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
        "{{\"v\":1,\"kind\":\"repair\",\"mount\":\"{mount}\",\"fs_uuid\":\"of{mount}\",\"notice\":\"{notice}\",\
        \"object\":\"{object}\",\"message\":\"{mount} {object} {notice}\"}}\n"
    )
}

#[test]
fn the_example_for_what_is_left_damaged_finds_all_of_it() {
    let left = "What repairs have left damaged";
    let words = ["failed", "cross_failed", "offline_needed", "postponed", "slow"];
    for word in words {
        let line = repair("/m", "ag:1:bnobt", word);
        assert_eq!(found(left, &line), [format!("/m ag:1:bnobt {word}")]);
    }
    let crowd = repair("/m", "ag:1:inodes", "more_offline_needed");
    assert_eq!(found(left, &crowd), ["/m ag:1:inodes more_offline_needed"]);
    assert!(found(left, &repair("/m", "ag:1:bnobt", "would_repair")).is_empty());
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

/// The members of the schema, each with the words that it may have.
fn schema() -> BTreeMap<String, BTreeSet<String>> {
    let schema = read("packaging/xfs_healer-json.schema.json");
    let (_, properties) = schema.split_once("\n  \"properties\": {\n").unwrap();
    let (properties, _) = properties.split_once("\n  },\n").unwrap();
    let (mut members, mut member, mut is_enum) = (BTreeMap::new(), String::new(), false);
    for line in properties.lines() {
        let quoted = line.split('"').nth(1);
        if let (Some(name), true) = (quoted, line.starts_with("    \"")) {
            member = name.to_owned();
            members.insert(member.clone(), BTreeSet::new());
        }
        is_enum &= line.trim() != "]";
        if let (Some(word), true) = (quoted, is_enum) {
            members.get_mut(&member).unwrap().insert(word.to_owned());
        }
        is_enum |= line.trim() == "\"enum\": [";
    }
    members
}

/// The words that a piece of the page has behind this macro.
fn behind(wanted: &str, piece: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for line in piece.lines().filter_map(|line| line.strip_prefix('.')) {
        let mut is_wanted = false;
        for word in line.split(' ') {
            match word {
                "Cm" | "Ql" => is_wanted = word == wanted,
                "," | "." | ";" | ":" => {}
                // Another macro.
                _ if word.len() == 2 && word.starts_with(char::is_uppercase) => is_wanted = false,
                _ if is_wanted => drop(words.insert(word.to_owned())),
                _ => {}
            }
        }
    }
    words
}

/// The words that the page tells of each member: those of its paragraphs, of which one that is named
/// like a kind of lines has two.
fn told() -> BTreeMap<String, BTreeSet<String>> {
    let page = page();
    let (_, lists) = page.split_once(".Ss Members of every line\n").unwrap();
    let (lists, _) = lists.split_once(".Sh EXAMPLES\n").unwrap();
    let mut told = BTreeMap::<_, BTreeSet<String>>::new();
    for item in lists.split("\n.It ").skip(1) {
        let (title, text) = item.split_once('\n').unwrap();
        for member in behind("Cm", &format!(".{title}")) {
            told.entry(member).or_default().extend(behind("Ql", text));
        }
    }
    told
}

#[test]
fn the_page_has_every_member_of_the_schema_and_each_of_its_words() {
    let (schema, told) = (schema(), told());
    assert!(schema.len() >= 90 && schema["kind"].len() == 9, "{schema:?}");
    let mut missing = Vec::new();
    for (member, words) in &schema {
        // What `_hex` behind a name means is told once.
        if member.strip_suffix("_hex").is_some_and(|name| schema.contains_key(name)) {
            continue;
        }
        let Some(of_member) = told.get(member) else {
            missing.push(member.clone());
            continue;
        };
        // Each kind has a paragraph of its own.
        let is_told = |word: &&String| {
            of_member.contains(*word) || member == "kind" && told.contains_key(*word)
        };
        let unsaid = words.iter().filter(|word| !is_told(word));
        missing.extend(unsaid.map(|word| format!("{member}: {word}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let is_known = |word: &&String| schema.contains_key(*word) || schema["kind"].contains(*word);
    let unknown: Vec<_> = told.keys().filter(|word| !is_known(word)).collect();
    assert!(unknown.is_empty(), "of no line: {unknown:?}");
}
