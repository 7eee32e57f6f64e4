// SPDX-License-Identifier: LGPL-2.1-or-later
//! Scenarios, one file per group of planner rules, told in the words of the [`Bench`].

mod again;
mod answers;
mod bounds;
mod budget;
mod burst;
mod clearance;
mod coalesce;
mod defects;
mod echoes;
mod ending;
mod escalation;
mod follow_up;
mod forced;
mod gaps;
mod inodes;
mod looks;
mod namesakes;
mod order;
mod others;
mod policy;
mod read_only;
mod slow;
mod untried;
mod vetting;

use super::defects::{Features, KernelDefects};
use super::*;
use crate::event::{Body, Change, Event, Target};
use std::time::Duration;

/// A planner, its clock, and the repairs, the full scrub and the look that have been started.
struct Bench {
    planner: Planner,
    now: Time,
    running: Vec<Repair>,
    scrub: Option<Ticket>,
    look: Option<Ticket>,
}

/// A structure by the word that messages use for it.
fn key(target: Target, name: &str) -> Key {
    let named = target.domain().structures().iter().find(|s| s.name() == name);
    Key::from_bit(target, named.expect("a word of the domain").bit).expect("a repair for it")
}

fn ag(number: u32, name: &str) -> Key {
    key(Target::Ag(number), name)
}

fn ino(ino: u64, name: &str) -> Key {
    key(Target::Inode { ino, generation: 7 }, name)
}

fn fs(name: &str) -> Key {
    key(Target::Fs, name)
}

/// The bit with which the kernel reports a structure.
fn bit(key: Key) -> u32 {
    let mut structures = key.target.domain().structures().iter();
    structures.find(|s| s.name() == key.name()).expect("each structure has a bit").bit
}

