// SPDX-License-Identifier: LGPL-2.1-or-later
//! `xfs_healer`: keeps one mounted XFS filesystem healthy.

#[path = "../shared/flags.rs"]
mod flags;
mod options;
#[path = "../shared/program.rs"]
mod program;

use options::Command;
use std::path::Path;
use xfshealer::daemon;
use xfshealer::service::{self, exit};

const NAME: &str = "xfs_healer";

fn main() {
    let code = match options::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => daemon::run(options),
        Ok(Command::Help) => program::print(NAME, &options::usage()),
        Ok(Command::Version) => program::version(NAME),
        Ok(Command::UnitName(path)) => unit_name(&path),
        Err(message) => {
            program::complain(NAME, &message, &options::usage());
            options::mistake_code(std::env::args_os())
        }
    };
    std::process::exit(code)
}

fn unit_name(path: &Path) -> i32 {
    match service::instance("xfs_healer@", path) {
        Some(name) => program::print(NAME, &format!("{name}\n")),
        None => {
            program::eprint("Could not determine xfs_healer unit name.\n");
            exit::FAILED
        }
    }
}
