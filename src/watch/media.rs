// SPDX-License-Identifier: LGPL-2.1-or-later
//! Media errors until the kernel has told what lies there.
//!
//! The question reads the reverse mappings, and where these are damaged it makes events. Nothing is
//! asked twice within an hour, and little within a minute.

use crate::act::Region;
use crate::plan::Time;
use std::collections::VecDeque;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Time for which an answer is not asked for again.
const HOUR: Duration = Duration::from_secs(3600);
/// Most ranges that wait, that are remembered, and that are asked about within a minute.
const MOST_WAITING: usize = 64;
const MOST_KNOWN: usize = 1024;
const MOST_ASKED: usize = 30;

/// Ranges of media errors.
#[derive(Debug, Default)]
pub(crate) struct Media {
    waiting: VecDeque<Region>,
    /// Ranges that were asked about, and when.
    known: VecDeque<(Region, Time)>,
    /// Times at which somebody was asked within the last minute.
    asked: VecDeque<Time>,
    /// The range that is being asked about.
    current: Option<Region>,
}

fn covers(region: &Region, other: &Region) -> bool {
    let is_within = region.daddr <= other.daddr && other.end() <= region.end();
    region.device == other.device && is_within
}

impl Media {
    /// Takes a media error in; false if there is no room for it.
    pub fn add(&mut self, region: Region, now: Time) -> bool {
        while self.known.front().is_some_and(|(_, at)| now.since(*at) >= HOUR) {
            self.known.pop_front();
        }
        let mut known = self.waiting.iter().chain(self.known.iter().map(|(known, _)| known));
        if region.bbcount == 0 || known.any(|known| covers(known, &region)) {
            return true;
        }
        let follows =
            |last: &&mut Region| last.device == region.device && last.end() == region.daddr;
        if let Some(last) = self.waiting.back_mut().filter(follows) {
            last.bbcount = last.bbcount.saturating_add(region.bbcount);
            return true;
        }
        let has_room = self.waiting.len() < MOST_WAITING;
        if has_room {
            self.waiting.push_back(region);
        }
        has_room
    }

    /// Time at which [`Media::take`] has something; `None` before the next answer or error.
    pub fn due(&self, now: Time) -> Option<Time> {
        if self.current.is_some() || self.waiting.is_empty() {
            return None;
        }
        let is_full = self.asked.len() >= MOST_ASKED;
        Some(self.asked.front().filter(|_| is_full).map_or(now, |at| at.after(MINUTE)))
    }

    /// A range that is asked about from here on.
    pub fn take(&mut self, now: Time) -> Option<Region> {
        if self.due(now)? > now {
            return None;
        }
        while self.asked.front().is_some_and(|at| now.since(*at) >= MINUTE) {
            self.asked.pop_front();
        }
        let region = self.waiting.pop_front()?;
        self.asked.push_back(now);
        if self.known.len() >= MOST_KNOWN {
            self.known.pop_front();
        }
        self.known.push_back((region, now));
        self.current = Some(region);
        Some(region)
    }

    /// Takes note of an answer.
    pub fn answered(&mut self) {
        self.current = None;
    }

    /// Ends the questions, and gives the ranges without an answer.
    pub fn end(&mut self) -> impl Iterator<Item = Region> + use<> {
        self.current.take().into_iter().chain(std::mem::take(&mut self.waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Device;

    fn at(seconds: u64) -> Time {
        Time::default().after(Duration::from_secs(seconds))
    }

    fn region(daddr: u64, bbcount: u64) -> Region {
        Region { device: Device::Data, daddr, bbcount }
    }

    #[test]
    fn one_range_is_asked_about_at_a_time_and_not_again_within_an_hour() {
        let mut media = Media::default();
        assert!(media.add(region(0, 8), at(0)) && media.add(region(8, 8), at(0)));
        assert!(media.add(region(64, 8), at(0)));
        assert_eq!(media.take(at(0)), Some(region(0, 16)));
        assert_eq!((media.due(at(0)), media.take(at(0))), (None, None));
        media.answered();
        assert_eq!(media.take(at(0)), Some(region(64, 8)));
        media.answered();
        assert!(media.add(region(4, 8), at(3599)));
        assert_eq!(media.due(at(3599)), None);
        assert!(media.add(region(4, 8), at(3600)));
        assert_eq!(media.take(at(3600)), Some(region(4, 8)));
    }

    #[test]
    fn the_end_leaves_nothing_unanswered() {
        let mut media = Media::default();
        assert!(media.add(region(0, 8), at(0)) && media.add(region(64, 8), at(0)));
        assert!(media.take(at(0)).is_some());
        assert_eq!(media.end().collect::<Vec<_>>(), [region(0, 8), region(64, 8)]);
        assert_eq!(media.end().next(), None);
        assert!(media.add(region(128, 8), at(0)) && media.take(at(0)).is_some());
        media.answered();
        assert_eq!(media.end().next(), None);
    }

    #[test]
    fn a_storm_is_asked_about_slowly() {
        let mut media = Media::default();
        let added = (0..1000).filter(|n| media.add(region(n * 64, 8), at(0))).count();
        assert_eq!(added, MOST_WAITING);
        for _ in 0..MOST_ASKED {
            assert!(media.take(at(0)).is_some());
            media.answered();
        }
        assert_eq!((media.take(at(59)), media.due(at(59))), (None, Some(at(60))));
        assert!(media.take(at(60)).is_some());
        assert_eq!(media.end().count(), MOST_WAITING - MOST_ASKED);
    }
}
