// SPDX-License-Identifier: LGPL-2.1-or-later
//! Moments in which nobody holds the mount.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// After this many visits everybody stays away for [`PAUSE`].
const VISITS: u32 = 20;
/// Long enough for an unmount that is tried again and again.
const PAUSE: Duration = Duration::from_millis(50);

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
        let result = work();
        self.lock().inside -= 1;
        self.changed.notify_all();
        result
    }

    fn enter(&self) {
        let mut state = self.lock();
        while state.visits >= VISITS {
            if state.inside == 0 {
                // With the lock held, so that nobody enters meanwhile.
                thread::sleep(PAUSE);
                state.visits = 0;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.visits += 1;
        state.inside += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Instant;

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
}
