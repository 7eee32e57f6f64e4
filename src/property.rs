// SPDX-License-Identifier: LGPL-2.1-or-later
//! Property tests: the prelude of proptest, with a `proptest!` that keeps the seeds of failures below `tests`.
//!
//! A module that has proptest's own prelude instead does not compile: there are two macros of that name then.

pub use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence::SourceParallel;

/// Each test rereads the seeds that once failed in it before it makes cases of its own.
macro_rules! proptest {
    (#![proptest_config($config:expr)] $($tests:tt)*) => {
        ::proptest::proptest! {
            #![proptest_config($crate::property::with_seeds($config))]
            $($tests)*
        }
    };
    ($($tests:tt)*) => {
        proptest! { #![proptest_config(::proptest::prelude::ProptestConfig::default())] $($tests)* }
    };
}
pub(crate) use proptest;

/// This configuration, with the place for seeds: a file for each file of tests.
pub fn with_seeds(config: ProptestConfig) -> ProptestConfig {
    let place = SourceParallel("tests/proptest-regressions");
    ProptestConfig { failure_persistence: Some(Box::new(place)), ..config }
}
