// SPDX-License-Identifier: LGPL-2.1-or-later
//! Health events that the kernel reports, decoded from the records of the health monitor file.
//!
//! Knows nothing of files and clocks: bytes in, [`Event`] out. A record that this version has no
//! name for is an event too ([`Body::Unknown`]); nothing is dropped.
//! Source of every number: `xfs/xfs_fs.h`; of the meanings: ioctl_xfs_health_monitor(2).

mod decode;
mod names;
mod structure;
mod word;

pub use decode::{Decoder, Events, RECORD_BYTES, Record, Records, domain_and_type};
pub(crate) use decode::{u32_at, u64_at};
pub use names::{Change, Device, FileError, ShutdownReasons, domain_name, type_name};
pub use structure::{Domain, Structure};
pub(crate) use word::{Word, text, word};

/// Object that a report or a repair is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The whole filesystem: counters, quota, link counts, the metadata directory.
    Fs,
    /// An allocation group, by number.
    Ag(u32),
    /// A realtime group, by number.
    Rtgroup(u32),
    /// An inode; `generation` is what the kernel reported (0 for one that it could not load).
    Inode {
        /// Inode number.
        ino: u64,
        /// Inode generation.
        generation: u32,
    },
}

impl Target {
    /// The domain that the target belongs to.
    pub const fn domain(self) -> Domain {
        match self {
            Target::Fs => Domain::Fs,
            Target::Ag(_) => Domain::Ag,
            Target::Rtgroup(_) => Domain::Rtgroup,
            Target::Inode { .. } => Domain::Inode,
        }
    }
}

/// A record of the health monitor file, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Coarse wall clock time, nanoseconds since the Unix epoch; of merged events, the first one's.
    pub time_ns: u64,
    /// Kind of the event, and its details.
    pub body: Body,
}

/// Kinds of events, with the details of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The monitor started (`RUNNING`).
    Running,
    /// The kernel's queue was full.
    Lost {
        /// Number of events that were dropped.
        count: u64,
    },
    /// The filesystem is being unmounted. Older events may follow this one.
    Unmount,
    /// The state of some metadata became known.
    Health {
        /// Sick, corrupt or healthy.
        change: Change,
        /// Object that the mask is about.
        target: Target,
        /// Sick bits of the target's domain; see [`Domain::structures`].
        mask: u32,
    },
    /// The filesystem went down and will serve nothing until it is mounted again.
    Shutdown {
        /// Reasons of the shutdown.
        reasons: ShutdownReasons,
    },
    /// A device reported that it cannot read its medium.
    MediaError {
        /// Device that reported the error.
        device: Device,
        /// Start, in units of 512 bytes.
        daddr: u64,
        /// Length, in units of 512 bytes.
        bbcount: u64,
    },
    /// I/O to a range of a file failed.
    FileRange {
        /// The kind of I/O.
        error: FileError,
        /// Inode number.
        ino: u64,
        /// Inode generation.
        generation: u32,
        /// Start, in bytes.
        pos: u64,
        /// Length, in bytes; may be 0.
        len: u64,
        /// Positive errno; 0 when the kernel named none.
        errno: u32,
    },
    /// A domain, a type or a pair of them that this version has no name for.
    Unknown {
        /// Value of the record's `domain` field.
        domain: u32,
        /// Value of the record's `type` field.
        kind: u32,
        /// The record's union as it came.
        payload: [u8; 32],
    },
}
