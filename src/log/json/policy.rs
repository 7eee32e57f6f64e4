// SPDX-License-Identifier: LGPL-2.1-or-later
//! Words for policies.

use crate::plan::Policy;

pub(super) const fn policy_name(policy: Policy) -> &'static str {
    match policy {
        Policy::Repair => "repair",
        Policy::Log => "log",
        Policy::Ignore => "ignore",
    }
}
