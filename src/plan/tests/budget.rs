// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 3: how often a structure is tried.

use super::*;

fn hours(hours: &[u64]) -> Vec<u64> {
    hours.iter().map(|h| h * HOUR).collect()
}

#[test]
fn three_attempts_at_0_10_and_60_seconds_then_one_per_pause_that_doubles_to_a_day() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(8 * DAY, |_| Outcome::Failed);
    let calls = calls_of(&seen, ag(1, "bnobt"));
    assert_eq!(calls[..3], [0, 10, 60]);
    let pauses: Vec<u64> = calls[2..].windows(2).map(|w| w[1] - w[0]).collect();
    assert_eq!(pauses, hours(&[1, 2, 4, 8, 16, 24, 24, 24, 24, 24, 24]));
}

#[test]
fn reports_buy_no_attempt() {
    let mut bench = Bench::new();
    let mut calls = Vec::new();
    for _ in 0..7 * MINUTE {
        bench.sick(ag(1, "bnobt"));
        let until = bench.now.since(Time::default()).as_secs() + 1;
        calls.extend(calls_of(&bench.live_until(until, |_| Outcome::Failed), ag(1, "bnobt")));
    }
    assert_eq!(calls, [0, 10, 60]);
}

#[test]
fn attempts_that_healed_count_so_that_flapping_is_left_to_the_long_pauses() {
    let mut bench = Bench::new();
    let mut calls = Vec::new();
    for second in 0..4 * HOUR {
        bench.advance_to(second);
        bench.sick(ag(1, "bnobt"));
        while let Some(action) = bench.planner.next(bench.now) {
            if let Action::Repair(repair) = action {
                calls.push(second);
                bench.healthy(repair.key);
                bench.planner.finished(repair.ticket, Outcome::Repaired, bench.now);
            }
        }
    }
    assert_eq!(calls, [0, 10, 60, 60 + HOUR, 60 + 3 * HOUR]);
}

#[test]
fn healthy_gives_nothing_back() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    for wait in [10, 50, HOUR, 2 * HOUR] {
        bench.run(ag(1, "bnobt"), Outcome::Failed);
        while bench.planner.next(bench.now).is_some() {}
        bench.healthy(ag(1, "bnobt"));
        bench.expect_end();
        bench.sick(ag(1, "bnobt"));
        bench.expect_quiet_for(wait);
        bench.advance(wait);
    }
}

#[test]
fn healthy_does_not_shorten_the_wait_for_what_is_busy() {
    let mut bench = Bench::new();
    for wait in [1, 2, 4, 8, 16] {
        bench.sick(ag(1, "bnobt"));
        bench.run(ag(1, "bnobt"), Outcome::Busy);
        bench.expect_said(Notice::Postponed(ag(1, "bnobt")));
        bench.healthy(ag(1, "bnobt"));
        bench.expect_end();
        bench.sick(ag(1, "bnobt"));
        bench.expect_quiet_for(wait);
        bench.advance(wait);
    }
}

#[test]
fn a_day_without_a_report_clears_the_count() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.live_until(HOUR, |_| Outcome::Failed);
    bench.healthy(ag(1, "bnobt"));
    bench.advance(DAY);
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.expect_quiet_for(10);
}

#[test]
fn less_than_a_day_without_a_report_does_not() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.live_until(90, |_| Outcome::Failed);
    for _ in 0..3 {
        bench.healthy(ag(1, "bnobt"));
        bench.advance(23 * HOUR);
        bench.sick(ag(1, "bnobt"));
        bench.run(ag(1, "bnobt"), Outcome::Failed);
        while bench.planner.next(bench.now).is_some() {}
        assert!(bench.wait() >= Some(Duration::from_secs(2 * HOUR)));
    }
}

#[test]
fn what_nobody_reports_for_days_while_it_is_tried_gets_no_new_quick_attempts() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.live_until(10 * DAY, |_| Outcome::Failed);
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(11 * DAY, |_| Outcome::Failed);
    assert_eq!(calls_of(&seen, ag(1, "bnobt")).len(), 1);
}

