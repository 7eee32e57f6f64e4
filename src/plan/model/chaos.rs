// SPDX-License-Identifier: LGPL-2.1-or-later
//! Random events in any order: nothing that a caller or a kernel does breaks the planner.

use super::*;
use crate::event::ShutdownReasons;
use crate::property::*;
use crate::uapi::XFS_AG_GEOM_SICK_INODES;
use proptest::collection::vec;

/// An event of a random run.
#[derive(Clone, Debug)]
enum Step {
    Report(Change, Target, u32),
    Found(Target, u32),
    /// Sick inodes that nobody has seen before: their number, and the mask of each.
    Strangers(u8, u32),
    /// Sick inodes in this number of AGs.
    Ags(u32),
    /// A running repair ends, after these events about its target, and perhaps after this is found
    /// of it.
    Answer(usize, Vec<(Change, u32)>, Option<u32>, Outcome),
    ScrubEnds(ScrubEnd),
    ScrubWaits,
    Look(Depth),
    /// The look that runs cannot see something: of this AG, or elsewhere.
    Missed(Option<u32>),
    LookEnds(LookEnd),
    Lost,
    LostSilently,
    SetPolicy(Policy),
    TryAgain,
    WrongTicket(u64, Outcome),
    SleepAsTold,
    SleepTooShort,
    Sleep(Duration),
    End(Body),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![4 => Just(Change::Sick), 2 => Just(Change::Corrupt), 2 => Just(Change::Healthy)]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Fs),
        (0u32..2).prop_map(Target::Ag),
        Just(Target::Rtgroup(0)),
        // Inodes without a generation are in the tests of namesakes: here each target is another.
        (0u64..6, 1u32..3).prop_map(|(ino, generation)| Target::Inode { ino, generation }),
    ]
}

/// Gives mostly a bit that has a name; sometimes many, also some without a name.
fn mask() -> impl Strategy<Value = u32> {
    prop_oneof![6 => (0u32..11).prop_map(|n| 1 << n), 1 => any::<u32>()]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    use Outcome::*;
    prop_oneof![
        20 => prop::sample::select(vec![Repaired, Fine, Failed, Failed, Failed, CrossFailed]),
        10 => prop::sample::select(vec![DeviceError, Error(71), Gone, Busy, Incomplete, NoRoom]),
        4 => prop::sample::select(vec![Unsupported, KernelDefect, Unlinked, Vanished]),
        4 => prop::sample::select(vec![ReadOnly, NoRecovery, Unreachable(libc::ESTALE)]),
        1 => Just(Forbidden),
        1 => Just(Shutdown),
    ]
}

fn scrub_end() -> impl Strategy<Value = ScrubEnd> {
    use ScrubEnd::*;
    let finished = any::<bool>().prop_map(|clean| Finished { clean });
    let others = prop::sample::select(vec![NotStarted, Interrupted, Others, Untold]);
    prop_oneof![4 => finished, 3 => others]
}

fn look_end() -> impl Strategy<Value = LookEnd> {
    use LookEnd::*;
    prop::sample::select(vec![Complete, Complete, Incomplete, NotLooked, Vanished])
}

fn depth() -> impl Strategy<Value = Depth> {
    use Depth::*;
    prop::sample::select(vec![Shallow, Deep, Checks, Inodes(0), Inodes(1), Inodes(7)])
}

