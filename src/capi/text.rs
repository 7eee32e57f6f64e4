// SPDX-License-Identifier: LGPL-2.1-or-later
//! Lines and JSON for C programs, as snprintf(3) writes them.

use super::*;
use crate::plan::Action;
use crate::report::{
    Level, Mount, escape_to, event_level, full_scrub_level, notice_level, write_event,
    write_event_json, write_full_scrub, write_full_scrub_json, write_notice, write_notice_json,
};
use std::fmt::{self, Write};

/// A buffer of the caller's: takes what fits and counts the rest.
struct Buffer {
    at: *mut c_char,
    /// Bytes that are left, without the one for the null byte.
    room: usize,
    /// Length of the whole.
    length: usize,
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fits = text.len().min(self.room);
        // SAFETY: `fits` bytes of `text` are there to be read; the caller vouches for the buffer, of
        // which at least `room` bytes are left at `at`, and that `text`, which may come from a
        // string of theirs, does not lie in it.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), self.at.cast(), fits) };
        // SAFETY: not beyond the end of the buffer, as `fits` is at most `room`.
        self.at = unsafe { self.at.add(fits) };
        self.room = self.room.saturating_sub(fits);
        self.length = self.length.saturating_add(text.len());
        Ok(())
    }
}

/// Where the caller says that the filesystem and the file are.
struct Names<'a> {
    mount: &'a [u8],
    path: Option<&'a [u8]>,
}

/// Writes into a caller's buffer.
///
/// # Safety
/// As the module says; the strings are not in the buffer.
unsafe fn print(
    mountpoint: *const c_char,
    path: *const c_char,
    buf: *mut c_char,
    size: usize,
    write: impl FnOnce(&mut Buffer, &Names<'_>) -> fmt::Result,
) -> Result<c_int, Errno> {
    // SAFETY: the caller vouches for it.
    let mount = unsafe { string(mountpoint) }?;
    let path = if path.is_null() {
        None
    } else {
        // SAFETY: the caller vouches for it.
        Some(unsafe { string(path) }?)
    };
    // Empty for the root directory.
    let is_relative = path.is_some_and(|path| path.first().is_some_and(|first| *first != b'/'));
    if is_relative || buf.is_null() && size != 0 {
        return Err(INVALID);
    }
    let mut nowhere: c_char = 0;
    let (at, room) = match size.checked_sub(1) {
        Some(room) => (buf, room),
        None => (&raw mut nowhere, 0),
    };
    let mut buffer = Buffer { at, room, length: 0 };
    // The buffer takes everything.
    let _ = write(&mut buffer, &Names { mount, path });
    // SAFETY: one byte more than `room` is there, and no more than `room` have been written.
    unsafe { buffer.at.write(0) };
    c_int::try_from(buffer.length).map_err(|_| Errno(libc::EOVERFLOW))
}

/// The line for an event.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_event_text(
    event: *const xfshealer_event,
    mountpoint: *const c_char,
    path: *const c_char,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let event = unsafe { read(event) }?.to_event()?;
        let write = |out: &mut Buffer, names: &Names<'_>| {
            write_event(out, Mount::at(names.mount), &event, names.path)
        };
        // SAFETY: the caller vouches for it.
        unsafe { print(mountpoint, path, buf, size, write) }
    })
}

/// The JSON object for an event.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_event_json(
    event: *const xfshealer_event,
    mountpoint: *const c_char,
    path: *const c_char,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let event = unsafe { read(event) }?.to_event()?;
        let write = |out: &mut Buffer, names: &Names<'_>| {
            write_event_json(out, names.mount, &event, names.path)
        };
        // SAFETY: the caller vouches for it.
        unsafe { print(mountpoint, path, buf, size, write) }
    })
}

/// The line for what a person is to be told of an action.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_action_text(
    action: *const xfshealer_action,
    mountpoint: *const c_char,
    path: *const c_char,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let action = unsafe { read(action) }?.to_action()?;
        let write = |out: &mut Buffer, names: &Names<'_>| {
            let mount = Mount::at(names.mount);
            match action {
                Action::Say(notice) => write_notice(out, mount, &notice, names.path),
                Action::FullScrub { reasons, .. } => write_full_scrub(out, mount, reasons),
                Action::Repair(_) | Action::Look { .. } => Ok(()),
            }
        };
        // SAFETY: the caller vouches for it.
        unsafe { print(mountpoint, path, buf, size, write) }
    })
}

/// The JSON object for what a person is to be told of an action.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_action_json(
    action: *const xfshealer_action,
    mountpoint: *const c_char,
    path: *const c_char,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let action = unsafe { read(action) }?.to_action()?;
        let write = |out: &mut Buffer, names: &Names<'_>| match action {
            Action::Say(notice) => write_notice_json(out, names.mount, &notice, names.path),
            Action::FullScrub { reasons, .. } => write_full_scrub_json(out, names.mount, reasons),
            Action::Repair(_) | Action::Look { .. } => Ok(()),
        };
        // SAFETY: the caller vouches for it.
        unsafe { print(mountpoint, path, buf, size, write) }
    })
}

/// A name, escaped.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_escape(
    name: *const c_char,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard(|| {
        let write = |out: &mut Buffer, names: &Names<'_>| escape_to(out, names.mount);
        // SAFETY: the caller vouches for it.
        unsafe { print(name, ptr::null(), buf, size, write) }
    })
}

/// The priority of the line for an event.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_event_level(event: *const xfshealer_event) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let event = unsafe { read(event) }?.to_event()?;
        Ok(event_level(&event).1 as c_int)
    })
}

/// The priority of the line for an action.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_action_level(action: *const xfshealer_action) -> c_int {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let level = match unsafe { read(action) }?.to_action()? {
            Action::Say(notice) => notice_level(&notice).1,
            Action::FullScrub { .. } => full_scrub_level().1,
            Action::Repair(_) | Action::Look { .. } => Level::Debug,
        };
        Ok(level as c_int)
    })
}
