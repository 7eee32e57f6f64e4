// SPDX-License-Identifier: LGPL-2.1-or-later
//! Targets of the fuzzer: each takes any bytes, and fails where what came of them is not as it must
//! be.
//!
//! They are a module of the library, as most of what reads bytes is private, but only in tests and
//! for the fuzzer in `tests/fuzz`. `cargo test` runs each with its corpus.

mod answers;
mod capi;
pub mod checks;
mod decoder;
mod error_recording;
mod hook;
pub(crate) mod input;
mod lines;
mod mounts;
mod names;
mod outputs;
mod planner;
mod proc;
mod recording;

use input::Input;

/// A target, which fails by a panic.
pub type Target = fn(&[u8]);

/// The targets by their names, which are also those of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("decoder", decoder::decoder),
    ("capi", capi::capi),
    ("chaos", planner::chaos),
    ("damage", planner::damage),
    ("unloadable", planner::unloadable),
    ("recording", recording::recording),
    ("replay", recording::replay),
    ("error_recording", error_recording::error_recording),
    ("autofsck", proc::autofsck),
    ("proc", proc::proc),
    ("notify", proc::notify),
    ("systemctl", proc::systemctl),
    ("statmount", answers::statmount),
    ("fs_errors", answers::fs_errors),
    ("mounts", mounts::mounts),
    ("getparents", answers::getparents),
    ("fsmap", answers::fsmap),
    ("cores", answers::cores),
    ("look", crate::act::fuzzed::look),
    ("names", names::names),
    ("lines", lines::lines),
    ("outputs", outputs::outputs),
    ("hook", hook::hook),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// What was once interesting goes on to be harmless, also where there is no fuzzer.
    #[test]
    fn each_target_has_a_corpus_that_does_no_harm() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
        for (name, target) in TARGETS {
            let files = std::fs::read_dir(corpus.join(name)).unwrap_or_else(|_| panic!("{name}"));
            let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            assert!(!files.is_empty(), "{name}");
            for file in files {
                println!("{}", file.display());
                target(&std::fs::read(file).unwrap());
            }
            target(b"");
        }
    }
}
