// SPDX-License-Identifier: LGPL-2.1-or-later
//! Where the C headers of xfsprogs 7.2 are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a `xfs/xfs_fs.h` lies that has the health monitor.
pub fn include_dir() -> PathBuf {
    if let Some(dir) = env::var_os("XFSHEALER_XFS_INCLUDE") {
        let dir = PathBuf::from(dir);
        assert!(has_monitor(&dir), "XFSHEALER_XFS_INCLUDE: no xfs/xfs_fs.h of 7.2 in {dir:?}");
        return dir;
    }
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("vm");
    let guests = fs::read_dir(guests).into_iter().flatten().flatten();
    let mut dirs: Vec<PathBuf> = guests.map(|guest| guest.path().join("include")).collect();
    dirs.sort_by_key(|dir| fs::metadata(dir).and_then(|meta| meta.modified()).ok());
    dirs.into_iter()
        .rev()
        .chain([PathBuf::from("/usr/include")])
        .find(|dir| has_monitor(dir))
        .expect(
            "the header xfs/xfs_fs.h of xfsprogs 7.2 is needed: run tests/vm/guest, which unpacks \
             it below target/vm, or install xfslibs-dev 7.2, or set XFSHEALER_XFS_INCLUDE",
        )
}

/// Whether there is a header in this folder, and a new one.
fn has_monitor(dir: &Path) -> bool {
    fs::read_to_string(dir.join("xfs/xfs_fs.h"))
        .is_ok_and(|header| header.contains("XFS_IOC_HEALTH_MONITOR"))
}
