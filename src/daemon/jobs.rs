// SPDX-License-Identifier: LGPL-2.1-or-later
//! What workers do for the loop, and what they answer.

use super::all::Opening;
use super::crew::{Answers, Promise, Workers};
use super::look::Slice;
use super::names::Inode;
use super::reach::Reach;
use super::support::Question;
use crate::act::{self, Begun, Runner, Scrubbed, Spawned, StartError, UnitState};
use crate::event::Target;
use crate::fs::{self, Access, Autofsck, NoDevice, Reopened, Visit};
use crate::plan::{Depth, LookEnd, Outcome, Policy, Ticket};
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;

/// What a worker has to tell.
#[derive(Debug)]
pub(super) enum Done {
    /// What became of a filesystem that was to be watched; the only answer of which nobody watches
    /// it yet.
    Opened(Opening),
    /// Whether the kernel can repair this filesystem.
    Probed(io::Result<()>),
    /// Where the filesystem was found.
    Found(PathBuf),
    /// What path an inode has.
    Path(Inode, Option<Vec<u8>>),
    /// What the property says, if it could be read.
    Property(Option<Autofsck>),
    /// What is sick of an inode after the repair of its core.
    FollowUp(Ticket, u32),
    /// How a repair ended.
    Repaired(Ticket, Outcome),
    /// What a look has found.
    Sick(Vec<(Target, u32)>),
    /// A look pauses, with the mount free.
    LookPaused(Box<Slice>),
    /// Inodes that a look has found and must not be loaded.
    Deadly(Vec<Inode>),
    /// What a look could not look at: AGs, and `None` for anything else.
    Missed(Vec<Option<u32>>),
    /// Why a look does not look at inodes.
    NoDevice(NoDevice),
    /// How a look ended.
    Looked(Ticket, Depth, LookEnd),
    /// Whether a full scrub was started.
    ScrubStarted(Ticket, Result<Begun, StartError>),
    /// What systemd tells of the unit of a full scrub; `None` if it does not answer.
    UnitState(Ticket, Option<UnitState>),
    /// A thread was killed in the kernel that did this.
    Killed(&'static str),
}

impl Workers {
    /// Asks whether the kernel can repair a filesystem.
    pub fn probe(&self, question: Question) -> io::Result<()> {
        let promise = self.promise(Done::Probed(Err(io::ErrorKind::OutOfMemory.into())));
        let did = "asked whether repair is supported";
        let if_killed = self.if_killed(did, vec![promise.clone()]);
        self.lane.submit_urgent(move || probe(question, promise), if_killed)
    }

    /// Looks paths up, all in one visit.
    pub fn look_up(&self, reach: &Arc<Reach>, inodes: Vec<Inode>) {
        let promises =
            inodes.into_iter().map(|inode| (inode, self.promise(Done::Path(inode, None))));
        let promises: Vec<_> = promises.collect();
        let owed = promises.iter().map(|(_, promise)| promise.clone()).collect();
        let if_killed = self.if_killed("looked for the path of a file", owed);
        let (reach, answers) = (Arc::clone(reach), self.answers.clone());
        // A task that is not taken is dropped, and with it the promises, which then answer. So do
        // those of a visit that cannot be made.
        let work = move || {
            let _ = reach.visit(Access::Look, |at| {
                found(&reach, at, &answers);
                let mut visit = Visit::new(at.file.as_fd());
                for (inode, promise) in promises {
                    promise.keep(Done::Path(inode, reach.path_of(&mut visit, inode)));
                }
            });
        };
        let _ = self.lane.submit_urgent(work, if_killed);
    }

    /// Asks what the property says.
    pub fn ask_property(&self, reach: &Arc<Reach>) {
        let promise = self.promise(Done::Property(None));
        let if_killed = self.if_killed("read the property autofsck", vec![promise.clone()]);
        let reach = Arc::clone(reach);
        let work = move || {
            if let Ok(Some(Ok(property))) = reach.visit(Access::Root, |at| reach.property(at)) {
                promise.keep(Done::Property(Some(property)));
            }
        };
        let _ = self.lane.submit_urgent(work, if_killed);
    }

