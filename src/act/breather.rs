// SPDX-License-Identifier: LGPL-2.1-or-later
//! Moments in which nobody holds the mount.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// After this many visits everybody stays away for [`PAUSE`].
const VISITS: u32 = 20;
/// Long enough for an unmount that is tried again and again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the others wait for one that stays inside: with it there no unmount could succeed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts who is using the mount. While one is, umount(8) answers EBUSY; a storm of repairs on
/// several threads would never let it through without moments in which no thread is inside.
#[derive(Debug, Default)]
pub struct Breather {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inside: u32,
    visits: u32,
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
        let mut patience = PATIENCE;
        while state.visits >= VISITS {
            if state.inside == 0 {
                // With the lock held, so that nobody enters meanwhile.
                thread::sleep(PAUSE);
                state.visits = 0;
                break;
            }
            let since = Instant::now();
            let wait = self.changed.wait_timeout(state, patience);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
            patience = patience.saturating_sub(since.elapsed());
            if patience.is_zero() {
                state.visits = 0;
            }
        }
        state.visits += 1;
        state.inside += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody inside, until it is dropped.
struct Inside<'a>(&'a Breather);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, mpsc};

    #[test]
    fn every_twenty_visits_all_threads_are_outside_for_a_moment() {
        let breather = Arc::new(Breather::default());
        let spans = Arc::new(Mutex::new(Vec::new()));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (breather, spans) = (Arc::clone(&breather), Arc::clone(&spans));
                thread::spawn(move || {
                    for _ in 0..15 {
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
        let mut until = spans[0].1;
        let mut moments = 0;
        for (start, end) in spans {
            moments += usize::from(start > until && start - until >= PAUSE);
            until = until.max(end);
        }
        assert_eq!(moments, 2, "60 visits have two pauses between them");
    }
    #[test]
    fn one_that_stays_inside_does_not_stop_the_others() {
        let breather = Arc::new(Breather::default());
        let (go, wait) = mpsc::channel::<()>();
        let long = thread::spawn({
            let breather = Arc::clone(&breather);
            move || breather.visit(|| wait.recv().unwrap())
        });
        for _ in 0..2 * VISITS {
            breather.visit(|| ());
        }
        go.send(()).unwrap();
        long.join().unwrap();
    }
}
