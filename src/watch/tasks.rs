// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tasks that workers do for the loop.

use super::answer::{Done, found, is_forbidden};
use super::filesystem::Filesystem;
use super::paths::Inode;
use super::slice::{Finds, Slice};
use super::support::Question;
use super::waiting::Waiting;
use crate::act::{Runner, Scrubbed, Spawned, StartError};
use crate::fs::{self, Access, Autofsck};
use crate::plan::{Depth, LookEnd, Outcome, Repair, Ticket};
use crate::service::unit;
use crate::sys;
use crate::work::Workers;
use crate::work::{Crew, Promise};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

/// The tasks that workers do for one filesystem.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    pub workers: Workers<Done>,
    pub waiting: Arc<Waiting>,
}

impl Tasks {
    pub fn new(crew: &Crew<Done>) -> Tasks {
        Tasks { workers: crew.workers(), waiting: Arc::default() }
    }

    /// The number by which the answers find the filesystem.
    pub fn number(&self) -> u64 {
        self.workers.number()
    }

    /// Makes the work for when a thread is killed in the kernel at a task that owes these answers:
    /// they are given, and the kill is told with what the thread did.
    pub fn if_killed(
        &self,
        did: &'static str,
        owed: Vec<Promise<Done>>,
    ) -> impl FnOnce() + Send + use<> {
        let answers = self.workers.answers.clone();
        move || {
            owed.iter().for_each(Promise::fall_due);
            answers.put(Done::Killed(did));
        }
    }

    /// Has a worker ask whether the kernel can repair a filesystem; gives what is owed, of which
    /// [`is_not_asked`] tells.
    pub fn probe(&self, question: Question) -> io::Result<Promise<Done>> {
        let promise = self.workers.promise(Done::Probed(Err(io::ErrorKind::OutOfMemory.into())));
        let did = "asked whether repair is supported";
        let if_killed = self.if_killed(did, vec![promise.clone()]);
        let owed = promise.clone();
        self.workers.lane.submit_urgent(move || probe(question, promise), if_killed).map(|()| owed)
    }

    /// Has a worker make a repair, after a look-up of the path where one is wanted.
    pub fn repair(&self, filesystem: &Arc<Filesystem>, repair: Repair, look_up: Option<Inode>) {
        let path = look_up.map(|inode| (inode, self.workers.promise(Done::Path(inode, None))));
        // That there is not a single thread to be had is no fault of the structure.
        let promise = self.workers.promise(Done::Repaired(repair.ticket, Outcome::NoRoom));
        let (turn, if_killed) = self.waiting.repair(repair, path, promise);
        let (filesystem, answers) = (Arc::clone(filesystem), self.workers.answers.clone());
        let work = move || turn.make(&filesystem);
        let _ = self.workers.lane.submit_and_tell(work, if_killed, move || answers.wake());
    }

    /// Has a worker look paths up, in one visit, maybe one for repairs.
    pub fn look_up(&self, filesystem: &Arc<Filesystem>, inodes: Vec<Inode>) {
        let owed = |inode| (inode, self.workers.promise(Done::Path(inode, None)));
        let (turn, if_killed) = self.waiting.look_up(inodes.into_iter().map(owed).collect());
        let (filesystem, answers) = (Arc::clone(filesystem), self.workers.answers.clone());
        let work = move || turn.look_up(&filesystem, &answers);
        let _ = self.workers.lane.submit_urgent(work, if_killed);
    }

    /// Has a worker look for damage.
    pub fn look(&self, filesystem: &Arc<Filesystem>, ticket: Ticket, depth: Depth) {
        self.look_on(Box::new(Slice::new(Arc::clone(filesystem), ticket, depth)));
    }

