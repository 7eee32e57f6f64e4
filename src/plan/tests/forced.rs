// SPDX-License-Identifier: LGPL-2.1-or-later
//! Structures whose place on the device is bad are rebuilt, whatever the kernel's copy is like.

use super::*;

impl Bench {
    /// True if the planner is to have it rebuilt.
    fn rebuild(&mut self, key: Key) -> bool {
        self.planner.rebuild(key.target, bit(key), self.now) == bit(key)
    }

    /// A repair is asked for; true if it is forced.
    #[track_caller]
    fn is_forced(&mut self, key: Key) -> bool {
        self.expect_repair(key);
        self.running.last().is_some_and(|repair| repair.is_forced)
    }
}

#[test]
fn a_structure_on_a_bad_place_is_rebuilt_once() {
    let mut bench = Bench::new();
    let bnobt = ag(1, "bnobt");
    assert!(bench.rebuild(bnobt) && bench.rebuild(bnobt));
    assert!(bench.is_forced(bnobt));
    bench.ends(bnobt, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(bnobt));
    bench.expect_end();
    bench.advance(10);
    bench.sick(bnobt);
    assert!(!bench.is_forced(bnobt), "reported later");
}

#[test]
fn that_the_copy_is_good_does_not_cancel_it() {
    let mut bench = Bench::new();
    let bnobt = ag(1, "bnobt");
    bench.rebuild(bnobt);
    bench.healthy(bnobt);
    assert!(bench.is_forced(bnobt));
}

#[test]
fn what_could_not_be_rebuilt_is_tried_again_in_the_same_way() {
    let mut bench = Bench::new();
    let inobt = ag(1, "inobt");
    bench.rebuild(inobt);
    assert!(bench.is_forced(inobt));
    bench.ends(inobt, Outcome::Failed);
    bench.expect_said(Notice::Failed(inobt, Failure::Corrupt));
    bench.expect_quiet_for(10);
    bench.advance(10);
    assert!(bench.is_forced(inobt));
}

#[test]
fn a_place_that_goes_bad_during_a_repair_is_left_by_the_next() {
    let mut bench = Bench::new();
    let inobt = ag(1, "inobt");
    bench.sick(inobt);
    assert!(!bench.is_forced(inobt));
    assert!(bench.rebuild(inobt));
    bench.ends(inobt, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(inobt));
    bench.expect_quiet_for(10);
    bench.advance(10);
    assert!(bench.is_forced(inobt));
}

#[test]
fn what_would_crash_the_kernel_or_cannot_be_is_not_forced() {
    let mut bench = Bench::new();
    let refcountbt = ag(0, "refcountbt");
    assert!(bench.rebuild(refcountbt));
    bench.run(refcountbt, Outcome::Unsupported);
    bench.expect_said(Notice::Failed(refcountbt, Failure::Unsupported));
    let cow = ino(131, "cowfork");
    assert!(!bench.rebuild(refcountbt) && !bench.rebuild(cow));
    assert!(matches!(bench.planner.next(bench.now), None | Some(Action::Say(_))));
}

#[test]
fn nothing_is_rebuilt_where_nothing_is_repaired() {
    let (bnobt, inobt) = (ag(1, "bnobt"), ag(1, "inobt"));
    let mut bench = Bench::with(|config| config.dry_run = true);
    assert!(!bench.rebuild(bnobt));
    bench.expect_said(Notice::WouldRepair(bnobt));
    let mut bench = Bench::new();
    bench.planner.set_policy(Policy::Log);
    assert!(!bench.rebuild(bnobt));
    bench.planner.set_policy(Policy::Repair);
    bench.expect_end();
    let both = bit(bnobt) | bit(inobt);
    assert_eq!(bench.planner.rebuild(bnobt.target, both, bench.now), both);
    bench.planner.stop();
    assert!(!bench.rebuild(bnobt));
}
