// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner for C programs.

use super::*;
use crate::plan::{Depth, LookEnd, Planner, ScrubEnd, Ticket, Time};
use std::alloc::{Layout, alloc, dealloc};

/// The full scrub ran and left no damage.
pub const XFSHEALER_SCRUB_CLEAN: u32 = 1;
/// The full scrub ran, but damage is left.
pub const XFSHEALER_SCRUB_DAMAGE_LEFT: u32 = 2;
/// The full scrub could not be started.
pub const XFSHEALER_SCRUB_NOT_STARTED: u32 = 3;
/// The full scrub was ended, or had trouble of its own: nothing was judged.
pub const XFSHEALER_SCRUB_INTERRUPTED: u32 = 4;
/// The full scrub of somebody else ran, and has ended or was waited for long enough.
pub const XFSHEALER_SCRUB_OTHERS: u32 = 5;
/// The full scrub ran, and does not tell what it left.
pub const XFSHEALER_SCRUB_UNTOLD: u32 = 6;

/// The look is complete: everything was looked at.
pub const XFSHEALER_LOOK_COMPLETE: u32 = 1;
/// The look is incomplete: something could not be looked at.
pub const XFSHEALER_LOOK_INCOMPLETE: u32 = 2;
/// The look did not take place: nothing could be looked at.
pub const XFSHEALER_LOOK_NOT_LOOKED: u32 = 3;
/// The thread that looked never came back.
pub const XFSHEALER_LOOK_VANISHED: u32 = 4;

/// Plans the repairs of one filesystem.
pub struct xfshealer_planner(Planner);

/// Does something with a planner.
///
/// # Safety
/// As the module says.
unsafe fn with(
    planner: *mut xfshealer_planner,
    body: impl FnOnce(&mut Planner) -> Result<c_int, Errno>,
) -> c_int {
    guard(|| {
        is_usable(planner)?;
        // SAFETY: not null, and the caller vouches that it comes from `xfshealer_planner_new`, has
        // not been freed, and is used by nobody else during the call.
        let planner = unsafe { &mut *planner };
        body(&mut planner.0)
    })
}

/// Does something with a planner that stays as it is.
///
/// # Safety
/// As the module says.
unsafe fn of(
    planner: *const xfshealer_planner,
    body: impl FnOnce(&Planner) -> Result<c_int, Errno>,
) -> c_int {
    guard(|| {
        is_usable(planner)?;
        // SAFETY: as in `with`.
        let planner = unsafe { &*planner };
        body(&planner.0)
    })
}

fn known(is_known: bool) -> Result<c_int, Errno> {
    if is_known { Ok(0) } else { Err(Errno(libc::ENOENT)) }
}

/// Makes a planner.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_new(
    planner: *mut *mut xfshealer_planner,
    policy: *const xfshealer_policy,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches that it may be written.
        unsafe { write(planner, ptr::null_mut()) }?;
        // SAFETY: the caller vouches for it.
        let config = unsafe { super::policy::policy(policy) }?.config()?;
        // SAFETY: the layout is not empty.
        let at = unsafe { alloc(Layout::new::<xfshealer_planner>()) }.cast::<xfshealer_planner>();
        if at.is_null() {
            return Err(Errno(libc::ENOMEM));
        }
        // SAFETY: allocated with the layout of what is written, and nobody else has it yet.
        unsafe { at.write(xfshealer_planner(Planner::new(config))) };
        // SAFETY: written just now.
        if unsafe { !(*at).0.has_memory() } {
            // SAFETY: allocated and written above, and nobody else has it.
            unsafe { xfshealer_planner_free(at) };
            return Err(Errno(libc::ENOMEM));
        }
        // SAFETY: written before.
        unsafe { write(planner, at) }?;
        Ok(0)
    })
}

/// Frees a planner.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_free(planner: *mut xfshealer_planner) {
    guard(|| {
        is_usable(planner)?;
        // SAFETY: the caller vouches that it comes from `xfshealer_planner_new`, where it was written,
        // has not been freed, and is used by nobody from now on. (Not a box: the compiler believes
        // the drop of one to unwind.)
        unsafe { ptr::drop_in_place(planner) };
        // SAFETY: allocated there with this layout.
        unsafe { dealloc(planner.cast(), Layout::new::<xfshealer_planner>()) };
        Ok(0)
    });
}

