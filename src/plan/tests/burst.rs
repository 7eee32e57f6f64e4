// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 6: so much damage in so short a time that a full scrub is called for.

use super::*;

/// A planner for which more than 10 structures in a minute are too many; no repair is in the way.
fn limited() -> Bench {
    let within = Duration::from_secs(MINUTE);
    Bench::with(|config| config.escalate = Escalate { structures: 10, within })
}

impl Bench {
    fn symlinks_sick(&mut self, numbers: std::ops::Range<u64>) {
        numbers.for_each(|n| self.sick(ino(n, "symlink")));
    }
}

/// Number of full scrubs that were started for a burst of damage.
fn bursts(seen: &[(u64, Seen)]) -> usize {
    count(seen, Seen::Scrub(Reasons::BURST))
}

#[test]
fn one_structure_more_than_allowed_starts_a_full_scrub_at_once() {
    let mut bench = limited();
    bench.symlinks_sick(0..10);
    bench.expect_repair(ino(0, "symlink"));
    bench.symlinks_sick(10..11);
    bench.expect_full_scrub(Reasons::BURST);
}

#[test]
fn by_default_that_is_more_than_100_in_10_minutes() {
    let mut bench = Bench::with_full_scrubs();
    bench.symlinks_sick(0..100);
    let seen = bench.live_until(9 * MINUTE, |_| Outcome::Repaired);
    assert_eq!(bursts(&seen), 0);
    bench.symlinks_sick(100..101);
    bench.expect_full_scrub(Reasons::BURST);
}

#[test]
fn the_same_structures_again_and_again_are_none() {
    let mut bench = limited();
    for second in 0..HOUR {
        bench.symlinks_sick(0..10);
        let seen = bench.live_until(second, |_| Outcome::Repaired);
        assert_eq!(bursts(&seen), 0);
    }
}

#[test]
fn neither_are_many_one_after_the_other() {
    let mut bench = limited();
    for n in 0..HOUR / 6 {
        bench.advance_to(n * 6);
        bench.symlinks_sick(n..n + 1);
        let seen = bench.live_until(n * 6, |_| Outcome::Repaired);
        assert_eq!(bursts(&seen), 0);
    }
}

#[test]
fn a_burst_starts_exactly_one_full_scrub() {
    let mut bench = limited();
    let mut seen = Vec::new();
    for second in 0..30 {
        bench.symlinks_sick(second * 20..second * 20 + 20);
        seen.extend(bench.live_until(second, |_| Outcome::Repaired));
    }
    seen.extend(bench.live_until(5 * HOUR, |_| Outcome::Repaired));
    assert_eq!(bursts(&seen), 1);
}

#[test]
fn also_if_all_of_it_comes_before_the_full_scrub_begins_and_the_rest_during_it() {
    let mut bench = limited();
    bench.symlinks_sick(0..95);
    bench.expect_full_scrub(Reasons::BURST);
    bench.symlinks_sick(95..400);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.symlinks_sick(400..410);
    let seen = bench.live_until(7 * DAY, |_| Outcome::Repaired);
    assert_eq!(bursts(&seen), 0);
}

#[test]
fn a_later_burst_starts_the_next_after_the_gap() {
    let mut bench = limited();
    bench.symlinks_sick(0..11);
    bench.expect_full_scrub(Reasons::BURST);
    bench.scrub_ends(ScrubEnd::Finished { clean: true });
    bench.live_until(HOUR, |_| Outcome::Repaired);
    bench.symlinks_sick(20..31);
    let seen = bench.live_until(7 * HOUR, |_| Outcome::Repaired);
    assert!(seen.contains(&(6 * HOUR, Seen::Scrub(Reasons::BURST))), "{seen:?}");
}

#[test]
fn a_limit_of_nothing_makes_each_report_a_burst_and_still_one_full_scrub_in_6_hours() {
    let within = Duration::from_secs(DAY);
    let mut bench = Bench::with(|config| config.escalate = Escalate { structures: 0, within });
    let mut scrubs = 0;
    for n in 0..24 {
        bench.symlinks_sick(n * 10..n * 10 + 10);
        scrubs += bursts(&bench.live_until(n * HOUR, |_| Outcome::Repaired));
    }
    assert!((2..=4).contains(&scrubs), "{scrubs}");
}
