// SPDX-License-Identifier: LGPL-2.1-or-later
//! The decoder of errors of any filesystem for C programs.

use super::decode::stream;
use super::{guard, is_usable, write};
use crate::sys::file_handle::{MOST_HANDLE_BYTES, inode_number};
use crate::sys::fserror::{RawErrorEvent, RawFsError, split_errors};
use std::ffi::{c_int, c_void};

/// A filesystem has reported an error.
pub const XFSHEALER_FSERROR_ERROR: u32 = 1;
/// The kernel's queue was full, and errors were lost.
pub const XFSHEALER_FSERROR_LOST: u32 = 2;
/// An event that contradicts itself, or is no error.
pub const XFSHEALER_FSERROR_SENSELESS: u32 = 3;

/// Flag of an error: the number and the generation of the inode are known.
pub const XFSHEALER_FSERROR_INO: u32 = 1;
/// Flag of an error: the number of the subvolume is known.
pub const XFSHEALER_FSERROR_SUBVOL: u32 = 2;

/// Most bytes of a handle.
pub const XFSHEALER_HANDLE_BYTES: usize = MOST_HANDLE_BYTES;

/// An event about an error. Fields that it does not have are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct xfshealer_fserror {
    /// Type of the event: `XFSHEALER_FSERROR_*`.
    pub r#type: u32,
    /// Flags of the error: `XFSHEALER_FSERROR_INO`, `XFSHEALER_FSERROR_SUBVOL`.
    pub flags: u32,
    /// The errno, as the kernel has it.
    pub error: i32,
    /// Number of errors that the kernel has made this event of.
    pub count: u32,
    /// Identity of the filesystem, as statfs(2) tells it.
    pub fsid: [i32; 2],
    /// Type of the handle.
    pub handle_type: i32,
    /// Number of bytes of the handle; 0: the error is about no file.
    pub handle_bytes: u32,
    /// Inode number.
    pub ino: u64,
    /// Number of the subvolume.
    pub subvol: u64,
    /// Inode generation.
    pub r#gen: u32,
    /// Padding: 0.
    pub pad: u32,
    /// The handle.
    pub handle: [u8; XFSHEALER_HANDLE_BYTES],
    /// Reserved: 0.
    pub reserved: u64,
}

impl xfshealer_fserror {
    const fn of(r#type: u32) -> xfshealer_fserror {
        xfshealer_fserror {
            r#type,
            flags: 0,
            error: 0,
            count: 0,
            fsid: [0; 2],
            handle_type: 0,
            handle_bytes: 0,
            ino: 0,
            subvol: 0,
            r#gen: 0,
            pad: 0,
            handle: [0; XFSHEALER_HANDLE_BYTES],
            reserved: 0,
        }
    }

    fn of_event(event: RawErrorEvent<'_>) -> xfshealer_fserror {
        let RawFsError { fsid, handle, errno, count } = match event {
            RawErrorEvent::Error(error) => error,
            RawErrorEvent::Lost => return xfshealer_fserror::of(XFSHEALER_FSERROR_LOST),
            RawErrorEvent::Senseless => return xfshealer_fserror::of(XFSHEALER_FSERROR_SENSELESS),
        };
        let mut error = xfshealer_fserror::of(XFSHEALER_FSERROR_ERROR);
        (error.fsid, error.error, error.count) = (fsid, errno, count);
        let Some((kind, bytes)) = handle else { return error };
        error.handle_type = kind;
        for (to, from) in error.handle.iter_mut().zip(bytes) {
            *to = *from;
            error.handle_bytes += 1;
        }
        if let Some(number) = inode_number(kind, bytes) {
            (error.ino, error.r#gen) = (number.ino, number.generation);
            error.subvol = number.subvolume.unwrap_or(0);
            error.flags = XFSHEALER_FSERROR_INO;
            error.flags |= number.subvolume.map_or(0, |_| XFSHEALER_FSERROR_SUBVOL);
        }
        error
    }
}

/// Decodes the first event of what was read.
///
/// # Safety
/// As the module says; neither `fserror` nor `consumed` overlaps with the `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_fserror_decode(
    bytes: *const c_void,
    size: usize,
    consumed: *mut usize,
    fserror: *mut xfshealer_fserror,
) -> c_int {
    guard(|| {
        is_usable(consumed)?;
        is_usable(fserror)?;
        // SAFETY: the caller vouches for it.
        let stream = unsafe { stream(bytes, size) }?;
        let first = split_errors(stream).next();
        // Nothing of the caller's bytes is looked at once something is written.
        let first = first.map(|(event, all)| (xfshealer_fserror::of_event(event), all.len()));
        let used = first.as_ref().map_or(0, |(_, used)| *used);
        let is_one = c_int::from(first.is_some());
        if let Some((event, _)) = first {
            // SAFETY: the caller vouches that it may be written.
            unsafe { write(fserror, event) }?;
        }
        // SAFETY: neither null nor misaligned; the caller vouches that it may be written.
        unsafe { write(consumed, used) }?;
        Ok(is_one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::fserror::parse_errors;
    use crate::sys::fserror::tests::{error, event, fid};

    #[test]
    fn a_buffer_is_decoded_event_by_event() {
        let handle = [300_u64.to_ne_bytes(), 257_u64.to_ne_bytes()].concat();
        let handle = [&handle[..], &5_u32.to_ne_bytes()].concat();
        let all = [
            event(0x8000, &[error(5, 2), fid([1, -2], 20, 0x4d, &handle)].concat()),
            event(0x4000, &[]),
            event(0x8000, &[error(108, 1), fid([3, 4], 0, 0, &[])].concat()),
            vec![1; 30],
        ];
        let bytes = all.concat();
        let (mut rest, mut found) = (&bytes[..], Vec::new());
        loop {
            let (mut used, mut one) = (99, xfshealer_fserror::of(99));
            // SAFETY: all are there, and apart.
            let n = unsafe {
                xfshealer_fserror_decode(rest.as_ptr().cast(), rest.len(), &mut used, &mut one)
            };
            if n != 1 {
                assert_eq!((n, used, one), (0, 0, xfshealer_fserror::of(99)));
                break;
            }
            found.push(one);
            rest = &rest[used..];
        }
        assert_eq!(found.len(), parse_errors(&bytes).len());
        let types: Vec<_> = found.iter().map(|one| one.r#type).collect();
        assert_eq!(types, [1, 2, 1, 3]);
        let first = found[0];
        assert_eq!((first.error, first.count, first.fsid), (5, 2, [1, -2]));
        assert_eq!((first.handle_type, &first.handle[..20]), (0x4d, &handle[..]));
        assert_eq!((first.flags, first.ino, first.subvol, first.r#gen), (3, 300, 257, 5));
        let rest = xfshealer_fserror { error: 108, count: 1, fsid: [3, 4], ..found[2] };
        assert_eq!(found[2], rest);
        assert_eq!((found[2].handle_bytes, found[2].flags), (0, 0));
    }
}
