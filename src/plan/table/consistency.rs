// SPDX-License-Identifier: LGPL-2.1-or-later
//! The conditions that must hold of a table whatever is done to it.

use super::order::Sorted;
use super::*;

impl Table {
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Asserts that the orders say what the entries say, and nothing else.
    pub fn assert_consistent(&self) {
        let is_in = |queue: fn(&Queue) -> bool| move |slot: &Slot| queue(&slot.queue);
        self.assert_order(By::Key, |_| true);
        self.assert_order(By::Use, |slot| slot.roles.spare.is_some());
        self.assert_order(By::Word, |slot| slot.roles.awaits_last_word);
        self.assert_order(By::Time, is_in(|queue| *queue == Queue::Waiting));
        self.assert_order(By::Rank, is_in(|queue| *queue == Queue::Ready));
        let is_behind = is_in(|queue| matches!(queue, Queue::Behind(_)));
        self.assert_order(By::Obstacle, is_behind);
        let mut guards = Guards::default();
        guards.forgot = self.guards.forgot;
        for slot in &self.slots {
            assert_eq!(
                slot.roles,
                Roles::of(slot.key, &slot.entry),
                "{:?} changed unseen",
                slot.key
            );
            assert_eq!(slot.roles.is_pending(), slot.queue != Queue::None, "{:?}", slot.key);
            guards.add(slot.entry.guard());
        }
        assert_eq!(self.guards, guards);
        assert!(self.slots.len() <= self.reserved && self.reserved <= MAX_STRUCTURES);
    }

    /// Asserts that an order is sorted and holds each slot that belongs into it, once.
    fn assert_order(&self, by: By, belongs: impl Fn(&Slot) -> bool) {
        let order = self.order(by);
        let ids = (0..).map_while(|place| order.get(place));
        let slots: Vec<&Slot> = ids.filter_map(|id| self.slot(id)).collect();
        assert!(slots.iter().all(|slot| belongs(slot)));
        assert!(slots.windows(2).all(|pair| pair[0].sort(by) < pair[1].sort(by)));
        let all = self.slots.iter().filter(|slot| belongs(slot)).count();
        assert_eq!((slots.len(), order.len()), (all, all));
    }
}
