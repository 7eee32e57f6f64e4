// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 5: what each outcome of a repair leads to.

use super::*;

/// A repair of bnobt that runs.
fn running() -> Bench {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench
}

#[test]
fn repaired_and_fine_are_said_and_done() {
    let bnobt = ag(1, "bnobt");
    let done = [
        (Outcome::Repaired, Notice::Repaired(bnobt)),
        (Outcome::Fine, Notice::NoModification(bnobt)),
        (Outcome::Gone, Notice::Gone(bnobt)),
    ];
    for (outcome, notice) in done {
        let mut bench = running();
        bench.ends(bnobt, outcome);
        bench.expect_said(notice);
        bench.expect_end();
    }
}

#[test]
fn what_failed_is_said_once_gets_one_full_scrub_and_one_last_word() {
    let failed = [
        (Outcome::Failed, Failure::Corrupt),
        (Outcome::DeviceError, Failure::Device),
        (Outcome::Error(libc::EPERM), Failure::Errno(libc::EPERM)),
    ];
    for (outcome, why) in failed {
        let mut bench = running();
        bench.ends(ag(1, "bnobt"), outcome);
        let seen = bench.live_until(7 * DAY, |_| outcome);
        let said = |notice| count(&seen, Seen::Announced(notice));
        assert_eq!(said(Notice::Failed(ag(1, "bnobt"), why)), 1);
        assert_eq!(said(Notice::OfflineNeeded(ag(1, "bnobt"), why)), 1);
        assert_eq!(count(&seen, Seen::Scrub(Reasons::REPAIR_FAILED)), 1);
        assert_eq!(calls_of(&seen, ag(1, "bnobt"))[..3], [10, 60, 60 + HOUR]);
    }
}

#[test]
fn what_heals_in_the_end_is_said_and_gets_no_last_word() {
    let mut bench = running();
    bench.ends(ag(1, "bnobt"), Outcome::Failed);
    let seen = bench.live_until(DAY, |_| Outcome::Repaired);
    let said = [
        (0, Seen::Announced(Notice::Failed(ag(1, "bnobt"), Failure::Corrupt))),
        (0, Seen::Scrub(Reasons::REPAIR_FAILED)),
        (0, Seen::Look(Depth::Shallow)),
        (10, Seen::Call(ag(1, "bnobt"))),
        (10, Seen::Announced(Notice::Repaired(ag(1, "bnobt")))),
    ];
    assert_eq!(seen, said);
}

#[test]
fn the_last_word_waits_for_the_last_answer() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.advance_to(10);
    bench.run(ag(1, "bnobt"), Outcome::Failed);
    bench.advance_to(60);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_quiet();
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_end();
}

#[test]
fn what_cannot_be_repaired_online_is_tried_once() {
    let bnobt = ag(1, "bnobt");
    let mut bench = running();
    bench.ends(bnobt, Outcome::Unsupported);
    bench.expect_said(Notice::Failed(bnobt, Failure::Unsupported));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(ScrubEnd::Finished { clean: false });
    bench.expect_said(Notice::OfflineNeeded(bnobt, Failure::Unsupported));
    bench.look_around(Depth::Shallow);
    for _ in 0..30 {
        bench.sick(bnobt);
        bench.corrupt(bnobt);
        bench.expect_end();
        bench.advance(DAY);
    }
    bench.healthy(bnobt);
    bench.sick(bnobt);
    bench.expect_repair(bnobt);
}

#[test]
fn busy_and_incomplete_are_retried_ever_later_said_once_and_are_no_failure() {
    for outcome in [Outcome::Busy, Outcome::Incomplete] {
        let mut bench = running();
        bench.ends(ag(1, "bnobt"), outcome);
        bench.expect_said(Notice::Postponed(ag(1, "bnobt")));
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
            bench.sick(ag(1, "bnobt"));
            bench.expect_quiet_for(wait);
            bench.advance(wait);
            bench.run(ag(1, "bnobt"), outcome);
        }
        bench.expect_quiet();
    }
}

#[test]
fn no_room_is_retried_after_minutes_and_starts_no_full_scrub() {
    let mut bench = running();
    bench.ends(ag(1, "bnobt"), Outcome::NoRoom);
    bench.expect_said(Notice::Postponed(ag(1, "bnobt")));
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
        bench.run(ag(1, "bnobt"), Outcome::NoRoom);
    }
    bench.expect_quiet();
}

