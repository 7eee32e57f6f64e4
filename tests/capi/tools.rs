// SPDX-License-Identifier: LGPL-2.1-or-later
//! Running other programs, and where things are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where `packaging/Makefile` is told to install libraries.
pub const LIBDIR: &str = "usr/lib/x86_64-linux-gnu";

/// A file of this project.
pub fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A place for what the tests make, below cargo's target folder.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// The target folder of the cargo that runs the tests.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// Runs a program and returns what it prints; panics with its complaints.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}{complaints}", output.status);
    text.into_owned()
}

/// The same for a command line without blanks in its words.
pub fn sh(line: &str) -> String {
    let mut words = line.split_whitespace();
    run(Command::new(words.next().unwrap()).args(words))
}

/// The cargo that runs the tests.
pub fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// The root folder of an installation; made once.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let root = scratch("root");
        // What an older version installed must not be found.
        let _ = fs::remove_dir_all(&root);
        let mut install = Command::new(source("tests/lib/install"));
        install.arg("prefix=/usr").arg(format!("libdir=/{LIBDIR}"));
        install.arg(format!("DESTDIR={}", root.display()));
        install.arg(format!("CARGO={}", cargo()));
        install.arg(format!("CARGO_TARGET_DIR={}", target().display()));
        run(&mut install);
        root
    })
}

/// The folder of the installed libraries.
pub fn libdir() -> PathBuf {
    root().join(LIBDIR)
}

/// The shared library before it was stripped.
pub fn unstripped() -> PathBuf {
    root();
    target().join("packaging/libxfshealer.so")
}
