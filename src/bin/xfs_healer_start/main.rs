// SPDX-License-Identifier: LGPL-2.1-or-later
//! `xfs_healer_start`: starts a healer for each XFS filesystem that is mounted.

#[path = "../shared/carry_out.rs"]
mod carry_out;
#[path = "../shared/command.rs"]
mod command;
#[path = "../shared/flags.rs"]
mod flags;
mod options;
#[path = "../shared/program.rs"]
mod program;

use xfshealer::starter;

fn main() {
    let command = options::parse(std::env::args_os());
    let code = carry_out::carry_out("xfs_healer_start", command, &options::usage(), starter::run);
    std::process::exit(code)
}