    /// Starts a full scrub of the filesystem where it is mounted now; if it `waits`, not beside one of
    /// somebody else's.
    pub fn full_scrub(&self, reach: &Arc<Reach>, ticket: Ticket, runner: Runner, waits: bool) {
        let none = StartError::Unreachable(io::ErrorKind::OutOfMemory.into());
        let promise = self.promise(Done::ScrubStarted(ticket, Err(none)));
        let if_killed = self.if_killed("started a full scrub", vec![promise.clone()]);
        let reach = Arc::clone(reach);
        let work = move || {
            promise.or_else(Done::ScrubStarted(ticket, Err(StartError::Killed)));
            let access = Access::FullScrub(runner.fits());
            let what = reach.visit(access, |at| {
                found(&reach, at, promise.answers());
                if is_forbidden(&reach, at, promise.answers()) {
                    return Err(StartError::Forbidden);
                }
                let Some(mount_point) = at.mount_point.clone() else {
                    return Err(StartError::OnlyPart);
                };
                if at.is_read_only {
                    let read_only = io::Error::from_raw_os_error(libc::EROFS);
                    return Err(StartError::Unreachable(read_only));
                }
                // Where the property says anything else, somebody asked for repairs in words.
                let property = reach.autofsck(at);
                let by_property = matches!(property, Ok(Autofsck::Repair) | Err(_));
                let device = fs::device(at.file.as_fd()).map_err(StartError::Unreachable)?;
                Ok(Scrubbed { mount_point, device, by_property })
            });
            let begun =
                what.unwrap_or_else(|error| Err(StartError::Unreachable(error))).and_then(|what| {
                    runner.start(&what, waits, |spawn| held(&reach, access, &what, spawn))
                });
            promise.keep(Done::ScrubStarted(ticket, begun));
        };
        let _ = self.lane.submit(work, if_killed);
    }

    /// Asks systemd what became of the unit of a full scrub.
    pub fn ask_unit(&self, ticket: Ticket, unit: String) {
        let promise = self.promise(Done::UnitState(ticket, None));
        let if_killed = self.if_killed("asked systemd", vec![promise.clone()]);
        let work = move || {
            promise.keep(Done::UnitState(ticket, act::unit_state(&unit)));
        };
        let _ = self.lane.submit(work, if_killed);
    }
}

/// Has the program of a full scrub run while the filesystem is open where it will look for it: the
/// look for one of somebody else's took time, in which it may have been moved. Between the start of
/// the program and its own look nothing holds the filesystem there, or what it waits for could not be
/// unmounted.
fn held(
    reach: &Reach,
    access: Access,
    what: &Scrubbed,
    spawn: &mut dyn FnMut() -> io::Result<Spawned>,
) -> Result<io::Result<Spawned>, StartError> {
    let spawned = reach.visit(access, |at| {
        let is_there = at.mount_point.as_ref() == Some(&what.mount_point);
        is_there.then(spawn).ok_or_else(|| io::Error::from_raw_os_error(libc::ESTALE))
    });
    spawned.and_then(|spawned| spawned).map_err(StartError::Unreachable)
}

/// Asks the kernel and tells what it answers.
fn probe(question: Question, promise: Promise) {
    promise.or_else(Done::Probed(Err(io::Error::other("the thread was killed in the kernel"))));
    promise.keep(Done::Probed(question.put()));
}

/// Tells where the filesystem was found, for messages.
pub(super) fn found(reach: &Reach, at: &Reopened, answers: &Answers) {
    reach.found(at, |path| answers.put(Done::Found(path)));
}

/// Whether the property has come to forbid repairs, which is told; where it cannot be read, it is
/// as before.
pub(super) fn is_forbidden(reach: &Reach, at: &Reopened, answers: &Answers) -> bool {
    let Some(Ok(property)) = reach.property(at) else { return false };
    let is_forbidden = reach.directive().policy(property) != Policy::Repair;
    if is_forbidden {
        answers.put(Done::Property(Some(property)));
    }
    is_forbidden
}
