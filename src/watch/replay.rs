// SPDX-License-Identifier: LGPL-2.1-or-later
//! Watches that are replayed from a recording: the same planner and the same words, with the
//! recording's clock and without a filesystem.
//!
//! The planner says what it would do, as with `--dry-run`. Looks for damage end as they did when it
//! was recorded; one that was not made then does not end.

use super::SETTLED;
use super::budget::Budget;
use super::crowds::Crowds;
use super::options::Options;
use super::outbox::{Outbox, is_told};
use super::paths::Paths;
use crate::event::{Body, Change, Event, Target};
use crate::log::recording::{BadRecording, Flaw, RecordingNews};
use crate::log::said::{Detail, Fault, PolicyNews, Said};
use crate::plan::{Action, Config, Depth, Planner, Policy, Ticket, Time};
use crate::record::format::Content;
use crate::record::reader::Item;
use crate::record::{Description, Input};
use crate::report::{Cause, Place};
use crate::uapi::XFS_BS_SICK_INODE;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Most filesystems that are replayed at once.
const MOST: usize = 1024;
/// Most times that something is due between two frames. A planner has something to do once a day or
/// so when nothing comes, but a recording can claim that ages have passed.
const MOST_TURNS: usize = 10_000;
/// Shortest time between two of these, so that time goes on whatever is due.
const TURN: Duration = Duration::from_millis(1);
/// Most frames of one time that are judged together: more than a watch reads before it judges, but
/// a recording can claim that all of it came at once.
const MOST_AT_ONCE: u32 = 4096;

/// Function that says something of a filesystem, or of the recording.
pub(crate) type Say<'a> = dyn FnMut(Option<&Place>, &Said) + 'a;

/// What the command line wants of a replay.
#[derive(Clone, Copy, Debug)]
struct ReplayWishes {
    /// Policy in place of the recorded one.
    policy: Option<Policy>,
    quiet: bool,
    debug: bool,
    everything: bool,
}

/// The filesystems of a recording that is replayed.
#[derive(Debug)]
pub(crate) struct Replay {
    wishes: ReplayWishes,
    filesystems: BTreeMap<u64, Replayed>,
    /// Times at which a filesystem has something to do, with its number.
    due: BTreeSet<(Time, u64)>,
    /// Time of the recording's clock.
    now: Time,
    /// Frames that were taken in since what follows from those before was last said.
    taken: u32,
}

impl Replay {
    /// A replay of which nothing was read yet. Of the options count those about what is said, and
    /// `repair` and `no_autofsck`; everything else was recorded.
    pub fn new(options: &Options) -> Replay {
        let policy = match (options.repair, options.no_autofsck) {
            (true, _) => Some(Policy::Repair),
            (false, true) => Some(Policy::Log),
            (false, false) => None,
        };
        let Options { quiet, debug, everything, .. } = *options;
        let wishes = ReplayWishes { policy, quiet, debug, everything };
        let (filesystems, due) = (BTreeMap::new(), BTreeSet::new());
        Replay { wishes, filesystems, due, now: Time::default(), taken: 0 }
    }

    /// Takes in the next thing of the recording, and says what follows from those before it.
    pub fn take(&mut self, item: Item, say: &mut Say<'_>) -> Result<(), BadRecording> {
        let Item::Frame { offset, filesystem, time, content } = item else {
            self.end(say);
            return Ok(());
        };
        self.pass(time, say);
        let taken = match content {
            Content::Program(program) => {
                let (program, kernel) = (program.program, program.kernel);
                say(None, &Said::Recording(RecordingNews::Begins { program, kernel }));
                Ok(())
            }
            Content::Dropped(inputs) => {
                say(None, &Said::Recording(RecordingNews::Missing(inputs)));
                Ok(())
            }
            Content::Filesystem(description) => self.add(filesystem, &description, say),
            Content::Input(Input::Closed) => {
                if let Some(mut closed) = self.filesystems.remove(&filesystem) {
                    closed.due.map(|due| self.due.remove(&(due, filesystem)));
                    closed.end(self.now, say);
                }
                Ok(())
            }
            Content::Input(input) => self.input(filesystem, input),
        };
        taken.map_err(|what| BadRecording { offset, what })
    }

