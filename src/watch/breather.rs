// SPDX-License-Identifier: LGPL-2.1-or-later
//! Moments in which nobody holds the mount.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Time that threads, one after the other, may hold the mount before all stay away for [`PAUSE`].
const HELD: Duration = Duration::from_millis(400);
/// Time in which no thread holds the mount: long enough for an unmount that is tried again and
/// again.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest wait of the other threads for one that stays inside the mount: with it there no unmount
/// could succeed. A line waits for a second for the path in it, which may be what is looked up by
/// one of those that wait.
const WORK_PATIENCE: Duration = Duration::from_millis(300);

/// Counts the threads that use the mount. While one does, umount(8) answers EBUSY; a storm of
/// repairs on several threads would never let it through without moments in which no thread is
/// inside.
#[derive(Debug)]
pub struct Breather {
    state: Mutex<Breath>,
    changed: Condvar,
}

#[derive(Debug)]
struct Breath {
    inside: u32,
    /// Threads that wait until one has left.
    waiting: u32,
    /// End of the last time in which no thread was inside for as long as a pause.
    paused: Instant,
    /// Time at which the last thread left.
    left: Instant,
}

impl Default for Breather {
    fn default() -> Breather {
        let now = Instant::now();
        let state = Breath { inside: 0, waiting: 0, paused: now, left: now };
        Breather { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl Breather {
    /// Runs `work` when nobody is pausing.
    pub fn visit<R>(&self, work: impl FnOnce() -> R) -> R {
        self.enter();
        let _inside = Inside(self);
        work()
    }

    fn enter(&self) {
        let mut state = self.lock();
        let mut patience = WORK_PATIENCE;
        let mut now = Instant::now();
        if state.inside == 0 && now - state.left >= PAUSE {
            state.paused = now;
        }
        while now.saturating_duration_since(state.paused) >= HELD {
            if state.inside == 0 {
                // With the lock held, so that nobody enters meanwhile.
                thread::sleep(PAUSE);
                state.paused = Instant::now();
                break;
            }
            state.waiting += 1;
            let wait = self.changed.wait_timeout(state, patience);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
            patience = patience.saturating_sub(now.elapsed());
            now = Instant::now();
            if patience.is_zero() {
                state.paused = now;
            }
        }
        state.inside += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Breath> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread inside the mount, until this is dropped.
struct Inside<'a>(&'a Breather);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.inside -= 1;
        state.left = Instant::now();
        let is_awaited = state.waiting > 0;
        drop(state);
        // A system call, also where nobody waits.
        if is_awaited {
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, mpsc};

    #[test]
    fn now_and_then_all_threads_are_outside_for_a_moment() {
        let breather = Arc::new(Breather::default());
        let spans = Arc::new(Mutex::new(Vec::new()));
        let began = Instant::now();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (breather, spans) = (Arc::clone(&breather), Arc::clone(&spans));
                thread::spawn(move || {
                    while began.elapsed() < 4 * HELD {
                        breather.visit(|| {
                            let start = Instant::now();
                            thread::sleep(Duration::from_millis(2));
                            spans.lock().unwrap().push((start, Instant::now()));
                        });
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        let mut spans = spans.lock().unwrap().clone();
        spans.sort();
        let (mut since, mut until) = spans[0];
        for (start, end) in spans {
            if start > until && start - until >= PAUSE {
                since = start;
            }
            until = until.max(end);
            // Where the machine is slow somebody stays inside for longer.
            assert!(end - since < 3 * HELD, "nobody could have unmounted it");
        }
    }

    #[test]
    fn who_comes_after_a_while_does_not_wait() {
        let breather = Breather::default();
        breather.lock().paused -= 2 * HELD;
        breather.lock().left -= PAUSE;
        breather.visit(|| ());
        assert!(breather.lock().paused.elapsed() < HELD);
    }

    #[test]
    fn one_that_stays_inside_does_not_stop_the_others() {
        let breather = Arc::new(Breather::default());
        let (go, wait) = mpsc::channel::<()>();
        let (began, begins) = mpsc::channel();
        let long = thread::spawn({
            let breather = Arc::clone(&breather);
            move || {
                breather.visit(|| {
                    began.send(()).unwrap();
                    wait.recv().unwrap();
                })
            }
        });
        begins.recv().unwrap();
        breather.lock().paused -= HELD;
        breather.visit(|| ());
        go.send(()).unwrap();
        long.join().unwrap();
    }
}
