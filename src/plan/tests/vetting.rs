// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 5: on a kernel with a defect a look at every inode comes before each full scrub.

use super::*;

const FAILED: Reasons = Reasons::REPAIR_FAILED;
const LEFT: ScrubEnd = ScrubEnd::Finished { clean: false };

fn on_such_a_kernel() -> Bench {
    Bench::with(|config| (config.defects, config.ag_count) = (defects(), 2))
}

impl Bench {
    /// A repair in this AG fails once and for all, so that a full scrub is wanted.
    fn cannot_repair(&mut self, agno: u32) {
        self.fail_for_good(ag(agno, "bnobt"));
    }

    /// Expects the last word: nothing that was to be done about that repair has helped.
    fn expect_last_word_about(&mut self, agno: u32) {
        self.expect_said(Notice::OfflineNeeded(ag(agno, "bnobt"), Failure::Unsupported));
    }

    /// The checks that take the place of a full scrub.
    fn all_checks(&mut self) {
        for depth in [Depth::Checks, Depth::Inodes(0), Depth::Inodes(1)] {
            self.look_around(depth);
        }
    }

    /// They take its place, and find nothing more than that AG 1 cannot be repaired.
    fn expect_checks_instead(&mut self) {
        self.expect_said(Notice::ScrubUnsafe);
        self.all_checks();
        self.expect_last_word_about(1);
        self.expect_end();
    }

    /// Inodes of an AG are sick, the kernel does not say which.
    fn nameless_inodes(&mut self, agno: u32) {
        self.report(Change::Sick, Target::Ag(agno), 1 << 10);
    }
}

#[test]
fn a_full_scrub_starts_as_soon_as_every_inode_has_been_looked_at() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.expect_end();
    bench.look_ends(LookEnd::Complete);
    bench.expect_full_scrub(FAILED);
}

#[test]
fn a_look_that_began_before_it_was_wanted_does_not_count() {
    let mut bench = on_such_a_kernel();
    bench.planner.look(Depth::Deep);
    bench.expect_look(Depth::Deep);
    bench.cannot_repair(1);
    bench.expect_end();
    bench.look_ends(LookEnd::Complete);
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn one_that_is_owed_anyway_does() {
    let mut bench = on_such_a_kernel();
    bench.planner.look(Depth::Shallow);
    bench.expect_look(Depth::Shallow);
    bench.planner.look(Depth::Deep);
    bench.lost();
    bench.cannot_repair(1);
    bench.look_ends(LookEnd::Complete);
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn each_full_scrub_needs_a_look_of_its_own() {
    let mut bench = on_such_a_kernel();
    for agno in 1..4 {
        bench.cannot_repair(agno);
        bench.expect_vetted_scrub(FAILED);
        bench.scrub_ends(LEFT);
        bench.expect_last_word_about(agno);
        bench.look_around(Depth::Shallow);
        bench.advance(DAY);
    }
}

#[test]
fn so_does_each_attempt_to_start_one() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_vetted_scrub(FAILED);
    bench.scrub_ends(ScrubEnd::NotStarted);
    bench.expect_last_word_about(1);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn what_the_look_finds_is_judged_before_it_starts() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.found(ino(135, "core"));
    bench.look_ends(LookEnd::Complete);
    bench.run(ino(135, "core"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ino(135, "core")));
    bench.expect_full_scrub(FAILED);
}

#[test]
fn one_that_cannot_be_loaded_holds_it_back() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.found(ino(135, "core"));
    bench.look_ends(LookEnd::Complete);
    bench.run(ino(135, "core"), Outcome::KernelDefect);
    bench.expect_said(Notice::ScrubWithheld);
    bench.expect_said(Notice::OfflineNeeded(ino(135, "core"), Failure::KernelDefect));
    bench.expect_last_word_about(1);
    bench.expect_end();
}

#[test]
fn a_look_of_more_than_a_minute_ago_does_not_count() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.found(ino(135, "core"));
    bench.look_ends(LookEnd::Complete);
    bench.expect_repair(ino(135, "core"));
    bench.advance(MINUTE + 1);
    bench.expect_said(Notice::Slow(ino(135, "core")));
    bench.ends(ino(135, "core"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ino(135, "core")));
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn a_look_that_takes_more_than_an_hour_vouches_for_nothing() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.advance(HOUR);
    bench.look_ends(LookEnd::Complete);
    bench.expect_checks_instead();
}

