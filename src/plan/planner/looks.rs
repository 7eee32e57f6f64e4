// SPDX-License-Identifier: LGPL-2.1-or-later
//! Timing of the looks for damage that no event tells of.

use super::gaps::{Gaps, KINDS};
use super::sick_ags::SickAgs;
use crate::plan::action::{Depth, LookEnd, Reasons, Ticket};
use crate::plan::bounded;
use crate::plan::config::Pace;
use crate::plan::time::{Time, doubled, first_of};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Quiet time that a look for lost reports waits for, but no longer than [`MOST_QUIET`]: a burst
/// that loses reports goes on for a while.
const QUIET: Duration = Duration::from_secs(10);
const MOST_QUIET: Duration = MINUTE;
/// The least time from the end of a look for lost reports to the next.
const GAP: Duration = Duration::from_secs(600);
/// Number of looks for lost reports that could not be made, after which a full scrub has to do.
const MOST_IN_VAIN: u32 = 3;
/// Most looks that are asked for at once. Who asks for a single AG asks for few.
const MOST_WANTED: usize = 16;

/// The looks for damage, one at a time.
#[derive(Debug)]
pub(in crate::plan) struct Looks {
    /// Looks that were asked for, in the order in which they start.
    wanted: Vec<Depth>,
    /// The first and the last loss that no look has followed yet.
    losses: Option<(Time, Time)>,
    ags: SickAgs,
    running: Option<RunningLook>,
    /// Next one of the checks of everything, and the number of AGs; `None` if none are left.
    checks: Option<(Depth, u32)>,
    /// Set if a look before the one for lost reports has found something new: another look, or one
    /// for lost reports that was broken off.
    found_before: bool,
    gaps: Gaps,
    /// Looks in a row that could not even begin.
    in_vain: u32,
    /// Time before which no look is made, since one could not begin or had its thread killed.
    not_before: Time,
    /// The end of the last look for lost reports, and the gap to the next.
    last_for_losses: Option<Time>,
    gap: Duration,
}

#[derive(Clone, Copy, Debug)]
struct RunningLook {
    ticket: Ticket,
    depth: Depth,
    is_for_losses: bool,
    /// Set if the look is part of the checks of everything.
    is_check: bool,
    /// Set if the look is for something that an earlier one could not see.
    is_for_gap: bool,
    found_new: bool,
}

/// Next one of the checks of everything after this, with the number of AGs; `None` after the last.
fn after(done: Depth, ag_count: u32) -> Option<(Depth, u32)> {
    let agno = match done {
        Depth::Inodes(agno) => agno.checked_add(1)?,
        _ => 0,
    };
    (agno < ag_count).then_some((Depth::Inodes(agno), ag_count))
}

impl Looks {
    pub fn new(pace: Pace) -> Looks {
        Looks {
            wanted: bounded::list(MOST_WANTED),
            losses: None,
            ags: SickAgs::new(pace),
            running: None,
            checks: None,
            found_before: false,
            gaps: Gaps::new(),
            in_vain: 0,
            not_before: Time::default(),
            last_for_losses: None,
            gap: GAP,
        }
    }

    pub fn has_memory(&self) -> bool {
        self.wanted.capacity() > 0 && self.gaps.has_memory()
    }

    /// Requests a look, to be made at once.
    pub fn want(&mut self, depth: Depth) {
        if !self.wanted.iter().any(|other| other.covers(depth)) {
            self.wanted.retain(|other| !depth.covers(*other));
            // Those that are not for a single AG always find room.
            let left = if matches!(depth, Depth::Inodes(_)) { KINDS } else { 0 };
            if self.wanted.len() < MOST_WANTED - left {
                bounded::push(&mut self.wanted, depth);
            }
        }
    }

    /// Requests checks of everything: of what is no inode, then of the inodes of each of so many
    /// AGs.
    pub fn check_all(&mut self, ag_count: u32) {
        self.checks = Some((Depth::Checks, ag_count));
    }

    /// True if some of the checks of everything are left.
    pub fn has_checks(&self) -> bool {
        self.checks.is_some()
    }

    /// Takes in that reports were lost.
    pub fn lost(&mut self, now: Time) {
        let first = self.losses.map_or(now, |(first, _)| first);
        self.losses = Some((first, now));
        let calm = self.last_for_losses.is_none_or(|end| now.since(end) >= DAY);
        if calm {
            self.gap = GAP;
        }
    }

