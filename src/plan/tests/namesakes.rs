// SPDX-License-Identifier: LGPL-2.1-or-later
//! An inode that cannot be loaded is one, whether it is told of with its generation or without.

use super::*;
use crate::property::*;

/// The core of inode 131, as the kernel reports it (generation 7) or a look finds it (0).
fn core(generation: u32) -> Key {
    key(Target::Inode { ino: 131, generation }, "core")
}

#[test]
fn what_a_look_finds_without_its_generation_is_what_the_kernel_has_reported() {
    for keys in [[core(7), core(0)], [core(0), core(7)]] {
        let mut bench = Bench::with(|config| config.defects = defects());
        bench.sick(keys[0]);
        assert!(!bench.found(keys[1]), "nobody has to be told");
        assert_eq!(bench.planner.damage_count(), 1);
        bench.expect_repair(core(7));
        bench.ends(core(7), Outcome::KernelDefect);
        bench.expect_said(Notice::OfflineNeeded(core(7), Failure::KernelDefect));
        assert!(!bench.found(core(0)));
        bench.sick(core(7));
        bench.expect_end();
        assert_eq!(bench.planner.damage_count(), 1);
    }
}

#[test]
fn what_was_left_without_its_generation_is_tried_with_it_and_not_told_again() {
    let mut bench = Bench::with(|config| config.defects = defects());
    assert!(bench.found(core(0)));
    bench.expect_repair(core(0));
    bench.ends(core(0), Outcome::KernelDefect);
    bench.expect_said(Notice::OfflineNeeded(core(0), Failure::KernelDefect));
    bench.sick(core(7));
    bench.advance(10);
    bench.expect_repair(core(7));
    bench.ends(core(7), Outcome::KernelDefect);
    bench.expect_end();
    assert_eq!(bench.planner.damage_count(), 1);
}

#[test]
fn while_one_of_the_two_is_repaired_the_other_is_an_echo() {
    for (runs, other) in [(core(0), core(7)), (core(7), core(0))] {
        let mut bench = Bench::new();
        bench.sick(runs);
        bench.expect_repair(runs);
        bench.sick(other);
        bench.expect_quiet();
        bench.ends(runs, Outcome::Failed);
        bench.expect_said(Notice::Failed(runs, Failure::Corrupt));
        bench.advance(10);
        bench.expect_repair(runs);
    }
}

#[test]
fn one_that_is_healthy_with_its_generation_is_not_sick_without() {
    for (sick, healthy) in [(core(0), core(7)), (core(7), core(0))] {
        let mut bench = Bench::new();
        bench.sick(sick);
        bench.healthy(healthy);
        bench.expect_end();
        assert_eq!(bench.planner.damage_count(), 0);
    }
}

#[test]
fn another_name_is_no_new_budget() {
    let mut bench = Bench::new();
    let mut calls = 0;
    for second in 0..3000 {
        bench.advance_to(second);
        bench.sick(core(if second % 2 == 0 { 7 } else { 0 }));
        bench.healthy(core(7));
        bench.sick(core(if second % 3 == 0 { 7 } else { 0 }));
        let seen = bench.live_until(second, |_| Outcome::Repaired);
        calls += seen.iter().filter(|(_, s)| matches!(s, Seen::Call(_))).count();
    }
    assert!(calls <= 2 * 3, "{calls}");
}

#[test]
fn other_inodes_and_other_structures_are_not_mixed_up() {
    let mut bench = Bench::new();
    let others = [
        key(Target::Inode { ino: 130, generation: 7 }, "core"),
        key(Target::Inode { ino: 132, generation: 7 }, "core"),
        key(Target::Inode { ino: 131, generation: 7 }, "directory"),
    ];
    bench.all_sick(&others);
    assert!(bench.found(core(0)));
    assert_eq!(bench.planner.damage_count(), 4);
    // Another generation is another inode.
    bench.sick(core(7));
    bench.sick(core(8));
    assert_eq!(bench.planner.damage_count(), 5);
}

proptest! {
    /// However often and under which of the two names it is told of, and whatever its repairs come to:
    /// it counts once, and its last word is said once until something has judged it good.
    #[test]
    fn it_is_counted_and_said_once(
        reports in prop::collection::vec((prop::sample::select(vec![0_u32, 7]), 0..3_u8, 0..90_u64), 1..40),
        outcome in prop::sample::select(vec![Outcome::KernelDefect, Outcome::Failed, Outcome::Unsupported]),
    ) {
        let mut bench = Bench::with(|config| {
            (config.full_scrub, config.defects) = (false, defects());
        });
        let mut last_words = 0;
        for (generation, how, pause) in reports {
            match how {
                0 => bench.sick(core(generation)),
                1 => drop(bench.found(core(generation))),
                _ => drop(bench.planner.deadly(131, generation, bench.now)),
            }
            bench.planner.table.assert_consistent();
            let until = bench.now.after(Duration::from_secs(pause)).since(Time::default()).as_secs();
            let seen = bench.live_until(until, |_| outcome);
            let is_last = |s: &Seen| matches!(s, Seen::Announced(Notice::OfflineNeeded(..)));
            last_words += seen.iter().filter(|(_, s)| is_last(s)).count();
            prop_assert_eq!(bench.planner.damage_count(), 1);
        }
        prop_assert!(last_words <= 1, "{} last words", last_words);
    }
}
