// SPDX-License-Identifier: LGPL-2.1-or-later
//! `fserrord`: says what errors the mounted filesystems report to the kernel.

#[path = "../shared/carry_out.rs"]
mod carry_out;
#[path = "../shared/command.rs"]
mod command;
#[path = "../shared/flags.rs"]
mod flags;
mod options;
#[path = "../shared/program.rs"]
mod program;

use xfshealer::fserror;

fn main() {
    let command = options::parse(std::env::args_os());
    let code = carry_out::carry_out("fserrord", command, &options::usage(), fserror::run);
    std::process::exit(code)
}
