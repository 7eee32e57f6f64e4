// SPDX-License-Identifier: LGPL-2.1-or-later
//! The run of a program, from its command line to its exit code.

use crate::command::Command;
use crate::program;
use xfshealer::service::exit;

/// Carries out the command line of the program of this name, or says what is wrong with it; gives the
/// exit code.
pub fn carry_out<O>(
    name: &str,
    command: Result<Command<O>, String>,
    usage: &str,
    run: impl FnOnce(&O) -> i32,
) -> i32 {
    match command {
        Ok(Command::Run(options)) => run(&options),
        Ok(Command::Help) => program::print(name, usage),
        Ok(Command::Version) => program::version(name),
        Err(message) => {
            program::complain(name, &message, usage);
            exit::FAILED
        }
    }
}
