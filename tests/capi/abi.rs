// SPDX-License-Identifier: LGPL-2.1-or-later
//! The binary interface is that of `libxfshealer.abi`, or has more functions, and the constants,
//! which abidiff(1) knows nothing of, are those of `constants`.
//!
//! Where a change is meant, tests/capi/abi-dump says how to write the former anew.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::names::CONSTANTS;
use crate::tools::{run, scratch, source};

/// What abidiff(1) says of the interface of a header; success is no change or an addition.
fn compare(header: &Path, name: &str) -> Output {
    let dump = scratch(&format!("{name}.abi"));
    let text = run(Command::new(source("tests/capi/abi-dump")).arg(header));
    fs::write(&dump, text).unwrap();
    let mut command = Command::new("abidiff");
    command.args(["--no-added-syms", "--no-show-locs"]);
    command.arg(source("tests/capi/libxfshealer.abi")).arg(dump).output().expect("abidiff runs")
}

/// The same for the header in which something is replaced.
fn compare_with(name: &str, from: &str, to: &str) -> Output {
    let header = fs::read_to_string(source("include/xfshealer.h")).unwrap();
    let changed = header.replacen(from, to, 1);
    assert!(changed != header, "the header has no {from}");
    let file = scratch(&format!("{name}.h"));
    fs::write(&file, changed).unwrap();
    compare(&file, name)
}

#[test]
fn it_is_as_it_was_released() {
    let output = compare(&source("include/xfshealer.h"), "now");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_new_function_is_allowed() {
    let prototype = "uint32_t xfshealer_abi_version(void);\n";
    let more = [prototype, "int xfshealer_new(int number);\n"].concat();
    let output = compare_with("more", prototype, &more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn what_breaks_a_program_is_noticed() {
    for (name, from, to) in [
        ("function-gone", "uint32_t xfshealer_abi_version(void);", ""),
        (
            "parameter",
            "uint32_t xfshealer_abi_version(void);",
            "uint32_t xfshealer_abi_version(int a);",
        ),
        (
            "result",
            "uint32_t xfshealer_abi_version(void);",
            "uint64_t xfshealer_abi_version(void);",
        ),
        ("field-type", "uint32_t gno; ", "uint64_t gno; "),
        ("field-gone", "uint64_t reserved;\n", "\n"),
        (
            "field-order",
            "uint32_t sm_gen;\n\tuint32_t sm_agno;",
            "uint32_t sm_agno;\n\tuint32_t sm_gen;",
        ),
    ] {
        let output = compare_with(name, from, to);
        assert!(!output.status.success(), "not noticed: {name}");
        // Bits of the exit code: 1 is an error, 2 wrong usage, 4 a change, 8 an incompatible one.
        assert_eq!(output.status.code().unwrap() & 3, 0, "{output:?}");
    }
}

#[test]
fn the_constants_are_as_they_were_released() {
    let now: Vec<_> = CONSTANTS.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let released = fs::read_to_string(source("tests/capi/constants")).unwrap();
    for constant in released.lines() {
        assert!(now.iter().any(|one| one == constant), "changed: {constant}");
    }
    assert_eq!(released.lines().count(), now.len(), "add the new ones to tests/capi/constants");
}
