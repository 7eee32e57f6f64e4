// SPDX-License-Identifier: LGPL-2.1-or-later
//! Where workers leave their results for the poll loop.

use crate::sys::EventFd;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, PoisonError};

/// A list of results and an eventfd that is readable while there are some.
#[derive(Debug)]
pub struct Inbox<T> {
    items: Mutex<Vec<T>>,
    ready: EventFd,
}

impl<T> Inbox<T> {
    /// An empty one.
    pub fn new() -> io::Result<Inbox<T>> {
        Ok(Inbox { items: Mutex::new(Vec::new()), ready: EventFd::new()? })
    }

    /// Leaves a result and wakes the loop, unless one that is there already has.
    pub fn put(&self, item: T) {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = items.is_empty();
        items.push(item);
        drop(items);
        if is_first {
            self.ready.notify();
        }
    }

    /// Takes everything out.
    pub fn take(&self) -> Vec<T> {
        // First: what is left after that is noticed again.
        let _ = self.ready.drain();
        std::mem::take(&mut *self.items.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> AsFd for Inbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ready.as_fd()
    }
}
