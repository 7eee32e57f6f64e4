// SPDX-License-Identifier: LGPL-2.1-or-later
//! Limits the lines about events within a minute; what is beyond that is counted.
//!
//! Who can read a file can have as many events as it likes, for nothing but a damaged block or an
//! address of its own that is no good. Lines about decisions are not the events' to use up.

use super::timed_counts::TimedCounts;
use crate::event::{Body, Change, FileError};
use crate::log::said::{ReportKind, Said};
use crate::plan::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// The time to which the limits apply. Each count is told once in it.
const MINUTE: Duration = Duration::from_secs(60);
/// Most lines within a minute, also if each is about something new.
const MOST: usize = 60;
/// Most lines of one kind within a minute: a storm of one leaves room for the first of another.
const MOST_OF_KIND: usize = 40;
/// Number of lines from which on nothing is said again that was said within the minute.
const MOST_WITH_REPEATS: usize = 30;

/// The kind of an event; `None` for what comes once.
fn kind_of(body: &Body) -> Option<ReportKind> {
    Some(match body {
        Body::Running | Body::Unmount | Body::Shutdown { .. } => return None,
        Body::Health { change: Change::Healthy, .. } => ReportKind::Healthy,
        Body::Health { .. } => ReportKind::Damage,
        Body::FileRange { error: FileError::DataLost, .. } => ReportKind::LostData,
        Body::FileRange { .. } => ReportKind::FileErrors,
        Body::MediaError { .. } => ReportKind::MediaErrors,
        Body::Lost { .. } => ReportKind::LostEvents,
        Body::Unknown { .. } => ReportKind::Nameless,
    })
}

/// An event without what differs from one report of the same thing to the next.
fn subject(body: &Body) -> Body {
    match *body {
        Body::FileRange { error, ino, generation, .. } => {
            Body::FileRange { error, ino, generation, pos: 0, len: 0, errno: 0 }
        }
        Body::MediaError { device, daddr, .. } => Body::MediaError { device, daddr, bbcount: 0 },
        Body::Lost { .. } => Body::Lost { count: 0 },
        Body::Unknown { domain, kind, .. } => Body::Unknown { domain, kind, payload: [0; 32] },
        other => other,
    }
}

/// The lines about events of one filesystem.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Lines that were said within the last minute, oldest first.
    said: VecDeque<(Time, ReportKind, Body)>,
    /// Counts of what was not said, at most one of each kind.
    counts: TimedCounts<ReportKind>,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { said: VecDeque::new(), counts: TimedCounts::new(MINUTE, MINUTE, usize::MAX) }
    }
}

impl Budget {
    /// True if a line about an event is to be said; else it is counted, as that number of
    /// `reports`.
    pub fn spends(&mut self, body: &Body, reports: u64, now: Time) -> bool {
        let Some(kind) = kind_of(body) else { return true };
        while self.said.front().is_some_and(|(at, ..)| now.since(*at) >= MINUTE) {
            self.said.pop_front();
        }
        let subject = subject(body);
        let is_repeat = self.said.iter().any(|(_, _, said)| *said == subject);
        let of_kind = self.said.iter().filter(|(_, said, _)| *said == kind).count();
        let most = if is_repeat { MOST_WITH_REPEATS } else { MOST };
        if self.said.len() < most && of_kind < MOST_OF_KIND {
            self.said.push_back((now, kind, subject));
            return true;
        }
        // Of losses it is not the reports that are counted.
        let reports = if let Body::Lost { count } = *body { count } else { reports };
        if reports == 0 {
            return false;
        }
        self.counts.add(kind, reports, now);
        false
    }

    /// Time at which [`Budget::next`] has something; `None` without a count.
    pub fn wake_at(&self) -> Option<Time> {
        self.counts.wake_at()
    }

    /// Number of reports of a kind beyond what was said, once it is time to tell.
    pub fn next(&mut self, now: Time) -> Option<Said> {
        self.counts.next(now).map(|(kind, reports)| Said::MoreReports(kind, reports))
    }

