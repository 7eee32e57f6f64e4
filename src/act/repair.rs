// SPDX-License-Identifier: LGPL-2.1-or-later
//! The repair call with what has to be known before it, and the check.

use super::losses::has_lost_attributes;
use crate::event::Target;
use crate::fs::{Geometry, Visit};
use crate::plan::{Call, Key, Outcome, Repair};
use crate::sys::xfs;
use crate::uapi::*;
use std::io;
use std::os::fd::BorrowedFd;

/// The calls that were made for a structure that has several, and what they came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    calls: u32,
    outcome: Outcome,
}

impl Default for Progress {
    /// Nothing was called yet.
    fn default() -> Progress {
        Progress { calls: 0, outcome: Outcome::Gone }
    }
}

/// Has the kernel repair one structure of a filesystem, and waits for it. Also gives the sick bits
/// of an inode whose core was repaired. `None` if there are more calls to be made for it, but
/// `goes_on` says that no more are to be made in this visit; at least one is.
pub(crate) fn repair(
    visit: &mut Visit<'_>,
    repair: &Repair,
    progress: &mut Progress,
    goes_on: &dyn Fn() -> bool,
) -> Option<(Outcome, Option<u32>)> {
    let outcome = repair_only(visit, repair, progress, goes_on)?;
    Some((outcome, follow_up(visit.root(), repair.key, outcome)))
}

fn repair_only(
    visit: &mut Visit<'_>,
    repair: &Repair,
    progress: &mut Progress,
    goes_on: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let (root, key) = (visit.root(), repair.key);
    if is_deadly(visit, key.target) {
        // Of anything but its core, or where the device may be old: it may just be going away.
        let is_core = key.scrub.number() == XFS_SCRUB_TYPE_INODE;
        let is_said = is_core && is_certain(visit, key.target).unwrap_or(false);
        return Some(if is_said { Outcome::Unlinked } else { Outcome::Busy });
    }
    Some(match repair_if_loadable(root, repair, progress, goes_on)? {
        Outcome::Gone => absent(root, key).unwrap_or(Outcome::NotJudged),
        outcome => outcome,
    })
}

fn repair_if_loadable(
    root: BorrowedFd<'_>,
    repair: &Repair,
    progress: &mut Progress,
    goes_on: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let key = repair.key;
    if repair.only_if_loadable {
        match can_load(root, key.target) {
            Ok(Some(true)) => {}
            Ok(Some(false)) => return Some(Outcome::of_unloadable(check(root, key))),
            Ok(None) => return Some(Outcome::NotJudged),
            Err(errno) => return Some(Outcome::from_answer(Err(errno)).of_check()),
        }
    }
    let force = if repair.is_forced { XFS_SCRUB_IFLAG_FORCE_REBUILD } else { 0 };
    scrub(root, key, XFS_SCRUB_IFLAG_REPAIR | force, progress, goes_on)
}

/// Sick bits of an inode, as the kernel tells them after a repair of its core: what hung on the
/// core may have been cut off. `None` after any other repair, and where there is nothing to be
/// known.
fn follow_up(root: BorrowedFd<'_>, key: Key, outcome: Outcome) -> Option<u32> {
    let Target::Inode { ino, .. } = key.target else { return None };
    let is_core = key.scrub.number() == XFS_SCRUB_TYPE_INODE;
    if !is_core || !matches!(outcome, Outcome::Repaired | Outcome::Fine) {
        return None;
    }
    match xfs::bulkstat_one(root, ino).map_err(|error| errno(&error)) {
        Ok(inode) => inode.map(|inode| u32::from(inode.bs_sick) | without_parent(root, &inode)),
        // It still cannot be loaded.
        Err(libc::EUCLEAN | libc::EBADMSG) => Some(XFS_BS_SICK_INODE),
        Err(_) => None,
    }
}

/// The sick bit of parent pointers, if they went with the attr fork, of which the kernel says
/// nothing.
fn without_parent(root: BorrowedFd<'_>, inode: &xfs_bstat) -> u32 {
    let is_without = has_lost_attributes(inode)
        && Geometry::read(root).is_ok_and(|geometry| geometry.has_parent());
    if is_without { XFS_BS_SICK_PARENT } else { 0 }
}

/// True if a repair of `target` would end the filesystem, or delete a file that is in a directory.
fn is_deadly(visit: &mut Visit<'_>, target: Target) -> bool {
    let Target::Inode { ino, .. } = target else { return false };
    // Where it cannot be known, it has been loaded for the report.
    visit.cores().is_some_and(|cores| cores.is_deadly(ino).unwrap_or(false))
}

/// True if it is certain that [`is_deadly`] is true.
fn is_certain(visit: &mut Visit<'_>, target: Target) -> io::Result<bool> {
    let Target::Inode { ino, .. } = target else { return Ok(false) };
    let Some(cores) = visit.cores() else { return Ok(false) };
    // Asked last: what is free by now may have been so.
    Ok(cores.is_certain(ino, None)? && is_in_use(visit.root(), ino)?)
}

