// SPDX-License-Identifier: LGPL-2.1-or-later
//! Health events that the kernel reports, decoded from the records of the health monitor file.
//!
//! Knows nothing of files and clocks: bytes in, [`Event`] out. A record that this version has no
//! name for is an event too ([`Body::Unknown`]); nothing is dropped.
//! Source of every number: `xfs/xfs_fs.h`; of the meanings: ioctl_xfs_health_monitor(2).

mod body;
mod decode;
mod names;
mod structure;
mod word;

pub use body::{Body, Event, Target};
pub use decode::{Decoder, RECORD_BYTES, Record, domain_and_type};
pub(crate) use decode::{u32_at, u64_at};
pub use names::{Change, Device, FileError, ShutdownReasons, domain_name, type_name};
pub use structure::{Domain, Structure};
pub(crate) use word::{Word, text, word};
