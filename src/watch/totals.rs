// SPDX-License-Identifier: LGPL-2.1-or-later
//! Totals of what has happened to one filesystem since its watch began, for metrics.

use crate::event::{Body, Change, Event, Target, text, type_name};
use crate::metrics::{ByWord, add};
use crate::plan::{Key, Notice, ScrubEnd};
use std::collections::BTreeSet;

/// Results of repairs that are counted, by the words of [`crate::report::notice_name`].
pub(crate) const REPAIRS: [&str; 6] =
    ["repaired", "no_modification", "failed", "cross_failed", "offline_needed", "gone"];
/// Results of full scrubs that are counted.
pub(crate) const FULL_SCRUBS: [&str; 4] = ["clean", "damage_left", "unknown", "not_run"];
/// Events that are counted by their type.
pub(crate) const EVENTS: [&str; 6] =
    ["sick", "corrupt", "healthy", "shutdown", "media_error", "unknown"];
/// Errors of files that are counted by their kind.
pub(crate) const FILE_ERRORS: [&str; 5] =
    ["buffered_read", "buffered_write", "directio_read", "directio_write", "data_lost"];
/// Most structures of which it is remembered that they need offline repair; with more, the number
/// is too small.
const MOST_OFFLINE: usize = 65_536;

/// Totals of one filesystem.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub events: ByWord,
    pub file_errors: ByWord,
    pub repairs: ByWord,
    pub full_scrubs: ByWord,
    pub is_down: bool,
    /// Time of the last event by the kernel's clock, in nanoseconds since 1970.
    pub last_event_ns: Option<u64>,
    /// Structures that only offline repair can mend, as far as anyone knows.
    offline: BTreeSet<Key>,
}

impl Totals {
    /// Takes in an event of the kernel.
    pub fn event(&mut self, event: &Event) {
        self.last_event_ns = self.last_event_ns.max(Some(event.time_ns));
        self.is_down |= matches!(event.body, Body::Shutdown { .. });
        match event.body {
            Body::Running | Body::Unmount | Body::Lost { .. } => return,
            Body::FileRange { .. } => {
                known(&event.body, &FILE_ERRORS)
                    .into_iter()
                    .for_each(|word| add(&mut self.file_errors, word, 1));
                return;
            }
            Body::Health { change: Change::Healthy, target, mask } => {
                let bits = (0..u32::BITS).map(|bit| 1 << bit).filter(|bit| mask & bit != 0);
                let keys = bits.filter_map(|bit| Key::from_bit(target, bit));
                keys.for_each(|key| self.is_mended(key));
            }
            Body::Health { .. }
            | Body::Shutdown { .. }
            | Body::MediaError { .. }
            | Body::Unknown { .. } => {}
        }
        add(&mut self.events, known(&event.body, &EVENTS).unwrap_or("unknown"), 1);
    }

    /// Takes in a decision.
    pub fn notice(&mut self, notice: &Notice) {
        let name = match notice {
            Notice::Repaired(key) | Notice::NoModification(key) | Notice::Gone(key) => {
                self.is_mended(*key);
                crate::report::notice_name(notice)
            }
            Notice::OfflineNeeded(key, _) => {
                if self.offline.len() < MOST_OFFLINE {
                    self.offline.insert(*key);
                }
                crate::report::notice_name(notice)
            }
            Notice::Failed(..) | Notice::CrossFailed(_) => crate::report::notice_name(notice),
            // No event of it has come.
            Notice::ShutDown => {
                self.is_down = true;
                return;
            }
            _ => return,
        };
        add(&mut self.repairs, name, 1);
    }

    /// Takes in that a structure is good. An inode that could not be loaded may have been told of
    /// without its generation.
    fn is_mended(&mut self, key: Key) {
        self.offline.remove(&key);
        if let Target::Inode { ino, .. } = key.target {
            self.offline.remove(&Key { target: Target::Inode { ino, generation: 0 }, ..key });
        }
    }

    /// Takes in the end of a full scrub.
    pub fn full_scrub(&mut self, end: ScrubEnd) {
        let result = match end {
            ScrubEnd::Finished { clean: true } => "clean",
            ScrubEnd::Finished { clean: false } => "damage_left",
            ScrubEnd::Untold => "unknown",
            ScrubEnd::Interrupted | ScrubEnd::NotStarted => "not_run",
            // That of somebody else has ended, or is waited for: there was none of ours.
            ScrubEnd::Others => return,
        };
        add(&mut self.full_scrubs, result, 1);
    }

