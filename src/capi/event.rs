// SPDX-License-Identifier: LGPL-2.1-or-later
//! Events as C programs see them.

use super::{Errno, INVALID};
use crate::event::{Body, Event, RECORD_BYTES, Record};
use crate::uapi::*;

/// The filesystem as a mounted thing.
pub const XFSHEALER_DOMAIN_MOUNT: u32 = XFS_HEALTH_MONITOR_DOMAIN_MOUNT;
/// Metadata of the whole filesystem.
pub const XFSHEALER_DOMAIN_FS: u32 = XFS_HEALTH_MONITOR_DOMAIN_FS;
/// An allocation group.
pub const XFSHEALER_DOMAIN_AG: u32 = XFS_HEALTH_MONITOR_DOMAIN_AG;
/// Metadata of a file.
pub const XFSHEALER_DOMAIN_INODE: u32 = XFS_HEALTH_MONITOR_DOMAIN_INODE;
/// A realtime group.
pub const XFSHEALER_DOMAIN_RTGROUP: u32 = XFS_HEALTH_MONITOR_DOMAIN_RTGROUP;
/// The data device.
pub const XFSHEALER_DOMAIN_DATADEV: u32 = XFS_HEALTH_MONITOR_DOMAIN_DATADEV;
/// The realtime device.
pub const XFSHEALER_DOMAIN_RTDEV: u32 = XFS_HEALTH_MONITOR_DOMAIN_RTDEV;
/// The device of an external log.
pub const XFSHEALER_DOMAIN_LOGDEV: u32 = XFS_HEALTH_MONITOR_DOMAIN_LOGDEV;
/// Bytes of a file.
pub const XFSHEALER_DOMAIN_FILERANGE: u32 = XFS_HEALTH_MONITOR_DOMAIN_FILERANGE;

/// The monitor has started.
pub const XFSHEALER_TYPE_RUNNING: u32 = XFS_HEALTH_MONITOR_TYPE_RUNNING;
/// Events were dropped.
pub const XFSHEALER_TYPE_LOST: u32 = XFS_HEALTH_MONITOR_TYPE_LOST;
/// The filesystem was unmounted.
pub const XFSHEALER_TYPE_UNMOUNT: u32 = XFS_HEALTH_MONITOR_TYPE_UNMOUNT;
/// An operation stumbled on damage.
pub const XFSHEALER_TYPE_SICK: u32 = XFS_HEALTH_MONITOR_TYPE_SICK;
/// A scrub found damage.
pub const XFSHEALER_TYPE_CORRUPT: u32 = XFS_HEALTH_MONITOR_TYPE_CORRUPT;
/// Metadata that was bad is good.
pub const XFSHEALER_TYPE_HEALTHY: u32 = XFS_HEALTH_MONITOR_TYPE_HEALTHY;
/// The filesystem went down.
pub const XFSHEALER_TYPE_SHUTDOWN: u32 = XFS_HEALTH_MONITOR_TYPE_SHUTDOWN;
/// A range of a device cannot be read.
pub const XFSHEALER_TYPE_MEDIA_ERROR: u32 = XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR;
/// Reading into the page cache failed.
pub const XFSHEALER_TYPE_BUFREAD: u32 = XFS_HEALTH_MONITOR_TYPE_BUFREAD;
/// Writing the page cache back failed.
pub const XFSHEALER_TYPE_BUFWRITE: u32 = XFS_HEALTH_MONITOR_TYPE_BUFWRITE;
/// A direct read failed.
pub const XFSHEALER_TYPE_DIOREAD: u32 = XFS_HEALTH_MONITOR_TYPE_DIOREAD;
/// A direct write failed.
pub const XFSHEALER_TYPE_DIOWRITE: u32 = XFS_HEALTH_MONITOR_TYPE_DIOWRITE;
/// The medium under a range is bad.
pub const XFSHEALER_TYPE_DATALOST: u32 = XFS_HEALTH_MONITOR_TYPE_DATALOST;

/// Flag of an event: this version has no name for the pair of domain and type.
pub const XFSHEALER_EVENT_UNKNOWN: u32 = 1;

