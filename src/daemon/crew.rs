// SPDX-License-Identifier: LGPL-2.1-or-later
//! Who works for the loop, and the way back.

use super::jobs::Done;
use crate::act::{Inbox, Lane, Pool};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

/// Where a worker leaves what it has to tell of one filesystem.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    inbox: Arc<Inbox<(u64, Done)>>,
    watch: u64,
}

impl Answers {
    pub fn put(&self, done: Done) {
        self.inbox.put((self.watch, done));
    }
}

/// An answer that is owed: whatever happens to the worker, one is given.
#[derive(Debug)]
pub(super) struct Promise {
    pub answers: Answers,
    otherwise: Option<Done>,
}

impl Promise {
    /// Changes what is answered if nothing else is.
    pub fn or_else(&mut self, done: Done) {
        self.otherwise = Some(done);
    }

    pub fn keep(mut self, done: Done) {
        self.otherwise = None;
        self.answers.put(done);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.otherwise.take().into_iter().for_each(|done| self.answers.put(done));
    }
}

/// The threads of the process, and what they answer through.
#[derive(Debug)]
pub(super) struct Crew {
    pool: Pool,
    inbox: Arc<Inbox<(u64, Done)>>,
}

impl Crew {
    pub fn new(most: usize) -> io::Result<Crew> {
        Ok(Crew { pool: Pool::new(most), inbox: Arc::new(Inbox::new()?) })
    }

    /// What works for one more filesystem.
    pub fn workers(&self) -> Workers {
        let (lane, inbox) = (self.pool.lane(), Arc::clone(&self.inbox));
        let answers = Answers { inbox, watch: lane.number() };
        Workers { lane, answers }
    }

    /// Readable when something was answered.
    pub fn news(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }

    /// What was answered, and for whom: [`Workers::number`].
    pub fn take(&self) -> Vec<(u64, Done)> {
        self.inbox.take()
    }

    /// Has a thread wait for the end of a child that was told to end.
    pub fn bury(&self, mut child: Child) {
        // Where there is no thread, it stays a zombie until we end.
        let _ = self.pool.lane().submit(move || {
            let _ = child.wait();
        });
    }

    /// Does what is to be done about threads that are stuck; to be called again after this time.
    pub fn relieve(&self) -> Option<Duration> {
        self.pool.relieve()
    }
}

/// What works for one filesystem.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    pub lane: Lane,
    pub answers: Answers,
}

impl Workers {
    /// What the answers go by.
    pub fn number(&self) -> u64 {
        self.lane.number()
    }

    pub fn promise(&self, otherwise: Done) -> Promise {
        Promise { answers: self.answers.clone(), otherwise: Some(otherwise) }
    }
}
