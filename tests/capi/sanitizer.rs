// SPDX-License-Identifier: LGPL-2.1-or-later
//! The hostile program with AddressSanitizer in both halves: valgrind(1) sees the heap only.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::programs::{WARNINGS, hostile};
use crate::tools::{cargo, run, scratch, source};

/// The machine that this runs on, as rustc calls it.
fn host() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let about = run(Command::new(rustc).arg("-vV"));
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc tells its host").to_string()
}

/// A static library whose every access to memory is checked. The flag is unstable, what it does has
/// been in each released compiler for years: RUSTC_BOOTSTRAP lets a stable one take it.
fn checked_library() -> PathBuf {
    let (host, target) = (host(), scratch("sanitizer"));
    let mut command = Command::new(cargo());
    command.args(["rustc", "--quiet", "--locked", "--release", "--lib", "--crate-type=staticlib"]);
    // With --target the flags are not for the build script, which would need the runtime too.
    command.args(["--target", &host, "--target-dir"]).arg(&target).current_dir(source(""));
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    run(command.env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only"));
    target.join(host).join("release/libxfshealer.a")
}

#[test]
fn a_hostile_program_makes_the_sanitizers_find_nothing() {
    let (library, program) = (checked_library(), scratch("hostile-sanitizer"));
    let mut command = Command::new("gcc");
    command.args(WARNINGS).args(["-g", "-O1", "-fsanitize=address,undefined"]);
    command.args(["-fno-sanitize-recover=all", "-I"]).arg(source("include"));
    run(command.arg("-o").arg(&program).args(hostile()).arg(library));
    run(Command::new(program).arg("slow").env("ASAN_OPTIONS", "detect_stack_use_after_return=1"));
}
