// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events, and the objects that they are about.

use super::names::{Change, Device, FileError, ShutdownReasons};
use super::structure::Domain;
use crate::uapi::*;

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

impl Body {
    /// The value of the record's `domain` field, see [`super::domain_name`].
    pub const fn domain_number(&self) -> u32 {
        match *self {
            Body::Running | Body::Lost { .. } | Body::Unmount | Body::Shutdown { .. } => {
                XFS_HEALTH_MONITOR_DOMAIN_MOUNT
            }
            Body::Health { target: Target::Fs, .. } => XFS_HEALTH_MONITOR_DOMAIN_FS,
            Body::Health { target: Target::Ag(_), .. } => XFS_HEALTH_MONITOR_DOMAIN_AG,
            Body::Health { target: Target::Rtgroup(_), .. } => XFS_HEALTH_MONITOR_DOMAIN_RTGROUP,
            Body::Health { target: Target::Inode { .. }, .. } => XFS_HEALTH_MONITOR_DOMAIN_INODE,
            Body::MediaError { device: Device::Data, .. } => XFS_HEALTH_MONITOR_DOMAIN_DATADEV,
            Body::MediaError { device: Device::Realtime, .. } => XFS_HEALTH_MONITOR_DOMAIN_RTDEV,
            Body::MediaError { device: Device::Log, .. } => XFS_HEALTH_MONITOR_DOMAIN_LOGDEV,
            Body::FileRange { .. } => XFS_HEALTH_MONITOR_DOMAIN_FILERANGE,
            Body::Unknown { domain, .. } => domain,
        }
    }

    /// The value of the record's `type` field, see [`super::type_name`].
    pub const fn type_number(&self) -> u32 {
        match *self {
            Body::Running => XFS_HEALTH_MONITOR_TYPE_RUNNING,
            Body::Lost { .. } => XFS_HEALTH_MONITOR_TYPE_LOST,
            Body::Unmount => XFS_HEALTH_MONITOR_TYPE_UNMOUNT,
            Body::Health { change: Change::Sick, .. } => XFS_HEALTH_MONITOR_TYPE_SICK,
            Body::Health { change: Change::Corrupt, .. } => XFS_HEALTH_MONITOR_TYPE_CORRUPT,
            Body::Health { change: Change::Healthy, .. } => XFS_HEALTH_MONITOR_TYPE_HEALTHY,
            Body::Shutdown { .. } => XFS_HEALTH_MONITOR_TYPE_SHUTDOWN,
            Body::MediaError { .. } => XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR,
            Body::FileRange { error, .. } => error.type_number(),
            Body::Unknown { kind, .. } => kind,
        }
    }
}
