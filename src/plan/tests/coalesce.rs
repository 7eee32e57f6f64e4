// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 1: one pending and one running repair per structure, and one call for twins.

use super::*;

#[test]
fn a_thousand_reports_of_one_structure_are_one_repair() {
    let mut bench = Bench::new();
    for _ in 0..1000 {
        bench.sick(ag(1, "bnobt"));
        bench.corrupt(ag(1, "bnobt"));
    }
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn reports_while_it_is_pending_and_while_it_runs_start_no_second_one() {
    let mut bench = Bench::with(|config| config.workers = 4);
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    for _ in 0..1000 {
        bench.sick(ag(1, "bnobt"));
        bench.expect_quiet();
    }
}

#[test]
fn one_mask_is_as_many_structures_as_it_has_bits() {
    let mut bench = Bench::new();
    let (agf, rmapbt) = (ag(3, "agf"), ag(3, "rmapbt"));
    bench.report(Change::Sick, Target::Ag(3), bit(agf) | bit(rmapbt));
    bench.heal(agf);
    bench.heal(rmapbt);
    bench.expect_end();
}

#[test]
fn the_same_structure_elsewhere_is_another_one() {
    let mut bench = Bench::with(|config| config.workers = 4);
    let other_life = Target::Inode { ino: 135, generation: 8 };
    let all = [ag(0, "bnobt"), ag(1, "bnobt"), ino(135, "symlink"), key(other_life, "symlink")];
    bench.all_sick(&all);
    all.iter().for_each(|key| bench.expect_repair(*key));
}

const TWINS: [[&str; 2]; 2] = [["bnobt", "cntbt"], ["inobt", "finobt"]];

#[test]
fn twins_that_were_both_reported_take_one_call_because_healthy_of_both_comes() {
    for [first, second] in TWINS.map(|twins| twins.map(|name| ag(1, name))) {
        let mut bench = Bench::new();
        bench.report(Change::Sick, Target::Ag(1), bit(first) | bit(second));
        bench.expect_repair(first);
        bench.report(Change::Healthy, Target::Ag(1), bit(first) | bit(second));
        bench.ends(first, Outcome::Repaired);
        bench.expect_said(Notice::Repaired(first));
        bench.expect_end();
    }
}

#[test]
fn the_call_for_a_twin_carries_the_type_that_was_reported() {
    for name in TWINS.as_flattened() {
        let mut bench = Bench::new();
        bench.sick(ag(1, name));
        bench.heal(ag(1, name));
        bench.expect_end();
    }
}

#[test]
fn healthy_of_one_twin_does_not_cancel_the_other() {
    for [first, second] in TWINS.map(|twins| twins.map(|name| ag(1, name))) {
        for (good, bad) in [(first, second), (second, first)] {
            let mut bench = Bench::new();
            bench.all_sick(&[first, second]);
            bench.healthy(good);
            bench.heal(bad);
            bench.expect_end();
        }
    }
}

#[test]
fn a_twin_that_the_call_left_sick_gets_a_call_of_its_own() {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, "bnobt"), ag(1, "cntbt")]);
    bench.heal(ag(1, "bnobt"));
    bench.heal(ag(1, "cntbt"));
    bench.expect_end();
}

#[test]
fn realtime_bits_of_the_whole_filesystem_are_those_of_group_0() {
    let mut bench = Bench::new();
    bench.report(Change::Sick, Target::Fs, 1 << 4);
    bench.sick(key(Target::Rtgroup(0), "bitmap"));
    bench.heal(key(Target::Rtgroup(0), "bitmap"));
    bench.expect_end();
}
