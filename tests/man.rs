// SPDX-License-Identifier: LGPL-2.1-or-later
//! The manual page is well formed and tells every option that the program has.

use std::process::Command;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/man/xfs_healer.8");

#[test]
fn mandoc_finds_nothing_wrong() {
    let output = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning", PAGE])
        .output()
        .expect("mandoc (package mandoc) runs");
    let complaints = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
}

#[test]
fn every_option_of_the_help_is_in_the_page() {
    let help = Command::new(env!("CARGO_BIN_EXE_xfs_healer")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let page = std::fs::read_to_string(PAGE).unwrap();
    let options = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    let in_help: Vec<&str> =
        options.map(|option| option.split('=').next().unwrap_or(option)).collect();
    assert!(in_help.len() >= 14, "{help}");
    for option in &in_help {
        let is_in_page = page.lines().any(|line| {
            let end =
                line.strip_prefix(".It").and_then(|line| line.split_once(&format!("Fl -{option}")));
            end.is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(" Ns"))
        });
        assert!(is_in_page, "--{option} is not in the page");
    }
    let in_page = page.lines().filter(|line| line.starts_with(".It Fl"));
    assert_eq!(in_page.count(), in_help.len(), "the page has options that the help has not");
}
