// SPDX-License-Identifier: LGPL-2.1-or-later
//! The service manager, and other programs: what systemd is told and asked, signals, children.

pub(crate) mod child;
pub mod exit;
pub(crate) mod left_over;
pub(crate) mod notify;
pub(crate) mod others;
pub(crate) mod output;
pub(crate) mod restart;
pub(crate) mod signals;
pub(crate) mod status;
pub(crate) mod supervised;
pub(crate) mod unit;

pub use unit::instance;
