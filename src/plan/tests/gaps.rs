// SPDX-License-Identifier: LGPL-2.1-or-later
//! Parts that a look could not look at are looked at later.

use super::*;

impl Bench {
    fn heal_found(&mut self, key: Key) {
        assert!(self.found(key));
        self.heal(key);
    }
}

#[test]
fn the_repair_of_what_finds_inodes_lets_the_ag_be_looked_at_again() {
    for name in ["agf", "agi", "inobt", "finobt"] {
        let mut bench = Bench::new();
        bench.cannot_look_at(&[3, 8]);
        bench.expect_quiet_for(10 * MINUTE);
        bench.heal_found(ag(3, "bnobt"));
        bench.heal_found(ag(4, name));
        bench.expect_quiet_for(10 * MINUTE);
        bench.heal_found(ag(3, name));
        bench.look_around(Depth::Inodes(3));
        assert!(bench.planner.is_blind(), "of the other AG nothing is known");
        bench.advance(10 * MINUTE);
        bench.look_around(Depth::Inodes(8));
        assert!(!bench.planner.is_blind());
        bench.expect_end();
    }
}

#[test]
fn it_may_also_have_been_repaired_by_somebody_else() {
    let mut bench = Bench::new();
    bench.cannot_look_at(&[3]);
    bench.healthy(ag(3, "inobt"));
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();

    let mut bench = Bench::with_full_scrubs();
    bench.cannot_look_at(&[3]);
    bench.no_repair_for(Target::Ag(1));
    bench.expect_full_scrub(Reasons::NO_SINGLE_REPAIR);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.look_around(Depth::Shallow);
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
}

#[test]
fn a_repair_while_the_look_still_runs_counts() {
    let mut bench = Bench::new();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    bench.planner.missed(Some(3), bench.now);
    bench.heal_found(ag(3, "inobt"));
    bench.look_ends(LookEnd::Incomplete);
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
}

#[test]
fn so_does_one_that_the_look_tells_too_late_of() {
    let mut bench = Bench::new();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    (0..20).for_each(|agno| bench.heal_found(ag(agno, "inobt")));
    (0..20).for_each(|agno| bench.planner.missed(Some(agno), bench.now));
    bench.look_ends(LookEnd::Incomplete);
    (0..20).for_each(|agno| bench.look_around(Depth::Inodes(agno)));
    bench.expect_end();

    bench.planner.look(Depth::Checks);
    bench.expect_look(Depth::Checks);
    bench.heal_found(ag(3, "agi"));
    bench.look_ends(LookEnd::Incomplete);
    bench.look_around(Depth::Checks);
    bench.expect_end();
}

#[test]
fn an_ag_that_could_not_be_seen_is_not_called_damaged() {
    let mut bench = Bench::new();
    bench.report(Change::Sick, Target::Ag(3), 1 << 10);
    bench.advance(10);
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
    bench.cannot_look_at(&[3]);
    for minutes in [10, 20, 40, 80] {
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
        bench.look_in_vain(3);
        assert_eq!(bench.planner.damage_count(), 0);
    }
}

#[test]
fn without_a_repair_it_is_looked_at_ever_more_seldom() {
    let mut bench = Bench::new();
    bench.cannot_look_at(&[3]);
    for minutes in [10, 20, 40] {
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
        bench.look_in_vain(3);
    }
    assert!(bench.planner.is_blind());
}

#[test]
fn so_it_is_where_nothing_is_to_be_repaired() {
    let mut bench = Bench::with(|config| config.policy = Policy::Log);
    bench.cannot_look_at(&[3, 8]);
    bench.healthy(ag(3, "inobt"));
    bench.look_around(Depth::Inodes(3));
    bench.advance(10 * MINUTE);
    bench.look_in_vain(8);
    // Whose inodes are said to be sick has been told so.
    bench.report(Change::Sick, Target::Ag(5), 1 << 10);
    bench.expect_quiet_for(20 * MINUTE);
    // Where nobody is to be told anything nobody looks.
    bench.planner.set_policy(Policy::Ignore);
    bench.expect_end();
    bench.advance(20 * MINUTE);
    bench.planner.set_policy(Policy::Log);
    bench.look_around(Depth::Inodes(8));
    assert!(!bench.planner.is_blind());
    bench.expect_end();
}

