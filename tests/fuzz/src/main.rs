// SPDX-License-Identifier: LGPL-2.1-or-later
//! All targets in one program: libFuzzer's, with the target that the environment names.
#![no_main]

#[path = "../../../src/bin/shared/command.rs"]
mod command;
#[path = "../../../src/bin/fserrord/options.rs"]
mod error_options;
#[path = "../../../src/bin/shared/flags.rs"]
mod flags;
#[path = "../../../src/bin/xfs_healer/options.rs"]
mod healer_options;
mod options;
#[path = "../../../src/bin/xfs_healer_start/options.rs"]
mod starter_options;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use xfshealer::fuzz::{TARGETS, Target};

fn target() -> Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    *TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let all = TARGETS.iter().copied().chain([("options", options::options as Target)]);
        let found = all.clone().find(|(each, _)| *each == name).map(|(_, target)| target);
        found.unwrap_or_else(|| {
            let names: Vec<_> = all.map(|(name, _)| name).collect();
            eprintln!("FUZZ_TARGET is one of: {}", names.join(" "));
            std::process::exit(2)
        })
    })
}

fuzz_target!(|bytes: &[u8]| target()(bytes));
