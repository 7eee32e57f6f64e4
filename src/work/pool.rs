// SPDX-License-Identifier: LGPL-2.1-or-later
//! The threads that do whatever may block.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io, mem};

use crate::sys;

/// A thread without work ends after this time, so that an idle healer is one thread.
const IDLE_END: Duration = Duration::from_secs(5);
/// A task that takes longer may be stuck on a frozen or dead filesystem: from here on its thread
/// does not count for the others. The more are, the sooner: see [`patience`].
const STUCK_AFTER: Duration = Duration::from_secs(10);
/// Limit of the running tasks of a lane while one of them is stuck: what is asked of a filesystem
/// whose repair takes minutes has its answer, and one that never answers costs no more than that
/// once it is known.
const MOST_BESIDE_STUCK: usize = 2;
/// Stack of a thread, in bytes: enough for system calls with their buffers on the stack.
const STACK_BYTES: usize = 256 * 1024;

/// Number of threads of one lane that may be killed in the kernel: what they held there stays held,
/// and with the last of them that costs more than the work of the lane is worth.
const MOST_KILLED: u32 = 2;

/// Time that the next task may take where so many are stuck. With the same time for each, a hundred
/// filesystems that hang would keep all others waiting for minutes, while to be wrong about one
/// costs a thread.
fn patience(stuck: usize) -> Duration {
    STUCK_AFTER / u32::try_from(stuck).unwrap_or(u32::MAX).saturating_add(1)
}

/// Numbers of threads that are at work.
#[derive(Default)]
struct Busy {
    /// Busy threads of each lane.
    lanes: BTreeMap<u64, BusyFor>,
    /// Busy threads of all lanes, without those that are stuck.
    moving: usize,
}

#[derive(Clone, Copy, Default)]
struct BusyFor {
    moving: usize,
    stuck: usize,
}

/// A piece of work to be done.
struct Task {
    work: Work,
    /// Work that is done instead of the task's end if its thread is killed in the kernel.
    if_killed: Work,
    /// Work that is done when the thread can be had for the next task, and that does not block.
    then: Option<Work>,
}

type Work = Box<dyn FnOnce() + Send>;

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

#[derive(Default)]
struct PoolState {
    lanes_made: u64,
    /// Lanes of which one task may always run: [`Pool::lane_apart`].
    apart: BTreeSet<u64>,
    tasks_begun: u64,
    /// Tasks that wait, in the lanes that have some waiting.
    waiting: BTreeMap<u64, LaneQueue>,
    /// Tasks that run, the oldest first.
    running: Vec<RunningTask>,
    /// The lane whose turn it was last.
    last: u64,
    threads: usize,
    /// Threads that have been started, or have ended a task, and have not yet come to take one.
    starting: usize,
    idle: usize,
    /// Idle threads that have been called and have not yet come: no more than are idle.
    called: usize,
    /// Number of threads that each lane has had killed, unless none.
    killed: BTreeMap<u64, u32>,
}

#[derive(Default)]
struct LaneQueue {
    urgent: VecDeque<Task>,
    tasks: VecDeque<Task>,
}

struct RunningTask {
    /// Number of the task, counted as tasks begin.
    number: u64,
    lane: u64,
    since: Instant,
    /// The kernel's number of the thread that does the task.
    thread: i32,
    /// Time of the next test if the thread is alive.
    look_at: Instant,
    if_killed: Work,
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
                if is_last {
                    sys::give_back_heap();
                }
                return;
            }
        }
    }
}

impl PoolState {
    /// The lane whose turn it is among those that may have something done.
    fn next(&self, most: usize) -> Option<u64> {
        let turns = || self.waiting.range(self.last + 1..).chain(self.waiting.range(..=self.last));
        let busy = self.busy();
        let is_idle = |lane: u64| self.running.iter().all(|running| running.lane != lane);
        let may = |lane: u64| match self.apart.contains(&lane) {
            true => is_idle(lane),
            false => busy.has_room_for(lane, most),
        };
        let urgent = turns().find(|(lane, waiting)| !waiting.urgent.is_empty() && may(**lane));
        urgent.or_else(|| turns().find(|(lane, _)| may(**lane))).map(|(lane, _)| *lane)
    }

