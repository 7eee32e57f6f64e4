// SPDX-License-Identifier: LGPL-2.1-or-later
//! Lists that take no more than what was reserved for them.
//!
//! The planner is also part of a library that must neither abort when memory runs out nor carry
//! what a panic needs. A plain `push` can do both: where the compiler sees that there is room, the
//! way that grows the list is not even built.

use std::collections::VecDeque;

/// Makes room for `most` in all; false if there is no memory for that many.
pub(super) fn reserve<T>(list: &mut Vec<T>, most: usize) -> bool {
    list.try_reserve_exact(most.saturating_sub(list.len())).is_ok()
}

/// A list with room for `most`, or for none at all if there is no memory for that many.
pub(super) fn list<T>(most: usize) -> Vec<T> {
    let mut list = Vec::new();
    reserve(&mut list, most);
    list
}

/// The same as a queue.
pub(super) fn queue<T>(most: usize) -> VecDeque<T> {
    let mut queue = VecDeque::new();
    match queue.try_reserve_exact(most) {
        Ok(()) => queue,
        Err(_) => VecDeque::new(),
    }
}

/// Appends if there is room; whether there was.
pub(super) fn push<T>(list: &mut Vec<T>, value: T) -> bool {
    let has_room = list.len() < list.capacity();
    if has_room {
        list.push(value);
    }
    has_room
}

/// The same for a queue.
pub(super) fn push_back<T>(queue: &mut VecDeque<T>, value: T) -> bool {
    let has_room = queue.len() < queue.capacity();
    if has_room {
        queue.push_back(value);
    }
    has_room
}

/// Inserts at a place in the list if there is room; whether there was.
pub(super) fn insert<T>(list: &mut Vec<T>, place: usize, value: T) -> bool {
    let has_room = list.len() < list.capacity() && place <= list.len();
    if has_room {
        list.insert(place, value);
    }
    has_room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let mut list = list::<u8>(2);
        let most = list.capacity();
        assert!((0..most).all(|n| push(&mut list, n as u8)));
        assert!(!push(&mut list, 9) && !insert(&mut list, 0, 9));
        assert_eq!((list.len(), list.capacity()), (most, most));
        let mut queue = queue::<u8>(2);
        let most = queue.capacity();
        assert!((0..most).all(|n| push_back(&mut queue, n as u8)));
        assert!(!push_back(&mut queue, 9));
        assert_eq!((queue.len(), queue.capacity()), (most, most));
    }

    #[test]
    fn more_than_there_is_memory_for_is_room_for_none() {
        assert!(!reserve(&mut vec![0_u64], usize::MAX));
        assert_eq!(list::<u64>(usize::MAX).capacity(), 0);
        assert_eq!(queue::<u64>(usize::MAX).capacity(), 0);
    }

    #[test]
    fn nothing_is_inserted_behind_the_end() {
        let mut list = list(4);
        assert!(
            !insert(&mut list, 1, 'b') && insert(&mut list, 0, 'b') && insert(&mut list, 0, 'a')
        );
        assert_eq!(list, ['a', 'b']);
    }
}