#[test]
fn after_a_verdict_busy_begins_with_short_pauses_again() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    for outcome in [Outcome::Busy, Outcome::Busy, Outcome::Failed, Outcome::Busy] {
        bench.advance(10);
        bench.run(ag(1, "bnobt"), outcome);
        while bench.planner.next(bench.now).is_some() {}
    }
    bench.expect_quiet_for(1);
}

#[test]
fn what_the_filesystem_refuses_holds_everything_back_and_is_said_once() {
    // Whether it has become writable is seen at a glance; the others wait ever longer.
    let longer = [1, 2, 4, 8, 16, 32, 60, 60];
    let refused = [
        (Outcome::ReadOnly, Notice::ReadOnly, [1; 8]),
        (Outcome::NoRecovery, Notice::NoRecovery, longer),
        (Outcome::Unreachable(libc::ESTALE), Notice::Unreachable(libc::ESTALE), longer),
    ];
    for (outcome, notice, pauses) in refused {
        let mut bench = Bench::with_full_scrubs();
        bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
        bench.run(ag(1, "bnobt"), outcome);
        bench.expect_said(notice);
        for (minutes, n) in pauses.into_iter().zip([2, 1].into_iter().cycle()) {
            if outcome != Outcome::ReadOnly {
                bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
            }
            bench.expect_quiet_for(minutes * MINUTE);
            bench.advance(minutes * MINUTE);
            bench.run(ag(n, "bnobt"), outcome);
        }
        // It is no failure of the structures: they have all their attempts left.
        bench.advance(HOUR);
        bench.fail(ag(2, "bnobt"));
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.heal(ag(1, "bnobt"));
        bench.expect_quiet_for(10);
    }
}

#[test]
fn what_is_held_back_is_tried_at_once_when_somebody_says_so() {
    for (outcome, notice) in [
        (Outcome::ReadOnly, Notice::ReadOnly),
        (Outcome::Unreachable(libc::ESTALE), Notice::Unreachable(libc::ESTALE)),
    ] {
        let mut bench = running();
        bench.ends(ag(1, "bnobt"), outcome);
        bench.expect_said(notice);
        for _ in 0..10 {
            bench.advance(1);
            bench.expect_quiet();
            bench.planner.try_again(bench.now);
            bench.run(ag(1, "bnobt"), outcome);
            bench.expect_quiet();
        }
        bench.planner.try_again(bench.now);
        bench.heal(ag(1, "bnobt"));
    }
}

#[test]
fn workers_that_are_refused_together_are_one_refusal() {
    let mut bench = Bench::with(|config| config.workers = 4);
    let all = [1, 2, 3, 4].map(|n| ag(n, "bnobt"));
    bench.all_sick(&all);
    all.iter().for_each(|key| bench.expect_repair(*key));
    all.iter().for_each(|key| bench.ends(*key, Outcome::ReadOnly));
    bench.expect_said(Notice::ReadOnly);
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn after_a_verdict_a_refusal_is_a_new_one() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    for _ in 0..2 {
        bench.run(ag(1, "bnobt"), Outcome::ReadOnly);
        bench.expect_said(Notice::ReadOnly);
        bench.expect_quiet_for(MINUTE);
        bench.advance(MINUTE);
        bench.heal(ag(2, "bnobt"));
        bench.advance(DAY);
        bench.sick(ag(2, "bnobt"));
    }
}

#[test]
fn a_deleted_file_is_nothing_to_heal() {
    let mut bench = Bench::with_full_scrubs();
    bench.all_sick(&[ino(135, "directory"), ag(1, "inobt"), ag(0, "rmapbt")]);
    bench.heal(ag(1, "inobt"));
    bench.fail(ag(0, "rmapbt"));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.run(ino(135, "directory"), Outcome::Gone);
    bench.expect_said(Notice::Gone(ino(135, "directory")));
    bench.expect_quiet_for(10);
}

#[test]
fn a_file_is_not_taken_for_deleted_while_what_finds_inodes_is_sick() {
    for name in ["agi", "inobt", "finobt"] {
        let mut bench = Bench::with(|config| (config.workers, config.agno_shift) = (2, 20));
        let file = ino((3 << 20) + 7, "directory");
        bench.all_sick(&[ag(3, name), file]);
        bench.expect_repair(ag(3, name));
        bench.run(file, Outcome::Gone);
        bench.expect_quiet_for(10);
        bench.advance(20);
        bench.expect_quiet();
        bench.ends(ag(3, name), Outcome::Repaired);
        bench.expect_said(Notice::Repaired(ag(3, name)));
        bench.heal(file);
        bench.expect_end();
    }
}

