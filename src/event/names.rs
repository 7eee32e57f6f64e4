// SPDX-License-Identifier: LGPL-2.1-or-later
//! The vocabulary of event types: what a type number means and the word that messages use for it.

use crate::uapi::*;

/// A change of what the kernel knows of some metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A running operation stumbled on damage (or a scrub read a bad block).
    Sick,
    /// A scrub found damage.
    Corrupt,
    /// A scrub or a repair found it good; sent only for what was bad before.
    Healthy,
}

impl Change {
    pub(super) const fn from_type(kind: u32) -> Option<Change> {
        match kind {
            XFS_HEALTH_MONITOR_TYPE_SICK => Some(Change::Sick),
            XFS_HEALTH_MONITOR_TYPE_CORRUPT => Some(Change::Corrupt),
            XFS_HEALTH_MONITOR_TYPE_HEALTHY => Some(Change::Healthy),
            _ => None,
        }
    }

    /// The word in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Change::Sick => "sick",
            Change::Corrupt => "corrupt",
            Change::Healthy => "healthy",
        }
    }
}

/// A device of the filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The data device.
    Data,
    /// The realtime device.
    Realtime,
    /// The external log device.
    Log,
}

impl Device {
    pub(super) const fn from_domain(domain: u32) -> Option<Device> {
        match domain {
            XFS_HEALTH_MONITOR_DOMAIN_DATADEV => Some(Device::Data),
            XFS_HEALTH_MONITOR_DOMAIN_RTDEV => Some(Device::Realtime),
            XFS_HEALTH_MONITOR_DOMAIN_LOGDEV => Some(Device::Log),
            _ => None,
        }
    }

    /// The word in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Device::Data => "datadev",
            Device::Realtime => "rtdev",
            Device::Log => "logdev",
        }
    }
}

/// How I/O to a file failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Reading through the page cache.
    BufferedRead,
    /// Writing the page cache back.
    BufferedWrite,
    /// Direct read.
    DirectRead,
    /// Direct write.
    DirectWrite,
    /// The medium under the range is bad, found without anybody reading it.
    DataLost,
}

impl FileError {
    pub(super) const fn from_type(kind: u32) -> Option<FileError> {
        match kind {
            XFS_HEALTH_MONITOR_TYPE_BUFREAD => Some(FileError::BufferedRead),
            XFS_HEALTH_MONITOR_TYPE_BUFWRITE => Some(FileError::BufferedWrite),
            XFS_HEALTH_MONITOR_TYPE_DIOREAD => Some(FileError::DirectRead),
            XFS_HEALTH_MONITOR_TYPE_DIOWRITE => Some(FileError::DirectWrite),
            XFS_HEALTH_MONITOR_TYPE_DATALOST => Some(FileError::DataLost),
            _ => None,
        }
    }

    /// The word in messages.
    pub const fn name(self) -> &'static str {
        match self {
            FileError::BufferedRead => "buffered_read",
            FileError::BufferedWrite => "buffered_write",
            FileError::DirectRead => "directio_read",
            FileError::DirectWrite => "directio_write",
            FileError::DataLost => "media",
        }
    }
}

bitflags::bitflags! {
    /// Why a filesystem shut down (`XFS_HEALTH_SHUTDOWN_*`); several may be set.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ShutdownReasons: u32 {
        /// Metadata could not be written or read.
        const META_IO_ERROR = XFS_HEALTH_SHUTDOWN_META_IO_ERROR;
        /// The log could not be written.
        const LOG_IO_ERROR = XFS_HEALTH_SHUTDOWN_LOG_IO_ERROR;
        /// Somebody asked for it.
        const FORCE_UMOUNT = XFS_HEALTH_SHUTDOWN_FORCE_UMOUNT;
        /// State in memory was found inconsistent.
        const CORRUPT_INCORE = XFS_HEALTH_SHUTDOWN_CORRUPT_INCORE;
        /// Metadata on disk was found corrupt where the filesystem cannot go on without it.
        const CORRUPT_ONDISK = XFS_HEALTH_SHUTDOWN_CORRUPT_ONDISK;
        /// The device is gone.
        const DEVICE_REMOVED = XFS_HEALTH_SHUTDOWN_DEVICE_REMOVED;
        const _ = !0;
    }
}

impl ShutdownReasons {
    /// The phrases for the reasons that are set, and what is left of the mask without a phrase.
    pub fn phrases(self) -> (impl Iterator<Item = &'static str>, u32) {
        let set = PHRASES.iter().filter(move |(bit, _)| self.intersects(*bit));
        let named = PHRASES.iter().fold(0, |all, (bit, _)| all | bit.bits());
        (set.map(|(_, phrase)| *phrase), self.bits() & !named)
    }
}

const PHRASES: &[(ShutdownReasons, &str)] = &[
    (ShutdownReasons::META_IO_ERROR, "metadata I/O error"),
    (ShutdownReasons::LOG_IO_ERROR, "log I/O error"),
    (ShutdownReasons::FORCE_UMOUNT, "forced unmount"),
    (ShutdownReasons::CORRUPT_INCORE, "in-memory state corruption"),
    (ShutdownReasons::CORRUPT_ONDISK, "ondisk metadata corruption"),
    (ShutdownReasons::DEVICE_REMOVED, "device removed"),
];
