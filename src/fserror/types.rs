// SPDX-License-Identifier: LGPL-2.1-or-later
//! Types of filesystems: what each reports, and which are watched.

use crate::log::fserror::Reports;
use crate::sys::mount::MountInfo;

/// What the filesystems of these types report, as of Linux 7.2; the manual page has the table, and how
/// each cell is known.
const KNOWN: [(&[u8], Reports); 9] = [
    (b"btrfs", Reports::ShutdownAndDirect),
    // ext4 mounts what is called by the older names as well.
    (b"ext2", Reports::MetadataAndDirect),
    (b"ext3", Reports::MetadataAndDirect),
    (b"ext4", Reports::MetadataAndDirect),
    (b"f2fs", Reports::All),
    (b"gfs2", Reports::Data),
    (b"erofs", Reports::Data),
    (b"xfs", Reports::All),
    (b"zonefs", Reports::Data),
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

/// What the filesystems of a type report.
pub fn reports(fs_type: &[u8]) -> Reports {
    let known = KNOWN.iter().find(|(name, _)| *name == fs_type);
    known.map_or(Reports::Unknown, |(_, reports)| *reports)
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
        assert_eq!((reports(b"xfs"), reports(b"vfat")), (Reports::All, Reports::Unknown));
        // These report what iomap meets, and nothing of their metadata.
        let of_iomap = [&b"gfs2"[..], b"erofs", b"zonefs"].map(reports);
        assert_eq!(of_iomap, [Reports::Data; 3]);
    }
}
