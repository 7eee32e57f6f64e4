// SPDX-License-Identifier: LGPL-2.1-or-later
//! The threads that do whatever may block.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, io};

/// A thread without work ends after this time, so that an idle healer is one thread.
const IDLE_END: Duration = Duration::from_secs(5);
/// A task that takes longer may be stuck on a frozen or dead filesystem: from here on its thread
/// does not count for the others.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many threads do not count at most, however many filesystems are stuck.
const MOST_STUCK: usize = 64;
/// Enough for system calls with their buffers on the stack.
const STACK_BYTES: usize = 256 * 1024;

type Task = Box<dyn FnOnce() + Send>;

/// Threads, each started when it is first needed, and no more than a fixed number, unless some are
/// stuck. Clones share them.
///
/// Who gives work to them has a [`Lane`]. Lanes take turns, so that none waits for the storm in
/// another; and when tasks of one are stuck, as many more threads work for the others.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

/// One queue of work for a pool. Clones are the same queue.
#[derive(Clone)]
pub struct Lane {
    shared: Arc<Shared>,
    number: u64,
}

struct Shared {
    most: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    lanes_made: u64,
    tasks_begun: u64,
    /// What waits, in the lanes that have something waiting.
    waiting: BTreeMap<u64, Waiting>,
    running: Vec<Running>,
    /// The lane whose turn it was last.
    last: u64,
    threads: usize,
    idle: usize,
}

#[derive(Default)]
struct Waiting {
    urgent: VecDeque<Task>,
    tasks: VecDeque<Task>,
}

struct Running {
    /// Which task, counted.
    number: u64,
    lane: u64,
    since: Instant,
}

impl Pool {
    /// At most this many threads, and at least one.
    pub fn new(most: usize) -> Pool {
        let (state, work) = (Mutex::default(), Condvar::new());
        Pool { shared: Arc::new(Shared { most: most.max(1), state, work }) }
    }

    /// A new queue.
    pub fn lane(&self) -> Lane {
        let mut state = self.shared.lock();
        state.lanes_made += 1;
        Lane { shared: Arc::clone(&self.shared), number: state.lanes_made }
    }

    /// Lets more threads work while some are stuck; to be called again after the time that is
    /// returned. Nothing to do as long as nothing waits.
    pub fn relieve(&self) -> Option<Duration> {
        let mut state = self.shared.lock();
        if state.waiting.is_empty() {
            return None;
        }
        // Where no thread can be had, those that exist will come to it.
        let _ = self.shared.grow(&mut state);
        if state.idle > 0 && state.next(self.shared.most).is_some() {
            self.shared.work.notify_all();
        }
        let left = |running: &Running| PATIENCE.checked_sub(running.since.elapsed());
        // A thread that was just started, or woken, may soon be stuck too.
        Some(state.running.iter().filter_map(left).min().unwrap_or(PATIENCE))
    }
}

impl Lane {
    /// What no other lane of the pool has; never 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many tasks can run at once.
    pub fn most(&self) -> usize {
        self.shared.most
    }

    /// Queues a task behind the others.
    pub fn submit(&self, task: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.push(Box::new(task), |waiting| &mut waiting.tasks)
    }

    /// Queues a short task before every other that is not urgent.
    pub fn submit_urgent(&self, task: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.push(Box::new(task), |waiting| &mut waiting.urgent)
    }

    /// Counts a thread off that has died without a word in a task of this lane, killed in the
    /// kernel, so that another one can take its place.
    pub fn lost_one(&self) {
        let mut state = self.shared.lock();
        // One that is still there would have to be older than the dead one.
        if let Some(at) = state.running.iter().position(|running| running.lane == self.number) {
            state.running.remove(at);
            state.threads = state.threads.saturating_sub(1);
        }
        let _ = self.shared.grow(&mut state);
    }

