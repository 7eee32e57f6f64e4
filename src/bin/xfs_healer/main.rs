// SPDX-License-Identifier: LGPL-2.1-or-later
//! `xfs_healer`: keeps one mounted XFS filesystem healthy.

#[path = "../shared/flags.rs"]
mod flags;
mod options;

use options::Command;
use std::path::Path;
use xfshealer::{daemon, report, service};

fn main() {
    let code = match options::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => daemon::run(options),
        Ok(Command::Help) => print(&options::usage()),
        Ok(Command::Version) => {
            print(concat!("xfs_healer version ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        Ok(Command::UnitName(path)) => unit_name(&path),
        Err(message) => {
            let name = std::env::args_os().next().unwrap_or_else(|| "xfs_healer".into());
            let name = report::escape(name.as_encoded_bytes());
            eprint(&format!("{name}: {message}\n{}", options::usage()));
            options::mistake_code(std::env::args_os())
        }
    };
    std::process::exit(code)
}

fn unit_name(path: &Path) -> i32 {
    match service::instance("xfs_healer@", path) {
        Some(name) => print(&format!("{name}\n")),
        None => {
            eprint("Could not determine xfs_healer unit name.\n");
            1
        }
    }
}

/// Prints to standard output; a closed one is no reason to panic.
fn print(text: &str) -> i32 {
    use std::io::Write;
    i32::from(std::io::stdout().write_all(text.as_bytes()).is_err())
}

fn eprint(text: &str) {
    use std::io::Write;
    // Where the message about a mistake cannot be written, the exit code still tells.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