#[test]
fn not_even_while_what_finds_inodes_waits_behind_something_else() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(0, "inobt"), ino(135, "directory")]);
    bench.run(ag(0, "inobt"), Outcome::CrossFailed);
    bench.run(ino(135, "directory"), Outcome::Gone);
    bench.expect_quiet_for(10);
}

#[test]
fn what_finds_inodes_in_another_group_does_not_matter() {
    let mut bench = Bench::with(|config| (config.workers, config.agno_shift) = (2, 20));
    let file = ino((3 << 20) + 7, "directory");
    bench.all_sick(&[ag(4, "inobt"), ag(3, "bnobt"), file]);
    bench.run(ag(3, "bnobt"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ag(3, "bnobt")));
    bench.expect_repair(ag(4, "inobt"));
    bench.run(file, Outcome::Gone);
    bench.expect_said(Notice::Gone(file));
}

#[test]
fn a_file_behind_what_cannot_be_mended_keeps_its_place_in_the_long_pauses() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(0, "inobt"), ino(135, "directory")]);
    let answer = |key: Key| match key.name() {
        "inobt" => Outcome::Unsupported,
        _ => Outcome::Gone,
    };
    let seen = bench.live_until(2 * HOUR, answer);
    assert_eq!(calls_of(&seen, ino(135, "directory")), [0, 10, 60, 60 + HOUR]);
    assert_eq!(count(&seen, Seen::Announced(Notice::Gone(ino(135, "directory")))), 0);
    bench.healthy(ag(0, "inobt"));
    bench.advance(2 * HOUR);
    bench.run(ino(135, "directory"), Outcome::Gone);
    bench.expect_said(Notice::Gone(ino(135, "directory")));
    bench.expect_end();
}

#[test]
fn failed_cross_referencing_is_said_once_and_only_if_it_persists() {
    let mut bench = running();
    bench.ends(ag(1, "bnobt"), Outcome::CrossFailed);
    bench.advance(10);
    bench.run(ag(1, "bnobt"), Outcome::CrossFailed);
    bench.expect_said(Notice::CrossFailed(ag(1, "bnobt")));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.look_around(Depth::Shallow);
    for hours in [20, 40, 60, 80] {
        bench.sick(ag(1, "bnobt"));
        let seen = bench.live_until(hours * HOUR, |_| Outcome::CrossFailed);
        assert!(seen.iter().all(|(_, s)| matches!(s, Seen::Call(_))), "{seen:?}");
    }
}

#[test]
fn what_cross_referencing_blamed_may_be_mended_later() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "agf"), ag(1, "bnobt")]);
    bench.live_until(HOUR, |key| match key.name() {
        "agf" => Outcome::CrossFailed,
        _ => Outcome::Failed,
    });
    let seen = bench.live_until(DAY, |_| Outcome::Repaired);
    assert_eq!(count(&seen, Seen::Announced(Notice::Repaired(ag(1, "agf")))), 1);
    bench.expect_end();
}

#[test]
fn a_failure_that_became_a_failed_cross_reference_needs_no_other_last_word() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    bench.advance_to(10);
    bench.run(ag(1, "bnobt"), Outcome::CrossFailed);
    bench.expect_said(Notice::CrossFailed(ag(1, "bnobt")));
    let seen = bench.live_until(DAY, |_| Outcome::CrossFailed);
    assert!(seen.iter().all(|(_, s)| matches!(s, Seen::Call(_))), "{seen:?}");
}

#[test]
fn a_worker_that_vanished_takes_its_structure_out_of_the_plan() {
    let mut bench = running();
    bench.ends(ag(1, "bnobt"), Outcome::Vanished);
    bench.expect_said(Notice::Failed(ag(1, "bnobt"), Failure::Vanished));
    bench.expect_said(Notice::ScrubWithheld);
    bench.expect_said(Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Vanished));
    bench.sick(ag(1, "bnobt"));
    bench.expect_end();
    bench.sick(ag(2, "bnobt"));
    bench.heal(ag(2, "bnobt"));
}
