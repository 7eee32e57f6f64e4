// SPDX-License-Identifier: LGPL-2.1-or-later
//! The C library as a distribution ships it: installed with the Makefile, used by C programs.
//!
//! Programs that are needed: see tests/run.

#[path = "../common/mod.rs"]
mod common;

mod abi;
mod example;
mod header;
mod install;
mod layout;
mod link;
mod names;
mod pkg_config;
mod programs;
mod sanitizer;
mod tools;
