// SPDX-License-Identifier: LGPL-2.1-or-later
//! The damage of the model kernel, and the answer of each structure to a repair.

use super::*;
use crate::property::*;
use proptest::collection::btree_map;

/// Behaviour of a structure when it is repaired.
#[derive(Clone, Copy, Debug)]
pub enum Nature {
    /// Heals, and HEALTHY says so before the call returns.
    Heals,
    /// Heals, and nothing but the answer says so.
    HealsQuietly,
    /// Heals, and HEALTHY comes some time after the answer.
    HealsLate,
    /// Answers this number of times that something holds it up, then heals.
    HeldUp(u32, Outcome),
    /// Cannot be rebuilt before the structure of this bit of its target is good.
    Needs(u32, Outcome),
    /// Heals, and is damaged again at once.
    Flaps,
    /// Answers that it is repaired, and is not.
    Lies,
    /// Heals in a full scrub; a repair gives this answer.
    NeedsScrub(Outcome),
    /// Never heals.
    Broken(Outcome),
    /// An inode core that cannot be loaded: a repair of it crashes the kernel, that by a full scrub
    /// too.
    Unloadable,
}

/// The other structure of the same target that this bit names.
pub fn needed_by(key: Key, bit: u32) -> Option<Key> {
    let needed = Key::from_bit(key.target, bit)?;
    (needed != key && needed.target == key.target).then_some(needed)
}

/// Gives few targets of each kind, so that they get into each other's way.
fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        1 => Just(Target::Fs),
        3 => (0u32..2).prop_map(Target::Ag),
        1 => Just(Target::Rtgroup(0)),
        3 => (0u64..4).prop_map(|ino| Target::Inode { ino, generation: 0 }),
    ]
}

pub fn nature() -> impl Strategy<Value = Nature> {
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
        1 => Just(Nature::Lies),
        1 => prop::sample::select(vec![Failed, Unsupported]).prop_map(Nature::NeedsScrub),
        2 => prop::sample::select(broken).prop_map(Nature::Broken),
    ]
}

/// Damage on several targets.
pub fn damage() -> impl Strategy<Value = BTreeMap<Key, Nature>> {
    btree_map((target(), 0u32..10), nature(), 1..14).prop_map(|all| {
        let key = |(target, n): (Target, u32)| Key::from_bit(target, 1 << n);
        all.into_iter().filter_map(|(at, nature)| Some((key(at)?, nature))).collect()
    })
}
