// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 7: looking for damage that nobody told of.

use super::*;

const COMPLETE: LookEnd = LookEnd::Complete;

impl Bench {
    /// The look for lost reports that is due now.
    #[track_caller]
    fn look_for_losses(&mut self) {
        self.look_around(Depth::Deep);
    }
}

#[test]
fn a_look_at_the_start_heals_what_was_damaged_before() {
    for depth in [Depth::Shallow, Depth::Deep, Depth::Checks] {
        let mut bench = Bench::with_full_scrubs();
        bench.planner.look(depth);
        bench.expect_look(depth);
        assert!(bench.found(ag(1, "bnobt")), "news");
        assert!(!bench.found(ag(1, "bnobt")), "no more");
        bench.heal(ag(1, "bnobt"));
        bench.look_ends(COMPLETE);
        bench.expect_end();
    }
}

#[test]
fn what_was_asked_for_twice_is_looked_for_once() {
    let mut bench = Bench::new();
    for depth in [Depth::Shallow, Depth::Deep, Depth::Shallow, Depth::Deep] {
        bench.planner.look(depth);
    }
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

#[test]
fn one_look_at_a_time_and_none_is_dropped_for_another() {
    let mut bench = Bench::new();
    for depth in [Depth::Shallow, Depth::Checks, Depth::Deep, Depth::Inodes(3)] {
        bench.planner.look(depth);
    }
    for depth in [Depth::Checks, Depth::Deep, Depth::Inodes(3)] {
        bench.expect_look(depth);
        bench.expect_end();
        bench.look_ends(COMPLETE);
    }
    bench.expect_end();
}

#[test]
fn whoever_asks_for_too_many_single_ags_gets_some_and_everything_else() {
    let mut bench = Bench::new();
    (0..100).for_each(|agno| bench.planner.look(Depth::Inodes(agno)));
    bench.planner.look(Depth::Checks);
    bench.planner.look(Depth::Deep);
    (0..13).for_each(|agno| bench.look_around(Depth::Inodes(agno)));
    bench.look_around(Depth::Checks);
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

#[test]
fn a_look_that_nobody_reported_anything_for_is_urgent_once_somebody_waits_for_it() {
    let waits: [fn(&mut Bench); 4] = [
        Bench::lost,
        |bench| bench.planner.look(Depth::Checks),
        |bench| bench.report(Change::Sick, Target::Ag(1), crate::uapi::XFS_AG_GEOM_SICK_INODES),
        |bench| {
            bench.sick(ag(1, "bnobt"));
            bench.run(ag(1, "bnobt"), Outcome::Failed);
        },
    ];
    for depth in [Depth::Shallow, Depth::Deep] {
        for begins_to_wait in waits {
            let mut bench = Bench::with_full_scrubs();
            bench.planner.look(depth);
            bench.expect_look(depth);
            assert!(!bench.planner.look_is_urgent());
            begins_to_wait(&mut bench);
            assert!(bench.planner.look_is_urgent());
        }
    }
}

#[test]
fn a_deep_look_follows_10_seconds_after_the_last_loss() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.expect_quiet_for(10);
    bench.advance(9);
    bench.planner.lost(bench.now);
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.look_for_losses();
    bench.expect_end();
}

#[test]
fn but_no_later_than_60_seconds_after_the_first() {
    let mut bench = Bench::with_full_scrubs();
    for second in 0..60 {
        bench.advance_to(second);
        bench.lost();
        bench.expect_quiet();
    }
    bench.advance(1);
    bench.look_for_losses();
    bench.expect_end();
}

#[test]
fn a_loss_that_only_the_counters_show_is_a_loss() {
    let mut bench = Bench::with_full_scrubs();
    bench.planner.lost(bench.now);
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    assert!(bench.found(ag(1, "bnobt")));
    bench.look_ends(COMPLETE);
    bench.expect_full_scrub(Reasons::EVENTS_LOST);
}

#[test]
fn losses_start_a_full_scrub_if_the_look_found_news_or_could_not_see_everything() {
    let known = ag(1, "bnobt");
    let cases = [
        (None, COMPLETE, false),
        (Some(known), COMPLETE, false),
        (Some(ag(2, "bnobt")), COMPLETE, true),
        (None, LookEnd::Incomplete, true),
    ];
    for (found, end, scrubs) in cases {
        let mut bench = Bench::with_full_scrubs();
        bench.sick(known);
        bench.run(known, Outcome::Busy);
        bench.expect_said(Notice::Postponed(known));
        bench.lost();
        bench.advance(10);
        bench.expect_look(Depth::Deep);
        found.map(|key| bench.found(key));
        bench.look_ends(end);
        match bench.planner.next(bench.now) {
            Some(Action::FullScrub { reasons: Reasons::EVENTS_LOST, .. }) => assert!(scrubs),
            other => assert!(!scrubs && matches!(other, Some(Action::Repair(_))), "{other:?}"),
        }
    }
}

#[test]
fn what_another_look_finds_is_no_reason_for_a_full_scrub() {
    let mut bench = Bench::with_full_scrubs();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    assert!(bench.found(ag(1, "bnobt")));
    bench.look_ends(LookEnd::Incomplete);
    bench.heal(ag(1, "bnobt"));
    bench.expect_quiet_for(10 * MINUTE);
    bench.advance(10 * MINUTE);
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

#[test]
fn between_two_looks_for_losses_are_10_minutes_doubling_to_a_day() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.advance(10);
    for minutes in [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440] {
        bench.look_for_losses();
        bench.advance(1);
        bench.lost();
        bench.expect_quiet_for(minutes * MINUTE - 1);
        bench.advance(minutes * MINUTE - 1);
    }
}

#[test]
fn a_day_without_a_loss_makes_the_gap_short_again() {
    let mut bench = Bench::with_full_scrubs();
    for minutes in [10, 20] {
        bench.lost();
        bench.advance(10);
        bench.look_for_losses();
        bench.lost();
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
        bench.look_for_losses();
        bench.advance(DAY);
    }
}

#[test]
fn reports_that_are_lost_during_the_look_are_looked_for_once_more() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    bench.lost();
    bench.expect_end();
    bench.look_ends(COMPLETE);
    bench.expect_quiet_for(10 * MINUTE);
    bench.advance(10 * MINUTE);
    bench.look_for_losses();
    bench.expect_end();
}

