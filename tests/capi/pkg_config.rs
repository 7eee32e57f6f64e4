// SPDX-License-Identifier: LGPL-2.1-or-later
//! What pkg-config(1) says is enough to compile, to link and to run a program, in every way.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{libdir, root, run, scratch, sh, source};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " 0 0\n");

/// What pkg-config says of the installed library, and only of that.
fn pkg_config(arguments: &[&str]) -> String {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_SYSROOT_DIR", root());
    command.env("PKG_CONFIG_LIBDIR", libdir().join("pkgconfig"));
    run(command.args(arguments).arg("libxfshealer"))
}

/// Compiles the program that prints the version.
fn compile(name: &str, asked: &[&str], before: &[&str], after: &[&str]) -> PathBuf {
    let program = scratch(name);
    let flags = pkg_config(&[&["--cflags", "--libs"], asked].concat());
    let mut command = Command::new("cc");
    command.arg("-o").arg(&program).args(before).arg(source("tests/capi/version.c"));
    run(command.args(flags.split_whitespace()).args(after));
    program
}

/// Runs a program that finds the installed library.
fn output(program: &Path) -> String {
    run(Command::new(program).env("LD_LIBRARY_PATH", libdir()))
}

/// Whether a program loads the shared library.
fn is_dynamic(program: &Path) -> bool {
    let dynamic = sh(&format!("readelf --wide --dynamic {}", program.display()));
    dynamic.contains("libxfshealer.so.0")
}

#[test]
fn a_dynamic_program() {
    let program = compile("dynamic", &[], &[], &[]);
    assert!(is_dynamic(&program));
    assert_eq!(output(&program), VERSION);
}

#[test]
fn static_programs() {
    for (name, way) in [("static", "-static"), ("static-pie", "-static-pie")] {
        let program = compile(name, &["--static"], &[way], &[]);
        assert!(!is_dynamic(&program), "{name}");
        assert_eq!(run(&mut Command::new(&program)), VERSION, "{name}");
    }
}

#[test]
fn the_static_library_in_a_dynamic_program() {
    let program = compile("mixed", &["--static"], &["-Wl,-Bstatic"], &["-Wl,-Bdynamic"]);
    assert!(!is_dynamic(&program));
    assert_eq!(run(&mut Command::new(&program)), VERSION);
}

/// Both bring Rust's standard library along.
#[test]
fn the_static_library_beside_another_one_made_of_rust() {
    let (other, archive) = (scratch("other.rs"), scratch("libother.a"));
    let code = "#[no_mangle]\npub extern \"C\" fn other() { println!(\"other\"); }\n";
    fs::write(&other, code).unwrap();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    run(command.args(["--edition=2021", "--crate-type=staticlib", "-o"]).arg(&archive).arg(other));
    // Whole, so that each of their names is there twice if it can be.
    let whole = format!("-Wl,--whole-archive,{}", archive.display());
    let after = [&*whole, "-Wl,--no-whole-archive", "-Wl,-Bdynamic", "-lgcc_s", "-lm"];
    let before = ["-Wl,-Bstatic", "-Wl,--undefined=xfshealer_decode"];
    let program = compile("beside", &["--static"], &before, &after);
    assert_eq!(run(&mut Command::new(&program)), VERSION);
}

#[test]
fn it_tells_the_version_of_the_package() {
    assert_eq!(pkg_config(&["--modversion"]).trim(), env!("CARGO_PKG_VERSION"));
}