/// Takes in an event.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_event(
    planner: *mut xfshealer_planner,
    event: *const xfshealer_event,
    now_ns: u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        // SAFETY: the caller vouches for it.
        let event = unsafe { read(event) }?.to_event()?;
        planner.event(&event, Time::from_nanos(now_ns));
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Takes in damage that was found.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_sick(
    planner: *mut xfshealer_planner,
    target: *const xfshealer_target,
    mask: u32,
    now_ns: u64,
    fresh: *mut u32,
) -> c_int {
    let body = |planner: &mut Planner| {
        // SAFETY: the caller vouches for it.
        let target = unsafe { read(target) }?.target()?;
        if fresh.is_null() {
            planner.sick(target, mask, Time::from_nanos(now_ns));
            return Ok(0);
        }
        is_usable(fresh)?;
        let new = planner.sick(target, mask, Time::from_nanos(now_ns));
        // SAFETY: usable; the caller vouches that it may be written.
        unsafe { write(fresh, new) }?;
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Takes note that events were lost.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_lost(
    planner: *mut xfshealer_planner,
    now_ns: u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        planner.lost(Time::from_nanos(now_ns));
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Requests a look for damage.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_look(
    planner: *mut xfshealer_planner,
    depth: u32,
) -> c_int {
    let body = |planner: &mut Planner| {
        planner.look(match depth {
            XFSHEALER_DEPTH_SHALLOW => Depth::Shallow,
            XFSHEALER_DEPTH_DEEP => Depth::Deep,
            XFSHEALER_DEPTH_CHECKS => Depth::Checks,
            _ => return Err(INVALID),
        });
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Changes what is to be done about damage.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_set_mode(
    planner: *mut xfshealer_planner,
    mode: u32,
) -> c_int {
    let body = |planner: &mut Planner| {
        planner.set_policy(super::policy::mode(mode)?);
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Plans nothing more.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_stop(planner: *mut xfshealer_planner) -> c_int {
    let body = |planner: &mut Planner| {
        planner.stop();
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Stores the action to do next.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_next(
    planner: *mut xfshealer_planner,
    now_ns: u64,
    action: *mut xfshealer_action,
) -> c_int {
    let body = |planner: &mut Planner| {
        is_usable(action)?;
        let Some(next) = planner.next(Time::from_nanos(now_ns)) else { return Ok(0) };
        // SAFETY: usable; the caller vouches that it may be written.
        unsafe { write(action, next.into()) }?;
        Ok(1)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Stores the time for which there is nothing to do, in nanoseconds.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_wait(
    planner: *const xfshealer_planner,
    now_ns: u64,
    wait_ns: *mut u64,
) -> c_int {
    let body = |planner: &Planner| {
        is_usable(wait_ns)?;
        let now = Time::from_nanos(now_ns);
        let Some(at) = planner.wake_at(now) else { return Ok(0) };
        let nanos = u64::try_from(at.since(now).as_nanos()).unwrap_or(u64::MAX);
        // SAFETY: usable; the caller vouches that it may be written.
        unsafe { write(wait_ns, nanos) }?;
        Ok(1)
    };
    // SAFETY: the caller vouches for it.
    unsafe { of(planner, body) }
}

/// Number of structures that are damaged as far as is known.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_damaged(planner: *const xfshealer_planner) -> c_int {
    let body = |planner: &Planner| Ok(planner.damage_count().try_into().unwrap_or(c_int::MAX));
    // SAFETY: the caller vouches for it.
    unsafe { of(planner, body) }
}

/// Takes in how a repair ended.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_finished(
    planner: *mut xfshealer_planner,
    ticket: u64,
    outcome: *const xfshealer_outcome,
    now_ns: u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        // SAFETY: the caller vouches for it.
        let outcome = unsafe { read(outcome) }?.outcome()?;
        known(planner.finished(Ticket(ticket), outcome, Time::from_nanos(now_ns)))
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Takes in what is left of an inode after the repair of its core.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_follow_up(
    planner: *mut xfshealer_planner,
    ticket: u64,
    mask: u32,
    now_ns: u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        known(planner.follow_up(Ticket(ticket), mask, Time::from_nanos(now_ns)))
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Takes in that somebody else's full scrub is waited for.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_scrub_waits(
    planner: *mut xfshealer_planner,
    ticket: u64,
    now_ns: u64,
    left_ns: *mut u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        is_usable(left_ns)?;
        let left = planner.scrub_waits(Ticket(ticket), Time::from_nanos(now_ns));
        let Some(left) = left else { return known(false) };
        // SAFETY: usable; the caller vouches that it may be written.
        unsafe { write(left_ns, u64::try_from(left.as_nanos()).unwrap_or(u64::MAX)) }?;
        Ok(0)
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Takes in how a full scrub ended.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_scrub_finished(
    planner: *mut xfshealer_planner,
    ticket: u64,
    end: u32,
    now_ns: u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        let end = match end {
            XFSHEALER_SCRUB_CLEAN => ScrubEnd::Finished { clean: true },
            XFSHEALER_SCRUB_DAMAGE_LEFT => ScrubEnd::Finished { clean: false },
            XFSHEALER_SCRUB_NOT_STARTED => ScrubEnd::NotStarted,
            XFSHEALER_SCRUB_INTERRUPTED => ScrubEnd::Interrupted,
            XFSHEALER_SCRUB_OTHERS => ScrubEnd::Others,
            XFSHEALER_SCRUB_UNTOLD => ScrubEnd::Untold,
            _ => return Err(INVALID),
        };
        known(planner.scrub_finished(Ticket(ticket), end, Time::from_nanos(now_ns)))
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}

/// Takes in how a look ended.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_planner_look_finished(
    planner: *mut xfshealer_planner,
    ticket: u64,
    end: u32,
    now_ns: u64,
) -> c_int {
    let body = |planner: &mut Planner| {
        let end = match end {
            XFSHEALER_LOOK_COMPLETE => LookEnd::Complete,
            XFSHEALER_LOOK_INCOMPLETE => LookEnd::Incomplete,
            XFSHEALER_LOOK_NOT_LOOKED => LookEnd::NotLooked,
            XFSHEALER_LOOK_VANISHED => LookEnd::Vanished,
            _ => return Err(INVALID),
        };
        known(planner.look_finished(Ticket(ticket), end, Time::from_nanos(now_ns)))
    };
    // SAFETY: the caller vouches for it.
    unsafe { with(planner, body) }
}
