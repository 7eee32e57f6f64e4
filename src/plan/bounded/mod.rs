// SPDX-License-Identifier: LGPL-2.1-or-later
//! Lists that take no more than what was reserved for them.
//!
//! The planner is also part of a library that must neither abort when memory runs out nor carry
//! what a panic needs. Most methods of the standard lists that add something can do both, and
//! bring their way to grow along even where there is room. `push` is so small that it is built
//! into its caller, where the compiler sees that there is room and leaves that way out: nothing
//! else is used to add.

pub(in crate::plan) mod ring;

/// Makes room for `most` in all; false if there is no memory for that many.
#[inline(never)]
pub(in crate::plan) fn reserve<T>(list: &mut Vec<T>, most: usize) -> bool {
    list.try_reserve_exact(most.saturating_sub(list.len())).is_ok()
}

/// A list with room for `most`, or for none at all if there is no memory for that many.
pub(in crate::plan) fn list<T>(most: usize) -> Vec<T> {
    let mut list = Vec::new();
    reserve(&mut list, most);
    list
}

/// Appends a value if there is room; true if there was.
pub(in crate::plan) fn push<T>(list: &mut Vec<T>, value: T) -> bool {
    let has_room = list.len() < list.capacity();
    if has_room {
        list.push(value);
    }
    has_room
}

/// Inserts a value at a place in the list if there is room; true if there was.
pub(in crate::plan) fn insert<T: Copy>(list: &mut Vec<T>, place: usize, value: T) -> bool {
    if place > list.len() || !push(list, value) {
        return false;
    }
    let Some(tail) = list.get_mut(place..) else { return false };
    if let Some(moved) = tail.len().checked_sub(1) {
        tail.copy_within(..moved, 1);
    }
    tail.first_mut().into_iter().for_each(|first| *first = value);
    true
}

/// Removes `count` elements from a place on; fewer if there are no more.
pub(in crate::plan) fn remove<T: Copy>(list: &mut Vec<T>, place: usize, count: usize) {
    let Some(tail) = list.get_mut(place..) else { return };
    let count = count.min(tail.len());
    let left = tail.len() - count;
    tail.copy_within(count.., 0);
    list.truncate(place.saturating_add(left));
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
    }

    #[test]
    fn more_than_there_is_memory_for_is_room_for_none() {
        assert!(!reserve(&mut vec![0_u64], usize::MAX));
        assert_eq!(list::<u64>(usize::MAX).capacity(), 0);
    }

    #[test]
    fn nothing_is_inserted_behind_the_end() {
        let mut list = list(4);
        assert!(!insert(&mut list, 1, 'c') && insert(&mut list, 0, 'c'));
        assert!(insert(&mut list, 0, 'a') && insert(&mut list, 1, 'b'));
        assert_eq!(list, ['a', 'b', 'c']);
    }

    #[test]
    fn what_is_taken_out_leaves_the_rest_in_its_order() {
        let left = |place, count| {
            let mut list = vec![0, 1, 2, 3, 4];
            remove(&mut list, place, count);
            list
        };
        assert_eq!(left(1, 1), [0, 2, 3, 4]);
        assert_eq!(left(1, 3), [0, 4]);
        assert_eq!(left(0, 0), left(5, 1));
        assert_eq!(left(3, usize::MAX), [0, 1, 2]);
    }
}
