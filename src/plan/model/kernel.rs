// SPDX-License-Identifier: LGPL-2.1-or-later
//! A kernel with real damage. Whatever can be healed is healed, the rest is said to need offline
//! repair, and then there is silence.

use super::*;
use crate::event::Target;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// How a structure behaves when it is repaired.
#[derive(Clone, Copy, Debug)]
enum Nature {
    /// Heals, and HEALTHY says so before the call returns.
    Heals,
    /// Heals, and nothing but the answer says so.
    HealsQuietly,
    /// Heals, and HEALTHY comes some time after the answer.
    HealsLate,
    /// Answers so many times that something holds it up, then heals.
    HeldUp(u32, Outcome),
    /// Cannot be rebuilt before the structure of this bit of its target is good.
    Needs(u32, Outcome),
    /// Heals, and is damaged again at once.
    Flaps,
    /// Never heals.
    Broken(Outcome),
}

/// A repair or a full scrub that ends, a late HEALTHY, or somebody who reads everything.
#[derive(Clone, Copy, Debug)]
enum Due {
    End(Ticket),
    Healthy(Key),
    Touch,
}

struct Kernel {
    checked: Checked,
    natures: BTreeMap<Key, Nature>,
    damaged: BTreeSet<Key>,
    delays: BTreeMap<Key, u32>,
    due: Vec<(Time, Due)>,
    duration: Duration,
    scrubs: usize,
}

impl Kernel {
    fn new(config: Config, natures: BTreeMap<Key, Nature>, duration: Duration) -> Kernel {
        Kernel {
            checked: Checked::new(config, MAX_STRUCTURES),
            damaged: natures.keys().copied().collect(),
            natures,
            delays: BTreeMap::new(),
            due: Vec::new(),
            duration,
            scrubs: 0,
        }
    }

    fn live_until(&mut self, end: Time) {
        loop {
            for action in self.checked.drain() {
                self.begin(action);
            }
            let next = self.due.iter().map(|(at, _)| *at).min();
            let limit = next.unwrap_or(end).min(end);
            // As a daemon: asleep until something happens or the planner wants to be woken.
            if limit > self.checked.now && self.checked.sleep(limit) {
                continue;
            }
            match self.due.iter().position(|(at, _)| *at <= self.checked.now) {
                Some(place) => self.happens(place),
                None => return,
            }
        }
    }

    fn begin(&mut self, action: Action) {
        let ticket = match action {
            Action::Say(_) => return,
            Action::Repair(repair) => repair.ticket,
            Action::FullScrub { ticket, .. } => ticket,
        };
        self.scrubs += usize::from(matches!(action, Action::FullScrub { .. }));
        self.due.push((self.checked.now.after(self.duration), Due::End(ticket)));
    }

    fn happens(&mut self, place: usize) {
        match self.due.remove(place).1 {
            Due::Touch => self.damaged.clone().into_iter().for_each(|key| self.tell(key, true)),
            Due::Healthy(key) => self.tell(key, false),
            Due::End(ticket) if self.checked.scrub == Some(ticket) => {
                let clean = self.damaged.is_empty();
                self.checked.scrub_ends(ScrubEnd::Finished { clean });
            }
            Due::End(ticket) => {
                let mut running = self.checked.running.iter();
                let place = running.position(|(_, repair)| repair.ticket == ticket);
                self.repair(place.expect("it runs"));
            }
        }
    }

    fn tell(&mut self, key: Key, is_sick: bool) {
        let structures = key.target.domain().structures();
        let mask = structures.iter().find(|s| s.name == key.name()).map_or(0, |s| s.bit);
        let change = if is_sick { Change::Sick } else { Change::Healthy };
        self.checked.event(Body::Health { change, target: key.target, mask });
    }

    /// What the kernel does for a repair call: it looks first, and so reports the damage again.
    fn repair(&mut self, place: usize) {
        let key = self.checked.running[place].1.key;
        let outcome = match self.natures.get(&key).copied() {
            Some(nature) if self.damaged.contains(&key) => {
                self.tell(key, true);
                self.try_to_heal(key, nature)
            }
            _ => Outcome::Fine,
        };
        self.checked.ends(place, outcome);
        if matches!(self.natures.get(&key), Some(Nature::Flaps)) && outcome == Outcome::Repaired {
            self.damaged.insert(key);
            self.tell(key, true);
        }
    }

