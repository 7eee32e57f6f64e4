// SPDX-License-Identifier: LGPL-2.1-or-later
//! The command lines of the programs.

use crate::{error_options, healer_options, starter_options};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use xfshealer::fuzz::checks;

/// A command line of words with zero bytes between. The first byte chooses the program.
pub fn options(bytes: &[u8]) {
    let Some((program, words)) = bytes.split_first() else { return };
    let words = words.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
    let args: Vec<OsString> = [OsString::from("program")].into_iter().chain(words).collect();
    let mistake = match program % 4 {
        0 | 2 => return of_healer(args),
        1 => starter_options::parse(args).err(),
        _ => error_options::parse(args).err(),
    };
    mistake.iter().for_each(|message| checks::is_shown(message));
}

fn of_healer(args: Vec<OsString>) {
    let code = healer_options::mistake_code(args.clone());
    match healer_options::parse(args) {
        Err(message) => checks::is_shown(&message),
        Ok(healer_options::Command::Run(options)) => {
            // Whoever asks for it gets the exit code of fsck, also for a mistake elsewhere in the line.
            assert!(!options.one_shot || code == 16);
            assert!(!(options.one_shot && options.all));
            assert!(options.escalate.structures > 0 && !options.escalate.within.is_zero());
        }
        Ok(_) => {}
    }
}
