// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 7: AGs with sick inodes of which the kernel does not say which.

use super::*;

const COMPLETE: LookEnd = LookEnd::Complete;

impl Bench {
    /// Inodes of an AG are sick, the kernel does not say which.
    fn inodes_sick(&mut self, agno: u32) {
        self.report(Change::Sick, Target::Ag(agno), 1 << 10);
    }

    /// A look finds that the kernel remembers sick inodes in an AG.
    fn found_inodes(&mut self, agno: u32) {
        self.planner.sick(Target::Ag(agno), 1 << 10, self.now);
    }
}

#[test]
fn an_ag_with_sick_inodes_is_looked_through_after_10_seconds() {
    let mut bench = Bench::with_full_scrubs();
    bench.inodes_sick(3);
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.expect_look(Depth::Inodes(3));
    bench.found(ino(135, "directory"));
    bench.heal(ino(135, "directory"));
    bench.look_ends(COMPLETE);
    bench.expect_end();
}

#[test]
fn an_ag_has_the_budget_of_a_structure() {
    let mut bench = Bench::with_full_scrubs();
    let mut looks = Vec::new();
    for minute in 0..4 * 60 * 6 {
        bench.inodes_sick(3);
        let seen = bench.live_until((minute + 1) * 10, |_| Outcome::Repaired);
        looks.extend(seen.iter().map(|(at, what)| {
            assert_eq!(*what, Seen::Look(Depth::Inodes(3)));
            *at
        }));
    }
    assert_eq!(looks, [10, 20, 70, 70 + HOUR, 70 + 3 * HOUR]);
}

#[test]
fn healthy_cancels_the_look_at_an_ag() {
    let mut bench = Bench::new();
    bench.inodes_sick(3);
    bench.report(Change::Healthy, Target::Ag(3), 1 << 10);
    bench.expect_end();
}

#[test]
fn an_ag_that_cannot_be_looked_through_three_times_is_left_to_a_full_scrub() {
    let mut bench = Bench::with_full_scrubs();
    bench.inodes_sick(3);
    for wait in [10, 10, 50] {
        bench.advance(wait);
        bench.expect_look(Depth::Inodes(3));
        bench.look_ends(LookEnd::Incomplete);
    }
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(ScrubEnd::Finished { clean: false });
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(40 * MINUTE);
}

#[test]
fn an_ag_that_cannot_be_reached_keeps_its_budget() {
    let mut bench = Bench::with_full_scrubs();
    bench.inodes_sick(3);
    bench.advance(10);
    for minutes in [1, 2, 4, 8] {
        bench.expect_look(Depth::Inodes(3));
        bench.look_ends(LookEnd::NotLooked);
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
    }
    bench.look_around(Depth::Inodes(3));
    bench.inodes_sick(3);
    bench.expect_quiet_for(10);
}

#[test]
fn the_kernel_remembers_sick_inodes_for_ever_and_is_heard_once() {
    let mut bench = Bench::new();
    for first in [true, false, false] {
        bench.planner.look(Depth::Shallow);
        bench.expect_look(Depth::Shallow);
        bench.found_inodes(3);
        bench.look_ends(COMPLETE);
        if first {
            bench.look_around(Depth::Inodes(3));
        }
        bench.expect_end();
    }
}

#[test]
fn but_where_reports_were_lost_the_memory_may_be_news() {
    let mut bench = Bench::new();
    bench.inodes_sick(3);
    bench.advance(10);
    bench.look_around(Depth::Inodes(3));
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    bench.found_inodes(3);
    bench.look_ends(COMPLETE);
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
}

#[test]
fn what_the_look_itself_has_reported_as_it_lets_go_of_inodes_is_no_news() {
    let mut bench = Bench::new();
    bench.inodes_sick(3);
    bench.advance(10);
    bench.expect_look(Depth::Inodes(3));
    bench.inodes_sick(3);
    bench.look_ends(COMPLETE);
    bench.expect_end();
}

#[test]
fn no_more_ags_are_remembered_than_there_is_room_for() {
    let mut bench = Bench::with_full_scrubs();
    (0..1024).for_each(|agno| bench.inodes_sick(agno));
    bench.expect_quiet();
    bench.inodes_sick(1024);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
}
