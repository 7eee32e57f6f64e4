// SPDX-License-Identifier: LGPL-2.1-or-later
//! The state of the healing, in a sentence.

/// Counts that are known at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Repairs that have succeeded so far.
    pub repaired: usize,
    /// Structures that are damaged now, as far as anyone knows.
    pub left: usize,
    /// Reports that the kernel has dropped so far.
    pub lost: u64,
    /// True if something could not be judged.
    pub is_unjudged: bool,
    /// True if a filesystem has shut down, of which nothing more is found then.
    pub is_down: bool,
}

impl Counts {
    /// Adds the counts of another filesystem.
    pub fn add(self, other: Counts) -> Counts {
        let (repaired, left) = (self.repaired + other.repaired, self.left + other.left);
        let lost = self.lost.saturating_add(other.lost);
        let is_unjudged = self.is_unjudged || other.is_unjudged;
        Counts { repaired, left, lost, is_unjudged, is_down: self.is_down || other.is_down }
    }
}

/// Damage that has been found up to now.
#[derive(Debug, Default)]
pub(crate) struct Status {
    found: usize,
    last: Counts,
}

impl Status {
    /// Forgets damage that was found, and left: it went with its filesystem.
    pub fn forget(&mut self, left: usize) {
        self.found = self.found.saturating_sub(left);
        self.last.left = self.last.left.saturating_sub(left);
    }

    /// The sentence about these counts. What is damaged no longer counts as healed, whoever did it:
    /// another scrub, or the repair of a neighbour.
    pub fn words(&mut self, now: Counts) -> String {
        // What came and was repaired between two looks was found too.
        let before = std::mem::replace(&mut self.last, now);
        let are_or_were = now.left + now.repaired;
        self.found += are_or_were.saturating_sub(before.left + before.repaired);
        let Counts { left, lost, is_unjudged, is_down, .. } = now;
        let (found, healed) = (self.found, self.found.saturating_sub(left));
        let unjudged = if is_unjudged { " Not everything could be judged." } else { "" };
        let down = if is_down { " A filesystem has shut down." } else { "" };
        format!(
            "Damaged structures: {found} found, {healed} healed, {left} left; \
                reports lost: {lost}.{unjudged}{down}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_either_healed_or_left() {
        let mut status = Status::default();
        let mut of =
            |repaired, left| status.words(Counts { repaired, left, lost: 7, ..Counts::default() });
        let words = |found, healed, left| {
            format!(
                "Damaged structures: {found} found, {healed} healed, {left} left; reports lost: 7."
            )
        };
        assert_eq!(of(0, 0), words(0, 0, 0));
        assert_eq!(of(1, 0), words(1, 1, 0), "found and healed since the last look");
        assert_eq!(of(1, 2), words(3, 1, 2));
        assert_eq!(of(2, 0), words(3, 3, 0), "one repair has healed two");
        assert_eq!(of(2, 1), words(4, 3, 1));
        status.forget(1);
        let mut of =
            |repaired, left| status.words(Counts { repaired, left, lost: 7, ..Counts::default() });
        assert_eq!(of(2, 0), words(3, 3, 0), "it went unhealed");
        assert_eq!(of(2, 1), words(4, 3, 1));
    }

    #[test]
    fn what_could_not_be_judged_is_not_passed_over() {
        let known = Counts { left: 2, ..Counts::default() };
        let unjudged = Counts { is_unjudged: true, ..Counts::default() };
        let words = Status::default().words(known.add(unjudged));
        assert!(words.ends_with("2 left; reports lost: 0. Not everything could be judged."));
        assert!(Status::default().words(known).ends_with("reports lost: 0."));
        let down = Counts { is_down: true, ..known };
        let words = Status::default().words(down.add(known));
        assert!(words.ends_with("reports lost: 0. A filesystem has shut down."));
    }
}
