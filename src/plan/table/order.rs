// SPDX-License-Identifier: LGPL-2.1-or-later
//! Slots of the table in some order.

use crate::plan::bounded;

/// The number of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) struct Id(u16);

impl Id {
    /// The most slots that can be told apart.
    pub const MOST: usize = u16::MAX as usize + 1;

    /// The number of the slot at an index; `None` if there can be no such slot.
    pub fn new(index: usize) -> Option<Id> {
        (index < Id::MOST).then_some(Id(index as u16))
    }

    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Value that slots are sorted by: first what the order is about, then what tells any two apart.
pub(in crate::plan) type Sort = (u128, u128);

/// A thing that can be in an order.
pub(in crate::plan) trait Sorted {
    /// Names an order. It is not a function: through a pointer to one the value would be read half
    /// as fast.
    type By: Copy + std::fmt::Debug;

    /// Gives the value that the slot is sorted by in an order. It must not change while the slot is
    /// in there: take the slot out first, with the old values still in place.
    fn sort(&self, by: Self::By) -> Sort;
}

/// Numbers of slots, sorted by what the slots say.
///
/// A sorted array and not a tree: it needs memory only when the table grows, and to move the few
/// KiB behind a place costs less than to look for the place.
#[derive(Debug)]
pub(in crate::plan) struct Order<S: Sorted> {
    ids: Vec<Id>,
    by: S::By,
}

impl<S: Sorted> Order<S> {
    pub fn new(by: S::By) -> Order<S> {
        Order { ids: Vec::new(), by }
    }

    /// Makes room for `most` in all; false if there is no memory for that many.
    pub fn reserve(&mut self, most: usize) -> bool {
        bounded::reserve(&mut self.ids, most)
    }

    /// The slot at a place, counted from 0; `None` after the last.
    pub fn get(&self, place: usize) -> Option<Id> {
        self.ids.get(place).copied()
    }

    pub fn first(&self) -> Option<Id> {
        self.get(0)
    }

    /// The place of the first slot that does not come before `value`.
    pub fn place(&self, slots: &[S], value: Sort) -> usize {
        let value_of = |id: &Id| slots.get(id.index()).map(|slot| slot.sort(self.by));
        self.ids.partition_point(|id| value_of(id) < Some(value))
    }

    /// Takes a slot in; false if there is no room.
    pub fn insert(&mut self, slots: &[S], id: Id) -> bool {
        let Some(slot) = slots.get(id.index()) else { return false };
        let place = self.place(slots, slot.sort(self.by));
        bounded::insert(&mut self.ids, place, id)
    }

    /// Takes a slot out, if it is in here.
    pub fn remove(&mut self, slots: &[S], id: Id) {
        let Some(slot) = slots.get(id.index()) else { return };
        let place = self.place(slots, slot.sort(self.by));
        if self.get(place) == Some(id) {
            self.remove_at(place, 1);
        }
    }

    /// Takes out `count` slots from a place on; fewer if there are no more.
    pub fn remove_at(&mut self, place: usize, count: usize) {
        bounded::remove(&mut self.ids, place, count);
    }
}

#[cfg(any(test, fuzzing))]
impl<S: Sorted> Order<S> {
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;
    use std::collections::BTreeSet;

    impl Sorted for u128 {
        type By = ();

        fn sort(&self, (): ()) -> Sort {
            (self >> 8, self & 0xff)
        }
    }

    fn ids(order: &Order<u128>) -> Vec<usize> {
        (0..).map_while(|place| order.get(place)).map(Id::index).collect()
    }

    #[test]
    fn it_is_sorted_by_what_the_slots_say_and_not_by_their_numbers() {
        let slots = [30, 10, 20].map(|value| value << 8);
        let mut order = Order::new(());
        assert!(order.reserve(3));
        for index in 0..3 {
            assert!(order.insert(&slots, Id(index)));
        }
        assert_eq!(ids(&order), [1, 2, 0]);
        assert_eq!([5, 10, 11, 31].map(|value| order.place(&slots, (value, 0))), [0, 0, 1, 3]);
        order.remove(&slots, Id(2));
        order.remove(&slots, Id(2));
        assert_eq!((ids(&order), order.first()), (vec![1, 0], Some(Id(1))));
        assert_eq!((order.get(2), order.get(7)), (None, None));
    }

    #[test]
    fn what_was_not_reserved_is_refused() {
        let mut order = Order::new(());
        assert!(!order.insert(&[7_u128], Id(0)));
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
            let slots: Vec<u128> = (0..64).map(|n| u128::from(values[n]) << 8 | n as u128).collect();
            let by = |id: Id| (slots[id.index()], id);
            let (mut order, mut set) = (Order::new(()), BTreeSet::new());
            prop_assert!(order.reserve(64));
            for step in steps {
                match step {
                    Step::Insert(n) if set.insert(by(Id(n))) => {
                        prop_assert!(order.insert(&slots, Id(n)));
                    }
                    Step::Insert(_) => {}
                    Step::Remove(n) => {
                        set.remove(&by(Id(n)));
                        order.remove(&slots, Id(n));
                    }
                    Step::RemoveAt(at, count) => {
                        let out: Vec<_> = set.iter().skip(at).take(count).copied().collect();
                        set.retain(|value| !out.contains(value));
                        order.remove_at(at, count);
                    }
                }
                let all: Vec<Id> = set.iter().map(|(_, id)| *id).collect();
                let held: Vec<Id> = (0..).map_while(|place| order.get(place)).collect();
                prop_assert_eq!(held, all);
            }
        }
    }
}
