// SPDX-License-Identifier: LGPL-2.1-or-later
//! Repairs by the model of the kernel, and what they come to by the nature of the damage.

use super::super::nature::{Nature, needed_by};
use super::*;

impl Kernel {
    /// Does what the kernel does for a repair call: it checks first, and so reports the damage
    /// again.
    pub(super) fn repair(&mut self, place: usize) {
        let Repair { key, only_if_loadable, .. } = self.checked.running[place].1;
        assert!(only_if_loadable || !self.damaged.contains(&key) || !self.is_unloadable(key));
        let outcome = match self.natures.get(&key).copied() {
            Some(nature) if self.damaged.contains(&key) => {
                self.tell(key, Change::Sick);
                self.try_to_heal(key, nature)
            }
            _ => Outcome::Fine,
        };
        if outcome == Outcome::Repaired && key.name() == "core" {
            let left = self.remembered.iter().filter(|other| other.target == key.target);
            let mask = left.map(|other| bit_of(*other)).sum();
            self.checked.follow_up(place, mask);
        }
        self.checked.ends(place, outcome);
        if matches!(self.natures.get(&key), Some(Nature::Flaps)) && outcome == Outcome::Repaired {
            self.breaks(key);
        }
    }

    fn try_to_heal(&mut self, key: Key, nature: Nature) -> Outcome {
        match nature {
            Nature::Broken(outcome) | Nature::NeedsScrub(outcome) => return outcome,
            Nature::Unloadable => return Outcome::KernelDefect,
            Nature::Lies => return Outcome::Repaired,
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
                    self.tell(needed, Change::Sick);
                    return outcome;
                }
            }
            Nature::Heals | Nature::HealsQuietly | Nature::HealsLate | Nature::Flaps => {}
        }
        self.damaged.remove(&key);
        self.remembered.remove(&key);
        match nature {
            Nature::HealsQuietly => {}
            Nature::HealsLate => {
                let late = self.checked.now.after(Duration::from_secs(3));
                self.due.push((late, Due::Healthy(key)));
            }
            _ => self.tell(key, Change::Healthy),
        }
        Outcome::Repaired
    }

    /// True if the structure can be healed, given that everything it needs can: within three
    /// attempts no more than two others can have come first.
    pub(super) fn is_healable(&self, key: Key) -> bool {
        let mut at = key;
        for _ in 0..3 {
            let needed = match self.natures.get(&at) {
                Some(_) if defects::is_left_alone(at.scrub) => return false,
                Some(Nature::Needs(bit, _)) => needed_by(at, *bit),
                Some(Nature::Broken(_) | Nature::Unloadable) => return false,
                Some(Nature::Flaps | Nature::Lies) => return false,
                Some(Nature::NeedsScrub(_)) => return self.may_scrub(),
                _ => return true,
            };
            match needed {
                Some(needed) => at = needed,
                None => return true,
            }
        }
        false
    }
}
