// SPDX-License-Identifier: LGPL-2.1-or-later
//! A look for damage, in slices between which the worker and the mount are free.

use super::crew::{Promise, Workers};
use super::jobs::Done;
use super::reach::Reach;
use crate::act::{Lane, Look};
use crate::fs::Access;
use crate::plan::{Depth, LookEnd, Ticket};
use crate::sys;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long the mount is held at a time, and how long it is not: most of the time umount(8), which
/// does not try twice, succeeds.
const SLICE: Duration = Duration::from_millis(5);
const PAUSE: Duration = Duration::from_millis(15);

impl Workers {
    /// Looks for damage.
    pub fn look(&self, reach: &Arc<Reach>, ticket: Ticket, depth: Depth) {
        let promise = self.promise(Done::Looked(ticket, depth, LookEnd::NotLooked));
        let (lane, reach, look) = (self.lane.clone(), Arc::clone(reach), Look::new(depth));
        let slice = Slice { lane, reach, ticket, depth, look, promise };
        // Where there is no thread it is dropped, and its promise answers.
        let _ = self.lane.submit(move || slice.work());
    }
}

/// What is left of a look.
struct Slice {
    lane: Lane,
    reach: Arc<Reach>,
    ticket: Ticket,
    depth: Depth,
    look: Look,
    promise: Promise,
}

impl Slice {
    fn work(mut self) {
        let mut found = Vec::new();
        let is_over = self.reach.visit(Access::Any, |at| {
            let mut take = |target, mask| found.push((target, mask));
            sys::with_idle_io(|| self.look.step(at.root.as_fd(), SLICE, &mut take))
        });
        if !found.is_empty() {
            self.promise.answers.put(Done::Sick(found));
        }
        match is_over {
            Ok(Ok(false)) => {
                // Queued again behind what else there is to do: on one processor there is but one
                // worker, and a look may take hours.
                thread::sleep(PAUSE);
                let lane = self.lane.clone();
                lane.submit_again(move || self.work());
            }
            Ok(Ok(true)) => {
                let is_complete = self.look.is_complete();
                let end = if is_complete { LookEnd::Complete } else { LookEnd::Incomplete };
                self.promise.keep(Done::Looked(self.ticket, self.depth, end));
            }
            // The promise says that nothing could be looked at.
            Ok(Err(_)) | Err(_) => {}
        }
    }
}
