// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the tests share that compare Rust with C: values, sizes and offsets, by a C compiler.

pub mod headers;
pub mod mirror;
