// SPDX-License-Identifier: LGPL-2.1-or-later
//! Repairs and look-ups of paths that wait for a worker, and how it does many of them in one visit.

use super::answer::{Done, found, is_forbidden};
use super::filesystem::Filesystem;
use super::paths::Inode;
use crate::act::{self, Before, Progress};
use crate::fs::{Access, Visit};
use crate::plan::{Outcome, Repair};
use crate::work::{Answers, Promise};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time for which one visit goes on to further work: to find the filesystem, prove that it is the
/// one and read the property costs as much as a small repair. The facts that the visit goes by may
/// be as old, and an unmount may have to wait longer by as much.
const VISIT: Duration = Duration::from_millis(100);

/// The work that was asked for and not begun. There is a task in the lane for each item; one that
/// is carried out does as many of them as fit, and a visit for repairs also looks up paths: they
/// are waited for, and cost little where the filesystem is open anyway.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    repairs: Mutex<VisitQueue<Wanted>>,
    look_ups: Mutex<VisitQueue<LookUp>>,
}

/// Inodes whose paths are wanted, and what is owed of each.
type LookUp = Vec<(Inode, Promise<Done>)>;

/// Items that wait, oldest first, and the number of tasks beyond them: their own item was done by
/// another task. Such a task does nothing, or those behind it in the lane would wait for one visit
/// each.
#[derive(Debug)]
struct VisitQueue<T> {
    waiting: VecDeque<T>,
    spare: usize,
}

impl<T> Default for VisitQueue<T> {
    fn default() -> VisitQueue<T> {
        VisitQueue { waiting: VecDeque::new(), spare: 0 }
    }
}

impl<T> VisitQueue<T> {
    /// Adds an item, for which there will be a task.
    fn push(&mut self, item: T) {
        self.waiting.push_back(item);
    }

    /// Takes the item for a task, carried out or not; `None` if there is nothing to do for it.
    fn for_task(&mut self) -> Option<T> {
        if self.spare > 0 {
            self.spare -= 1;
            return None;
        }
        self.waiting.pop_front()
    }

    /// Takes one more item for a task that had one.
    fn beside(&mut self) -> Option<T> {
        let item = self.waiting.pop_front()?;
        self.spare += 1;
        Some(item)
    }

    /// Takes the first item of a task, or one more.
    fn next(&mut self, is_first: bool) -> Option<T> {
        if is_first { self.for_task() } else { self.beside() }
    }
}

/// A repair, and what is owed of it.
#[derive(Clone, Debug)]
struct Wanted {
    repair: Repair,
    /// An inode whose path is looked up before the repair: a directory that is being repaired is
    /// locked.
    path: Option<(Inode, Promise<Done>)>,
    promise: Promise<Done>,
    /// The calls that were made for it in earlier visits.
    progress: Progress,
}

/// The work that a worker is at.
#[derive(Debug)]
enum VisitWork {
    Repair(Wanted),
    LookUp(LookUp),
}

type Current = Arc<Mutex<Option<VisitWork>>>;

/// A task of the pool as the right to do something that waits. If the task is never carried out, what
/// it was submitted for is answered as not done.
pub(crate) struct Turn {
    /// Work that waits for the task; `None` once it was taken.
    waiting: Option<Arc<Waiting>>,
    give_up: fn(&Waiting),
    current: Current,
}

impl Waiting {
    /// Queues a repair; gives the right to make it, and the work for when the thread is killed in
    /// the kernel.
    pub fn repair(
        self: &Arc<Self>,
        repair: Repair,
        path: Option<(Inode, Promise<Done>)>,
        promise: Promise<Done>,
    ) -> (Turn, impl FnOnce() + Send + use<>) {
        lock(&self.repairs).push(Wanted { repair, path, promise, progress: Progress::default() });
        // Dropped with nothing locked, as what is dropped answers.
        self.turn(|waiting| {
            let left = lock(&waiting.repairs).for_task();
            drop(left);
        })
    }

    /// Queues inodes whose paths are wanted; gives the right to look them up, and the work for when
    /// the thread is killed in the kernel.
    pub fn look_up(self: &Arc<Self>, inodes: LookUp) -> (Turn, impl FnOnce() + Send + use<>) {
        lock(&self.look_ups).push(inodes);
        self.turn(|waiting| {
            let left = lock(&waiting.look_ups).for_task();
            drop(left);
        })
    }

