// SPDX-License-Identifier: LGPL-2.1-or-later
//! The outside of each program: what it prints instead of running.

use std::io::Write;
use xfshealer::report;
use xfshealer::service::exit;

/// Prints to standard output and gives the exit code; a closed one is no reason to panic.
pub fn print(text: &str) -> i32 {
    exit::of(&std::io::stdout().write_all(text.as_bytes()))
}

/// Prints to standard error. Where that cannot be written, the exit code still tells.
pub fn eprint(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints the version of the program of this name and gives the exit code.
pub fn version(name: &str) -> i32 {
    print(&format!("{name} version {}\n", env!("CARGO_PKG_VERSION")))
}

/// Prints what is wrong with the command line, and the help, under the name that the program was called
/// by, or this.
pub fn complain(name: &str, message: &str, usage: &str) {
    let called = std::env::args_os().next().unwrap_or_else(|| name.into());
    eprint(&format!("{}: {message}\n{usage}", report::escape(called.as_encoded_bytes())));
}
