// SPDX-License-Identifier: LGPL-2.1-or-later
//! The structures that the planner knows, in the order in which they are due. Bounded.

pub(in crate::plan) mod entry;
pub(in crate::plan) mod guard;
mod namesake;
mod order;
mod slot;

use super::action::Failure;
use super::bounded;
use super::config::Pace;
use super::scrub_type::{Key, target_number};
use super::time::Time;
use crate::event::Target;
use entry::{Entry, Hope, PENDING, State, UNTRIED};
use guard::{Guard, Guards};
use order::{Id, Order};
use slot::{By, Queue, Roles, Slot};

/// The most structures that are remembered at once.
pub const MAX_STRUCTURES: usize = 16_384;
const _: () = assert!(MAX_STRUCTURES <= Id::MOST);

/// Number of structures that there is room for as soon as there is one.
const FIRST_ROOM: usize = 64;

/// Cost of room for a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Room {
    /// There is no room for the structure.
    None,
    /// The room costs nothing that matters.
    Free,
    /// The room costs the memory of an inode that is damaged, which may be one to guard.
    Taken {
        /// True if the inode may be one to guard.
        is_risky: bool,
    },
}

/// Entries and the orders that find them again without a walk through all of them: a storm fills
/// the table, and then every event and every repair costs no more than before.
///
/// Everything goes through [`Table::update`], so that the orders always say what the entries say.
#[derive(Debug)]
pub(in crate::plan) struct Table {
    /// Slots of the structures. None is ever given back alone: a structure that comes when the
    /// table is full takes over one of them.
    slots: Vec<Slot>,
    /// The slots that are in each order, by the number of [`By`].
    orders: [Order<Slot>; By::ALL.len()],
    /// Number of structures that all of these lists have room for.
    reserved: usize,
    guards: Guards,
    /// Counts up; tells which of two entries became pending first.
    age: u64,
    /// The most entries, smaller only in tests.
    pub(in crate::plan) room: usize,
    pace: Pace,
}

impl Table {
    pub fn new(pace: Pace) -> Table {
        Table {
            slots: Vec::new(),
            orders: By::ALL.map(Order::new),
            reserved: 0,
            guards: Guards::default(),
            age: 0,
            room: MAX_STRUCTURES,
            pace,
        }
    }

    pub fn get(&self, key: Key) -> Option<&Entry> {
        self.slot(self.find(key)?).map(|slot| &slot.entry)
    }

    /// Makes sure that there is an entry of a structure, which is risky or not.
    ///
    /// There are millions of inodes, and on a kernel with a defect those that cannot be loaded stay
    /// for as long as the filesystem is mounted. What is not of an inode takes the place of one
    /// where there is no other, and some places are kept from inodes that may be of that kind.
    pub fn insert(&mut self, key: Key, is_risky: bool, now: Time) -> Room {
        if self.find(key).is_some() {
            return Room::Free;
        }
        let few = self.room.saturating_sub(self.room / 4);
        let is_crowded =
            is_risky && key.is_of_inode() && self.room > 3 && self.guards.count_all() >= few;
        let most = if key.is_of_inode() { UNTRIED } else { PENDING };
        let slot = Slot::new(key, now, self.pace, self.age);
        let (id, room) = match self.settle(slot, is_crowded, most) {
            Some(settled) => settled,
            None => return Room::None,
        };
        self.add_to(By::Key, id);
        self.enter(id);
        room
    }

    /// Changes an entry, if there is one.
    pub fn update<R>(&mut self, key: Key, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        self.update_slot(self.find(key)?, change)
    }

    /// Changes entries of a target; of one target there are only a few.
    pub fn update_target(&mut self, target: Target, change: impl FnMut(&mut Entry)) {
        let first = self.first_of(target);
        self.update_from(first, |key| key.target == target, change);
    }

    /// Calls `change` with every entry.
    pub fn update_all(&mut self, change: impl FnMut(&mut Entry)) {
        self.update_from(0, |_| true, change);
    }

    fn update_from(
        &mut self,
        first: usize,
        goes_on: impl Fn(Key) -> bool,
        mut change: impl FnMut(&mut Entry),
    ) {
        // No change moves an entry in this order.
        for place in first..self.slots.len() {
            let Some(id) = self.order(By::Key).get(place) else { return };
            if self.slot(id).is_none_or(|slot| !goes_on(slot.key)) {
                return;
            }
            self.update_slot(id, &mut change);
        }
    }

    fn update_slot<R>(&mut self, id: Id, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        let result = change(&mut self.slots.get_mut(id.index())?.entry);
        self.sort_in(id);
        Some(result)
    }

