// SPDX-License-Identifier: LGPL-2.1-or-later
//! The tasks of a pool and their order: whose turn it is, what is stuck, and whose threads were killed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::time::{Duration, Instant};

use crate::sys;

/// A task that takes longer may be stuck on a frozen or dead filesystem: from here on its thread
/// does not count for the others. The more are, the sooner: see [`patience`].
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(10);
/// Limit of the running tasks of a lane while one of them is stuck: what is asked of a filesystem
/// whose repair takes minutes has its answer, and one that never answers costs no more than that
/// once it is known.
const MOST_BESIDE_STUCK: usize = 2;
/// Number of threads of one lane that may be killed in the kernel: what they held there stays held,
/// and with the last of them that costs more than the work of the lane is worth.
const MOST_KILLED: u32 = 2;

/// A piece of work to be done.
pub(super) struct Task {
    pub work: Work,
    /// Work that is done instead of the task's end if its thread is killed in the kernel.
    pub if_killed: Work,
    /// Work that is done when the thread can be had for the next task, and that does not block.
    pub then: Option<Work>,
}

pub(super) type Work = Box<dyn FnOnce() + Send>;

/// Time that the next task may take where so many are stuck. With the same time for each, a hundred
/// filesystems that hang would keep all others waiting for minutes, while to be wrong about one
/// costs a thread.
pub(super) fn patience(stuck: usize) -> Duration {
    STUCK_AFTER / u32::try_from(stuck).unwrap_or(u32::MAX).saturating_add(1)
}

/// Numbers of threads that are at work.
#[derive(Default)]
struct Busy {
    /// Busy threads of each lane.
    lanes: BTreeMap<u64, BusyFor>,
    /// Busy threads of all lanes, without those that are stuck.
    moving: usize,
}

#[derive(Clone, Copy, Default)]
struct BusyFor {
    moving: usize,
    stuck: usize,
}

#[derive(Default)]
pub(super) struct PoolState {
    pub lanes_made: u64,
    /// Lanes of which one task may always run: `Pool::lane_apart`.
    pub apart: BTreeSet<u64>,
    tasks_begun: u64,
    /// Tasks that wait, in the lanes that have some waiting.
    pub waiting: BTreeMap<u64, LaneQueue>,
    /// Tasks that run, the oldest first.
    pub running: Vec<RunningTask>,
    /// The lane whose turn it was last.
    pub last: u64,
    pub threads: usize,
    /// Threads that have been started, or have ended a task, and have not yet come to take one.
    pub starting: usize,
    pub idle: usize,
    /// Idle threads that have been called and have not yet come: no more than are idle.
    pub called: usize,
    /// Number of threads that each lane has had killed, unless none.
    pub killed: BTreeMap<u64, u32>,
}

#[derive(Default)]
pub(super) struct LaneQueue {
    pub urgent: VecDeque<Task>,
    pub tasks: VecDeque<Task>,
}

pub(super) struct RunningTask {
    /// Number of the task, counted as tasks begin.
    pub number: u64,
    pub lane: u64,
    pub since: Instant,
    /// The kernel's number of the thread that does the task.
    pub thread: i32,
    /// Time of the next test if the thread is alive.
    pub look_at: Instant,
    if_killed: Work,
}

impl PoolState {
    /// The lane whose turn it is among those that may have something done.
    pub fn next(&self, most: usize) -> Option<u64> {
        let turns = || self.waiting.range(self.last + 1..).chain(self.waiting.range(..=self.last));
        let busy = self.busy();
        let is_idle = |lane: u64| self.running.iter().all(|running| running.lane != lane);
        let may = |lane: u64| match self.apart.contains(&lane) {
            true => is_idle(lane),
            false => busy.has_room_for(lane, most),
        };
        let urgent = turns().find(|(lane, waiting)| !waiting.urgent.is_empty() && may(**lane));
        urgent.or_else(|| turns().find(|(lane, _)| may(**lane))).map(|(lane, _)| *lane)
    }

    /// Counts one more thread, which is to be started, if there is work for one.
    pub fn makes_room(&mut self, most: usize) -> bool {
        let all = self.waiting.values();
        let waiting: usize = all.map(|lane| lane.urgent.len() + lane.tasks.len()).sum();
        let is_wanted = |_: &u64| self.idle + self.starting < waiting;
        let Some(lane) = self.next(most).filter(is_wanted) else { return false };
        let stuck = self.stuck(Instant::now()).iter();
        let stuck = stuck.filter(|running| running.lane != lane).count();
        if self.threads >= most + self.apart_in_use() + stuck {
            return false;
        }
        self.threads += 1;
        self.starting += 1;
        true
    }

