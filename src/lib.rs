// SPDX-License-Identifier: LGPL-2.1-or-later
//! The parts of `xfs_healer`: from the bytes of the XFS health monitor file to a repaired structure.
//!
//! An event goes one way: [`event`] decodes what the kernel says, [`plan`] decides,
//! [`act`] carries out, [`report`] tells. [`uapi`] mirrors the kernel's numbers and
//! [`sys`] holds the system calls.

#[cfg(test)]
#[macro_use]
mod property;

pub mod act;
pub mod capi;
pub mod daemon;
pub mod event;
pub mod fs;
pub(crate) mod log;
pub mod mounts;
pub mod plan;
pub mod report;
pub mod service;
pub mod starter;
pub mod sys;
pub mod uapi;
pub(crate) mod watch;
pub(crate) mod work;
