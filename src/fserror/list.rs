// SPDX-License-Identifier: LGPL-2.1-or-later
//! The list of the filesystems that are mounted, and what each reports (`--list`). Opens none.

use super::answer::failed;
use super::{remedy, types};
use crate::fs;
use crate::log::fserror::{FsErrorNews, Listing, Unseen};
use crate::log::said::Said;
use crate::mounts::{MountFailures, Sight};
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::mount::{self, MountInfo};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Says of each filesystem what its type is, what of its errors is said, and what `--act` does.
pub fn list(say: &mut dyn FnMut(Option<&Place>, &Said)) -> Result<(), MountFailures> {
    let infos: Vec<_> = mount::all().map_err(failed("listmount"))?.collect();
    let sight = Sight::new(infos.iter().cloned());
    let infos = infos.into_iter().map(|(_, info)| {
        let unseen = unseen(&info, &sight);
        (info, unseen)
    });
    let mut all: Vec<_> = by_device(infos).into_values().collect();
    all.sort_by(|(one, _), (other, _)| one.mount_point.cmp(&other.mount_point));
    for (info, unseen) in all {
        let listing = match unseen {
            _ if !types::is_watched(&info) => Listing::NotWatched,
            Some(why) => Listing::NotSeen(why),
            None => {
                let reports = types::reports_here(&info.fs_type);
                Listing::Watched(reports, remedy::action(&info.fs_type, info.device))
            }
        };
        let place = match unseen {
            Some(Unseen::Covered) => Place::covered(info.device, &info.mount_point),
            _ => Place::new(&info.mount_point),
        };
        say(Some(&place), &Said::FsError(FsErrorNews::Listed(info.fs_type, listing)));
    }
    Ok(())
}

/// The reason why a filesystem cannot be seen at one of its mount points, if it cannot.
fn unseen(info: &MountInfo, sight: &Sight) -> Option<Unseen> {
    if !sight.sees(info.device, &info.mount_point) {
        return Some(Unseen::Covered);
    }
    // Of all of a filesystem it is a directory.
    let may_be_file = types::is_watched(info) && !info.is_whole();
    let is_file = may_be_file && fs::is_known_file(Path::new(OsStr::from_bytes(&info.mount_point)));
    is_file.then_some(Unseen::OnlyFile)
}

type ListedMount = (MountInfo, Option<Unseen>);

/// Of each filesystem the oldest mount, if possible one that can be seen, and of all of it.
fn by_device(mounts: impl Iterator<Item = ListedMount>) -> BTreeMap<DeviceNumber, ListedMount> {
    let mut all = BTreeMap::<DeviceNumber, ListedMount>::new();
    let rank = |(info, unseen): &ListedMount| (unseen.is_none(), info.is_whole());
    for new in mounts.filter(|(info, _)| !info.mount_point.is_empty()) {
        let device = new.0.device;
        if all.get(&device).is_none_or(|old| rank(old) < rank(&new)) {
            all.insert(device, new);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(place: &str, root: &str, minor: u32) -> MountInfo {
        MountInfo {
            mount_point: place.into(),
            root: root.into(),
            fs_type: b"ext4".to_vec(),
            is_read_only: false,
            is_idmapped: false,
            device: (7, minor),
            parent: 0,
        }
    }

    #[test]
    fn each_filesystem_is_listed_once_where_it_is_seen_and_all_of_it_is() {
        let seen = [mount("/part", "/x", 0), mount("", "/", 0), mount("/a", "/", 0)];
        let seen = seen.into_iter().chain([mount("/b", "/", 0), mount("/c", "/x", 1)]);
        let covered = mount("/0", "/", 1);
        let mounts = [(covered, Some(Unseen::Covered))].into_iter();
        let all = by_device(mounts.chain(seen.map(|mount| (mount, None))));
        let places: Vec<_> = all.values().map(|(info, _)| &info.mount_point[..]).collect();
        assert_eq!(places, [b"/a", b"/c"]);
    }
}
