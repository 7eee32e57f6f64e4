// SPDX-License-Identifier: LGPL-2.1-or-later
//! The threads that repair, to notice when one dies without a word.
//!
//! A crash in the kernel kills the thread inside the call: no destructor runs, nobody is woken.

use crate::plan::{Ticket, Time};
use crate::sys;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

/// How long a repair has run before it is asked whether its thread still lives, and how often.
const INTERVAL: Duration = Duration::from_secs(10);

/// Where a worker leaves the number of its thread.
#[derive(Clone, Debug, Default)]
pub(super) struct ThreadSlot(Arc<AtomicI32>);

impl ThreadSlot {
    /// Said by the thread itself, at the beginning of its work.
    pub fn enter(&self) {
        self.0.store(sys::thread_id(), Ordering::Relaxed);
    }

    /// Said when the work is done and only the answer is left to be given.
    pub fn leave(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn is_dead(&self) -> bool {
        let thread = self.0.load(Ordering::Relaxed);
        thread != 0 && !sys::thread_is_alive(thread)
    }
}

/// The repairs that have been handed to workers and not been answered.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    all: Vec<(Ticket, ThreadSlot, Time)>,
}

impl Repairs {
    pub fn began(&mut self, ticket: Ticket, now: Time) -> ThreadSlot {
        let slot = ThreadSlot::default();
        self.all.push((ticket, slot.clone(), now.after(INTERVAL)));
        slot
    }

    pub fn ended(&mut self, ticket: Ticket) {
        self.all.retain(|(other, ..)| *other != ticket);
    }

    /// Takes out one whose thread is dead.
    pub fn take_dead(&mut self, now: Time) -> Option<Ticket> {
        let due = self.all.iter_mut().filter(|(.., at)| *at <= now);
        let mut dead = None;
        for (ticket, slot, at) in due {
            *at = now.after(INTERVAL);
            if slot.is_dead() {
                dead = Some(*ticket);
            }
        }
        self.ended(dead?);
        dead
    }

    /// When to look next.
    pub fn next_look(&self) -> Option<Time> {
        self.all.iter().map(|(.., at)| *at).min()
    }

    pub fn are_running(&self) -> bool {
        !self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_gone_is_found_after_a_while_and_once() {
        let mut repairs = Repairs::default();
        let now = Time::default();
        let slot = repairs.began(Ticket(1), now);
        repairs.began(Ticket(2), now).enter();
        repairs.began(Ticket(3), now);
        std::thread::spawn(move || slot.enter()).join().unwrap();
        assert_eq!(repairs.take_dead(now), None, "too early to ask");
        let mut later = now.after(INTERVAL);
        // The kernel may wake the joiner just before it forgets the thread.
        let mut dead = None;
        for _ in 0..1000 {
            dead = dead.or(repairs.take_dead(later));
            later = later.after(INTERVAL);
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(dead, Some(Ticket(1)));
        assert_eq!(repairs.all.len(), 2);
        repairs.ended(Ticket(2));
        repairs.ended(Ticket(3));
        assert_eq!(repairs.next_look(), None);
    }
}
