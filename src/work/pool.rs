// SPDX-License-Identifier: LGPL-2.1-or-later
//! The threads that do whatever may block.

mod state;

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io};

use crate::sys;
use state::{LaneQueue, PoolState, Task, Work, patience};

/// A thread without work ends after this time, so that an idle healer is one thread.
const IDLE_END: Duration = Duration::from_secs(5);
/// Stack of a thread, in bytes: enough for system calls with their buffers on the stack.
const STACK_BYTES: usize = 256 * 1024;

/// A pool of at most so many threads, each started when it is first needed; threads that are stuck in
/// the kernel do not count. Clones share them.
///
/// Who gives work to them has a [`Lane`]. Lanes take turns, so that none waits for the storm in
/// another; and when tasks of one are stuck, as many more threads work for the others.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

/// A queue of work for a pool. Clones are the same queue.
#[derive(Clone)]
pub struct Lane {
    shared: Arc<Shared>,
    number: u64,
}

struct Shared {
    most: usize,
    stack_bytes: usize,
    state: Mutex<PoolState>,
    work: Condvar,
}

impl Pool {
    /// A pool of at most this many threads, and at least one.
    pub fn new(most: usize) -> Pool {
        Pool::with_stacks(most, STACK_BYTES)
    }

    fn with_stacks(most: usize, stack_bytes: usize) -> Pool {
        let (state, work) = (Mutex::default(), Condvar::new());
        Pool { shared: Arc::new(Shared { most: most.max(1), stack_bytes, state, work }) }
    }

    /// A pool that can have no thread: for tests.
    #[cfg(test)]
    pub fn without_threads() -> Pool {
        Pool::with_stacks(1, usize::MAX - 0xf_ffff)
    }

    /// A new lane.
    pub fn lane(&self) -> Lane {
        let mut state = self.shared.lock();
        state.lanes_made += 1;
        Lane { shared: Arc::clone(&self.shared), number: state.lanes_made }
    }

    /// A new lane whose tasks run one at a time, beside those of all other lanes: none of them waits
    /// for the others, and none keeps others waiting.
    pub fn lane_apart(&self) -> Lane {
        let lane = self.lane();
        self.shared.lock().apart.insert(lane.number);
        lane
    }

    /// Lets more threads work while some are stuck, and does what is to be done about those that
    /// were killed; to be called again after the time that is returned. Nothing to do as long as
    /// nothing is being worked at.
    pub fn lend_threads(&self) -> Option<Duration> {
        self.shared.replace_killed();
        let state = self.shared.lock();
        let look_at = state.running.iter().map(|running| running.look_at).min();
        let look_in = look_at.map(|at| at.saturating_duration_since(Instant::now()));
        if state.waiting.is_empty() {
            return look_in;
        }
        drop(state);
        // Where no thread can be had, those that exist will come to it.
        let has_grown = self.shared.grow().unwrap_or(false);
        let state = self.shared.lock();
        // Not those that have been called already: a system call for each.
        let is_woken = state.idle > state.called && state.next(self.shared.most).is_some();
        if is_woken {
            self.shared.work.notify_all();
        }
        let now = Instant::now();
        let stuck = state.stuck(now);
        // A thread that was just started, or woken, may soon be stuck too.
        let may_begin = is_woken || has_grown || state.starting > 0 || state.called > 0;
        let new = may_begin.then_some(now);
        let next = state.running.get(stuck.len()).map(|running| running.since).or(new);
        // All are stuck, and what waits is theirs.
        let Some(next) = next else { return look_in };
        let stuck_in = patience(stuck.len()).saturating_sub(now.saturating_duration_since(next));
        Some(look_in.map_or(stuck_in, |look_in| look_in.min(stuck_in)))
    }
}

impl Lane {
    /// Number that no other lane of the pool has; never 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Queues a task behind the others. A crash in the kernel kills the thread inside of the call,
    /// and nothing of the task runs any more, not even a destructor: then `if_killed` runs.
    pub fn submit(
        &self,
        work: impl FnOnce() + Send + 'static,
        if_killed: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let (work, if_killed) = (Box::new(work), Box::new(if_killed));
        self.push(Task { work, if_killed, then: None }, |waiting| &mut waiting.tasks)
    }

