// SPDX-License-Identifier: LGPL-2.1-or-later
//! The rooms (modules) of `xfs_healer`, from the bytes of the XFS health monitor file to a repaired
//! structure.
//!
//! An event goes one way: [`event`] decodes what the kernel says, [`plan`] decides, [`act`] carries
//! out, [`report`] finds the words. Each room imports only from rooms above it in this list, which
//! a test (`tests/rooms.rs`) keeps so and prints as a map.
//!
//! | room | is |
//! |---|---|
//! | [`uapi`] | numbers and structures of the kernel |
//! | `sys` | system calls; `unsafe` stands here and in [`capi`] only |
//! | [`event`] | records of the health monitor, decoded |
//! | [`plan`] | the planner, which decides: no clock, no thread, no system call, bounded memory |
//! | [`report`] | words of events and decisions, the same for C and for the log |
//! | `fs` | an XFS from outside: monitor, geometry, paths, inode cores on the device |
//! | `mounts` | which filesystems are mounted where, now and later |
//! | `work` | threads for what may block, and how their answers come back; knows nothing of XFS |
//! | [`service`] | the service manager and other programs: sd_notify, units, children, signals |
//! | [`act`] | repairs, checks, looks for damage, full scrubs |
//! | `log` | everything that is said, as a value (`said`) and in words, and the descriptors that it is written to without waiting |
//! | `record` | recordings of what the kernel has said: their format, their writer, their reader |
//! | `metrics` | a file of metrics for Prometheus, written without waiting |
//! | `hook` | a program of the administrator's that is told what happens |
//! | `watch` | one filesystem from mount to unmount |
//! | [`daemon`] | the process `xfs_healer`: start, loop, `--all` |
//! | [`starter`] | the process `xfs_healer_start` |
//! | [`fserror`] | the process `fserrord`: errors of any filesystem |
//! | [`capi`] | functions of the C library |

#[cfg(any(test, fuzzing))]
#[macro_use]
mod property;

pub mod act;
pub mod capi;
pub mod daemon;
pub mod event;
pub(crate) mod fs;
pub mod fserror;
#[cfg(any(test, fuzzing))]
#[path = "../tests/fuzz/targets/mod.rs"]
pub mod fuzz;
pub(crate) mod hook;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod mounts;
pub mod plan;
pub(crate) mod record;
pub mod report;
pub mod service;
pub mod starter;
pub(crate) mod sys;
pub mod uapi;
pub(crate) mod watch;
pub(crate) mod work;
