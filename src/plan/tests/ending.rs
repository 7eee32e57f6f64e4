// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 8: the end. Rule 10: the policy. And callers that make mistakes.

use super::*;
use crate::event::ShutdownReasons;

const UNMOUNT: Body = Body::Unmount;
const SHUTDOWN: Body = Body::Shutdown { reasons: ShutdownReasons::FORCE_UMOUNT };

#[test]
fn after_a_shutdown_or_an_unmount_nothing_starts_again() {
    for end in [UNMOUNT, SHUTDOWN] {
        let mut bench = Bench::with(|config| config.workers = 2);
        bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt"), ag(5, "bnobt")]);
        bench.expect_repair(ag(1, "bnobt"));
        bench.expect_repair(ag(2, "bnobt"));
        bench.lost();
        bench.event(end);
        bench.expect_end();
        bench.all_sick(&[ag(3, "bnobt"), ino(135, "core")]);
        bench.lost();
        bench.planner.sick(Target::Ag(4), u32::MAX, bench.now);
        bench.planner.set_policy(Policy::Repair);
        bench.expect_end();
        bench.ends(ag(1, "bnobt"), Outcome::DeviceError);
        bench.ends(ag(2, "bnobt"), Outcome::Unreachable(libc::ESTALE));
        bench.advance(DAY);
        bench.expect_end();
    }
}