    /// Has a worker continue a look after a pause.
    pub fn look_on(&self, slice: Box<Slice>) {
        let looked = |end| Done::Looked(slice.ticket, slice.depth, end);
        let (promise, vanished) =
            (self.workers.promise(looked(LookEnd::NotLooked)), looked(LookEnd::Vanished));
        let owed = promise.clone();
        let if_killed = self.if_killed("looked for damage", vec![promise.clone()]);
        let if_killed = move || {
            owed.or_else(vanished);
            if_killed();
        };
        let work = move || look(slice, promise);
        // Nothing else goes as deep. Where there is no thread it is dropped, and its promise answers.
        let _ = self.workers.lane.submit_and_tell(work, if_killed, sys::give_back_stack);
    }

    /// Has a worker read the property autofsck.
    pub fn ask_property(&self, filesystem: &Arc<Filesystem>) {
        let promise = self.workers.promise(Done::Property(None));
        let if_killed = self.if_killed("read the property autofsck", vec![promise.clone()]);
        let filesystem = Arc::clone(filesystem);
        let work = move || {
            if let Ok(Some(Ok(property))) =
                filesystem.visit(Access::Root, |at| filesystem.property(at))
            {
                promise.keep(Done::Property(Some(property)));
            }
        };
        let _ = self.workers.lane.submit_urgent(work, if_killed);
    }

    /// Has a worker start a full scrub of the filesystem where it is mounted now; if it `waits`,
    /// not beside one of somebody else's.
    pub fn full_scrub(
        &self,
        filesystem: &Arc<Filesystem>,
        ticket: Ticket,
        runner: Runner,
        waits: bool,
    ) {
        let none = StartError::Unreachable(io::Error::from(io::ErrorKind::OutOfMemory).into());
        let promise = self.workers.promise(Done::ScrubStarted(ticket, Err(none)));
        let if_killed = self.if_killed("started a full scrub", vec![promise.clone()]);
        let filesystem = Arc::clone(filesystem);
        let work = move || {
            promise.or_else(Done::ScrubStarted(ticket, Err(StartError::Killed)));
            let access = Access::FullScrub(runner.fits());
            let what = filesystem.visit(access, |at| {
                found(&filesystem, at, promise.answers());
                if is_forbidden(&filesystem, at, promise.answers()) {
                    return Err(StartError::Forbidden);
                }
                let Some(mount_point) = at.mount_point.clone() else {
                    return Err(StartError::OnlyPart);
                };
                if at.is_read_only {
                    let read_only = io::Error::from_raw_os_error(libc::EROFS);
                    return Err(read_only.into());
                }
                // Where the property says anything else, somebody asked for repairs in words.
                let property = filesystem.autofsck(at);
                let by_property = matches!(property, Ok(Autofsck::Repair) | Err(_));
                let device = fs::device(at.file.as_fd())?;
                Ok(Scrubbed { mount_point, device, by_property })
            });
            let begun = what.unwrap_or_else(|error| Err(error.into())).and_then(|what| {
                runner.start(&what, waits, |spawn| held(&filesystem, access, &what, spawn))
            });
            promise.keep(Done::ScrubStarted(ticket, begun));
        };
        let _ = self.workers.lane.submit(work, if_killed);
    }

    /// Has a worker ask systemd what became of the unit of a full scrub.
    pub fn ask_unit(&self, ticket: Ticket, unit: String) {
        let promise = self.workers.promise(Done::UnitState(ticket, None));
        let if_killed = self.if_killed("asked systemd", vec![promise.clone()]);
        let work = move || {
            promise.keep(Done::UnitState(ticket, unit::unit_state(&unit)));
        };
        let _ = self.workers.lane.submit(work, if_killed);
    }
}