    /// Takes in that inodes of an AG are said to be sick; true if nobody has said so before, `None`
    /// if there is no room to remember it.
    ///
    /// The kernel goes on remembering that (`is_memory`) when they have long been mended; only
    /// where reports were lost it may be news.
    pub fn inodes(&mut self, agno: u32, is_memory: bool, now: Time) -> Option<bool> {
        let is_for_losses = self.running.is_some_and(|running| running.is_for_losses);
        if self.ags.knows(agno) && is_memory && !is_for_losses {
            return Some(false);
        }
        // It comes from the look itself, as it lets go of what it finds.
        if self.running.is_some_and(|running| running.depth == Depth::Inodes(agno)) {
            return Some(false);
        }
        self.ags.reported(agno, is_memory, now)
    }

    /// Number of AGs with inodes that are said to be sick and have not been looked for since.
    pub fn unknown_inodes(&self) -> usize {
        self.ags.not_looked_for()
    }

    /// Takes in that the running look could not see something: of this AG, or elsewhere (`None`).
    pub fn missed(&mut self, agno: Option<u32>, now: Time) {
        if self.running.is_some_and(|running| running.depth != Depth::Survey) {
            self.gaps.missed(agno, now);
        }
    }

    /// Takes in that a structure that finds the inodes of an AG, or the rest of it, is good again:
    /// what could not be seen there may be seen now.
    pub fn ag_is_readable(&mut self, agno: u32, now: Time) {
        self.gaps.ag_is_readable(agno, now);
    }

    /// Takes in that everything may be good again: what could not be seen may be seen now.
    pub fn all_is_readable(&mut self, now: Time) {
        self.gaps.all_is_readable(now);
    }

    /// True if a look could not see something that none has seen since.
    pub fn is_blind(&self) -> bool {
        !self.gaps.are_none()
    }

    /// True if there may be damage that only a look at everything can find, which is still to come.
    pub fn owes_deep(&self) -> bool {
        let is_running = self.running.is_some_and(|running| running.depth == Depth::Deep);
        is_running || self.losses.is_some() || self.wanted.contains(&Depth::Deep)
    }

    /// Takes in that the kernel calls the inodes of an AG good.
    pub fn inodes_are_good(&mut self, agno: u32) {
        self.ags.are_good(agno);
    }

    /// Time when the next look may start; `None` if none is wanted or one is running. Where nothing
    /// is to be repaired, not `acts`, a report of inodes of an AG is enough: they are not looked
    /// for.
    pub fn wake_at(&self, acts: bool) -> Option<Time> {
        if self.running.is_some() {
            return None;
        }
        let wanted = self.wanted.first().map(|_| Time::default());
        let ag = self.ags.next().filter(|_| acts).map(|(at, _)| at);
        let gap = self.gaps.next().map(|(at, _)| at);
        let checks = self.checks.filter(|_| acts).map(|_| Time::default());
        let first = first_of(&[wanted, self.due_for_losses(), ag, gap, checks]);
        first.map(|at| at.max(self.not_before))
    }

    fn due_for_losses(&self) -> Option<Time> {
        let (first, last) = self.losses?;
        let quiet = last.after(QUIET).min(first.after(MOST_QUIET));
        Some(self.last_for_losses.map_or(quiet, |end| quiet.max(end.after(self.gap))))
    }

    /// Takes note that the look that is due starts now; gives its depth. `acts` as for
    /// [`Looks::wake_at`].
    pub fn start(&mut self, ticket: Ticket, acts: bool, now: Time) -> Option<Depth> {
        let is_for_losses = self.due_for_losses().is_some_and(|at| at <= now);
        let ag = self.ags.next().filter(|(at, _)| *at <= now).map(|(_, agno)| Depth::Inodes(agno));
        let other = if is_for_losses { Some(Depth::Deep) } else { self.wanted.first().copied() };
        let other = other.or(ag.filter(|_| acts));
        let gap = self.gaps.next().filter(|(at, _)| *at <= now).map(|(_, depth)| depth);
        let is_for_gap = other.is_none() && gap.is_some();
        let other = other.or(gap);
        // Last, so that they keep nothing waiting: they may take days.
        let is_check = other.is_none();
        let depth = other.or(self.checks.map(|(next, _)| next))?;
        self.gaps.looks(depth);
        self.wanted.retain(|other| !depth.covers(*other));
        if is_for_losses {
            self.losses = None;
        }
        if let Depth::Inodes(agno) = depth {
            self.ags.look_begins(agno, now);
        }
        let found_new = is_for_losses && std::mem::take(&mut self.found_before);
        let running = RunningLook { ticket, depth, is_for_losses, is_check, is_for_gap, found_new };
        self.running = Some(running);
        Some(depth)
    }

    /// Takes note that something was found that nobody knew of.
    pub fn found_new(&mut self) {
        if let Some(running) = &mut self.running {
            running.found_new = true;
            self.found_before |= self.losses.is_some() && !running.is_for_losses;
        }
    }