    fn turn(self: &Arc<Self>, give_up: fn(&Waiting)) -> (Turn, impl FnOnce() + Send + use<>) {
        let current = Current::default();
        let killed = Arc::clone(&current);
        let if_killed = move || {
            let work = lock(&killed).take();
            work.into_iter().for_each(VisitWork::killed);
        };
        (Turn { waiting: Some(Arc::clone(self)), give_up, current }, if_killed)
    }

    /// The next repair, which the worker is at from here on.
    fn next_repair(&self, current: &Current, is_first: bool) -> Option<Wanted> {
        let wanted = lock(&self.repairs).next(is_first)?;
        let repair = &wanted.repair;
        wanted.promise.or_else(Done::Repaired(repair.ticket, Outcome::Busy));
        *lock(current) = Some(VisitWork::Repair(wanted.clone()));
        Some(wanted)
    }

    /// The next inodes whose paths are wanted, which the worker is at from here on.
    fn next_look_up(&self, current: &Current, is_first: bool) -> Option<LookUp> {
        let inodes = lock(&self.look_ups).next(is_first)?;
        *lock(current) = Some(VisitWork::LookUp(inodes.clone()));
        Some(inodes)
    }
}

impl Turn {
    /// Makes the next repair, and those that follow it for a while; one that is not at its end by then
    /// goes on in another visit. The loop is not woken for the last answer: by then the mount is to be
    /// free.
    pub fn make(mut self, filesystem: &Filesystem) {
        let Some(waiting) = self.waiting.take() else { return };
        let current = &Arc::clone(&self.current);
        let mut first = waiting.next_repair(current, true);
        while let Some(wanted) = first {
            first = wanted.visit(filesystem, &waiting, current);
        }
    }

    /// Looks the next paths up, and those that follow for a while.
    pub fn look_up(mut self, filesystem: &Filesystem, answers: &Answers<Done>) {
        let Some(waiting) = self.waiting.take() else { return };
        let current = &Arc::clone(&self.current);
        let Some(first) = waiting.next_look_up(current, true) else { return };
        let owed = first.clone();
        let visited = filesystem.visit(Access::Look, |at| {
            found(filesystem, at, answers);
            let until = Instant::now() + VISIT;
            let mut visit = filesystem.at(at);
            let mut next = Some(first);
            while let Some(inodes) = next {
                look_up(inodes, filesystem, &mut visit);
                let goes_on = Instant::now() < until && !filesystem.is_over();
                next = if goes_on { waiting.next_look_up(current, false) } else { None };
            }
        });
        if visited.is_err() {
            owed.iter().for_each(|(_, promise)| promise.fall_due());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let give_up = self.give_up;
        self.waiting.iter().for_each(|waiting| give_up(waiting));
    }
}

impl VisitWork {
    /// Gives the answers that are owed for work whose thread was killed in the kernel.
    fn killed(self) {
        match self {
            VisitWork::Repair(wanted) => wanted.killed(),
            VisitWork::LookUp(inodes) => {
                let answers = inodes.first().map(|(_, promise)| promise.answers().clone());
                inodes.iter().for_each(|(_, promise)| promise.fall_due());
                let killed = Done::Killed("looked for the path of a file");
                if let Some(answers) = answers {
                    answers.put(killed);
                }
            }
        }
    }
}

/// Answers what paths these inodes have, where the filesystem is open.
fn look_up(inodes: LookUp, filesystem: &Filesystem, visit: &mut Visit<'_>) {
    let answers = inodes.first().map(|(_, promise)| promise.answers().clone());
    for (inode, promise) in inodes {
        promise.keep_quietly(Done::Path(inode, filesystem.path_of(visit, inode)));
    }
    answers.iter().for_each(Answers::wake);
}

impl Wanted {
    /// Makes the repair and those that follow it, in one visit; gives the one that is not at its end.
    fn visit(
        self,
        filesystem: &Filesystem,
        waiting: &Waiting,
        current: &Current,
    ) -> Option<Wanted> {
        let (ticket, promise) = (self.repair.ticket, self.promise.clone());
        let answers = promise.answers().clone();
        let visited = filesystem.visit(Access::Repair, |at| {
            found(filesystem, at, &answers);
            let until = Instant::now() + VISIT;
            let is_forbidden = is_forbidden(filesystem, at, &answers);
            let mut visit = filesystem.at(at);
            let goes_on = || Instant::now() < until && filesystem.may_repair();
            let mut next = Some(self);
            while let Some(wanted) = next {
                let rest = wanted.make(filesystem, is_forbidden, &mut visit, &goes_on);
                if rest.is_some() {
                    return rest;
                }
                while Instant::now() < until && !filesystem.is_over() {
                    let Some(inodes) = waiting.next_look_up(current, false) else { break };
                    answers.wake();
                    look_up(inodes, filesystem, &mut visit);
                }
                next = if goes_on() { waiting.next_repair(current, false) } else { None };
                if next.is_some() {
                    answers.wake();
                }
            }
            None
        });
        visited.unwrap_or_else(|error| {
            promise.keep_quietly(Done::Repaired(ticket, unreached(&error)));
            None
        })
    }

