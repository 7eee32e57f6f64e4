// SPDX-License-Identifier: LGPL-2.1-or-later
//! The health monitor file: how it is opened, what is read from it.
#![allow(non_camel_case_types)]

use super::{Direction, ioctl};

/// The filesystem as a mounted thing: the monitor itself, losses, unmount, shutdown.
pub const XFS_HEALTH_MONITOR_DOMAIN_MOUNT: u32 = 0;
/// Metadata of the filesystem as a whole; the payload is [`xfs_health_monitor_fs`].
pub const XFS_HEALTH_MONITOR_DOMAIN_FS: u32 = 1;
/// Metadata of one allocation group; the payload is [`xfs_health_monitor_group`].
pub const XFS_HEALTH_MONITOR_DOMAIN_AG: u32 = 2;
/// Metadata of one file; the payload is [`xfs_health_monitor_inode`].
pub const XFS_HEALTH_MONITOR_DOMAIN_INODE: u32 = 3;
/// Metadata of one realtime group; the payload is [`xfs_health_monitor_group`].
pub const XFS_HEALTH_MONITOR_DOMAIN_RTGROUP: u32 = 4;
/// The data device; the payload is [`xfs_health_monitor_media`].
pub const XFS_HEALTH_MONITOR_DOMAIN_DATADEV: u32 = 5;
/// The realtime device; the payload is [`xfs_health_monitor_media`].
pub const XFS_HEALTH_MONITOR_DOMAIN_RTDEV: u32 = 6;
/// The device of an external log; the payload is [`xfs_health_monitor_media`].
pub const XFS_HEALTH_MONITOR_DOMAIN_LOGDEV: u32 = 7;
/// Bytes of one file; the payload is [`xfs_health_monitor_filerange`].
pub const XFS_HEALTH_MONITOR_DOMAIN_FILERANGE: u32 = 8;

/// The monitor has started; first event unless the filesystem is unmounted at once.
pub const XFS_HEALTH_MONITOR_TYPE_RUNNING: u32 = 0;
/// Events did not fit into the kernel's queue; the payload is [`xfs_health_monitor_lost`].
pub const XFS_HEALTH_MONITOR_TYPE_LOST: u32 = 1;
/// The filesystem was unmounted; put before older events (`fs/xfs/xfs_healthmon.c`).
pub const XFS_HEALTH_MONITOR_TYPE_UNMOUNT: u32 = 2;
/// A running operation stumbled on damage.
pub const XFS_HEALTH_MONITOR_TYPE_SICK: u32 = 3;
/// Scrub found damage.
pub const XFS_HEALTH_MONITOR_TYPE_CORRUPT: u32 = 4;
/// Scrub or a repair found that what was sick is well.
pub const XFS_HEALTH_MONITOR_TYPE_HEALTHY: u32 = 5;
/// The filesystem shut down; the payload is [`xfs_health_monitor_shutdown`].
pub const XFS_HEALTH_MONITOR_TYPE_SHUTDOWN: u32 = 6;
/// A range of a device cannot be read.
pub const XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR: u32 = 7;
/// Reading a file range into the page cache failed.
pub const XFS_HEALTH_MONITOR_TYPE_BUFREAD: u32 = 8;
/// Writing a file range back from the page cache failed.
pub const XFS_HEALTH_MONITOR_TYPE_BUFWRITE: u32 = 9;
/// A direct read of a file range failed.
pub const XFS_HEALTH_MONITOR_TYPE_DIOREAD: u32 = 10;
/// A direct write of a file range failed.
pub const XFS_HEALTH_MONITOR_TYPE_DIOWRITE: u32 = 11;
/// The device reported on its own that it lost a file range.
pub const XFS_HEALTH_MONITOR_TYPE_DATALOST: u32 = 12;

