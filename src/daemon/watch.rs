// SPDX-License-Identifier: LGPL-2.1-or-later
//! One monitored filesystem: its events, its plan, its words.

use super::jobs::{Done, Reach, Workers};
use super::names::{self, Names};
use super::outbox::Outbox;
use super::scrub::{FullScrub, Say};
use super::start;
use crate::act::Runner;
use crate::event::{Body, Decoder, Event};
use crate::fs::Read;
use crate::plan::{Action, Config, Planner, Repair, ScrubEnd, Ticket, Time};
use crate::report::{Level, Line, Place, error_text};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of one read; the first one's size is what the kernel allocates for ever.
pub(super) const READ_BYTES: usize = 64 * 1024;
/// Most records that are read before other things get their turn: more than the kernel's queue
/// holds, so that the echoes of a repair that has ended are always among them.
const DRAIN_RECORDS: usize = 1200;

/// How long a read that failed is waited with, and how many in a row are the end.
const READ_PAUSE: Duration = Duration::from_secs(1);
const MOST_READ_ERRORS: u32 = 10;

/// What is known of one filesystem while it is monitored.
#[derive(Debug)]
pub(super) struct Watch {
    reach: Arc<Reach>,
    decoder: Decoder,
    planner: Planner,
    names: Names,
    outbox: Outbox,
    place: Place,
    scrub: FullScrub,
    quiet: bool,
    debug: bool,
    unmounted: bool,
    ended: bool,
    /// Failed reads in a row, and when to try again.
    read_errors: u32,
    read_again: Option<Time>,
}

/// What a watch is made of.
pub(super) struct Setup {
    pub reach: Reach,
    pub config: Config,
    pub place: Place,
    pub has_parent_pointers: bool,
    pub quiet: bool,
    pub debug: bool,
}

impl Watch {
    pub fn new(setup: Setup) -> Watch {
        Watch {
            reach: Arc::new(setup.reach),
            decoder: Decoder::default(),
            planner: Planner::new(setup.config),
            names: Names::new(setup.has_parent_pointers),
            outbox: Outbox::default(),
            place: setup.place,
            scrub: FullScrub::new(Runner::detect()),
            quiet: setup.quiet,
            debug: setup.debug,
            unmounted: false,
            ended: false,
            read_errors: 0,
            read_again: None,
        }
    }

