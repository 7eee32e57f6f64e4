// SPDX-License-Identifier: LGPL-2.1-or-later
//! The property autofsck: the administrator's wish, as written into the filesystem itself.

use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;

use crate::sys::xattr::fgetxattr;
use crate::sys::xfs;

/// The filesystem property `autofsck`, as `xfs_property` sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autofsck {
    /// The property does not exist.
    Unset,
    /// `none`: leave the filesystem alone.
    None,
    /// `check`: look, change nothing.
    Check,
    /// `optimize`: improve what is correct, do not repair.
    Optimize,
    /// `repair`: repair.
    Repair,
    /// The property has another value.
    Other,
}

/// Reads the property autofsck from the root directory `root`.
///
/// From a caller without privilege the kernel hides it, as if there was none: that is
/// [`ErrorKind::PermissionDenied`] here, which no errno stands behind.
pub fn autofsck(root: BorrowedFd<'_>) -> io::Result<Autofsck> {
    // Longer than every word that means something.
    let mut value = [0; 32];
    match fgetxattr(root, c"trusted.xfs:autofsck", &mut value) {
        Ok(len) => Ok(parse(value.get(..len).unwrap_or(&value))),
        Err(error) => match error.raw_os_error() {
            Some(libc::ENODATA) if is_hidden(root) => Err(ErrorKind::PermissionDenied.into()),
            Some(libc::ENODATA) => Ok(Autofsck::Unset),
            Some(libc::ERANGE) => Ok(Autofsck::Other),
            _ => Err(error),
        },
    }
}

/// True if this process lacks the privilege to see the property: CAP_SYS_ADMIN in the initial user
/// namespace, for trusted attributes (fs/xattr.c: xattr_permission) as for BULKSTAT. There is no
/// inode 0.
fn is_hidden(root: BorrowedFd<'_>) -> bool {
    xfs::bulkstat_one(root, 0).is_err_and(|error| error.raw_os_error() == Some(libc::EPERM))
}

/// Reads the value as the C program does, as a string in C's sense: it ends at the first NUL.
pub(crate) fn parse(value: &[u8]) -> Autofsck {
    match value.split(|&byte| byte == 0).next().unwrap_or_default() {
        b"none" => Autofsck::None,
        b"check" => Autofsck::Check,
        b"optimize" => Autofsck::Optimize,
        b"repair" => Autofsck::Repair,
        _ => Autofsck::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::os::fd::AsFd;
    use std::os::unix::fs::OpenOptionsExt;

    #[test]
    fn only_the_exact_words_count() {
        let cases = [
            (&b"none"[..], Autofsck::None),
            (b"check", Autofsck::Check),
            (b"optimize", Autofsck::Optimize),
            (b"repair", Autofsck::Repair),
            (b"repair\0", Autofsck::Repair),
            (b"repair\n", Autofsck::Other),
            (b"Repair", Autofsck::Other),
            (b"repai", Autofsck::Other),
            (b"", Autofsck::Other),
            (b"\xff", Autofsck::Other),
        ];
        for (value, meaning) in cases {
            assert_eq!(parse(value), meaning, "{value:?}");
        }
    }

    #[test]
    fn an_error_is_not_the_same_as_unset() {
        let path_only = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open("/").unwrap();
        let error = autofsck(path_only.as_fd()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EBADF));
    }
}
