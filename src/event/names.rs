// SPDX-License-Identifier: LGPL-2.1-or-later
//! The vocabulary of events: what the numbers of a record mean and the words for them.
//!
//! Each word is written once, with the NUL that C wants behind it.

use super::structure::Domain;
use super::word::{text, word};
use crate::uapi::*;
use std::ffi::CStr;

/// The word for a value of a record's `domain` field.
pub const fn domain_name(number: u32) -> Option<&'static CStr> {
    Some(match number {
        XFS_HEALTH_MONITOR_DOMAIN_MOUNT => word!("mount"),
        XFS_HEALTH_MONITOR_DOMAIN_FS => Domain::Fs.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_AG => Domain::Ag.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_INODE => Domain::Inode.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_RTGROUP => Domain::Rtgroup.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_DATADEV => Device::Data.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_RTDEV => Device::Realtime.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_LOGDEV => Device::Log.c_name(),
        XFS_HEALTH_MONITOR_DOMAIN_FILERANGE => word!("filerange"),
        _ => return None,
    })
}

/// The word for a value of a record's `type` field.
pub const fn type_name(number: u32) -> Option<&'static CStr> {
    Some(match number {
        XFS_HEALTH_MONITOR_TYPE_RUNNING => word!("running"),
        XFS_HEALTH_MONITOR_TYPE_LOST => word!("lost"),
        XFS_HEALTH_MONITOR_TYPE_UNMOUNT => word!("unmount"),
        XFS_HEALTH_MONITOR_TYPE_SICK => Change::Sick.c_name(),
        XFS_HEALTH_MONITOR_TYPE_CORRUPT => Change::Corrupt.c_name(),
        XFS_HEALTH_MONITOR_TYPE_HEALTHY => Change::Healthy.c_name(),
        XFS_HEALTH_MONITOR_TYPE_SHUTDOWN => word!("shutdown"),
        XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR => word!("media_error"),
        XFS_HEALTH_MONITOR_TYPE_BUFREAD => FileError::BufferedRead.c_name(),
        XFS_HEALTH_MONITOR_TYPE_BUFWRITE => FileError::BufferedWrite.c_name(),
        XFS_HEALTH_MONITOR_TYPE_DIOREAD => FileError::DirectRead.c_name(),
        XFS_HEALTH_MONITOR_TYPE_DIOWRITE => FileError::DirectWrite.c_name(),
        // Messages call it "media" as 7.2 does, which is too like the type before these.
        XFS_HEALTH_MONITOR_TYPE_DATALOST => word!("data_lost"),
        _ => return None,
    })
}

impl Domain {
    /// The word for the domain, for C; messages have none.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Domain::Fs => word!("fs"),
            Domain::Ag => word!("ag"),
            Domain::Rtgroup => word!("rtgroup"),
            Domain::Inode => word!("inode"),
        }
    }
}

/// Meaning of a health event: the kernel has found metadata sick, corrupt or healthy.
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

    /// The word for the change in messages.
    pub fn name(self) -> &'static str {
        text(self.c_name())
    }

    /// The word for the change in messages, as a C string.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Change::Sick => word!("sick"),
            Change::Corrupt => word!("corrupt"),
            Change::Healthy => word!("healthy"),
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

    /// The word for the device in messages.
    pub fn name(self) -> &'static str {
        text(self.c_name())
    }

    /// The word for the device in messages, as a C string.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Device::Data => word!("datadev"),
            Device::Realtime => word!("rtdev"),
            Device::Log => word!("logdev"),
        }
    }
}

