// SPDX-License-Identifier: LGPL-2.1-or-later
//! Watches one filesystem: its events, its plan, its words.

pub(crate) mod answer;
mod breather;
mod budget;
pub(crate) mod clock;
mod crowds;
mod end;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod feed;
mod filesystem;
mod full_scrub;
mod ledger;
mod look;
mod loss;
mod loss_book;
mod losses;
mod media;
pub(crate) mod one_shot;
pub(crate) mod open;
pub(crate) mod options;
mod outbox;
mod owners;
mod paths;
mod policy;
mod property;
mod ranges;
pub(crate) mod replay;
mod rules;
mod scrubs;
mod slice;
mod summary;
pub(crate) mod support;
mod taping;
pub(crate) mod tasks;
mod timed_counts;
pub(crate) mod totals;
mod unclean;
mod waiting;

use crate::event::{Body, Change, Event};
use crate::log::said::{Detail, Fault, Said};
use crate::plan::{Action, Notice, Outcome, Pace, Repair, Ticket, Time};
use crate::record::{Input, Tape};
use crate::report::Place;
use crate::service::status::Counts;
use crate::watch::tasks::Tasks;
use answer::Done;
use clock::now;
use feed::Feed;
use filesystem::Filesystem;
use full_scrub::FullScrub;
use loss_book::LossBook;
use one_shot::Tally;
use open::Setup;
use paths::Paths;
use policy::{Hidden, Standing};
use rules::{Books, Rules};
use slice::Slice;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use support::{Probe, Support};
use totals::Totals;
use unclean::Mark;

/// Time for which the monitor is not waited for while repairs are made, after one was asked for or
/// something was read. Each repair makes events, one by one, that are read before its answer is
/// told: then they cost one read and no wake-up. The kernel queues 512 events, more than I/O errors
/// make in that time even on a fast device.
const REST: Duration = Duration::from_millis(8);
/// The same after a time in which hardly more came than a long repair makes: it goes on for about as
/// long as it has.
const LONG_REST: Duration = Duration::from_millis(16);

/// The watch over one filesystem: it reads the events, gives them to the planner, has workers do what
/// the planner wants, and queues what is said.
#[derive(Debug)]
pub(crate) struct Watch {
    tasks: Tasks,
    filesystem: Arc<Filesystem>,
    feed: Feed,
    /// End of the time in which the monitor is not waited for.
    rests_until: Time,
    books: Books,
    standing: Standing,
    losses: LossBook,
    scrub: FullScrub,
    mark: Option<Mark>,
    /// A look that goes on after a pause.
    paused_look: Option<Box<Slice>>,
    /// Counts for the exit code of a run that ends by itself; `None` for any other.
    tally: Option<Tally>,
    /// Question whether the kernel can repair, until it is answered.
    probe: Option<Probe>,
    totals: Totals,
    /// Time at which the watch began.
    since: SystemTime,
    /// Pauses without a read of the property autofsck while damage hides it.
    hidden: Hidden,
    no_device_said: bool,
    /// Recording of what is taken in; `None` without one.
    tape: Option<Tape>,
}

impl Watch {
    pub fn new(setup: Setup, tasks: Tasks) -> Watch {
        let Setup { config, place, telling, depth, .. } = setup;
        let ends_by_itself = config.pace == Pace::Hurried;
        let paths = Paths::new(setup.has_parent_pointers);
        let number = tasks.number();
        let tape = setup.recorder.map(|to| Tape::new(to, number, setup.description, now()));
        Watch {
            tasks,
            filesystem: Arc::new(setup.filesystem),
            feed: Feed::default(),
            rests_until: Time::default(),
            books: Books::new(config, place, telling, paths, depth, now()),
            standing: setup.standing,
            losses: LossBook::default(),
            scrub: FullScrub::new(setup.runner),
            mark: setup.mark,
            paused_look: None,
            tally: ends_by_itself.then(Tally::new),
            probe: setup.probe,
            totals: Totals::default(),
            since: SystemTime::now(),
            hidden: Hidden::default(),
            no_device_said: false,
            tape,
        }
    }

    /// Number by which the workers' answers find this watch.
    pub fn number(&self) -> u64 {
        self.tasks.number()
    }

    /// Descriptors that become readable when there is news, at most these: the monitor, while there
    /// are events and for ever after the end, but not while a failed read waits to be tried again
    /// nor while the answer of a repair comes first; and a child of this filesystem when it ends or
    /// says something.
    pub fn sources(&self, now: Time) -> [Option<BorrowedFd<'_>>; 3] {
        let monitor = self.filesystem.monitor().map(AsFd::as_fd);
        let [child, output] = self.scrub.fds();
        let waits = self.feed.wake_at().is_none() && !self.is_resting(now);
        [monitor.filter(|_| waits), child, output]
    }

