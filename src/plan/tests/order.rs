// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 4: what comes before what, and what may run beside what.

use super::*;

fn rtgroup(name: &str) -> Key {
    key(Target::Rtgroup(0), name)
}

/// The structures whose place is fixed. Forks are equals, and quota types are.
fn everything_in_order() -> Vec<Key> {
    let headers = ["super", "agf", "agfl", "agi"];
    let btrees = ["bnobt", "cntbt", "inobt", "finobt", "rmapbt", "refcountbt"];
    let realtime = ["super", "bitmap", "rmapbt", "refcountbt", "summary"];
    let inode = ["core", "datafork", "directory", "xattr", "parent", "dirtree"];
    let whole = ["usrquota", "quotacheck", "nlinks", "fscounters"];
    let mut all: Vec<Key> = headers.iter().chain(&btrees).map(|name| ag(5, name)).collect();
    all.extend(realtime.map(rtgroup));
    all.extend(inode.map(|name| ino(135, name)));
    all.extend(whole.map(fs));
    all
}

#[test]
fn the_order_of_the_kernel_contract_whatever_the_order_of_reports() {
    let all = everything_in_order();
    for turn in 0..all.len() {
        let mut bench = Bench::new();
        let mut reports = all.clone();
        reports.rotate_left(turn);
        reports.iter().rev().for_each(|key| bench.sick(*key));
        all.iter().for_each(|key| bench.heal(*key));
        bench.expect_end();
    }
}

#[test]
fn the_order_is_over_everything_and_not_only_inside_one_event() {
    let mut bench = Bench::new();
    bench.all_sick(&[fs("nlinks"), ino(9, "directory"), ag(3, "bnobt")]);
    bench.expect_repair(ag(3, "bnobt"));
    bench.sick(ag(8, "agf"));
    bench.ends(ag(3, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(3, "bnobt")));
    bench.heal(ag(8, "agf"));
    bench.heal(ino(9, "directory"));
    bench.heal(fs("nlinks"));
}

#[test]
fn of_equals_the_one_that_was_reported_first() {
    let mut bench = Bench::new();
    let inodes = [7, 3, 9, 1].map(|n| ino(n, "symlink"));
    bench.all_sick(&inodes);
    inodes.iter().for_each(|key| bench.heal(*key));
}

#[test]
fn a_second_report_does_not_cost_the_place_in_the_queue() {
    let mut bench = Bench::new();
    bench.corrupt(ino(7, "symlink"));
    bench.sick(ino(3, "symlink"));
    bench.sick(ino(7, "symlink"));
    bench.heal(ino(7, "symlink"));
    bench.heal(ino(3, "symlink"));
}

#[test]
fn one_repair_for_each_target_and_no_more_than_there_are_workers() {
    let mut bench = Bench::with(|config| config.workers = 2);
    bench.all_sick(&[ag(1, "bnobt"), ag(1, "inobt"), ag(2, "bnobt"), ag(3, "bnobt")]);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    bench.expect_quiet();
    bench.ends(ag(2, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(2, "bnobt")));
    bench.expect_repair(ag(3, "bnobt"));
    bench.ends(ag(3, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(3, "bnobt")));
    bench.expect_quiet();
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_repair(ag(1, "inobt"));
}

#[test]
fn no_workers_are_taken_for_one() {
    let mut bench = Bench::with(|config| config.workers = 0);
    bench.sick(ag(1, "bnobt"));
    bench.heal(ag(1, "bnobt"));
}