/// An event. Fields that its domain and type do not have are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfshealer_event {
    /// Wall clock time, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// Domain of the event: `XFSHEALER_DOMAIN_*`.
    pub domain: u32,
    /// Type of the event: `XFSHEALER_TYPE_*`.
    pub r#type: u32,
    /// Flags of the event: `XFSHEALER_EVENT_*`.
    pub flags: u32,
    /// Sick bits, or the reasons of a shutdown.
    pub mask: u32,
    /// Number of the AG or realtime group.
    pub gno: u32,
    /// Inode generation.
    pub r#gen: u32,
    /// Inode number.
    pub ino: u64,
    /// First byte of the range of a file.
    pub pos: u64,
    /// Length of the range of a file, in bytes.
    pub len: u64,
    /// Start of the range of a device, in units of 512 bytes.
    pub daddr: u64,
    /// Length of the range of a device, in units of 512 bytes.
    pub bbcount: u64,
    /// Number of dropped events.
    pub lost: u64,
    /// Positive errno.
    pub error: u32,
    /// Padding: 0.
    pub pad: u32,
    /// The union of the record.
    pub payload: [u8; 32],
    /// Reserved: 0.
    pub reserved: u64,
}

impl xfshealer_event {
    /// The event that a C program passes, who may have filled it in itself.
    pub(super) fn to_event(self) -> Result<Event, Errno> {
        let is_unknown = self.flags == XFSHEALER_EVENT_UNKNOWN;
        if self.pad != 0 || self.reserved != 0 || self.flags != 0 && !is_unknown {
            return Err(INVALID);
        }
        match Event::decode(&self.record()) {
            Event { body: Body::Unknown { .. }, .. } if !is_unknown => Err(INVALID),
            event => Ok(event),
        }
    }

    /// The record that the event would come from.
    fn record(self) -> Record {
        let pair = |low: u32, high: u32| {
            let [a, b, c, d] = low.to_ne_bytes();
            let [e, f, g, h] = high.to_ne_bytes();
            [a, b, c, d, e, f, g, h]
        };
        let one = u64::to_ne_bytes;
        let none = [0; 8];
        let fields = match (self.domain, self.r#type) {
            (XFSHEALER_DOMAIN_MOUNT, XFSHEALER_TYPE_LOST) => [one(self.lost), none, none, none],
            (XFSHEALER_DOMAIN_AG | XFSHEALER_DOMAIN_RTGROUP, _) => {
                [pair(self.mask, self.gno), none, none, none]
            }
            (XFSHEALER_DOMAIN_INODE, _) => [pair(self.mask, self.r#gen), one(self.ino), none, none],
            (XFSHEALER_DOMAIN_DATADEV..=XFSHEALER_DOMAIN_LOGDEV, _) => {
                [one(self.daddr), one(self.bbcount), none, none]
            }
            (XFSHEALER_DOMAIN_FILERANGE, _) => {
                [one(self.pos), one(self.len), one(self.ino), pair(self.r#gen, self.error)]
            }
            _ => [pair(self.mask, 0), none, none, none],
        };
        let is_unknown = self.flags == XFSHEALER_EVENT_UNKNOWN;
        let payload = if is_unknown { &self.payload } else { fields.as_flattened() };
        let head = [pair(self.domain, self.r#type), one(self.time_ns)];
        let mut record = [0; RECORD_BYTES];
        let bytes = head.as_flattened().iter().chain(payload);
        record.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    proptest! {
        /// A record loses nothing on the way to C and back, whatever it holds.
        #[test]
        fn an_event_survives_the_way_there_and_back(
            domain in 0u32..10, kind in 0u32..14, time: u64, payload: [u8; 32],
        ) {
            let head = [domain.to_ne_bytes(), kind.to_ne_bytes()].concat();
            let bytes = [&head[..], &time.to_ne_bytes(), &payload, &[0; 16]].concat();
            let record = bytes.try_into().unwrap();
            let there = xfshealer_event::from_record(&record);
            let event = Event::decode(&record);
            prop_assert_eq!(there.to_event(), Ok(event));
            let is_unknown = matches!(event.body, Body::Unknown { .. });
            prop_assert_eq!(there.flags == XFSHEALER_EVENT_UNKNOWN, is_unknown);
            // What the domain and the type do not have is 0: what is taken away shows.
            let given = xfshealer_event { payload: [0; 32], ..there };
            let mut back = xfshealer_event::from_record(&given.record());
            back.payload = [0; 32];
            prop_assert!(is_unknown || back == given);
        }
    }

    #[test]
    fn what_no_record_can_be_is_refused() {
        let sick = xfshealer_event { domain: 1, r#type: 3, mask: 1, ..Default::default() };
        assert!(sick.to_event().is_ok());
        for odd in [
            xfshealer_event { domain: 9, ..sick },
            xfshealer_event { r#type: 13, ..sick },
            xfshealer_event { r#type: 7, ..sick },
            xfshealer_event { flags: 2, ..sick },
            xfshealer_event { pad: 1, ..sick },
            xfshealer_event { reserved: 1, ..sick },
        ] {
            assert_eq!(odd.to_event(), Err(INVALID), "{odd:?}");
        }
    }
}