    /// Puts the orders right after a change of an entry.
    #[inline(never)]
    fn sort_in(&mut self, id: Id) {
        let Some(slot) = self.slot(id) else { return };
        let roles = Roles::of(slot.key, &slot.entry);
        if roles == slot.roles {
            return;
        }
        self.leave(id);
        let Some(slot) = self.slots.get_mut(id.index()) else { return };
        if !slot.roles.is_pending() {
            self.age = self.age.wrapping_add(1);
            slot.age = self.age;
        }
        slot.roles = roles;
        let target = slot.key.target;
        self.enter(id);
        self.unpark(target);
    }

    /// Takes a slot into all orders but the one by key.
    fn enter(&mut self, id: Id) {
        let Some(slot) = self.slots.get_mut(id.index()) else { return };
        let roles = slot.roles;
        if roles.is_pending() {
            slot.queue = Queue::Waiting;
            self.add_to(By::Time, id);
        }
        if roles.spare.is_some() {
            self.add_to(By::Use, id);
        }
        if roles.awaits_last_word {
            self.add_to(By::Word, id);
        }
        self.guards.add(roles.guard);
    }

    /// Takes a slot out of all orders but the one by key; it must still say what it said when it
    /// entered.
    fn leave(&mut self, id: Id) {
        let Some(slot) = self.slot(id) else { return };
        let roles = slot.roles;
        match slot.queue {
            Queue::None => {}
            Queue::Waiting => self.take_from(By::Time, id),
            Queue::Ready => self.take_from(By::Rank, id),
            Queue::Behind(_) => self.take_from(By::Obstacle, id),
        }
        if roles.spare.is_some() {
            self.take_from(By::Use, id);
        }
        if roles.awaits_last_word {
            self.take_from(By::Word, id);
        }
        self.guards.remove(roles.guard);
        self.set_queue(id, Queue::None);
    }

