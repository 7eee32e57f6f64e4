// SPDX-License-Identifier: LGPL-2.1-or-later
//! Where inodes can be looked for that must not be loaded, a look comes before each repair that
//! loads other inodes than its own.

use super::*;

fn surveying() -> Bench {
    Bench::with(|config| {
        (config.surveys, config.full_scrub, config.agno_shift) = (true, false, 10);
    })
}

impl Bench {
    /// A look finds that this inode must not be loaded.
    fn found_deadly(&mut self, ino: u64) {
        assert!(self.planner.deadly(ino, 7, self.now));
    }
}

/// The word about an inode that must not be loaded.
fn deadly(number: u64) -> Notice {
    Notice::OfflineNeeded(ino(number, "core"), Failure::Unlinked)
}

/// The word about a structure whose repair would load one.
fn in_danger(key: Key) -> Notice {
    Notice::OfflineNeeded(key, Failure::LoadsUnlinked)
}

#[test]
fn what_loads_other_inodes_is_repaired_once_a_look_has_found_none_that_must_not_be() {
    let loading = [
        ino(135, "core"),
        ino(135, "directory"),
        ino(135, "parent"),
        ino(135, "dirtree"),
        fs("nlinks"),
        fs("quotacheck"),
        ag(1, "rmapbt"),
    ];
    for key in loading {
        let mut bench = surveying();
        bench.sick(key);
        bench.look_around(Depth::Survey);
        bench.heal(key);
        bench.expect_end();
    }
}

#[test]
fn what_loads_none_waits_for_no_look() {
    for key in [ino(135, "datafork"), ino(135, "symlink"), ag(1, "bnobt"), ag(1, "agi")] {
        let mut bench = surveying();
        bench.sick(key);
        bench.heal(key);
        bench.expect_end();
    }
}

#[test]
fn what_waits_for_the_look_keeps_nothing_else_waiting() {
    let mut bench = surveying();
    bench.sick(ag(1, "rmapbt"));
    bench.expect_look(Depth::Survey);
    bench.sick(ino(135, "symlink"));
    bench.heal(ino(135, "symlink"));
    bench.expect_end();
    bench.look_ends(LookEnd::Complete);
    bench.heal(ag(1, "rmapbt"));
}

#[test]
fn a_burst_needs_one_look_and_what_comes_after_a_while_another() {
    let mut bench = surveying();
    bench.sick(ino(1, "directory"));
    bench.expect_look(Depth::Survey);
    bench.sick(ino(2, "directory"));
    bench.look_ends(LookEnd::Complete);
    bench.heal(ino(1, "directory"));
    bench.heal(ino(2, "directory"));
    bench.advance(10 * MINUTE);
    bench.sick(ino(3, "directory"));
    bench.heal(ino(3, "directory"));
    bench.advance(1);
    bench.sick(ino(4, "directory"));
    bench.look_around(Depth::Survey);
    bench.heal(ino(4, "directory"));
}

#[test]
fn a_look_that_took_long_tells_for_as_long() {
    let mut bench = surveying();
    bench.sick(ino(1, "directory"));
    bench.expect_look(Depth::Survey);
    bench.advance(3 * HOUR);
    bench.look_ends(LookEnd::Complete);
    bench.heal(ino(1, "directory"));
    bench.advance(3 * HOUR);
    bench.sick(ino(2, "directory"));
    bench.heal(ino(2, "directory"));
}

#[test]
fn a_look_at_all_inodes_tells_as_much() {
    let mut bench = surveying();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    bench.sick(ino(1, "directory"));
    bench.expect_end();
    assert!(bench.planner.look_is_urgent());
    bench.look_ends(LookEnd::Complete);
    bench.heal(ino(1, "directory"));
    bench.advance(DAY);
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    bench.sick(ino(2, "directory"));
    bench.expect_quiet();
    bench.planner.missed(Some(0), bench.now);
    bench.look_ends(LookEnd::Incomplete);
    bench.look_around(Depth::Survey);
    bench.heal(ino(2, "directory"));
}

