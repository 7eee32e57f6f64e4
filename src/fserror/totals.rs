// SPDX-License-Identifier: LGPL-2.1-or-later
//! Totals of what has happened since the start, for metrics and summaries.

use super::remedy::RemedyEnd;
use crate::log::fserror::{Class, FsErrorNews};
use crate::log::json;
use crate::log::said::{HealerNews, Said};
use crate::metrics::{ByWord, add};
use crate::sys::fserror::FsErrorEvent;
use std::time::{SystemTime, UNIX_EPOCH};

/// The kinds of errors: their classes, and what the kernel has only counted.
pub const KINDS: [&str; 5] = ["metadata", "other", "caller", "shutdown", COUNTED];
const COUNTED: &str = "counted";
/// The results of what is done about errors.
pub const RESULTS: [&str; 6] = ["started", "clean", "damage_left", "no_room", "unknown", FAILED];
const FAILED: &str = "failed";

/// Totals of one filesystem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorTotals {
    pub errors: ByWord,
    pub remedies: ByWord,
    /// True once the filesystem has shut down.
    pub is_down: bool,
    /// Time of the last error, in nanoseconds since 1970.
    pub last_ns: Option<u64>,
}

impl ErrorTotals {
    /// Takes in what the kernel tells.
    pub fn take(&mut self, error: &FsErrorEvent) {
        let class = Class::of(error.errno, error.file.is_some());
        self.is_down |= class == Class::Shutdown;
        add(&mut self.errors, json::class_name(class), 1);
        add(&mut self.errors, COUNTED, u64::from(error.count.max(1)) - 1);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last_ns = u64::try_from(now.as_nanos()).ok();
    }

    /// Takes in the end of a remedy.
    pub fn remedied(&mut self, end: &RemedyEnd) {
        let (RemedyEnd::Ended(_, said) | RemedyEnd::NotDone(_, said)) = end else {
            if matches!(end, RemedyEnd::NoThread) {
                add(&mut self.remedies, FAILED, 1);
            }
            return;
        };
        let result = |said: &Said| match said {
            Said::FsError(FsErrorNews::ScrubEnded(code)) => Some(json::scrub_result(*code)),
            Said::FsError(FsErrorNews::E2scrubEnded(end)) => Some(json::e2scrub_result(end)),
            Said::Healer(HealerNews::Started) => Some("started"),
            Said::Healer(_) => Some(FAILED),
            // What a program has said, or what was there to note: no result.
            _ => None,
        };
        let result = said.iter().find_map(result);
        result.into_iter().for_each(|result| add(&mut self.remedies, result, 1));
    }

    /// Number of errors of all kinds.
    pub fn sum(&self) -> u64 {
        self.errors.values().fold(0, |sum, errors| sum.saturating_add(*errors))
    }
}

/// Totals of what belongs to no filesystem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnTotals {
    /// Number of times that the kernel's queue was full.
    pub lost: u64,
    /// Number of errors of filesystems that are not mounted in this namespace.
    pub unmounted: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::fserror::E2scrubEnd;

    #[test]
    fn each_error_is_in_one_total_and_each_result_is_known() {
        let mut totals = ErrorTotals::default();
        for (errno, count) in
            [(libc::EIO, 1), (libc::EUCLEAN, 5), (libc::ESHUTDOWN, 0), (libc::EINVAL, 1)]
        {
            totals.take(&FsErrorEvent { fsid: [1, 2], file: None, errno, count });
        }
        assert_eq!(totals.sum(), 8);
        assert!(totals.errors.keys().all(|kind| KINDS.contains(kind)));
        assert_eq!((totals.errors["metadata"], totals.errors[COUNTED]), (1, 4));
        assert!(totals.is_down && totals.last_ns.is_some());
        let scrub = |code| Said::FsError(FsErrorNews::ScrubEnded(code));
        let said = [
            scrub(Some(0)),
            scrub(Some(3)),
            scrub(None),
            Said::FsError(FsErrorNews::E2scrubEnded(E2scrubEnd::NoRoom)),
            Said::FsError(FsErrorNews::E2scrubEnded(E2scrubEnd::Unclear(String::new()))),
            Said::FsError(FsErrorNews::Noted(1)),
            Said::Healer(HealerNews::of_unit(true, String::new())),
            Said::Healer(HealerNews::of_unit(false, String::new())),
        ];
        for said in said {
            totals.remedied(&RemedyEnd::Ended(Vec::new(), vec![said]));
        }
        [RemedyEnd::NoThread, RemedyEnd::Nothing].iter().for_each(|end| totals.remedied(end));
        let all: Vec<_> = RESULTS.iter().map(|word| totals.remedies[word]).collect();
        assert_eq!(all, [1, 1, 1, 1, 1, 3]);
    }

    #[test]
    fn what_a_program_has_said_is_no_result() {
        let mut totals = ErrorTotals::default();
        let words = FsErrorNews::ScrubSaid(b"ERROR: there are uncorrectable errors".to_vec());
        let said = [words, FsErrorNews::ScrubEnded(Some(3))].map(Said::FsError).to_vec();
        totals.remedied(&RemedyEnd::Ended(Vec::new(), said));
        assert_eq!(totals.remedies, [("damage_left", 1)].into());
    }
}
