// SPDX-License-Identifier: LGPL-2.1-or-later
//! Queue where workers leave their results for the poll loop.

use crate::sys::EventFd;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{io, mem};

/// A list of results and an eventfd that is readable while there are some to come for.
#[derive(Debug)]
pub struct Inbox<T> {
    state: Mutex<InboxState<T>>,
    ready: EventFd,
}

#[derive(Debug)]
struct InboxState<T> {
    items: Vec<T>,
    /// True if the eventfd has been notified, or will be at once.
    is_noticed: bool,
}

impl<T> Inbox<T> {
    /// An empty inbox.
    pub fn new() -> io::Result<Inbox<T>> {
        let state = InboxState { items: Vec::new(), is_noticed: false };
        Ok(Inbox { state: Mutex::new(state), ready: EventFd::new()? })
    }

    /// Leaves a result and wakes the loop, unless it is woken already.
    pub fn put(&self, item: T) {
        let mut state = self.lock();
        state.items.push(item);
        let is_noticed = mem::replace(&mut state.is_noticed, true);
        // Unlocked: the loop comes for the lock at once.
        drop(state);
        if !is_noticed {
            self.ready.notify();
        }
    }

    /// Leaves a result that nobody is woken for: another one follows soon, or it can wait until the
    /// loop is awake for something else.
    pub fn put_quietly(&self, item: T) {
        self.lock().items.push(item);
    }

    /// Wakes the loop for what was left quietly, unless it has come for that or is woken already.
    pub fn wake(&self) {
        let mut state = self.lock();
        if state.items.is_empty() || mem::replace(&mut state.is_noticed, true) {
            return;
        }
        drop(state);
        self.ready.notify();
    }

    /// Takes everything out; a system call only where the loop was woken for it.
    pub fn take(&self) -> Vec<T> {
        let mut state = self.lock();
        if state.is_noticed {
            // Not yet readable: whoever notifies is about to, and the loop will be woken for that.
            state.is_noticed = !matches!(self.ready.drain(), Ok(notices) if notices > 0);
        }
        mem::take(&mut state.items)
    }

    fn lock(&self) -> MutexGuard<'_, InboxState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> AsFd for Inbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ready.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::poll::{self, PollFd};
    use std::time::Duration;

    fn is_ready(inbox: &Inbox<i32>) -> bool {
        let mut fds = [PollFd::new(inbox.as_fd(), poll::IN)];
        poll::poll(&mut fds, Some(Duration::ZERO)).unwrap() == 1
    }

    #[test]
    fn who_waits_is_woken_for_what_is_put_and_once() {
        let inbox = Inbox::new().unwrap();
        assert!(inbox.take().is_empty() && !is_ready(&inbox));
        inbox.put(1);
        inbox.put(2);
        assert!(is_ready(&inbox));
        assert_eq!(inbox.take(), [1, 2]);
        assert!(!is_ready(&inbox), "nobody is woken for what was taken");
        inbox.put(3);
        assert!(is_ready(&inbox), "it is woken anew");
    }

    #[test]
    fn what_is_put_quietly_is_there_for_who_comes() {
        let inbox = Inbox::new().unwrap();
        inbox.put_quietly(1);
        assert!(!is_ready(&inbox));
        assert_eq!(inbox.take(), [1]);
        inbox.put_quietly(2);
        inbox.put(3);
        assert!(is_ready(&inbox));
        assert_eq!(inbox.take(), [2, 3]);
        assert!(!is_ready(&inbox));
        inbox.wake();
        assert!(!is_ready(&inbox), "there is nothing to come for");
        inbox.put_quietly(4);
        inbox.wake();
        assert!(is_ready(&inbox));
        assert_eq!(inbox.take(), [4]);
    }
}
