// SPDX-License-Identifier: LGPL-2.1-or-later
//! `uapi` against the C header of xfsprogs 7.2: every value, size and offset, by a C compiler.

mod names;

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use names::{CONSTANTS, STRUCTS, Struct};

/// What comes before the checks; `xfs/xfs.h` would need libuuid's header for nothing.
const PROLOGUE: &str = "
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/ioctl.h>
#include <linux/types.h>
#include <linux/fs.h>
#define __user
typedef uint32_t prid_t;
typedef int64_t xfs_off_t;
#include <xfs/xfs_fs.h>
";

/// Names of the header that begin like this must all be in `uapi`.
const FAMILIES: [&str; 8] = [
    "XFS_AG_GEOM_",
    "XFS_BS_SICK_",
    "XFS_BULK_IREQ_",
    "XFS_FSOP_GEOM_",
    "XFS_GETPARENTS_",
    "XFS_HEALTH_",
    "XFS_RTGROUP_GEOM_",
    "XFS_SCRUB_",
];

#[test]
fn values_sizes_and_offsets_are_those_of_the_c_header() {
    let mut program = PROLOGUE.to_string();
    let mut claim = |what: &str, value: i128| {
        // Negative constants do not occur; without the suffix C reads the large ones as negative.
        writeln!(program, "_Static_assert(({what}) == {value}ULL, \"not {value}: {what}\");")
            .unwrap();
    };
    for (name, value) in CONSTANTS {
        claim(name, *value);
    }
    for Struct { name, size, fields } in STRUCTS {
        claim(&format!("sizeof(struct {name})"), *size as i128);
        for field in *fields {
            let c_name = field.name.trim_start_matches("r#");
            claim(&format!("offsetof(struct {name}, {c_name})"), field.offset as i128);
            // A field that goes on behind the structure has no size in C.
            if field.size > 0 {
                let size = format!("sizeof(((struct {name} *)0)->{c_name})");
                claim(&size, field.size as i128);
            }
        }
    }
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

/// Where a `xfs/xfs_fs.h` lies that has the health monitor.
fn include_dir() -> PathBuf {
    if let Some(dir) = env::var_os("XFSHEALER_XFS_INCLUDE") {
        let dir = PathBuf::from(dir);
        assert!(has_monitor(&dir), "XFSHEALER_XFS_INCLUDE: no xfs/xfs_fs.h of 7.2 in {dir:?}");
        return dir;
    }
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("vm");
    let guests = fs::read_dir(guests).into_iter().flatten().flatten();
    let mut dirs: Vec<PathBuf> = guests.map(|guest| guest.path().join("include")).collect();
    dirs.sort_by_key(|dir| fs::metadata(dir).and_then(|meta| meta.modified()).ok());
    dirs.into_iter()
        .rev()
        .chain([PathBuf::from("/usr/include")])
        .find(|dir| has_monitor(dir))
        .expect(
            "the header xfs/xfs_fs.h of xfsprogs 7.2 is needed: run tests/vm/guest, which unpacks \
             it below target/vm, or install xfslibs-dev 7.2, or set XFSHEALER_XFS_INCLUDE",
        )
}

/// Whether there is a header in this folder, and a new one.
fn has_monitor(dir: &Path) -> bool {
    fs::read_to_string(dir.join("xfs/xfs_fs.h"))
        .is_ok_and(|header| header.contains("XFS_IOC_HEALTH_MONITOR"))
}