    /// Takes in that the obstacle that kept looks from beginning or from seeing everything may be
    /// gone: those that wait for that, or for the gap after the last one for lost reports, wait no
    /// longer. If it is not gone, the pauses begin anew. The pause after a look that had its thread
    /// killed goes on.
    pub fn try_again(&mut self, now: Time) {
        if self.cannot_begin() {
            self.in_vain = 1;
            self.not_before = self.not_before.min(now);
        }
        if self.losses.is_some() {
            (self.last_for_losses, self.gap) = (None, GAP);
        }
        self.gaps.try_again(now);
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// True if the last look could not even begin.
    pub fn cannot_begin(&self) -> bool {
        self.in_vain > 0
    }

    /// True if the running look is about something that was reported, or keeps others waiting.
    pub fn is_urgent(&self) -> bool {
        let is_first = |running: &RunningLook| {
            let is_wide = matches!(running.depth, Depth::Shallow | Depth::Deep);
            is_wide && !running.is_for_losses
        };
        let others = !self.wanted.is_empty() || self.losses.is_some() || self.ags.next().is_some();
        others || self.running.as_ref().is_some_and(|running| !is_first(running))
    }

    /// Takes in the end of the running look; gives the reasons for a full scrub that follow from
    /// it, `None` if this ticket is not the running look's.
    pub fn finished(&mut self, ticket: Ticket, end: LookEnd, now: Time) -> Option<Reasons> {
        let running = self.running.take_if(|running| running.ticket == ticket)?;
        Some(self.ended(running, end, now))
    }

    fn ended(&mut self, running: RunningLook, end: LookEnd, now: Time) -> Reasons {
        if end == LookEnd::NotLooked {
            self.again(running, now);
            let gives_up = running.is_for_losses && self.in_vain == MOST_IN_VAIN;
            return if gives_up { Reasons::EVENTS_LOST } else { Reasons::empty() };
        }
        (self.in_vain, self.not_before) = (0, Time::default());
        if end == LookEnd::Vanished {
            // Nobody knows what it came upon, which others would come upon too, each at the cost of
            // one more thread.
            self.not_before = now.after(DAY);
            self.gaps.missed(None, now);
        }
        if running.is_check {
            self.checks = self.checks.and_then(|(done, ag_count)| after(done, ag_count));
        }
        if running.depth == Depth::Survey {
            return Reasons::empty();
        }
        self.gaps.looked(running.depth, end == LookEnd::Complete, now);
        if let Depth::Inodes(agno) = running.depth {
            return self.ags.looked_at(agno, end, now);
        }
        if !running.is_for_losses {
            return Reasons::empty();
        }
        if self.last_for_losses.is_some() {
            self.gap = doubled(self.gap, 1, DAY);
        }
        self.last_for_losses = Some(now);
        let is_enough = end == LookEnd::Complete && !running.found_new;
        if is_enough { Reasons::empty() } else { Reasons::EVENTS_LOST }
    }

    /// Postpones a look that could not begin: what it was for is still wanted, some time later.
    fn again(&mut self, running: RunningLook, now: Time) {
        self.not_before = now.after(doubled(MINUTE, self.in_vain, HOUR));
        self.in_vain = self.in_vain.saturating_add(1);
        self.gaps.not_looked(running.depth, now);
        match running.depth {
            Depth::Inodes(agno) if self.ags.again(agno, now) => {}
            _ if running.is_check || running.is_for_gap => {}
            _ if running.is_for_losses => {
                let first = self.losses.map_or(now, |(first, _)| first.min(now));
                self.losses = Some((first, now));
                self.found_before |= running.found_new;
            }
            depth => self.want(depth),
        }
    }

    /// Stops the running look, of which nothing more may come. What was to be looked at, or could not be,
    /// stays known.
    pub fn stop(&mut self) {
        self.running = None;
    }
}

#[cfg(any(test, fuzzing))]
impl Looks {
    /// True if the running look is for what an earlier one could not see.
    pub fn is_for_gap(&self) -> bool {
        self.running.is_some_and(|running| running.is_for_gap)
    }

    /// True if the running look is part of the checks of everything.
    pub fn is_check(&self) -> bool {
        self.running.is_some_and(|running| running.is_check)
    }

    /// True if a look of this depth could not see something that none has seen since.
    pub fn has_gap(&self, depth: Depth) -> bool {
        self.gaps.has(depth)
    }

    /// Number of looks that could not see something that none has seen since.
    pub fn gaps(&self) -> usize {
        self.gaps.len()
    }

    /// Number of AGs that are remembered.
    pub fn ags(&self) -> usize {
        self.ags.len()
    }
}