    /// True while the monitor is not waited for, since a repair was asked for a moment ago.
    pub fn is_resting(&self, now: Time) -> bool {
        self.rests_until > now && self.is_repairing()
    }

    /// True if the monitor has rested while a repair was made, which is mostly reported once more: a
    /// read at once costs a call less than to be told that there is something.
    pub fn has_rested(&self, now: Time) -> bool {
        let has_rested = self.rests_until <= now && self.rests_until != Time::default();
        has_rested && self.is_repairing()
    }

    /// True if the monitor is to be read though nothing has come: it is time, or what a full scrub
    /// has caused is to be known before its end.
    pub fn is_due(&self, now: Time) -> bool {
        self.feed.is_due(now)
            || self.has_rested(now)
            || self.scrub.fds().iter().any(Option::is_some)
    }

    /// Reads what the kernel has queued, though not for ever.
    pub fn drain(&mut self, buffer: &mut [u8], is_expected: bool, now: Time) {
        let filesystem = Arc::clone(&self.filesystem);
        let Some(monitor) = filesystem.monitor() else { return };
        let has_rested = self.has_rested(now);
        if has_rested {
            self.rests_until = Time::default();
        }
        let mut feed = std::mem::take(&mut self.feed);
        feed.drain(monitor, buffer, is_expected, now, &mut |input| self.take_in(input, now));
        self.feed = feed;
        if self.feed.has_read() {
            let is_long = has_rested && self.feed.is_quiet();
            self.rest(if is_long { LONG_REST } else { REST }, now);
        }
    }

    /// Lets the monitor rest for a moment while repairs are made, if little is coming.
    fn rest(&mut self, time: Duration, now: Time) {
        if self.feed.is_calm() {
            self.rests_until = now.after(time);
        }
    }

    /// True if the results of workers can be judged.
    pub fn can_judge(&self) -> bool {
        self.feed.can_judge()
    }

    /// True if the kernel has something to tell that can be read in a moment.
    pub fn is_contended(&self) -> bool {
        self.feed.is_contended()
    }

    /// Takes in what a worker did.
    #[inline(never)] // Not a part of a frame that is always there.
    pub fn done(&mut self, done: Done, now: Time) {
        match done {
            Done::Opened(_) => {}
            Done::Found(path) => {
                let moved = path != self.filesystem.mount.path();
                self.books.place.found_at(moved.then(|| path.as_os_str().as_bytes()));
            }
            Done::Path(inode, path) => self.books.paths.found(inode, path),
            Done::Property(property) => self.property_is(property, now),
            Done::Lost(lost) => self.losses.of_repair(lost, now),
            Done::Owners(region, told) => self.owners(region, told, now),
            Done::FollowUp(ticket, mask) => {
                self.books.planner.follow_up(ticket, mask, now);
            }
            Done::Repaired(ticket, outcome) => self.repaired(ticket, outcome, now),
            Done::Sick(found) => {
                let found = found.into_iter().map(|(target, mask)| Input::Sick(target, mask));
                found.for_each(|found| self.take_in(found, now));
            }
            Done::LookPaused(slice) => {
                debug_assert!(self.paused_look.is_none(), "one look at a time");
                self.paused_look = Some(slice);
            }
            Done::Deadly(found) => {
                let found =
                    found.into_iter().map(|(ino, generation)| Input::Deadly(ino, generation));
                found.for_each(|found| self.take_in(found, now));
            }
            Done::Missed(missed) => {
                missed.into_iter().for_each(|agno| self.take_in(Input::Missed(agno), now));
            }
            Done::NoDevice(why) => self.no_device(&why, now),
            Done::Looked(ticket, depth, end) => {
                self.record(Input::Looked(depth, end), now);
                self.books.looked(Some(ticket), depth, end, now);
                self.tally.iter_mut().for_each(|tally| tally.look_ended(depth, end));
            }
            Done::ScrubStarted(ticket, begun) => self.scrub_started(ticket, begun, now),
            Done::UnitState(ticket, state) => self.unit_ended(ticket, state, now),
            Done::Probed(answer) => self.probed(&Support::from_probe(answer), now),
            Done::Killed(did) => self.killed(did, now),
        }
    }

    fn repaired(&mut self, ticket: Ticket, outcome: Outcome, now: Time) {
        self.record_repair(ticket, outcome, now);
        self.books.planner.finished(ticket, outcome, now);
        if outcome == Outcome::Forbidden {
            // The property may have changed once more since.
            self.apply_policy(false, now);
        }
    }

    fn probed(&mut self, support: &Support, now: Time) {
        self.standing.set_can_repair(support.can_repair());
        self.apply_policy(false, now);
        let probe = self.probe.take().into_iter();
        let said = probe.flat_map(|probe| probe.answered(support));
        said.for_each(|said| self.books.say(said, now));
    }

