// SPDX-License-Identifier: LGPL-2.1-or-later
//! Losses, gathered so that one storm is a handful of lines.
//!
//! Whoever can read a file on a bad device makes as many reports as they like. Reports of one loss
//! are one entry: its ranges grow, and it is told again only for ranges that are new, ever less
//! often.

use super::ranges::Ranges;
use crate::act::Fork;
use crate::log::loss::{Loss, LossCause, Lost};
use crate::plan::{Time, doubled};
use std::collections::VecDeque;
use std::time::Duration;

/// Quiet time after which a new loss is told, but no later than [`LONGEST`] after its first report.
const QUIET: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
/// Time for which a loss is remembered without a report, and the longest pause until what is new of
/// it is told.
const HOUR: Duration = Duration::from_secs(3600);
/// Most losses that are told within a minute.
const MOST_LINES: usize = 20;
/// Most losses that are remembered.
const MOST: usize = 512;
/// Most losses that are told at the end, when there is no time left to spread them.
const MOST_AT_END: usize = 100;

/// What is known of a loss.
#[derive(Debug)]
struct LossEntry {
    lost: Lost,
    cause: LossCause,
    /// Number of reports since the last line.
    reports: u64,
    told: Ranges,
    new: Ranges,
    /// Time since which there is news; of the last line, where there is none.
    since: Time,
    /// Time of the last report.
    last: Time,
    /// Number of lines, as far as it makes a difference.
    lines: u8,
    /// True if nothing has been told of the loss as it is now known: it is told soon, whatever pause
    /// there is.
    is_news: bool,
}

impl LossEntry {
    fn new(loss: &Loss, now: Time) -> LossEntry {
        let (lost, cause, [told, new]) = (loss.lost.clone(), loss.cause, Default::default());
        let (since, last, lines, is_news) = (now, now, 0, true);
        LossEntry { lost, cause, reports: 0, told, new, since, last, lines, is_news }
    }

    fn add(&mut self, loss: &Loss, now: Time) {
        self.identify(&loss.lost, now);
        self.reports = self.reports.saturating_add(loss.reports);
        self.last = now;
        for (start, len) in &loss.ranges {
            let range = (*start, start.saturating_add(*len));
            if !self.told.has(range) {
                self.new.add(range);
            }
        }
    }

    /// Takes in what is known of the file that was not before.
    fn identify(&mut self, lost: &Lost, now: Time) {
        let Lost::File { generation: known, fork: known_fork, .. } = lost else { return };
        let Lost::File { generation, fork, .. } = &mut self.lost else { return };
        if *generation == 0 {
            *generation = *known;
        }
        if *fork == Fork::Unidentified && *known_fork != Fork::Unidentified {
            // That something may be lost is less than that it is. The pauses go on: who reads a bad
            // file again and again is told no more lines for that.
            *fork = *known_fork;
            self.told = Ranges::default();
            if !std::mem::replace(&mut self.is_news, true) {
                self.since = now;
            }
        }
    }

    /// Time at which what is new is told; `None` if nothing is.
    fn due(&self) -> Option<Time> {
        let due = match self.is_news {
            true => self.last.after(QUIET).min(self.since.after(LONGEST)),
            false => self.since.after(doubled(MINUTE, self.lines.saturating_sub(1).into(), HOUR)),
        };
        (!self.new.is_empty()).then_some(due)
    }

    /// The loss as it is to be told now.
    fn tell(&mut self, now: Time) -> Loss {
        let new = std::mem::take(&mut self.new);
        new.all().iter().for_each(|range| self.told.add(*range));
        let ranges = new.all().iter().map(|(start, end)| (*start, end - start)).collect();
        let reports = std::mem::take(&mut self.reports);
        (self.since, self.lines, self.is_news) = (now, self.lines.saturating_add(1), false);
        let (lost, cause) = (self.lost.clone(), self.cause);
        Loss { lost, cause, ranges, is_rough: new.is_rough(), reports }
    }
}

/// A thing that is to be told of losses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Loss(Loss),
    /// Number of losses that are not told one by one.
    More(u64),
}

/// The losses of the last hour.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<LossEntry>,
    /// Times of the lines of the last minute.
    lines: VecDeque<Time>,
    /// Losses that there was no room for, and the time of the first.
    more: Option<(u64, Time)>,
}

