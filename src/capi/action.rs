// SPDX-License-Identifier: LGPL-2.1-or-later
//! Actions that the planner asks for, as C programs see them.

use super::*;
use crate::event::Target;
use crate::plan::{Action, Depth, Key, Reasons, Repair, Ticket};
use crate::uapi::XFS_SCRUB_IFLAG_REPAIR;

/// Action: make the calls of a repair.
pub const XFSHEALER_ACTION_REPAIR: u32 = 1;
/// Action: run xfs_scrub(8).
pub const XFSHEALER_ACTION_FULL_SCRUB: u32 = 2;
/// Action: look for damage.
pub const XFSHEALER_ACTION_LOOK: u32 = 3;
/// Action: tell the person.
pub const XFSHEALER_ACTION_SAY: u32 = 4;

/// Flag of a repair: only if BULKSTAT returns the inode, or AG_GEOMETRY answers for the AG.
pub const XFSHEALER_REPAIR_IF_LOADABLE: u32 = 1;

/// The structure was rebuilt.
pub const XFSHEALER_NOTICE_REPAIRED: u32 = 1;
/// The structure was found good.
pub const XFSHEALER_NOTICE_NO_MODIFICATION: u32 = 2;
/// The first failed attempt.
pub const XFSHEALER_NOTICE_FAILED: u32 = 3;
/// The structure seems good, what it is compared with does not.
pub const XFSHEALER_NOTICE_CROSS_FAILED: u32 = 4;
/// The last word on a structure: nothing helped.
pub const XFSHEALER_NOTICE_OFFLINE_NEEDED: u32 = 5;
/// The structure does not exist any more.
pub const XFSHEALER_NOTICE_GONE: u32 = 6;
/// The repair waits for something to let go, or for room.
pub const XFSHEALER_NOTICE_POSTPONED: u32 = 7;
/// Repairs wait: no mount is writable.
pub const XFSHEALER_NOTICE_READ_ONLY: u32 = 20;
/// Repairs wait: mounted `norecovery`.
pub const XFSHEALER_NOTICE_NO_RECOVERY: u32 = 21;
/// Repairs wait: the filesystem cannot be opened.
pub const XFSHEALER_NOTICE_UNREACHABLE: u32 = 22;
/// Repairs pause: too many failed.
pub const XFSHEALER_NOTICE_TOO_MANY_FAILURES: u32 = 23;
/// The device is the likely cause of failures.
pub const XFSHEALER_NOTICE_DEVICE_TROUBLE: u32 = 24;
/// The repair has been running for a minute.
pub const XFSHEALER_NOTICE_SLOW: u32 = 8;
/// A full scrub would crash this kernel.
pub const XFSHEALER_NOTICE_SCRUB_WITHHELD: u32 = 25;
/// More structures are damaged than are remembered.
pub const XFSHEALER_NOTICE_TABLE_FULL: u32 = 26;
/// Two threads were killed in the kernel.
pub const XFSHEALER_NOTICE_TOO_MANY_VANISHED: u32 = 27;
/// A repair call says that the filesystem is down.
pub const XFSHEALER_NOTICE_SHUT_DOWN: u32 = 28;
/// Dry run: the structure would be repaired.
pub const XFSHEALER_NOTICE_WOULD_REPAIR: u32 = 9;
/// Dry run: a full scrub would be started.
pub const XFSHEALER_NOTICE_WOULD_SCRUB: u32 = 29;
/// A full scrub could crash this kernel.
pub const XFSHEALER_NOTICE_SCRUB_UNSAFE: u32 = 30;
/// A full scrub would shut the filesystem down.
pub const XFSHEALER_NOTICE_SCRUB_FATAL: u32 = 31;

