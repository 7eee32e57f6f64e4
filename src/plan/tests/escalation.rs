// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 6: when one repair is not enough.

use super::*;

const LEFT: ScrubEnd = ScrubEnd::Finished { clean: false };
const CLEAN: ScrubEnd = ScrubEnd::Finished { clean: true };

#[test]
fn a_failed_repair_starts_one_after_its_first_attempt() {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn bits_that_no_single_repair_mends_start_one() {
    let inode = Target::Inode { ino: 135, generation: 0 };
    let no_repair = [(Target::Fs, 10), (Target::Ag(1), 11), (Target::Rtgroup(0), 5), (inode, 9)];
    for (target, n) in no_repair {
        let mut bench = Bench::with_full_scrubs();
        bench.report(Change::Sick, target, 1 << n);
        bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
        bench.expect_end();
    }
}

#[test]
fn one_at_a_time_with_the_reasons_for_the_next_one_merged() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.advance(30 * HOUR);
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::Incomplete);
    bench.heal(ag(1, "bnobt"));
    bench.expect_quiet_for(10 * MINUTE);
    bench.scrub_ends(CLEAN);
    bench.look_around(Depth::Shallow);
    bench.look_around(Depth::Deep);
    bench.expect_quiet_for(6 * HOUR);
    bench.advance(6 * HOUR);
    bench.expect_full_scrub(Reasons::EVENTS_LOST | Reasons::REPAIR_FAILED);
}

#[test]
fn the_gap_doubles_to_a_day_while_full_scrubs_do_not_help() {
    let mut bench = Bench::with_full_scrubs();
    let ends = [(CLEAN, 6), (CLEAN, 6), (LEFT, 6), (LEFT, 12), (LEFT, 24), (LEFT, 24), (CLEAN, 6)];
    fails_and_is_healthy_again(&mut bench);
    for (end, hours) in ends {
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.advance(40 * HOUR);
        bench.scrub_ends(end);
        bench.look_around(Depth::Shallow);
        bench.expect_end();
        fails_and_is_healthy_again(&mut bench);
        bench.expect_quiet_for(hours * HOUR);
        bench.advance(hours * HOUR);
    }
}

fn fails_and_is_healthy_again(bench: &mut Bench) {
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Failed);
    bench.expect_said(Notice::Failed(ag(1, "bnobt"), Failure::Corrupt));
    bench.healthy(ag(1, "bnobt"));
}

#[test]
fn a_clean_one_that_does_not_know_what_it_was_wanted_for_does_not_help() {
    let mut bench = Bench::with_full_scrubs();
    for hours in [6, 12, 24, 24] {
        bench.no_repair_for(Target::Fs);
        bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
        bench.scrub_ends(CLEAN);
        bench.look_around(Depth::Shallow);
        bench.expect_end();
        bench.no_repair_for(Target::Fs);
        bench.expect_quiet_for(hours * HOUR);
        bench.advance(hours * HOUR);
    }
}

#[test]
fn one_that_could_not_be_started_is_tried_again_after_ever_longer_waits() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    for minutes in [1, 2, 4, 8] {
        bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
        bench.scrub_ends(ScrubEnd::NotStarted);
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
    }
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(LEFT);
    bench.look_around(Depth::Shallow);
    bench.no_repair_for(Target::Fs);
    bench.expect_quiet_for(6 * HOUR);
}

#[test]
fn one_that_somebody_ended_is_made_after_the_gap_and_the_last_word_waits_for_it() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    for _ in 0..3 {
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.scrub_ends(ScrubEnd::Interrupted);
        bench.expect_quiet_for(6 * HOUR);
        bench.advance(6 * HOUR);
    }
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(LEFT);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
}

#[test]
fn the_last_word_does_not_wait_for_ever_for_one_that_comes_to_a_verdict() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(bnobt);
    for _ in 0..8 {
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.scrub_ends(ScrubEnd::Interrupted);
        bench.expect_quiet_for(6 * HOUR);
        bench.advance(6 * HOUR);
    }
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(ScrubEnd::Interrupted);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    bench.expect_quiet_for(6 * HOUR);
}

