// SPDX-License-Identifier: LGPL-2.1-or-later
//! Parent pointers: from a file to the directories that it is in.

use std::io;
use std::mem::offset_of;
use std::os::fd::BorrowedFd;

use super::{Handle, ioctl};
use crate::uapi::*;

/// A parent pointer: a directory that a file is in, and the file's name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent<'buf> {
    /// The directory.
    pub directory: Handle,
    /// The file's name in the directory: one byte or more, any but NUL. It is not checked further:
    /// damage can make a name contain `/`, or be `..`.
    pub name: &'buf [u8],
}

/// Some of a file's parent pointers; iterate over it.
///
/// Ends at the first record that contradicts itself.
#[derive(Clone, Copy, Debug)]
pub struct Parents<'buf> {
    /// True if the file is the root directory.
    pub is_root: bool,
    pub(crate) records: &'buf [u8],
}

/// Reads parent pointers of the file `of`, which need not be open, into `buf`.
///
/// `fd` is any open file of the same filesystem. `cursor` is zero at first and tells the next call
/// where to go on. `buf` has room for a record if it is 512 bytes long; more than 64 KiB are not
/// used.
///
/// Loads the inode and reads its attributes. EOPNOTSUPP: the filesystem has no parent pointers.
/// ENOENT, ESTALE, EINVAL: there is no such file. EUCLEAN: what would have to be read is damaged.
pub fn getparents<'buf>(
    fd: BorrowedFd<'_>,
    of: &Handle,
    cursor: &mut xfs_attrlist_cursor,
    buf: &'buf mut [u8],
) -> io::Result<Parents<'buf>> {
    const KERNEL_MAX: usize = 64 << 10;
    let len = buf.len().min(KERNEL_MAX);
    let buf = &mut buf[..len];
    // The kernel does not tell how much it wrote, and writes nothing when there are no parents.
    buf.fill(0);
    let mut arg = xfs_getparents_by_handle {
        gph_handle: of.0,
        gph_request: xfs_getparents {
            gp_cursor: *cursor,
            gp_bufsize: len as u32,
            gp_buffer: buf.as_mut_ptr() as u64,
            ..Default::default()
        },
    };
    // SAFETY: the request takes this structure and writes at most `gp_bufsize` bytes to
    // `gp_buffer`, and `buf` is writable for that many.
    unsafe { ioctl(fd, XFS_IOC_GETPARENTS_BY_HANDLE, &mut arg) }?;
    *cursor = arg.gph_request.gp_cursor;
    Ok(Parents {
        is_root: arg.gph_request.gp_oflags & XFS_GETPARENTS_OFLAG_ROOT != 0,
        records: buf,
    })
}

impl<'buf> Iterator for Parents<'buf> {
    type Item = Parent<'buf>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = split_record(self.records);
        let (parent, rest) = next.unzip();
        self.records = rest.unwrap_or_default();
        parent
    }
}

/// The first record, and the bytes behind it; `None` if there is none or it contradicts itself.
fn split_record(records: &[u8]) -> Option<(Parent<'_>, &[u8])> {
    let u32_at = |at: usize| Some(u32::from_ne_bytes(records.get(at..at + 4)?.try_into().ok()?));
    let len = u32_at(offset_of!(xfs_getparents_rec, gpr_reclen))? as usize;
    let name = records.get(offset_of!(xfs_getparents_rec, gpr_name)..len)?;
    let name = name.split(|&byte| byte == 0).next().filter(|found| found.len() < name.len())?;
    if name.is_empty() {
        return None;
    }
    let directory = parse_handle(records)?;
    Some((Parent { directory, name }, &records[len..]))
}

/// The handle that `bytes` begins with.
fn parse_handle(bytes: &[u8]) -> Option<Handle> {
    let (id, file) = bytes.split_first_chunk::<8>()?;
    let (file, _) = file.split_first_chunk::<16>()?;
    let u32_of = |bytes: &[u8]| Some(u32::from_ne_bytes(bytes.try_into().ok()?));
    let u16_of = |bytes: &[u8]| Some(u16::from_ne_bytes(bytes.try_into().ok()?));
    let fsid = xfs_fsid { val: [u32_of(&id[..4])?, u32_of(&id[4..])?] };
    let fid = xfs_fid {
        fid_len: u16_of(&file[..2])?,
        fid_pad: u16_of(&file[2..4])?,
        fid_gen: u32_of(&file[4..8])?,
        fid_ino: u64::from_ne_bytes(file[8..].try_into().ok()?),
    };
    Some(Handle(xfs_handle { ha_fsid: fsid, ha_fid: fid }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    /// A record as the kernel makes it.
    fn record(ino: u64, len: u32, name: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
        bytes.extend_from_slice(&14_u16.to_ne_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&5_u32.to_ne_bytes());
        bytes.extend_from_slice(&ino.to_ne_bytes());
        bytes.extend_from_slice(&len.to_ne_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(name);
        bytes
    }

    fn names(records: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let parents = Parents { is_root: false, records };
        parents.map(|parent| (parent.directory.ino(), parent.name.to_vec())).collect()
    }

    #[test]
    fn records_are_read_to_the_end_of_the_buffer() {
        let mut bytes = record(128, 40, b"a\n\xff\0\0\0\0\0");
        bytes.extend(record(131, 48, b"/\0 the rest of t"));
        let expected = [(128, b"a\n\xff".to_vec()), (131, b"/".to_vec())];
        assert_eq!(names(&bytes), expected);
        let parent = split_record(&bytes).unwrap().0;
        assert_eq!(parent.directory.generation(), 5);
        assert_eq!(parent.directory.0.ha_fid.fid_len, 14);
    }

    #[test]
    fn nothing_written_means_no_parents() {
        assert_eq!(names(&[0; 4096]), []);
        assert_eq!(names(&[]), []);
    }

    #[test]
    fn nonsense_ends_the_list() {
        for len in [0, 1, 31, 32, 33, 41, u32::MAX] {
            assert_eq!(names(&record(128, len, b"abcdefg\0")), [], "length {len}");
        }
        assert_eq!(names(&record(128, 40, b"no  end.")), []);
        assert_eq!(names(&record(128, 40, b"\0 empty\0")), []);
        let mut bytes = record(128, 40, b"good\0\0\0\0");
        bytes.extend(record(131, 8, b"bad\0\0\0\0\0"));
        bytes.extend(record(132, 40, b"never\0\0\0"));
        assert_eq!(names(&bytes), [(128, b"good".to_vec())]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_the_list_somewhere(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(names(&bytes).len() <= bytes.len() / 33);
        }

        #[test]
        fn any_lengths_end_the_list_somewhere(lens in prop::collection::vec(0..80_u32, 0..8)) {
            let bytes: Vec<u8> = lens.iter().flat_map(|&len| record(1, len, b"name\0\0\0\0")).collect();
            prop_assert!(names(&bytes).len() <= bytes.len() / 33);
        }
    }
}
