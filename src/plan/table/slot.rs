// SPDX-License-Identifier: LGPL-2.1-or-later
//! One place of the table: a structure, and by what it is found in the orders of the table.

use super::entry::{Entry, Guard, Hope, State};
use super::order::{Sort, Sorted};
use crate::event::Target;
use crate::plan::config::Pace;
use crate::plan::scrub_type::{Key, target_number};
use crate::plan::time::Time;

/// What is remembered of one structure, and what it was in the orders when they were last put
/// right. The orders are sorted by what is said here beside the entry: the entry may change first.
#[derive(Debug)]
pub(in crate::plan) struct Slot {
    pub key: Key,
    pub entry: Entry,
    pub roles: Roles,
    /// When it became pending, compared with others.
    pub age: u64,
    pub queue: Queue,
    rank: u8,
    /// [`Key::sort_number`].
    number: u128,
}

/// What an entry is in the orders of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Roles {
    pub state: State,
    pub is_late: bool,
    is_open: bool,
    pub spare: Option<u8>,
    pub awaits_last_word: bool,
    pub hope: Hope,
    pub guard: Guard,
}

/// Where an entry waits for its repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Queue {
    /// It does not.
    None,
    /// It is not due yet.
    Waiting,
    /// It is due.
    Ready,
    /// It is due, but something of that target has to be judged first.
    Behind(Target),
}

/// The orders of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum By {
    /// By structure, those of a target together.
    Key,
    /// By when it is due.
    Time,
    /// As repairs come: what is still tried quickly, by rank, and then the rest.
    Rank,
    /// By the target that it is parked behind.
    Obstacle,
    /// The least useful first.
    Use,
    /// The least hope first, then by structure.
    Word,
}

impl Roles {
    pub fn of(key: Key, entry: &Entry) -> Roles {
        let last_resort = || entry.last_resort().filter(|_| key.is_of_inode());
        Roles {
            state: entry.state,
            is_late: entry.is_exhausted(),
            is_open: entry.is_open(),
            spare: entry.spare().or_else(last_resort),
            awaits_last_word: entry.awaits_last_word(),
            hope: entry.hope(),
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
        let (rank, number) = (key.rank(), key.sort_number());
        Slot { key, roles: Roles::of(key, &entry), entry, age, queue: Queue::None, rank, number }
    }

    /// Class by class, in each of them the oldest first.
    fn aged(&self, class: u16) -> u128 {
        u128::from(class) << 64 | u128::from(self.age)
    }

    /// When it is to be repaired; [`Time::NEVER`] for what is not.
    pub fn due(&self) -> Time {
        match self.roles.state {
            State::Pending(at) => at,
            _ => Time::NEVER,
        }
    }
}

impl Sorted for Slot {
    type By = By;

    fn sort(&self, by: By) -> Sort {
        let first = match (by, self.queue) {
            (By::Key, _) => 0,
            (By::Word, _) => self.roles.hope as u128,
            (By::Time, _) => self.due().as_nanos().into(),
            (By::Rank, _) => self.aged(u16::from(self.roles.is_late) << 8 | u16::from(self.rank)),
            (By::Obstacle, Queue::Behind(target)) => target_number(target),
            (By::Obstacle, _) => 0,
            (By::Use, _) => self.aged(self.roles.spare.map_or(u16::MAX, u16::from)),
        };
        (first, self.number)
    }
}