    fn set_queue(&mut self, id: Id, queue: Queue) {
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.queue = queue;
        }
    }

    /// Moves what has become due over to the ready queue.
    pub fn promote(&mut self, now: Time) {
        let mut count = 0;
        while let Some(id) = self.order(By::Time).get(count) {
            if self.slot(id).is_none_or(|slot| slot.due() > now) {
                break;
            }
            self.make_ready(id);
            count += 1;
        }
        self.orders[By::Time as usize].remove_at(0, count);
    }

    fn make_ready(&mut self, id: Id) {
        self.set_queue(id, Queue::Ready);
        self.add_to(By::Rank, id);
    }

    /// The first structure that is due, in the order of repairs; `None` if none is.
    pub fn first_ready(&self) -> Option<Key> {
        self.slot(self.order(By::Rank).first()?).map(|slot| slot.key)
    }

    /// Sets a structure that is ready aside until an entry of `target` changes.
    pub fn park(&mut self, key: Key, target: Target) {
        let Some(id) = self.find(key) else { return };
        if self.slot(id).is_some_and(|slot| slot.queue == Queue::Ready) {
            self.take_from(By::Rank, id);
            self.set_queue(id, Queue::Behind(target));
            self.add_to(By::Obstacle, id);
        }
    }

    /// Makes those ready again that were set aside until an entry of `target` changes.
    pub fn release(&mut self, target: Target) {
        self.unpark(target);
    }

    fn unpark(&mut self, target: Target) {
        let behind = Queue::Behind(target);
        let first = self.order(By::Obstacle).place(&self.slots, (target_number(target), 0));
        let mut count = 0;
        while let Some(id) = self.order(By::Obstacle).get(first.saturating_add(count)) {
            if self.slot(id).is_none_or(|slot| slot.queue != behind) {
                break;
            }
            self.make_ready(id);
            count += 1;
        }
        self.orders[By::Obstacle as usize].remove_at(first, count);
    }

    /// Time when the next waiting entry becomes due; `None` if none waits.
    pub fn wake_at(&self) -> Option<Time> {
        self.slot(self.order(By::Time).first()?).map(Slot::due)
    }

    /// A structure about which the last word is to be said, if its hope is no more than `most`.
    pub fn last_word(&self, most: Hope) -> Option<Key> {
        let slot = self.slot(self.order(By::Word).first()?)?;
        (slot.roles.hope <= most).then_some(slot.key)
    }

    /// The strongest guard of all entries against the start of a full scrub.
    pub fn guard(&self) -> Guard {
        self.guards.strongest()
    }

    /// True if there are structures that keep full scrubs from being started and were forgotten.
    pub fn has_forgotten(&self) -> bool {
        self.guards.forgot
    }

    /// The inodes that must not be loaded, in no particular order.
    pub fn deadly(&self) -> impl Iterator<Item = u64> {
        let is_deadly = |slot: &&Slot| slot.entry.failed == Some(Failure::Unlinked);
        self.slots.iter().filter(is_deadly).filter_map(|slot| match slot.key.target {
            Target::Inode { ino, .. } => Some(ino),
            _ => None,
        })
    }

    /// True if `is_so` is true of any entry.
    pub fn any(&self, is_so: impl Fn(&Entry) -> bool) -> bool {
        self.slots.iter().any(|slot| is_so(&slot.entry))
    }

    /// Iterates over all entries of a target.
    pub fn of_target(&self, target: Target) -> OfTarget<'_> {
        OfTarget { table: self, target, place: self.first_of(target) }
    }

    /// Number of structures that are damaged as far as anyone knows.
    pub fn damaged(&self) -> usize {
        self.all_damaged().count()
    }

    /// The structures that are damaged as far as anyone knows, in no particular order.
    pub fn all_damaged(&self) -> impl Iterator<Item = Key> {
        let damaged = self.slots.iter().filter(|slot| slot.entry.state != State::Idle);
        damaged.map(|slot| slot.key)
    }

    fn slot(&self, id: Id) -> Option<&Slot> {
        self.slots.get(id.index())
    }

    fn order(&self, by: By) -> &Order<Slot> {
        &self.orders[by as usize]
    }

    #[inline(never)]
    fn add_to(&mut self, by: By, id: Id) {
        self.orders[by as usize].insert(&self.slots, id);
    }

    #[inline(never)]
    fn take_from(&mut self, by: By, id: Id) {
        self.orders[by as usize].remove(&self.slots, id);
    }

    fn find(&self, key: Key) -> Option<Id> {
        let place = self.order(By::Key).place(&self.slots, (0, key.sort_number()));
        let id = self.order(By::Key).get(place)?;
        self.slot(id).filter(|slot| slot.key == key).map(|_| id)
    }

    /// The place in the order by key where the entries of a target begin.
    fn first_of(&self, target: Target) -> usize {
        self.order(By::Key).place(&self.slots, (0, target_number(target)))
    }

    /// Finds a place for a new slot, which is in no order yet: where it is crowded, that of one of
    /// its kind, else a new one, or one of which no more than `most` is lost.
    fn settle(&mut self, slot: Slot, is_crowded: bool, most: u8) -> Option<(Id, Room)> {
        if !is_crowded && self.slots.len() < self.room && self.grow() {
            let id = Id::new(self.slots.len())?;
            return bounded::push(&mut self.slots, slot).then_some((id, Room::Free));
        }
        let (id, room) = self.evict(if is_crowded { UNTRIED } else { 0 }, most)?;
        *self.slots.get_mut(id.index())? = slot;
        Some((id, room))
    }

    /// Makes sure that there is memory for one more; false if there is none. The orders grow with
    /// the slots: nothing that only moves an entry may fail.
    fn grow(&mut self) -> bool {
        if self.slots.len() < self.reserved {
            return true;
        }
        let most = self.reserved.saturating_mul(2).clamp(FIRST_ROOM, MAX_STRUCTURES);
        let has_room = bounded::reserve(&mut self.slots, most)
            && self.orders.iter_mut().all(|order| order.reserve(most));
        if has_room {
            self.reserved = most;
        }
        has_room
    }

    /// Makes room for one entry: forgets one that is exhausted, or else one that is healed, and so
    /// on, from `least` to `most`, the one that has been quiet for the longest.
    fn evict(&mut self, least: u8, most: u8) -> Option<(Id, Room)> {
        let first = self.order(By::Use).place(&self.slots, (u128::from(least) << 64, 0));
        let id = self.order(By::Use).get(first)?;
        let slot = self.slot(id)?;
        let use_of = slot.roles.spare.filter(|spare| *spare <= most)?;
        let is_risky = slot.entry.guard() != Guard::Open;
        let (is_untouchable, target) = (slot.entry.untouchable, slot.key.target);
        self.guards.forgot |= is_untouchable;
        let room = if use_of < UNTRIED { Room::Free } else { Room::Taken { is_risky } };
        self.leave(id);
        self.take_from(By::Key, id);
        // Nothing waits any more for what is not remembered.
        self.unpark(target);
        Some((id, room))
    }
}

/// The entries of one target.
pub(in crate::plan) struct OfTarget<'a> {
    table: &'a Table,
    target: Target,
    place: usize,
}

impl<'a> Iterator for OfTarget<'a> {
    type Item = (Key, &'a Entry);

    // Asked for in many places.
    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.table.slot(self.table.order(By::Key).get(self.place)?)?;
        self.place += 1;
        (slot.key.target == self.target).then_some((slot.key, &slot.entry))
    }
}

#[cfg(any(test, fuzzing))]
mod consistency;