/// The defects that Linux 7.0.4 has on a filesystem as mkfs makes it.
fn defects() -> KernelDefects {
    KernelDefects::known(Some((7, 0, 4)), Features { rmapbt: true, metadir: false })
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The input of the bench.
impl Bench {
    /// A bench with one worker and no full scrubs, so that a scenario sees only repairs.
    fn new() -> Bench {
        Bench::with(|config| config.full_scrub = false)
    }

    fn with_full_scrubs() -> Bench {
        Bench::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Bench {
        let mut config = Config::default();
        change(&mut config);
        let planner = Planner::new(config);
        Bench { planner, now: Time::default(), running: Vec::new(), scrub: None, look: None }
    }

    fn report(&mut self, change: Change, target: Target, mask: u32) {
        self.event(Body::Health { change, target, mask });
    }

    fn event(&mut self, body: Body) {
        self.planner.event(&Event { time_ns: 0, body }, self.now);
    }

    fn sick(&mut self, key: Key) {
        self.report(Change::Sick, key.target, bit(key));
    }

    fn all_sick(&mut self, keys: &[Key]) {
        keys.iter().for_each(|key| self.sick(*key));
    }

    fn corrupt(&mut self, key: Key) {
        self.report(Change::Corrupt, key.target, bit(key));
    }

    fn healthy(&mut self, key: Key) {
        self.report(Change::Healthy, key.target, bit(key));
    }

    /// The kernel says that it has dropped reports.
    fn lost(&mut self) {
        self.event(Body::Lost { count: 7 });
    }

    /// Damage is reported for which only a full scrub is left.
    fn no_repair_for(&mut self, target: Target) {
        self.report(Change::Sick, target, 1 << 20);
    }

    /// A look finds damage; true if nobody knew.
    fn found(&mut self, key: Key) -> bool {
        self.planner.sick(key.target, bit(key), self.now) != 0
    }

    fn advance(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
    }

    fn advance_to(&mut self, second: u64) {
        self.now = Time::from_nanos(second * 1_000_000_000);
    }

    /// The repair of `key` that runs ends.
    fn ends(&mut self, key: Key, outcome: Outcome) {
        let at = self.running.iter().position(|r| r.key == key).expect("it runs");
        let repair = self.running.remove(at);
        self.planner.finished(repair.ticket, outcome, self.now);
    }

    fn scrub_ends(&mut self, end: ScrubEnd) {
        let ticket = self.scrub.take().expect("a full scrub runs");
        self.planner.scrub_finished(ticket, end, self.now);
    }

    /// The full scrub that was to start waits for somebody else's, for so many seconds at most.
    #[track_caller]
    fn scrub_waits(&mut self, seconds: u64) {
        let left = self.planner.scrub_waits(self.scrub.expect("it is to start"), self.now);
        assert_eq!(left, Some(Duration::from_secs(seconds)));
    }

    fn look_ends(&mut self, end: LookEnd) {
        let ticket = self.look.take().expect("a look runs");
        self.planner.look_finished(ticket, end, self.now);
    }
}

/// The expectations of the bench.
impl Bench {
    #[track_caller]
    fn expect_repair(&mut self, key: Key) {
        match self.planner.next(self.now) {
            Some(Action::Repair(repair)) => {
                assert_eq!(repair.key, key, "{} instead of {}", repair.key.name(), key.name());
                self.running.push(repair);
            }
            other => panic!("{other:?} instead of a repair of {}", key.name()),
        }
    }

    #[track_caller]
    fn expect_full_scrub(&mut self, reasons: Reasons) {
        match self.planner.next(self.now) {
            Some(Action::FullScrub { ticket, reasons: why }) => {
                assert_eq!(why, reasons);
                self.scrub = Some(ticket);
            }
            other => panic!("{other:?} instead of a full scrub"),
        }
    }

    #[track_caller]
    fn expect_look(&mut self, depth: Depth) {
        match self.planner.next(self.now) {
            Some(Action::Look { ticket, depth: how }) => {
                assert_eq!(how, depth);
                self.look = Some(ticket);
            }
            other => panic!("{other:?} instead of a look"),
        }
    }

    /// A look is asked for and finds nothing, as after each full scrub.
    #[track_caller]
    fn look_around(&mut self, depth: Depth) {
        self.expect_look(depth);
        self.look_ends(LookEnd::Complete);
    }

    /// A look at everything runs that cannot look at all of these AGs.
    #[track_caller]
    fn cannot_look_at(&mut self, agnos: &[u32]) {
        self.planner.look(Depth::Deep);
        self.expect_look(Depth::Deep);
        agnos.iter().for_each(|agno| self.planner.missed(Some(*agno), self.now));
        self.look_ends(LookEnd::Incomplete);
        assert!(self.planner.is_blind());
    }

    /// A look at an AG cannot see either what an earlier one could not see of it.
    #[track_caller]
    fn look_in_vain(&mut self, agno: u32) {
        self.expect_look(Depth::Inodes(agno));
        self.planner.missed(Some(agno), self.now);
        self.look_ends(LookEnd::Incomplete);
    }

    /// A full scrub is asked for on a kernel with a defect: every inode is looked at first.
    #[track_caller]
    fn expect_vetted_scrub(&mut self, reasons: Reasons) {
        self.look_around(Depth::Deep);
        self.expect_full_scrub(reasons);
    }

    #[track_caller]
    fn expect_said(&mut self, notice: Notice) {
        assert_eq!(self.planner.next(self.now), Some(Action::Say(notice)));
    }

    /// Time until the planner has something to do.
    fn wait(&self) -> Option<Duration> {
        self.planner.wake_at(self.now).map(|at| at.since(self.now))
    }

    #[track_caller]
    fn expect_quiet(&mut self) {
        assert_eq!(self.planner.next(self.now), None);
        assert_ne!(self.wait(), Some(Duration::ZERO), "a busy loop");
    }

    /// Expects nothing to do, and nothing before this many seconds have passed.
    #[track_caller]
    fn expect_quiet_for(&mut self, seconds: u64) {
        self.expect_quiet();
        assert_eq!(self.wait(), Some(Duration::from_secs(seconds)));
    }

    /// Expects nothing to do, and nothing to wait for.
    #[track_caller]
    fn expect_end(&mut self) {
        self.expect_quiet();
        assert_eq!(self.wait(), None);
    }

    /// A repair is asked for and ends like this.
    #[track_caller]
    fn run(&mut self, key: Key, outcome: Outcome) {
        self.expect_repair(key);
        self.ends(key, outcome);
    }

    /// A repair is asked for and heals, with the events that the kernel sends meanwhile.
    #[track_caller]
    fn heal(&mut self, key: Key) {
        self.expect_repair(key);
        self.sick(key);
        self.healthy(key);
        self.ends(key, Outcome::Repaired);
        self.expect_said(Notice::Repaired(key));
    }

    /// A repair is asked for and fails for the first time.
    #[track_caller]
    fn fail(&mut self, key: Key) {
        self.run(key, Outcome::Failed);
        self.expect_said(Notice::Failed(key, Failure::Corrupt));
    }

    /// A structure is reported, and no single repair mends it.
    #[track_caller]
    fn fail_for_good(&mut self, key: Key) {
        self.sick(key);
        self.run(key, Outcome::Unsupported);
        self.expect_said(Notice::Failed(key, Failure::Unsupported));
    }
}

/// An action that the planner asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Call(Key),
    Scrub(Reasons),
    Look(Depth),
    Announced(Notice),
}

impl Bench {
    /// Runs like a daemon until a point in time: does at once what is asked for, then sleeps as
    /// long as the planner says. Full scrubs end at once and leave damage; looks find nothing.
    fn live_until(&mut self, second: u64, answer: impl Fn(Key) -> Outcome) -> Vec<(u64, Seen)> {
        let mut seen = Vec::new();
        let end = Time::from_nanos(second * 1_000_000_000);
        loop {
            while let Some(action) = self.planner.next(self.now) {
                let at = self.now.since(Time::default()).as_secs();
                seen.push((at, self.live(action, &answer)));
            }
            let wait = self.wait();
            let next = wait.map(|wait| self.now.after(wait)).filter(|next| *next <= end);
            let Some(next) = next else { break };
            assert!(next > self.now, "a busy loop");
            self.now = next;
        }
        self.now = end;
        seen
    }

    fn live(&mut self, action: Action, answer: impl Fn(Key) -> Outcome) -> Seen {
        match action {
            Action::Say(notice) => Seen::Announced(notice),
            Action::FullScrub { ticket, reasons } => {
                self.planner.scrub_finished(ticket, ScrubEnd::Finished { clean: false }, self.now);
                Seen::Scrub(reasons)
            }
            Action::Look { ticket, depth } => {
                self.planner.look_finished(ticket, LookEnd::Complete, self.now);
                Seen::Look(depth)
            }
            Action::Repair(repair) => {
                self.planner.finished(repair.ticket, answer(repair.key), self.now);
                Seen::Call(repair.key)
            }
        }
    }
}

/// Times when a structure was tried, in seconds.
fn calls_of(seen: &[(u64, Seen)], key: Key) -> Vec<u64> {
    seen.iter().filter(|(_, s)| *s == Seen::Call(key)).map(|(at, _)| *at).collect()
}

/// Number of times that something was seen.
fn count(seen: &[(u64, Seen)], what: Seen) -> usize {
    seen.iter().filter(|(_, s)| *s == what).count()
}