/// Shutdown because metadata could not be read or written.
pub const XFS_HEALTH_SHUTDOWN_META_IO_ERROR: u32 = 1 << 0;
/// Shutdown because the log could not be written.
pub const XFS_HEALTH_SHUTDOWN_LOG_IO_ERROR: u32 = 1 << 1;
/// Shutdown because a person or program asked for it.
pub const XFS_HEALTH_SHUTDOWN_FORCE_UMOUNT: u32 = 1 << 2;
/// Shutdown because structures in memory contradict each other.
pub const XFS_HEALTH_SHUTDOWN_CORRUPT_INCORE: u32 = 1 << 3;
/// Shutdown because structures on disk are damaged.
pub const XFS_HEALTH_SHUTDOWN_CORRUPT_ONDISK: u32 = 1 << 4;
/// Shutdown because the device is gone.
pub const XFS_HEALTH_SHUTDOWN_DEVICE_REMOVED: u32 = 1 << 5;

/// Flag of [`xfs_health_monitor`]: report every health status, not only changes of it.
pub const XFS_HEALTH_MONITOR_VERBOSE: u64 = 1 << 0;
/// Mask of all flags that the kernel accepts.
pub const XFS_HEALTH_MONITOR_ALL: u64 = XFS_HEALTH_MONITOR_VERBOSE;
/// Format of [`xfs_health_monitor`]: reads return [`xfs_health_monitor_event`].
pub const XFS_HEALTH_MONITOR_FMT_V0: u8 = 0;

/// Opens a monitor when called on a root directory; on a monitor, changes its flags.
///
/// Argument [`xfs_health_monitor`]; returns the new descriptor, or 0 on a monitor.
pub const XFS_IOC_HEALTH_MONITOR: u32 = ioctl::<xfs_health_monitor>(Direction::Write, 68);
/// Tells, when called on a monitor, if a file is on the monitored filesystem.
///
/// Argument [`xfs_health_file_on_monitored_fs`]; 0 means yes, ESTALE no.
pub const XFS_IOC_HEALTH_FD_ON_MONITORED_FS: u32 =
    ioctl::<xfs_health_file_on_monitored_fs>(Direction::Write, 69);

/// The kind of monitor to open.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor {
    /// `XFS_HEALTH_MONITOR_*` flags.
    pub flags: u64,
    /// `XFS_HEALTH_MONITOR_FMT_*`.
    pub format: u8,
    /// Must be zero.
    pub pad: [u8; 23],
}

/// A record read from the monitor, 64 bytes in host byte order.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_event {
    /// Domain that the event is about: `XFS_HEALTH_MONITOR_DOMAIN_*`.
    pub domain: u32,
    /// Type of the event: `XFS_HEALTH_MONITOR_TYPE_*`.
    pub r#type: u32,
    /// Time of the event: nanoseconds since the Unix epoch, from the coarse clock.
    pub time_ns: u64,
    /// The payload, a union in C; domain and type tell which of the structures below it is.
    pub e: [u8; 32],
    /// Zero.
    pub pad: [u64; 2],
}

/// Payload of lost events.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_lost {
    /// Number of events that were dropped.
    pub count: u64,
}

/// Payload about the whole filesystem.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_fs {
    /// `XFS_FSOP_GEOM_SICK_*` bits.
    pub mask: u32,
}

/// Payload about an allocation group or a realtime group.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_group {
    /// `XFS_AG_GEOM_SICK_*` or `XFS_RTGROUP_GEOM_SICK_*` bits.
    pub mask: u32,
    /// The number of the group.
    pub gno: u32,
}

/// Payload about a file.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_inode {
    /// `XFS_BS_SICK_*` bits.
    pub mask: u32,
    /// The inode's generation; 0 when the inode could not be loaded.
    pub r#gen: u32,
    /// The inode's number.
    pub ino: u64,
}

/// Payload of a shutdown.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_shutdown {
    /// `XFS_HEALTH_SHUTDOWN_*` bits.
    pub reasons: u32,
}

/// Payload about bytes of a file.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_filerange {
    /// First byte.
    pub pos: u64,
    /// Length in bytes; may be 0.
    pub len: u64,
    /// The inode's number.
    pub ino: u64,
    /// The inode's generation.
    pub r#gen: u32,
    /// A positive errno.
    pub error: u32,
}

/// Payload about a range of a device.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_monitor_media {
    /// First block of 512 bytes.
    pub daddr: u64,
    /// Length in blocks of 512 bytes.
    pub bbcount: u64,
}

/// The question whether a file is on the monitored filesystem.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_health_file_on_monitored_fs {
    /// An open descriptor.
    pub fd: i32,
    /// Must be zero.
    pub flags: u32,
}