/// Continues a look, and tells what it has found, and that it goes on or how it has ended.
fn look(mut slice: Box<Slice>, promise: Promise<Done>) {
    let Finds { sick, deadly, missed, no_device, end } = slice.look();
    let found = [
        (!sick.is_empty()).then_some(Done::Sick(sick)),
        (!deadly.is_empty()).then_some(Done::Deadly(deadly)),
        (!missed.is_empty()).then_some(Done::Missed(missed)),
        no_device.map(Done::NoDevice),
    ];
    found.into_iter().flatten().for_each(|done| promise.answers().put(done));
    promise.keep(match end {
        Some(end) => Done::Looked(slice.ticket, slice.depth, end),
        // Not in this thread: on one processor there is but one, and repairs may be waiting.
        None => Done::LookPaused(slice),
    });
}

/// Has the program of a full scrub started while the filesystem is open where the program will look
/// for it: the search for one of somebody else's took time, in which it may have been moved.
/// Between the start of the program and its own look nothing holds the filesystem there, or what it
/// waits for could not be unmounted.
fn held(
    filesystem: &Filesystem,
    access: Access,
    what: &Scrubbed,
    spawn: &mut dyn FnMut() -> io::Result<Spawned>,
) -> Result<io::Result<Spawned>, StartError> {
    let spawned = filesystem.visit(access, |at| {
        let is_there = at.mount_point.as_ref() == Some(&what.mount_point);
        is_there.then(spawn).ok_or_else(|| io::Error::from_raw_os_error(libc::ESTALE))
    });
    Ok(spawned.and_then(|spawned| spawned)?)
}

/// True as long as no worker has put the question of [`Tasks::probe`].
pub(crate) fn is_not_asked(owed: &Promise<Done>) -> bool {
    let is_none = |error: &io::Error| error.kind() == io::ErrorKind::OutOfMemory;
    owed.would_be(|done| matches!(done, Done::Probed(Err(error)) if is_none(error)))
}

/// Puts the question to the kernel and tells what it answers.
fn probe(question: Question, promise: Promise<Done>) {
    promise.or_else(Done::Probed(Err(io::Error::other("the thread was killed in the kernel"))));
    promise.keep(Done::Probed(question.put()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Pool;

    fn answers(crew: &Crew<Done>) -> Vec<Done> {
        crew.take().into_iter().map(|(_, done)| done).collect()
    }

    #[test]
    fn what_a_killed_thread_owes_is_answered_once_and_before_that_is_told() {
        let crew = Crew::new(Pool::new(1)).unwrap();
        let tasks = Tasks::new(&crew);
        let owed = tasks.workers.promise(Done::Property(None));
        let if_killed = tasks.if_killed("read something", vec![owed.clone()]);
        owed.or_else(Done::Probed(Ok(())));
        assert!(answers(&crew).is_empty());
        if_killed();
        owed.keep(Done::Property(None));
        let [Done::Probed(Ok(())), Done::Killed("read something")] = answers(&crew)[..] else {
            panic!("something else was answered");
        };
    }

    #[test]
    fn a_question_that_no_worker_has_come_to_put_is_not_one_without_an_answer() {
        let pool = Pool::new(1);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let waits = move || {
            let _ = wait.recv();
        };
        pool.lane().submit(waits, || ()).unwrap();
        let crew = Crew::new(pool).unwrap();
        let root = std::fs::File::open("/proc").unwrap().into();
        let owed = Tasks::new(&crew).probe(Question::new(Arc::new(root), None)).unwrap();
        assert!(is_not_asked(&owed));
        go.send(()).unwrap();
        while crew.take().is_empty() {
            std::thread::yield_now();
        }
        assert!(!is_not_asked(&owed));
    }

    #[test]
    fn a_promise_that_was_kept_does_not_fall_due() {
        let crew = Crew::new(Pool::new(1)).unwrap();
        let tasks = Tasks::new(&crew);
        let owed = tasks.workers.promise(Done::Property(None));
        let if_killed = tasks.if_killed("read something", vec![owed.clone()]);
        owed.keep(Done::Probed(Ok(())));
        drop(if_killed);
        assert!(matches!(answers(&crew)[..], [Done::Probed(Ok(()))]));
    }
}
