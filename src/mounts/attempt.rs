// SPDX-License-Identifier: LGPL-2.1-or-later
//! Attempts at a filesystem at places where it is mounted, each of which may never answer: then it is tried
//! where it is mounted besides.

use super::{AnswerLimit, MountTable, New};
use crate::plan::Time;
use crate::sys::DeviceNumber;
use std::collections::BTreeMap;

/// Most attempts at one filesystem at once: each that does not answer costs a thread.
const MOST: usize = 4;

/// An attempt at a filesystem that is under way.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub limit: AnswerLimit,
    /// Numbers of the mounts where it is tried.
    mounts: Vec<u64>,
    /// Numbers of the mounts that are not a reason to try again: also those where it was tried meanwhile.
    known: Vec<u64>,
    /// State of the mounts at the beginning: [`Mounts::changes`](super::Mounts::changes).
    changes: u64,
}

impl Attempt {
    /// An attempt that begins now, at these mounts.
    pub fn new(mounts: Vec<u64>, changes: u64, now: Time) -> Attempt {
        Attempt { limit: AnswerLimit::new(now), known: mounts.clone(), mounts, changes }
    }

    /// True if mounts have come and gone since it began.
    pub fn is_before(&self, changes: u64) -> bool {
        self.changes != changes
    }
}

/// The mounts, of all those of a filesystem, where it may be tried beside these attempts: none as long as one
/// of them may answer soon.
pub(crate) fn beside<'a>(attempts: impl Iterator<Item = &'a Attempt>, all: Vec<u64>) -> Vec<u64> {
    let attempts: Vec<_> = attempts.collect();
    if attempts.len() >= MOST || attempts.iter().any(|attempt| !attempt.limit.is_over()) {
        return Vec::new();
    }
    let is_free = |mount: &u64| attempts.iter().all(|attempt| !attempt.mounts.contains(mount));
    all.into_iter().filter(is_free).collect()
}

/// A filesystem that none of these attempts has an answer of, and that was mounted elsewhere since: with all
/// its mounts, and once for each that is new.
pub(crate) fn elsewhere<'a>(
    attempts: impl Iterator<Item = (DeviceNumber, &'a mut Attempt)>,
    table: &MountTable,
) -> Option<New> {
    let mut of_devices = BTreeMap::<_, Vec<_>>::new();
    for (device, attempt) in attempts {
        of_devices.entry(device).or_default().push(attempt);
    }
    of_devices.into_iter().find_map(|(device, mut attempts)| {
        let mounts = table.mounts(device);
        let is_silent = attempts.iter().all(|attempt| attempt.limit.is_over());
        let is_new = |mount| attempts.iter().all(|attempt| !attempt.known.contains(mount));
        let has_news = is_silent && mounts.iter().any(is_new);
        has_news.then(|| {
            attempts.iter_mut().for_each(|attempt| attempt.known.clone_from(&mounts));
            New { device, mounts, avoid: None, said: Vec::new() }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::SILENT;
    use super::*;

    fn silent(mounts: &[u64]) -> Attempt {
        let mut attempt = Attempt::new(mounts.to_vec(), 0, Time::default());
        assert!(attempt.limit.ends(Time::default().after(SILENT)));
        attempt
    }

    #[test]
    fn what_does_not_answer_is_tried_where_it_is_mounted_besides() {
        let device = (7, 0);
        let mut table = MountTable::default();
        let mut attempts = [Attempt::new(vec![1], 0, Time::default())];
        let news = |attempts: &mut [Attempt], table: &MountTable| {
            let attempts = attempts.iter_mut().map(|attempt| (device, attempt));
            elsewhere(attempts, table).map(|new| new.mounts)
        };
        table.attached(1, device);
        table.attached(2, device);
        assert_eq!((news(&mut attempts, &table), beside(attempts.iter(), vec![2])), (None, vec![]));
        attempts = [silent(&[1])];
        assert_eq!(news(&mut attempts, &table), Some(vec![1, 2]));
        assert_eq!(beside(attempts.iter(), vec![1, 2]), [2]);
        assert_eq!(news(&mut attempts, &table), None, "it was told");
        table.attached(3, (7, 1));
        assert_eq!(news(&mut attempts, &table), None, "that is another one");
        table.attached(4, device);
        assert_eq!(news(&mut attempts, &table), Some(vec![1, 2, 4]));
        assert_eq!(beside(attempts.iter(), vec![1, 2, 4]), [2, 4], "whatever came of 2");
        assert_eq!(news(&mut [], &table), None);
    }

    #[test]
    fn what_answers_nowhere_costs_no_more_than_so_many_threads() {
        let mut attempts: Vec<_> = (0..MOST as u64 - 1).map(|mount| silent(&[mount])).collect();
        assert_eq!(beside(attempts.iter(), vec![0, 9]), [9]);
        attempts.push(silent(&[8]));
        assert!(beside(attempts.iter(), vec![0, 9]).is_empty());
    }
}