#[test]
fn what_it_saw_first_is_no_older_either() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.advance(HOUR - 10);
    bench.planner.hold_full_scrubs(true);
    bench.look_ends(LookEnd::Complete);
    bench.expect_quiet();
    bench.advance(11);
    bench.planner.hold_full_scrubs(false);
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn neither_does_one_from_before_another_filesystem_was_scrubbed() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.planner.hold_full_scrubs(true);
    bench.look_ends(LookEnd::Complete);
    bench.expect_quiet();
    bench.advance(HOUR);
    bench.planner.hold_full_scrubs(false);
    bench.expect_vetted_scrub(FAILED);
    bench.scrub_ends(LEFT);
    bench.expect_last_word_about(1);
}

#[test]
fn where_not_every_inode_can_be_looked_at_checks_take_its_place_and_come_no_more_often() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(0);
    for (agno, hours) in [(1, 6), (2, 12), (3, 24), (4, 24)] {
        bench.expect_look(Depth::Deep);
        bench.look_ends(LookEnd::Incomplete);
        if agno == 1 {
            bench.expect_said(Notice::ScrubUnsafe);
        }
        bench.all_checks();
        bench.expect_last_word_about(agno - 1);
        bench.expect_quiet();
        bench.cannot_repair(agno);
        bench.expect_quiet();
        bench.advance(hours * HOUR);
    }
}

#[test]
fn what_the_checks_find_is_repaired_like_any_other_damage() {
    let mut bench = checking();
    bench.corrupt(ag(0, "cntbt"));
    bench.found(ag(0, "cntbt"));
    bench.heal(ag(0, "cntbt"));
    bench.look_ends(LookEnd::Complete);
    bench.expect_look(Depth::Inodes(0));
    bench.found(ino(7, "symlink"));
    bench.heal(ino(7, "symlink"));
    bench.look_ends(LookEnd::Incomplete);
    bench.look_around(Depth::Inodes(1));
    bench.expect_last_word_about(1);
    bench.expect_quiet_for(10 * MINUTE);
}

/// The checks run that take the place of a full scrub for what could not be repaired in AG 1.
fn checking() -> Bench {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::Incomplete);
    bench.expect_said(Notice::ScrubUnsafe);
    bench.expect_look(Depth::Checks);
    bench
}

#[test]
fn what_they_call_good_needs_no_last_word() {
    let mut bench = checking();
    bench.healthy(ag(1, "bnobt"));
    bench.look_ends(LookEnd::Complete);
    bench.look_around(Depth::Inodes(0));
    bench.look_around(Depth::Inodes(1));
    bench.expect_quiet_for(10 * MINUTE);
}

#[test]
fn what_fails_meanwhile_waits_for_their_end_but_not_what_nothing_is_tried_of() {
    let mut bench = checking();
    bench.cannot_repair(0);
    bench.found(ino(135, "core"));
    bench.run(ino(135, "core"), Outcome::KernelDefect);
    bench.expect_said(Notice::ScrubWithheld);
    bench.expect_said(Notice::OfflineNeeded(ino(135, "core"), Failure::KernelDefect));
    bench.expect_quiet();
    bench.look_ends(LookEnd::Complete);
    bench.look_around(Depth::Inodes(0));
    bench.look_around(Depth::Inodes(1));
    bench.expect_last_word_about(0);
    bench.expect_last_word_about(1);
    bench.expect_quiet_for(10 * MINUTE);
}

#[test]
fn checks_that_cannot_begin_hide_no_last_word() {
    let mut bench = checking();
    bench.look_ends(LookEnd::NotLooked);
    bench.expect_last_word_about(1);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    bench.expect_look(Depth::Checks);
}

#[test]
fn the_checks_keep_no_other_look_waiting() {
    let mut bench = checking();
    bench.planner.look(Depth::Shallow);
    bench.nameless_inodes(3);
    bench.look_ends(LookEnd::NotLooked);
    bench.expect_last_word_about(1);
    bench.expect_quiet_for(MINUTE);
    bench.advance(MINUTE);
    for depth in [Depth::Shallow, Depth::Inodes(3), Depth::Checks, Depth::Inodes(0)] {
        bench.look_around(depth);
    }
    bench.planner.set_policy(Policy::Log);
    bench.expect_quiet_for(9 * MINUTE);
    bench.planner.set_policy(Policy::Repair);
    bench.look_around(Depth::Inodes(1));
    bench.expect_quiet_for(9 * MINUTE);
}

