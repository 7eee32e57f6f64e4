// SPDX-License-Identifier: LGPL-2.1-or-later
//! The header compiles wherever a program may include it, and takes no name that is another's.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::headers::include_dir;
use crate::tools::{root, run, scratch};

const C_COMPILERS: [&str; 2] = ["gcc", "clang"];
const CXX_COMPILERS: [&str; 2] = ["g++", "clang++"];
const STRICT: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];
const STRICT_C: [&str; 3] = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wc++-compat"];

/// A folder of headers that a project keeps warnings on for.
fn include() -> PathBuf {
    root().join("usr/include")
}

/// Compiles a program of nothing but these includes.
fn compile(compiler: &str, std: &str, includes: &[&str]) {
    let is_c = C_COMPILERS.contains(&compiler);
    let file =
        scratch(&format!("header-{compiler}-{std}-{}.c", includes.join("-").replace('/', "_")));
    let includes: String = includes.iter().map(|name| format!("#include <{name}>\n")).collect();
    fs::write(&file, format!("{includes}int main(void) {{ return 0; }}\n")).unwrap();
    let mut command = Command::new(compiler);
    command.arg(format!("-std={std}")).arg("-fsyntax-only").args(STRICT);
    command.args(if is_c { &STRICT_C[..] } else { &[] });
    command.arg("-I").arg(include());
    // Nobody's business here is how clean the headers of xfsprogs are. They call kill(), which a strict
    // dialect does not declare; to gcc from 14 on that is an error.
    command.arg("-isystem").arg(include_dir());
    command.args(includes.contains("xfs/").then_some("-D_GNU_SOURCE"));
    command.args(["-x", if is_c { "c" } else { "c++" }]).arg(&file);
    run(&mut command);
}

#[test]
fn it_stands_alone_in_every_dialect() {
    for compiler in C_COMPILERS {
        for std in ["c99", "c11", "c2x", "gnu11"] {
            compile(compiler, std, &["xfshealer.h"]);
            compile(compiler, std, &["xfshealer.h", "xfshealer.h"]);
        }
    }
    for compiler in CXX_COMPILERS {
        for std in ["c++11", "c++17", "c++20"] {
            compile(compiler, std, &["xfshealer.h"]);
        }
    }
}

#[test]
fn it_goes_with_the_header_of_xfsprogs_in_both_orders() {
    for order in [["xfs/xfs.h", "xfshealer.h"], ["xfshealer.h", "xfs/xfs.h"]] {
        for compiler in C_COMPILERS {
            for std in ["c99", "c11", "c2x", "gnu11"] {
                compile(compiler, std, &order);
            }
        }
        for compiler in CXX_COMPILERS {
            compile(compiler, "c++17", &order);
        }
    }
}

#[test]
fn every_macro_begins_with_the_name_of_the_library() {
    let macros = |includes: &str| -> BTreeSet<String> {
        let file = scratch("macros.c");
        fs::write(&file, includes).unwrap();
        let mut command = Command::new("cc");
        run(command.args(["-E", "-dM", "-I"]).arg(include()).arg(&file))
            .lines()
            .filter_map(|line| line.strip_prefix("#define ")?.split([' ', '(']).next())
            .map(str::to_string)
            .collect()
    };
    let others = macros("#include <stddef.h>\n#include <stdint.h>\n");
    let ours = macros("#include <xfshealer.h>\n");
    let foreign: Vec<_> =
        ours.difference(&others).filter(|name| !name.starts_with("XFSHEALER_")).collect();
    assert!(ours.len() > others.len() && foreign.is_empty(), "{foreign:?}");
}
