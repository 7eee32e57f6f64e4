// SPDX-License-Identifier: LGPL-2.1-or-later
//! Gaps: what looks could not see, and the times when it is looked for again.

use crate::plan::action::Depth;
use crate::plan::bounded;
use crate::plan::time::{Time, doubled};
use std::time::Duration;

/// Pause before the first look at a gap again: memory, or a device, may be back some time later.
/// Each look in vain doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(600);
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Most looks that come sooner, between two that come after a pause, since something is called good
/// again: an AG has four structures that may each have hidden the same. What is good and bad by
/// turns, or somebody says so for ever, keeps nobody busy.
const MOST_SOONER: u32 = 4;
/// Most AGs that are remembered of each kind: with sick inodes, and with what could not be seen. A
/// look tells of no more by their numbers.
pub(crate) const MOST_AGS: usize = 1024;
/// Number of looks that are not for a single AG and can be wanted at once: the deep one, the checks
/// and the survey; they cover the shallow one.
pub(in crate::plan) const KINDS: usize = 3;
/// Number of gaps that there is room for as soon as there is one.
const FIRST_ROOM: usize = 16;
/// Most AGs that are told apart of those that have become readable while a look runs.
const MOST_OPENED: usize = 16;

/// Part of the filesystem that a look could not see.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// Depth of the look that sees the gap.
    depth: Depth,
    /// Time of the next look there; [`Time::NEVER`] while that look runs.
    again: Time,
    /// Time that the next look would have if nothing had become good.
    paused_until: Time,
    /// Number of looks since the end of the last pause that have come sooner, or are to.
    sooner: u32,
    /// Number of looks in vain but for the first.
    in_vain: u32,
}

impl Gap {
    fn new(depth: Depth, now: Time) -> Gap {
        let again = now.after(FIRST_PAUSE);
        Gap { depth, again, paused_until: again, sooner: 0, in_vain: 0 }
    }

    /// Takes in that another look could not see the gap.
    fn looked_in_vain(&mut self, now: Time) {
        if self.paused_until <= now {
            self.sooner = 0;
        }
        self.in_vain = self.in_vain.saturating_add(1);
        self.paused_until = now.after(doubled(FIRST_PAUSE, self.in_vain, LONGEST_PAUSE));
        self.again = self.paused_until;
    }

    /// Plans a look now, as if nobody had waited for it yet.
    fn try_again(&mut self, now: Time) {
        let (again, paused_until) = (self.again.min(now), self.paused_until.min(now));
        *self = Gap { again, paused_until, sooner: 0, in_vain: 0, ..*self };
    }

    /// Brings the next look forward to now, as the gap may be seen by now.
    fn bring_forward(&mut self, now: Time) {
        if self.again > now && self.sooner < MOST_SOONER {
            self.again = now;
            self.sooner += 1;
        }
    }
}

/// All gaps: what looks could not see and none has seen since.
#[derive(Debug)]
pub(in crate::plan) struct Gaps {
    list: Vec<Gap>,
    /// Set if the running look, or the last one, could not see something of AGs that are known.
    missed_ags: bool,
    /// Set if the running look, or the last one, could not see something that is not of known AGs.
    missed_else: bool,
    /// AGs that have become readable since the look began: it may have passed them before.
    opened: Vec<u32>,
    /// Set if more AGs have become readable than there is room for.
    opened_more: bool,
}

impl Gaps {
    pub fn new() -> Gaps {
        Gaps {
            list: Vec::new(),
            missed_ags: false,
            missed_else: false,
            opened: bounded::list(MOST_OPENED),
            opened_more: false,
        }
    }

    pub fn has_memory(&self) -> bool {
        self.opened.capacity() > 0
    }

