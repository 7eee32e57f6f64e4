// SPDX-License-Identifier: LGPL-2.1-or-later
//! Handles, which name a file without its path, and parent pointers, which lead back to one.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

use super::{Direction, ioctl};

/// The handle of an open file; argument [`xfs_fsop_handlereq`].
pub const XFS_IOC_FD_TO_HANDLE: u32 = ioctl::<xfs_fsop_handlereq>(Direction::ReadWrite, 106);
/// Reads the target of the symbolic link with a handle; argument [`xfs_fsop_handlereq`].
pub const XFS_IOC_READLINK_BY_HANDLE: u32 = ioctl::<xfs_fsop_handlereq>(Direction::ReadWrite, 108);
/// The parent pointers of the called file; argument [`xfs_getparents`].
pub const XFS_IOC_GETPARENTS: u32 = ioctl::<xfs_getparents>(Direction::ReadWrite, 62);
/// The parent pointers of the file with a handle; argument [`xfs_getparents_by_handle`].
pub const XFS_IOC_GETPARENTS_BY_HANDLE: u32 =
    ioctl::<xfs_getparents_by_handle>(Direction::ReadWrite, 63);

/// Identifies a filesystem on this machine, as long as it stays mounted.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfs_fsid {
    /// Opaque.
    pub val: [u32; 2],
}

/// Identifies a file within its filesystem.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfs_fid {
    /// Bytes of this structure that follow this field: 14.
    pub fid_len: u16,
    /// Zero.
    pub fid_pad: u16,
    /// The inode's generation.
    pub fid_gen: u32,
    /// The inode's number.
    pub fid_ino: u64,
}

/// Identifies a file.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfs_handle {
    /// The file's filesystem.
    pub ha_fsid: xfs_fsid,
    /// The file in its filesystem.
    pub ha_fid: xfs_fid,
}

/// A request to make or to use a handle.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfs_fsop_handlereq {
    /// The open file to make a handle of.
    pub fd: u32,
    /// A path, for calls that take one.
    pub path: *mut c_void,
    /// Flags to open with, for calls that open.
    pub oflags: u32,
    /// A handle, for calls that take one.
    pub ihandle: *mut c_void,
    /// Bytes at `ihandle`.
    pub ihandlen: u32,
    /// Address that the handle goes to: room for an [`xfs_handle`]; its size is not asked for. Or
    /// that of a target.
    pub ohandle: *mut c_void,
    /// Address that the number of bytes written to `ohandle` goes to; of a target, that of the
    /// number of bytes that there is room for.
    pub ohandlen: *mut u32,
}

/// The place where a list was left; zero at first, otherwise the kernel's own.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct xfs_attrlist_cursor {
    /// Opaque.
    pub opaque: [u32; 4],
}

/// A parent pointer: a directory, and this file's name in it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_getparents_rec {
    /// The directory.
    pub gpr_parent: xfs_handle,
    /// Bytes to the next record; that of the last reaches the end of the buffer.
    pub gpr_reclen: u32,
    /// Zero.
    pub gpr_reserved: u32,
    /// The name follows, ended by NUL.
    pub gpr_name: [u8; 0],
}

/// A request for parent pointers.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_getparents {
    /// The place to go on from.
    pub gp_cursor: xfs_attrlist_cursor,
    /// Must be zero.
    pub gp_iflags: u16,
    /// Output: `XFS_GETPARENTS_OFLAG_*`.
    pub gp_oflags: u16,
    /// Bytes at `gp_buffer`; the kernel does not tell how many it wrote.
    pub gp_bufsize: u32,
    /// Must be zero.
    pub gp_reserved: u64,
    /// Address of a buffer for [`xfs_getparents_rec`] records.
    pub gp_buffer: u64,
}

/// A request for parent pointers of a file that need not be open.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct xfs_getparents_by_handle {
    /// The file.
    pub gph_handle: xfs_handle,
    /// The request.
    pub gph_request: xfs_getparents,
}

/// Output flag: the file is the root directory, which has no parent.
pub const XFS_GETPARENTS_OFLAG_ROOT: u16 = 1 << 0;
/// Output flag: there are no more parent pointers.
pub const XFS_GETPARENTS_OFLAG_DONE: u16 = 1 << 1;
/// Mask of all output flags.
pub const XFS_GETPARENTS_OFLAGS_ALL: u16 = XFS_GETPARENTS_OFLAG_ROOT | XFS_GETPARENTS_OFLAG_DONE;
/// Mask of all input flags: none.
pub const XFS_GETPARENTS_IFLAGS_ALL: u16 = 0;
