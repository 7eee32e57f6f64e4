// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a run that ends by itself has come to, as an exit code.

use crate::plan::{Depth, LookEnd, Notice};

/// Looks at most: each but the first because of repairs since the one before, which could not see
/// behind the damage; and repairs themselves may make the kernel doubt something else.
const MOST_LOOKS: u32 = 3;

// Exit codes of fsck(8), to be added.
const REPAIRED: i32 = 1;
const DAMAGE_LEFT: i32 = 4;
/// The program could not do its work.
pub(super) const OPERATIONAL_ERROR: i32 = 8;

/// Counts what matters for the exit code.
#[derive(Debug, Default)]
pub(super) struct Tally {
    repaired: usize,
    looks: u32,
    /// The last look did not see everything.
    is_incomplete: bool,
    /// How much had been repaired when it ended.
    repaired_before: usize,
}

impl Tally {
    pub fn notice(&mut self, notice: &Notice) {
        self.repaired += usize::from(matches!(notice, Notice::Repaired(_)));
    }

    pub fn look_ended(&mut self, end: LookEnd) {
        self.looks += 1;
        self.is_incomplete = end != LookEnd::Complete;
        self.repaired_before = self.repaired;
    }

    /// How far another look should go when nothing is left to do, if one may see more.
    pub fn wants_look(&self) -> Option<Depth> {
        let may_see_more = self.repaired > self.repaired_before && self.looks < MOST_LOOKS;
        let depth = if self.is_incomplete { Depth::Checks } else { Depth::Shallow };
        may_see_more.then_some(depth)
    }

    /// The code, with so many structures damaged at the end.
    pub fn exit_code(&self, damaged: usize) -> i32 {
        let repaired = if self.repaired > 0 { REPAIRED } else { 0 };
        let left = if damaged > 0 { DAMAGE_LEFT } else { 0 };
        let trouble = if self.is_incomplete { OPERATIONAL_ERROR } else { 0 };
        repaired | left | trouble
    }

    /// The same for a person.
    pub fn words(&self, damaged: usize) -> String {
        let trouble = if self.is_incomplete { "; not everything could be looked at" } else { "" };
        match (self.repaired, damaged) {
            (0, 0) => format!("no damage found{trouble}"),
            (repaired, damaged) => format!("{repaired} repaired, {damaged} still damaged{trouble}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Target;
    use crate::plan::Key;

    fn repaired() -> Notice {
        Notice::Repaired(Key::from_bit(Target::Ag(0), 1).expect("a structure"))
    }

    #[test]
    fn codes_are_those_of_fsck_and_add_up() {
        let mut tally = Tally::default();
        tally.look_ended(LookEnd::Complete);
        assert_eq!((tally.exit_code(0), tally.exit_code(2)), (0, 4));
        tally.notice(&repaired());
        assert_eq!((tally.exit_code(0), tally.exit_code(2)), (1, 5));
        assert_eq!(tally.words(2), "1 repaired, 2 still damaged");
        tally.look_ended(LookEnd::NotLooked);
        assert_eq!(tally.exit_code(0), 9);
    }

    #[test]
    fn another_look_follows_only_what_was_repaired() {
        let mut tally = Tally::default();
        tally.look_ended(LookEnd::Incomplete);
        assert_eq!(tally.wants_look(), None, "it would see the same");
        tally.notice(&repaired());
        assert_eq!(tally.wants_look(), Some(Depth::Checks));
        tally.look_ended(LookEnd::Complete);
        tally.notice(&repaired());
        assert_eq!(tally.wants_look(), Some(Depth::Shallow));
        tally.look_ended(LookEnd::Complete);
        tally.notice(&repaired());
        assert_eq!(tally.wants_look(), None, "no end otherwise");
    }
}
