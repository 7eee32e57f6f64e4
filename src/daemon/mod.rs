// SPDX-License-Identifier: LGPL-2.1-or-later
//! The poll loop that wires everything together.
//!
//! One thread reads every source of news and touches nothing that can block; whatever opens, reads
//! or repairs the filesystem is done by workers.

mod feed;
mod jobs;
pub(crate) mod log;
mod look;
mod losses;
mod manager;
mod mark;
mod names;
mod options;
mod outbox;
mod policy;
mod privileges;
mod reach;
mod running;
mod scrub;
mod start;
mod status;
mod support;
mod tally;
mod watch;

pub use options::{Options, Scrub};
pub use start::run;

use crate::plan::Time;
use crate::report::{Level, Line, error_text};
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, SignalFd};
use jobs::{Done, Workers};
use log::Log;
use manager::Manager;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use watch::Watch;

/// The longest sleep, for kernels that forget to wake a poller (7.0 release candidates).
const SAFETY: Duration = Duration::from_secs(60);
/// How long a slow reader of the log holds up the end.
const LAST_WORDS: Duration = Duration::from_millis(500);

struct Daemon {
    watch: Watch,
    workers: Workers,
    signals: SignalFd,
    log: Log,
    manager: Manager,
    /// The buffer of all reads. As zeroed memory that was never written most of it costs nothing.
    buffer: Vec<u8>,
    /// What workers have done and the watch has not heard yet.
    done: Vec<Done>,
}

impl Daemon {
    /// Runs until the filesystem is unmounted or a signal says stop.
    fn run(mut self) -> i32 {
        // The monitor is open: whatever happens from here on will be read.
        self.manager.tell(|| self.watch.counts(), now());
        loop {
            if let Err(error) = self.sleep() {
                if error.kind() != io::ErrorKind::Interrupted {
                    return self.broken("cannot wait for events", &error);
                }
            }
            match self.signals.read() {
                Ok(None) => self.step(),
                Ok(Some(_)) => {
                    let code = self.watch.code_if_broken_off(0);
                    return self.end(code);
                }
                Err(error) => return self.broken("cannot read signals", &error),
            }
            if let Some(code) = self.watch.ended(now()) {
                return self.end(code);
            }
        }
    }

    /// Waits for news.
    fn sleep(&mut self) -> io::Result<()> {
        let now = now();
        let waits = [self.watch.wait(now), self.manager.wait(now), Some(SAFETY)];
        let wait = waits.into_iter().flatten().min();
        let maybe =
            |fd: Option<_>| fd.map_or_else(PollFd::disabled, |fd| PollFd::new(fd, poll::IN));
        let [child, child_output] = self.watch.child().map(maybe);
        let [out, err] = self.log.poll_fds();
        let mut fds = [
            maybe(self.watch.monitor()),
            PollFd::new(self.workers.inbox().as_fd(), poll::IN),
            PollFd::new(self.signals.as_fd(), poll::IN),
            child,
            child_output,
            out,
            err,
        ];
        poll::poll(&mut fds, wait).map(drop)
    }

    /// Takes in everything that is new and starts what follows from it.
    fn step(&mut self) {
        self.take_in();
        self.watch.advance(&self.workers, now());
        self.watch.lines(now()).for_each(|line| self.log.queue(&line));
        self.log.flush();
        self.manager.tell(|| self.watch.counts(), now());
    }

    /// Takes in everything that is new.
    ///
    /// What workers have finished is taken out first and told to the planner last: the events that
    /// a repair causes are queued before it ends, so the drain between the two has them all.
    fn take_in(&mut self) {
        self.done.append(&mut self.workers.inbox().take());
        let now = now();
        self.watch.drain(&mut self.buffer, now);
        if self.watch.can_judge() {
            self.done.drain(..).for_each(|done| self.watch.done(done, &self.workers, now));
        }
        self.watch.look_after(&self.workers, now);
    }

    /// Something that cannot fail has failed.
    fn broken(mut self, what: &str, error: &io::Error) -> i32 {
        self.log.say(&Line::err(Level::Error, format!("{what}: {}", error_text(error))));
        let code = self.watch.code_if_broken_off(1);
        self.end(code)
    }

    /// Says what there is still to be said, and lets go of everything, also when a worker is stuck
    /// in the kernel.
    fn end(mut self, code: i32) -> i32 {
        self.take_in();
        self.manager.stopping(|| self.watch.counts());
        self.watch.stop(now());
        self.watch.close().for_each(|line| self.log.queue(&line));
        self.log.finish(LAST_WORDS);
        code
    }
}

fn now() -> Time {
    Time::from_nanos(sys::monotonic_ns())
}
