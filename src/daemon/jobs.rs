// SPDX-License-Identifier: LGPL-2.1-or-later
//! What workers do for the loop, and what they answer.

use super::names::Inode;
use crate::act::{self, Breather, Inbox, Pool, Runner, StartError, Started};
use crate::fs::{self, Access, Autofsck, Monitor, Reopened, WeakMount};
use crate::plan::{Outcome, Repair, Ticket};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A filesystem as workers reach it: without holding it between two visits.
#[derive(Debug)]
pub(super) struct Reach {
    pub monitor: Monitor,
    pub mount: WeakMount,
    breather: Breather,
    /// The filesystem is going away: what has not begun does not begin any more.
    is_over: AtomicBool,
}

/// What a worker has to tell.
#[derive(Debug)]
pub(super) enum Done {
    /// Whether the kernel can repair this filesystem.
    Probed(io::Result<()>),
    /// Where the filesystem was found.
    Found(PathBuf),
    /// What path an inode has.
    Path(Inode, Option<Vec<u8>>),
    /// How a repair ended.
    Repaired(Ticket, Outcome),
    /// Whether a full scrub was started.
    ScrubStarted(Ticket, Result<Started, StartError>),
}

/// An answer that is owed: whatever happens to the worker, one is given.
struct Promise {
    inbox: Arc<Inbox<Done>>,
    otherwise: Option<Done>,
}

impl Promise {
    fn keep(mut self, done: Done) {
        self.otherwise = None;
        self.inbox.put(done);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.otherwise.take().into_iter().for_each(|done| self.inbox.put(done));
    }
}

/// The workers and what they answer through.
#[derive(Debug)]
pub(super) struct Workers {
    pool: Pool,
    inbox: Arc<Inbox<Done>>,
}

impl Reach {
    pub fn new(monitor: Monitor, mount: WeakMount) -> Reach {
        Reach { monitor, mount, breather: Breather::default(), is_over: AtomicBool::new(false) }
    }

    /// Nothing begins any more.
    pub fn give_up(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Opens the filesystem for the time of `work`; tells where it was found. ESHUTDOWN: given up.
    fn visit<R>(
        &self,
        access: Access,
        inbox: &Inbox<Done>,
        work: impl FnOnce(&Reopened) -> R,
    ) -> io::Result<R> {
        self.breather.visit(|| {
            if self.is_over.load(Ordering::Relaxed) {
                return Err(io::Error::from_raw_os_error(libc::ESHUTDOWN));
            }
            let reopened = self.mount.reopen(self.monitor.as_fd(), access)?;
            inbox.put(Done::Found(reopened.path.clone()));
            Ok(work(&reopened))
        })
    }

    fn look_up(&self, at: &Reopened, inode: Inode) -> Done {
        let path = fs::path_of(at.root.as_fd(), self.mount.root_handle(), inode.0, inode.1);
        Done::Path(inode, path.unwrap_or(None))
    }
}

impl Workers {
    pub fn new(most: usize) -> io::Result<Workers> {
        Ok(Workers { pool: Pool::new(most), inbox: Arc::new(Inbox::new()?) })
    }

    pub fn most(&self) -> usize {
        self.pool.most()
    }

    pub fn inbox(&self) -> &Inbox<Done> {
        &self.inbox
    }

    fn promise(&self, otherwise: Done) -> Promise {
        Promise { inbox: Arc::clone(&self.inbox), otherwise: Some(otherwise) }
    }

    /// Asks whether the kernel can repair the filesystem with this root directory.
    pub fn probe(&self, root: OwnedFd) -> io::Result<()> {
        let inbox = Arc::clone(&self.inbox);
        self.pool.submit_urgent(move || {
            let answer = act::probe(root.as_fd());
            // Before the answer, after which the filesystem is not to be held.
            drop(root);
            inbox.put(Done::Probed(answer));
        })
    }

    /// Looks a path up.
    pub fn look_up(&self, reach: &Arc<Reach>, inode: Inode) {
        let promise = self.promise(Done::Path(inode, None));
        let reach = Arc::clone(reach);
        // A task that is not taken is dropped, and with it the promise, which then answers.
        let _ = self.pool.submit_urgent(move || {
            let look = |at: &Reopened| reach.look_up(at, inode);
            if let Ok(done) = reach.visit(Access::Any, &promise.inbox, look) {
                promise.keep(done);
            }
        });
    }

    /// Repairs, after a look at the path where one is wanted: a directory that is being repaired
    /// is locked.
    pub fn repair(&self, reach: &Arc<Reach>, repair: Repair, look_up: Option<Inode>) {
        let mut path = look_up.map(|inode| (inode, self.promise(Done::Path(inode, None))));
        let promise = self.promise(Done::Repaired(repair.ticket, Outcome::Vanished));
        let reach = Arc::clone(reach);
        let work = move || {
            let outcome = reach.visit(Access::Writable, &promise.inbox, |at| {
                if let Some((inode, path)) = path.take() {
                    path.keep(reach.look_up(at, inode));
                }
                act::repair(at.root.as_fd(), &repair)
            });
            drop(path);
            let outcome = outcome.unwrap_or_else(|error| unreached(&error));
            promise.keep(Done::Repaired(repair.ticket, outcome));
        };
        // As above; that there is not a single thread is no fault of the structure.
        if self.pool.submit(work).is_err() {
            self.inbox.put(Done::Repaired(repair.ticket, Outcome::NoRoom));
        }
    }

    /// Starts a full scrub of the filesystem where it is mounted now.
    pub fn full_scrub(&self, reach: &Arc<Reach>, ticket: Ticket, runner: Runner) {
        let none = StartError::Unreachable(io::ErrorKind::OutOfMemory.into());
        let promise = self.promise(Done::ScrubStarted(ticket, Err(none)));
        let reach = Arc::clone(reach);
        let _ = self.pool.submit(move || {
            let place = reach.visit(Access::Writable, &promise.inbox, |at| {
                // Where the property says anything else, somebody asked for repairs in words.
                let property = fs::autofsck(at.root.as_fd());
                (at.path.clone(), matches!(property, Ok(Autofsck::Repair) | Err(_)))
            });
            let child = place
                .map_err(StartError::Unreachable)
                .and_then(|(path, by_property)| runner.start(&path, by_property));
            promise.keep(Done::ScrubStarted(ticket, child));
        });
    }
}

/// The outcome of a repair for which the filesystem could not even be opened.
fn unreached(error: &io::Error) -> Outcome {
    match error.raw_os_error() {
        Some(libc::ENOMEM | libc::EMFILE | libc::ENFILE) => Outcome::NoRoom,
        Some(libc::EINTR | libc::EAGAIN) => Outcome::Busy,
        Some(libc::ESHUTDOWN) => Outcome::Shutdown,
        Some(errno) => Outcome::Unreachable(errno),
        None => Outcome::Unreachable(libc::ESTALE),
    }
}
