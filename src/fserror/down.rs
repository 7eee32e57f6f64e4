// SPDX-License-Identifier: LGPL-2.1-or-later
//! Asking filesystems whether they have shut down, after reports of which the kernel tells only a number.
//!
//! A shutdown is reported once. While an event of the filesystem waits to be read, the kernel adds it to
//! that as a mere number (fs/notify/fanotify/fanotify.c: fanotify_merge), and a full queue drops it.

use super::answer::ErrorAnswer;
use super::files;
use super::marked::MarkedFilesystem;
use super::queues::ToldError;
use crate::plan::Time;
use crate::sys::DeviceNumber;
use crate::sys::fserror::ErrorEvent;
use crate::work::Crew;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time from such a report to the question: a shutdown that was among them is over then.
const AFTER: Duration = Duration::from_secs(1);
/// Shortest time between two questions to a filesystem: a storm may last.
const PAUSE: Duration = Duration::from_secs(10);

/// The questions to one filesystem.
#[derive(Debug, Default)]
struct DownQuestion {
    /// Time of the next, if there is to be one.
    due: Option<Time>,
    /// Time of the last.
    last: Option<Time>,
    /// The worker that asks it.
    worker: Option<u64>,
}

/// The questions to all filesystems.
#[derive(Debug, Default)]
pub struct DownQuestions(BTreeMap<DeviceNumber, DownQuestion>);

impl DownQuestions {
    /// Takes in what the kernel tells.
    pub fn take(
        &mut self,
        told: &[ToldError],
        filesystems: &BTreeMap<DeviceNumber, MarkedFilesystem>,
        now: Time,
    ) {
        let may_be = |device: &DeviceNumber| {
            filesystems.get(device).is_some_and(|filesystem| !filesystem.totals.is_down)
        };
        for ToldError { device, event } in told {
            match (device, event) {
                (Some(device), ErrorEvent::Error(error)) if error.count > 1 && may_be(device) => {
                    self.doubt(*device, now);
                }
                (_, ErrorEvent::Lost) => {
                    let all = filesystems.keys().filter(|device| may_be(device));
                    all.for_each(|device| self.doubt(*device, now));
                }
                _ => {}
            }
        }
    }

    fn doubt(&mut self, device: DeviceNumber, now: Time) {
        let question = self.0.entry(device).or_default();
        let early = question.last.map_or(now, |last| last.after(PAUSE));
        question.due.get_or_insert(now.after(AFTER).max(early));
    }

    /// Has filesystems asked.
    pub fn advance(&mut self, crew: &Crew<ErrorAnswer>, now: Time) {
        while let Some(device) = self.next(now) {
            let ask = move || ErrorAnswer::Down(files::is_down(device));
            self.asks(device, crew.ask(ErrorAnswer::Down(false), ask), now);
        }
    }

    /// The next filesystem that is to be asked. One that does not answer is not asked again.
    fn next(&mut self, now: Time) -> Option<DeviceNumber> {
        let is_due = |question: &DownQuestion| {
            question.worker.is_none() && question.due.is_some_and(|due| due <= now)
        };
        self.0.iter().find(|(_, question)| is_due(question)).map(|(device, _)| *device)
    }

    fn asks(&mut self, device: DeviceNumber, worker: u64, now: Time) {
        let question = DownQuestion { due: None, last: Some(now), worker: Some(worker) };
        self.0.insert(device, question);
    }

    /// Takes in that a worker has answered; gives the filesystem, if it is still the same.
    pub fn answered(&mut self, worker: u64) -> Option<DeviceNumber> {
        let mut all = self.0.iter_mut();
        let (device, question) = all.find(|(_, question)| question.worker == Some(worker))?;
        question.worker = None;
        Some(*device)
    }

    /// Time at which [`DownQuestions::advance`] has something to do.
    pub fn wake_at(&self) -> Option<Time> {
        let waiting = self.0.values().filter(|question| question.worker.is_none());
        waiting.filter_map(|question| question.due).min()
    }

    pub fn forget(&mut self, device: DeviceNumber) {
        self.0.remove(&device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fserror::totals::ErrorTotals;
    use crate::report::Place;
    use crate::sys::fserror::FsErrorEvent;

    const DEVICE: DeviceNumber = (7, 0);

    fn at(ms: u64) -> Time {
        Time::default().after(Duration::from_millis(ms))
    }

    fn filesystems(is_down: bool) -> BTreeMap<DeviceNumber, MarkedFilesystem> {
        let totals = ErrorTotals { is_down, ..ErrorTotals::default() };
        let filesystem = MarkedFilesystem::new(Place::on(DEVICE, b"/m"), b"xfs".to_vec());
        BTreeMap::from([(DEVICE, MarkedFilesystem { totals, ..filesystem })])
    }

    fn told(count: u32) -> [ToldError; 1] {
        let error = FsErrorEvent { fsid: [1, 2], file: None, errno: libc::EIO, count };
        [ToldError { device: Some(DEVICE), event: ErrorEvent::Error(error) }]
    }

    #[test]
    fn what_was_only_counted_or_lost_may_have_been_a_shutdown() {
        let is_asked = |told: &[ToldError], is_down| {
            let mut questions = DownQuestions::default();
            questions.take(told, &filesystems(is_down), at(0));
            questions.wake_at().is_some()
        };
        assert!(!is_asked(&told(1), false) && is_asked(&told(2), false));
        assert!(!is_asked(&told(2), true), "it is known");
        let lost = [ToldError { device: None, event: ErrorEvent::Lost }];
        assert!(is_asked(&lost, false) && !is_asked(&lost, true));
    }

    #[test]
    fn a_question_follows_the_last_report_and_a_storm_makes_few() {
        let mut questions = DownQuestions::default();
        let mut asked = Vec::new();
        for ms in 0..60_000 {
            if ms < 30_000 {
                questions.take(&told(9), &filesystems(false), at(ms));
            }
            while let Some(device) = questions.next(at(ms)) {
                questions.asks(device, ms, at(ms));
                assert_eq!(questions.answered(ms), Some(DEVICE));
                asked.push(ms);
            }
        }
        assert_eq!(asked, [1000, 11_000, 21_000, 31_000]);
        assert_eq!(questions.wake_at(), None);
    }

    #[test]
    fn one_that_does_not_answer_is_not_asked_again_and_nobody_answers_for_another_one() {
        let mut questions = DownQuestions::default();
        questions.asks(DEVICE, 5, at(0));
        questions.take(&told(2), &filesystems(false), at(0));
        assert_eq!((questions.next(at(90_000)), questions.wake_at()), (None, None));
        questions.forget(DEVICE);
        questions.take(&told(2), &filesystems(false), at(0));
        assert_eq!((questions.answered(5), questions.next(at(1000))), (None, Some(DEVICE)));
    }
}
