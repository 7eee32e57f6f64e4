// SPDX-License-Identifier: LGPL-2.1-or-later
//! `xfs_healer_start`: starts a healer for each XFS filesystem that is mounted.

#[path = "../shared/command.rs"]
mod command;
#[path = "../shared/flags.rs"]
mod flags;
mod options;
#[path = "../shared/program.rs"]
mod program;

use command::Command;
use xfshealer::service::exit;
use xfshealer::starter;

const NAME: &str = "xfs_healer_start";

fn main() {
    let code = match options::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => starter::run(&options),
        Ok(Command::Help) => program::print(&options::usage()),
        Ok(Command::Version) => program::version(NAME),
        Err(message) => {
            program::complain(NAME, &message, &options::usage());
            exit::FAILED
        }
    };
    std::process::exit(code)
}
