// SPDX-License-Identifier: LGPL-2.1-or-later
//! Known kernel defects: what is not attempted, and that a full scrub does not attempt it either.

use super::*;

fn on_such_a_kernel() -> Bench {
    Bench::with(|config| config.defects = defects())
}

fn core(n: u64) -> Key {
    ino(n, "core")
}

impl Bench {
    /// A repair fails, so that a full scrub is wanted.
    fn want_scrub(&mut self) {
        self.sick(ag(9, "bnobt"));
        self.run(ag(9, "bnobt"), Outcome::Unsupported);
        self.expect_said(Notice::Failed(ag(9, "bnobt"), Failure::Unsupported));
    }

    /// Expects the last word: no full scrub comes any more.
    fn expect_last_word(&mut self) {
        self.expect_said(Notice::OfflineNeeded(ag(9, "bnobt"), Failure::Unsupported));
    }
}

#[test]
fn only_the_repair_that_may_crash_is_made_conditional() {
    for (defects, expected) in [(KernelDefects::default(), false), (defects(), true)] {
        let mut bench = Bench::with(|config| (config.defects, config.workers) = (defects, 3));
        bench.all_sick(&[core(135), ag(1, "agi"), ag(2, "agf")]);
        bench.expect_repair(ag(2, "agf"));
        bench.expect_repair(ag(1, "agi"));
        bench.expect_repair(core(135));
        let conditional: Vec<bool> = bench.running.iter().map(|r| r.only_if_loadable).collect();
        assert_eq!(conditional, [false, expected, expected]);
    }
}

#[test]
fn what_would_crash_the_kernel_needs_offline_repair_and_is_no_failed_attempt() {
    let mut bench = on_such_a_kernel();
    bench.sick(core(135));
    bench.run(core(135), Outcome::KernelDefect);
    bench.expect_said(Notice::OfflineNeeded(core(135), Failure::KernelDefect));
    for _ in 0..30 {
        bench.sick(core(135));
        bench.expect_end();
        bench.advance(DAY);
    }
}

#[test]
fn while_it_is_known_no_full_scrub_starts_for_any_reason_said_once() {
    let mut bench = on_such_a_kernel();
    bench.sick(core(135));
    bench.run(core(135), Outcome::KernelDefect);
    bench.expect_said(Notice::OfflineNeeded(core(135), Failure::KernelDefect));
    bench.want_scrub();
    bench.expect_said(Notice::ScrubWithheld);
    bench.expect_last_word();
    bench.no_repair_for(Target::Ag(1));
    bench.sick(ag(1, "bnobt"));
    bench.fail(ag(1, "bnobt"));
    let seen = bench.live_until(30 * DAY, |_| Outcome::Failed);
    let others = seen.iter().filter(|(_, s)| !matches!(s, Seen::Call(_))).collect::<Vec<_>>();
    let last_word = Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Corrupt);
    assert_eq!(others, [&(60, Seen::Announced(last_word))]);
}

#[test]
fn what_must_not_be_loaded_is_left_alone_and_keeps_full_scrubs_away_on_every_kernel() {
    let last_word = Notice::OfflineNeeded(core(135), Failure::Unlinked);
    // A look has found it; or it was reported, and the worker saw what it is.
    for is_found in [true, false] {
        let mut bench = Bench::with_full_scrubs();
        if is_found {
            assert!(bench.planner.deadly(135, 7, bench.now));
            assert!(!bench.planner.deadly(135, 7, bench.now), "known by now");
        } else {
            bench.sick(core(135));
            bench.run(core(135), Outcome::Unlinked);
        }
        bench.expect_said(last_word);
        bench.no_repair_for(Target::Fs);
        bench.expect_said(Notice::ScrubFatal);
        bench.sick(core(135));
        assert_eq!(bench.live_until(30 * DAY, |_| Outcome::Failed), []);
    }
}

