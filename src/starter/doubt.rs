// SPDX-License-Identifier: LGPL-2.1-or-later
//! Times to check whether filesystems still have the healer that they had.

use std::time::{Duration, Instant};

/// The first pause, which each check doubles up to the longest. After that whatever was to end has
/// ended: systemd kills what has not ended after a minute and a half.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// A doubt that ends by itself.
#[derive(Debug, Default)]
pub struct Doubt(Option<(Instant, Duration)>);

impl Doubt {
    /// Begins a doubt: a healer was told to end just now, and does so some time later.
    pub fn arises(&mut self, now: Instant) {
        self.0 = Some((now + FIRST_PAUSE, FIRST_PAUSE));
    }

    /// Time until the next check; `None` without a doubt.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.0.map(|(at, _)| at.saturating_duration_since(now))
    }

    /// True if it is time to check. After the last time there is no doubt any more.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let Some((_, pause)) = self.0.take_if(|(at, _)| *at <= now) else { return false };
        let next = 2 * pause;
        self.0 = (next <= LONGEST_PAUSE).then_some((now + next, next));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_ever_more_seldom_and_end() {
        let (mut doubt, mut now) = (Doubt::default(), Instant::now());
        assert!(doubt.wait(now).is_none() && !doubt.is_due(now));
        for _ in 0..2 {
            doubt.arises(now);
            let mut pauses = Vec::new();
            while let Some(wait) = doubt.wait(now) {
                assert!(!doubt.is_due(now), "it is not time");
                pauses.push(wait.as_secs());
                now += wait;
                assert!(doubt.is_due(now));
            }
            assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64]);
        }
    }
}
