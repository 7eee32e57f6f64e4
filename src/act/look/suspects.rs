// SPDX-License-Identifier: LGPL-2.1-or-later
//! Inodes in use that cannot be made sense of on the device, as surveys have found them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Time after which a new inode has been written to the device.
const WRITTEN: Duration = Duration::from_secs(90);
/// Limit of inodes that are remembered. Where more are damaged, others are found without this.
const MOST: usize = 4096;

/// Inodes in use that cannot be made sense of on the device, with the time of the first survey that
/// found them so. While one is in the kernel's memory, BULKSTAT calls it good; once it is not, it
/// cannot be loaded any more. A new one that has not been written yet looks the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspects(BTreeMap<u64, Instant>);

impl Suspects {
    /// Takes in what a survey has found of the inodes with these numbers: `found` are suspect. Gives
    /// those that have been for so long that they are not new.
    pub(super) fn surveyed(
        &mut self,
        range: Range<u64>,
        found: impl Iterator<Item = u64>,
        now: Instant,
    ) -> Vec<u64> {
        let before: BTreeMap<_, _> =
            self.0.range(range).map(|(ino, since)| (*ino, *since)).collect();
        for ino in before.keys() {
            self.0.remove(ino);
        }
        let mut lasting = Vec::new();
        for ino in found {
            let since = before.get(&ino).copied().unwrap_or(now);
            if now.duration_since(since) >= WRITTEN {
                lasting.push(ino);
            }
            if self.0.len() < MOST {
                self.0.insert(ino, since);
            }
        }
        lasting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_found_so_a_while_ago_is_damaged() {
        let (mut suspects, now) = (Suspects::default(), Instant::now());
        let mut after = |seconds, found: &[u64]| {
            let now = now + Duration::from_secs(seconds);
            suspects.surveyed(64..128, found.iter().copied(), now)
        };
        assert!(after(0, &[70, 71]).is_empty());
        assert!(after(89, &[70, 71]).is_empty());
        assert_eq!(after(90, &[70, 72]), [70]);
        assert_eq!(after(179, &[70, 71]), [70], "71 was good meanwhile");
        assert_eq!(after(300, &[70, 71]), [70, 71]);
    }
}
