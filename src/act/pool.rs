// SPDX-License-Identifier: LGPL-2.1-or-later
//! The threads that do whatever may block.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use std::{fmt, io};

/// A thread without work ends after this time, so that an idle healer is one thread.
const IDLE_END: Duration = Duration::from_secs(5);
/// Enough for system calls with their buffers on the stack.
const STACK_BYTES: usize = 256 * 1024;

type Task = Box<dyn FnOnce() + Send>;

/// A fixed number of threads, each started when it is first needed. Clones share them.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    most: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    urgent: VecDeque<Task>,
    tasks: VecDeque<Task>,
    threads: usize,
    idle: usize,
}

impl Pool {
    /// At most this many threads, and at least one.
    pub fn new(most: usize) -> Pool {
        Pool { shared: Arc::default(), most: most.max(1) }
    }

    /// How many tasks can run at once.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Queues a task behind the others.
    pub fn submit(&self, task: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.push(Box::new(task), |state| &mut state.tasks)
    }

    /// Queues, from within a task, one that goes on with it, behind the others. No thread is started
    /// for it: the one that calls this is free soon.
    pub fn submit_again(&self, task: impl FnOnce() + Send + 'static) {
        self.shared.lock().tasks.push_back(Box::new(task));
    }

    /// Queues a short task before every other that is not urgent.
    pub fn submit_urgent(&self, task: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.push(Box::new(task), |state| &mut state.urgent)
    }

    /// Counts a thread off that has died without a word, killed in the kernel, so that another one
    /// can take its place.
    pub fn lost_one(&self) {
        let mut state = self.shared.lock();
        state.threads = state.threads.saturating_sub(1);
        self.grow(&mut state);
    }

    /// Fails only if there is no thread at all and none can be started.
    fn push(&self, task: Task, queue: fn(&mut State) -> &mut VecDeque<Task>) -> io::Result<()> {
        let mut state = self.shared.lock();
        queue(&mut state).push_back(task);
        self.shared.work.notify_one();
        match self.grow(&mut state) {
            Some(error) if state.threads == 0 => {
                queue(&mut state).pop_back();
                Err(error)
            }
            // Those that exist will come to it.
            _ => Ok(()),
        }
    }

    /// Starts a thread if there is work for one; gives why it could not.
    fn grow(&self, state: &mut State) -> Option<io::Error> {
        let enough = state.idle >= state.urgent.len() + state.tasks.len();
        if enough || state.threads >= self.most {
            return None;
        }
        let shared = Arc::clone(&self.shared);
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
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a worker does until there has been nothing to do for a while.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            while let Some(task) = state.urgent.pop_front().or_else(|| state.tasks.pop_front()) {
                drop(state);
                // A task that panics answers by its own guards; the thread goes on.
                let _ = panic::catch_unwind(AssertUnwindSafe(task));
                state = self.lock();
            }
            state.idle += 1;
            let wait = self.work.wait_timeout_while(state, IDLE_END, |state| {
                state.urgent.is_empty() && state.tasks.is_empty()
            });
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

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("most", &self.most).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn tasks_run_at_once_up_to_the_limit_and_urgent_ones_go_first() {
        let pool = Pool::new(1);
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
        let pool = Pool::new(2);
        let (go, wait) = mpsc::channel::<()>();
        pool.submit(move || wait.recv().unwrap()).unwrap();
        let (tell, told) = mpsc::channel();
        pool.submit(move || tell.send(()).unwrap()).unwrap();
        told.recv().unwrap();
        go.send(()).unwrap();
    }

    #[test]
    fn a_task_that_goes_on_needs_no_other_thread() {
        fn go_on(pool: Pool, left: u32, tell: mpsc::Sender<u32>) {
            tell.send(left).unwrap();
            let again = pool.clone();
            if left > 0 {
                pool.submit_again(move || go_on(again, left - 1, tell));
            }
        }
        let pool = Pool::new(4);
        let (tell, told) = mpsc::channel();
        let first = pool.clone();
        pool.submit(move || go_on(first, 3, tell)).unwrap();
        assert_eq!(told.iter().collect::<Vec<_>>(), [3, 2, 1, 0]);
        assert_eq!(pool.shared.lock().threads, 1);
    }

    #[test]
    fn a_thread_that_is_lost_is_replaced() {
        let pool = Pool::new(1);
        let (go, wait) = mpsc::channel::<()>();
        pool.submit(move || wait.recv().unwrap()).unwrap();
        let (tell, told) = mpsc::channel();
        pool.submit(move || tell.send(()).unwrap()).unwrap();
        pool.lost_one();
        told.recv().unwrap();
        go.send(()).unwrap();
    }

    #[test]
    fn a_task_that_panics_costs_no_thread() {
        let pool = Pool::new(1);
        pool.submit(|| panic::resume_unwind(Box::new("expected"))).unwrap();
        let (tell, told) = mpsc::channel();
        pool.submit(move || tell.send(()).unwrap()).unwrap();
        told.recv().unwrap();
    }
}