    /// Says what is left to be said when the recording ends.
    pub fn end(&mut self, say: &mut Say<'_>) {
        self.advance(say);
        self.due.clear();
        let now = std::mem::take(&mut self.now);
        let ended = std::mem::take(&mut self.filesystems).into_values();
        ended.for_each(|mut replayed| replayed.end(now, say));
    }

    fn add(
        &mut self,
        number: u64,
        description: &Description,
        say: &mut Say<'_>,
    ) -> Result<(), Flaw> {
        // One that is described once more goes on.
        if self.filesystems.contains_key(&number) {
            return Ok(());
        }
        if self.filesystems.len() >= MOST {
            return Err(Flaw::TooMany);
        }
        let replayed = Replayed::new(description, self.wishes, self.now);
        let recorded = description.recorded(replayed.planner.policy());
        say(Some(&replayed.place), &Said::Recording(RecordingNews::Filesystem(recorded)));
        self.due.extend(replayed.due.map(|due| (due, number)));
        self.filesystems.insert(number, replayed);
        Ok(())
    }

    fn input(&mut self, number: u64, input: Input) -> Result<(), Flaw> {
        let now = self.now;
        self.change(number, |replayed| replayed.take(input, now)).ok_or(Flaw::Undescribed(number))
    }

    /// Changes a filesystem, if there is one of that number, and takes note of when it is due.
    fn change(&mut self, number: u64, change: impl FnOnce(&mut Replayed)) -> Option<()> {
        let replayed = self.filesystems.get_mut(&number)?;
        let before = replayed.due;
        change(replayed);
        if replayed.due != before {
            before.map(|due| self.due.remove(&(due, number)));
            self.due.extend(replayed.due.map(|due| (due, number)));
        }
        Some(())
    }

    /// Lets time pass, with all that is due on the way; what came at the same time is judged
    /// together, as when it was recorded.
    fn pass(&mut self, to: Time, say: &mut Say<'_>) {
        if to <= self.now {
            self.taken += 1;
            if self.taken >= MOST_AT_ONCE {
                self.advance(say);
            }
            return;
        }
        for _ in 0..MOST_TURNS {
            self.advance(say);
            let due = self.due.first().map(|(due, _)| (*due).max(self.now.after(TURN)));
            let Some(due) = due.filter(|due| *due < to) else { break };
            self.now = due;
        }
        self.now = to;
    }

    /// Starts what is to be started now, for each filesystem in the order of their numbers.
    fn advance(&mut self, say: &mut Say<'_>) {
        self.taken = 0;
        let now = self.now;
        let due = self.due.range(..=(now, u64::MAX)).map(|(_, number)| *number);
        for number in due.collect::<BTreeSet<_>>() {
            self.change(number, |replayed| replayed.advance(now, say));
        }
    }
}

/// One filesystem of a recording.
#[derive(Debug)]
struct Replayed {
    wishes: ReplayWishes,
    place: Place,
    planner: Planner,
    outbox: Outbox,
    /// Paths are not recorded: none is known.
    paths: Paths,
    first_look: Option<(Depth, Time)>,
    /// The look that the planner has asked for and that has not ended.
    look: Option<(Ticket, Depth)>,
    has_ended: bool,
    is_unmounted: bool,
    /// Time at which there is something to do; `None`: only when something comes.
    due: Option<Time>,
}

impl Replayed {
    fn new(description: &Description, wishes: ReplayWishes, now: Time) -> Replayed {
        let policy = wishes.policy.unwrap_or(description.config.policy);
        let config = Config { policy, dry_run: true, ..description.config };
        let crowds = Crowds::new(config.agno_shift);
        let budget = (!wishes.everything).then(Budget::default);
        Replayed {
            wishes,
            place: Place::new(&description.mount_point),
            planner: Planner::new(config),
            outbox: Outbox::new((!wishes.debug).then_some(crowds), budget),
            paths: Paths::new(false),
            first_look: Some((description.look, now.after(SETTLED))),
            look: None,
            has_ended: false,
            is_unmounted: false,
            due: Some(now),
        }
    }

