// SPDX-License-Identifier: LGPL-2.1-or-later
//! The structures that the planner knows, in the order in which they are due. Bounded.

use super::action::Pace;
use super::entry::{Entry, Guard, State};
use super::scrub_type::Key;
use super::time::Time;
use crate::event::Target;
use std::collections::{BTreeMap, BTreeSet};

/// The most structures that are remembered at once.
pub const MAX_STRUCTURES: usize = 16_384;

/// Entries and the sets that find them again without a look at all of them: a storm fills the
/// table, and then every event and every repair costs no more than before.
///
/// Everything goes through [`Table::update`], so that the sets always say what the entries say.
#[derive(Debug)]
pub(super) struct Table {
    slots: BTreeMap<Key, Slot>,
    /// Due, in the order of repairs: what is still tried quickly, by rank, and the rest.
    ready: BTreeSet<(bool, u8, u64, Key)>,
    /// Due, but something of that target has to be judged first.
    parked: BTreeSet<(Target, Key)>,
    /// Pending and not due yet.
    waiting: BTreeSet<(Time, Key)>,
    /// What can be forgotten, the least useful first.
    spare: BTreeSet<(u8, u64, Key)>,
    /// About which the last word is to be said.
    last_words: BTreeSet<Key>,
    briefly_guarding: usize,
    lastingly_guarding: usize,
    /// Counts up; tells which of two entries became pending first.
    age: u64,
    /// The most entries, smaller only in tests.
    pub(super) room: usize,
    pace: Pace,
}

#[derive(Debug)]
struct Slot {
    entry: Entry,
    roles: Roles,
    age: u64,
    parked: Option<Target>,
}

/// What an entry is in the sets of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Roles {
    state: State,
    is_late: bool,
    is_open: bool,
    spare: Option<u8>,
    awaits_last_word: bool,
    guard: Guard,
}

impl Roles {
    fn of(entry: &Entry) -> Roles {
        Roles {
            state: entry.state,
            is_late: entry.is_exhausted(),
            is_open: entry.is_open(),
            spare: entry.spare(),
            awaits_last_word: entry.awaits_last_word(),
            guard: entry.guard(),
        }
    }

    fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending(_))
    }
}

impl Table {
    pub fn new(pace: Pace) -> Table {
        Table {
            slots: BTreeMap::new(),
            ready: BTreeSet::new(),
            parked: BTreeSet::new(),
            waiting: BTreeSet::new(),
            spare: BTreeSet::new(),
            last_words: BTreeSet::new(),
            briefly_guarding: 0,
            lastingly_guarding: 0,
            age: 0,
            room: MAX_STRUCTURES,
            pace,
        }
    }

    pub fn get(&self, key: Key) -> Option<&Entry> {
        self.slots.get(&key).map(|slot| &slot.entry)
    }

    /// Makes sure that there is an entry of a structure; false if there is no room for it.
    pub fn insert(&mut self, key: Key, now: Time) -> bool {
        if self.slots.contains_key(&key) {
            return true;
        }
        if self.slots.len() >= self.room && !self.evict() {
            return false;
        }
        let entry = Entry::new(now, self.pace);
        let slot = Slot { roles: Roles::of(&entry), entry, age: self.age, parked: None };
        self.enter(key, slot.roles, slot.age);
        self.slots.insert(key, slot);
        true
    }

    /// Changes an entry, if there is one.
    pub fn update<R>(&mut self, key: Key, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        let slot = self.slots.get_mut(&key)?;
        let result = change(&mut slot.entry);
        let (old, new) = (slot.roles, Roles::of(&slot.entry));
        if old != new {
            let (old_age, parked) = (slot.age, slot.parked.take());
            if !old.is_pending() {
                self.age = self.age.wrapping_add(1);
                slot.age = self.age;
            }
            slot.roles = new;
            let age = slot.age;
            self.leave(key, old, old_age, parked);
            self.enter(key, new, age);
            self.unpark(key.target);
        }
        Some(result)
    }

    fn enter(&mut self, key: Key, roles: Roles, age: u64) {
        if let State::Pending(at) = roles.state {
            self.waiting.insert((at, key));
        }
        if let Some(class) = roles.spare {
            self.spare.insert((class, age, key));
        }
        if roles.awaits_last_word {
            self.last_words.insert(key);
        }
        self.briefly_guarding += usize::from(roles.guard == Guard::Briefly);
        self.lastingly_guarding += usize::from(roles.guard == Guard::Lasting);
    }