    fn try_to_heal(&mut self, key: Key, nature: Nature) -> Outcome {
        match nature {
            Nature::Broken(outcome) => return outcome,
            Nature::HeldUp(times, outcome) => {
                let delays = self.delays.entry(key).or_default();
                *delays += 1;
                if *delays <= times {
                    return outcome;
                }
            }
            Nature::Needs(bit, outcome) => {
                let needed = needed_by(key, bit).filter(|needed| self.damaged.contains(needed));
                if let Some(needed) = needed {
                    self.tell(needed, true);
                    return outcome;
                }
            }
            Nature::Heals | Nature::HealsQuietly | Nature::HealsLate | Nature::Flaps => {}
        }
        self.damaged.remove(&key);
        match nature {
            Nature::HealsQuietly => {}
            Nature::HealsLate => {
                let late = self.checked.now.after(Duration::from_secs(3));
                self.due.push((late, Due::Healthy(key)));
            }
            _ => self.tell(key, false),
        }
        Outcome::Repaired
    }

    /// Whether it can be healed, given that everything it needs can: within three attempts no
    /// more than two others can have come first.
    fn is_healable(&self, key: Key) -> bool {
        let mut at = key;
        for _ in 0..3 {
            let needed = match self.natures.get(&at) {
                Some(Nature::Needs(bit, _)) => needed_by(at, *bit),
                Some(Nature::Broken(_) | Nature::Flaps) => return false,
                _ => return true,
            };
            match needed {
                Some(needed) => at = needed,
                None => return true,
            }
        }
        false
    }

    fn check_end(&self) {
        for (key, nature) in &self.natures {
            let healed = !self.damaged.contains(key);
            let said = self.checked.said.get(key).map_or(&[][..], Vec::as_slice);
            let has_last_word = said
                .iter()
                .any(|n| matches!(n, Notice::OfflineNeeded(..) | Notice::CrossFailed(_)));
            match nature {
                Nature::Flaps => {}
                _ if self.is_healable(*key) => assert!(healed, "{key:?} {nature:?} not healed"),
                _ => assert!(healed || has_last_word, "{key:?} {nature:?} {said:?}"),
            }
        }
    }
}

/// The other structure of the same target that this bit names.
fn needed_by(key: Key, bit: u32) -> Option<Key> {
    let needed = Key::from_bit(key.target, bit)?;
    (needed != key && needed.target == key.target).then_some(needed)
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        1 => Just(Target::Fs),
        3 => (0u32..2).prop_map(Target::Ag),
        1 => Just(Target::Rtgroup(0)),
        3 => (0u64..4).prop_map(|ino| Target::Inode { ino, generation: 0 }),
    ]
}

fn nature() -> impl Strategy<Value = Nature> {
    use Outcome::*;
    let hold_up = prop::sample::select(vec![Busy, Incomplete, NoRoom]);
    let blame = prop::sample::select(vec![Failed, CrossFailed]);
    let broken = vec![Failed, DeviceError, Error(71), Unsupported, CrossFailed];
    prop_oneof![
        3 => Just(Nature::Heals),
        1 => Just(Nature::HealsQuietly),
        1 => Just(Nature::HealsLate),
        1 => (1u32..6, hold_up).prop_map(|(n, outcome)| Nature::HeldUp(n, outcome)),
        2 => (0u32..9, blame).prop_map(|(n, outcome)| Nature::Needs(1 << n, outcome)),
        1 => Just(Nature::Flaps),
        2 => prop::sample::select(broken).prop_map(Nature::Broken),
    ]
}

/// Damage on several targets.
fn damage() -> impl Strategy<Value = BTreeMap<Key, Nature>> {
    btree_map((target(), 0u32..10), nature(), 1..14).prop_map(|all| {
        let key = |(target, n): (Target, u32)| Key::from_bit(target, 1 << n);
        all.into_iter().filter_map(|(at, nature)| Some((key(at)?, nature))).collect()
    })
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn what_can_be_healed_is_healed_and_the_rest_is_said(
        natures in damage(),
        workers in 1usize..5,
        full_scrub: bool,
        seconds in 0u64..200,
        touches in vec(0u64..400, 0..20),
    ) {
        let config = Config { workers, full_scrub, agno_shift: 1, ..Config::default() };
        let mut kernel = Kernel::new(config, natures, Duration::from_millis(seconds * 100));
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        kernel.due = touches.iter().map(|seconds| (at(*seconds), Due::Touch)).collect();
        kernel.due.push((at(0), Due::Touch));
        kernel.live_until(at(2 * 86400));
        kernel.check_end();
        kernel.checked.check_calls();
        let scrubs = kernel.scrubs;
        prop_assert!(scrubs <= 6, "{} full scrubs in two days", scrubs);
    }
}
