// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rule 5: what waits for a writable mount. Each report of it asks again, at most once a second.

use super::*;
use crate::property::*;

const BNOBT: &str = "bnobt";

/// Damage in two AGs of a filesystem that no mount can write to; that has been said.
fn read_only() -> Bench {
    let mut bench = Bench::new();
    bench.all_sick(&[ag(1, BNOBT), ag(2, BNOBT)]);
    bench.run(ag(1, BNOBT), Outcome::ReadOnly);
    bench.expect_said(Notice::ReadOnly);
    bench.expect_quiet_for(MINUTE);
    bench
}

impl Bench {
    fn advance_ms(&mut self, ms: u64) {
        self.now = self.now.after(Duration::from_millis(ms));
    }
}

#[test]
fn whoever_stumbles_on_what_waits_has_it_repaired_at_once_if_it_can_be() {
    let mut bench = read_only();
    for key in [ag(2, BNOBT), ag(1, BNOBT), ag(7, BNOBT)] {
        bench.advance(20);
        bench.expect_quiet_for(40);
        bench.sick(key);
        // Whichever comes first in the order of repairs: it is about the mount.
        let Some(Action::Repair(repair)) = bench.planner.next(bench.now) else { panic!() };
        bench.planner.finished(repair.ticket, Outcome::ReadOnly, bench.now);
        bench.expect_quiet_for(MINUTE);
    }
    bench.advance(1);
    bench.sick(ag(2, BNOBT));
    for _ in 0..3 {
        let Some(Action::Repair(repair)) = bench.planner.next(bench.now) else { panic!() };
        bench.planner.finished(repair.ticket, Outcome::Repaired, bench.now);
        bench.expect_said(Notice::Repaired(repair.key));
    }
    bench.expect_end();
}

#[test]
fn but_no_sooner_than_after_a_second() {
    let mut bench = read_only();
    bench.advance_ms(300);
    bench.sick(ag(1, BNOBT));
    bench.sick(ag(1, BNOBT));
    bench.expect_quiet();
    assert_eq!(bench.wait(), Some(Duration::from_millis(700)));
    bench.advance_ms(700);
    bench.run(ag(2, BNOBT), Outcome::ReadOnly);
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn what_a_repair_of_ours_stumbles_on_or_a_look_finds_asks_for_nothing() {
    let mut bench = read_only();
    bench.found(ag(1, BNOBT));
    bench.found(ag(3, BNOBT));
    bench.expect_quiet_for(MINUTE);
    bench.advance(20);
    bench.sick(ag(1, BNOBT));
    bench.expect_repair(ag(2, BNOBT));
    bench.all_sick(&[ag(1, BNOBT), ag(2, BNOBT)]);
    bench.ends(ag(2, BNOBT), Outcome::ReadOnly);
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn neither_does_what_would_not_be_repaired_now_anyway() {
    let mut bench = read_only();
    // Whatever scrub has found it it may repair itself.
    bench.corrupt(ag(3, BNOBT));
    bench.healthy(ag(1, BNOBT));
    bench.expect_quiet_for(MINUTE);
}

#[test]
fn nor_does_any_report_end_a_pause_for_failures() {
    let mut bench = Bench::with(|config| (config.full_scrub, config.workers) = (false, 2));
    bench.all_sick(&[ino(1, "core"), ag(1, BNOBT)]);
    bench.expect_repair(ag(1, BNOBT));
    bench.expect_repair(ino(1, "core"));
    for _ in 0..100 {
        bench.planner.hold.failed(bench.now);
    }
    bench.ends(ag(1, BNOBT), Outcome::ReadOnly);
    bench.ends(ino(1, "core"), Outcome::ReadOnly);
    bench.expect_said(Notice::ReadOnly);
    bench.advance(1);
    bench.all_sick(&[ino(1, "core"), ag(1, BNOBT)]);
    bench.expect_quiet_for(HOUR - 1);
}

/// Times of what happens, in milliseconds after the start.
#[derive(Debug)]
struct Story {
    touches: Vec<u64>,
    writable: u64,
}

impl Story {
    /// A daemon lives until it has healed what was damaged; gives when it made calls.
    fn lives(&self) -> Vec<u64> {
        let mut bench = Bench::new();
        let at = |ms: u64| Time::default().after(Duration::from_millis(ms));
        bench.all_sick(&[ag(1, BNOBT), ag(2, BNOBT)]);
        let (mut calls, mut touches) = (Vec::new(), self.touches.iter().copied().peekable());
        loop {
            let ms = bench.now.since(Time::default()).as_millis() as u64;
            while touches.next_if(|touch| *touch <= ms).is_some() {
                bench.sick(ag(1, BNOBT));
            }
            while let Some(action) = bench.planner.next(bench.now) {
                let Action::Repair(repair) = action else { continue };
                calls.push(ms);
                // To look at it is to report it, and perhaps what else is damaged.
                bench.all_sick(&[ag(1, BNOBT), ag(2, BNOBT)]);
                if ms < self.writable {
                    bench.planner.finished(repair.ticket, Outcome::ReadOnly, bench.now);
                } else {
                    return calls;
                }
            }
            let wait = bench.wait().expect("it is to be repaired");
            assert!(wait > Duration::ZERO, "a busy loop");
            let next = touches.peek().map_or(Time::NEVER, |touch| at(*touch));
            bench.now = next.min(bench.now.after(wait));
        }
    }
}

proptest! {
    #[test]
    fn it_is_healed_when_it_is_touched_or_within_a_minute_and_few_calls_are_made(
        touches in prop::collection::vec(0_u64..300_000, 0..40),
        writable in 0_u64..300_000,
    ) {
        let mut story = Story { touches, writable };
        story.touches.sort_unstable();
        let mut calls = story.lives();
        let healed = calls.pop().expect("the last one heals");
        let second = |ms: &u64| ms + 1_000;
        let after = calls.last().map_or(0, second).max(writable);
        let touch = story.touches.iter().find(|touch| **touch >= writable).copied();
        prop_assert!(touch.is_none_or(|touch| healed <= touch.max(after)), "{healed} {calls:?}");
        prop_assert!(healed <= writable + 60_000, "{healed} {calls:?}");
        prop_assert!(calls.windows(2).all(|pair| pair[1] >= second(&pair[0])), "{calls:?}");
        let of_itself = calls.last().map_or(0, |last| last / 60_000) as usize + 1;
        prop_assert!(calls.len() <= of_itself + story.touches.len(), "{calls:?}");
    }
}