#[test]
fn once_it_is_healthy_the_wanted_full_scrub_starts() {
    let mut bench = on_such_a_kernel();
    bench.all_sick(&[core(135), core(136)]);
    for n in [135, 136] {
        bench.run(core(n), Outcome::KernelDefect);
        bench.expect_said(Notice::OfflineNeeded(core(n), Failure::KernelDefect));
    }
    bench.want_scrub();
    bench.expect_said(Notice::ScrubWithheld);
    bench.expect_last_word();
    bench.healthy(core(135));
    bench.healthy(core(135));
    bench.expect_end();
    bench.healthy(core(136));
    bench.expect_vetted_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn a_full_scrub_waits_until_each_reported_inode_is_judged() {
    let mut bench = on_such_a_kernel();
    bench.want_scrub();
    bench.all_sick(&[core(135), core(136)]);
    bench.expect_repair(core(135));
    bench.expect_quiet();
    bench.ends(core(135), Outcome::Fine);
    bench.expect_said(Notice::NoModification(core(135)));
    bench.expect_repair(core(136));
    bench.ends(core(136), Outcome::Failed);
    bench.expect_said(Notice::Failed(core(136), Failure::Corrupt));
    bench.expect_vetted_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn it_waits_for_one_that_a_scrub_has_found_too() {
    let mut bench = on_such_a_kernel();
    bench.corrupt(core(135));
    bench.want_scrub();
    bench.expect_quiet_for(60);
    bench.advance(60);
    bench.run(core(135), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(core(135)));
    bench.expect_vetted_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn the_last_word_about_others_waits_with_it() {
    let mut bench = on_such_a_kernel();
    bench.sick(ag(1, "bnobt"));
    bench.corrupt(core(135));
    bench.run(ag(1, "bnobt"), Outcome::Unsupported);
    bench.expect_said(Notice::Failed(ag(1, "bnobt"), Failure::Unsupported));
    bench.expect_quiet_for(60);
    bench.healthy(core(135));
    bench.expect_vetted_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn where_the_judgement_does_not_come_soon_it_is_said() {
    let mut bench = on_such_a_kernel();
    bench.want_scrub();
    bench.sick(core(135));
    bench.run(core(135), Outcome::NoRoom);
    bench.expect_said(Notice::Postponed(core(135)));
    bench.expect_said(Notice::ScrubUnsafe);
    bench.expect_last_word();
    bench.expect_quiet_for(60);
    bench.advance(60);
    bench.run(core(135), Outcome::KernelDefect);
    bench.expect_said(Notice::ScrubWithheld);
    bench.expect_said(Notice::OfflineNeeded(core(135), Failure::KernelDefect));
    bench.expect_end();
}

#[test]
fn an_inode_that_cannot_be_found_holds_it_back_and_does_not_hide_the_last_word() {
    let mut bench = on_such_a_kernel();
    bench.all_sick(&[ag(0, "inobt"), core(135)]);
    let answer = |key: Key| match key.name() {
        "inobt" => Outcome::Unsupported,
        _ => Outcome::Gone,
    };
    let seen = bench.live_until(DAY, answer);
    let said: Vec<_> = seen.iter().filter(|(_, s)| !matches!(s, Seen::Call(_))).collect();
    let inobt = |notice: fn(Key, Failure) -> Notice| notice(ag(0, "inobt"), Failure::Unsupported);
    let expected = [
        &(0, Seen::Announced(inobt(Notice::Failed))),
        &(60, Seen::Announced(Notice::ScrubUnsafe)),
        &(60, Seen::Announced(inobt(Notice::OfflineNeeded))),
    ];
    assert_eq!(said, expected);
}

#[test]
fn one_that_only_disagrees_with_others_can_be_loaded_and_holds_nothing_back() {
    let mut bench = on_such_a_kernel();
    bench.sick(core(135));
    bench.run(core(135), Outcome::CrossFailed);
    bench.advance(10);
    bench.run(core(135), Outcome::CrossFailed);
    bench.expect_said(Notice::CrossFailed(core(135)));
    bench.expect_vetted_scrub(Reasons::REPAIR_FAILED);
}

#[test]
fn without_the_defect_nothing_is_held_back() {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(core(135));
    bench.expect_repair(core(135));
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
}

fn fork(n: u64) -> Key {
    ino(n, "cowfork")
}

#[test]
fn a_cow_fork_is_never_repaired_whoever_reports_it() {
    let reports: [fn(&mut Bench); 3] = [
        |bench| bench.sick(fork(135)),
        |bench| bench.corrupt(fork(135)),
        |bench| assert!(bench.found(fork(135))),
    ];
    for report in reports {
        for (pace, dry_run) in [(Pace::Steady, false), (Pace::Hurried, false), (Pace::Steady, true)]
        {
            let mut bench = Bench::with(|config| {
                (config.pace, config.dry_run) = (pace, dry_run);
            });
            report(&mut bench);
            bench.expect_said(Notice::OfflineNeeded(fork(135), Failure::Unsupported));
            for _ in 0..30 {
                bench.expect_end();
                bench.sick(fork(135));
                bench.corrupt(fork(135));
                assert!(!bench.found(fork(135)), "it is known");
                bench.advance(DAY);
            }
            assert_eq!(bench.planner.damage_count(), 1);
        }
    }
}

#[test]
fn while_a_cow_fork_is_bad_no_full_scrub_starts_and_nothing_else_waits_for_it() {
    let mut bench = Bench::with_full_scrubs();
    bench.corrupt(fork(135));
    bench.expect_said(Notice::OfflineNeeded(fork(135), Failure::Unsupported));
    bench.all_sick(&[ino(135, "datafork"), ino(135, "core")]);
    bench.heal(ino(135, "core"));
    bench.heal(ino(135, "datafork"));
    bench.no_repair_for(Target::Fs);
    bench.expect_said(Notice::ScrubFatal);
    bench.expect_end();
    bench.healthy(fork(135));
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
}
