// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 11: repairs that take long, and workers that never come back. And a device that fails.

use super::*;

fn two_workers() -> Bench {
    Bench::with(|config| (config.workers, config.full_scrub) = (2, false))
}

#[test]
fn beside_a_repair_that_has_run_for_10_seconds_no_other_is_started() {
    let mut bench = two_workers();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.advance(9);
    bench.sick(ag(2, "bnobt"));
    bench.heal(ag(2, "bnobt"));
    bench.advance(1);
    bench.all_sick(&[ag(3, "bnobt"), ag(4, "bnobt")]);
    bench.expect_quiet_for(50);
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_repair(ag(3, "bnobt"));
    bench.expect_repair(ag(4, "bnobt"));
}

#[test]
fn after_a_minute_it_is_said_once_and_nothing_is_given_up() {
    let mut bench = two_workers();
    let slow = ag(1, "bnobt");
    bench.sick(slow);
    bench.expect_repair(slow);
    bench.sick(ag(2, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    bench.ends(ag(2, "bnobt"), Outcome::Failed);
    bench.expect_said(Notice::Failed(ag(2, "bnobt"), Failure::Corrupt));
    bench.advance(MINUTE);
    bench.expect_said(Notice::Slow(slow));
    for _ in 0..100 {
        bench.all_sick(&[slow, ag(2, "bnobt"), ag(3, "bnobt")]);
        bench.expect_end();
        bench.advance(HOUR);
    }
    bench.healthy(slow);
    bench.ends(slow, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(slow));
    bench.expect_repair(ag(2, "bnobt"));
    bench.expect_repair(ag(3, "bnobt"));
}

#[test]
fn one_that_waits_for_a_worker_is_not_slow_and_counts_from_where_it_begins() {
    let ahead = |config: &mut Config| {
        (config.workers, config.ahead, config.full_scrub) = (1, 1, false);
    };
    let mut bench = Bench::with(ahead);
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    bench.advance(MINUTE);
    bench.expect_said(Notice::Slow(ag(1, "bnobt")));
    bench.expect_end();
    bench.advance(300);
    bench.expect_end();
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_quiet_for(60);
    bench.advance(4);
    bench.ends(ag(2, "bnobt"), Outcome::Failed);
    bench.expect_said(Notice::Failed(ag(2, "bnobt"), Failure::Corrupt));
    bench.expect_quiet_for(6);
    bench.advance(6);
    bench.expect_repair(ag(2, "bnobt"));
}

#[test]
fn each_of_several_slow_ones_is_said() {
    let mut bench = two_workers();
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    bench.expect_quiet_for(60);
    bench.advance(60);
    bench.expect_said(Notice::Slow(ag(1, "bnobt")));
    bench.expect_said(Notice::Slow(ag(2, "bnobt")));
    bench.expect_end();
}

#[test]
fn it_is_said_whatever_the_policy_has_become_but_not_after_the_end() {
    for (stopped, said) in [(false, true), (true, false)] {
        let mut bench = two_workers();
        bench.sick(ag(1, "bnobt"));
        bench.expect_repair(ag(1, "bnobt"));
        bench.planner.set_policy(Policy::Ignore);
        if stopped {
            bench.planner.stop();
        }
        bench.advance(60);
        let notice = Action::Say(Notice::Slow(ag(1, "bnobt")));
        assert_eq!(bench.planner.next(bench.now), said.then_some(notice));
        bench.expect_end();
    }
}

#[test]
fn a_look_and_a_full_scrub_do_not_wait_for_a_slow_repair() {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.advance(10);
    bench.no_repair_for(Target::Fs);
    bench.planner.look(Depth::Shallow);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.look_around(Depth::Shallow);
    bench.expect_quiet_for(50);
}

#[test]
fn what_a_vanished_worker_repaired_is_not_touched_again() {
    let mut bench = two_workers();
    let lost = ino(135, "core");
    bench.sick(lost);
    bench.run(lost, Outcome::Vanished);
    bench.expect_said(Notice::Failed(lost, Failure::Vanished));
    bench.expect_said(Notice::OfflineNeeded(lost, Failure::Vanished));
    for _ in 0..30 {
        bench.sick(lost);
        bench.corrupt(lost);
        bench.found(lost);
        bench.expect_end();
        bench.advance(DAY);
    }
    bench.sick(ino(136, "core"));
    bench.heal(ino(136, "core"));
}

#[test]
fn after_a_second_one_no_repair_is_made_whatever_the_policy_becomes() {
    let mut bench = Bench::with(|config| config.workers = 3);
    let all = [1, 2, 3, 4].map(|n| ag(n, "bnobt"));
    bench.all_sick(&all);
    all[..3].iter().for_each(|key| bench.expect_repair(*key));
    bench.ends(all[0], Outcome::Vanished);
    bench.ends(all[1], Outcome::Vanished);
    bench.expect_said(Notice::Failed(all[0], Failure::Vanished));
    bench.expect_said(Notice::Failed(all[1], Failure::Vanished));
    bench.expect_said(Notice::TooManyVanished);
    bench.ends(all[2], Outcome::Repaired);
    bench.expect_said(Notice::Repaired(all[2]));
    bench.planner.set_policy(Policy::Repair);
    assert_eq!(bench.planner.policy(), Policy::Log);
    bench.all_sick(&all);
    bench.no_repair_for(Target::Fs);
    bench.advance(DAY);
    bench.expect_end();
    bench.planner.set_policy(Policy::Ignore);
    assert_eq!(bench.planner.policy(), Policy::Ignore, "less is always possible");
    bench.planner.set_policy(Policy::Repair);
    bench.expect_end();
}

#[test]
fn threads_that_vanish_in_other_work_count_too() {
    let mut bench = Bench::new();
    bench.planner.thread_vanished();
    bench.sick(ag(1, "bnobt"));
    bench.heal(ag(1, "bnobt"));
    bench.planner.thread_vanished();
    bench.expect_said(Notice::TooManyVanished);
    bench.sick(ag(2, "bnobt"));
    bench.no_repair_for(Target::Fs);
}

#[test]
fn a_third_one_is_not_said_anew() {
    let mut bench = Bench::with(|config| config.workers = 3);
    let all = [1, 2, 3].map(|n| ag(n, "bnobt"));
    bench.all_sick(&all);
    all.iter().for_each(|key| bench.expect_repair(*key));
    all.iter().for_each(|key| bench.ends(*key, Outcome::Vanished));
    let seen = bench.live_until(DAY, |_| Outcome::Fine);
    assert_eq!(count(&seen, Seen::Announced(Notice::TooManyVanished)), 1);
}

/// Number of times that the device is said to be in trouble when different structures get these
/// answers.
fn device_troubles(outcomes: &[Outcome]) -> usize {
    let mut bench = Bench::new();
    let mut said = 0;
    for (n, outcome) in (0..).zip(outcomes) {
        bench.sick(ag(n, "bnobt"));
        bench.run(ag(n, "bnobt"), *outcome);
        while let Some(action) = bench.planner.next(bench.now) {
            said += usize::from(action == Action::Say(Notice::DeviceTrouble));
        }
    }
    said
}

#[test]
fn three_structures_in_series_that_the_device_fails_under_are_said_once() {
    use Outcome::{DeviceError, Failed, Fine, Repaired};
    assert_eq!(device_troubles(&[DeviceError; 2]), 0);
    assert_eq!(device_troubles(&[DeviceError; 3]), 1);
    assert_eq!(device_troubles(&[DeviceError; 30]), 1);
    assert_eq!(device_troubles(&[DeviceError, Failed, DeviceError, Failed, DeviceError]), 1);
    for good in [Repaired, Fine] {
        let between = [DeviceError, DeviceError, good, DeviceError, DeviceError];
        assert_eq!(device_troubles(&between), 0);
        assert_eq!(device_troubles(&[[DeviceError; 3], [good; 3], [DeviceError; 3]].concat()), 2);
    }
}

#[test]
fn one_structure_that_fails_again_and_again_is_no_device_trouble() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(30 * DAY, |_| Outcome::DeviceError);
    assert_eq!(count(&seen, Seen::Announced(Notice::DeviceTrouble)), 0);
}