    /// Queues a task behind the others whose end is told by `then`, in any case but that its thread is
    /// killed. Whatever is made of the end, as a further task, is not waited for by a new thread: this
    /// one can be had for it.
    pub fn submit_and_tell(
        &self,
        work: impl FnOnce() + Send + 'static,
        if_killed: impl FnOnce() + Send + 'static,
        then: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let (work, if_killed) = (Box::new(work), Box::new(if_killed));
        let then: Option<Work> = Some(Box::new(then));
        self.push(Task { work, if_killed, then }, |waiting| &mut waiting.tasks)
    }

    /// Queues a short task before every other that is not urgent.
    pub fn submit_urgent(
        &self,
        work: impl FnOnce() + Send + 'static,
        if_killed: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let (work, if_killed) = (Box::new(work), Box::new(if_killed));
        self.push(Task { work, if_killed, then: None }, |waiting| &mut waiting.urgent)
    }

    /// Fails if there is no thread at all and none can be started, or the lane has had too many
    /// killed.
    fn push(&self, task: Task, queue: fn(&mut LaneQueue) -> &mut VecDeque<Task>) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.is_given_up(self.number) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        queue(state.waiting.entry(self.number).or_default()).push_back(task);
        // Where it has to wait for others, the thread that ends one of them goes on with it.
        let is_called = state.idle > state.called && state.next(self.shared.most).is_some();
        state.called += usize::from(is_called);
        drop(state);
        // A system call, also where nobody waits. Whoever is woken begins with the state.
        if is_called {
            self.shared.work.notify_one();
        }
        let Err(error) = self.shared.grow() else { return Ok(()) };
        let mut state = self.shared.lock();
        // Those that exist will come to it.
        if state.threads > 0 {
            return Ok(());
        }
        state.waiting.get_mut(&self.number).and_then(|waiting| queue(waiting).pop_back());
        state.forget_if_empty(self.number);
        Err(error)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread if there is work for one; tells if it has, or why it could not. The state is
    /// not locked meanwhile: the new thread begins with it.
    fn grow(self: &Arc<Shared>) -> io::Result<bool> {
        if !self.lock().makes_room(self.most) {
            return Ok(false);
        }
        let shared = Arc::clone(self);
        let started = sys::start_thread(c"healer-worker", self.stack_bytes, move || shared.serve());
        if started.is_err() {
            let mut state = self.lock();
            state.threads = state.threads.saturating_sub(1);
            state.starting = state.starting.saturating_sub(1);
        }
        started.map(|()| true)
    }

    /// Finds threads that were killed, does what their tasks say for that, and lets others take
    /// their places.
    fn replace_killed(self: &Arc<Shared>) {
        // With nothing locked, as what is not done any more answers when it is dropped.
        let (killed, left_waiting) = self.lock().take_killed(Instant::now());
        let is_less = !killed.is_empty();
        killed.into_iter().for_each(|if_killed| if_killed());
        drop(left_waiting);
        if is_less {
            let _ = self.grow();
        }
    }

    /// Does tasks as a worker until there has been nothing to do for a while.
    fn serve(&self) {
        // Asked for once, and not with the state locked.
        sys::thread_id();
        let mut state = self.lock();
        state.starting = state.starting.saturating_sub(1);
        loop {
            while let Some((work, then, number)) = state.take(self.most) {
                drop(state);
                // A task that panics answers by its own guards; the thread goes on.
                let _ = panic::catch_unwind(AssertUnwindSafe(work));
                state = self.lock();
                let at = state.running.iter().position(|other| other.number == number);
                let ended = at.map(|at| state.running.remove(at));
                state.starting += 1;
                drop(state);
                drop(ended);
                let _ = then.map(|then| panic::catch_unwind(AssertUnwindSafe(then)));
                state = self.lock();
                state.starting = state.starting.saturating_sub(1);
            }
            state.idle += 1;
            let nothing = |state: &mut PoolState| {
                // Also a call that another thread has answered. One too few costs a call too many.
                state.called = state.called.saturating_sub(1);
                state.next(self.most).is_none()
            };
            let wait = self.work.wait_timeout_while(state, IDLE_END, nothing);
            let (guard, timeout) = wait.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if timeout.timed_out() {
                state.threads = state.threads.saturating_sub(1);
                let is_last = state.threads == 0;
                drop(state);
                // This takes a little of the heap.
                sys::give_back_stack();
                if is_last {
                    sys::give_back_heap();
                }
                return;
            }
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("most", &self.shared.most).finish_non_exhaustive()
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
