// SPDX-License-Identifier: LGPL-2.1-or-later
//! Commands of a program that runs, or prints its help or its version.

use crate::program;
use xfshealer::service::exit;

/// Command that the program is given on the command line.
#[derive(Debug)]
pub enum Command<O> {
    /// Runs with these options.
    Run(O),
    /// Prints the help text.
    Help,
    /// Prints the version.
    Version,
}

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
        Ok(Command::Help) => program::print(usage),
        Ok(Command::Version) => program::version(name),
        Err(message) => {
            program::complain(name, &message, usage);
            exit::FAILED
        }
    }
}

/// Requests that may take the place of running.
#[derive(Clone, Copy)]
pub enum Instead {
    Help,
    Version,
}

impl<O> Command<O> {
    /// The command of a request, or to run with these options if there is none.
    pub fn new(instead: Option<Instead>, options: O) -> Command<O> {
        match instead {
            None => Command::Run(options),
            Some(Instead::Help) => Command::Help,
            Some(Instead::Version) => Command::Version,
        }
    }
}
