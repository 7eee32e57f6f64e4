// SPDX-License-Identifier: LGPL-2.1-or-later
//! `uapi` against the C header of xfsprogs 7.2: every value, size and offset, by a C compiler.

#[path = "../common/mod.rs"]
mod common;
mod names;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::headers::include_dir;
use common::mirror::{Struct, claims};
use names::{CONSTANTS, STRUCTS};

/// What comes before the checks; `xfs/xfs.h` would need libuuid's header for nothing.
const PROLOGUE: &str = "
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/ioctl.h>
#include <linux/types.h>
#include <linux/fs.h>
#include <linux/fsmap.h>
#define __user
typedef uint32_t prid_t;
typedef int64_t xfs_off_t;
#include <xfs/xfs_fs.h>
";

/// Names of the header that begin like this must all be in `uapi`.
const FAMILIES: [&str; 10] = [
    "FMR_OF_",
    "XFS_AG_GEOM_",
    "XFS_BS_SICK_",
    "XFS_BULK_IREQ_",
    "XFS_FMR_OWN_",
    "XFS_FSOP_GEOM_",
    "XFS_GETPARENTS_",
    "XFS_HEALTH_",
    "XFS_RTGROUP_GEOM_",
    "XFS_SCRUB_",
];

#[test]
fn values_sizes_and_offsets_are_those_of_the_c_header() {
    let program = [PROLOGUE, &claims(CONSTANTS, STRUCTS)].concat();
    compile(&["-fsyntax-only"], &program);
}

#[test]
fn every_name_of_uapi_is_compared() {
    let mut compared = BTreeSet::new();
    compared.extend(CONSTANTS.iter().map(|(name, _)| name.to_string()));
    for Struct { name, fields, .. } in STRUCTS {
        compared.insert(name.to_string());
        compared.extend(fields.iter().map(|field| format!("{name}.{}", field.name)));
    }
    let defined = names_defined_in_uapi();
    assert!(defined.len() > 200, "the source is not written as this test expects");
    let forgotten: Vec<_> = defined.difference(&compared).collect();
    assert!(forgotten.is_empty(), "add to tests/abi/names.rs: {forgotten:?}");
}

#[test]
fn the_header_has_nothing_new() {
    let ours: BTreeSet<_> = CONSTANTS.iter().map(|(name, _)| *name).collect();
    let macros = compile(&["-E", "-dM"], PROLOGUE);
    let theirs = macros.lines().filter_map(|line| line.strip_prefix("#define ")?.split(' ').next());
    let new: Vec<_> = theirs
        .filter(|name| FAMILIES.iter().any(|family| name.starts_with(family)))
        .filter(|name| !ours.contains(name))
        .collect();
    assert!(new.is_empty(), "uapi does not have {new:?}");
}

/// Constants as `NAME`, structures as `name`, fields as `name.field`: all public ones.
fn names_defined_in_uapi() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/uapi");
    for file in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        let mut within = String::new();
        for line in source.lines() {
            let word = |rest: &str| rest.split([':', ' ']).next().unwrap_or(rest).to_string();
            if let Some(rest) = line.strip_prefix("pub const ") {
                names.insert(word(rest));
            } else if let Some(rest) = line.strip_prefix("pub struct ") {
                within = word(rest);
                names.insert(within.clone());
            } else if let Some(rest) = line.strip_prefix("    pub ") {
                names.insert(format!("{within}.{}", word(rest)));
            } else {
                assert!(
                    !line.trim_start().starts_with("pub ") || line.starts_with("pub use "),
                    "{line}"
                );
            }
        }
    }
    names
}

/// Compiles a C program and returns what the compiler prints; panics with its complaints.
fn compile(mode: &[&str], program: &str) -> String {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut child = Command::new(&compiler)
        .args(mode)
        .args(["-x", "c", "-I"])
        .arg(include_dir())
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("a C compiler is needed: {compiler}: {error}"));
    // The compiler reads all of its input before it prints anything.
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{compiler}:\n{complaints}");
    String::from_utf8(output.stdout).unwrap()
}
