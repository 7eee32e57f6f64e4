// SPDX-License-Identifier: LGPL-2.1-or-later
//! The path of a file that is known by number only.

use std::io;
use std::os::fd::BorrowedFd;

use super::Visit;
use crate::sys::xfs::{Handle, getparents};
use crate::uapi::xfs_attrlist_cursor;

/// Bytes of the longest path that the kernel takes, without its NUL (PATH_MAX).
const PATH_MAX_BYTES: usize = 4095;
/// Bytes of the longest name that a directory takes (NAME_MAX).
const NAME_MAX_BYTES: usize = 255;

/// The step from a file to the directory that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Upward {
    /// The file is the root directory.
    Root,
    /// The file is in the directory with this inode and generation, under this name.
    In(u64, u32, Vec<u8>),
    /// The file's directory is not known.
    Nowhere,
}

/// The path of the file `ino` below the root directory, as `/dir/name`; empty for the root itself.
///
/// `root_handle` is the handle of the filesystem's root directory. Of several names the first is
/// taken. `None`: the filesystem has no parent pointers, the file is gone or in no directory, they
/// are damaged or make no sense, the path is longer than a path can be, or it is not known whether
/// the filesystem survives the look ([`super::Cores`]). Names are arbitrary bytes but `/` and NUL.
///
/// Loads the file and all directories above it, and reads their attributes: damage in these makes
/// the kernel report them once more.
pub fn path_of(
    visit: &mut Visit<'_>,
    root_handle: &Handle,
    ino: u64,
    generation: u32,
) -> io::Result<Option<Vec<u8>>> {
    let root = visit.root();
    let Some(cores) = visit.cores() else { return Ok(None) };
    walk(ino, generation, |ino, generation| {
        if ino == root_handle.ino() {
            return Ok(Upward::Root);
        }
        if cores.is_deadly(ino)? {
            return Ok(Upward::Nowhere);
        }
        first_parent(root, &root_handle.with_inode(ino, generation))
    })
}

/// Reads from the kernel the first directory that a file is in.
fn first_parent(root: BorrowedFd<'_>, file: &Handle) -> io::Result<Upward> {
    // Room for one record: with more, the kernel would read on in the attributes.
    let mut buf = [0; 512];
    let mut parents = match getparents(root, file, &mut xfs_attrlist_cursor::default(), &mut buf) {
        Ok(parents) => parents,
        Err(error) if is_unknowable(&error) => return Ok(Upward::Nowhere),
        Err(error) => return Err(error),
    };
    if parents.is_root {
        return Ok(Upward::Root);
    }
    Ok(parents.next().map_or(Upward::Nowhere, |parent| {
        let directory = parent.directory;
        Upward::In(directory.ino(), directory.generation(), parent.name.to_vec())
    }))
}

/// True if the error says that there is no answer, now and later.
fn is_unknowable(error: &io::Error) -> bool {
    // EUCLEAN and EBADMSG are XFS's EFSCORRUPTED and EFSBADCRC.
    matches!(
        error.raw_os_error(),
        Some(
            libc::EOPNOTSUPP
                | libc::ENOENT
                | libc::ESTALE
                | libc::EINVAL
                | libc::EUCLEAN
                | libc::EBADMSG
                | libc::ENODATA
        )
    )
}

/// Walks upward by `step` until the root directory, and ends whatever the steps say.
pub(crate) fn walk<E>(
    mut ino: u64,
    mut generation: u32,
    mut step: impl FnMut(u64, u32) -> Result<Upward, E>,
) -> Result<Option<Vec<u8>>, E> {
    let mut visited = Vec::new();
    let mut names = Vec::new();
    let mut len = 0;
    loop {
        match step(ino, generation)? {
            Upward::Root => return Ok(Some(join(&names))),
            Upward::Nowhere => return Ok(None),
            Upward::In(parent, parent_generation, name) => {
                visited.push(ino);
                len += 1 + name.len();
                if visited.contains(&parent) || !is_name(&name) || len > PATH_MAX_BYTES {
                    return Ok(None);
                }
                names.push(name);
                (ino, generation) = (parent, parent_generation);
            }
        }
    }
}

/// True if a directory can hold this name.
fn is_name(name: &[u8]) -> bool {
    let has_forbidden = name.iter().any(|&byte| byte == b'/' || byte == 0);
    !has_forbidden && (1..=NAME_MAX_BYTES).contains(&name.len()) && name != b"." && name != b".."
}

