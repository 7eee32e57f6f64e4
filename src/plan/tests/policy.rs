// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 10: a policy that changes while the healer runs. And a dry run.

use super::*;

#[test]
fn a_repair_that_is_forbidden_goes_back_and_nothing_is_repaired() {
    let mut bench = Bench::with_full_scrubs();
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.run(ag(1, "bnobt"), Outcome::Forbidden);
    assert_eq!(bench.planner.policy(), Policy::Log);
    for _ in 0..10 {
        bench.all_sick(&[ag(1, "bnobt"), ag(3, "bnobt")]);
        bench.no_repair_for(Target::Fs);
        bench.expect_end();
        bench.advance(HOUR);
    }
}

#[test]
fn when_it_is_allowed_again_it_goes_on_at_once_with_all_its_attempts() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    for _ in 0..10 {
        bench.run(ag(1, "bnobt"), Outcome::Forbidden);
        bench.expect_end();
        assert!(bench.planner.would_act(bench.now), "so that the caller asks again");
        bench.planner.set_policy(Policy::Repair);
    }
    bench.fail(ag(1, "bnobt"));
    bench.expect_quiet_for(10);
}

#[test]
fn where_nothing_at_all_is_to_be_done_that_stays_so() {
    for outcome in [Outcome::Forbidden, Outcome::Vanished] {
        let mut bench = Bench::with(|config| config.workers = 2);
        bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
        bench.expect_repair(ag(1, "bnobt"));
        bench.expect_repair(ag(2, "bnobt"));
        bench.planner.set_policy(Policy::Ignore);
        bench.ends(ag(1, "bnobt"), outcome);
        bench.ends(ag(2, "bnobt"), outcome);
        assert_eq!(bench.planner.policy(), Policy::Ignore);
    }
}

#[test]
fn the_others_that_run_are_judged_as_ever() {
    let mut bench = Bench::with(|config| config.workers = 2);
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Forbidden);
    bench.ends(ag(2, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(2, "bnobt")));
    bench.expect_end();
    assert_eq!(bench.planner.damage_count(), 1);
}

#[test]
fn where_nothing_is_repaired_looks_go_on_but_not_through_the_inodes_of_ags() {
    let mut bench = Bench::with(|config| config.policy = Policy::Log);
    bench.planner.look(Depth::Shallow);
    bench.look_around(Depth::Shallow);
    bench.lost();
    bench.report(Change::Sick, Target::Ag(3), 1 << 10);
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    assert!(bench.found(ag(1, "bnobt")));
    bench.look_ends(LookEnd::Complete);
    bench.expect_end();
    bench.planner.set_policy(Policy::Repair);
    bench.expect_full_scrub(Reasons::EVENTS_LOST);
    bench.look_around(Depth::Inodes(3));
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn where_nothing_is_to_be_done_nothing_is_looked_for_until_that_changes() {
    let mut bench = Bench::with(|config| config.policy = Policy::Ignore);
    bench.planner.look(Depth::Shallow);
    bench.lost();
    bench.report(Change::Sick, Target::Ag(3), 1 << 10);
    bench.advance(DAY);
    bench.expect_end();
    bench.planner.set_policy(Policy::Log);
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

fn dry() -> Bench {
    Bench::with(|config| config.dry_run = true)
}

#[test]
fn a_dry_run_says_what_it_would_repair_once_until_it_is_healthy() {
    let mut bench = dry();
    let all = [ag(1, "bnobt"), ino(9, "core"), ino(9, "directory"), fs("nlinks")];
    bench.all_sick(&all);
    all.iter().for_each(|key| bench.expect_said(Notice::WouldRepair(*key)));
    for _ in 0..30 {
        bench.all_sick(&all);
        bench.corrupt(all[0]);
        bench.found(all[1]);
        bench.expect_end();
        bench.advance(HOUR);
    }
    bench.healthy(all[0]);
    bench.sick(all[0]);
    bench.expect_said(Notice::WouldRepair(all[0]));
    bench.expect_end();
}

#[test]
fn it_says_once_per_gap_that_it_would_start_a_full_scrub_and_why() {
    let mut bench = dry();
    let mut said = Vec::new();
    for hour in 0..24 {
        bench.advance_to(hour * HOUR);
        bench.no_repair_for(Target::Fs);
        while let Some(action) = bench.planner.next(bench.now) {
            assert_eq!(action, Action::Say(Notice::WouldScrub(Reasons::NO_SINGLE_REPAIR)));
            said.push(hour);
        }
    }
    assert_eq!(said, [0, 6, 18]);
}

#[test]
fn it_looks_for_damage_as_ever_for_that_changes_nothing() {
    let mut bench = dry();
    bench.planner.look(Depth::Checks);
    bench.expect_look(Depth::Checks);
    assert!(bench.found(ag(1, "bnobt")));
    bench.expect_said(Notice::WouldRepair(ag(1, "bnobt")));
    bench.look_ends(LookEnd::Complete);
    bench.report(Change::Sick, Target::Ag(3), 1 << 10);
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.look_around(Depth::Inodes(3));
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    bench.found(ag(2, "bnobt"));
    bench.look_ends(LookEnd::Complete);
    bench.expect_said(Notice::WouldScrub(Reasons::EVENTS_LOST));
    bench.expect_said(Notice::WouldRepair(ag(2, "bnobt")));
    bench.expect_end();
}

#[test]
fn where_more_is_sick_than_it_remembers_it_tells_of_all_of_it() {
    let mut bench = dry();
    bench.planner.table.room = 2;
    for n in 0..10 {
        bench.sick(ag(n, "bnobt"));
        bench.expect_said(Notice::WouldRepair(ag(n, "bnobt")));
    }
    bench.expect_end();
}

#[test]
fn it_tells_how_much_it_left_damaged() {
    let mut bench = dry();
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.live_until(HOUR, |_| unreachable!("nothing is repaired"));
    assert_eq!(bench.planner.damage_count(), 2);
}