#[test]
fn inodes_that_nobody_can_name_are_no_reason_to_start_one() {
    let mut bench = on_such_a_kernel();
    bench.nameless_inodes(1);
    for wait in [10, 10, 50] {
        bench.advance(wait);
        bench.expect_look(Depth::Inodes(1));
        bench.look_ends(LookEnd::Incomplete);
    }
    bench.expect_said(Notice::ScrubUnsafe);
    for depth in [Depth::Checks, Depth::Inodes(0), Depth::Inodes(1)] {
        bench.expect_look(depth);
        bench.look_ends(LookEnd::Incomplete);
    }
    let seen = bench.live_until(100 * DAY, |_| Outcome::Failed);
    let again = [Depth::Checks, Depth::Inodes(0), Depth::Inodes(1)].map(Seen::Look);
    assert_eq!(seen.iter().map(|(_, seen)| *seen).collect::<Vec<_>>(), again, "what it missed");
}

#[test]
fn neither_is_a_look_for_lost_reports_that_could_not_see_everything() {
    let mut bench = on_such_a_kernel();
    bench.lost();
    bench.advance(10);
    bench.expect_look(Depth::Deep);
    bench.look_ends(LookEnd::Incomplete);
    bench.expect_said(Notice::ScrubUnsafe);
    bench.all_checks();
    bench.expect_quiet_for(10 * MINUTE);
    bench.advance(10 * MINUTE);
    bench.look_around(Depth::Deep);
    bench.expect_end();
}

#[test]
fn beside_a_reason_that_is_one_they_are_told() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.no_repair_for(Target::Fs);
    bench.expect_vetted_scrub(FAILED | Reasons::NO_SINGLE_REPAIR);
}

#[test]
fn a_look_during_which_the_kernel_spoke_of_nameless_inodes_is_made_again_but_not_for_ever() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    for _ in 0..3 {
        bench.expect_look(Depth::Deep);
        bench.nameless_inodes(0);
        bench.look_ends(LookEnd::Complete);
    }
    bench.expect_checks_instead();
}

#[test]
fn what_it_says_while_the_finds_are_judged_counts_too() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    bench.expect_look(Depth::Deep);
    bench.found(ino(135, "core"));
    bench.look_ends(LookEnd::Complete);
    bench.expect_repair(ino(135, "core"));
    bench.nameless_inodes(0);
    bench.ends(ino(135, "core"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ino(135, "core")));
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn a_look_that_cannot_begin_is_tried_again_and_hides_no_last_word() {
    let mut bench = on_such_a_kernel();
    bench.cannot_repair(1);
    for minutes in [1, 2, 4] {
        bench.expect_look(Depth::Deep);
        bench.look_ends(LookEnd::NotLooked);
        if minutes == 1 {
            bench.expect_last_word_about(1);
        }
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
    }
    bench.expect_vetted_scrub(FAILED);
}

#[test]
fn without_the_defect_no_look_is_needed() {
    let mut bench = Bench::with_full_scrubs();
    bench.cannot_repair(1);
    bench.expect_full_scrub(FAILED);
}

#[test]
fn an_inode_that_could_not_be_judged_is_asked_for_again_and_holds_full_scrubs_back() {
    let mut bench = on_such_a_kernel();
    bench.sick(ino(135, "core"));
    bench.cannot_repair(1);
    bench.run(ino(135, "core"), Outcome::NotJudged);
    bench.expect_said(Notice::Postponed(ino(135, "core")));
    bench.expect_said(Notice::ScrubUnsafe);
    bench.expect_last_word_about(1);
    assert!(bench.planner.is_unjudged() && bench.planner.damage_count() == 2);
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        bench.expect_quiet_for(minutes * MINUTE);
        bench.advance(minutes * MINUTE);
        bench.run(ino(135, "core"), Outcome::NotJudged);
    }
    bench.advance(HOUR);
    bench.run(ino(135, "core"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ino(135, "core")));
    assert!(!bench.planner.is_unjudged());
    bench.expect_vetted_scrub(FAILED);
}
