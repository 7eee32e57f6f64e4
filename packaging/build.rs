// SPDX-License-Identifier: LGPL-2.1-or-later
//! Gives the shared library of a plain `cargo build` the soname of the packaged one, so that a
//! program linked with it runs with the packaged one too. Everything else is in the Makefile.

fn main() {
    println!("cargo:rerun-if-changed=packaging/build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libxfshealer.so.0");
}