    /// Makes the repair where the filesystem is open, or as much of it as fits; gives the rest. Nobody
    /// is woken for the answers.
    fn make(
        self,
        filesystem: &Filesystem,
        is_forbidden: bool,
        visit: &mut Visit<'_>,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Wanted> {
        let Wanted { repair, path, promise, mut progress } = self;
        if let Some((inode, path)) = path {
            path.keep_quietly(Done::Path(inode, filesystem.path_of(visit, inode)));
        }
        if is_forbidden {
            promise.keep_quietly(Done::Repaired(repair.ticket, Outcome::Forbidden));
            return None;
        }
        promise.or_else(Done::Repaired(repair.ticket, Outcome::Vanished));
        let root_handle = filesystem.mount.root_handle();
        let before = Before::look(visit, repair.key);
        let Some((outcome, follow_up)) = act::repair(visit, &repair, &mut progress, goes_on) else {
            return Some(Wanted { repair, path: None, promise, progress });
        };
        if let Some(mask) = follow_up {
            promise.answers().put_quietly(Done::FollowUp(repair.ticket, mask));
        }
        let lost = before.losses(visit, root_handle, outcome);
        if !lost.is_empty() {
            promise.answers().put_quietly(Done::Lost(lost));
        }
        promise.keep_quietly(Done::Repaired(repair.ticket, outcome));
        None
    }

    /// Gives the answers that are owed for a repair whose thread was killed in the kernel.
    fn killed(self) {
        self.path.iter().for_each(|(_, path)| path.fall_due());
        // What comes before the call is no fault of the structure.
        if !self.promise.would_be(|done| matches!(done, Done::Repaired(_, Outcome::Vanished))) {
            self.promise.answers().put(Done::Killed("was to make a repair"));
        }
        self.promise.fall_due();
    }
}

/// The outcome of a repair for which the filesystem could not even be opened.
fn unreached(error: &io::Error) -> Outcome {
    Outcome::of_unreached(error.raw_os_error().unwrap_or(libc::ESTALE))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_task_for_each_that_waits_and_those_beyond_do_nothing() {
        let mut queue = VisitQueue::default();
        (0..5).for_each(|number| queue.push(number));
        let mut tasks = 5;
        let mut task = |queue: &mut VisitQueue<i32>, more: usize| {
            tasks -= 1;
            let first = queue.for_task();
            let done: Vec<_> =
                first.into_iter().chain((0..more).map_while(|_| queue.beside())).collect();
            assert_eq!(queue.waiting.len() + queue.spare, tasks);
            done
        };
        assert_eq!(task(&mut queue, 2), [0, 1, 2]);
        assert_eq!(task(&mut queue, 0), [0; 0], "its own was done");
        assert_eq!(task(&mut queue, 0), [0; 0]);
        assert_eq!(task(&mut queue, 9), [3, 4]);
        assert_eq!(task(&mut queue, 0), [0; 0]);
        queue.push(5);
        assert_eq!(queue.for_task(), Some(5));
        assert_eq!((queue.beside(), queue.for_task()), (None, None));
    }
}
