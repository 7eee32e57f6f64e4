// SPDX-License-Identifier: LGPL-2.1-or-later
//! The request to try again: what was in the way may be gone, and what waits for that waits no
//! longer.

use super::*;

impl Bench {
    fn try_again(&mut self) {
        self.planner.try_again(self.now);
    }
}

#[test]
fn what_a_look_could_not_see_is_looked_at_at_once() {
    let mut bench = Bench::new();
    bench.cannot_look_at(&[3]);
    for wait in [10, 20, 20, 20, 20, 20, 20] {
        bench.expect_quiet_for(wait * MINUTE);
        bench.try_again();
        bench.look_in_vain(3);
    }
    // Nobody says it any more: the pauses are as ever.
    for wait in [20, 40, 80] {
        bench.expect_quiet_for(wait * MINUTE);
        bench.advance(wait * MINUTE);
        bench.look_in_vain(3);
    }
    bench.try_again();
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
}

#[test]
fn a_look_that_could_not_begin_begins_at_once() {
    let mut bench = Bench::new();
    bench.planner.look(Depth::Deep);
    for minutes in [1, 2, 4, 8, 16, 32, 60] {
        bench.expect_look(Depth::Deep);
        bench.look_ends(LookEnd::NotLooked);
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
    }
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::NotLooked);
    bench.try_again();
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::NotLooked);
    bench.expect_quiet_for(2 * MINUTE);
    bench.try_again();
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

#[test]
fn but_none_where_one_had_its_thread_killed() {
    let mut bench = Bench::new();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::Vanished);
    bench.try_again();
    bench.expect_quiet_for(DAY);
}

#[test]
fn a_look_for_lost_reports_does_not_wait_for_the_gap_after_the_last_one() {
    let mut bench = Bench::new();
    bench.lost();
    bench.advance(10);
    for _ in 0..3 {
        for minutes in [10, 20, 40] {
            bench.look_around(Depth::Deep);
            bench.lost();
            bench.expect_quiet_for(minutes * MINUTE);
            bench.advance(minutes * MINUTE);
        }
        bench.look_around(Depth::Deep);
        bench.lost();
        bench.try_again();
        // A burst of them goes on for a while.
        bench.expect_quiet_for(10);
        bench.advance(10);
    }
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

#[test]
fn a_full_scrub_that_could_not_be_started_or_came_second_is_started_at_once() {
    for end in [ScrubEnd::NotStarted, ScrubEnd::Others] {
        let mut bench = Bench::with_full_scrubs();
        bench.no_repair_for(Target::Fs);
        let tried = |bench: &mut Bench| {
            bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
            bench.scrub_ends(end);
            if end == ScrubEnd::Others {
                bench.look_around(Depth::Shallow);
            }
        };
        for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 360] {
            tried(&mut bench);
            bench.expect_quiet_for(minutes * MINUTE);
            bench.advance(minutes * MINUTE);
        }
        tried(&mut bench);
        for _ in 0..3 {
            bench.try_again();
            tried(&mut bench);
            bench.expect_quiet_for(2 * MINUTE);
        }
    }
}

#[test]
fn the_look_that_a_full_scrub_needs_is_made_at_once_too() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with(|config| (config.defects, config.ag_count) = (defects(), 2));
    bench.fail_for_good(bnobt);
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::NotLooked);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    bench.expect_quiet_for(MINUTE);
    bench.try_again();
    bench.expect_vetted_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn but_none_soon_after_one_that_has_run_or_was_ended() {
    for end in [ScrubEnd::Interrupted, ScrubEnd::Finished { clean: false }] {
        for was_refused in [false, true] {
            let mut bench = Bench::with_full_scrubs();
            bench.no_repair_for(Target::Fs);
            if was_refused {
                bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
                bench.scrub_ends(ScrubEnd::NotStarted);
                bench.advance(MINUTE);
            }
            bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
            bench.scrub_ends(end);
            if end != ScrubEnd::Interrupted {
                bench.look_around(Depth::Shallow);
            }
            bench.no_repair_for(Target::Fs);
            bench.try_again();
            bench.expect_quiet_for(6 * HOUR);
        }
    }
}

#[test]
fn a_structure_that_could_not_be_judged_is_tried_at_once() {
    let delays = [(Outcome::Busy, 2), (Outcome::NoRoom, 2 * MINUTE)];
    for (outcome, second_pause) in delays {
        let mut bench = Bench::new();
        bench.sick(ag(1, "bnobt"));
        bench.run(ag(1, "bnobt"), outcome);
        bench.expect_said(Notice::Postponed(ag(1, "bnobt")));
        for _ in 0..20 {
            bench.try_again();
            bench.run(ag(1, "bnobt"), outcome);
            bench.expect_quiet_for(second_pause);
        }
        bench.try_again();
        bench.heal(ag(1, "bnobt"));
        bench.expect_end();
    }
}

#[test]
fn but_none_that_was_judged_bad_or_that_a_full_scrub_may_mend() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::new();
    bench.sick(bnobt);
    bench.fail(bnobt);
    bench.try_again();
    bench.expect_quiet_for(10);
    bench.advance(10);
    // Also where the next attempt was not judged.
    bench.run(bnobt, Outcome::Busy);
    bench.expect_said(Notice::Postponed(bnobt));
    bench.try_again();
    bench.run(bnobt, Outcome::Failed);
    bench.try_again();
    bench.expect_quiet_for(50);

    let mut bench = Bench::with_full_scrubs();
    bench.sick(bnobt);
    bench.run(bnobt, Outcome::NoRoom);
    bench.expect_said(Notice::Postponed(bnobt));
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.corrupt(ag(2, "bnobt"));
    bench.try_again();
    bench.run(bnobt, Outcome::NoRoom);
    bench.expect_quiet_for(2 * MINUTE);
}
