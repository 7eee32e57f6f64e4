// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a path leads to where mounts lie one over another, without going there.
//!
//! statmount(2) tells a mount point in the same way whether something else is mounted over it, or over
//! a directory above it, or not. So the way of a path is followed in the table of all mounts.

use crate::sys::DeviceNumber;
use crate::sys::mount::{self, MountInfo};
use std::collections::BTreeMap;
use std::io;

/// The mounts of our own namespace, as a path meets them.
#[derive(Debug, Default)]
pub struct Sight {
    /// Mount of the root directory.
    root: u64,
    /// What is mounted on each mount, by mount point.
    on: BTreeMap<u64, BTreeMap<Vec<u8>, u64>>,
    devices: BTreeMap<u64, DeviceNumber>,
}

impl Sight {
    /// Reads the table of mounts.
    pub fn read() -> io::Result<Sight> {
        Ok(Sight::new(mount::all()?))
    }

    /// The table of these mounts, each with its number.
    pub fn new(mounts: impl Iterator<Item = (u64, MountInfo)>) -> Sight {
        let mut sight = Sight::default();
        let mut parents = Vec::new();
        for (id, info) in mounts {
            sight.devices.insert(id, info.device);
            // One that is its own parent, which ends each way up, is on none.
            if info.parent != id && !info.mount_point.is_empty() {
                sight.on.entry(info.parent).or_default().insert(info.mount_point, id);
            }
            parents.push((id, info.parent));
        }
        // Of all others the parent is listed, too, unless the root directory is not that of a mount.
        let is_first = |parent: u64, id| parent == id || !sight.devices.contains_key(&parent);
        sight.root = match parents.into_iter().find(|(id, parent)| is_first(*parent, *id)) {
            Some((id, parent)) if parent == id => id,
            Some((id, parent)) => match sight.on.get(&parent).and_then(|on| on.get(&b"/"[..])) {
                Some(at_root) if *at_root == id => id,
                _ => parent,
            },
            None => 0,
        };
        sight
    }

    /// True if the path of this mount point leads to the filesystem on `device`, and not to what covers
    /// it.
    pub fn sees(&self, device: DeviceNumber, mount_point: &[u8]) -> bool {
        self.devices.get(&self.at(mount_point)) == Some(&device)
    }

    /// The mount that the path of a mount point leads to.
    fn at(&self, mount_point: &[u8]) -> u64 {
        let slashes = mount_point.iter().enumerate().filter(|(at, byte)| **byte == b'/' && *at > 0);
        let ends = slashes.map(|(at, _)| at).chain([mount_point.len()]);
        let mut mount = self.root;
        // What is mounted over the root directory is in no path.
        for place in ends.map(|end| &mount_point[..end]).filter(|place| *place != b"/") {
            let mut above = self.devices.len();
            // Mounts may be moved while their table is read, in a circle at worst.
            while let Some(next) = self.on.get(&mount).and_then(|on| on.get(place)) {
                mount = *next;
                above -= 1;
                if above == 0 {
                    break;
                }
            }
        }
        mount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of mounts, each by number, number of its parent and mount point. The device is the number.
    fn sight(mounts: &[(u64, u64, &str)]) -> Sight {
        Sight::new(mounts.iter().map(|&(id, parent, mount_point)| {
            let info = MountInfo {
                mount_point: mount_point.into(),
                root: b"/".to_vec(),
                fs_type: b"ext4".to_vec(),
                is_read_only: false,
                is_idmapped: false,
                device: (7, id as u32),
                parent,
            };
            (id, info)
        }))
    }

    fn seen(sight: &Sight, mounts: &[(u64, u64, &str)]) -> Vec<u64> {
        let is_seen =
            |(id, _, place): &&(u64, u64, &str)| sight.sees((7, *id as u32), place.as_bytes());
        mounts.iter().filter(is_seen).map(|(id, ..)| *id).collect()
    }

    #[test]
    fn what_is_mounted_over_a_mount_or_over_a_directory_above_it_covers_it() {
        let mounts = [
            (1, 1, "/"),
            (2, 1, "/a"),
            (3, 2, "/a"),
            (4, 1, "/b/c"),
            (5, 1, "/b"),
            (6, 5, "/b/d"),
            (7, 1, "/bb"),
            (8, 7, "/bb/e"),
        ];
        assert_eq!(seen(&sight(&mounts), &mounts), [1, 3, 5, 6, 7, 8]);
        // A mount that came later is not in its way where it is on another one.
        let beneath = [(1, 1, "/"), (2, 3, "/a"), (3, 1, "/a")];
        assert_eq!(seen(&sight(&beneath), &beneath), [1, 2]);
    }

    #[test]
    fn the_root_may_be_on_a_mount_that_is_out_of_sight() {
        let switched = [(2, 1, "/"), (3, 2, "/a"), (4, 3, "/a/b"), (5, 2, "/")];
        assert_eq!(seen(&sight(&switched), &switched), [2, 3, 4], "5 is over the root");
        let changed = [(3, 2, "/a"), (4, 3, "/a/b"), (5, 3, "/a")];
        assert_eq!(seen(&sight(&changed), &changed), [5], "a directory of 2 is the root");
    }

    #[test]
    fn a_table_that_contradicts_itself_has_an_end() {
        let circle = [(1, 1, "/"), (2, 1, "/a"), (3, 2, "/a"), (2, 3, "/a")];
        sight(&circle).sees((7, 2), b"/a");
        assert!(!sight(&[]).sees((7, 0), b"/"));
    }

    /// Before Linux 6.8 it tests nothing.
    #[test]
    fn the_root_directory_is_seen_here() {
        let Ok(sight) = Sight::read() else { return };
        let root = mount::mount_of(std::os::fd::AsFd::as_fd(&std::fs::File::open("/").unwrap()));
        assert!(sight.sees(root.unwrap().device, b"/"));
    }
}
