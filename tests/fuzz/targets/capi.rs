// SPDX-License-Identifier: LGPL-2.1-or-later
//! The functions of the C library in any order, beside the planner that they are to be.
#![allow(unsafe_code)]

mod run;
mod texts;

use super::{Input, checks};
use crate::capi::*;

/// The first byte chooses between a planner that is told anything and structures of any bits.
pub(super) fn capi(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    if input.flag() {
        texts::any_bits(&mut input);
    } else {
        run::planner(&mut input);
    }
}
