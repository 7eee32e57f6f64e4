// SPDX-License-Identifier: LGPL-2.1-or-later
//! The poll loop that wires everything together.
//!
//! One thread reads every source of news and touches nothing that can block; whatever opens, reads
//! or repairs the filesystem is done by workers.

mod jobs;
mod log;
mod names;
mod outbox;
mod scrub;
mod start;
mod watch;

pub use start::{Options, run};

use crate::plan::Time;
use crate::sys::poll::{self, PollFd};
use crate::sys::{self, SignalFd};
use jobs::Workers;
use log::Log;
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
    /// The buffer of all reads. As zeroed memory that was never written most of it costs nothing.
    buffer: Vec<u8>,
}

impl Daemon {
    /// Runs until the filesystem is unmounted or a signal says stop.
    fn run(mut self) -> i32 {
        loop {
            if let Err(error) = self.sleep() {
                if error.kind() != io::ErrorKind::Interrupted {
                    return self.end(1);
                }
            }
            if !matches!(self.signals.read(), Ok(None)) {
                return self.end(0);
            }
            self.step();
            if let Some(code) = self.watch.ended() {
                return self.end(code);
            }
        }
    }

    /// Waits for news.
    fn sleep(&mut self) -> io::Result<()> {
        let wait = self.watch.wait(now()).map_or(SAFETY, |wait| wait.min(SAFETY));
        let [out, err, files] = self.log.poll_fds();
        let maybe =
            |fd: Option<_>| fd.map_or_else(PollFd::disabled, |fd| PollFd::new(fd, poll::IN));
        let mut fds = [
            maybe(self.watch.monitor()),
            PollFd::new(self.workers.inbox().as_fd(), poll::IN),
            PollFd::new(self.signals.as_fd(), poll::IN),
            maybe(self.watch.child()),
            out,
            err,
            files,
        ];
        poll::poll(&mut fds, Some(wait)).map(drop)
    }

    /// Takes in everything that is new and starts what follows from it.
    ///
    /// What workers have finished is taken out first and told to the planner last: the events that
    /// a repair causes are queued before it ends, so the drain between the two has them all.
    fn step(&mut self) {
        let done = self.workers.inbox().take();
        let now = now();
        self.watch.drain(&mut self.buffer, now);
        done.into_iter().for_each(|done| self.watch.done(done, now));
        self.watch.reap(now);
        self.watch.advance(&self.workers, now);
        self.watch.lines(now).for_each(|line| self.log.say(&line));
        self.log.flush();
    }

    /// Lets go of everything, also when a worker is stuck in the kernel.
    fn end(mut self, code: i32) -> i32 {
        self.watch.close().for_each(|line| self.log.say(&line));
        self.log.finish(LAST_WORDS);
        code
    }
}

fn now() -> Time {
    Time::from_nanos(sys::monotonic_ns())
}