#[test]
fn where_one_must_not_be_loaded_nothing_is_repaired_that_would_and_that_is_said_once() {
    let mut bench = surveying();
    bench.sick(ino(1, "directory"));
    bench.expect_look(Depth::Survey);
    bench.found_deadly(135);
    bench.expect_said(deadly(135));
    bench.look_ends(LookEnd::Complete);
    bench.expect_said(in_danger(ino(1, "directory")));
    bench.expect_end();
    bench.sick(ino(1, "directory"));
    bench.expect_end();
    bench.sick(fs("nlinks"));
    bench.expect_said(in_danger(fs("nlinks")));
    bench.sick(ino(1, "symlink"));
    bench.heal(ino(1, "symlink"));
    bench.expect_end();
}

#[test]
fn an_agi_is_rebuilt_unless_one_is_known_in_its_ag() {
    let mut bench = surveying();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    bench.found_deadly(1 << 10 | 135);
    bench.look_ends(LookEnd::Complete);
    bench.expect_said(deadly(1 << 10 | 135));
    bench.sick(ag(0, "agi"));
    bench.heal(ag(0, "agi"));
    bench.sick(ag(1, "agi"));
    bench.expect_said(in_danger(ag(1, "agi")));
    bench.expect_end();
}

impl Bench {
    /// A look comes first, and cannot tell.
    fn look_cannot_tell(&mut self) {
        self.expect_look(Depth::Survey);
        self.planner.missed(Some(3), self.now);
        self.look_ends(LookEnd::Incomplete);
    }
}

#[test]
fn where_a_look_cannot_tell_repairs_go_on_and_it_is_made_again_ever_more_seldom() {
    let mut bench = surveying();
    for (nr, minutes) in (1..).zip([10, 20, 40, 60, 60]) {
        bench.sick(ino(nr, "directory"));
        bench.look_cannot_tell();
        bench.heal(ino(nr, "directory"));
        bench.sick(ino(100 + nr, "directory"));
        bench.heal(ino(100 + nr, "directory"));
        bench.advance(minutes * MINUTE);
    }
}

#[test]
fn it_is_made_again_as_soon_as_it_may_see_more() {
    let mut bench = surveying();
    bench.sick(ino(1, "directory"));
    bench.look_cannot_tell();
    bench.heal(ino(1, "directory"));
    bench.sick(ag(3, "inobt"));
    bench.heal(ag(3, "inobt"));
    bench.sick(ino(2, "directory"));
    bench.look_around(Depth::Survey);
    bench.heal(ino(2, "directory"));
}

#[test]
fn a_look_that_cannot_begin_is_not_waited_for_and_begins_later() {
    let mut bench = surveying();
    bench.sick(ino(1, "directory"));
    bench.expect_look(Depth::Survey);
    bench.look_ends(LookEnd::NotLooked);
    bench.heal(ino(1, "directory"));
    bench.sick(ino(2, "directory"));
    bench.heal(ino(2, "directory"));
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.expect_look(Depth::Survey);
    bench.sick(ino(3, "directory"));
    bench.expect_quiet();
    bench.look_ends(LookEnd::NotLooked);
    bench.heal(ino(3, "directory"));
}

#[test]
fn a_core_that_is_repaired_only_if_it_can_be_loaded_waits_for_no_look() {
    let mut bench = surveying();
    bench.planner.config.defects = defects();
    bench.sick(ino(135, "core"));
    bench.expect_repair(ino(135, "core"));
}

#[test]
fn a_full_scrub_waits_for_such_a_look_too() {
    let mut bench = surveying();
    bench.planner = Planner::new(Config { surveys: true, ..Config::default() });
    bench.fail_for_good(ag(1, "bnobt"));
    bench.look_around(Depth::Survey);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn where_nothing_is_repaired_no_look_is_made_for_it() {
    for (dry_run, may_look) in [(true, true), (false, false)] {
        let mut bench = surveying();
        (bench.planner.config.dry_run, bench.planner.config.may_look) = (dry_run, may_look);
        bench.sick(ino(1, "directory"));
        let action = bench.planner.next(bench.now);
        assert!(matches!(action, Some(Action::Say(Notice::WouldRepair(_)) | Action::Repair(_))));
    }
}
