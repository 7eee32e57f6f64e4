// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 3: how much is remembered, what is forgotten first, and that a storm stays cheap.

use super::*;

impl Bench {
    /// A planner that remembers no more than `room` structures.
    fn with_room(room: usize) -> Bench {
        let mut bench = Bench::with_full_scrubs();
        bench.planner.table.room = room;
        bench
    }

    fn knows(&self, key: Key) -> bool {
        self.planner.table.get(key).is_some()
    }
}

fn inodes(range: std::ops::Range<u64>) -> Vec<Key> {
    range.map(|n| ino(n, "symlink")).collect()
}

#[test]
fn what_does_not_fit_into_the_table_is_left_to_a_full_scrub() {
    let mut bench = Bench::with_room(4);
    bench.all_sick(&inodes(0..6));
    bench.expect_said(Notice::TableFull);
    bench.expect_full_scrub(Reasons::TABLE_FULL);
    inodes(0..4).iter().for_each(|key| bench.heal(*key));
    bench.expect_end();
}

#[test]
fn that_the_table_is_full_is_said_once() {
    let mut bench = Bench::with_room(4);
    let mut seen = Vec::new();
    for hour in 0..48 {
        bench.all_sick(&inodes(hour * 10..hour * 10 + 10));
        seen.extend(bench.live_until(hour * HOUR, |_| Outcome::NoRoom));
    }
    assert_eq!(count(&seen, Seen::Announced(Notice::TableFull)), 1);
    assert!(count(&seen, Seen::Scrub(Reasons::TABLE_FULL)) > 2, "and more is sick all the time");
}

#[test]
fn what_a_full_scrub_reports_beyond_the_room_does_not_call_for_the_next_one() {
    let mut bench = Bench::with_room(2);
    bench.all_sick(&inodes(0..3));
    bench.expect_said(Notice::TableFull);
    bench.expect_full_scrub(Reasons::TABLE_FULL);
    inodes(0..10).iter().for_each(|key| bench.corrupt(*key));
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    let seen = bench.live_until(30 * DAY, |_| Outcome::Repaired);
    assert!(!seen.iter().any(|(_, s)| matches!(s, Seen::Scrub(_))), "{seen:?}");
}

#[test]
fn the_healed_make_room_the_quietest_first() {
    let mut bench = Bench::with_room(4);
    for n in [3, 1, 2, 0] {
        bench.sick(ino(n, "symlink"));
        bench.heal(ino(n, "symlink"));
    }
    bench.sick(ino(9, "symlink"));
    bench.sick(ino(8, "symlink"));
    assert_eq!([3, 1, 2, 0].map(|n| bench.knows(ino(n, "symlink"))), [false, false, true, true]);
    bench.heal(ino(9, "symlink"));
    bench.heal(ino(8, "symlink"));
    bench.expect_end();
}

#[test]
fn the_exhausted_make_room_before_the_healed_after_their_last_word() {
    let mut bench = Bench::with_room(3);
    bench.all_sick(&inodes(0..3));
    bench.heal(ino(0, "symlink"));
    bench.run(ino(1, "symlink"), Outcome::Unsupported);
    bench.expect_said(Notice::Failed(ino(1, "symlink"), Failure::Unsupported));
    bench.expect_full_scrub(Reasons::REPAIR_FAILED);
    bench.expect_repair(ino(2, "symlink"));
    // Its last word is still to come, so the healed one goes.
    bench.sick(ino(3, "symlink"));
    assert!(!bench.knows(ino(0, "symlink")) && bench.knows(ino(1, "symlink")));
    bench.scrub_ends(ScrubEnd::Finished { clean: false });
    bench.expect_said(Notice::OfflineNeeded(ino(1, "symlink"), Failure::Unsupported));
    bench.ends(ino(2, "symlink"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ino(2, "symlink")));
    bench.sick(ino(4, "symlink"));
    assert!(!bench.knows(ino(1, "symlink")) && bench.knows(ino(2, "symlink")));
}

#[test]
fn what_only_disagrees_with_others_makes_room_too_unless_it_has_failed_since() {
    for (last, goes) in [(Outcome::CrossFailed, true), (Outcome::Failed, false)] {
        let mut bench = Bench::with_room(1);
        bench.sick(ino(1, "symlink"));
        for (second, outcome) in [(0, Outcome::CrossFailed), (10, Outcome::CrossFailed), (60, last)]
        {
            bench.advance_to(second);
            bench.run(ino(1, "symlink"), outcome);
            while let Some(action) = bench.planner.next(bench.now) {
                assert!(!matches!(action, Action::Repair(_)));
            }
        }
        bench.sick(ino(2, "symlink"));
        assert_eq!(bench.knows(ino(2, "symlink")), goes, "{last:?}");
    }
}

#[test]
fn what_is_pending_or_running_is_not_forgotten_for_an_inode() {
    let mut bench = Bench::with_room(4);
    bench.planner.config.defects = defects();
    bench.all_sick(&[ino(1, "core"), ino(2, "core"), ino(3, "symlink"), ino(4, "symlink")]);
    bench.expect_repair(ino(1, "core"));
    bench.all_sick(&inodes(10..20));
    assert!([1, 2].iter().all(|n| bench.knows(ino(*n, "core"))));
    assert!([3, 4].iter().all(|n| bench.knows(ino(*n, "symlink"))));
}