/// True if the kernel calls an inode allocated.
fn is_in_use(root: BorrowedFd<'_>, ino: u64) -> io::Result<bool> {
    let geometry = Geometry::read(root)?;
    let mut chunk = [xfs_inumbers::default()];
    let agno = geometry.inode_numbers().agno(ino).unwrap_or(u32::MAX);
    let (count, _) = xfs::inumbers_of_ag(root, agno, ino, &mut chunk)?;
    Ok(chunk.iter().take(count).any(|chunk| is_allocated_in(chunk, ino)))
}

/// Outcome for a structure of which the kernel says that there is no such one. It also says so of
/// what it did not turn on because it is damaged, a quota for example, and remembers it as sick.
fn absent(root: BorrowedFd<'_>, key: Key) -> io::Result<Outcome> {
    let sick = match key.target {
        Target::Inode { ino, .. } => return missing(root, key.target, ino),
        Target::Fs => Geometry::read(root)?.sick(),
        Target::Ag(agno) => xfs::ag_geometry(root, agno)?.ag_sick,
        Target::Rtgroup(rgno) => xfs::rtgroup_geometry(root, rgno)?.rg_sick,
    };
    Ok(if key.is_in(sick) { Outcome::Unsupported } else { Outcome::Gone })
}

/// Outcome for an inode that the kernel does not find by number. Without a metadata directory the
/// kernel hides its own inodes from everybody, those for quota and realtime, though it reports
/// their damage (fs/xfs/scrub/common.c: xchk_iget_for_scrubbing). It also hides an inode that was
/// deleted, until that is free.
fn missing(root: BorrowedFd<'_>, target: Target, ino: u64) -> io::Result<Outcome> {
    xfs::finish_deletions(root)?;
    if !is_in_use(root, ino)? {
        return Ok(Outcome::Gone);
    }
    let is_shown = can_load(root, target).map_err(io::Error::from_raw_os_error)?;
    Ok(match is_shown {
        // It is of another generation, or has no such structure.
        Some(true) => Outcome::Gone,
        Some(false) => Outcome::Unsupported,
        None => Outcome::NotJudged,
    })
}

/// True if `ino` is one of the allocated inodes of this chunk.
fn is_allocated_in(chunk: &xfs_inumbers, ino: u64) -> bool {
    let bit = ino.checked_sub(chunk.xi_startino).and_then(|bit| u32::try_from(bit).ok());
    bit.and_then(|bit| chunk.xi_allocmask.checked_shr(bit)).is_some_and(|mask| mask & 1 != 0)
}

/// True if the kernel can load an inode, or the headers of an AG; `None` where it does not tell.
/// Fails with an errno.
fn can_load(root: BorrowedFd<'_>, target: Target) -> Result<Option<bool>, i32> {
    let is_there = match target {
        Target::Inode { ino, .. } => match xfs::bulkstat_one(root, ino) {
            Ok(None) => is_idmapped(root).map(|is_idmapped| (!is_idmapped).then_some(false)),
            found => found.map(|_| Some(true)),
        },
        Target::Ag(agno) => xfs::ag_geometry(root, agno).map(|_| Some(true)),
        Target::Fs | Target::Rtgroup(_) => Ok(Some(true)),
    };
    is_there.or_else(|error| match errno(&error) {
        // What the kernel says of what it cannot make sense of or read.
        libc::EUCLEAN | libc::EBADMSG => Ok(Some(false)),
        errno if Outcome::from_answer(Err(errno)) == Outcome::DeviceError => Ok(Some(false)),
        errno => Err(errno),
    })
}

/// True if `root` is on an idmapped mount, where BULKSTAT refuses (fs/xfs/xfs_ioctl.c): it does not
/// find the inode of what is open.
pub(super) fn is_idmapped(root: BorrowedFd<'_>) -> io::Result<bool> {
    let ino = xfs::fd_to_handle(root)?.ino();
    Ok(xfs::bulkstat_one(root, ino)?.is_none())
}

/// Has the kernel check if one structure is good, and waits for it.
///
/// Repairs nothing. [`Outcome::Failed`] is damage; `Repaired` and `Fine` are none, and
/// `NotJudged` is neither.
pub fn check(root: BorrowedFd<'_>, key: Key) -> Outcome {
    let all = scrub(root, key, 0, &mut Progress::default(), &|| true);
    all.unwrap_or(Outcome::NotJudged).of_check()
}