#[test]
fn a_look_that_could_not_begin_is_tried_again_after_ever_longer_waits() {
    let cases = [Some(Depth::Checks), Some(Depth::Inodes(3)), None];
    for asked in cases {
        let mut bench = Bench::new();
        match asked {
            Some(depth) => bench.planner.look(depth),
            None => bench.lost(),
        }
        bench.advance(10);
        let depth = asked.unwrap_or(Depth::Deep);
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            bench.expect_look(depth);
            bench.look_ends(LookEnd::NotLooked);
            bench.expect_quiet_for(minutes * MINUTE);
            bench.advance(minutes * MINUTE);
        }
        bench.look_around(depth);
        bench.expect_end();
    }
}

#[test]
fn a_full_scrub_takes_the_place_of_looks_for_losses_that_cannot_be_made() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.advance(10);
    for minutes in [1, 2] {
        bench.expect_look(Depth::Deep);
        bench.look_ends(LookEnd::NotLooked);
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
    }
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::NotLooked);
    bench.expect_full_scrub(Reasons::EVENTS_LOST);
}

#[test]
fn what_a_look_for_losses_found_before_it_was_broken_off_counts() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    assert!(bench.found(ag(1, "bnobt")));
    bench.look_ends(LookEnd::NotLooked);
    bench.heal(ag(1, "bnobt"));
    bench.advance(MINUTE);
    bench.look_around(Depth::Deep);
    bench.expect_full_scrub(Reasons::EVENTS_LOST);
}

#[test]
fn so_does_what_another_look_finds_while_one_for_losses_is_to_come() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    assert!(bench.found(ag(1, "bnobt")));
    bench.look_ends(COMPLETE);
    bench.heal(ag(1, "bnobt"));
    bench.advance(10);
    bench.look_around(Depth::Deep);
    bench.expect_full_scrub(Reasons::EVENTS_LOST);
}