#[test]
fn targeted_work_goes_on_meanwhile() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.sick(ag(1, "bnobt"));
    bench.heal(ag(1, "bnobt"));
}

#[test]
fn what_a_full_scrub_left_sick_gets_the_last_word_once_each() {
    let mut bench = Bench::with_full_scrubs();
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt"), ag(3, "bnobt")]);
    bench.run(ag(1, "bnobt"), Outcome::Unsupported);
    bench.expect_said(Notice::Failed(ag(1, "bnobt"), Failure::Unsupported));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.run(ag(2, "bnobt"), Outcome::Unsupported);
    bench.expect_said(Notice::Failed(ag(2, "bnobt"), Failure::Unsupported));
    bench.run(ag(3, "bnobt"), Outcome::Unsupported);
    bench.expect_said(Notice::Failed(ag(3, "bnobt"), Failure::Unsupported));
    bench.expect_end();
    bench.advance(HOUR);
    bench.healthy(ag(2, "bnobt"));
    bench.scrub_ends(LEFT);
    bench.expect_said(Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Unsupported));
    bench.expect_said(Notice::OfflineNeeded(ag(3, "bnobt"), Failure::Unsupported));
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(6 * HOUR);
    bench.advance(6 * HOUR);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.all_sick(&[ag(1, "bnobt"), ag(3, "bnobt")]);
    bench.scrub_ends(LEFT);
    bench.look_around(Depth::Shallow);
    bench.expect_end();
}

#[test]
fn what_fails_after_a_full_scrub_waits_for_the_next_one_but_for_no_third() {
    for is_mended in [true, false] {
        let mut bench = Bench::with_full_scrubs();
        bench.fail_for_good(ag(1, "bnobt"));
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.scrub_ends(LEFT);
        bench.expect_said(Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Unsupported));
        bench.look_around(Depth::Shallow);
        bench.fail_for_good(ag(2, "bnobt"));
        bench.expect_quiet_for(6 * HOUR);
        bench.advance(6 * HOUR);
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.fail_for_good(ag(3, "bnobt"));
        if is_mended {
            bench.healthy(ag(2, "bnobt"));
        }
        bench.scrub_ends(LEFT);
        if !is_mended {
            bench.expect_said(Notice::OfflineNeeded(ag(2, "bnobt"), Failure::Unsupported));
        }
        bench.expect_said(Notice::OfflineNeeded(ag(3, "bnobt"), Failure::Unsupported));
        bench.look_around(Depth::Shallow);
        bench.expect_quiet_for(12 * HOUR);
    }
}

#[test]
fn where_one_does_not_say_that_something_is_left_another_attempt_tells() {
    let bnobt = ag(1, "bnobt");
    let good = (Outcome::Fine, Notice::NoModification(bnobt));
    let bad = (Outcome::Unsupported, Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    let ends = [CLEAN, ScrubEnd::Untold];
    for (end, (outcome, said)) in ends.into_iter().flat_map(|end| [(end, good), (end, bad)]) {
        let mut bench = Bench::with_full_scrubs();
        bench.fail_for_good(bnobt);
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.scrub_ends(end);
        bench.look_around(Depth::Shallow);
        bench.expect_quiet_for(10);
        bench.advance(10);
        bench.run(bnobt, outcome);
        bench.expect_said(said);
        bench.expect_end();
    }
}

#[test]
fn that_attempt_comes_two_minutes_after_the_quick_ones_and_nothing_is_said_before_it_is_made() {
    let bnobt = ag(1, "bnobt");
    let mut bench = Bench::with_full_scrubs();
    bench.sick(bnobt);
    bench.fail(bnobt);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    for second in [10, 60] {
        bench.advance_to(second);
        bench.run(bnobt, Outcome::Failed);
    }
    bench.scrub_ends(CLEAN);
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(2 * MINUTE);
    bench.advance(2 * MINUTE);
    bench.run(bnobt, Outcome::ReadOnly);
    bench.expect_said(Notice::ReadOnly);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.run(bnobt, Outcome::Failed);
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Corrupt));
    bench.expect_quiet_for(2 * HOUR);
}