    /// Number of lanes with threads beside the others that have something to do.
    fn apart_in_use(&self) -> usize {
        let is_running = |lane| self.running.iter().any(|running| running.lane == lane);
        let in_use = |lane: &&u64| self.waiting.contains_key(lane) || is_running(**lane);
        self.apart.iter().filter(in_use).count()
    }

    fn busy(&self) -> Busy {
        let stuck = self.stuck(Instant::now()).len();
        let mut busy = Busy::default();
        let counted = |running: &RunningTask| !self.apart.contains(&running.lane);
        let running = self.running.iter().enumerate();
        for (nth, running) in running.filter(|(_, running)| counted(running)) {
            let lane = busy.lanes.entry(running.lane).or_default();
            if nth < stuck {
                lane.stuck += 1;
            } else {
                lane.moving += 1;
                busy.moving += 1;
            }
        }
        busy
    }

    /// Tasks that are taken for stuck: the oldest.
    pub fn stuck(&self, now: Instant) -> &[RunningTask] {
        let is_stuck = |(nth, running): (usize, &RunningTask)| {
            now.saturating_duration_since(running.since) >= patience(nth)
        };
        let count = self.running.iter().enumerate().take_while(|each| is_stuck(*each)).count();
        self.running.get(..count).unwrap_or_default()
    }

    /// Takes a task out for the calling thread: its work, what is done then, and its number.
    pub fn take(&mut self, most: usize) -> Option<(Work, Option<Work>, u64)> {
        let lane = self.next(most)?;
        let waiting = self.waiting.get_mut(&lane)?;
        let Task { work, if_killed, then } =
            waiting.urgent.pop_front().or_else(|| waiting.tasks.pop_front())?;
        self.forget_if_empty(lane);
        self.tasks_begun += 1;
        let number = self.tasks_begun;
        let since = Instant::now();
        let (thread, look_at) = (sys::thread_id(), since + STUCK_AFTER);
        self.running.push(RunningTask { number, lane, since, thread, look_at, if_killed });
        self.last = lane;
        Some((work, then, number))
    }

    /// Takes out what is to be done for the tasks whose threads were killed, and what waits in
    /// lanes for which nothing more is done.
    pub fn take_killed(&mut self, now: Instant) -> (Vec<Work>, Vec<LaneQueue>) {
        let is_killed =
            |running: &RunningTask| running.look_at <= now && !sys::thread_is_alive(running.thread);
        let all = mem::take(&mut self.running).into_iter();
        let (killed, alive): (Vec<_>, _) = all.partition(is_killed);
        self.running = alive;
        let due = self.running.iter_mut().filter(|running| running.look_at <= now);
        due.for_each(|running| running.look_at = now + STUCK_AFTER);
        let mut left_waiting = Vec::new();
        for RunningTask { lane, .. } in &killed {
            self.threads = self.threads.saturating_sub(1);
            *self.killed.entry(*lane).or_default() += 1;
            if self.is_given_up(*lane) {
                left_waiting.extend(self.waiting.remove(lane));
            }
        }
        (killed.into_iter().map(|running| running.if_killed).collect(), left_waiting)
    }

    /// True if nothing more is done for this lane.
    pub fn is_given_up(&self, lane: u64) -> bool {
        self.killed.get(&lane).is_some_and(|killed| *killed >= MOST_KILLED)
    }

    pub fn forget_if_empty(&mut self, lane: u64) {
        let is_empty = |lane: &LaneQueue| lane.urgent.is_empty() && lane.tasks.is_empty();
        if self.waiting.get(&lane).is_some_and(is_empty) {
            self.waiting.remove(&lane);
        }
    }
}

impl Busy {
    /// True if one more thread may work for this lane: what is stuck elsewhere does not count.
    fn has_room_for(&self, lane: u64, most: usize) -> bool {
        let own = self.lanes.get(&lane).copied().unwrap_or_default();
        let is_too_much = own.stuck > 0 && own.stuck + own.moving >= MOST_BESIDE_STUCK;
        !is_too_much && self.moving + own.stuck < most
    }
}