impl Ledger {
    /// Takes a loss in, which is told soon.
    pub fn add(&mut self, loss: &Loss, now: Time) {
        // What was told long ago is told anew: nobody may remember it, and it may have been mended.
        self.entries.retain(|entry| entry.due().is_some() || now.since(entry.last) < HOUR);
        let them = self.entries.iter_mut().filter(|entry| is_same(entry, loss));
        // Without a generation it may be any file that has had the number.
        if let Some(entry) = them.max_by_key(|entry| (entry.lost == loss.lost, entry.last)) {
            return entry.add(loss, now);
        }
        if self.entries.len() >= MOST && !self.make_room() {
            return self.add_more(1, now);
        }
        let mut entry = LossEntry::new(loss, now);
        entry.add(loss, now);
        self.entries.push(entry);
    }

    /// Counts losses of which nothing is known but that there are some.
    pub fn add_more(&mut self, losses: u64, now: Time) {
        let (count, _) = self.more.get_or_insert((0, now));
        *count = count.saturating_add(losses);
    }

    /// Forgets what has been quiet for the longest; false if everything is still to be told.
    fn make_room(&mut self) -> bool {
        let told = self.entries.iter().enumerate().filter(|(_, entry)| entry.due().is_none());
        let oldest = told.min_by_key(|(_, entry)| entry.last).map(|(at, _)| at);
        oldest.map(|at| self.entries.swap_remove(at)).is_some()
    }

    /// Time at which [`Ledger::next`] has something; `None` if it will have nothing.
    pub fn due(&self) -> Option<Time> {
        let due = self.entries.iter().filter_map(LossEntry::due).min();
        let more = self.more.map(|(_, since)| since.after(MINUTE));
        let first = due.into_iter().chain(more).min()?;
        let is_full = self.lines.len() >= MOST_LINES;
        let room = self.lines.front().filter(|_| is_full).map(|at| at.after(MINUTE));
        Some(room.map_or(first, |room| room.max(first)))
    }

    /// The next thing that is to be told now.
    pub fn next(&mut self, now: Time) -> Option<Told> {
        while self.lines.front().is_some_and(|at| now.since(*at) >= MINUTE) {
            self.lines.pop_front();
        }
        if self.lines.len() >= MOST_LINES || self.due()? > now {
            return None;
        }
        let told = self.next_due(now)?;
        self.lines.push_back(now);
        Some(told)
    }

    fn next_due(&mut self, now: Time) -> Option<Told> {
        let is_due = |entry: &&mut LossEntry| entry.due().is_some_and(|at| at <= now);
        let first = self.entries.iter_mut().filter(is_due).min_by_key(|entry| entry.due());
        if let Some(entry) = first {
            return Some(Told::Loss(entry.tell(now)));
        }
        let (losses, _) = self.more.take_if(|(_, since)| since.after(MINUTE) <= now)?;
        Some(Told::More(losses))
    }

    /// Ends the ledger, and gives what is still to be told.
    pub fn end(&mut self, now: Time) -> Vec<Told> {
        let mut open: Vec<_> =
            self.entries.drain(..).filter(|entry| entry.due().is_some()).collect();
        let beyond = open.len().saturating_sub(MOST_AT_END) as u64;
        open.truncate(MOST_AT_END);
        let count = self.more.take().map_or(0, |(count, _)| count).saturating_add(beyond);
        let mut all: Vec<_> = open.iter_mut().map(|entry| Told::Loss(entry.tell(now))).collect();
        all.extend((count > 0).then_some(Told::More(count)));
        all
    }
}

/// True if two losses are one, but for its range. The generation is not always known; where it is,
/// another one is of another file, which XFS has given the number of a deleted one.
fn is_same(one: &LossEntry, other: &Loss) -> bool {
    let is_same = match (&one.lost, &other.lost) {
        (
            Lost::File { ino, generation, fork },
            Lost::File { ino: other, generation: next, fork: other_fork },
        ) => {
            let is_one_file = generation == next || *generation == 0 || *next == 0;
            ino == other && is_one_file && may_be_same(*fork, *other_fork)
        }
        (one, other) => one == other,
    };
    is_same && one.cause == other.cause
}

