// SPDX-License-Identifier: LGPL-2.1-or-later
//! The policy that a planner is told at its start, as C programs say it.

use super::*;
use crate::plan::defects::{Features, KernelDefects};
use crate::plan::{Config, Escalate, MAX_WORKERS, Pace, Policy};
use crate::uapi::{XFS_FSOP_GEOM_FLAGS_METADIR, XFS_FSOP_GEOM_FLAGS_RMAPBT};
use std::slice;
use std::time::Duration;

/// Mode: nothing is done about damage.
pub const XFSHEALER_MODE_IGNORE: u32 = 1;
/// Mode: damage is looked for and told.
pub const XFSHEALER_MODE_LOG: u32 = 2;
/// Mode: damage is repaired.
pub const XFSHEALER_MODE_REPAIR: u32 = 3;

/// Flag of a policy: a full scrub is never asked for.
pub const XFSHEALER_POLICY_NO_FULL_SCRUB: u32 = 1;
/// Flag of a policy: what would be done is told.
pub const XFSHEALER_POLICY_DRY_RUN: u32 = 2;
/// Flag of a policy: pauses are short.
pub const XFSHEALER_POLICY_HURRIED: u32 = 4;
/// Flag of a policy: inodes are repaired whether or not they can be loaded.
pub const XFSHEALER_POLICY_UNGUARDED: u32 = 8;
/// Flag of a policy: AGIs are repaired whether or not they can be loaded.
pub const XFSHEALER_POLICY_UNGUARDED_AGI: u32 = 16;

const FLAGS: u32 = XFSHEALER_POLICY_NO_FULL_SCRUB
    | XFSHEALER_POLICY_DRY_RUN
    | XFSHEALER_POLICY_HURRIED
    | XFSHEALER_POLICY_UNGUARDED
    | XFSHEALER_POLICY_UNGUARDED_AGI;

/// The repair of an inode that it cannot load may crash the kernel.
pub const XFSHEALER_DEFECT_INODE: u32 = KernelDefects::INODE.bits() as u32;
/// The repair of an AGI that it cannot load may crash the kernel.
pub const XFSHEALER_DEFECT_AGI: u32 = KernelDefects::AGI.bits() as u32;

/// Largest size of a policy in bytes: one that says it is larger is taken for one that was never
/// filled in.
const MOST_BYTES: usize = 4096;
/// Size of a policy in its first version, in bytes. A program that was built with that says so for
/// ever.
const FIRST_BYTES: usize = 32;

/// Policy of a planner: what it knows of its filesystem and its means.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfshealer_policy {
    /// Size of this structure in bytes.
    pub size: u32,
    /// Flags of the policy: `XFSHEALER_POLICY_*`.
    pub flags: u32,
    /// Mode of the planner: `XFSHEALER_MODE_*`.
    pub mode: u32,
    /// Number of repairs at once; 0 is one.
    pub workers: u32,
    /// Number of damaged structures; more than so many call for a full scrub.
    pub escalate_structures: u32,
    /// Shift from an inode number to its AG: inode number >> this; 0 is unknown.
    pub agno_shift: u32,
    /// Time within which so many damaged structures call for a full scrub, in nanoseconds.
    pub escalate_within_ns: u64,
    /// Number of AGs; 0 is unknown.
    pub agcount: u32,
    /// Padding: 0.
    pub pad: u32,
}

/// Copies the caller's policy, which may be that of an earlier or a later version.
///
/// # Safety
/// As the module says; as many bytes as `size` tells are read.
pub(super) unsafe fn policy(at: *const xfshealer_policy) -> Result<xfshealer_policy, Errno> {
    is_usable(at)?;
    // SAFETY: `size` is the first field, so it is at `at`, which is neither null nor misaligned;
    // the caller vouches that at least it may be read.
    let size = unsafe { at.cast::<u32>().read() };
    let size = usize::try_from(size).map_err(|_| INVALID)?;
    if !(FIRST_BYTES..=MOST_BYTES).contains(&size) {
        return Err(INVALID);
    }
    // SAFETY: so many bytes are there, as the caller says in the structure itself.
    let given = unsafe { slice::from_raw_parts(at.cast::<u8>(), size) };
    let known = size.min(size_of::<xfshealer_policy>());
    let mut policy = xfshealer_policy::default();
    // SAFETY: `known` is neither more than is given nor more than the policy has, which is made of
    // integers without room between them; and the one is not the other.
    unsafe { ptr::copy_nonoverlapping(given.as_ptr(), (&raw mut policy).cast(), known) };
    let is_known = given.iter().skip(known).all(|byte| *byte == 0);
    if is_known { Ok(policy) } else { Err(Errno(libc::E2BIG)) }
}

pub(super) fn mode(number: u32) -> Result<Policy, Errno> {
    match number {
        XFSHEALER_MODE_IGNORE => Ok(Policy::Ignore),
        XFSHEALER_MODE_LOG => Ok(Policy::Log),
        XFSHEALER_MODE_REPAIR => Ok(Policy::Repair),
        _ => Err(INVALID),
    }
}

impl xfshealer_policy {
    pub(super) fn config(&self) -> Result<Config, Errno> {
        let is_set = |flag| self.flags & flag != 0;
        let workers = usize::try_from(self.workers.max(1)).map_err(|_| INVALID)?;
        let is_odd = self.flags & !FLAGS != 0 || self.pad != 0;
        if is_odd || workers > MAX_WORKERS || self.agno_shift >= u64::BITS {
            return Err(INVALID);
        }
        let default = Config::default();
        let is_unknown = self.agno_shift == 0;
        Ok(Config {
            policy: mode(self.mode)?,
            workers,
            ahead: 0,
            full_scrub: !is_set(XFSHEALER_POLICY_NO_FULL_SCRUB),
            may_look: true,
            surveys: false,
            escalate: self.escalate()?,
            dry_run: is_set(XFSHEALER_POLICY_DRY_RUN),
            pace: if is_set(XFSHEALER_POLICY_HURRIED) { Pace::Hurried } else { Pace::Steady },
            ag_count: self.agcount,
            agno_shift: if is_unknown { default.agno_shift } else { self.agno_shift },
            defects: self.defects(),
        })
    }

    /// Defects of a kernel and a filesystem of which nothing is known, but for what the caller
    /// knows.
    fn defects(&self) -> KernelDefects {
        let mut defects = KernelDefects::empty();
        defects.set(KernelDefects::INODE, self.flags & XFSHEALER_POLICY_UNGUARDED == 0);
        defects.set(KernelDefects::AGI, self.flags & XFSHEALER_POLICY_UNGUARDED_AGI == 0);
        defects
    }

    fn escalate(&self) -> Result<Escalate, Errno> {
        match (self.escalate_structures, self.escalate_within_ns) {
            (0, 0) => Ok(Escalate::default()),
            (_, 0) => Err(INVALID),
            (structures, within) => {
                Ok(Escalate { structures, within: Duration::from_nanos(within) })
            }
        }
    }
}

/// The ways in which a release of Linux may crash in a repair.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_kernel_defect(major: u32, minor: u32, geometry_flags: u32) -> c_int {
    guard(|| {
        let release = if (major, minor) == (0, 0) { None } else { Some((major, minor, 0)) };
        let has = |flag| geometry_flags & flag != 0;
        let features = Features {
            rmapbt: has(XFS_FSOP_GEOM_FLAGS_RMAPBT),
            metadir: has(XFS_FSOP_GEOM_FLAGS_METADIR),
        };
        Ok(c_int::from(KernelDefects::known(release, features).bits()))
    })
}