    fn take(&mut self, input: Input, now: Time) {
        self.due = Some(now);
        match input {
            Input::Record { record, is_known } => {
                self.event(&Event::decode(&record), is_known, now);
            }
            Input::SilentLoss => {
                self.planner.lost(now);
                self.outbox.silent_loss(now);
            }
            Input::Failed(errno) => {
                self.outbox.say(Said::Fault(Fault::Monitor(Cause::Errno(errno))), now);
            }
            Input::End { is_unmounted } => self.monitor_ends(is_unmounted, now),
            Input::Policy { policy, is_said } => {
                if self.wishes.policy.is_none() {
                    self.planner.set_policy(policy);
                    let said = is_said.then_some(Said::Policy(PolicyNews::Directive(policy)));
                    said.into_iter().for_each(|said| self.outbox.say(said, now));
                }
            }
            Input::Sick(target, mask) => {
                let new = self.planner.sick(target, mask, now);
                self.tell_sick(target, new, now);
            }
            Input::Deadly(ino, generation) => {
                if self.planner.deadly(ino, generation, now) {
                    self.tell_sick(Target::Inode { ino, generation }, XFS_BS_SICK_INODE, now);
                }
            }
            Input::Missed(agno) => self.planner.missed(agno, now),
            Input::Looked(depth, end) => {
                if self.wishes.debug {
                    self.outbox.say(Said::Detail(Detail::LookEnded(depth, end)), now);
                }
                let look = self.look.take_if(|(_, asked)| *asked == depth);
                look.into_iter().for_each(|(ticket, _)| {
                    self.planner.look_finished(ticket, end, now);
                });
            }
            Input::Repaired(key, outcome) => {
                self.outbox.say(Said::RecordedRepair(key, outcome), now);
            }
            Input::Closed => {}
        }
    }

    fn event(&mut self, event: &Event, is_known: bool, now: Time) {
        self.is_unmounted |= event.body == Body::Unmount;
        if !is_known {
            self.planner.event(event, now);
        }
        self.tell(event, now);
    }

    fn monitor_ends(&mut self, is_unmounted: bool, now: Time) {
        self.has_ended = true;
        if self.is_unmounted {
            return;
        }
        if is_unmounted {
            return self.event(&Event { time_ns: 0, body: Body::Unmount }, false, now);
        }
        self.outbox.say(Said::Fault(Fault::MonitorEnded), now);
    }

    fn tell(&mut self, event: &Event, now: Time) {
        let ReplayWishes { quiet, debug, everything, .. } = self.wishes;
        let is_health = matches!(event.body, Body::Health { .. });
        let is_told = is_told(event, self.planner.policy(), debug || everything);
        if is_told && !(is_health && quiet) {
            self.outbox.event(*event, now);
        }
    }

    fn tell_sick(&mut self, target: Target, mask: u32, now: Time) {
        if mask != 0 {
            let body = Body::Health { change: Change::Sick, target, mask };
            self.tell(&Event { time_ns: 0, body }, now);
        }
    }

    /// Says what the planner would do now.
    fn advance(&mut self, now: Time, say: &mut Say<'_>) {
        if !self.has_ended {
            let is_wanted = self.planner.wants_full_scrub();
            let first = self.first_look.take_if(|(_, at)| is_wanted || *at <= now);
            first.into_iter().for_each(|(depth, _)| self.planner.look(depth));
            while let Some(action) = self.planner.next(now) {
                match action {
                    Action::Say(notice) => self.outbox.notice(notice, now),
                    Action::Look { ticket, depth } => self.look = Some((ticket, depth)),
                    // It only says what it would repair and scrub.
                    Action::Repair(_) | Action::FullScrub { .. } => {}
                }
            }
        }
        while let Some(said) = self.outbox.next(&self.paths, now) {
            say(Some(&self.place), &said);
        }
        let planner = self.planner.wake_at(now).filter(|_| !self.has_ended);
        let waits = planner.into_iter().chain(self.outbox.wake_at());
        let first = self.first_look.filter(|_| !self.has_ended).map(|(_, at)| at);
        self.due = waits.chain(first).min();
    }

    /// Says what is left when the watch ends; nothing is begun any more.
    fn end(&mut self, now: Time, say: &mut Say<'_>) {
        self.outbox.end(now);
        self.planner.stop();
        while let Some(Action::Say(notice)) = self.planner.next(now) {
            self.outbox.notice(notice, now);
        }
        self.outbox.end(now);
        while let Some(said) = self.outbox.pop(&self.paths) {
            say(Some(&self.place), &said);
        }
    }
}

#[cfg(test)]
mod tests;