/// The path of names that were found from the last to the first.
fn join(names: &[Vec<u8>]) -> Vec<u8> {
    let mut path = Vec::new();
    for name in names.iter().rev() {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;
    use std::collections::HashMap;

    const ROOT: u64 = 128;

    /// The path of `ino` in a tree of `(inode, parent, name)`, and how often was asked.
    fn path_in(tree: &[(u64, u64, &[u8])], ino: u64) -> (Option<Vec<u8>>, usize) {
        let places: HashMap<_, _> =
            tree.iter().map(|&(ino, dir, name)| (ino, (dir, name))).collect();
        let mut asked = 0;
        let path = walk(ino, 7, |ino, generation| {
            asked += 1;
            assert_eq!(generation, 7);
            let known = places.get(&ino).map(|&(dir, name)| Upward::In(dir, 7, name.to_vec()));
            let unknown = if ino == ROOT { Upward::Root } else { Upward::Nowhere };
            Ok::<_, io::Error>(known.unwrap_or(unknown))
        });
        (path.unwrap(), asked)
    }

    #[test]
    fn names_are_joined_from_the_root() {
        let tree: [(_, _, &[u8]); 2] = [(200, ROOT, b"dir"), (201, 200, b"a\n\x1b\xff b")];
        assert_eq!(path_in(&tree, 201).0.unwrap(), b"/dir/a\n\x1b\xff b");
        assert_eq!(path_in(&tree, 200).0.unwrap(), b"/dir");
        assert_eq!(path_in(&tree, ROOT), (Some(Vec::new()), 1));
    }

    #[test]
    fn a_file_that_is_nowhere_has_no_path() {
        assert_eq!(path_in(&[(201, 200, b"orphan")], 201), (None, 2));
        assert_eq!(path_in(&[], 201), (None, 1));
    }

    #[test]
    fn loops_end() {
        assert_eq!(path_in(&[(200, 200, b"self")], 200), (None, 1));
        let tree: [(_, _, &[u8]); 3] = [(200, 202, b"a"), (201, 200, b"b"), (202, 201, b"c")];
        assert_eq!(path_in(&tree, 200), (None, 3));
    }

    #[test]
    fn names_that_no_directory_can_hold_are_not_believed() {
        let long = [b'x'; 256];
        for name in [&b""[..], b".", b"..", b"a/b", b"/", b"a\0b", &long] {
            assert_eq!(path_in(&[(200, ROOT, name)], 200).0, None, "{name:?}");
        }
        let tree: [(_, _, &[u8]); 1] = [(200, ROOT, &long[..255])];
        assert_eq!(path_in(&tree, 200).0.unwrap().len(), 256);
    }

    #[test]
    fn a_path_is_never_longer_than_the_kernel_takes() {
        let name = [b'x'; 255];
        // 15 names of 255 bytes and one of 254 fill it to the last byte.
        let mut tree: Vec<(u64, u64, &[u8])> =
            (0..16).map(|depth| (200 + depth, 201 + depth, &name[..])).collect();
        tree[15] = (215, ROOT, &name[..254]);
        assert_eq!(path_in(&tree, 200).0.unwrap().len(), PATH_MAX_BYTES);
        tree[15].2 = &name;
        assert_eq!(path_in(&tree, 200).0, None);
    }

    #[test]
    fn an_endless_chain_ends() {
        let mut asked = 0;
        let path = walk(1, 0, |ino, _| {
            asked += 1;
            Ok::<_, io::Error>(Upward::In(ino + 1, 0, b"x".to_vec()))
        });
        assert_eq!(path.unwrap(), None);
        assert_eq!(asked, PATH_MAX_BYTES / 2 + 1);
    }

    #[test]
    fn errors_are_passed_on() {
        let path = walk(1, 0, |_, _| Err(libc::EIO));
        assert_eq!(path, Err(libc::EIO));
    }

    proptest! {
        #[test]
        fn any_tree_gives_a_sane_path_or_none(
            places in prop::collection::vec((0..20_u64, "[a-c/.]{0,3}"), 20),
        ) {
            let tree: Vec<_> = places
                .iter()
                .enumerate()
                .map(|(ino, (dir, name))| (ino as u64, if *dir == 0 { ROOT } else { *dir }, name.as_bytes()))
                .collect();
            let (path, asked) = path_in(&tree, 5);
            prop_assert!(asked <= 21);
            if let Some(path) = path {
                prop_assert!(path.split(|&byte| byte == b'/').skip(1).all(is_name));
            }
        }
    }
}
