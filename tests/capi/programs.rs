// SPDX-License-Identifier: LGPL-2.1-or-later
//! C programs that use the installed library: as nobody should, and with an eye on memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{libdir, root, run, scratch, source};

pub const WARNINGS: [&str; 6] =
    ["-std=gnu11", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Werror"];

/// The C files of the hostile program.
pub fn hostile() -> Vec<PathBuf> {
    let folder = fs::read_dir(source("tests/capi/hostile")).unwrap();
    let files = folder.map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|of| of == "c")).collect()
}

/// Compiles a program that loads the shared library.
pub fn compile(name: &str, files: &[PathBuf]) -> PathBuf {
    let program = scratch(name);
    let mut command = Command::new("cc");
    command.args(WARNINGS).args(["-g", "-O1", "-I"]).arg(root().join("usr/include"));
    command.arg("-o").arg(&program).args(files).arg("-L").arg(libdir()).arg("-lxfshealer");
    run(&mut command);
    program
}

fn with_library(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.env("LD_LIBRARY_PATH", libdir());
    command
}

#[test]
fn a_hostile_program_gets_the_answers_of_the_header() {
    run(&mut with_library(compile("hostile", &hostile())));
}

#[test]
fn a_hostile_program_makes_valgrind_find_nothing() {
    let program = compile("hostile-valgrind", &hostile());
    let mut command = with_library("valgrind");
    command.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"]);
    run(command.arg("--errors-for-leak-kinds=all").arg(program).arg("slow"));
}

#[test]
fn memory_is_asked_for_while_the_table_grows_and_never_else() {
    let program = compile("allocations", &[source("tests/capi/allocations.c")]);
    print!("{}", run(&mut with_library(program)));
}
