// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem while it is open.

use super::{Cores, Geometry};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Geometry and device of a filesystem, by which its inodes are found on the device. They stay for as
/// long as it is mounted.
#[derive(Debug)]
pub struct Lasting {
    /// Layout: what growing the filesystem changes of it is not asked for.
    pub geometry: Geometry,
    /// Number of the device.
    pub device: u64,
    /// File that the device was found at, once it was: it is tried first, and proven each time.
    pub path: OnceLock<PathBuf>,
}

impl Lasting {
    /// The facts that are known at first.
    pub fn new(geometry: Geometry, device: u64) -> Lasting {
        Lasting { geometry, device, path: OnceLock::new() }
    }
}

/// A filesystem that is open for a short time, with facts that were found out for one task and serve
/// the next.
/// They are as old as the visit, which is to be short.
#[derive(Debug)]
pub struct Visit<'a> {
    root: BorrowedFd<'a>,
    is_whole: bool,
    lasting: Option<&'a Lasting>,
    /// The filesystem's device, once it was asked for; an inner `None` where it cannot be read.
    cores: Option<Option<Cores>>,
}

impl<'a> Visit<'a> {
    /// A visit of the filesystem that the open file `root` is on, of which these facts are known;
    /// `is_whole` if that is known to be the filesystem's root directory.
    pub fn new(root: BorrowedFd<'a>, is_whole: bool, lasting: Option<&'a Lasting>) -> Visit<'a> {
        Visit { root, is_whole, lasting, cores: None }
    }

    /// The open file of the filesystem.
    pub fn root(&self) -> BorrowedFd<'a> {
        self.root
    }

    /// True if the open file is known to be the filesystem's root directory.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The filesystem's device, if it can be read.
    pub fn cores(&mut self) -> Option<&mut Cores> {
        let (root, lasting) = (self.root, self.lasting);
        let open = || match lasting {
            Some(Lasting { geometry, device, path }) => {
                Cores::of_device(*device, geometry, Some(path)).ok()
            }
            None => {
                Geometry::read(root).ok().and_then(|geometry| Cores::open(root, &geometry).ok())
            }
        };
        self.cores.get_or_insert_with(open).as_mut()
    }
}