    /// Logs, and tells the planner, that a thread was killed in the kernel: no repair is there to
    /// say so.
    fn killed(&mut self, did: &'static str, now: Time) {
        self.books.fault(Fault::ThreadKilled(did), now);
        self.books.planner.thread_vanished();
    }

    /// Starts everything that is to be started now; a full scrub only with `may_scrub`.
    #[inline(never)] // Not a part of a frame that is always there.
    pub fn advance(&mut self, may_scrub: bool, now: Time) {
        if self.feed.has_ended() {
            return;
        }
        self.books.planner.hold_full_scrubs(!may_scrub);
        self.look_for_property(now);
        self.look_on(now);
        self.act(now);
        // Only now it is known what has been repaired.
        let is_blind = self.books.planner.is_blind();
        let again = self.tally.as_ref().and_then(|tally| tally.wants_look(&self.totals, is_blind));
        if let Some(depth) = again.filter(|_| self.has_come_to_rest(now)) {
            self.books.planner.look(depth);
            self.act(now);
        }
        self.ask_owners(now);
        self.books.losses(&mut self.losses.ledger, now);
        while let Some(inodes) = self.books.paths.take_wanted() {
            self.tasks.look_up(&self.filesystem, inodes);
        }
        self.ask_property(now);
        let silence = self.probe.as_mut().and_then(|probe| probe.silence(now));
        silence.into_iter().for_each(|said| self.books.say(said, now));
        self.record_policy(false, now);
    }

    /// True if a repair has been asked for, of which more is to be said soon.
    pub fn is_repairing(&self) -> bool {
        self.books.planner.is_repairing()
    }

    fn repair(&mut self, repair: Repair, now: Time) {
        let key = repair.key;
        self.books.detail(Detail::RepairStarts(key), now);
        let inode = paths::inode_of_target(key.target);
        let look_up = inode.filter(|inode| self.books.paths.take_if_wanted(*inode));
        self.tasks.repair(&self.filesystem, repair, look_up);
        self.rest(REST, now);
    }

    /// Counts of repairs, damage and lost events.
    pub fn counts(&self) -> Counts {
        let left = self.books.planner.damage_count();
        let is_unjudged = self.books.planner.is_unjudged();
        let repaired = self.totals.repaired();
        let (lost, is_down) = (self.feed.lost(), self.totals.is_down);
        Counts { repaired, left, lost, is_unjudged, is_down }
    }

    /// Number of structures that are damaged, once the filesystem was unmounted.
    pub fn left_at_unmount(&self) -> Option<usize> {
        self.books.is_unmounted.then(|| self.counts().left)
    }

    /// Says what can be said now, oldest first.
    pub fn say(&mut self, now: Time, say: &mut dyn FnMut(&Place, &Said)) {
        self.books.tell_now(now, say);
        let lost = self.tape.as_ref().and_then(|tape| tape.flush(now));
        lost.iter().for_each(|lost| say(&self.books.place, lost));
    }

    /// Time at which [`Watch::advance`] or [`Watch::say`] has something to do by itself.
    pub fn wake_at(&self, now: Time) -> Option<Time> {
        let probe = self.probe.as_ref().and_then(|probe| probe.wake_at(now));
        let rooms =
            [self.books.planner.wake_at(now), self.books.outbox.wake_at(), self.feed.wake_at()];
        let own = [self.scrub.wake_at(), probe, self.ask_at(now), self.look_on_at()];
        let others = [self.losses.wake_at(now), self.is_resting(now).then_some(self.rests_until)];
        rooms.into_iter().chain(own).chain(others).flatten().min()
    }
}

impl Rules for Watch {
    fn books(&mut self) -> &mut Books {
        &mut self.books
    }

    fn before(&mut self, event: &Event) {
        self.totals.event(event);
        if matches!(event.body, Body::Unmount | Body::Shutdown { .. }) {
            self.give_up();
        }
        if let Body::Health { change: Change::Healthy, target, .. } = event.body {
            self.mended(target);
        }
    }

    fn after(&mut self, event: &Event, now: Time) {
        self.losses.event(&event.body, now);
    }

    fn give_up(&mut self) {
        self.filesystem.give_up();
    }

    fn heed(&mut self, notice: &Notice) {
        self.totals.notice(notice);
        if let Notice::Repaired(key) | Notice::NoModification(key) | Notice::Gone(key) = notice {
            self.mended(key.target);
        }
    }

    fn carry_out(&mut self, action: Action, now: Time) {
        match action {
            Action::Say(_) => {}
            Action::Repair(repair) => self.repair(repair, now),
            Action::Look { ticket, depth } => {
                self.tally.iter_mut().for_each(|tally| tally.look_begins(depth, &self.totals));
                self.tasks.look(&self.filesystem, ticket, depth);
            }
            Action::FullScrub { ticket, reasons } => self.full_scrub(ticket, reasons, now),
        }
    }
}
