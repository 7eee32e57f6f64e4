// SPDX-License-Identifier: LGPL-2.1-or-later
//! Slots of the table in some order.

use super::bounded;

/// The number of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(u16);

impl Id {
    /// The most slots that can be told apart.
    pub const MOST: usize = u16::MAX as usize + 1;

    /// The slot at an index, if there can be one.
    pub fn new(index: usize) -> Option<Id> {
        u16::try_from(index).ok().map(Id)
    }

    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Numbers of slots, sorted by something that each method is told how to read from a slot (`by`).
///
/// That must be different for each slot, and must not change while the slot is in here: take it
/// out first, with the old values still in place.
///
/// A sorted array and not a tree: it needs memory only when the table grows, and to move the few
/// KiB behind a place costs less than to look for the place.
#[derive(Debug)]
pub(super) struct Order {
    ids: Vec<Id>,
}

impl Order {
    pub const fn new() -> Order {
        Order { ids: Vec::new() }
    }

    /// Makes room for `most` in all; false if there is no memory for that many.
    pub fn reserve(&mut self, most: usize) -> bool {
        bounded::reserve(&mut self.ids, most)
    }

    /// The one at a place, counted from 0.
    pub fn get(&self, place: usize) -> Option<Id> {
        self.ids.get(place).copied()
    }

    pub fn first(&self) -> Option<Id> {
        self.get(0)
    }

    /// All from a place on.
    pub fn starting_at(&self, place: usize) -> impl Iterator<Item = Id> {
        self.ids.get(place..).unwrap_or_default().iter().copied()
    }

    /// The place of the first that does not come before `value`.
    pub fn place<S: Ord>(&self, value: &S, by: impl Fn(Id) -> S) -> usize {
        self.ids.partition_point(|id| by(*id) < *value)
    }

    /// Takes a slot in; false if there is no room.
    pub fn insert<S: Ord>(&mut self, id: Id, by: impl Fn(Id) -> S) -> bool {
        let place = self.place(&by(id), by);
        bounded::insert(&mut self.ids, place, id)
    }

    /// Takes a slot out.
    pub fn remove<S: Ord>(&mut self, id: Id, by: impl Fn(Id) -> S) {
        let place = self.place(&by(id), by);
        if self.get(place) == Some(id) {
            self.remove_at(place, 1);
        }
    }

    /// Takes out so many from a place on; less if there are no more.
    pub fn remove_at(&mut self, place: usize, count: usize) {
        let Some(tail) = self.ids.get_mut(place..) else { return };
        let left = tail.len().saturating_sub(count);
        // Each is overwritten by the one that takes its place.
        if count > 0 && count <= tail.len() {
            tail.rotate_left(count);
        }
        self.ids.truncate(place.saturating_add(left));
    }
}

#[cfg(test)]
impl Order {
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn ids(order: &Order) -> Vec<usize> {
        order.starting_at(0).map(Id::index).collect()
    }

    #[test]
    fn it_is_sorted_by_what_the_slots_say_and_not_by_their_numbers() {
        let slots = [30, 10, 20];
        let by = |id: Id| slots[id.index()];
        let mut order = Order::new();
        assert!(order.reserve(3));
        for index in 0..3 {
            assert!(order.insert(Id(index), by));
        }
        assert_eq!(ids(&order), [1, 2, 0]);
        assert_eq!([5, 10, 11, 31].map(|value| order.place(&value, by)), [0, 0, 1, 3]);
        order.remove(Id(2), by);
        order.remove(Id(2), by);
        assert_eq!((ids(&order), order.first()), (vec![1, 0], Some(Id(1))));
        assert_eq!((order.get(2), order.starting_at(7).count()), (None, 0));
    }

    #[test]
    fn what_was_not_reserved_is_refused() {
        let by = |id: Id| id;
        let mut order = Order::new();
        assert!(!order.insert(Id(0), by));
        assert!(!order.reserve(usize::MAX));
        assert_eq!(order.first(), None);
    }

    #[test]
    fn no_more_slots_than_there_are_numbers() {
        assert_eq!(Id::new(Id::MOST - 1).map(Id::index), Some(Id::MOST - 1));
        assert_eq!(Id::new(Id::MOST), None);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Insert(u16),
        Remove(u16),
        RemoveAt(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..64_u16).prop_map(Step::Insert),
            2 => (0..64_u16).prop_map(Step::Remove),
            1 => (0..70_usize, 0..9_usize).prop_map(|(at, count)| Step::RemoveAt(at, count)),
        ]
    }

    proptest! {
        #[test]
        fn it_holds_what_a_set_would_hold(
            values in prop::collection::vec(0..8_u8, 64),
            steps in prop::collection::vec(step(), 0..200),
        ) {
            let by = |id: Id| (values[id.index()], id);
            let (mut order, mut set) = (Order::new(), BTreeSet::new());
            prop_assert!(order.reserve(64));
            for step in steps {
                match step {
                    Step::Insert(n) if set.insert(by(Id(n))) => {
                        prop_assert!(order.insert(Id(n), by));
                    }
                    Step::Insert(_) => {}
                    Step::Remove(n) => {
                        set.remove(&by(Id(n)));
                        order.remove(Id(n), by);
                    }
                    Step::RemoveAt(at, count) => {
                        let out: Vec<_> = set.iter().skip(at).take(count).copied().collect();
                        set.retain(|value| !out.contains(value));
                        order.remove_at(at, count);
                    }
                }
                let all: Vec<Id> = set.iter().map(|(_, id)| *id).collect();
                prop_assert_eq!(order.starting_at(0).collect::<Vec<_>>(), all);
            }
        }
    }
}
