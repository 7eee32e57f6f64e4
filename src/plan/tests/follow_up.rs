// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 9: what is left of an inode after its core was repaired. And the pace of a one-shot.

use super::*;

impl Bench {
    /// The kernel says after the repair of `key` that these are sick.
    fn left(&mut self, key: Key, sick: &[Key]) {
        let ticket = self.running.iter().find(|r| r.key == key).expect("it runs").ticket;
        let mask = sick.iter().map(|key| bit(*key)).sum();
        self.planner.follow_up(ticket, mask, self.now);
    }
}

fn core_runs() -> Bench {
    let mut bench = Bench::new();
    bench.sick(ino(9, "core"));
    bench.expect_repair(ino(9, "core"));
    // The repair reports what it finds and never says that the core is healthy.
    bench.sick(ino(9, "core"));
    bench
}

#[test]
fn a_healed_core_with_sick_forks_goes_on_with_the_forks_at_once() {
    let [core, data, directory] = ["core", "datafork", "directory"].map(|name| ino(9, name));
    let mut bench = core_runs();
    bench.left(core, &[data, directory]);
    bench.ends(core, Outcome::Repaired);
    bench.expect_said(Notice::Repaired(core));
    bench.heal(data);
    bench.heal(directory);
    bench.expect_end();
}

#[test]
fn a_core_that_is_not_among_what_is_left_is_not_looked_at_again() {
    let mut bench = core_runs();
    bench.left(ino(9, "core"), &[]);
    bench.ends(ino(9, "core"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ino(9, "core")));
    bench.expect_end();
}

#[test]
fn a_core_that_is_still_sick_is_looked_at_once_more() {
    let mut bench = core_runs();
    bench.left(ino(9, "core"), &[ino(9, "core")]);
    bench.ends(ino(9, "core"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ino(9, "core")));
    bench.expect_quiet_for(10);
    bench.advance(10);
    bench.heal(ino(9, "core"));
    bench.expect_end();
}

#[test]
fn a_cow_fork_that_is_left_is_left_alone() {
    let mut bench = core_runs();
    bench.left(ino(9, "core"), &[ino(9, "cowfork")]);
    bench.ends(ino(9, "core"), Outcome::Repaired);
    bench.expect_said(Notice::Repaired(ino(9, "core")));
    bench.expect_said(Notice::OfflineNeeded(ino(9, "cowfork"), Failure::Unsupported));
    bench.expect_end();
}

fn hurried() -> Bench {
    Bench::with(|config| (config.pace, config.full_scrub) = (Pace::Hurried, false))
}

#[test]
fn in_a_hurry_attempts_follow_at_0_1_and_3_seconds_then_after_the_long_pauses() {
    let mut bench = hurried();
    bench.sick(ag(1, "bnobt"));
    let seen = bench.live_until(DAY, |_| Outcome::Failed);
    let calls = calls_of(&seen, ag(1, "bnobt"));
    assert_eq!(calls[..5], [0, 1, 3, 3 + HOUR, 3 + 3 * HOUR]);
    let last = Notice::OfflineNeeded(ag(1, "bnobt"), Failure::Corrupt);
    assert!(seen.contains(&(3, Seen::Announced(last))));
}

#[test]
fn in_a_hurry_what_a_scrub_found_has_no_grace() {
    let mut bench = hurried();
    bench.corrupt(ag(1, "bnobt"));
    bench.heal(ag(1, "bnobt"));
    bench.expect_end();
}

#[test]
fn in_a_hurry_the_inodes_of_an_ag_are_found_by_memory_at_once() {
    let mut bench = hurried();
    bench.planner.look(Depth::Checks);
    bench.expect_look(Depth::Checks);
    bench.planner.sick(Target::Ag(3), 1 << 10, bench.now);
    bench.look_ends(LookEnd::Complete);
    bench.look_around(Depth::Inodes(3));
    bench.expect_end();
}
