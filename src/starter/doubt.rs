// SPDX-License-Identifier: LGPL-2.1-or-later
//! Times to check whether filesystems still have the healer that they had.

use crate::plan::Time;
use std::time::Duration;

/// The first pause, which each check doubles up to the longest. After that whatever was to end has
/// ended: systemd kills what has not ended after a minute and a half.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// A doubt that ends by itself.
#[derive(Debug, Default)]
pub struct PassingDoubt(Option<(Time, Duration)>);

impl PassingDoubt {
    /// Begins a doubt: a healer was told to end just now, and does so some time later.
    pub fn arises(&mut self, now: Time) {
        self.0 = Some((now.after(FIRST_PAUSE), FIRST_PAUSE));
    }

    /// Time of the next check; `None` without a doubt.
    pub fn wake_at(&self) -> Option<Time> {
        self.0.map(|(at, _)| at)
    }

    /// True if it is time to check. After the last time there is no doubt any more.
    pub fn is_due(&mut self, now: Time) -> bool {
        let Some((_, pause)) = self.0.take_if(|(at, _)| *at <= now) else { return false };
        let next = 2 * pause;
        self.0 = (next <= LONGEST_PAUSE).then_some((now.after(next), next));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_ever_more_seldom_and_end() {
        let (mut doubt, mut now) = (PassingDoubt::default(), Time::default());
        assert!(doubt.wake_at().is_none() && !doubt.is_due(now));
        for _ in 0..2 {
            doubt.arises(now);
            let mut pauses = Vec::new();
            while let Some(at) = doubt.wake_at() {
                assert!(!doubt.is_due(now), "it is not time");
                pauses.push(at.since(now).as_secs());
                now = at;
                assert!(doubt.is_due(now));
            }
            assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64]);
        }
    }
}