    /// The monitor, readable while there are events and for ever after the end; nothing while a
    /// failed read waits to be tried again.
    pub fn monitor(&self) -> Option<BorrowedFd<'_>> {
        self.read_again.is_none().then(|| self.reach.monitor.as_fd())
    }

    /// What becomes readable when a child of this filesystem ends or says something.
    pub fn child(&self) -> [Option<BorrowedFd<'_>>; 2] {
        self.scrub.fds()
    }

    /// The exit code, once everything that there is to read was read.
    pub fn ended(&self) -> Option<i32> {
        self.ended.then_some(i32::from(!self.unmounted))
    }

    /// Reads what the kernel has queued, though not for ever.
    pub fn drain(&mut self, buffer: &mut [u8], now: Time) {
        if self.read_again.is_some_and(|at| at > now) {
            return;
        }
        self.read_again = None;
        let mut records = 0;
        while records < DRAIN_RECORDS && !self.ended {
            let bytes = match self.reach.monitor.read(buffer) {
                Ok(Read::Bytes(len)) => buffer.get(..len).unwrap_or_default(),
                Ok(Read::Empty) => {
                    self.read_errors = 0;
                    return;
                }
                Ok(Read::End) => return self.end(now),
                Err(error) => return self.read_failed(&error, now),
            };
            self.read_errors = 0;
            let mut decoder = std::mem::take(&mut self.decoder);
            for event in decoder.feed(bytes) {
                records += 1;
                self.event(event, now);
            }
            self.decoder = decoder;
        }
    }

    fn event(&mut self, event: Event, now: Time) {
        self.unmounted |= event.body == Body::Unmount;
        if matches!(event.body, Body::Unmount | Body::Shutdown { .. }) {
            self.reach.give_up();
        }
        self.planner.event(&event, now);
        // Also for what is not said: the outcome of its repair will be.
        self.names.event(&event.body, now);
        if !(self.quiet && matches!(event.body, Body::Health { .. })) {
            self.outbox.event(event, now);
        }
    }

    fn end(&mut self, now: Time) {
        self.ended = true;
        self.reach.give_up();
        if !self.unmounted {
            let text = format!("{}: health monitor ended", self.place.given());
            self.outbox.line(Line::err(Level::Error, text), now);
        }
    }

    /// The kernel may be short of memory for a moment, or have an event that it cannot put into
    /// words; only when it goes on like that is there nothing left to wait for.
    fn read_failed(&mut self, error: &io::Error, now: Time) {
        self.read_errors += 1;
        self.read_again = Some(now.after(READ_PAUSE));
        if self.read_errors == 1 {
            let place = self.place.given();
            let text = format!("{place}: cannot read the health monitor: {}", error_text(error));
            self.outbox.line(Line::err(Level::Error, text), now);
        }
        if self.read_errors == MOST_READ_ERRORS {
            self.end(now);
        }
    }

    /// Whether what workers have done can be judged: not while a failed read may have left their
    /// echoes unread.
    pub fn can_judge(&self) -> bool {
        self.read_again.is_none()
    }

    /// Takes in what a worker did.
    pub fn done(&mut self, done: Done, now: Time) {
        match done {
            Done::Found(path) => {
                let moved = path != self.reach.mount.path();
                self.place.found_at(moved.then(|| path.as_os_str().as_bytes()));
            }
            Done::Path(inode, path) => self.names.found(inode, path),
            Done::Repaired(ticket, outcome) => self.planner.finished(ticket, outcome, now),
            Done::ScrubStarted(ticket, program) => {
                let say = Say { place: &self.place, outbox: &mut self.outbox, now };
                let end = self.scrub.started(ticket, program, say);
                self.scrub_ended(end, now);
            }
            Done::Probed(answer) => {
                let support = start::Support::from_probe(answer);
                self.planner.set_policy(support.policy());
                let line = support.line(&self.place).unwrap_or_else(|| {
                    let text = format!("{}: answers again", self.place.given());
                    Line::err(Level::Info, text)
                });
                self.outbox.line(line, now);
            }
        }
    }

    /// Looks what the child of a full scrub says and whether it has ended.
    pub fn look_at_scrub(&mut self, now: Time) {
        let say = Say { place: &self.place, outbox: &mut self.outbox, now };
        let end = self.scrub.look(say);
        self.scrub_ended(end, now);
    }

    fn scrub_ended(&mut self, end: Option<(Ticket, ScrubEnd)>, now: Time) {
        if let Some((ticket, end)) = end {
            self.planner.scrub_finished(ticket, end, now);
        }
    }

    /// Starts everything that is to be started now.
    pub fn advance(&mut self, workers: &Workers, now: Time) {
        if self.ended {
            return;
        }
        while let Some(action) = self.planner.next(now) {
            match action {
                Action::Say(notice) => self.outbox.notice(notice, now),
                Action::Repair(repair) => self.repair(workers, repair, now),
                Action::FullScrub { ticket, reasons } => {
                    let say = Say { place: &self.place, outbox: &mut self.outbox, now };
                    self.scrub.wanted(reasons, say);
                    workers.full_scrub(&self.reach, ticket, self.scrub.runner());
                }
            }
        }
        while let Some(inode) = self.names.take_wanted() {
            workers.look_up(&self.reach, inode);
        }
    }

    fn repair(&mut self, workers: &Workers, repair: Repair, now: Time) {
        if self.debug {
            let subject = self.place.subject(repair.key.target, None);
            let text = format!("{subject} {}: repair starts", repair.key.name());
            self.outbox.line(Line::err(Level::Debug, text), now);
        }
        let inode = names::inode_of_target(repair.key.target);
        let look_up = inode.filter(|inode| self.names.take_if_wanted(*inode));
        workers.repair(&self.reach, repair, look_up);
    }

    /// The lines that can be said now, oldest first.
    pub fn lines(&mut self, now: Time) -> impl Iterator<Item = Line> {
        std::iter::from_fn(move || self.outbox.next(&self.place, &self.names, now))
    }

    /// Starts nothing more, and takes what is still to be told.
    pub fn stop(&mut self, now: Time) {
        self.reach.give_up();
        self.planner.stop();
        while let Some(Action::Say(notice)) = self.planner.next(now) {
            self.outbox.notice(notice, now);
        }
    }

    /// Ends the monitoring and gives what is left to say.
    pub fn close(&mut self) -> impl Iterator<Item = Line> {
        self.scrub.stop();
        // Without /dev/null or a free descriptor the end of the process closes it.
        let _ = self.reach.monitor.close();
        std::iter::from_fn(move || self.outbox.pop(&self.place, &self.names))
    }

    /// How long until [`Watch::advance`] or [`Watch::lines`] has something to do by itself.
    pub fn wait(&self, now: Time) -> Option<Duration> {
        let read = self.read_again.map(|at| at.since(now));
        [self.planner.wait(now), self.outbox.wait(now), read].into_iter().flatten().min()
    }
}
