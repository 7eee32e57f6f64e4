// SPDX-License-Identifier: LGPL-2.1-or-later
//! Builds the library with its module `fuzz`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(fuzzing)");
    println!("cargo:rustc-cfg=fuzzing");
}