#[test]
fn one_that_cannot_be_started_keeps_no_last_word_back() {
    let mut bench = Bench::with_full_scrubs();
    bench.fail_for_good(ag(1, "bnobt"));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(ScrubEnd::NotStarted);
    bench.expect_said(Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Unsupported));
}

#[test]
fn without_full_scrubs_the_last_word_follows_the_last_quick_attempt() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(HOUR, |_| Outcome::Failed);
    let last = Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Corrupt);
    assert_eq!(seen.last(), Some(&(60, Seen::Announced(last))));
}

#[test]
fn a_full_scrub_does_not_call_for_the_next_one() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Ag(1));
    for _ in 0..3 {
        bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
        bench.no_repair_for(Target::Ag(1));
        bench.scrub_ends(LEFT);
        bench.look_around(Depth::Shallow);
        bench.expect_end();
        bench.advance(DAY);
        bench.no_repair_for(Target::Ag(1));
    }
}

#[test]
fn unrepairable_damage_that_is_touched_for_hours_costs_few_calls_and_a_full_scrub_in_six_of_them() {
    let mut bench = Bench::with_full_scrubs();
    let all = [ag(1, "bnobt"), ag(1, "rmapbt"), ino(135, "directory"), ino(136, "directory")];
    let mut seen = Vec::new();
    for second in (0..8 * HOUR).step_by(2) {
        bench.all_sick(&all);
        seen.extend(bench.live_until(second, |_| Outcome::Failed));
    }
    for key in all {
        // Three, and one after an hour, after two and after four.
        assert_eq!(calls_of(&seen, key).len(), 6);
        assert_eq!(count(&seen, Seen::Announced(Notice::OfflineNeeded(key, Failure::Corrupt))), 1);
        assert_eq!(count(&seen, Seen::Announced(Notice::Failed(key, Failure::Corrupt))), 1);
    }
    // The first ended when only one structure had failed; for the others another was to come.
    let scrubs = seen.iter().filter(|(_, s)| matches!(s, Seen::Scrub(_))).map(|(at, _)| *at);
    assert_eq!(scrubs.collect::<Vec<_>>(), [0, 6 * HOUR]);
    let silence = seen.iter().all(|(at, _)| *at <= 60 || at % HOUR <= 60);
    assert!(silence, "{seen:?}");
}

#[test]
fn a_deleted_file_a_read_only_mount_and_a_full_filesystem_start_none() {
    for outcome in [Outcome::Gone, Outcome::ReadOnly, Outcome::NoRoom, Outcome::Busy] {
        let mut bench = Bench::with_full_scrubs();
        bench.sick(ag(1, "bnobt"));
        let seen = bench.live_until(DAY, |_| outcome);
        assert!(!seen.iter().any(|(_, s)| matches!(s, Seen::Scrub(_))), "{outcome:?}");
    }
}

#[test]
fn one_that_is_held_back_keeps_nothing_else_waiting() {
    let mut bench = Bench::with_full_scrubs();
    bench.planner.hold_full_scrubs(true);
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.corrupt(ag(2, "cntbt"));
    let is_mended = |key| key == ag(2, "cntbt");
    let answer = |key| if is_mended(key) { Outcome::Repaired } else { Outcome::Failed };
    let seen = bench.live_until(2 * HOUR, answer);
    let said = |notice| count(&seen, Seen::Announced(notice));
    assert_eq!(said(Notice::Repaired(ag(2, "cntbt"))), 1);
    let last_word = Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Corrupt);
    assert_eq!(said(last_word), 0, "it may mend that");
    assert_eq!(count(&seen, Seen::Scrub(Reasons::REPAIR_FAILED)), 0);
    bench.planner.hold_full_scrubs(false);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(LEFT);
    bench.expect_said(last_word);
}

#[test]
fn what_one_that_was_held_back_mends_gets_no_last_word() {
    let mut bench = Bench::with_full_scrubs();
    bench.planner.hold_full_scrubs(true);
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(HOUR - 1, |_| Outcome::Unsupported);
    assert_eq!(seen.len(), 2, "the call, and that it has failed: {seen:?}");
    bench.planner.hold_full_scrubs(false);
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.healthy(ag(1, "bnobt"));
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.look_around(Depth::Shallow);
    bench.expect_end();
}