    pub fn are_none(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes note that a look begins.
    pub fn looks(&mut self, depth: Depth) {
        self.of(depth).into_iter().for_each(|gap| gap.again = Time::NEVER);
        (self.missed_ags, self.missed_else, self.opened_more) = (false, false, false);
        self.opened.clear();
    }

    /// Takes in that the running look could not see something: of this AG, or elsewhere (`None`).
    pub fn missed(&mut self, agno: Option<u32>, now: Time) {
        let Some(agno) = agno else {
            self.missed_else = true;
            return;
        };
        self.missed_ags = true;
        self.add(Depth::Inodes(agno), now);
        if self.opened_more || self.opened.contains(&agno) {
            self.bring_forward(|depth| depth == Depth::Inodes(agno), now);
        }
    }

    /// Takes in that the look has ended. What it has seen is no gap any more; what it has not, and
    /// is not known by its AG, is one.
    pub fn looked(&mut self, depth: Depth, is_complete: bool, now: Time) {
        let only_ags = self.missed_ags && !self.missed_else;
        let is_one_ag = matches!(depth, Depth::Inodes(_));
        let sees_ags = depth == Depth::Deep && is_complete;
        self.close(|other| match other {
            other if other == depth => is_complete || only_ags && !is_one_ag,
            Depth::Inodes(_) if sees_ags => true,
            other => depth.covers(other),
        });
        if is_complete || only_ags || is_one_ag && self.missed_ags {
            return;
        }
        self.add(depth, now);
        if !self.opened.is_empty() {
            self.bring_forward(|other| other == depth && depth != Depth::Deep, now);
        }
    }

    /// Takes in that a look could not begin.
    pub fn not_looked(&mut self, depth: Depth, now: Time) {
        self.of(depth).into_iter().for_each(|gap| gap.again = now);
    }

    /// Takes in that a structure that finds the inodes of an AG, or the rest of it, is good again.
    pub fn ag_is_readable(&mut self, agno: u32, now: Time) {
        if !self.opened.contains(&agno) {
            self.opened_more |= !bounded::push(&mut self.opened, agno);
        }
        // Not a look at all inodes for those of one AG, which may be known by its number.
        let is_seen = |depth| match depth {
            Depth::Inodes(other) => other == agno,
            Depth::Shallow | Depth::Checks => true,
            Depth::Deep | Depth::Survey => false,
        };
        self.bring_forward(is_seen, now);
    }

    /// Takes in that everything may be good again.
    pub fn all_is_readable(&mut self, now: Time) {
        self.bring_forward(|_| true, now);
    }

    /// Takes in that the obstacle that hid something may be gone. If it is not, the pauses begin
    /// anew.
    pub fn try_again(&mut self, now: Time) {
        let waiting = self.list.iter_mut().filter(|gap| gap.again < Time::NEVER);
        waiting.for_each(|gap| gap.try_again(now));
    }

    /// Time and depth of the first look that is to be made.
    pub fn next(&self) -> Option<(Time, Depth)> {
        let first = self.list.iter().min_by_key(|gap| gap.again)?;
        (first.again < Time::NEVER).then_some((first.again, first.depth))
    }

    /// Adds a gap that a look of this depth is needed to see. For more AGs than are remembered a
    /// look at all inodes is needed.
    fn add(&mut self, depth: Depth, now: Time) {
        let len = self.list.len();
        if let Some(gap) = self.of(depth) {
            return gap.looked_in_vain(now);
        }
        if matches!(depth, Depth::Inodes(_)) && len >= MOST_AGS {
            self.missed_else = true;
            return;
        }
        let most = len.saturating_mul(2).clamp(FIRST_ROOM, MOST_AGS + KINDS);
        let has_room = len < self.list.capacity() || bounded::reserve(&mut self.list, most);
        // Without memory for it there is none for much else; that the look was incomplete is said.
        let _ = has_room && bounded::push(&mut self.list, Gap::new(depth, now));
    }

    fn of(&mut self, depth: Depth) -> Option<&mut Gap> {
        self.list.iter_mut().find(|gap| gap.depth == depth)
    }

    fn close(&mut self, is_seen: impl Fn(Depth) -> bool) {
        self.list.retain(|gap| !is_seen(gap.depth));
    }

    fn bring_forward(&mut self, is_seen: impl Fn(Depth) -> bool, now: Time) {
        let waiting = self.list.iter_mut().filter(|gap| gap.again < Time::NEVER);
        let seen = waiting.filter(|gap| is_seen(gap.depth));
        seen.for_each(|gap| gap.bring_forward(now));
    }
}

#[cfg(any(test, fuzzing))]
impl Gaps {
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn has(&self, depth: Depth) -> bool {
        self.list.iter().any(|gap| gap.depth == depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_in_vain_doubles_the_pause_up_to_a_day() {
        let (mut gaps, mut now) = (Gaps::new(), Time::default());
        let mut minutes = Vec::new();
        for _ in 0..9 {
            gaps.missed(Some(7), now);
            let (at, depth) = gaps.next().unwrap();
            assert_eq!(depth, Depth::Inodes(7));
            minutes.push(at.since(now).as_secs() / 60);
            now = at;
            gaps.looks(depth);
            assert_eq!(gaps.next(), None, "it runs");
        }
        assert_eq!(minutes, [10, 20, 40, 80, 160, 320, 640, 1280, 1440]);
    }

    #[test]
    fn what_is_good_and_bad_by_turns_is_looked_at_a_few_times_a_day() {
        let (mut gaps, mut now) = (Gaps::new(), Time::default());
        gaps.missed(Some(7), now);
        let mut looks = Vec::new();
        for minute in 0..30 * 24 * 60 {
            now = Time::default().after(Duration::from_secs(minute * 60));
            gaps.ag_is_readable(7, now);
            if gaps.next().is_some_and(|(at, _)| at <= now) {
                looks.push(minute);
                gaps.looks(Depth::Inodes(7));
                // Also while it is looked at.
                gaps.ag_is_readable(7, now);
                gaps.missed(Some(7), now);
                gaps.looked(Depth::Inodes(7), false, now);
            }
        }
        assert_eq!(looks[..6], [0, 1, 2, 3, 3 + 160, 4 + 160]);
        assert!(looks.iter().filter(|minute| **minute >= 3 * 24 * 60).count() <= 5 * 27);
    }

    #[test]
    fn of_more_ags_than_are_remembered_all_are_looked_at() {
        let (mut gaps, now) = (Gaps::new(), Time::default());
        gaps.looks(Depth::Deep);
        (0..2 * MOST_AGS as u32).for_each(|agno| gaps.missed(Some(agno), now));
        gaps.looked(Depth::Deep, false, now);
        assert_eq!(gaps.len(), MOST_AGS + 1);
        assert!(gaps.has(Depth::Deep));
    }
}