#[test]
fn what_walks_or_freezes_everything_waits_for_the_last_and_lets_none_in() {
    for alone in ["quotacheck", "nlinks", "fscounters"].map(fs) {
        let mut bench = Bench::with(|config| config.workers = 4);
        bench.sick(alone);
        bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
        bench.expect_repair(ag(1, "bnobt"));
        bench.expect_repair(ag(2, "bnobt"));
        bench.expect_quiet();
        bench.ends(ag(1, "bnobt"), Outcome::Fine);
        bench.expect_said(Notice::NoModification(ag(1, "bnobt")));
        bench.expect_quiet();
        bench.ends(ag(2, "bnobt"), Outcome::Fine);
        bench.expect_said(Notice::NoModification(ag(2, "bnobt")));
        bench.expect_repair(alone);
        bench.sick(ag(3, "bnobt"));
        bench.expect_quiet();
        bench.ends(alone, Outcome::Fine);
        bench.expect_said(Notice::NoModification(alone));
        bench.expect_repair(ag(3, "bnobt"));
    }
}

#[test]
fn the_last_ignore_what_is_backed_off_or_left() {
    let mut bench = Bench::new();
    bench.all_sick(&[fs("nlinks"), ag(1, "bnobt"), ag(2, "bnobt"), ag(3, "bnobt")]);
    bench.fail(ag(1, "bnobt"));
    bench.run(ag(2, "bnobt"), Outcome::Unsupported);
    bench.expect_said(Notice::Failed(ag(2, "bnobt"), Failure::Unsupported));
    bench.expect_said(Notice::OfflineNeeded(ag(2, "bnobt"), Failure::Unsupported));
    bench.run(ag(3, "bnobt"), Outcome::NoRoom);
    bench.expect_said(Notice::Postponed(ag(3, "bnobt")));
    bench.heal(fs("nlinks"));
}

#[test]
fn a_structure_waits_for_what_it_is_rebuilt_from_even_if_that_is_backed_off() {
    let needs = [
        ("core", "datafork"),
        ("datafork", "directory"),
        ("datafork", "symlink"),
        ("attrfork", "xattr"),
        ("directory", "parent"),
        ("xattr", "parent"),
    ];
    for (needed, needing) in needs.map(|(a, b)| (ino(135, a), ino(135, b))) {
        let mut bench = Bench::new();
        bench.all_sick(&[needing, needed]);
        bench.run(needed, Outcome::Busy);
        bench.expect_said(Notice::Postponed(needed));
        bench.expect_quiet_for(1);
        bench.advance(1);
        bench.heal(needed);
        bench.heal(needing);
        bench.expect_end();
    }
}

#[test]
fn the_summary_waits_for_the_bitmap() {
    let mut bench = Bench::new();
    bench.all_sick(&[rtgroup("summary"), rtgroup("bitmap")]);
    bench.fail(rtgroup("bitmap"));
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.heal(rtgroup("bitmap"));
    bench.heal(rtgroup("summary"));
}

#[test]
fn it_does_not_wait_for_what_has_no_quick_attempt_left() {
    let mut bench = Bench::new();
    bench.all_sick(&[ino(9, "datafork"), ino(9, "directory")]);
    let fails = |key: Key| match key.name() {
        "datafork" => Outcome::Failed,
        _ => Outcome::Repaired,
    };
    let seen = bench.live_until(MINUTE, fails);
    assert_eq!(calls_of(&seen, ino(9, "datafork")), [0, 10, 60]);
    assert_eq!(calls_of(&seen, ino(9, "directory")), [60]);
}

#[test]
fn what_waits_holds_nobody_else_up() {
    let mut bench = Bench::new();
    bench.all_sick(&[ino(9, "datafork"), ino(9, "directory"), ino(10, "directory")]);
    bench.run(ino(9, "datafork"), Outcome::Busy);
    bench.expect_said(Notice::Postponed(ino(9, "datafork")));
    bench.heal(ino(10, "directory"));
}

#[test]
fn a_crossfail_is_looked_at_again_behind_its_sibling() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "agf"), ag(1, "bnobt")]);
    bench.run(ag(1, "agf"), Outcome::CrossFailed);
    bench.heal(ag(1, "bnobt"));
    bench.heal(ag(1, "agf"));
    bench.expect_end();
}

