// SPDX-License-Identifier: LGPL-2.1-or-later
//! Lines and JSON for C programs, as snprintf(3) writes them.

use super::*;
use crate::plan::Action;
use crate::report::{
    Level, Mount, NAME_BYTES, escape_within, event_level, full_scrub_level, notice_level,
    write_event, write_event_json, write_full_scrub, write_full_scrub_json, write_notice,
    write_notice_json,
};
use std::fmt::{self, Write};

/// A buffer of the caller's: takes what fits and counts the rest.
struct Buffer {
    at: *mut c_char,
    /// Bytes that are left, without the one for the null byte.
    room: usize,
    /// True if there is a byte for the null byte.
    has_end: bool,
    /// Length of the whole text in bytes.
    length: usize,
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fits = text.len().min(self.room);
        self.length = self.length.saturating_add(text.len());
        if fits == 0 {
            return Ok(());
        }
        // SAFETY: `fits` bytes of `text` are there to be read; the caller vouches for the buffer, of
        // which at least `room` bytes are left at `at`, and that `text`, which may come from a
        // string of theirs, does not lie in it.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), self.at.cast(), fits) };
        // SAFETY: not beyond the end of the buffer, as `fits` is at most `room`.
        self.at = unsafe { self.at.add(fits) };
        self.room = self.room.saturating_sub(fits);
        Ok(())
    }
}

/// Places of the filesystem and the file, as the caller says them, and the text for them.
struct Page<'a> {
    mount: &'a [u8],
    path: Option<&'a [u8]>,
    out: Buffer,
}

impl<'a> Page<'a> {
    /// Takes what the caller gives, which is not in the buffer.
    ///
    /// # Safety
    /// As the module says.
    #[inline(never)]
    unsafe fn new(
        mountpoint: *const c_char,
        path: *const c_char,
        buf: *mut c_char,
        size: usize,
    ) -> Result<Page<'a>, Errno> {
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
        let out = Buffer { at: buf, room: size.saturating_sub(1), has_end: size != 0, length: 0 };
        Ok(Page { mount, path, out })
    }

    /// Ends the text; gives its length.
    #[inline(never)]
    fn end(self) -> Result<c_int, Errno> {
        if self.out.has_end {
            // SAFETY: the buffer has one byte more than the room that it began with, and no more
            // than that room has been written.
            unsafe { self.out.at.write(0) };
        }
        c_int::try_from(self.out.length).map_err(|_| Errno(libc::EOVERFLOW))
    }
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
        // SAFETY: the caller vouches for it.
        let mut page = unsafe { Page::new(mountpoint, path, buf, size) }?;
        // The buffer takes everything.
        let _ = write_event(&mut page.out, Mount::at(page.mount), &event, page.path);
        page.end()
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
        // SAFETY: the caller vouches for it.
        let mut page = unsafe { Page::new(mountpoint, path, buf, size) }?;
        // The buffer takes everything.
        let _ = write_event_json(&mut page.out, page.mount, &event, page.path);
        page.end()
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
        // SAFETY: the caller vouches for it.
        let mut page = unsafe { Page::new(mountpoint, path, buf, size) }?;
        let (out, mount) = (&mut page.out, Mount::at(page.mount));
        // The buffer takes everything.
        let _ = match action {
            Action::Say(notice) => write_notice(out, mount, &notice, page.path),
            Action::FullScrub { reasons, .. } => write_full_scrub(out, mount, reasons),
            Action::Repair(_) | Action::Look { .. } => Ok(()),
        };
        page.end()
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
        // SAFETY: the caller vouches for it.
        let mut page = unsafe { Page::new(mountpoint, path, buf, size) }?;
        let out = &mut page.out;
        // The buffer takes everything.
        let _ = match action {
            Action::Say(notice) => write_notice_json(out, page.mount, &notice, page.path),
            Action::FullScrub { reasons, .. } => write_full_scrub_json(out, page.mount, reasons),
            Action::Repair(_) | Action::Look { .. } => Ok(()),
        };
        page.end()
    })
}

/// Writes a name, escaped.
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
        // SAFETY: the caller vouches for it.
        let mut page = unsafe { Page::new(name, ptr::null(), buf, size) }?;
        // The buffer takes everything.
        let _ = escape_within(&mut page.out, NAME_BYTES, [page.mount, b""]);
        page.end()
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
