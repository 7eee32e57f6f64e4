// SPDX-License-Identifier: LGPL-2.1-or-later
//! Watches that are replayed from a recording: the same planner and the same words, with the
//! recording's clock and without a filesystem.
//!
//! The planner says what it would do, as with `--dry-run`. Looks for damage end as they did when it
//! was recorded; one that was not made then does not end.

use super::ledger::Ledger;
use super::loss_book::of_event;
use super::options::{Options, Telling};
use super::paths::Paths;
use super::rules::{Books, Rules};
use crate::event::Event;
use crate::log::recording::{BadRecording, Flaw, RecordingNews};
use crate::log::said::Said;
use crate::plan::{Action, Config, Depth, Policy, Ticket, Time};
use crate::record::format::Content;
use crate::record::reader::Item;
use crate::record::{Description, Input};
use crate::report::{FsId, Place};
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
    telling: Telling,
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
        let wishes = ReplayWishes { policy: options.policy(), telling: options.telling() };
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
        let recorded = description.recorded(replayed.books.planner.policy());
        say(Some(&replayed.books.place), &Said::Recording(RecordingNews::Filesystem(recorded)));
        self.due.extend(replayed.due.map(|due| (due, number)));
        self.filesystems.insert(number, replayed);
        Ok(())
    }

    fn input(&mut self, number: u64, input: Input) -> Result<(), Flaw> {
        let now = self.now;
        self.change(number, |replayed| replayed.take_in(&input, now))
            .ok_or(Flaw::Undescribed(number))
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
    /// Paths are not recorded: none is known.
    books: Books,
    /// Set if the command line wants the policy that is in force: a recorded one is not.
    has_policy: bool,
    /// Losses that events tell of by themselves: of those of a medium only the filesystem knows
    /// whose they are.
    losses: Ledger,
    /// The look that the planner has asked for and that has not ended.
    look: Option<(Ticket, Depth)>,
    has_ended: bool,
    /// Time at which there is something to do; `None`: only when something comes.
    due: Option<Time>,
}

impl Replayed {
    fn new(description: &Description, wishes: ReplayWishes, now: Time) -> Replayed {
        let policy = wishes.policy.unwrap_or(description.config.policy);
        let config = Config { policy, dry_run: true, ..description.config };
        let Description { uuid, device, .. } = *description;
        let (mut place, paths) = (Place::new(&description.mount_point), Paths::new(false));
        place.identify(FsId { uuid, device });
        let books = Books::new(config, place, wishes.telling, paths, description.look, now);
        let (has_policy, losses) = (wishes.policy.is_some(), Ledger::default());
        Replayed { books, has_policy, losses, look: None, has_ended: false, due: Some(now) }
    }

    fn take_in(&mut self, input: &Input, now: Time) {
        self.due = Some(now);
        match *input {
            Input::Policy { policy, is_said } => {
                if !self.has_policy {
                    self.books.policy_is(policy, is_said, now);
                }
            }
            Input::Looked(depth, end) => {
                let look = self.look.take_if(|(_, asked)| *asked == depth);
                self.books.looked(look.map(|(ticket, _)| ticket), depth, end, now);
            }
            Input::Repaired(key, outcome) => {
                self.books.say(Said::RecordedRepair(key, outcome), now);
            }
            _ => self.take(input, now),
        }
    }

    /// Says what the planner would do now.
    fn advance(&mut self, now: Time, say: &mut Say<'_>) {
        if !self.has_ended {
            self.books.look_first(now);
            self.act(now);
        }
        self.books.losses(&mut self.losses, now);
        self.books.tell_now(now, &mut |place, said| say(Some(place), said));
        let waits = [self.books.planner.wake_at(now), self.books.look_first_at()];
        let waits = waits.into_iter().filter(|_| !self.has_ended);
        let told = [self.books.outbox.wake_at(), self.losses.due()];
        self.due = waits.chain(told).flatten().min();
    }

    /// Says what is left when the watch ends; nothing is begun any more.
    fn end(&mut self, now: Time, say: &mut Say<'_>) {
        self.books.last_losses(&mut self.losses, now);
        self.books.end(None, now);
        self.books.tell_all(&mut |place, said| say(Some(place), said));
    }
}

impl Rules for Replayed {
    fn books(&mut self) -> &mut Books {
        &mut self.books
    }

    fn after(&mut self, event: &Event, now: Time) {
        of_event(&event.body).into_iter().for_each(|loss| self.losses.add(&loss, now));
    }

    fn give_up(&mut self) {
        self.has_ended = true;
    }

    fn carry_out(&mut self, action: Action, _now: Time) {
        // It only says what it would repair and scrub.
        if let Action::Look { ticket, depth } = action {
            self.look = Some((ticket, depth));
        }
    }
}

#[cfg(test)]
mod tests;