#[test]
fn it_waits_as_long_as_the_sibling_has_a_quick_attempt_left() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "agf"), ag(1, "bnobt")]);
    let answer = |key: Key| match key.name() {
        "agf" => Outcome::CrossFailed,
        _ => Outcome::Failed,
    };
    let seen = bench.live_until(2 * MINUTE, answer);
    assert_eq!(calls_of(&seen, ag(1, "bnobt")), [0, 10, 60]);
    assert_eq!(calls_of(&seen, ag(1, "agf")), [0, 60, 110]);
    assert!(seen.contains(&(60, Seen::Announced(Notice::CrossFailed(ag(1, "agf"))))));
}

#[test]
fn two_that_accuse_each_other_do_not_wait_for_each_other() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "agf"), ag(1, "bnobt")]);
    let seen = bench.live_until(DAY, |_| Outcome::CrossFailed);
    for key in [ag(1, "agf"), ag(1, "bnobt")] {
        assert_eq!(calls_of(&seen, key)[..4], [0, 10, 60, 60 + HOUR]);
        assert_eq!(count(&seen, Seen::Announced(Notice::CrossFailed(key))), 1);
        assert!(seen.contains(&(60, Seen::Announced(Notice::CrossFailed(key)))));
    }
}

#[test]
fn a_chain_of_accusations_is_followed_to_its_end() {
    let mut bench = Bench::new();
    let [agf, bnobt, rmapbt] = ["agf", "bnobt", "rmapbt"].map(|name| ag(1, name));
    bench.all_sick(&[agf, bnobt, rmapbt]);
    bench.run(agf, Outcome::CrossFailed);
    bench.run(bnobt, Outcome::CrossFailed);
    bench.heal(rmapbt);
    bench.run(agf, Outcome::CrossFailed);
    bench.heal(bnobt);
    bench.heal(agf);
    bench.expect_end();
}

#[test]
fn of_those_that_wait_for_each_other_none_uses_its_attempts_up_before_the_others() {
    let mut bench = Bench::new();
    let [core, directory, dirtree] = ["core", "directory", "dirtree"].map(|name| ino(9, name));
    bench.all_sick(&[core, directory, dirtree]);
    let slowly = |bench: &mut Bench, key, outcome| {
        bench.expect_repair(key);
        bench.advance(12);
        bench.ends(key, outcome);
    };
    slowly(&mut bench, core, Outcome::CrossFailed);
    slowly(&mut bench, directory, Outcome::CrossFailed);
    slowly(&mut bench, dirtree, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(dirtree));
    bench.advance(12);
    slowly(&mut bench, core, Outcome::CrossFailed);
    slowly(&mut bench, directory, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(directory));
    slowly(&mut bench, core, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(core));
    bench.expect_end();
}

#[test]
fn an_accusation_that_became_a_failure_holds_back_what_needs_it() {
    let mut bench = Bench::new();
    bench.sick(ino(9, "datafork"));
    bench.run(ino(9, "datafork"), Outcome::CrossFailed);
    bench.advance(10);
    bench.fail(ino(9, "datafork"));
    bench.sick(ino(9, "directory"));
    bench.expect_quiet_for(50);
}

#[test]
fn without_a_known_sibling_one_more_look_decides() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "agf"));
    bench.run(ag(1, "agf"), Outcome::CrossFailed);
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.run(ag(1, "agf"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ag(1, "agf")));
    bench.expect_end();
}

#[test]
fn also_those_that_run_alone_wait_behind_their_sibling() {
    let mut bench = Bench::new();
    bench.all_sick(&[fs("quotacheck"), fs("usrquota")]);
    bench.run(fs("usrquota"), Outcome::Busy);
    bench.expect_said(Notice::Postponed(fs("usrquota")));
    bench.run(fs("quotacheck"), Outcome::CrossFailed);
    bench.advance(1);
    bench.run(fs("usrquota"), Outcome::NoRoom);
    bench.advance(30);
    bench.expect_quiet_for(90);
    bench.advance(90);
    bench.heal(fs("usrquota"));
    bench.heal(fs("quotacheck"));
    bench.expect_end();
}
