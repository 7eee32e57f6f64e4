// SPDX-License-Identifier: LGPL-2.1-or-later
//! One place of the table: a structure, and by what it is found in the orders of the table.

use super::action::Pace;
use super::entry::{Entry, Guard, State};
use super::order::Id;
use super::scrub_type::Key;
use super::time::Time;
use crate::event::Target;

/// What is remembered of one structure, and what it was in the orders when they were last put
/// right. The orders are sorted by what is said here beside the entry: the entry may change first.
#[derive(Debug)]
pub(super) struct Slot {
    pub key: Key,
    pub entry: Entry,
    pub roles: Roles,
    /// When it became pending, compared with others.
    pub age: u64,
    pub queue: Queue,
    rank: u8,
}

/// What an entry is in the orders of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Roles {
    pub state: State,
    pub is_late: bool,
    is_open: bool,
    pub spare: Option<u8>,
    pub awaits_last_word: bool,
    pub guard: Guard,
}

/// Where an entry waits for its repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Queue {
    /// It does not.
    None,
    /// It is not due yet.
    Waiting,
    /// It is due.
    Ready,
    /// It is due, but something of that target has to be judged first.
    Behind(Target),
}

impl Roles {
    pub fn of(entry: &Entry) -> Roles {
        Roles {
            state: entry.state,
            is_late: entry.is_exhausted(),
            is_open: entry.is_open(),
            spare: entry.spare(),
            awaits_last_word: entry.awaits_last_word(),
            guard: entry.guard(),
        }
    }

    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending(_))
    }
}

impl Slot {
    pub fn new(key: Key, now: Time, pace: Pace, age: u64) -> Slot {
        let entry = Entry::new(now, pace);
        let (roles, rank) = (Roles::of(&entry), key.rank());
        Slot { key, entry, roles, age, queue: Queue::None, rank }
    }

    /// When it is to be repaired; [`Time::NEVER`] for what is not.
    pub fn due(&self) -> Time {
        match self.roles.state {
            State::Pending(at) => at,
            _ => Time::NEVER,
        }
    }

    pub fn by_key(&self) -> Key {
        self.key
    }

    pub fn by_time(&self) -> (Time, Key) {
        (self.due(), self.key)
    }

    /// What is still tried quickly, by rank, and then the rest.
    pub fn by_rank(&self) -> (bool, u8, u64, Key) {
        (self.roles.is_late, self.rank, self.age, self.key)
    }

    pub fn by_obstacle(&self) -> (Queue, Key) {
        (self.queue, self.key)
    }

    /// The least useful first.
    pub fn by_use(&self) -> (Option<u8>, u64, Key) {
        (self.roles.spare, self.age, self.key)
    }
}

/// Reads something from the slot of a number. That there is no such slot does not happen; it comes
/// before all that there are.
pub(super) fn of<S>(slots: &[Slot], by: impl Fn(&Slot) -> S) -> impl Fn(Id) -> Option<S> {
    move |id| slots.get(id.index()).map(&by)
}
