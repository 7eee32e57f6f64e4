// SPDX-License-Identifier: LGPL-2.1-or-later
//! Who works for the loop, and the way back.

use super::jobs::Done;
use super::repairs::Repairs;
use crate::act::{Inbox, Lane, Pool};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// An answer that is owed: whatever becomes of the work and of the thread that does it, one is given,
/// at the latest when nobody has this any more. Clones are the same answer.
#[derive(Clone, Debug)]
pub(super) struct Promise(Arc<Debt>);

#[derive(Debug)]
struct Debt {
    answers: Answers,
    /// What is answered if nothing else is; nothing once it has been answered.
    otherwise: Mutex<Option<Done>>,
}

impl Promise {
    /// Where to leave what is to be told before the answer.
    pub fn answers(&self) -> &Answers {
        &self.0.answers
    }

    /// Changes what is answered if nothing else is.
    pub fn or_else(&self, done: Done) {
        if let Some(otherwise) = &mut *self.0.otherwise() {
            *otherwise = done;
        }
    }

    pub fn keep(self, done: Done) {
        if self.0.otherwise().take().is_some() {
            self.0.answers.put(done);
        }
    }

    /// The same, but the loop is not woken: another answer follows.
    pub fn keep_quietly(self, done: Done) {
        if self.0.otherwise().take().is_some() {
            let Answers { inbox, watch } = &self.0.answers;
            inbox.put_quietly((*watch, done));
        }
    }

    /// Whether such an answer is what is given if nothing else is.
    pub fn would_be(&self, is_such: impl FnOnce(&Done) -> bool) -> bool {
        self.0.otherwise().as_ref().is_some_and(is_such)
    }

    /// Answers what is answered if nothing else is.
    pub fn fall_due(&self) {
        self.0.fall_due();
    }
}

impl Debt {
    fn otherwise(&self) -> MutexGuard<'_, Option<Done>> {
        self.otherwise.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fall_due(&self) {
        let otherwise = self.otherwise().take();
        otherwise.into_iter().for_each(|done| self.answers.put(done));
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        self.fall_due();
    }
}

/// The threads of the process, and what they answer through. Clones share them.
#[derive(Clone, Debug)]
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
        Workers { lane, answers, repairs: Arc::default() }
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
        let wait = move || {
            let _ = child.wait();
        };
        let _ = self.pool.lane().submit(wait, || ());
    }

    /// Does what is to be done about threads that are stuck or were killed; to be called again after
    /// this time.
    pub fn relieve(&self) -> Option<Duration> {
        self.pool.relieve()
    }
}

/// What works for one filesystem.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    pub lane: Lane,
    pub answers: Answers,
    pub repairs: Arc<Repairs>,
}

impl Workers {
    /// What the answers go by.
    pub fn number(&self) -> u64 {
        self.lane.number()
    }

    pub fn promise(&self, otherwise: Done) -> Promise {
        let (answers, otherwise) = (self.answers.clone(), Mutex::new(Some(otherwise)));
        Promise(Arc::new(Debt { answers, otherwise }))
    }

    /// What is done if a thread is killed in the kernel at a task that owes these answers: they are
    /// given, and that it happened is told with what the thread did.
    pub fn if_killed(&self, did: &'static str, owed: Vec<Promise>) -> impl FnOnce() + Send + use<> {
        let answers = self.answers.clone();
        move || {
            owed.iter().for_each(Promise::fall_due);
            answers.put(Done::Killed(did));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(crew: &Crew) -> Vec<Done> {
        crew.take().into_iter().map(|(_, done)| done).collect()
    }

    #[test]
    fn what_a_killed_thread_owes_is_answered_once_and_before_that_is_told() {
        let crew = Crew::new(1).unwrap();
        let workers = crew.workers();
        let owed = workers.promise(Done::Property(None));
        let if_killed = workers.if_killed("read something", vec![owed.clone()]);
        owed.or_else(Done::Probed(Ok(())));
        assert!(answers(&crew).is_empty());
        if_killed();
        owed.keep(Done::Property(None));
        let [Done::Probed(Ok(())), Done::Killed("read something")] = answers(&crew)[..] else {
            panic!("something else was answered");
        };
    }

    #[test]
    fn a_promise_that_was_kept_does_not_fall_due() {
        let crew = Crew::new(1).unwrap();
        let workers = crew.workers();
        let owed = workers.promise(Done::Property(None));
        let if_killed = workers.if_killed("read something", vec![owed.clone()]);
        owed.keep(Done::Probed(Ok(())));
        drop(if_killed);
        assert!(matches!(answers(&crew)[..], [Done::Probed(Ok(()))]));
    }
}