#[test]
fn once_one_has_begun_the_waits_are_short_again() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.planner.look(Depth::Shallow);
        bench.expect_look(Depth::Shallow);
        bench.look_ends(LookEnd::NotLooked);
        bench.expect_quiet_for(MINUTE);
        bench.advance(MINUTE);
        bench.look_around(Depth::Shallow);
        bench.expect_end();
    }
}

#[test]
fn after_each_full_scrub_that_ran_comes_a_shallow_look() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(ScrubEnd::NotStarted);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(ScrubEnd::Finished { clean: false });
    bench.expect_look(Depth::Shallow);
    bench.found(fs("nlinks"));
    bench.look_ends(COMPLETE);
    bench.heal(fs("nlinks"));
    bench.expect_end();
}

#[test]
fn what_the_kernel_remembers_after_a_full_scrub_does_not_call_for_the_next_one() {
    let mut bench = Bench::with_full_scrubs();
    bench.planner.look(Depth::Shallow);
    bench.expect_look(Depth::Shallow);
    bench.planner.sick(Target::Ag(1), 1 << 20, bench.now);
    bench.look_ends(COMPLETE);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.expect_look(Depth::Shallow);
    bench.planner.sick(Target::Ag(1), 1 << 20, bench.now);
    bench.look_ends(COMPLETE);
    bench.expect_end();
}

#[test]
fn the_sick_metadata_directory_that_nothing_clears_is_judged_once() {
    let mut bench = Bench::new();
    let paths = Key::from_bit(Target::Fs, 1 << 8).expect("its paths are repaired");
    assert_eq!((paths, paths.scrub.number()), (fs("metapath"), 29));
    for _ in 0..3 {
        bench.planner.look(Depth::Shallow);
        bench.expect_look(Depth::Shallow);
        bench.planner.sick(Target::Fs, 1 << 8, bench.now);
        bench.look_ends(COMPLETE);
        if bench.planner.next(bench.now).is_some() {
            let ticket = Ticket(2);
            bench.planner.finished(ticket, Outcome::Fine, bench.now);
            bench.expect_said(Notice::NoModification(paths));
        }
        bench.expect_end();
        bench.advance(10);
    }
    // An operation that stumbles on it is news.
    bench.report(Change::Sick, Target::Fs, 1 << 8);
    bench.run(paths, Outcome::Repaired);
}

#[test]
fn what_must_not_be_looked_at_is_not_whatever_is_asked_reported_or_lost() {
    let mut bench = Bench::with(|config| {
        (config.may_look, config.policy) = (false, Policy::Log);
    });
    for depth in [Depth::Shallow, Depth::Deep, Depth::Inodes(1), Depth::Checks] {
        bench.planner.look(depth);
    }
    for policy in [Policy::Log, Policy::Repair] {
        bench.planner.set_policy(policy);
        bench.report(Change::Sick, Target::Ag(1), 1 << 10);
        bench.lost();
        bench.expect_end();
        bench.advance(DAY);
    }
    assert!(!bench.planner.owes_look());
    assert_eq!(bench.planner.damage_count(), 1);
}

#[test]
fn what_a_look_could_not_see_is_known_until_one_that_goes_as_far_has_seen_it() {
    let mut bench = Bench::new();
    let mut ends = |depth, end| {
        bench.planner.look(depth);
        bench.expect_look(depth);
        bench.look_ends(end);
        bench.planner.is_unjudged()
    };
    assert!(!ends(Depth::Deep, LookEnd::Complete));
    assert!(ends(Depth::Deep, LookEnd::Incomplete));
    assert!(ends(Depth::Shallow, LookEnd::Complete));
    assert!(!ends(Depth::Deep, LookEnd::Complete));
    assert!(ends(Depth::Shallow, LookEnd::Incomplete));
    assert!(!ends(Depth::Deep, LookEnd::Complete));
}
