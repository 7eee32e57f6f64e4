// SPDX-License-Identifier: LGPL-2.1-or-later
//! The planner against its models, which are in `src/plan/model`: by the bytes proptest chooses
//! what happens.

use crate::plan::model;

/// Anything happens in any order: the rules hold, and it settles.
pub(super) fn chaos(bytes: &[u8]) {
    model::whatever_happens(bytes);
}

/// Damage of all kinds, and reports that are lost: what can be healed is healed, the rest is said.
pub(super) fn damage(bytes: &[u8]) {
    model::damage_heals(bytes);
}

/// Inodes that must not be loaded: no full scrub comes to one.
pub(super) fn unloadable(bytes: &[u8]) {
    model::unloadable_is_spared(bytes);
}