    /// Number of repairs that have succeeded.
    pub fn repaired(&self) -> usize {
        let repaired = self.repairs.get("repaired").copied().unwrap_or(0);
        repaired.try_into().unwrap_or(usize::MAX)
    }

    /// Number of full scrubs that have judged the filesystem.
    pub fn judging_scrubs(&self) -> u64 {
        let of = |result| self.full_scrubs.get(result).copied().unwrap_or(0);
        ["clean", "damage_left", "unknown"].into_iter().map(of).fold(0, u64::saturating_add)
    }

    /// Number of structures that only offline repair can mend.
    pub fn offline(&self) -> usize {
        self.offline.len()
    }
}

/// The one of these words that an event is called.
fn known(body: &Body, words: &[&'static str]) -> Option<&'static str> {
    let name = type_name(body.type_number()).map(text)?;
    words.iter().copied().find(|word| *word == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FileError;
    use crate::plan::Failure;
    use crate::uapi::XFS_BS_SICK_INODE;

    fn health(change: Change, mask: u32) -> Event {
        Event { time_ns: 7, body: Body::Health { change, target: Target::Ag(1), mask } }
    }

    #[test]
    fn what_needs_offline_repair_does_so_until_somebody_has_mended_it() {
        let mut totals = Totals::default();
        let keys = [4, 5, 6].map(|bit| Key::from_bit(Target::Ag(1), 1 << bit).unwrap());
        for key in keys {
            totals.notice(&Notice::OfflineNeeded(key, Failure::Corrupt));
            totals.notice(&Notice::OfflineNeeded(key, Failure::Corrupt));
        }
        assert_eq!((totals.offline(), totals.repairs["offline_needed"]), (3, 6));
        totals.event(&health(Change::Sick, 1 << 4));
        assert_eq!(totals.offline(), 3);
        totals.event(&health(Change::Healthy, 1 << 4 | 1 << 5));
        totals.notice(&Notice::Repaired(keys[2]));
        assert_eq!((totals.offline(), totals.repairs["repaired"]), (0, 1));
        assert_eq!((totals.events["sick"], totals.events["healthy"]), (1, 1));
        assert_eq!(totals.last_event_ns, Some(7));
    }

    #[test]
    fn an_inode_that_was_told_of_without_its_generation_is_mended_with_it() {
        let core = |generation| {
            let target = Target::Inode { ino: 131, generation };
            Key::from_bit(target, XFS_BS_SICK_INODE).unwrap()
        };
        let mut totals = Totals::default();
        totals.notice(&Notice::OfflineNeeded(core(0), Failure::KernelDefect));
        totals.notice(&Notice::Repaired(core(7)));
        assert_eq!(totals.offline(), 0);
    }

    #[test]
    fn a_shutdown_that_only_a_repair_has_met_counts() {
        let mut totals = Totals::default();
        totals.notice(&Notice::ShutDown);
        assert!(totals.is_down && totals.repairs.is_empty());
    }

    #[test]
    fn every_word_is_one_that_is_told() {
        let mut totals = Totals::default();
        let range =
            |error| Body::FileRange { error, ino: 1, generation: 0, pos: 0, len: 0, errno: 5 };
        let reasons = crate::event::ShutdownReasons::from_bits_retain(0);
        let device = crate::event::Device::Data;
        let bodies = [
            range(FileError::BufferedRead),
            range(FileError::BufferedWrite),
            range(FileError::DirectRead),
            range(FileError::DirectWrite),
            range(FileError::DataLost),
            Body::Shutdown { reasons },
            Body::MediaError { device, daddr: 0, bbcount: 1 },
            Body::Unknown { domain: 99, kind: 99, payload: [0; 32] },
        ];
        bodies.into_iter().for_each(|body| totals.event(&Event { time_ns: 1, body }));
        assert!(totals.is_down);
        assert!(totals.file_errors.keys().eq(sorted(FILE_ERRORS).iter()));
        assert!(totals.events.keys().all(|word| EVENTS.contains(word) && *word != "sick"));
        assert_eq!(totals.events.len(), 3);
        for end in [ScrubEnd::Untold, ScrubEnd::Interrupted, ScrubEnd::Finished { clean: true }] {
            totals.full_scrub(end);
        }
        assert!(totals.full_scrubs.keys().all(|word| FULL_SCRUBS.contains(word)));
    }

    fn sorted<const N: usize>(mut words: [&'static str; N]) -> [&'static str; N] {
        words.sort_unstable();
        words
    }
}
