// SPDX-License-Identifier: LGPL-2.1-or-later
//! A place of the table: a structure, and the values by which the orders of the table find it.

use super::entry::{Entry, Hope, State};
use super::guard::Guard;
use super::order::{Sort, Sorted};
use crate::event::Target;
use crate::plan::config::Pace;
use crate::plan::scrub_type::{Key, target_number};
use crate::plan::time::Time;

/// The entry of a structure, and its roles in the orders when they were last put right. The orders
/// are sorted by what is said here beside the entry: the entry may change first.
#[derive(Debug)]
pub(in crate::plan) struct Slot {
    pub key: Key,
    pub entry: Entry,
    pub roles: Roles,
    /// Number that tells when the structure became pending, compared with others.
    pub age: u64,
    pub queue: Queue,
    rank: u8,
}

// In a burst there are hundreds: what does not cost much to find anew is not kept.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Slot>() <= 176);

/// Roles of an entry in the orders of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Roles {
    phase: Phase,
    /// Time when the structure is to be repaired; [`Time::NEVER`] if it is not to be.
    due: Time,
    is_late: bool,
    is_open: bool,
    pub spare: Option<u8>,
    pub awaits_last_word: bool,
    pub hope: Hope,
    pub guard: Guard,
}

/// The state of an entry without its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Pending,
    Running,
    Left,
}

/// Queue in which an entry waits for its repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Queue {
    /// The entry does not wait.
    None,
    /// The entry is not due yet.
    Waiting,
    /// The entry is due.
    Ready,
    /// The entry is due, but something of that target has to be judged first.
    Behind(Target),
}

/// The orders of the table: which slots are in each, and how it sorts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum By {
    /// All, by structure, those of a target together.
    Key,
    /// Those that are pending and not due yet, by the time when they are.
    Time,
    /// Those that are due, as repairs come: what is still tried quickly, by rank, and then the
    /// rest.
    Rank,
    /// Those that are due but parked, by the target of which something has to be judged first.
    Obstacle,
    /// Those that can be forgotten, the least useful first.
    Use,
    /// Those about which the last word is to be said, the least hope first, then by structure.
    Word,
}

impl By {
    /// In the order of their numbers.
    pub const ALL: [By; 6] = [By::Key, By::Time, By::Rank, By::Obstacle, By::Use, By::Word];
}

impl Roles {
    pub fn of(key: Key, entry: &Entry) -> Roles {
        let last_resort = || entry.last_resort().filter(|_| key.is_of_inode());
        let (phase, due) = match entry.state {
            State::Idle => (Phase::Idle, Time::NEVER),
            State::Pending(at) => (Phase::Pending, at),
            State::Running => (Phase::Running, Time::NEVER),
            State::Left => (Phase::Left, Time::NEVER),
        };
        Roles {
            phase,
            due,
            is_late: entry.is_exhausted(),
            is_open: entry.is_open(),
            spare: entry.spare().or_else(last_resort),
            awaits_last_word: entry.awaits_last_word(),
            hope: entry.hope(),
            guard: entry.guard(),
        }
    }

    pub fn is_pending(&self) -> bool {
        self.phase == Phase::Pending
    }
}

impl Slot {
    pub fn new(key: Key, now: Time, pace: Pace, age: u64) -> Slot {
        let entry = Entry::new(now, pace);
        let (roles, rank) = (Roles::of(key, &entry), key.rank());
        Slot { key, roles, entry, age, queue: Queue::None, rank }
    }

    /// Gives a value that sorts class by class, in each of them the oldest first.
    fn aged(&self, class: u16) -> u128 {
        u128::from(class) << 64 | u128::from(self.age)
    }

    /// Time when the structure is to be repaired; [`Time::NEVER`] if it is not to be.
    pub fn due(&self) -> Time {
        self.roles.due
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
        (first, self.key.sort_number())
    }
}