    fn leave(&mut self, key: Key, roles: Roles, age: u64, parked: Option<Target>) {
        if let State::Pending(at) = roles.state {
            self.waiting.remove(&(at, key));
            self.ready.remove(&(roles.is_late, key.rank(), age, key));
        }
        if let Some(target) = parked {
            self.parked.remove(&(target, key));
        }
        if let Some(class) = roles.spare {
            self.spare.remove(&(class, age, key));
        }
        self.last_words.remove(&key);
        self.briefly_guarding -= usize::from(roles.guard == Guard::Briefly);
        self.lastingly_guarding -= usize::from(roles.guard == Guard::Lasting);
    }

    /// Moves what has become due over to the ready queue.
    pub fn promote(&mut self, now: Time) {
        while let Some(&(at, key)) = self.waiting.first() {
            if at > now {
                return;
            }
            self.waiting.pop_first();
            self.make_ready(key);
        }
    }

    fn make_ready(&mut self, key: Key) {
        if let Some(slot) = self.slots.get(&key) {
            self.ready.insert((slot.roles.is_late, key.rank(), slot.age, key));
        }
    }

    /// The first of what is due.
    pub fn first_ready(&self) -> Option<Key> {
        self.ready.first().map(|(.., key)| *key)
    }

    /// Sets what is ready aside until an entry of `target` changes.
    pub fn park(&mut self, key: Key, target: Target) {
        let Some(slot) = self.slots.get_mut(&key) else { return };
        if self.ready.remove(&(slot.roles.is_late, key.rank(), slot.age, key)) {
            slot.parked = Some(target);
            self.parked.insert((target, key));
        }
    }

    fn unpark(&mut self, target: Target) {
        while let Some(&(of, key)) = self.parked.range((target, Key::FIRST)..).next() {
            if of != target {
                return;
            }
            self.parked.remove(&(of, key));
            if let Some(slot) = self.slots.get_mut(&key) {
                slot.parked = None;
            }
            self.make_ready(key);
        }
    }

    /// When the next waiting entry becomes due.
    pub fn next_due(&self) -> Option<Time> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// A structure about which the last word is to be said.
    pub fn last_word(&self) -> Option<Key> {
        self.last_words.first().copied()
    }

    /// What the entries say about starting a full scrub.
    pub fn guard(&self) -> Guard {
        match (self.lastingly_guarding, self.briefly_guarding) {
            (1.., _) => Guard::Lasting,
            (0, 1..) => Guard::Briefly,
            (0, 0) => Guard::Open,
        }
    }

    /// All entries of a target.
    pub fn of_target(&self, target: Target) -> impl Iterator<Item = (Key, &Entry)> {
        self.slots.range(Key::range_of(target)).map(|(key, slot)| (*key, &slot.entry))
    }

    pub fn clear(&mut self) {
        *self = Table { room: self.room, ..Table::new(self.pace) };
    }

    /// How many structures are damaged as far as anyone knows.
    pub fn damaged(&self) -> usize {
        self.slots.values().filter(|slot| slot.entry.state != State::Idle).count()
    }

    /// What waits for the end of a full scrub.
    pub fn awaiting_scrub(&self) -> Vec<Key> {
        let waits = self.slots.iter().filter(|(_, slot)| slot.entry.awaits_scrub);
        waits.map(|(key, _)| *key).collect()
    }

    /// Makes room for one entry: forgets one that is exhausted, or else one that is healed, the
    /// one that has been quiet for the longest.
    fn evict(&mut self) -> bool {
        let Some(&(_, _, key)) = self.spare.first() else { return false };
        if let Some(slot) = self.slots.remove(&key) {
            self.leave(key, slot.roles, slot.age, slot.parked);
        }
        true
    }
}

#[cfg(test)]
impl Table {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The sets say what the entries say, and nothing else.
    pub fn assert_consistent(&self) {
        let mut sets = Table { age: self.age, room: self.room, ..Table::new(self.pace) };
        for (key, slot) in &self.slots {
            assert_eq!(slot.roles, Roles::of(&slot.entry), "{key:?} changed unseen");
            sets.enter(*key, slot.roles, slot.age);
            let place = (slot.roles.is_late, key.rank(), slot.age, *key);
            let parked = slot.parked.is_some_and(|target| self.parked.contains(&(target, *key)));
            let queues = if let State::Pending(at) = slot.roles.state {
                [self.waiting.contains(&(at, *key)), self.ready.contains(&place), parked]
            } else {
                assert_eq!(slot.parked, None);
                [true, false, false]
            };
            assert_eq!(queues.iter().filter(|is_in| **is_in).count(), 1, "{key:?} {queues:?}");
        }
        let queued = self.waiting.len() + self.ready.len() + self.parked.len();
        assert_eq!(queued, sets.waiting.len());
        assert_eq!(self.spare, sets.spare);
        assert_eq!(self.last_words, sets.last_words);
        assert_eq!(self.guard(), sets.guard());
    }
}
