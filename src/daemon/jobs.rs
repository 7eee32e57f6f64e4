// SPDX-License-Identifier: LGPL-2.1-or-later
//! What workers do for the loop, and what they answer.

use super::names::Inode;
use crate::act::{self, Breather, Inbox, Pool, Runner, StartError};
use crate::fs::{self, Access, Monitor, Reopened, WeakMount};
use crate::plan::{Outcome, Repair, Ticket};
use crate::sys::xfs::Handle;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;

/// A filesystem as workers reach it: without holding it between two visits.
#[derive(Debug)]
pub(super) struct Reach {
    pub monitor: Monitor,
    pub mount: WeakMount,
    pub root: Handle,
    breather: Breather,
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
    ScrubStarted(Ticket, Result<Child, StartError>),
}

/// The workers and what they answer through.
#[derive(Debug)]
pub(super) struct Workers {
    pool: Pool,
    inbox: Arc<Inbox<Done>>,
}

impl Reach {
    pub fn new(monitor: Monitor, mount: WeakMount, root: Handle) -> Reach {
        Reach { monitor, mount, root, breather: Breather::default() }
    }

    /// Opens the filesystem for the time of `work`; tells where it was found.
    fn visit<R>(
        &self,
        access: Access,
        inbox: &Inbox<Done>,
        work: impl FnOnce(&Reopened) -> R,
    ) -> io::Result<R> {
        self.breather.visit(|| {
            let reopened = self.mount.reopen(self.monitor.as_fd(), access)?;
            inbox.put(Done::Found(reopened.path.clone()));
            Ok(work(&reopened))
        })
    }

    fn look_up(&self, at: &Reopened, inode: Inode) -> Done {
        let path = fs::path_of(at.root.as_fd(), &self.root, inode.0, inode.1);
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

    /// Asks whether the kernel can repair the filesystem with this root directory.
    pub fn probe(&self, root: std::os::fd::OwnedFd) -> io::Result<()> {
        let inbox = Arc::clone(&self.inbox);
        self.pool.submit_urgent(move || inbox.put(Done::Probed(act::probe(root.as_fd()))))
    }

    /// Looks a path up.
    pub fn look_up(&self, reach: &Arc<Reach>, inode: Inode) {
        let (reach, inbox) = (Arc::clone(reach), Arc::clone(&self.inbox));
        let look = move || {
            let done = reach.visit(Access::Any, &inbox, |at| reach.look_up(at, inode));
            inbox.put(done.unwrap_or(Done::Path(inode, None)));
        };
        if self.pool.submit_urgent(look).is_err() {
            self.inbox.put(Done::Path(inode, None));
        }
    }

    /// Repairs, after a look at the path where one is wanted: a directory that is being repaired
    /// is locked.
    pub fn repair(&self, reach: &Arc<Reach>, repair: Repair, look_up: Option<Inode>) {
        let (reach, inbox) = (Arc::clone(reach), Arc::clone(&self.inbox));
        let work = move || {
            let mut looked = look_up.is_none();
            let outcome = reach.visit(Access::Writable, &inbox, |at| {
                if let Some(inode) = look_up {
                    inbox.put(reach.look_up(at, inode));
                    looked = true;
                }
                act::repair(at.root.as_fd(), &repair)
            });
            if let (false, Some(inode)) = (looked, look_up) {
                inbox.put(Done::Path(inode, None));
            }
            let outcome = outcome.unwrap_or_else(|error| unreached(&error));
            inbox.put(Done::Repaired(repair.ticket, outcome));
        };
        if self.pool.submit(work).is_err() {
            self.inbox.put(Done::Repaired(repair.ticket, Outcome::NoRoom));
        }
    }

    /// Starts a full scrub of the filesystem where it is mounted now.
    pub fn full_scrub(&self, reach: &Arc<Reach>, ticket: Ticket, runner: Runner) {
        let (reach, inbox) = (Arc::clone(reach), Arc::clone(&self.inbox));
        let work = move || {
            let place = reach.visit(Access::Writable, &inbox, |at| at.path.clone());
            let child = place
                .map_err(StartError::Unreachable)
                .and_then(|path: PathBuf| runner.start(Path::new(&path)));
            inbox.put(Done::ScrubStarted(ticket, child));
        };
        if let Err(error) = self.pool.submit(work) {
            self.inbox.put(Done::ScrubStarted(ticket, Err(StartError::Unreachable(error))));
        }
    }
}

/// The outcome of a repair for which the filesystem could not even be opened.
fn unreached(error: &io::Error) -> Outcome {
    match error.raw_os_error() {
        Some(libc::ENOMEM | libc::EMFILE | libc::ENFILE) => Outcome::NoRoom,
        Some(libc::EINTR | libc::EAGAIN) => Outcome::Busy,
        _ => Outcome::Unreachable,
    }
}
