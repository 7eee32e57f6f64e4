// SPDX-License-Identifier: LGPL-2.1-or-later
//! A filesystem while it is open.

use super::{Cores, Geometry};
use std::os::fd::BorrowedFd;

/// An open filesystem, with what had to be found out of it for one thing and serves the next. It is
/// as old as the visit, which is to be short.
#[derive(Debug)]
pub struct Visit<'a> {
    root: BorrowedFd<'a>,
    /// Its device, once it was asked for; `None` where it cannot be read.
    cores: Option<Option<Cores>>,
}

impl<'a> Visit<'a> {
    /// A visit of the filesystem that the open file `root` is on.
    pub fn new(root: BorrowedFd<'a>) -> Visit<'a> {
        Visit { root, cores: None }
    }

    /// The open file.
    pub fn root(&self) -> BorrowedFd<'a> {
        self.root
    }

    /// Its device, if that can be read.
    pub fn cores(&mut self) -> Option<&mut Cores> {
        let root = self.root;
        let open =
            || Geometry::read(root).ok().and_then(|geometry| Cores::open(root, &geometry).ok());
        self.cores.get_or_insert_with(open).as_mut()
    }
}