    /// Ends all counts and gives them.
    pub fn end(&mut self) -> Vec<Said> {
        self.counts.end().map(|(kind, reports)| Said::MoreReports(kind, reports)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Target;
    use crate::property::*;
    use crate::report::{Level, Line, Place};

    fn line(said: &Said) -> Line {
        said.line(Some(&Place::new(b"/m")))
    }

    fn at(seconds: u64) -> Time {
        Time::default().after(Duration::from_secs(seconds))
    }

    fn sick(agno: u32) -> Body {
        Body::Health { change: Change::Sick, target: Target::Ag(agno), mask: 1 << 4 }
    }

    fn failed(ino: u64, pos: u64) -> Body {
        let error = FileError::DirectRead;
        Body::FileRange { error, ino, generation: 0, pos, len: 512, errno: 5 }
    }

    #[test]
    fn a_storm_about_one_file_is_some_lines_and_a_count() {
        let mut budget = Budget::default();
        let said = (0..100_000).filter(|pos| budget.spends(&failed(131, *pos), 1, at(0))).count();
        assert_eq!((said, budget.wake_at()), (MOST_WITH_REPEATS, Some(at(60))));
        assert!(budget.spends(&sick(1), 1, at(1)), "first of its kind");
        assert!(!budget.spends(&sick(1), 1, at(1)));
        assert_eq!(budget.next(at(59)), None);
        let first = line(&budget.next(at(60)).unwrap());
        let text = "/m: 99970 more reports of file errors";
        assert_eq!((&first.text[..], first.level), (text, Level::Warning));
        assert_eq!(budget.next(at(60)), None, "the other began a second later");
        assert_eq!(line(&budget.end()[0]).text, "/m: 1 more reports of damage");
        assert_eq!(budget.wake_at(), None);
    }

    #[test]
    fn however_many_files_fail_there_is_room_for_damage() {
        let mut budget = Budget::default();
        let failed = (0..1000).filter(|ino| budget.spends(&failed(*ino, 0), 1, at(0))).count();
        let sick = (0..1000).filter(|agno| budget.spends(&sick(*agno), 1, at(0))).count();
        assert_eq!((failed, sick), (MOST_OF_KIND, MOST - MOST_OF_KIND));
    }

    #[test]
    fn losses_are_added_up() {
        let mut budget = Budget::default();
        let lost = |count| Body::Lost { count };
        assert!((0..30).all(|_| budget.spends(&lost(7), 1, at(0))));
        assert!([lost(5), lost(u64::MAX)].iter().all(|lost| !budget.spends(lost, 1, at(0))));
        assert_eq!(line(&budget.end()[0]).text, format!("/m: {} events lost", u64::MAX));
    }

    #[test]
    fn what_comes_once_is_always_said() {
        let mut budget = Budget::default();
        assert!((0..1000).all(|_| budget.spends(&Body::Running, 1, at(0))));
    }

    proptest! {
        /// Each report is said or counted, not both; and no minute has more lines than it may.
        #[test]
        fn each_report_is_said_or_counted(events in proptest::collection::vec((0..4_u64, 0..90_u64, 0..3_u64), 0..900)) {
            let mut budget = Budget::default();
            let (mut now, mut said, mut counted) = (0, Vec::new(), 0);
            let mut told = 0;
            for (kind, which, pause) in &events {
                now += pause;
                let body = if *kind == 0 { sick(*which as u32) } else { failed(*which, now) };
                if budget.spends(&body, 1, at(now)) { said.push(now) } else { counted += 1 }
                while let Some(said) = budget.next(at(now)) {
                    told += number(&said);
                }
                prop_assert!(said.iter().filter(|at| *at + 60 > now).count() <= MOST);
                prop_assert!(budget.said.len() <= MOST && budget.counts.len() <= 7);
            }
            told += budget.end().iter().map(number).sum::<usize>();
            prop_assert_eq!((told, said.len() + counted), (counted, events.len()));
        }
    }

    fn number(said: &Said) -> usize {
        let Said::MoreReports(_, reports) = said else { unreachable!() };
        (*reports).try_into().unwrap()
    }
}