/// Makes the calls for one structure that are left; `None` if others are left then.
fn scrub(
    root: BorrowedFd<'_>,
    key: Key,
    flags: u32,
    progress: &mut Progress,
    goes_on: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let rtgroups = if key.stands_for_many() {
        Geometry::read(root).map(|geometry| geometry.rtgroup_count())
    } else {
        Ok(0)
    };
    let rtgroups = match rtgroups {
        Ok(rtgroups) => rtgroups,
        Err(error) => return Some(Outcome::from_answer(Err(errno(&error)))),
    };
    let call = |call| Outcome::from_answer(scrub_once(root, call, flags));
    call_all(key, rtgroups, progress, goes_on, call)
}

/// The calls of [`scrub`].
fn call_all(
    key: Key,
    rtgroups: u32,
    progress: &mut Progress,
    goes_on: &dyn Fn() -> bool,
    mut make: impl FnMut(Call) -> Outcome,
) -> Option<Outcome> {
    while let Some(call) = key.call(rtgroups, progress.calls) {
        progress.calls += 1;
        progress.outcome = progress.outcome.then(make(call));
        let is_last = key.call(rtgroups, progress.calls).is_none();
        if is_last || progress.outcome.ends_all() {
            break;
        }
        if !goes_on() {
            return None;
        }
    }
    Some(progress.outcome)
}

/// Makes one scrub call; gives the flags that came back, or the errno.
fn scrub_once(root: BorrowedFd<'_>, call: Call, flags: u32) -> Result<u32, i32> {
    let mut answer = xfs_scrub_metadata {
        sm_type: call.scrub,
        sm_flags: flags,
        sm_ino: call.ino,
        sm_gen: call.generation,
        sm_agno: call.agno,
        ..Default::default()
    };
    xfs::scrub(root, &mut answer).map_err(|error| errno(&error))?;
    Ok(answer.sm_flags)
}

/// True if the filesystem is mounted `norecovery`: what the log holds is not in its metadata, and
/// the kernel judges none of it. This stays so until the filesystem is unmounted.
///
/// Nothing is read, and a frozen filesystem answers too.
pub fn is_unrecovered(root: BorrowedFd<'_>) -> bool {
    let mut call = xfs_scrub_metadata { sm_type: XFS_SCRUB_TYPE_PROBE, ..Default::default() };
    xfs::scrub(root, &mut call).is_err_and(|error| errno(&error) == libc::ENOTRECOVERABLE)
}

/// Tests if this kernel can repair this filesystem through this mount.
///
/// Blocks for as long as the filesystem is frozen. Fails with the errno of the probe: EOPNOTSUPP
/// or ENOTTY where repair does not exist, EROFS on a read-only mount, EPERM without privilege.
pub fn probe(root: BorrowedFd<'_>) -> io::Result<()> {
    let mut call = xfs_scrub_metadata {
        sm_type: XFS_SCRUB_TYPE_PROBE,
        sm_flags: XFS_SCRUB_IFLAG_REPAIR,
        ..Default::default()
    };
    xfs::scrub(root, &mut call)
}

pub(super) fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_do_not_fit_in_one_visit_are_made_in_the_next() {
        let metapath = Key::from_bit(Target::Fs, XFS_FSOP_GEOM_SICK_METAPATH).unwrap();
        let all: Vec<_> = metapath.calls(3).collect();
        for fit in [1, 2, 5, 100] {
            let (mut progress, mut made, mut visits) = (Progress::default(), Vec::new(), 0_usize);
            let outcome = loop {
                visits += 1;
                let left = std::cell::Cell::new(fit);
                let goes_on = || left.replace(left.get() - 1) > 1;
                let outcome = call_all(metapath, 3, &mut progress, &goes_on, |call| {
                    made.push(call);
                    if made.len() == 4 { Outcome::Repaired } else { Outcome::Fine }
                });
                if let Some(outcome) = outcome {
                    break outcome;
                }
            };
            assert_eq!((outcome, visits), (Outcome::Repaired, all.len().div_ceil(fit)));
            assert_eq!(made, all);
        }
        let (mut progress, mut calls) = (Progress::default(), 0);
        let down = |_| {
            calls += 1;
            Outcome::Shutdown
        };
        let outcome = call_all(metapath, 3, &mut progress, &|| false, down);
        assert_eq!((outcome, calls), (Some(Outcome::Shutdown), 1));
        let key = Key::from_bit(Target::Ag(1), XFS_AG_GEOM_SICK_BNOBT).unwrap();
        let one = call_all(key, 3, &mut Progress::default(), &|| false, |_| Outcome::Fine);
        assert_eq!(one, Some(Outcome::Fine));
    }

    #[test]
    fn an_inode_is_allocated_if_its_bit_is_set() {
        let chunk =
            xfs_inumbers { xi_startino: 128, xi_allocmask: 1 << 3 | 1 << 63, ..Default::default() };
        let allocated: Vec<u64> = (0..300).filter(|ino| is_allocated_in(&chunk, *ino)).collect();
        assert_eq!(allocated, [131, 191]);
        assert!(!is_allocated_in(&chunk, u64::MAX));
    }
}
