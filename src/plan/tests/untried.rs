// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 3: what cannot be tried costs nothing, however much of it there is.

use super::*;
use crate::property::*;

/// A kernel that crashes when it repairs an inode that cannot be loaded.
fn on_such_a_kernel(workers: usize) -> Bench {
    Bench::with(|config| (config.workers, config.defects) = (workers, defects()))
}

impl Bench {
    /// Repairs are asked for and answered, at most `most`: none of these inodes can be loaded.
    fn none_can_be_loaded(&mut self, most: u64) {
        for _ in 0..most {
            let Some(action) = self.planner.next(self.now) else { return };
            if let Action::Repair(repair) = action {
                assert!(repair.only_if_loadable);
                self.planner.finished(repair.ticket, Outcome::KernelDefect, self.now);
                self.now = self.now.after(Duration::from_micros(100));
            }
        }
    }

    /// The very next repair is of this structure, and heals it.
    #[track_caller]
    fn is_healed_at_once(&mut self, key: Key) {
        self.sick(key);
        loop {
            match self.planner.next(self.now).expect("there is something to do") {
                Action::Repair(repair) => {
                    assert_eq!(repair.key, key);
                    self.healthy(key);
                    assert!(self.planner.finished(repair.ticket, Outcome::Repaired, self.now));
                    return;
                }
                Action::Say(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn structure(n: u64) -> Key {
    match n % 4 {
        0 => ag(n as u32, "bnobt"),
        1 => ag(n as u32, "agi"),
        2 => key(Target::Rtgroup(n as u32), "bitmap"),
        _ => ag(n as u32, "rmapbt"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn an_ag_btree_is_repaired_as_soon_as_without_inodes_that_cannot_be_loaded(
        inodes in prop::sample::select(vec![1_000_u64, 20_000]),
        steps in prop::collection::vec((0_u64..9_000, 0_u64..9_000), 1..6),
    ) {
        let mut bench = on_such_a_kernel(1);
        let mut next = 0;
        for (n, (reports, repairs)) in (0_u64..).zip(steps) {
            (next..inodes.min(next + reports)).for_each(|n| bench.sick(ino(n, "core")));
            next += reports;
            bench.none_can_be_loaded(repairs);
            bench.is_healed_at_once(structure(n));
        }
        bench.planner.table.assert_consistent();
    }
}

#[test]
fn not_even_a_million_of_them_keep_an_ag_btree_waiting() {
    let mut bench = on_such_a_kernel(1);
    for round in 0..20 {
        let first = round * 50_000;
        for n in first..first + 50_000 {
            bench.sick(ino(n, "core"));
            if n % 1_000 == 0 {
                bench.none_can_be_loaded(300);
            }
        }
        bench.is_healed_at_once(structure(round));
        bench.none_can_be_loaded(u64::MAX);
        bench.is_healed_at_once(structure(100 + round));
    }
    bench.planner.table.assert_consistent();
    assert!(bench.planner.table.len() <= MAX_STRUCTURES);
}

#[test]
fn a_directory_that_one_call_heals_does_not_wait_for_hours() {
    for inodes in [1_000, 20_000] {
        let mut bench = on_such_a_kernel(1);
        (0..inodes).for_each(|n| bench.sick(ino(n, "core")));
        bench.sick(ino(inodes, "directory"));
        let seen = bench.live_until(10, |key| match key.name() {
            "core" => Outcome::KernelDefect,
            _ => Outcome::Repaired,
        });
        assert_eq!(calls_of(&seen, ino(inodes, "directory")), [0]);
        assert_eq!(count(&seen, Seen::Announced(Notice::TooManyFailures)), 0);
        assert_eq!(seen.iter().filter(|(_, s)| matches!(s, Seen::Scrub(_))).count(), 0);
    }
}

#[test]
fn who_reads_them_again_and_again_keeps_nobody_busy() {
    let mut bench = on_such_a_kernel(4);
    let mut calls = 0;
    for minute in (0..120).step_by(5) {
        bench.advance_to(minute * MINUTE);
        (0..30_000).for_each(|n| bench.sick(ino(n, "core")));
        let seen = bench.live_until(minute * MINUTE + 299, |_| Outcome::KernelDefect);
        calls += seen.iter().filter(|(_, s)| matches!(s, Seen::Call(_))).count();
    }
    assert!(calls <= 3 * 16_384, "{calls} within two hours");
}
