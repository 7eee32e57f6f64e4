// SPDX-License-Identifier: LGPL-2.1-or-later
//! Types of filesystems: what each reports, and which are watched.

use crate::log::fserror::Reports;
use crate::plan::defects::{KernelVersion, parse_kernel_version};
use crate::sys;
use crate::sys::mount::MountInfo;

/// What the filesystems of these types report, as measured on Linux 7.2; the manual page has the table.
/// Others, as f2fs, are watched as well.
const KNOWN: [(&[u8], Reports); 5] = [
    (b"btrfs", Reports::ShutdownAndDirect),
    // ext4 mounts what is called by the older names as well.
    (b"ext2", Reports::MetadataAndDirect),
    (b"ext3", Reports::MetadataAndDirect),
    (b"ext4", Reports::MetadataAndDirect),
    (b"xfs", Reports::All),
];

/// Types that people keep files on and that are never opened: behind them is a network, or a program
/// (FUSE), which may never answer, and what is wrong there is reported elsewhere.
const REMOTE: [&[u8]; 11] = [
    b"9p",
    b"afs",
    b"bcachefs",
    b"ceph",
    b"cifs",
    b"coda",
    b"nfs",
    b"nfs4",
    b"smb3",
    b"virtiofs",
    b"zfs",
];

/// The first kernel that reports more than errors of ext4's metadata.
const ALL_REPORT: KernelVersion = (7, 0, 0);

/// What the filesystems of a type report on a kernel of this release.
pub fn reports(fs_type: &[u8], release: &str) -> Reports {
    let known = KNOWN.iter().find(|(name, _)| *name == fs_type);
    let reports = known.map_or(Reports::Unknown, |(_, reports)| *reports);
    match (parse_kernel_version(release), reports) {
        (Some(version), Reports::MetadataAndDirect) if version < ALL_REPORT => Reports::Metadata,
        (Some(version), _) if version < ALL_REPORT => Reports::Unknown,
        _ => reports,
    }
}

/// What the filesystems of a type report here.
pub fn reports_here(fs_type: &[u8]) -> Reports {
    reports(fs_type, &sys::kernel_release().unwrap_or_default())
}

/// True if the filesystem of a mount is watched: it is on a block device of this machine, as its
/// device number says. One of btrfs may be on several, and has a number of its own.
pub fn is_watched(info: &MountInfo) -> bool {
    let (major, _) = info.device;
    (major != 0 || info.fs_type == b"btrfs") && !is_fuse(&info.fs_type)
}

/// True if it is to be said once of a type that it is not watched.
pub fn is_named(info: &MountInfo) -> bool {
    !is_watched(info) && (is_fuse(&info.fs_type) || REMOTE.contains(&&info.fs_type[..]))
}

/// A program may serve what is on a block device (`fuseblk`).
fn is_fuse(fs_type: &[u8]) -> bool {
    fs_type.starts_with(b"fuse") && fs_type != b"fusectl"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(fs_type: &str, major: u32) -> MountInfo {
        MountInfo {
            mount_point: b"/m".to_vec(),
            root: b"/".to_vec(),
            fs_type: fs_type.into(),
            is_read_only: false,
            is_idmapped: false,
            device: (major, 7),
            parent: 0,
        }
    }

    #[test]
    fn what_is_on_a_disk_is_watched_and_what_may_never_answer_is_not() {
        for (fs_type, major, expected) in [
            ("ext4", 8, true),
            ("vfat", 8, true),
            ("btrfs", 0, true),
            ("fuseblk", 8, false),
            ("fuseblk.ntfs-3g", 8, false),
            ("fuse.sshfs", 0, false),
            ("nfs4", 0, false),
            ("tmpfs", 0, false),
        ] {
            assert_eq!(is_watched(&mount(fs_type, major)), expected, "{fs_type}");
        }
        let named = ["fuse.sshfs", "fuse", "nfs4", "zfs"].map(|name| is_named(&mount(name, 0)));
        assert_eq!(named, [true; 4]);
        let silent = ["tmpfs", "proc", "fusectl", "btrfs"].map(|name| is_named(&mount(name, 0)));
        assert_eq!(silent, [false; 4]);
    }

    #[test]
    fn older_kernels_report_less() {
        for (fs_type, release, expected) in [
            (&b"xfs"[..], "7.2.12+deb14-amd64", Reports::All),
            (b"xfs", "7.0.0", Reports::All),
            (b"xfs", "6.19.3", Reports::Unknown),
            (b"vfat", "7.2.12", Reports::Unknown),
            (b"ext4", "7.2.12", Reports::MetadataAndDirect),
            (b"ext3", "6.18.44-x", Reports::Metadata),
            (b"ext4", "?", Reports::MetadataAndDirect),
        ] {
            assert_eq!(reports(fs_type, release), expected, "{release}");
        }
    }
}
