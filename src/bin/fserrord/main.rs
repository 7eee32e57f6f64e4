// SPDX-License-Identifier: LGPL-2.1-or-later
//! `fserrord`: says what errors the mounted filesystems report to the kernel.

#[path = "../shared/flags.rs"]
#[expect(dead_code, reason = "no option of this program takes a value")]
mod flags;
mod options;

use options::Command;
use std::io::Write;
use xfshealer::{fserror, report};

fn main() {
    let code = match options::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => fserror::run(&options),
        Ok(Command::Help) => print(&options::usage()),
        Ok(Command::Version) => {
            print(concat!("fserrord version ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        Err(message) => {
            let name = std::env::args_os().next().unwrap_or_else(|| "fserrord".into());
            let name = report::escape(name.as_encoded_bytes());
            let text = format!("{name}: {message}\n{}", options::usage());
            // Where the message cannot be written, the exit code still tells.
            let _ = std::io::stderr().write_all(text.as_bytes());
            1
        }
    };
    std::process::exit(code)
}

/// Prints to standard output; a closed one is no reason to panic.
fn print(text: &str) -> i32 {
    i32::from(std::io::stdout().write_all(text.as_bytes()).is_err())
}