#[test]
fn a_look_that_could_not_begin_is_still_wanted() {
    let mut bench = Bench::new();
    bench.cannot_look_at(&[3]);
    bench.advance(10 * MINUTE);
    bench.expect_look(Depth::Inodes(3));
    bench.look_ends(LookEnd::NotLooked);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
}

#[test]
fn what_is_of_no_single_ag_needs_the_same_look_again() {
    for depth in [Depth::Shallow, Depth::Deep, Depth::Checks] {
        for says in [false, true] {
            let mut bench = Bench::new();
            bench.planner.look(depth);
            bench.expect_look(depth);
            if says {
                bench.planner.missed(Some(3), bench.now);
                bench.planner.missed(None, bench.now);
                bench.heal_found(ag(3, "agi"));
            }
            bench.look_ends(LookEnd::Incomplete);
            if says {
                bench.look_around(Depth::Inodes(3));
            }
            bench.advance(10 * MINUTE);
            bench.look_around(depth);
            assert!(!bench.planner.is_blind());
            bench.expect_end();
        }
    }
}

#[test]
fn a_look_that_goes_as_far_and_sees_everything_will_do() {
    let mut bench = Bench::new();
    bench.cannot_look_at(&[3, 8]);
    bench.planner.look(Depth::Deep);
    bench.look_around(Depth::Deep);
    assert!(!bench.planner.is_blind());
    bench.expect_end();
}

#[test]
fn after_one_that_had_its_thread_killed_none_is_made_for_a_day() {
    for depth in [Depth::Shallow, Depth::Deep, Depth::Checks] {
        let mut bench = Bench::new();
        bench.planner.look(depth);
        bench.expect_look(depth);
        bench.planner.missed(Some(3), bench.now);
        bench.look_ends(LookEnd::Vanished);
        assert!(bench.planner.is_blind());
        // Neither for what is reported, nor behind what is repaired.
        bench.planner.look(Depth::Deep);
        bench.report(Change::Sick, Target::Ag(2), 1 << 10);
        bench.lost();
        bench.sick(ag(3, "agi"));
        bench.heal(ag(3, "agi"));
        bench.expect_quiet_for(DAY);
        bench.advance(DAY);
        let mut looks = Vec::new();
        while let Some(Action::Look { ticket, depth }) = bench.planner.next(bench.now) {
            bench.planner.look_finished(ticket, LookEnd::Complete, bench.now);
            looks.push(depth);
        }
        assert!(looks.contains(&Depth::Deep) && looks.contains(&Depth::Inodes(2)), "{looks:?}");
        assert!(!bench.planner.is_blind(), "{depth:?}: {looks:?}");
        bench.expect_end();
    }
}

#[test]
fn one_at_the_inodes_of_an_ag_that_had_its_thread_killed_is_made_again_after_a_day() {
    let mut bench = Bench::new();
    bench.report(Change::Sick, Target::Ag(3), 1 << 10);
    bench.advance(10);
    bench.expect_look(Depth::Inodes(3));
    bench.look_ends(LookEnd::Vanished);
    assert_eq!((bench.planner.damage_count(), bench.planner.is_blind()), (1, true));
    bench.expect_quiet_for(DAY);
    bench.advance(DAY);
    bench.look_around(Depth::Inodes(3));
    assert_eq!((bench.planner.damage_count(), bench.planner.is_blind()), (0, false));
    bench.expect_end();
}

#[test]
fn a_full_scrub_follows_a_look_for_losses_that_had_its_thread_killed() {
    let mut bench = Bench::with_full_scrubs();
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::Vanished);
    bench.expect_full_scrub(Reasons::EVENTS_LOST);
}