/// The kernel could not repair the structure.
pub const XFSHEALER_FAILURE_CORRUPT: u32 = 1;
/// The device failed during the repair.
pub const XFSHEALER_FAILURE_DEVICE: u32 = 2;
/// The structure cannot be repaired while mounted.
pub const XFSHEALER_FAILURE_UNSUPPORTED: u32 = 3;
/// The repair would crash this kernel.
pub const XFSHEALER_FAILURE_KERNEL_DEFECT: u32 = 4;
/// The thread that repaired it never came back.
pub const XFSHEALER_FAILURE_VANISHED: u32 = 5;
/// The call failed with an errno.
pub const XFSHEALER_FAILURE_ERRNO: u32 = 6;
/// The inode shuts the filesystem down, whatever loads it.
pub const XFSHEALER_FAILURE_UNLINKED: u32 = 7;

/// A repair failed.
pub const XFSHEALER_REASON_REPAIR_FAILED: u32 = Reasons::REPAIR_FAILED.bits();
/// Health events were lost.
pub const XFSHEALER_REASON_EVENTS_LOST: u32 = Reasons::EVENTS_LOST.bits();
/// No single repair mends what is sick.
pub const XFSHEALER_REASON_NO_SINGLE_REPAIR: u32 = Reasons::NO_SINGLE_REPAIR.bits();
/// Too many structures are sick to be remembered.
pub const XFSHEALER_REASON_TABLE_FULL: u32 = Reasons::TABLE_FULL.bits();
/// Many structures were reported damaged in a short time.
pub const XFSHEALER_REASON_BURST: u32 = Reasons::BURST.bits();

/// Look at what the kernel remembers of filesystem, AGs and realtime groups.
pub const XFSHEALER_DEPTH_SHALLOW: u32 = 1;
/// Look also at what the kernel remembers of every inode.
pub const XFSHEALER_DEPTH_DEEP: u32 = 2;
/// Look at each inode of one AG, by checks.
pub const XFSHEALER_DEPTH_INODES: u32 = 3;
/// Look at everything but inodes, by checks.
pub const XFSHEALER_DEPTH_CHECKS: u32 = 4;

/// An action: what to do next. Fields that its kind does not have are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfshealer_action {
    /// Number to be handed back with the answer.
    pub ticket: u64,
    /// Kind of the action: `XFSHEALER_ACTION_*`.
    pub kind: u32,
    /// Flags of a repair: `XFSHEALER_REPAIR_*`.
    pub flags: u32,
    /// Object that the action is about.
    pub target: xfshealer_target,
    /// The scrub type of a structure.
    pub sm_type: u32,
    /// Notice to tell: `XFSHEALER_NOTICE_*`.
    pub notice: u32,
    /// Reason of a failure: `XFSHEALER_FAILURE_*`.
    pub failure: u32,
    /// Positive errno.
    pub error: i32,
    /// Reasons of a full scrub: `XFSHEALER_REASON_*`.
    pub reasons: u32,
    /// Depth of a look: `XFSHEALER_DEPTH_*`.
    pub depth: u32,
    /// Reserved: 0.
    pub reserved: [u64; 2],
}

/// A scrub call: fields of `struct xfs_scrub_metadata`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfshealer_call {
    /// The scrub type.
    pub sm_type: u32,
    /// The kernel's `XFS_SCRUB_IFLAG_*`.
    pub sm_flags: u32,
    /// Inode number, or number of the metadata file.
    pub sm_ino: u64,
    /// Inode generation.
    pub sm_gen: u32,
    /// Number of the AG or realtime group.
    pub sm_agno: u32,
}

impl From<Action> for xfshealer_action {
    fn from(action: Action) -> xfshealer_action {
        let of = |kind, ticket| xfshealer_action { kind, ticket, ..Default::default() };
        match action {
            Action::Repair(repair) => xfshealer_action {
                flags: u32::from(repair.only_if_loadable) * XFSHEALER_REPAIR_IF_LOADABLE,
                ..of(XFSHEALER_ACTION_REPAIR, repair.ticket.0).about(repair.key)
            },
            Action::FullScrub { ticket, reasons } => {
                let reasons = reasons.bits();
                xfshealer_action { reasons, ..of(XFSHEALER_ACTION_FULL_SCRUB, ticket.0) }
            }
            Action::Look { ticket, depth } => {
                let (depth, target) = match depth {
                    Depth::Shallow => (XFSHEALER_DEPTH_SHALLOW, None),
                    // C programs are asked for no survey, and their deep look begins with one.
                    Depth::Deep | Depth::Survey => (XFSHEALER_DEPTH_DEEP, None),
                    Depth::Inodes(agno) => (XFSHEALER_DEPTH_INODES, Some(Target::Ag(agno))),
                    Depth::Checks => (XFSHEALER_DEPTH_CHECKS, None),
                };
                let target = target.map_or_else(Default::default, Into::into);
                xfshealer_action { depth, target, ..of(XFSHEALER_ACTION_LOOK, ticket.0) }
            }
            Action::Say(notice) => of(XFSHEALER_ACTION_SAY, 0).saying(notice),
        }
    }
}