#[test]
fn what_waits_for_something_that_is_forgotten_goes_on() {
    let mut bench = Bench::with_room(2);
    bench.sick(ino(1, "datafork"));
    bench.run(ino(1, "datafork"), Outcome::NoRoom);
    bench.expect_said(Notice::Postponed(ino(1, "datafork")));
    bench.sick(ino(1, "directory"));
    bench.expect_quiet();
    bench.sick(ag(1, "bnobt"));
    assert!(!bench.knows(ino(1, "datafork")) && bench.knows(ino(1, "directory")));
    bench.expect_said(Notice::TableFull);
    bench.expect_full_scrub(Reasons::TABLE_FULL);
    bench.heal(ag(1, "bnobt"));
    bench.heal(ino(1, "directory"));
}

#[test]
fn that_an_inode_was_untouchable_is_never_forgotten() {
    let mut bench = Bench::with_room(1);
    bench.planner.config.defects = defects();
    bench.sick(ino(1, "core"));
    bench.run(ino(1, "core"), Outcome::KernelDefect);
    bench.expect_said(Notice::OfflineNeeded(ino(1, "core"), Failure::KernelDefect));
    bench.sick(ino(2, "symlink"));
    assert!(!bench.knows(ino(1, "core")) && bench.knows(ino(2, "symlink")));
    bench.expect_said(Notice::TableFull);
    bench.expect_said(Notice::ScrubWithheld);
    bench.heal(ino(2, "symlink"));
    bench.no_repair_for(Target::Fs);
    bench.advance(30 * DAY);
    bench.expect_end();
}

#[test]
fn an_inode_that_nobody_can_remember_holds_full_scrubs_back() {
    let mut bench = Bench::with_room(1);
    bench.planner.config.defects = defects();
    bench.all_sick(&[ino(1, "symlink"), ino(2, "core")]);
    bench.expect_said(Notice::TableFull);
    for _ in 0..3 {
        bench.expect_look(Depth::Deep);
        bench.found(ino(2, "core"));
        bench.look_ends(LookEnd::Complete);
    }
    bench.expect_said(Notice::ScrubUnsafe);
    bench.look_around(Depth::Checks);
    bench.heal(ino(1, "symlink"));
    bench.expect_end();
}

#[test]
fn one_for_which_there_is_room_again_does_not() {
    let mut bench = Bench::with_room(1);
    bench.planner.config.defects = defects();
    bench.all_sick(&[ino(1, "symlink"), ino(2, "core")]);
    bench.expect_said(Notice::TableFull);
    bench.expect_look(Depth::Deep);
    bench.heal(ino(1, "symlink"));
    bench.found(ino(2, "core"));
    bench.look_ends(LookEnd::Complete);
    bench.run(ino(2, "core"), Outcome::Fine);
    bench.expect_said(Notice::NoModification(ino(2, "core")));
    bench.expect_full_scrub(Reasons::TABLE_FULL);
}

#[test]
fn no_more_than_the_stated_number_is_remembered_whatever_the_policy() {
    for policy in [Policy::Log, Policy::Repair] {
        let mut bench = Bench::with(|config| config.policy = policy);
        bench.all_sick(&inodes(0..MAX_STRUCTURES as u64 + 100));
        let known = (0..MAX_STRUCTURES as u64 + 100).filter(|n| bench.knows(ino(*n, "symlink")));
        assert_eq!(known.count(), MAX_STRUCTURES);
    }
}

#[test]
fn no_more_repairs_run_than_the_stated_number_and_each_is_told_of_however_late() {
    // What comes beside one notice for each.
    for (answer, others) in [
        (Outcome::DeviceError, &[Notice::DeviceTrouble][..]),
        (Outcome::Vanished, &[Notice::TooManyVanished]),
        (Outcome::Gone, &[]),
    ] {
        let mut bench = Bench::with(|config| config.workers = usize::MAX);
        bench.all_sick(&inodes(0..MAX_WORKERS as u64 + 1));
        (0..MAX_WORKERS as u64).for_each(|n| bench.expect_repair(ino(n, "symlink")));
        bench.expect_quiet();
        (0..MAX_WORKERS as u64).for_each(|n| bench.ends(ino(n, "symlink"), answer));
        let said: Vec<Notice> = std::iter::from_fn(|| bench.planner.next(bench.now))
            .map_while(|action| if let Action::Say(notice) = action { Some(notice) } else { None })
            .collect();
        let about_one = said.iter().filter(|notice| notice.target().is_some());
        assert!(about_one.count() >= MAX_WORKERS, "{answer:?}: {said:?}");
        assert!(others.iter().all(|notice| said.contains(notice)), "{answer:?}: {said:?}");
    }
}

/// A storm of this kind took minutes while each step went through everything that is known.
#[test]
fn a_storm_that_fills_the_table_is_planned_without_a_look_at_all_of_it_each_time() {
    let half = MAX_STRUCTURES as u64 / 4;
    let mut bench = Bench::with(|config| (config.workers, config.defects) = (4, defects()));
    // Some wait for a fork for which there is no room; a full scrub waits for the others.
    for n in 0..half {
        bench.all_sick(&[ino(n, "datafork"), ino(n, "directory")]);
        bench.all_sick(&[ino(half + n, "core"), ino(half + n, "directory")]);
    }
    bench.no_repair_for(Target::Fs);
    bench.all_sick(&inodes(MAX_STRUCTURES as u64..2 * MAX_STRUCTURES as u64));
    let seen = bench.live_until(59, |key| match key.name() {
        "datafork" => Outcome::NoRoom,
        _ => Outcome::Repaired,
    });
    let calls = seen.iter().filter(|(_, s)| matches!(s, Seen::Call(_))).count();
    assert_eq!(calls as u64, 3 * half);
}