    /// Fails only if there is no thread at all and none can be started.
    fn push(&self, task: Task, queue: fn(&mut Waiting) -> &mut VecDeque<Task>) -> io::Result<()> {
        let mut state = self.shared.lock();
        queue(state.waiting.entry(self.number).or_default()).push_back(task);
        self.shared.work.notify_one();
        match self.shared.grow(&mut state) {
            Some(error) if state.threads == 0 => {
                state.waiting.get_mut(&self.number).and_then(|waiting| queue(waiting).pop_back());
                state.forget_if_empty(self.number);
                Err(error)
            }
            // Those that exist will come to it.
            _ => Ok(()),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a thread if there is work for one; gives why it could not.
    fn grow(self: &Arc<Shared>, state: &mut State) -> Option<io::Error> {
        let all = state.waiting.values();
        let waiting: usize = all.map(|lane| lane.urgent.len() + lane.tasks.len()).sum();
        let lane = state.next(self.most).filter(|_| state.idle < waiting)?;
        let others = state.running.iter().filter(|running| running.lane != lane);
        let stuck = others.filter(|running| running.is_stuck()).count();
        if state.threads >= self.most + stuck.min(MOST_STUCK) {
            return None;
        }
        let shared = Arc::clone(self);
        let builder =
            thread::Builder::new().name("healer-worker".to_owned()).stack_size(STACK_BYTES);
        match builder.spawn(move || shared.serve()) {
            Ok(_) => {
                state.threads += 1;
                None
            }
            Err(error) => Some(error),
        }
    }

    /// What a worker does until there has been nothing to do for a while.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            while let Some((task, number)) = state.take(self.most) {
                drop(state);
                // A task that panics answers by its own guards; the thread goes on.
                let _ = panic::catch_unwind(AssertUnwindSafe(task));
                state = self.lock();
                let Some(at) = state.running.iter().position(|running| running.number == number)
                else {
                    // Taken for dead, and replaced.
                    return;
                };
                state.running.remove(at);
            }
            state.idle += 1;
            let nothing = |state: &mut State| state.next(self.most).is_none();
            let wait = self.work.wait_timeout_while(state, IDLE_END, nothing);
            let (guard, timeout) = wait.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if timeout.timed_out() {
                state.threads = state.threads.saturating_sub(1);
                return;
            }
        }
    }
}

impl State {
    /// The lane whose turn it is among those that may have something done.
    fn next(&self, most: usize) -> Option<u64> {
        let turns = || self.waiting.range(self.last + 1..).chain(self.waiting.range(..=self.last));
        let may = |lane: u64| self.busy_for(lane) < most;
        let urgent = turns().find(|(lane, waiting)| !waiting.urgent.is_empty() && may(**lane));
        urgent.or_else(|| turns().find(|(lane, _)| may(**lane))).map(|(lane, _)| *lane)
    }

    /// How many threads this lane sees at work: those that are stuck elsewhere do not count.
    fn busy_for(&self, lane: u64) -> usize {
        self.running.iter().filter(|other| other.lane == lane || !other.is_stuck()).count()
    }

    fn take(&mut self, most: usize) -> Option<(Task, u64)> {
        let lane = self.next(most)?;
        let waiting = self.waiting.get_mut(&lane)?;
        let task = waiting.urgent.pop_front().or_else(|| waiting.tasks.pop_front())?;
        self.forget_if_empty(lane);
        self.tasks_begun += 1;
        let number = self.tasks_begun;
        self.running.push(Running { number, lane, since: Instant::now() });
        self.last = lane;
        Some((task, number))
    }

    fn forget_if_empty(&mut self, lane: u64) {
        let is_empty = |lane: &Waiting| lane.urgent.is_empty() && lane.tasks.is_empty();
        if self.waiting.get(&lane).is_some_and(is_empty) {
            self.waiting.remove(&lane);
        }
    }
}

