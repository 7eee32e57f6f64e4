// SPDX-License-Identifier: LGPL-2.1-or-later
//! `fserrord`: says what errors the mounted filesystems report to the kernel.

#[path = "../shared/command.rs"]
mod command;
#[path = "../shared/flags.rs"]
#[expect(dead_code, reason = "no option of this program takes a value")]
mod flags;
mod options;
#[path = "../shared/program.rs"]
mod program;

use command::Command;
use xfshealer::fserror;
use xfshealer::service::exit;

const NAME: &str = "fserrord";

fn main() {
    let code = match options::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => fserror::run(&options),
        Ok(Command::Help) => program::print(&options::usage()),
        Ok(Command::Version) => program::version(NAME),
        Err(message) => {
            program::complain(NAME, &message, &options::usage());
            exit::FAILED
        }
    };
    std::process::exit(code)
}
