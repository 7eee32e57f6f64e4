// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 2: what a repair itself stirs up is no news. And the grace for what a scrub found.

use super::*;

#[test]
fn the_echo_of_a_repair_is_not_repaired_again() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.sick(ag(1, "bnobt"));
    bench.corrupt(ag(1, "bnobt"));
    bench.healthy(ag(1, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_end();
}

#[test]
fn what_is_seen_again_after_it_was_healthy_is_looked_at_once_more() {
    for outcome in [Outcome::Repaired, Outcome::Fine] {
        let mut bench = Bench::new();
        bench.sick(ag(1, "bnobt"));
        bench.expect_repair(ag(1, "bnobt"));
        bench.healthy(ag(1, "bnobt"));
        bench.sick(ag(1, "bnobt"));
        bench.ends(ag(1, "bnobt"), outcome);
        assert!(matches!(bench.planner.next(bench.now), Some(Action::Say(_))));
        bench.expect_quiet_for(10);
        bench.advance(10);
        bench.heal(ag(1, "bnobt"));
        bench.expect_end();
    }
}

#[test]
fn a_late_healthy_still_cancels_the_second_look() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.sick(ag(1, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.healthy(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn the_echo_of_a_failed_attempt_does_not_outlive_it() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.sick(ag(1, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Failed);
    bench.expect_said(Notice::Failed(ag(1, "bnobt"), Failure::Corrupt));
    bench.advance(10);
    bench.run(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_end();
}

#[test]
fn an_echo_about_something_else_is_repaired_in_its_turn() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "agf"));
    bench.expect_repair(ag(1, "agf"));
    bench.sick(ag(1, "bnobt"));
    bench.healthy(ag(1, "agf"));
    bench.ends(ag(1, "agf"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "agf")));
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn healthy_cancels_what_is_pending_only_for_the_bits_it_names() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "agi"), ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.report(Change::Healthy, Target::Ag(1), bit(ag(1, "bnobt")) | 1 << 31);
    bench.heal(ag(1, "agi"));
    bench.heal(ag(2, "bnobt"));
    bench.expect_end();
}

#[test]
fn healthy_of_what_nobody_reported_changes_nothing() {
    let mut bench = Bench::new();
    bench.report(Change::Healthy, Target::Fs, u32::MAX);
    bench.expect_end();
}

#[test]
fn what_a_scrub_found_waits_a_minute_for_that_scrub_to_repair_it() {
    let mut bench = Bench::new();
    bench.corrupt(ag(1, "bnobt"));
    bench.expect_quiet_for(60);
    bench.advance(59);
    bench.corrupt(ag(1, "bnobt"));
    bench.expect_quiet_for(1);
    bench.advance(1);
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn healthy_within_the_grace_cancels_it() {
    let mut bench = Bench::new();
    bench.corrupt(ag(1, "bnobt"));
    bench.advance(30);
    bench.healthy(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn somebody_who_stumbles_on_it_ends_the_grace() {
    let mut bench = Bench::new();
    bench.corrupt(ag(1, "bnobt"));
    bench.advance(5);
    bench.sick(ag(1, "bnobt"));
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn damage_that_was_found_and_not_reported_has_no_grace() {
    let mut bench = Bench::new();
    bench.planner.sick(Target::Ag(1), bit(ag(1, "bnobt")), bench.now);
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn what_our_own_full_scrub_finds_waits_for_its_end() {
    let ends = [ScrubEnd::Finished { clean: false }, ScrubEnd::NotStarted];
    for end in ends {
        let mut bench = Bench::with_full_scrubs();
        bench.no_repair_for(Target::Fs);
        bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
        bench.all_sick(&[ag(4, "bnobt")]);
        all_corrupt(&mut bench);
        bench.heal(ag(4, "bnobt"));
        bench.advance(DAY);
        bench.healthy(ag(1, "bnobt"));
        all_corrupt(&mut bench);
        bench.healthy(ag(2, "bnobt"));
        bench.expect_end();
        bench.scrub_ends(end);
        if end != ScrubEnd::NotStarted {
            bench.look_around(Depth::Shallow);
        } else {
            // It was somebody else's that found them.
            bench.expect_quiet_for(MINUTE);
            bench.advance(MINUTE);
            bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
        }
        bench.heal(ag(3, "bnobt"));
        bench.heal(ag(1, "bnobt"));
        bench.expect_quiet();
    }
}

fn all_corrupt(bench: &mut Bench) {
    [1, 2, 3].iter().for_each(|n| bench.corrupt(ag(*n, "bnobt")));
}

#[test]
fn somebody_who_stumbles_on_it_ends_that_wait_too() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    all_corrupt(&mut bench);
    bench.expect_end();
    bench.sick(ag(2, "bnobt"));
    bench.heal(ag(2, "bnobt"));
    bench.expect_end();
}

#[test]
fn what_was_found_before_it_began_waits_no_longer() {
    let mut bench = Bench::with_full_scrubs();
    bench.corrupt(ag(1, "bnobt"));
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.corrupt(ag(1, "bnobt"));
    bench.expect_quiet_for(60);
    bench.advance(60);
    bench.heal(ag(1, "bnobt"));
}

#[test]
fn the_grace_does_not_shorten_a_pause() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.corrupt(ag(1, "bnobt"));
    bench.expect_quiet_for(10);
}

#[test]
fn healthy_of_one_metadata_path_says_nothing_of_the_others() {
    let mut bench = Bench::new();
    bench.sick(fs("metapath"));
    bench.healthy(fs("metapath"));
    bench.heal(fs("metapath"));
    bench.expect_end();
}
