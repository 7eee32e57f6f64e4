// SPDX-License-Identifier: LGPL-2.1-or-later
//! Worker threads, and the queue that their answers return by.

use super::{Inbox, Lane, Pool};
use crate::sys::Child;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Queue where a worker leaves what it has to tell of one filesystem.
#[derive(Debug)]
pub struct Answers<A> {
    inbox: Arc<Inbox<(u64, A)>>,
    watch: u64,
}

// Not derived: that would ask that answers can be cloned.
impl<A> Clone for Answers<A> {
    fn clone(&self) -> Answers<A> {
        Answers { inbox: Arc::clone(&self.inbox), watch: self.watch }
    }
}

impl<A> Answers<A> {
    pub fn put(&self, answer: A) {
        self.inbox.put((self.watch, answer));
    }

    /// Leaves an answer that nobody is woken for: [`Answers::wake`] follows, or another answer.
    pub fn put_quietly(&self, answer: A) {
        self.inbox.put_quietly((self.watch, answer));
    }

    /// Wakes the loop for what was left quietly.
    pub fn wake(&self) {
        self.inbox.wake();
    }
}

/// An answer that the loop is owed. Exactly one is given, whatever becomes of the work and of the thread
/// that does it: at the latest when nobody has this any more. Clones are the same answer.
#[derive(Debug)]
pub struct Promise<A>(Arc<Debt<A>>);

#[derive(Debug)]
struct Debt<A> {
    answers: Answers<A>,
    /// Answer that is given if no other is; `None` once one has been given.
    otherwise: Mutex<Option<A>>,
}

// Not derived: that would ask that answers can be cloned.
impl<A> Clone for Promise<A> {
    fn clone(&self) -> Promise<A> {
        Promise(Arc::clone(&self.0))
    }
}

impl<A> Promise<A> {
    /// Queue for what is to be told before the answer.
    pub fn answers(&self) -> &Answers<A> {
        &self.0.answers
    }

    /// Changes the answer that is given if no other is.
    pub fn or_else(&self, answer: A) {
        if let Some(otherwise) = &mut *self.0.otherwise() {
            *otherwise = answer;
        }
    }

    pub fn keep(self, answer: A) {
        if self.0.otherwise().take().is_some() {
            self.0.answers.put(answer);
        }
    }

    /// Gives the answer without waking the loop: [`Answers::wake`] follows, or another answer.
    pub fn keep_quietly(self, answer: A) {
        if self.0.otherwise().take().is_some() {
            self.0.answers.put_quietly(answer);
        }
    }

    /// True if `is_such` holds for the answer that is given if no other is.
    pub fn would_be(&self, is_such: impl FnOnce(&A) -> bool) -> bool {
        self.0.otherwise().as_ref().is_some_and(is_such)
    }

    /// Gives the answer that is given if no other is.
    pub fn fall_due(&self) {
        self.0.fall_due();
    }
}

impl<A> Debt<A> {
    fn otherwise(&self) -> MutexGuard<'_, Option<A>> {
        self.otherwise.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fall_due(&self) {
        let otherwise = self.otherwise().take();
        otherwise.into_iter().for_each(|answer| self.answers.put(answer));
    }
}

impl<A> Drop for Debt<A> {
    fn drop(&mut self) {
        self.fall_due();
    }
}

/// The worker threads, and the queue by which the loop gets their answers. Clones share them.
#[derive(Debug)]
pub struct Crew<A> {
    pool: Pool,
    inbox: Arc<Inbox<(u64, A)>>,
}

// Not derived: that would ask that answers can be cloned.
impl<A> Clone for Crew<A> {
    fn clone(&self) -> Crew<A> {
        Crew { pool: self.pool.clone(), inbox: Arc::clone(&self.inbox) }
    }
}

impl<A> Crew<A> {
    pub fn new(pool: Pool) -> io::Result<Crew<A>> {
        Ok(Crew { pool, inbox: Arc::new(Inbox::new()?) })
    }

    /// Workers for one more filesystem.
    pub fn workers(&self) -> Workers<A> {
        let (lane, inbox) = (self.pool.lane(), Arc::clone(&self.inbox));
        let answers = Answers { inbox, watch: lane.number() };
        Workers { lane, answers }
    }

    /// Has a thread find an answer, of which the caller has this number. `otherwise` is the answer where
    /// no thread can be had, or it is killed.
    pub fn ask(&self, otherwise: A, find: impl FnOnce() -> A + Send + 'static) -> u64
    where
        A: Send + 'static,
    {
        let workers = self.workers();
        let promise = workers.promise(otherwise);
        let owed = promise.clone();
        // A task that is not taken is dropped, and with it the promise, which then answers.
        let _ = workers.lane.submit(move || promise.keep(find()), move || owed.fall_due());
        workers.number()
    }

    /// Readable when something was answered.
    pub fn news(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }

    /// Takes the answers, with the number of the workers that each is of: [`Workers::number`].
    pub fn take(&self) -> Vec<(u64, A)> {
        self.inbox.take()
    }

    /// Has a thread wait for the end of a child that was told to end.
    pub fn reap(&self, mut child: Child) {
        // Where there is no thread, it stays a zombie until we end.
        let wait = move || {
            let _ = child.wait();
        };
        let _ = self.pool.lane().submit(wait, || ());
    }

    /// Does what is to be done about threads that are stuck or were killed; to be called again
    /// after the time that is returned.
    pub fn lend_threads(&self) -> Option<Duration> {
        self.pool.lend_threads()
    }
}

/// Workers for one filesystem.
#[derive(Debug)]
pub struct Workers<A> {
    pub lane: Lane,
    pub answers: Answers<A>,
}

// Not derived: that would ask that answers can be cloned.
impl<A> Clone for Workers<A> {
    fn clone(&self) -> Workers<A> {
        Workers { lane: self.lane.clone(), answers: self.answers.clone() }
    }
}

impl<A> Workers<A> {
    /// Number that the answers of these workers go by.
    pub fn number(&self) -> u64 {
        self.lane.number()
    }

    pub fn promise(&self, otherwise: A) -> Promise<A> {
        let (answers, otherwise) = (self.answers.clone(), Mutex::new(Some(otherwise)));
        Promise(Arc::new(Debt { answers, otherwise }))
    }
}