impl Running {
    fn is_stuck(&self) -> bool {
        self.since.elapsed() >= PATIENCE
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
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn tasks_run_at_once_up_to_the_limit_and_urgent_ones_go_first() {
        let pool = Pool::new(1).lane();
        let (began, begins) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        pool.submit(move || {
            began.send(()).unwrap();
            wait.recv().unwrap();
        })
        .unwrap();
        begins.recv().unwrap();
        let (tell, told) = mpsc::channel();
        for (name, urgent) in [("first", false), ("second", false), ("urgent", true)] {
            let tell = tell.clone();
            let task = move || tell.send(name).unwrap();
            if urgent { pool.submit_urgent(task) } else { pool.submit(task) }.unwrap();
        }
        drop(tell);
        go.send(()).unwrap();
        assert_eq!(told.iter().collect::<Vec<_>>(), ["urgent", "first", "second"]);
    }

    #[test]
    fn a_task_that_blocks_does_not_stop_the_others() {
        let pool = Pool::new(2).lane();
        let (go, wait) = mpsc::channel::<()>();
        pool.submit(move || wait.recv().unwrap()).unwrap();
        let (tell, told) = mpsc::channel();
        pool.submit(move || tell.send(()).unwrap()).unwrap();
        told.recv().unwrap();
        go.send(()).unwrap();
    }

    #[test]
    fn a_thread_that_is_lost_is_replaced() {
        let lane = Pool::new(1).lane();
        let dead = occupy(&lane);
        let (tell, told) = mpsc::channel();
        lane.submit(move || tell.send(()).unwrap()).unwrap();
        lane.lost_one();
        told.recv().unwrap();
        drop(dead);
    }

    #[test]
    fn a_task_that_panics_costs_no_thread() {
        let pool = Pool::new(1).lane();
        pool.submit(|| panic::resume_unwind(Box::new("expected"))).unwrap();
        let (tell, told) = mpsc::channel();
        pool.submit(move || tell.send(()).unwrap()).unwrap();
        told.recv().unwrap();
    }

    /// Keeps a thread of a lane busy until the sender is dropped; returns once it is.
    fn occupy(lane: &Lane) -> mpsc::Sender<()> {
        let (go, wait) = mpsc::channel::<()>();
        let (began, begins) = mpsc::channel();
        lane.submit(move || {
            began.send(()).unwrap();
            let _ = wait.recv();
        })
        .unwrap();
        begins.recv().unwrap();
        go
    }

    #[test]
    fn lanes_take_turns() {
        let pool = Pool::new(1);
        let lanes = [pool.lane(), pool.lane(), pool.lane()];
        let busy = occupy(&lanes[0]);
        let (tell, told) = mpsc::channel();
        for (lane, name) in [(0, "a1"), (0, "a2"), (0, "a3"), (1, "b1"), (1, "b2"), (2, "c1")] {
            let tell = tell.clone();
            lanes[lane].submit(move || tell.send(name).unwrap()).unwrap();
        }
        let urgent = tell.clone();
        lanes[2].submit_urgent(move || urgent.send("c urgent").unwrap()).unwrap();
        drop((tell, busy));
        let order: Vec<_> = told.iter().collect();
        assert_eq!(order, ["c urgent", "a1", "b1", "c1", "a2", "b2", "a3"]);
        assert!(pool.shared.lock().waiting.is_empty());
    }

    #[test]
    fn a_lane_that_is_stuck_stops_no_other_and_gets_no_more_threads() {
        let pool = Pool::new(2);
        let (frozen, other) = (pool.lane(), pool.lane());
        let stuck = [occupy(&frozen), occupy(&frozen)];
        let (tell, told) = mpsc::channel();
        for (lane, name) in [(&frozen, "frozen"), (&other, "other")] {
            let tell = tell.clone();
            lane.submit(move || tell.send(name).unwrap()).unwrap();
        }
        assert!(pool.relieve().is_some_and(|wait| wait <= PATIENCE));
        assert!(told.try_recv().is_err(), "two threads are two threads");
        // As if they had been at it for long.
        pool.shared.lock().running.iter_mut().for_each(|running| running.since -= PATIENCE);
        assert_eq!(pool.relieve(), Some(PATIENCE));
        assert_eq!(told.recv().unwrap(), "other");
        assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
        assert_eq!(pool.shared.lock().threads, 3);
        drop(stuck);
        assert_eq!(told.recv().unwrap(), "frozen");
        assert_eq!(pool.relieve(), None, "nothing waits");
    }
}
