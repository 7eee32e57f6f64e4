// SPDX-License-Identifier: LGPL-2.1-or-later
//! A queue with room for a fixed number of elements.

use super::{list, push};

/// A queue, first in, first out. Unlike the queue of the standard library it has no way to grow,
/// see [`super`].
#[derive(Debug)]
pub(in crate::plan) struct Ring<T> {
    /// List of elements that is filled up once; from then on each place is used again.
    places: Vec<T>,
    most: usize,
    /// Place of the oldest element.
    first: usize,
    len: usize,
}

impl<T: Copy> Ring<T> {
    /// Makes a queue with room for `most`, or for none at all if there is no memory for that many.
    pub fn new(most: usize) -> Ring<T> {
        let places = list(most);
        let most = most.min(places.capacity());
        Ring { places, most, first: 0, len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a value if there is room; true if there was.
    pub fn push(&mut self, value: T) -> bool {
        if self.len >= self.most {
            return false;
        }
        let at = self.wrapped(self.first + self.len);
        match self.places.get_mut(at) {
            Some(place) => *place = value,
            None => _ = push(&mut self.places, value),
        }
        self.len += 1;
        true
    }

    /// The oldest element; `None` if the queue is empty.
    pub fn first(&self) -> Option<T> {
        if self.is_empty() { None } else { self.places.get(self.first).copied() }
    }

    /// Takes out the oldest element; `None` if the queue is empty.
    pub fn pop(&mut self) -> Option<T> {
        let oldest = self.first()?;
        self.first = self.wrapped(self.first + 1);
        self.len -= 1;
        Some(oldest)
    }

    /// True if the queue got its memory.
    pub fn has_memory(&self) -> bool {
        self.most > 0
    }

    pub fn clear(&mut self) {
        (self.first, self.len) = (0, 0);
    }

    fn wrapped(&self, at: usize) -> usize {
        if at < self.most { at } else { at - self.most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;
    use std::collections::VecDeque;

    #[test]
    fn without_memory_it_takes_nothing() {
        let mut ring = Ring::new(usize::MAX);
        assert!(!ring.push(1_u64) && ring.is_empty());
        assert_eq!((ring.pop(), ring.len()), (None, 0));
    }

    proptest! {
        #[test]
        fn it_holds_what_a_queue_would_hold(most in 0..5_usize, steps in "[pppppoooc]{0,60}") {
            let (mut ring, mut queue) = (Ring::new(most), VecDeque::new());
            for (n, step) in steps.chars().enumerate() {
                match step {
                    'p' => {
                        let has_room = queue.len() < most;
                        prop_assert_eq!(ring.push(n), has_room);
                        queue.extend(has_room.then_some(n));
                    }
                    'o' => prop_assert_eq!(ring.pop(), queue.pop_front()),
                    _ => {
                        ring.clear();
                        queue.clear();
                    }
                }
                prop_assert_eq!((ring.first(), ring.len()), (queue.front().copied(), queue.len()));
            }
        }
    }
}
