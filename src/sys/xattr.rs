// SPDX-License-Identifier: LGPL-2.1-or-later
//! Extended attributes.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::check;

/// Reads the attribute `name` of an open file into `buf` and returns the length of its value.
///
/// ENODATA: there is no such attribute, or it is hidden from the caller. ERANGE: `buf` is too
/// short. With an empty `buf` only the length is asked for.
pub fn fgetxattr(fd: BorrowedFd<'_>, name: &CStr, buf: &mut [u8]) -> io::Result<usize> {
    let (to, len) = (buf.as_mut_ptr().cast(), buf.len());
    // SAFETY: `name` ends with NUL and `buf` is writable for its length.
    let n = check(unsafe { libc::fgetxattr(fd.as_raw_fd(), name.as_ptr(), to, len) })?;
    Ok(n.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn an_attribute_that_is_not_there() {
        let root = File::open("/").unwrap();
        let error = fgetxattr(root.as_fd(), c"trusted.xfs:no such thing", &mut [0; 8]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENODATA));
    }
}