/// True if two parts of a file are one, as far as that is known.
fn may_be_same(one: Fork, other: Fork) -> bool {
    let is_contents = |fork| matches!(fork, Fork::Data | Fork::Directory);
    match (one, other) {
        (Fork::Unidentified, known) | (known, Fork::Unidentified) if is_contents(known) => true,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::Owner;
    use crate::event::{Device, FileError};
    use crate::property::*;
    use crate::watch::ranges::MOST_RANGES;

    fn at(seconds: u64) -> Time {
        Time::default().after(Duration::from_secs(seconds))
    }

    fn of_file(ino: u64, generation: u32, pos: u64) -> Loss {
        let lost = Lost::File { ino, generation, fork: Fork::Data };
        let cause = LossCause::FileError(FileError::DirectRead, 5);
        Loss { lost, cause, ranges: vec![(pos, 512)], is_rough: false, reports: 1 }
    }

    fn loss(told: Told) -> Loss {
        let Told::Loss(loss) = told else { panic!("{told:?}") };
        loss
    }

    fn all(ledger: &mut Ledger, now: Time) -> Vec<Loss> {
        std::iter::from_fn(|| ledger.next(now)).map(loss).collect()
    }

    fn end(ledger: &mut Ledger, now: Time) -> Vec<Loss> {
        ledger.end(now).into_iter().map(loss).collect()
    }

    #[test]
    fn a_storm_about_one_file_is_a_handful_of_lines() {
        let (mut ledger, mut lines) = (Ledger::default(), Vec::new());
        // For 100 s, with ever new ranges.
        for report in 0..100_000 {
            let now = at(report / 1000);
            ledger.add(&of_file(131, 7, report * 4096), now);
            lines.extend(all(&mut ledger, now));
        }
        lines.extend(end(&mut ledger, at(100)));
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines.iter().map(|loss| loss.reports).sum::<u64>(), 100_000);
        assert!(lines.iter().all(|loss| loss.ranges.len() <= MOST_RANGES));
    }

    #[test]
    fn what_has_been_told_is_not_told_again() {
        let mut ledger = Ledger::default();
        ledger.add(&of_file(131, 0, 0), at(0));
        ledger.add(&of_file(131, 7, 0), at(0));
        assert_eq!((ledger.due(), ledger.next(at(0))), (Some(at(1)), None));
        let told = loss(ledger.next(at(1)).unwrap());
        assert_eq!((told.reports, told.lost.inode()), (2, Some((131, 7))));
        (2..900).for_each(|now| ledger.add(&of_file(131, 7, 0), at(now)));
        assert_eq!((ledger.due(), ledger.next(at(900))), (None, None));
        ledger.add(&of_file(131, 7, 8192), at(901));
        let told = loss(ledger.next(at(901)).unwrap());
        assert_eq!((told.ranges, told.reports), (vec![(8192, 512)], 899));
        assert!(ledger.end(at(902)).is_empty());
    }

    #[test]
    fn a_number_that_is_used_anew_is_of_another_file() {
        let mut ledger = Ledger::default();
        for generation in [0x9000_0000, 0x1000_0000] {
            ledger.add(&of_file(131, generation, 0), at(0));
        }
        let told: Vec<_> = all(&mut ledger, at(1)).iter().map(|loss| loss.lost.inode()).collect();
        assert_eq!(told, [Some((131, 0x9000_0000)), Some((131, 0x1000_0000))]);
        // Of the two it may be either: the last that was told.
        ledger.add(&of_file(131, 0x9000_0000, 0), at(2));
        ledger.add(&of_file(131, 0, 8192), at(3));
        let told = end(&mut ledger, at(4));
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].lost.inode(), Some((131, 0x9000_0000)));
    }

    #[test]
    fn what_may_be_lost_is_told_again_once_it_is_known_to_be() {
        let of = |generation, fork| Loss {
            lost: Lost::File { ino: 131, generation, fork },
            cause: LossCause::Medium,
            ..of_file(131, 0, 0)
        };
        let mut ledger = Ledger::default();
        ledger.add(&of(0, Fork::Unidentified), at(0));
        assert_eq!(all(&mut ledger, at(1)).len(), 1);
        (2..5).for_each(|now| ledger.add(&of(7, Fork::Data), at(now)));
        ledger.add(&of(0, Fork::Unidentified), at(5));
        let told = all(&mut ledger, at(7));
        let told: Vec<_> = told.iter().map(|loss| &loss.lost).collect();
        assert_eq!(told, [&of(7, Fork::Data).lost]);
        ledger.add(&of(0, Fork::Attributes), at(8));
        assert_eq!(ledger.end(at(8)).len(), 1);
    }

    #[test]
    fn a_loss_keeps_its_pause_when_it_is_known_what_it_is() {
        let of = |generation, fork, pos| Loss {
            lost: Lost::File { ino: 131, generation, fork },
            cause: LossCause::Medium,
            ..of_file(131, 0, pos)
        };
        // A new range each second; after ten minutes it becomes known that it is the data.
        let (mut ledger, mut told) = (Ledger::default(), Vec::new());
        for second in 0..4000 {
            let (generation, fork) =
                if second < 600 { (0, Fork::Unidentified) } else { (7, Fork::Data) };
            ledger.add(&of(generation, fork, second * 4096), at(second));
            told.extend(all(&mut ledger, at(second)).iter().map(|_| second));
        }
        let pauses: Vec<_> = told.windows(2).map(|lines| lines[1] - lines[0]).collect();
        // 5, 65, 185 and 425 s; what it is at 605 s; and then the pauses that were to come.
        assert_eq!(told[..5], [5, 65, 185, 425, 605]);
        assert_eq!(pauses[4..], [16 * 60, 32 * 60]);
    }

    #[test]
    fn what_nobody_has_reported_for_an_hour_is_told_anew() {
        let mut ledger = Ledger::default();
        ledger.add(&of_file(131, 7, 0), at(0));
        assert_eq!(all(&mut ledger, at(1)).len(), 1);
        ledger.add(&of_file(131, 7, 0), at(3599));
        ledger.add(&of_file(131, 7, 0), at(3599 + 3599));
        assert_eq!(ledger.due(), None);
        ledger.add(&of_file(131, 7, 0), at(3599 + 3599 + 3600));
        assert_eq!(all(&mut ledger, at(3600 * 4)).len(), 1);
    }

    #[test]
    fn many_losses_are_spread_over_the_minutes_and_the_rest_is_counted() {
        let mut ledger = Ledger::default();
        (0..1000).for_each(|ino| ledger.add(&of_file(ino, 1, 0), at(0)));
        assert_eq!(all(&mut ledger, at(5)).len(), MOST_LINES);
        assert_eq!(ledger.due(), Some(at(65)));
        assert_eq!(all(&mut ledger, at(65)).len(), MOST_LINES);
        let rest = ledger.end(at(66));
        assert_eq!(rest.len(), MOST_AT_END + 1);
        let told = (2 * MOST_LINES + MOST_AT_END) as u64;
        assert_eq!(*rest.last().unwrap(), Told::More(1000 - told));
    }

    #[test]
    fn what_is_on_a_device_is_told_by_owner() {
        let mut ledger = Ledger::default();
        for daddr in [0, 8, 64] {
            let lost = Lost::OnDevice(Device::Data, Owner::Free, false);
            let ranges = vec![(daddr, 8)];
            let cause = LossCause::Medium;
            ledger.add(&Loss { lost, cause, ranges, is_rough: false, reports: 1 }, at(0));
        }
        assert_eq!(loss(ledger.next(at(1)).unwrap()).ranges, [(0, 16), (64, 8)]);
    }

    proptest! {
        #[test]
        fn no_minute_has_more_lines_than_it_may(events in proptest::collection::vec((0..700_u64, 0..9_u64, 0..3_u64), 0..900)) {
            let (mut ledger, mut now, mut lines) = (Ledger::default(), 0, Vec::new());
            for (ino, pos, pause) in events {
                now += pause;
                ledger.add(&of_file(ino, 1, pos * 4096), at(now));
                lines.extend(all(&mut ledger, at(now)).iter().map(|_| now));
                prop_assert!(lines.iter().filter(|at| *at + 60 > now).count() <= MOST_LINES);
                prop_assert!(ledger.entries.len() <= MOST);
            }
        }
    }
}