    /// Counts one more thread, which is to be started, if there is work for one.
    fn makes_room(&mut self, most: usize) -> bool {
        let all = self.waiting.values();
        let waiting: usize = all.map(|lane| lane.urgent.len() + lane.tasks.len()).sum();
        let is_wanted = |_: &u64| self.idle + self.starting < waiting;
        let Some(lane) = self.next(most).filter(is_wanted) else { return false };
        let stuck = self.stuck(Instant::now()).iter();
        let stuck = stuck.filter(|running| running.lane != lane).count();
        if self.threads >= most + self.apart_in_use() + stuck {
            return false;
        }
        self.threads += 1;
        self.starting += 1;
        true
    }

    /// Number of lanes with threads beside the others that have something to do.
    fn apart_in_use(&self) -> usize {
        let is_running = |lane| self.running.iter().any(|running| running.lane == lane);
        let in_use = |lane: &&u64| self.waiting.contains_key(lane) || is_running(**lane);
        self.apart.iter().filter(in_use).count()
    }

    fn busy(&self) -> Busy {
        let stuck = self.stuck(Instant::now()).len();
        let mut busy = Busy::default();
        let counted = |running: &RunningTask| !self.apart.contains(&running.lane);
        let running = self.running.iter().enumerate();
        for (nth, running) in running.filter(|(_, running)| counted(running)) {
            let lane = busy.lanes.entry(running.lane).or_default();
            if nth < stuck {
                lane.stuck += 1;
            } else {
                lane.moving += 1;
                busy.moving += 1;
            }
        }
        busy
    }

    /// Tasks that are taken for stuck: the oldest.
    fn stuck(&self, now: Instant) -> &[RunningTask] {
        let is_stuck = |(nth, running): (usize, &RunningTask)| {
            now.saturating_duration_since(running.since) >= patience(nth)
        };
        let count = self.running.iter().enumerate().take_while(|each| is_stuck(*each)).count();
        self.running.get(..count).unwrap_or_default()
    }

    /// Takes a task out for the calling thread: its work, what is done then, and its number.
    fn take(&mut self, most: usize) -> Option<(Work, Option<Work>, u64)> {
        let lane = self.next(most)?;
        let waiting = self.waiting.get_mut(&lane)?;
        let Task { work, if_killed, then } =
            waiting.urgent.pop_front().or_else(|| waiting.tasks.pop_front())?;
        self.forget_if_empty(lane);
        self.tasks_begun += 1;
        let number = self.tasks_begun;
        let since = Instant::now();
        let (thread, look_at) = (sys::thread_id(), since + STUCK_AFTER);
        self.running.push(RunningTask { number, lane, since, thread, look_at, if_killed });
        self.last = lane;
        Some((work, then, number))
    }

    /// Takes out what is to be done for the tasks whose threads were killed, and what waits in
    /// lanes for which nothing more is done.
    fn take_killed(&mut self, now: Instant) -> (Vec<Work>, Vec<LaneQueue>) {
        let is_killed =
            |running: &RunningTask| running.look_at <= now && !sys::thread_is_alive(running.thread);
        let all = mem::take(&mut self.running).into_iter();
        let (killed, alive): (Vec<_>, _) = all.partition(is_killed);
        self.running = alive;
        let due = self.running.iter_mut().filter(|running| running.look_at <= now);
        due.for_each(|running| running.look_at = now + STUCK_AFTER);
        let mut left_waiting = Vec::new();
        for RunningTask { lane, .. } in &killed {
            self.threads = self.threads.saturating_sub(1);
            *self.killed.entry(*lane).or_default() += 1;
            if self.is_given_up(*lane) {
                left_waiting.extend(self.waiting.remove(lane));
            }
        }
        (killed.into_iter().map(|running| running.if_killed).collect(), left_waiting)
    }

    /// True if nothing more is done for this lane.
    fn is_given_up(&self, lane: u64) -> bool {
        self.killed.get(&lane).is_some_and(|killed| *killed >= MOST_KILLED)
    }

    fn forget_if_empty(&mut self, lane: u64) {
        let is_empty = |lane: &LaneQueue| lane.urgent.is_empty() && lane.tasks.is_empty();
        if self.waiting.get(&lane).is_some_and(is_empty) {
            self.waiting.remove(&lane);
        }
    }
}

impl Busy {
    /// True if one more thread may work for this lane: what is stuck elsewhere does not count.
    fn has_room_for(&self, lane: u64, most: usize) -> bool {
        let own = self.lanes.get(&lane).copied().unwrap_or_default();
        let is_too_much = own.stuck > 0 && own.stuck + own.moving >= MOST_BESIDE_STUCK;
        !is_too_much && self.moving + own.stuck < most
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
