// SPDX-License-Identifier: LGPL-2.1-or-later
//! Ranges of a loss, joined where they touch.

use std::{mem, slice};

/// Most ranges of a loss that are told apart.
pub(super) const MOST_RANGES: usize = 4;

/// A range, by start and end.
type Range = (u64, u64);

/// Ranges in rising order and apart from each other. Most losses have one for ever, and in a burst
/// losses are hundreds: one needs no memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Ranges {
    #[default]
    None,
    One(Range),
    More(Box<Several>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Several {
    all: Vec<Range>,
    /// True if what lies between some was added for want of room.
    is_rough: bool,
}

impl Ranges {
    pub fn add(&mut self, range: Range) {
        *self = match mem::take(self) {
            Ranges::None => Ranges::One(range),
            Ranges::One(one) if !are_apart(one, range) => Ranges::One(joined(one, range)),
            Ranges::One(one) => {
                let mut several = Box::new(Several { all: vec![one], is_rough: false });
                several.add(range);
                Ranges::More(several)
            }
            Ranges::More(mut several) => {
                several.add(range);
                Ranges::More(several)
            }
        };
    }

    pub fn all(&self) -> &[Range] {
        match self {
            Ranges::None => &[],
            Ranges::One(one) => slice::from_ref(one),
            Ranges::More(several) => &several.all,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// True if something lies between the ranges that was never added.
    pub fn is_rough(&self) -> bool {
        matches!(self, Ranges::More(several) if several.is_rough)
    }

    pub fn has(&self, range: Range) -> bool {
        self.all().iter().any(|other| other.0 <= range.0 && range.1 <= other.1)
    }
}

impl Several {
    fn add(&mut self, mut range: Range) {
        self.all.retain(|other| {
            let is_apart = are_apart(*other, range);
            if !is_apart {
                range = joined(*other, range);
            }
            is_apart
        });
        let at = self.all.partition_point(|other| other.0 < range.0);
        self.all.insert(at, range);
        if self.all.len() > MOST_RANGES {
            self.join_nearest();
        }
    }

    fn join_nearest(&mut self) {
        let gaps = self.all.iter().zip(self.all.iter().skip(1)).map(|(a, b)| b.0 - a.1);
        let Some((at, _)) = gaps.enumerate().min_by_key(|(_, gap)| *gap) else { return };
        let next = self.all.remove(at + 1);
        self.is_rough = true;
        self.all.iter_mut().skip(at).take(1).for_each(|range| range.1 = next.1);
    }
}

/// True if something lies between two ranges.
fn are_apart(one: Range, other: Range) -> bool {
    one.1 < other.0 || one.0 > other.1
}

/// The range from the beginning of the first to the end of the last.
fn joined(one: Range, other: Range) -> Range {
    (one.0.min(other.0), one.1.max(other.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    #[test]
    fn what_touches_is_one() {
        let mut ranges = Ranges::default();
        [(8, 16), (0, 8), (4, 6)].into_iter().for_each(|range| ranges.add(range));
        assert_eq!(ranges, Ranges::One((0, 16)));
        ranges.add((18, 20));
        ranges.add((16, 18));
        assert_eq!((ranges.all(), ranges.is_rough()), (&[(0, 20)][..], false));
        (0..5).for_each(|at| ranges.add((100 + at * 10, 101 + at * 10)));
        assert_eq!((ranges.all().len(), ranges.is_rough()), (MOST_RANGES, true));
    }

    proptest! {
        #[test]
        fn ranges_keep_what_they_were_given(added in proptest::collection::vec((0..200_u64, 0..9_u64), 1..40)) {
            let mut ranges = Ranges::default();
            for (start, len) in &added {
                ranges.add((*start, start + len));
                prop_assert!((1..=MOST_RANGES).contains(&ranges.all().len()));
                prop_assert!(ranges.all().windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
            prop_assert!(added.iter().all(|(start, len)| ranges.has((*start, start + len))));
        }
    }
}
