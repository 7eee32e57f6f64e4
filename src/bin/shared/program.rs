// SPDX-License-Identifier: LGPL-2.1-or-later
//! The outside of each program: what it prints instead of running.

use std::io::Write;
use xfshealer::report::{self, Cause};
use xfshealer::service::exit;

/// Prints to standard output as the program of this name, and gives the exit code; that it cannot is
/// no reason to panic.
pub fn print(name: &str, text: &str) -> i32 {
    let mut out = std::io::stdout();
    // The last line may have no end.
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    exit::of_output(name, written.map_err(Cause::from))
}

/// Prints to standard error. Where that cannot be written, the exit code still tells.
pub fn eprint(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints the version of the program of this name and gives the exit code.
pub fn version(name: &str) -> i32 {
    print(name, &format!("{name} version {}\n", env!("CARGO_PKG_VERSION")))
}

/// Prints what is wrong with the command line, and the help, under the name that the program was called
/// by, or this.
pub fn complain(name: &str, message: &str, usage: &str) {
    let called = std::env::args_os().next().unwrap_or_else(|| name.into());
    eprint(&format!("{}: {message}\n{usage}", report::escape(called.as_encoded_bytes())));
}