/// Ways in which I/O to a file failed.
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

    pub(crate) const fn type_number(self) -> u32 {
        match self {
            FileError::BufferedRead => XFS_HEALTH_MONITOR_TYPE_BUFREAD,
            FileError::BufferedWrite => XFS_HEALTH_MONITOR_TYPE_BUFWRITE,
            FileError::DirectRead => XFS_HEALTH_MONITOR_TYPE_DIOREAD,
            FileError::DirectWrite => XFS_HEALTH_MONITOR_TYPE_DIOWRITE,
            FileError::DataLost => XFS_HEALTH_MONITOR_TYPE_DATALOST,
        }
    }

    /// The word for the error in messages.
    pub fn name(self) -> &'static str {
        text(self.c_name())
    }

    /// The word for the error in messages, as a C string.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            FileError::BufferedRead => word!("buffered_read"),
            FileError::BufferedWrite => word!("buffered_write"),
            FileError::DirectRead => word!("directio_read"),
            FileError::DirectWrite => word!("directio_write"),
            FileError::DataLost => word!("media"),
        }
    }
}

bitflags::bitflags! {
    /// Reasons why a filesystem shut down (`XFS_HEALTH_SHUTDOWN_*`); several may be set.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ShutdownReasons: u32 {
        /// Metadata could not be written or read.
        const META_IO_ERROR = XFS_HEALTH_SHUTDOWN_META_IO_ERROR;
        /// The log could not be written.
        const LOG_IO_ERROR = XFS_HEALTH_SHUTDOWN_LOG_IO_ERROR;
        /// The shutdown was asked for.
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
        (set.map(|(_, phrase)| text(phrase)), self.bits() & !named)
    }

    /// The phrase for one bit, for C; `None` for a bit that this version has no phrase for.
    pub fn c_phrase(bit: u32) -> Option<&'static CStr> {
        PHRASES.iter().find(|(reason, _)| reason.bits() == bit).map(|(_, phrase)| *phrase)
    }
}

const PHRASES: &[(ShutdownReasons, &CStr)] = &[
    (ShutdownReasons::META_IO_ERROR, word!("metadata I/O error")),
    (ShutdownReasons::LOG_IO_ERROR, word!("log I/O error")),
    (ShutdownReasons::FORCE_UMOUNT, word!("forced unmount")),
    (ShutdownReasons::CORRUPT_INCORE, word!("in-memory state corruption")),
    (ShutdownReasons::CORRUPT_ONDISK, word!("ondisk metadata corruption")),
    (ShutdownReasons::DEVICE_REMOVED, word!("device removed")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, RECORD_BYTES};

    fn names(name: fn(u32) -> Option<&'static CStr>) -> Vec<&'static str> {
        (0..64).map_while(name).map(text).collect()
    }

    #[test]
    fn each_number_of_a_record_has_one_word() {
        let domains = "mount fs ag inode rtgroup datadev rtdev logdev filerange";
        assert_eq!(names(domain_name).join(" "), domains);
        let types = "running lost unmount sick corrupt healthy shutdown media_error buffered_read \
            buffered_write directio_read directio_write data_lost";
        assert_eq!(names(type_name).join(" "), types);
        assert_eq!((domain_name(u32::MAX), type_name(13)), (None, None));
    }

    #[test]
    fn an_event_knows_the_numbers_that_it_came_with() {
        let mut record = [0; RECORD_BYTES];
        for (domain, kind) in (0..10).flat_map(|domain| (0..14).map(move |kind| (domain, kind))) {
            record[..4].copy_from_slice(&u32::to_ne_bytes(domain));
            record[4..8].copy_from_slice(&u32::to_ne_bytes(kind));
            let body = Event::decode(&record).body;
            assert_eq!((body.domain_number(), body.type_number()), (domain, kind), "{body:?}");
        }
    }

    #[test]
    fn a_reason_has_the_same_phrase_alone() {
        let (phrases, _) = ShutdownReasons::all().phrases();
        let alone = (0..u32::BITS).filter_map(|n| ShutdownReasons::c_phrase(1 << n)).map(text);
        assert!(phrases.eq(alone));
        assert_eq!(ShutdownReasons::c_phrase(1 << 6), None);
    }
}
