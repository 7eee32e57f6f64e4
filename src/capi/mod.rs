// SPDX-License-Identifier: LGPL-2.1-or-later
//! The functions of `include/xfshealer.h`, where they are described; here they are only carried
//! out, by [`crate::event`], [`crate::plan`] and [`crate::report`].
//!
//! # Safety
//! What holds for every function: a pointer is null, or points to as many bytes or structures as
//! the header says, which nothing else writes during the call and which do not overlap with any
//! other. A string ends with a null byte. A planner comes from `xfshealer_planner_new`, has not
//! been freed, and is used by one thread at a time. Null, and a structure that is not aligned, is
//! answered with -EINVAL. Everything else that a caller can pass is checked.
#![allow(unsafe_code, non_camel_case_types)]

mod action;
mod decode;
mod event;
mod fserror;
mod names;
mod notice;
mod outcome;
mod planner;
mod policy;
mod record;
mod target;
mod text;

pub use action::*;
pub use decode::*;
pub use event::*;
pub use fserror::*;
pub use names::*;
pub use outcome::*;
pub use planner::*;
pub use policy::*;
pub use target::*;
pub use text::*;

use crate::event::word;
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Number of the interface, that of the soname.
pub const XFSHEALER_ABI_VERSION: u32 = 0;

const VERSION: &CStr = word!(env!("CARGO_PKG_VERSION"));

/// Version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Number of the interface of the library.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_abi_version() -> u32 {
    XFSHEALER_ABI_VERSION
}

/// A positive errno that a function answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(c_int);

const INVALID: Errno = Errno(libc::EINVAL);

/// Runs the body of a function. No panic is reachable in it, as tests/capi/link.rs shows of the
/// packaged library; if there was one, it must not unwind into C.
fn guard(body: impl FnOnce() -> Result<c_int, Errno>) -> c_int {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(Errno(errno))) => -errno,
        Err(payload) => {
            // Dropping it would run code that nobody knows.
            std::mem::forget(payload);
            -libc::ENOTRECOVERABLE
        }
    }
}

fn is_usable<T>(at: *const T) -> Result<(), Errno> {
    if at.is_null() || !at.is_aligned() { Err(INVALID) } else { Ok(()) }
}

/// Copies a structure of the caller's.
///
/// # Safety
/// As the module says.
unsafe fn read<T: Copy>(at: *const T) -> Result<T, Errno> {
    is_usable(at)?;
    // SAFETY: neither null nor misaligned, and the caller vouches for the rest; every bit pattern
    // is a value of the structures of this interface, which are made of integers.
    Ok(unsafe { at.read() })
}

/// Writes a structure of the caller's.
///
/// # Safety
/// As the module says.
unsafe fn write<T: Copy>(at: *mut T, value: T) -> Result<(), Errno> {
    is_usable(at)?;
    // SAFETY: neither null nor misaligned, and the caller vouches that it may be written.
    unsafe { at.write(value) };
    Ok(())
}

/// The bytes of a C string.
///
/// # Safety
/// As the module says; they must not change while they are used.
unsafe fn string<'a>(at: *const c_char) -> Result<&'a [u8], Errno> {
    is_usable(at)?;
    // SAFETY: not null, and the caller vouches for a null byte at its end.
    Ok(unsafe { CStr::from_ptr(at) }.to_bytes())
}

/// A constant string or null.
fn name(found: Option<&'static CStr>) -> *const c_char {
    found.map_or(ptr::null(), CStr::as_ptr)
}