#[test]
fn reports_that_never_pause_for_a_day_clear_nothing() {
    let mut bench = Bench::new();
    let mut calls = Vec::new();
    for minute in 0..7 * 24 * 60 {
        bench.advance_to(minute * MINUTE);
        bench.sick(ag(1, "bnobt"));
        let seen = bench.live_until(minute * MINUTE + 59, |_| Outcome::Failed);
        calls.extend(calls_of(&seen, ag(1, "bnobt")));
    }
    assert!(calls[3..].windows(2).all(|w| w[1] - w[0] >= 2 * HOUR), "{calls:?}");
}

#[test]
fn a_healed_sibling_does_not_shorten_the_wait_for_what_is_busy() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.advance(10);
    bench.run(ag(1, "bnobt"), Outcome::NoRoom);
    bench.expect_said(Notice::Postponed(ag(1, "bnobt")));
    bench.healthy(ag(1, "rmapbt"));
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn a_healed_sibling_brings_the_next_attempt_forward_and_adds_none() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "bnobt"), ag(1, "rmapbt")]);
    bench.fail(ag(1, "bnobt"));
    bench.heal(ag(1, "rmapbt"));
    bench.run(ag(1, "bnobt"), Outcome::Failed);
    bench.expect_quiet_for(60);
    bench.healthy(ag(1, "rmapbt"));
    bench.run(ag(1, "bnobt"), Outcome::Failed);
    bench.expect_said(Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Corrupt));
    for second in 0..100 {
        bench.advance_to(second);
        bench.healthy(ag(1, "rmapbt"));
        bench.expect_quiet_for(HOUR - second);
    }
}

#[test]
fn no_attempt_is_wasted_before_the_last_sibling_is_healed() {
    let mut bench = Bench::new();
    bench.all_sick(&["bnobt", "inobt", "refcountbt", "rmapbt"].map(|name| ag(1, name)));
    bench.fail(ag(1, "bnobt"));
    bench.heal(ag(1, "inobt"));
    bench.heal(ag(1, "rmapbt"));
    bench.heal(ag(1, "refcountbt"));
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn what_heals_elsewhere_brings_nothing_forward() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "rmapbt")]);
    bench.fail(ag(1, "bnobt"));
    bench.heal(ag(2, "rmapbt"));
    bench.expect_quiet_for(10);
}

#[test]
fn a_full_scrub_grants_no_attempt() {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(HOUR, |_| Outcome::Failed);
    assert_eq!(count(&seen, Seen::Scrub(Reasons::REPAIR_FAILED)), 1);
    assert_eq!(calls_of(&seen, ag(1, "bnobt")), [0, 10, 60]);
}

#[test]
fn after_a_hundred_failed_attempts_within_an_hour_repairs_pause_and_it_is_said_once() {
    let mut bench = Bench::new();
    let all: Vec<Key> = (0..1000).map(|n| ino(n, "symlink")).collect();
    bench.all_sick(&all);
    let seen = bench.live_until(DAY, |_| Outcome::Failed);
    assert_eq!(count(&seen, Seen::Announced(Notice::TooManyFailures)), 1);
    let calls: Vec<u64> =
        seen.iter().filter(|(_, s)| matches!(s, Seen::Call(_))).map(|(at, _)| *at).collect();
    assert!(calls.len() > 2000, "it goes on");
    assert!(calls.windows(101).all(|w| w[100] - w[0] >= HOUR));
}

#[test]
fn repairs_that_heal_are_not_limited_over_the_whole_filesystem() {
    let mut bench = Bench::new();
    let all: Vec<Key> = (0..1000).map(|n| ino(n, "symlink")).collect();
    bench.all_sick(&all);
    all.iter().for_each(|key| bench.heal(*key));
    bench.expect_end();
}

#[test]
fn what_has_used_its_attempts_up_lets_everything_else_pass() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.live_until(HOUR + 59, |_| Outcome::Failed);
    // The long pause of the one ends when the other, of lower rank, is reported.
    bench.advance(1);
    bench.sick(ino(9, "symlink"));
    bench.heal(ino(9, "symlink"));
    bench.run(ag(1, "bnobt"), Outcome::Failed);
    bench.expect_quiet_for(2 * HOUR);
}
