// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a repair could not bring back, found by comparing a file with what it was.

use super::orphanage::{Orphan, Orphanage};
use crate::event::Target;
use crate::fs::Visit;
use crate::plan::{Key, Outcome};
use crate::sys::xfs::{self, Handle};
use crate::uapi::*;
use std::os::fd::BorrowedFd;

/// The beginning of what the kernel writes where it finds nothing of a target
/// (fs/xfs/scrub/symlink_repair.c: DUMMY_TARGET).
const NOTHING_FOUND: &[u8] = b"The target of this symbolic link could not be recovered";

/// Something that a repair could not bring back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RepairLoss {
    /// The target of a symbolic link, by inode number and generation.
    Target(u64, u32),
    /// The data of a file with this many bytes, by inode number and generation.
    Data(u64, u32, u64),
    /// Owner, permissions and extended attributes, by inode number and generation.
    Attributes(u64, u32),
    /// The name of a file.
    Name(Orphan),
    /// Number of files beyond those whose names were told.
    MoreNames(u64),
}

/// What is known before a repair of what may be lost by it.
#[derive(Debug)]
pub(crate) struct Before {
    key: Key,
    orphanage: Option<Orphanage>,
}

impl Before {
    /// Looks at what there is before a repair of `key`. Loads nothing but lost+found, which these
    /// repairs load too (fs/xfs/scrub/orphanage.c: xrep_orphanage_try_create).
    pub fn look(visit: &Visit<'_>, key: Key) -> Before {
        let may_orphan = matches!(
            key.scrub.number(),
            XFS_SCRUB_TYPE_DIR
                | XFS_SCRUB_TYPE_PARENT
                | XFS_SCRUB_TYPE_DIRTREE
                | XFS_SCRUB_TYPE_NLINKS
        );
        let orphanage = may_orphan.then(|| Orphanage::look(visit)).flatten();
        Before { key, orphanage }
    }

    /// What was lost by the repair, which has come to `outcome`. `root_handle` is that of the
    /// filesystem's root directory.
    pub fn losses(
        self,
        visit: &Visit<'_>,
        root_handle: &Handle,
        outcome: Outcome,
    ) -> Vec<RepairLoss> {
        let root = visit.root();
        if let Some(mut before) = self.orphanage {
            let now = before.look_again(visit);
            return now.map_or_else(Vec::new, |now| of_orphans(before.new_ones(&now)));
        }
        let Target::Inode { ino, generation } = self.key.target else { return Vec::new() };
        let is_made = outcome == Outcome::Repaired;
        let loss = match self.key.scrub.number() {
            XFS_SCRUB_TYPE_SYMLINK if is_made => {
                let link = root_handle.with_inode(ino, generation);
                has_lost_target(root, &link).then_some(RepairLoss::Target(ino, generation))
            }
            XFS_SCRUB_TYPE_INODE if is_made => of_inode(root, ino)
                .filter(has_lost_attributes)
                .map(|inode| RepairLoss::Attributes(ino, inode.bs_gen)),
            // Also where it has failed: the repair of the core has emptied the fork. Of one that was
            // not tried the file may be one that must not be loaded.
            XFS_SCRUB_TYPE_BMBTD
                if is_made || matches!(outcome, Outcome::Failed | Outcome::Unsupported) =>
            {
                of_inode(root, ino)
                    .filter(has_lost_data)
                    .map(|inode| RepairLoss::Data(ino, inode.bs_gen, inode.bs_size.unsigned_abs()))
            }
            _ => None,
        };
        loss.into_iter().collect()
    }
}

fn of_orphans((named, more): (Vec<Orphan>, u64)) -> Vec<RepairLoss> {
    let more = (more > 0).then_some(RepairLoss::MoreNames(more));
    named.into_iter().map(RepairLoss::Name).chain(more).collect()
}

fn of_inode(root: BorrowedFd<'_>, ino: u64) -> Option<xfs_bstat> {
    xfs::bulkstat_one(root, ino).ok().flatten()
}

/// True if the repair of a symbolic link has put the kernel's words in the place of its target.
fn has_lost_target(root: BorrowedFd<'_>, link: &Handle) -> bool {
    let mut found = [0; NOTHING_FOUND.len()];
    let bytes = xfs::readlink(root, link, &mut found);
    bytes.is_ok_and(|bytes| found.get(..bytes) == Some(NOTHING_FOUND))
}

/// True if the repair of an inode has emptied the attr fork, with which the kernel takes away owner
/// and permissions: who may do what could have been there (fs/xfs/scrub/inode_repair.c:
/// xrep_dinode_zap_afork).
pub(super) fn has_lost_attributes(inode: &xfs_bstat) -> bool {
    let is_sick = u32::from(inode.bs_sick) & XFS_BS_SICK_BMBTA != 0;
    is_sick && inode.bs_mode & 0o777 == 0 && (inode.bs_uid, inode.bs_gid) == (0, 0)
}

/// True if the mappings of a file were looked for, and it has none. One that has had none is not
/// found damaged, unless its core was.
fn has_lost_data(inode: &xfs_bstat) -> bool {
    let is_regular = u32::from(inode.bs_mode) & libc::S_IFMT == libc::S_IFREG;
    is_regular && inode.bs_size > 0 && inode.bs_extents == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_attr_fork_owner_and_permissions_has_lost_them() {
        let mode = libc::S_IFREG as u16;
        let bs_sick = XFS_BS_SICK_BMBTA as u16;
        let cut = xfs_bstat { bs_mode: mode, bs_sick, ..Default::default() };
        assert!(has_lost_attributes(&cut));
        assert!(!has_lost_attributes(&xfs_bstat { bs_mode: mode | 0o644, ..cut }));
        assert!(!has_lost_attributes(&xfs_bstat { bs_uid: 1, ..cut }));
        assert!(!has_lost_attributes(&xfs_bstat { bs_sick: 0, ..cut }));
    }

    #[test]
    fn a_file_with_a_size_and_no_mapping_has_lost_its_data() {
        let bs_mode = libc::S_IFREG as u16 | 0o644;
        let empty = xfs_bstat { bs_mode, bs_size: 4097, ..Default::default() };
        assert!(has_lost_data(&empty));
        assert!(!has_lost_data(&xfs_bstat { bs_extents: 1, ..empty }));
        assert!(!has_lost_data(&xfs_bstat { bs_size: 0, ..empty }));
        assert!(!has_lost_data(&xfs_bstat { bs_mode: libc::S_IFDIR as u16, ..empty }));
    }
}
