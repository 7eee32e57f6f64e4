// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem while it is open.

use super::{Cores, Geometry};
use std::os::fd::BorrowedFd;

/// The facts about a filesystem that stay for as long as it is mounted, and by which its inodes are
/// found on its device.
#[derive(Clone, Copy, Debug)]
pub struct Lasting {
    /// Layout: what growing the filesystem changes of it is not asked for.
    pub geometry: Geometry,
    /// Number of the device.
    pub device: u64,
}

/// An open filesystem, with facts about it that were found out for one task and serve the next.
/// They are as old as the visit, which is to be short.
#[derive(Debug)]
pub struct Visit<'a> {
    root: BorrowedFd<'a>,
    lasting: Option<Lasting>,
    /// The filesystem's device, once it was asked for; an inner `None` where it cannot be read.
    cores: Option<Option<Cores>>,
}

impl<'a> Visit<'a> {
    /// A visit of the filesystem that the open file `root` is on, of which these facts are known.
    pub fn new(root: BorrowedFd<'a>, lasting: Option<Lasting>) -> Visit<'a> {
        Visit { root, lasting, cores: None }
    }

    /// The open file of the filesystem.
    pub fn root(&self) -> BorrowedFd<'a> {
        self.root
    }

    /// The filesystem's device, if it can be read.
    pub fn cores(&mut self) -> Option<&mut Cores> {
        let (root, lasting) = (self.root, self.lasting);
        let open = || match lasting {
            Some(Lasting { geometry, device }) => Cores::of_device(device, &geometry).ok(),
            None => {
                Geometry::read(root).ok().and_then(|geometry| Cores::open(root, &geometry).ok())
            }
        };
        self.cores.get_or_insert_with(open).as_mut()
    }
}