impl xfshealer_action {
    /// The action that a C program passes, who may have filled it in itself.
    pub(super) fn to_action(self) -> Result<Action, Errno> {
        let ticket = Ticket(self.ticket);
        let action = match self.kind {
            XFSHEALER_ACTION_REPAIR => {
                let key = self.target.key(self.sm_type)?;
                let only_if_loadable = self.flags == XFSHEALER_REPAIR_IF_LOADABLE;
                // C programs force none.
                Action::Repair(Repair { ticket, key, only_if_loadable, is_forced: false })
            }
            XFSHEALER_ACTION_FULL_SCRUB => {
                Action::FullScrub { ticket, reasons: self.to_reasons()? }
            }
            XFSHEALER_ACTION_LOOK => Action::Look { ticket, depth: self.to_depth()? },
            XFSHEALER_ACTION_SAY => Action::Say(self.to_notice()?),
            _ => return Err(INVALID),
        };
        // What is not part of it must be 0.
        if xfshealer_action::from(action) == self { Ok(action) } else { Err(INVALID) }
    }

    fn to_depth(self) -> Result<Depth, Errno> {
        match self.depth {
            XFSHEALER_DEPTH_SHALLOW => Ok(Depth::Shallow),
            XFSHEALER_DEPTH_DEEP => Ok(Depth::Deep),
            XFSHEALER_DEPTH_INODES => Ok(Depth::Inodes(self.target.gno)),
            XFSHEALER_DEPTH_CHECKS => Ok(Depth::Checks),
            _ => Err(INVALID),
        }
    }
}

/// Stores one of the calls about a structure.
///
/// # Safety
/// As the module says.
unsafe fn store_call(
    key: Key,
    rgcount: u32,
    index: u32,
    sm_flags: u32,
    call: *mut xfshealer_call,
) -> Result<c_int, Errno> {
    is_usable(call)?;
    let Some(one) = key.call(rgcount, index) else { return Ok(0) };
    let filled = xfshealer_call {
        sm_type: one.scrub,
        sm_flags,
        sm_ino: one.ino,
        sm_gen: one.generation,
        sm_agno: one.agno,
    };
    // SAFETY: the caller vouches that it may be written.
    unsafe { write(call, filled) }?;
    Ok(1)
}

/// Stores one of the calls of a repair.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_action_call(
    action: *const xfshealer_action,
    rgcount: u32,
    index: u32,
    call: *mut xfshealer_call,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let Action::Repair(repair) = unsafe { read(action) }?.to_action()? else {
            return Err(INVALID);
        };
        // SAFETY: the caller vouches for it.
        unsafe { store_call(repair.key, rgcount, index, XFS_SCRUB_IFLAG_REPAIR, call) }
    })
}

/// Stores one of the calls that check a structure.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_check_call(
    target: *const xfshealer_target,
    bit: u32,
    rgcount: u32,
    index: u32,
    call: *mut xfshealer_call,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let target = unsafe { read(target) }?.target()?;
        if !bit.is_power_of_two() {
            return Err(INVALID);
        }
        let Some(key) = Key::from_bit(target, bit) else { return is_usable(call).map(|()| 0) };
        // SAFETY: the caller vouches for it.
        unsafe { store_call(key, rgcount, index, 0, call) }
    })
}
