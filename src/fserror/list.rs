// SPDX-License-Identifier: LGPL-2.1-or-later
//! The list of the filesystems that are mounted, and what each reports (`--list`). Opens none.

use super::answer::failed;
use super::{remedy, types};
use crate::log::fserror::FsErrorNews;
use crate::log::said::Said;
use crate::mounts::MountFailures;
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::mount::{self, MountInfo};
use std::collections::BTreeMap;

/// Says of each filesystem what its type is, what of its errors is said, and what `--act` does.
pub fn list(say: &mut dyn FnMut(Option<&Place>, &Said)) -> Result<(), MountFailures> {
    let ids = mount::listmount().map_err(failed("listmount"))?;
    let infos = ids.into_iter().filter_map(|id| mount::statmount(id).ok());
    let mut all: Vec<_> = by_device(infos).into_values().collect();
    all.sort_by(|one, other| one.mount_point.cmp(&other.mount_point));
    for info in all {
        let listed = types::is_watched(&info).then(|| {
            (types::reports_here(&info.fs_type), remedy::action(&info.fs_type, info.device))
        });
        let listed = FsErrorNews::Listed(info.fs_type, listed);
        say(Some(&Place::new(&info.mount_point)), &Said::FsError(listed));
    }
    Ok(())
}

/// Of each filesystem the oldest mount of all of it that can be seen, or else of a part.
fn by_device(infos: impl Iterator<Item = MountInfo>) -> BTreeMap<DeviceNumber, MountInfo> {
    let mut all = BTreeMap::<DeviceNumber, MountInfo>::new();
    for info in infos.filter(|info| !info.mount_point.is_empty()) {
        let is_better = |old: &MountInfo| !old.is_whole() && info.is_whole();
        if all.get(&info.device).is_none_or(is_better) {
            all.insert(info.device, info);
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
        }
    }

    #[test]
    fn each_filesystem_is_listed_once_where_all_of_it_is() {
        let mounts =
            [mount("/part", "/x", 0), mount("", "/", 0), mount("/a", "/", 0), mount("/b", "/", 0)];
        let other = mount("/c", "/x", 1);
        let all = by_device(mounts.into_iter().chain([other]));
        let places: Vec<_> = all.values().map(|info| &info.mount_point[..]).collect();
        assert_eq!(places, [b"/a", b"/c"]);
    }
}
