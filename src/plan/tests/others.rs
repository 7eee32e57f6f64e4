// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 6 where somebody else's full scrub runs when one is wanted.

use super::*;

const LEFT: ScrubEnd = ScrubEnd::Finished { clean: false };

#[test]
fn ours_follows_somebody_elses_that_left_the_damage_and_the_last_word_waits_for_it() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    for minutes in [1, 2, 4] {
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.advance(HOUR);
        bench.expect_end();
        bench.scrub_ends(ScrubEnd::Others);
        bench.look_around(Depth::Shallow);
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
    }
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(LEFT);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
}

#[test]
fn what_somebody_elses_has_mended_calls_for_none_of_ours() {
    let (bnobt, rmapbt) = (ag(1, "bnobt"), ag(2, "rmapbt"));
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.advance(HOUR);
    bench.healthy(bnobt);
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.expect_end();
    // The next wish is one of its own, and waits for nothing.
    bench.fail_for_good(rmapbt);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(ScrubEnd::NotStarted);
    bench.expect_said(Notice::OfflineNeeded(rmapbt, Failure::Unsupported));
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn much_that_somebody_elses_has_reported_and_mended_calls_for_none_of_ours() {
    let mut bench = Bench::with(|config| config.escalate.structures = 1);
    let both = [ag(1, "bnobt"), ag(2, "bnobt")];
    bench.all_sick(&both);
    bench.expect_full_scrub(Reasons::BURST);
    both.into_iter().for_each(|key| bench.healthy(key));
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.advance(MINUTE);
    bench.expect_end();
}

#[test]
fn what_nobody_can_name_is_still_wanted_after_somebody_elses() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.advance(MINUTE);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
}

#[test]
fn what_a_scrub_finds_is_repaired_after_a_minute_though_somebody_elses_is_waited_for() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    // Before anyone knows that it is not ours, and when it is known.
    bench.corrupt(ag(1, "bnobt"));
    bench.expect_end();
    bench.scrub_waits(DAY);
    bench.expect_quiet_for(MINUTE);
    bench.advance(30);
    bench.corrupt(ag(2, "bnobt"));
    bench.expect_quiet_for(30);
    bench.advance(30);
    bench.heal(ag(1, "bnobt"));
    bench.advance(30);
    bench.heal(ag(2, "bnobt"));
    bench.expect_end();
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn somebody_elses_is_waited_for_no_longer_than_a_day_and_then_ours_is_made_once() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_waits(DAY);
    bench.advance(HOUR);
    bench.expect_quiet();
    // That one ends, and the next one that is in the way does not.
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.advance(MINUTE);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_waits(23 * HOUR - MINUTE);
    bench.advance(23 * HOUR - MINUTE);
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(2 * MINUTE);
    bench.advance(2 * MINUTE);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    assert_eq!(bench.planner.patience_with_others(bench.now), Duration::ZERO);
    bench.scrub_ends(LEFT);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    bench.look_around(Depth::Shallow);
    bench.expect_end();
    // For the next wish there is as much patience as for the first.
    bench.fail_for_good(ag(2, "bnobt"));
    bench.expect_quiet_for(6 * HOUR);
    bench.advance(6 * HOUR);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_waits(DAY);
}

#[test]
fn the_last_word_waits_two_days_for_one_that_can_only_follow_somebody_elses() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(ScrubEnd::Interrupted);
    bench.advance(6 * HOUR);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_waits(DAY);
    bench.expect_quiet_for(2 * DAY);
    bench.advance(2 * DAY);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    bench.expect_end();
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.advance(MINUTE);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn somebody_elses_in_a_row_that_nobody_says_are_waited_for_hold_the_last_word_for_two_days() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    let mut waits = Vec::new();
    loop {
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.advance(4 * HOUR);
        bench.expect_end();
        bench.scrub_ends(ScrubEnd::Others);
        waits.push(bench.now.since(Time::default()).as_secs() / HOUR);
        if waits.last() >= Some(&48) {
            break;
        }
        bench.look_around(Depth::Shallow);
        let wait = bench.wait().expect("it is tried again");
        bench.now = bench.now.after(wait);
    }
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    assert!(waits.len() > 8, "{waits:?}");
}

#[test]
fn what_is_reported_beside_somebody_elses_is_no_echo_of_ours() {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_waits(DAY);
    bench.no_repair_for(Target::Fs);
    bench.healthy(ag(1, "bnobt"));
    bench.scrub_ends(ScrubEnd::Others);
    bench.look_around(Depth::Shallow);
    bench.advance(MINUTE);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
}
