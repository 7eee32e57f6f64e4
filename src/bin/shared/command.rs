// SPDX-License-Identifier: LGPL-2.1-or-later
//! Commands of a program that runs, or prints its help or its version.

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