fn step() -> impl Strategy<Value = Step> {
    let policy = prop::sample::select(vec![
        Policy::Repair,
        Policy::Repair,
        Policy::Repair,
        Policy::Log,
        Policy::Ignore,
    ]);
    let sleep = prop::sample::select(vec![1, 9, 51, 600, 3600, 6 * 3600, 25 * 3600, 90 * 86400]);
    let reasons = ShutdownReasons::empty();
    let end = prop::sample::select(vec![Body::Unmount, Body::Shutdown { reasons }]);
    prop_oneof![
        120 => (change(), target(), mask()).prop_map(|(c, t, m)| Step::Report(c, t, m)),
        20 => (target(), mask()).prop_map(|(t, m)| Step::Found(t, m)),
        10 => (1u8..9, mask()).prop_map(|(n, m)| Step::Strangers(n, m)),
        1 => (0u32..1500).prop_map(Step::Ags),
        160 => (any::<usize>(), vec((change(), mask()), 0..3), prop::option::weighted(0.2, mask()), outcome())
            .prop_map(|(which, echoes, left, outcome)| Step::Answer(which, echoes, left, outcome)),
        10 => depth().prop_map(Step::Look),
        10 => prop::option::weighted(0.8, 0u32..2).prop_map(Step::Missed),
        40 => look_end().prop_map(Step::LookEnds),
        10 => Just(Step::LostSilently),
        40 => scrub_end().prop_map(Step::ScrubEnds),
        15 => Just(Step::ScrubWaits),
        10 => Just(Step::Lost),
        10 => policy.prop_map(Step::SetPolicy),
        10 => Just(Step::TryAgain),
        5 => (any::<u64>(), outcome()).prop_map(|(t, outcome)| Step::WrongTicket(t, outcome)),
        80 => Just(Step::SleepAsTold),
        20 => Just(Step::SleepTooShort),
        20 => sleep.prop_map(|seconds| Step::Sleep(Duration::from_secs(seconds))),
        2 => end.prop_map(Step::End),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let known = defects::Features { rmapbt: true, metadir: false };
    let all = defects::KernelDefects::known(None, known);
    let defects = prop::sample::select(vec![defects::KernelDefects::default(), all]);
    let pace = prop::sample::select(vec![Pace::Steady, Pace::Steady, Pace::Hurried]);
    let escalate = prop_oneof![
        2 => Just(Escalate::default()),
        1 => (0u32..6, 1u64..600).prop_map(|(structures, seconds)| Escalate {
            structures,
            within: Duration::from_secs(seconds),
        }),
    ];
    let dry_run = prop::bool::weighted(0.2);
    ((0usize..5, 0usize..3), any::<bool>(), (defects, 0u32..4), pace, escalate, dry_run).prop_map(
        |((workers, ahead), full_scrub, (defects, ag_count), pace, escalate, dry_run)| Config {
            workers,
            ahead,
            full_scrub,
            defects,
            ag_count,
            pace,
            escalate,
            dry_run,
            agno_shift: 2,
            ..Config::default()
        },
    )
}

/// True if a structure that gets this answer, and no further report, is done with.
fn is_final(outcome: Outcome) -> bool {
    use Outcome::*;
    // Not a file that is gone: while what finds inodes is sick it is looked for again.
    matches!(outcome, Repaired | Fine | Shutdown | Unsupported | KernelDefect | Unlinked | Vanished)
}

impl Checked {
    fn step(&mut self, step: &Step, strangers: &mut u64) {
        match step {
            Step::Report(change, target, mask) => self.health(*change, *target, *mask),
            Step::Found(target, mask) => self.found(*target, *mask),
            Step::Strangers(n, mask) => {
                for ino in *strangers..*strangers + u64::from(*n) {
                    self.health(Change::Sick, Target::Inode { ino, generation: 0 }, *mask);
                }
                *strangers += u64::from(*n);
            }
            Step::Ags(n) => {
                let inodes_sick = XFS_AG_GEOM_SICK_INODES;
                (0..*n).for_each(|n| self.health(Change::Sick, Target::Ag(n), inodes_sick));
            }
            Step::Answer(which, echoes, left, outcome) => {
                self.answer(*which, echoes, *left, *outcome);
            }
            Step::ScrubEnds(end) => self.scrub_ends(*end),
            Step::ScrubWaits => drop(self.scrub_waits()),
            Step::Look(depth) => self.ask(*depth),
            Step::Missed(agno) => self.planner.missed(*agno, self.now),
            Step::LookEnds(end) => self.look_ends(*end),
            Step::LostSilently => self.lost(),
            Step::Lost => self.event(Body::Lost { count: 1 }),
            Step::SetPolicy(policy) => self.set_policy(*policy),
            Step::TryAgain => {
                self.planner.try_again(self.now);
                // Somebody wants it to be tried now.
                (self.refused, self.looked, self.not_looked) = (None, None, None);
                self.gap_looks.clear();
            }
            Step::WrongTicket(ticket, outcome) => {
                let ticket = Ticket(ticket | 1 << 63);
                self.planner.finished(ticket, *outcome, self.now);
                self.planner.scrub_waits(ticket, self.now);
                self.planner.scrub_finished(ticket, ScrubEnd::NotStarted, self.now);
                self.planner.look_finished(ticket, LookEnd::NotLooked, self.now);
            }
            Step::SleepAsTold => drop(self.sleep(self.now.after(100 * DAY))),
            Step::SleepTooShort => self.sleep_too_short(),
            Step::Sleep(duration) => self.now = self.now.after(*duration),
            Step::End(body) => self.event(*body),
        }
    }

    fn health(&mut self, change: Change, target: Target, mask: u32) {
        self.event(Body::Health { change, target, mask });
    }

    fn answer(
        &mut self,
        which: usize,
        echoes: &[(Change, u32)],
        left: Option<u32>,
        outcome: Outcome,
    ) {
        let Some(place) = which.checked_rem(self.running.len()) else { return };
        let target = self.running[place].1.key.target;
        echoes.iter().for_each(|(change, mask)| self.health(*change, target, *mask));
        left.into_iter().for_each(|mask| self.follow_up(place, mask));
        self.ends(place, outcome);
    }

    /// Lives on while nothing comes in but answers, each the same for ever.
    fn settle(&mut self, outcome: Outcome, scrub_end: ScrubEnd, look_end: LookEnd) {
        self.set_policy(Policy::Repair);
        let mut late = 0;
        let (begin, pauses) = (self.now, self.now.after(4 * DAY));
        let end = self.now.after(9 * DAY);
        loop {
            let actions = self.drain().len();
            late += if self.now > pauses { actions } else { 0 };
            while !self.running.is_empty() {
                self.ends(0, outcome);
            }
            self.scrub_ends(scrub_end);
            self.look_ends(look_end);
            if actions == 0 && !self.sleep(end) {
                break;
            }
        }
        // For each structure one attempt a day, or a delay of ten minutes; for each that can run one
        // refusal an hour (whether it is writable is asked each minute); one full scrub in six hours.
        let known = self.planner.table.len() + 1;
        let a_day = if outcome == Outcome::ReadOnly { 24 * 60 } else { 24 };
        let refusals = self.most_running() * 5 * a_day;
        let calls = if is_delay(outcome) { known * 5 * 144 } else { known * 6 + refusals };
        // A full scrub and the look after it; a look that cannot begin is tried once an hour, one at
        // what another could not see once a day.
        let (scrubs, looks) = (2 * 5 * 4, 5 * 24 + 6 * self.planner.looks.gaps());
        assert!(late <= calls + scrubs + looks, "{late} actions in the last five days");
        if is_verdict(outcome) && !self.has_given_up() && !self.config.dry_run {
            let was_tried = |key: &Key| self.calls[key].iter().any(|call| call.began >= begin);
            assert!(self.bad.iter().all(|key| !self.is_pending(*key) || was_tried(key)));
        }
        // A full scrub that comes to no verdict is tried again, a few times a day.
        let is_judged = matches!(scrub_end, ScrubEnd::Finished { .. } | ScrubEnd::Untold);
        // What a look could not see is looked for again once a day.
        let is_retried = !is_judged || look_end != LookEnd::Complete;
        let is_over = self.planner.wake_at(self.now).is_none() || is_retried;
        assert!(is_over || !is_final(outcome), "nothing is left to do");
    }
}

/// Most steps of a random run.
const MOST_STEPS: usize = 120;

/// Everything that happens in a random run, and the answer that is given for ever in the end.
type Life = (Config, usize, Vec<Step>, (Outcome, ScrubEnd, LookEnd));

fn life() -> impl Strategy<Value = Life> {
    let room = prop::sample::select(vec![5, MAX_STRUCTURES, MAX_STRUCTURES]);
    (config(), room, vec(step(), 1..MOST_STEPS), (outcome(), scrub_end(), look_end()))
}

fn live((config, room, steps, last): Life) {
    let mut checked = Checked::new(config, room);
    let mut strangers = 1000;
    for step in &steps {
        checked.step(step, &mut strangers);
        checked.drain();
    }
    checked.settle(last.0, last.1, last.2);
    if room == MAX_STRUCTURES {
        checked.check_calls();
    }
}

/// A run in which happens what these bytes choose: the first eight how it begins and ends, and each
/// four of the others a step, so that what is changed of them changes one.
pub(crate) fn whatever_happens(bytes: &[u8]) {
    let (life_of, steps) = bytes.split_at(bytes.len().min(8));
    let Some((config, room, _, last)) = chosen(&life(), life_of) else { return };
    // The checks of a look take the square of the number of AGs, too long for a fuzzer.
    let with_few_ags = |step| if let Step::Ags(n) = step { Step::Ags(n % 32) } else { step };
    let steps = steps.chunks(4).take(MOST_STEPS).filter_map(|bytes| chosen(&step(), bytes));
    let steps = steps.map(with_few_ags);
    live((config, room, steps.collect(), last));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_happens_the_rules_hold_and_it_settles(life in life()) {
        live(life);
    }
}