#[test]
fn a_repair_that_still_succeeds_is_told() {
    let mut bench = Bench::new();
    bench.sick(ag(1, "bnobt"));
    bench.expect_repair(ag(1, "bnobt"));
    bench.event(UNMOUNT);
    bench.sick(ag(1, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.expect_end();
}

#[test]
fn the_answer_that_the_filesystem_is_down_is_the_end_too() {
    let mut bench = Bench::with(|config| config.workers = 2);
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt"), ag(3, "bnobt")]);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    bench.ends(ag(1, "bnobt"), Outcome::Shutdown);
    bench.expect_said(Notice::ShutDown);
    bench.expect_end();
    bench.ends(ag(2, "bnobt"), Outcome::Shutdown);
    bench.expect_end();
}

#[test]
fn a_full_scrub_that_ends_after_the_end_starts_no_other() {
    let mut bench = Bench::with_full_scrubs();
    bench.no_repair_for(Target::Fs);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.event(UNMOUNT);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.advance(DAY);
    bench.expect_end();
}

#[test]
fn where_policy_is_not_to_repair_nothing_is_started() {
    for policy in [Policy::Ignore, Policy::Log] {
        let mut bench = Bench::with(|config| config.policy = policy);
        bench.sick(ag(1, "bnobt"));
        bench.corrupt(ag(2, "bnobt"));
        bench.report(Change::Sick, Target::Ag(1), 1 << 10);
        bench.no_repair_for(Target::Fs);
        bench.expect_end();
        bench.advance(DAY);
        bench.expect_end();
    }
}

#[test]
fn a_policy_that_changes_stops_a_healer_and_its_outcomes_are_still_told() {
    for policy in [Policy::Ignore, Policy::Log] {
        let mut bench = Bench::with_full_scrubs();
        bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
        bench.expect_repair(ag(1, "bnobt"));
        bench.planner.set_policy(policy);
        bench.ends(ag(1, "bnobt"), Outcome::Failed);
        bench.expect_said(Notice::Failed(ag(1, "bnobt"), Failure::Corrupt));
        bench.expect_end();
    }
}

#[test]
fn what_was_reported_meanwhile_is_healed_when_policy_says_repair_again() {
    let mut bench = Bench::with(|config| config.policy = Policy::Log);
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.advance(HOUR);
    bench.healthy(ag(1, "bnobt"));
    bench.planner.set_policy(Policy::Repair);
    bench.heal(ag(2, "bnobt"));
    bench.expect_end();
}

#[test]
fn events_that_are_no_damage_to_metadata_plan_nothing() {
    let mut bench = Bench::with_full_scrubs();
    let device = crate::event::Device::Data;
    bench.event(Body::Running);
    bench.event(Body::MediaError { device, daddr: 1, bbcount: 1 });
    bench.event(Body::Unknown { domain: 2, kind: 99, payload: [0xff; 32] });
    bench.expect_end();
}

#[test]
fn tickets_that_name_nothing_change_nothing() {
    let mut bench = Bench::with(|config| config.workers = 2);
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt")]);
    bench.no_repair_for(Target::Fs);
    bench.planner.look(Depth::Shallow);
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.expect_look(Depth::Shallow);
    bench.expect_repair(ag(1, "bnobt"));
    let repair = bench.running[0].ticket;
    let (scrub, look) = (bench.scrub.expect("runs"), bench.look.expect("runs"));
    for ticket in [Ticket(0), Ticket(99), Ticket(u64::MAX), scrub, look] {
        assert!(!bench.planner.finished(ticket, Outcome::Shutdown, bench.now));
        assert!(!bench.planner.follow_up(ticket, u32::MAX, bench.now));
    }
    for ticket in [Ticket(0), Ticket(99), repair, look] {
        assert!(!bench.planner.scrub_finished(
            ticket,
            ScrubEnd::Finished { clean: false },
            bench.now
        ));
    }
    for ticket in [Ticket(0), Ticket(99), repair, scrub] {
        assert!(!bench.planner.look_finished(ticket, LookEnd::NotLooked, bench.now));
    }
    bench.ends(ag(1, "bnobt"), Outcome::Repaired);
    assert!(!bench.planner.finished(repair, Outcome::Vanished, bench.now));
    bench.expect_said(Notice::Repaired(ag(1, "bnobt")));
    bench.heal(ag(2, "bnobt"));
    bench.planner.look(Depth::Deep);
    bench.expect_end();
    bench.look_ends(LookEnd::Complete);
    bench.look_around(Depth::Deep);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.look_around(Depth::Shallow);
    bench.no_repair_for(Target::Fs);
    bench.expect_quiet_for(6 * HOUR);
}

#[test]
fn a_ticket_waits_for_one_answer_and_after_the_end_only_that_of_a_repair() {
    let mut bench = Bench::with(|config| config.workers = 2);
    bench.all_sick(&[ino(9, "core"), ag(2, "bnobt")]);
    bench.no_repair_for(Target::Fs);
    bench.planner.look(Depth::Shallow);
    let actions: Vec<_> = std::iter::from_fn(|| bench.planner.next(bench.now)).collect();
    let &[
        Action::FullScrub { ticket: scrub, .. },
        Action::Look { ticket: look, .. },
        Action::Repair(other),
        Action::Repair(one),
    ] = &actions[..]
    else {
        panic!("{actions:?}")
    };
    let (planner, now) = (&mut bench.planner, bench.now);
    assert!(!planner.follow_up(other.ticket, 0, now), "only after the repair of an inode core");
    for waits in [true, false] {
        assert_eq!(planner.follow_up(one.ticket, 0, now), waits);
        assert_eq!(planner.finished(one.ticket, Outcome::Fine, now), waits);
        assert_eq!(planner.look_finished(look, LookEnd::Complete, now), waits);
        assert_eq!(planner.scrub_finished(scrub, ScrubEnd::NotStarted, now), waits);
    }
    planner.look(Depth::Deep);
    assert_eq!(planner.next(now), Some(Action::Say(Notice::NoModification(one.key))));
    let Some(Action::Look { ticket: look, .. }) = planner.next(now) else { panic!() };
    planner.stop();
    assert!(!planner.look_finished(look, LookEnd::Complete, now));
    assert!(planner.finished(other.ticket, Outcome::Fine, now));
}

#[test]
fn a_clock_that_goes_backwards_or_ends_makes_nobody_busy() {
    for nanos in [0, u64::MAX] {
        let mut bench = Bench::with_full_scrubs();
        bench.advance_to(DAY);
        bench.sick(ag(1, "bnobt"));
        bench.fail(ag(1, "bnobt"));
        bench.expect_full_scrub(Reasons::REPAIR_FAILED);
        bench.scrub_ends(ScrubEnd::Finished { clean: false });
        bench.now = Time::from_nanos(nanos);
        for _ in 0..100 {
            bench.sick(ag(1, "bnobt"));
            bench.corrupt(ag(2, "bnobt"));
            bench.lost();
            bench.live_until(0, |_| Outcome::Failed);
            bench.now = Time::from_nanos(nanos);
        }
        bench.expect_quiet();
    }
}

/// The kernel tells first that the filesystem shuts down, and then what it has met.
#[test]
fn what_is_reported_after_a_shutdown_counts_and_nothing_is_done_about_it() {
    let mut bench = Bench::with_full_scrubs();
    bench.sick(ag(1, "bnobt"));
    bench.event(SHUTDOWN);
    for _ in 0..3 {
        bench.sick(ag(2, "bnobt"));
        bench.sick(ino(7, "directory"));
        bench.corrupt(ag(3, "inobt"));
    }
    bench.advance(DAY);
    bench.expect_quiet();
    assert_eq!(bench.planner.damage_count(), 4);
    assert_eq!(bench.planner.all_damaged().count(), 4);
    bench.healthy(ag(3, "inobt"));
    bench.expect_quiet();
    assert_eq!(bench.planner.damage_count(), 3);
    // What ended the filesystem may be an inode that a look only finds now.
    assert!(bench.planner.deadly(9, 1, bench.now) && !bench.planner.deadly(9, 1, bench.now));
    assert_eq!(bench.planner.damage_count(), 4);
    bench.expect_quiet();
}

/// And the next healer has to look.
#[test]
fn what_could_not_be_seen_or_is_still_to_be_looked_at_stays_known() {
    let mut bench = Bench::new();
    bench.lost();
    assert!(bench.planner.owes_look());
    bench.event(SHUTDOWN);
    assert!(bench.planner.owes_look());
    bench.advance(DAY);
    bench.expect_quiet();
}

#[test]
fn how_much_was_damaged_when_planning_ended_is_not_forgotten() {
    let mut bench = Bench::with(|config| config.workers = 2);
    bench.all_sick(&[ag(1, "bnobt"), ag(2, "bnobt"), ag(3, "bnobt")]);
    bench.expect_repair(ag(1, "bnobt"));
    bench.expect_repair(ag(2, "bnobt"));
    assert_eq!(bench.planner.damage_count(), 3);
    bench.ends(ag(1, "bnobt"), Outcome::Shutdown);
    bench.event(SHUTDOWN);
    bench.event(UNMOUNT);
    assert_eq!(bench.planner.damage_count(), 3);
    // This one was quicker.
    bench.ends(ag(2, "bnobt"), Outcome::Repaired);
    assert_eq!(bench.planner.damage_count(), 2);
}
