// SPDX-License-Identifier: LGPL-2.1-or-later
//! `fserrord`: says what errors the mounted filesystems report to the kernel.

#[path = "../shared/command.rs"]
mod command;
#[path = "../shared/flags.rs"]
mod flags;
mod options;
#[path = "../shared/program.rs"]
mod program;

use command::Command;
use xfshealer::fserror;

const NAME: &str = "fserrord";

fn main() {
    let code = match options::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => fserror::run(&options),
        Ok(Command::Help) => program::print(&options::usage()),
        Ok(Command::Version) => program::version(NAME),
        Err(message) => {
            program::complain(NAME, &message, &options::usage());
            1
        }
    };
    std::process::exit(code)
}
