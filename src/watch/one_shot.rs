// SPDX-License-Identifier: LGPL-2.1-or-later
//! The result of a run that ends by itself, as an exit code.

use super::totals::Totals;
use crate::log::said::OneShotResult;
use crate::plan::{Depth, LookEnd};
use crate::service::exit;

/// Most looks of one run: each but the first because of repairs since the one before, which could
/// not see behind the damage; and repairs themselves may make the kernel doubt something else.
const MOST_LOOKS: u32 = 3;

/// The looks of a run that ends by itself (`--oneshot`), of which, with its totals, its exit code is
/// made.
#[derive(Debug)]
pub(crate) struct Tally {
    looks: u32,
    /// The last look could not be made, or none has ended.
    has_not_looked: bool,
    /// Repairs that had succeeded when the look began: what a look is told at its beginning may be
    /// older than a repair that ended meanwhile.
    repaired_before: usize,
}

impl Tally {
    pub fn new() -> Tally {
        Tally { looks: 0, has_not_looked: true, repaired_before: 0 }
    }

    /// Takes note that a look begins.
    pub fn look_begins(&mut self, depth: Depth, totals: &Totals) {
        if !matches!(depth, Depth::Inodes(_) | Depth::Survey) {
            self.repaired_before = totals.repaired();
        }
    }

    /// Takes note that a look has ended. A look at the inodes of one AG, or for those that must
    /// not be loaded, takes nothing back of what another missed.
    pub fn look_ended(&mut self, depth: Depth, end: LookEnd) {
        let could_not = matches!(end, LookEnd::NotLooked | LookEnd::Vanished);
        if matches!(depth, Depth::Inodes(_) | Depth::Survey) {
            self.has_not_looked |= could_not;
            return;
        }
        self.looks += 1;
        self.has_not_looked = could_not;
    }

    /// Depth of another look when nothing is left to do, if one may see more; `is_blind` if
    /// something could not be looked at.
    pub fn wants_look(&self, totals: &Totals, is_blind: bool) -> Option<Depth> {
        let has_repaired = totals.repaired() > self.repaired_before;
        let may_see_more = has_repaired && self.looks < MOST_LOOKS;
        let is_incomplete = is_blind || self.has_not_looked;
        let depth = if is_incomplete { Depth::Checks } else { Depth::Shallow };
        may_see_more.then_some(depth)
    }

    /// The exit code, with `damaged` structures at the end, and `is_blind` if something could not
    /// be looked at.
    pub fn exit_code(&self, totals: &Totals, damaged: usize, is_blind: bool) -> i32 {
        // Of one that has gone down nothing that is said is worth anything.
        let is_in_trouble = is_blind || self.has_not_looked || totals.is_down;
        exit::of_look(totals.repaired() > 0, damaged > 0, is_in_trouble)
    }

    /// The result of the run, for a person.
    pub fn result(&self, totals: &Totals, damaged: usize, is_blind: bool) -> OneShotResult {
        let is_blind = is_blind || self.has_not_looked;
        OneShotResult { repaired: totals.repaired(), damaged, is_down: totals.is_down, is_blind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Target;
    use crate::log::said::Said;
    use crate::plan::{Key, Notice};

    fn repaired() -> Notice {
        Notice::Repaired(Key::from_bit(Target::Ag(0), 1).expect("a structure"))
    }

    #[test]
    fn codes_are_those_of_fsck_and_add_up() {
        let (mut tally, mut totals) = (Tally::new(), Totals::default());
        assert_eq!(tally.exit_code(&totals, 0, false), 8, "nothing has been looked at");
        tally.look_ended(Depth::Checks, LookEnd::Incomplete);
        assert_eq!(tally.exit_code(&totals, 0, true), 8);
        tally.look_ended(Depth::Checks, LookEnd::Complete);
        assert_eq!(
            (tally.exit_code(&totals, 0, false), tally.exit_code(&totals, 2, false)),
            (0, 4)
        );
        totals.notice(&repaired());
        assert_eq!(
            (tally.exit_code(&totals, 0, false), tally.exit_code(&totals, 2, false)),
            (1, 5)
        );
        let line = Said::OneShot(tally.result(&totals, 2, false)).line(None);
        assert_eq!(line.text, "1 repaired, 2 still damaged");
        tally.look_ended(Depth::Checks, LookEnd::NotLooked);
        assert_eq!(tally.exit_code(&totals, 0, false), 9);
        tally.look_ended(Depth::Inodes(1), LookEnd::Complete);
        assert_eq!(tally.exit_code(&totals, 0, false), 9, "that was another look");
        tally.look_ended(Depth::Checks, LookEnd::Complete);
        totals.notice(&Notice::ShutDown);
        assert_eq!(tally.exit_code(&totals, 0, false), 9);
    }

    #[test]
    fn another_look_follows_only_what_was_repaired() {
        let (mut tally, mut totals) = (Tally::new(), Totals::default());
        tally.look_begins(Depth::Checks, &totals);
        tally.look_ended(Depth::Checks, LookEnd::Incomplete);
        assert_eq!(tally.wants_look(&totals, true), None, "it would see the same");
        totals.notice(&repaired());
        assert_eq!(tally.wants_look(&totals, true), Some(Depth::Checks));
        tally.look_begins(Depth::Checks, &totals);
        assert_eq!(tally.wants_look(&totals, false), None, "this one sees what has become of that");
        totals.notice(&repaired());
        tally.look_ended(Depth::Checks, LookEnd::Complete);
        assert_eq!(
            tally.wants_look(&totals, false),
            Some(Depth::Shallow),
            "it came too late for that one"
        );
        tally.look_begins(Depth::Shallow, &totals);
        tally.look_ended(Depth::Shallow, LookEnd::Complete);
        assert_eq!(tally.wants_look(&totals, false), None);
        totals.notice(&repaired());
        assert_eq!(tally.wants_look(&totals, false), None, "no end otherwise");
    }
}
