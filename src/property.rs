// SPDX-License-Identifier: LGPL-2.1-or-later
//! Property tests: the prelude of proptest, with a `proptest!` that keeps the seeds of failures below `tests`.
//!
//! A module that has proptest's own prelude instead does not compile: there are two macros of that name then.

pub use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::FileFailurePersistence::SourceParallel;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

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

/// The value that a strategy chooses by chance that depends on these bytes; `None` if it refuses.
///
/// Not proptest's `PassThrough`: each `prop_oneof!` takes half of the bytes that are left, and when
/// they are at their end, some choices never come to theirs.
pub fn chosen<S: Strategy>(strategy: &S, bytes: &[u8]) -> Option<S::Value> {
    let mut seed = [0; 32];
    for (at, byte) in bytes.iter().enumerate() {
        let sum: &mut u8 = &mut seed[at % 32];
        *sum = sum.rotate_left(3) ^ byte;
    }
    let chance = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), chance);
    strategy.new_tree(&mut runner).ok().map(|tree| tree.current())
}
