// SPDX-License-Identifier: LGPL-2.1-or-later
//! Reading the health monitor: events, their loss, errors and the end.

use super::losses::Losses;
use crate::event::{Body, Decoder, Event};
use crate::fs::{Monitor, Read};
use crate::plan::Time;
use crate::record::Input;
use std::io;
use std::time::Duration;

/// Bytes of one read; the first one's size is what the kernel allocates for ever.
pub(crate) const READ_BYTES: usize = 64 * 1024;
/// Bytes of one read where there may be many monitors: a storm costs more reads, an idle monitor
/// less memory.
pub(crate) const READ_BYTES_OF_MANY: usize = 8 * 1024;
/// Most records that are read before other things get their turn: more than the kernel's queue
/// holds, so that the echoes of a repair that has ended are always among them.
const DRAIN_RECORDS: usize = 1200;
/// Records in one go after which something may have been lost: the kernel's queue holds 512.
const SUSPICIOUS_RECORDS: usize = 500;

/// Most records of one go after which little is coming.
const FEW_RECORDS: usize = 64;
/// Most records of one go that may all be of repairs that are being made.
const HARDLY_ANY_RECORDS: usize = 8;

/// Pause after a read that failed, and number of failed reads in a row that is the end.
const READ_PAUSE: Duration = Duration::from_secs(1);
const MOST_READ_ERRORS: u32 = 10;

/// Pause before a read is tried again that somebody else was in the way of: who holds that lock
/// holds it for a few microseconds.
pub(crate) const CONTENDED_PAUSE: Duration = Duration::from_millis(1);
/// Time for which a contended read is tried every `CONTENDED_PAUSE`, and the results of workers
/// wait to be judged.
pub(crate) const CONTENDED: Duration = Duration::from_secs(1);
/// Pause between tries of a contended read once `CONTENDED` has passed.
const LONG_CONTENDED_PAUSE: Duration = Duration::from_millis(100);

/// The state of reading the monitor.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    decoder: Decoder,
    losses: Losses,
    has_ended: bool,
    /// Failed reads in a row, and when to try again.
    errors: u32,
    again: Option<Time>,
    contention: Option<Contention>,
    /// Records that came in the last go.
    records: usize,
}

/// Period in which somebody else is in the way of reading the monitor.
#[derive(Clone, Copy, Debug)]
struct Contention {
    since: Time,
    /// True once the contention has lasted too long to be waited for, which is said.
    is_long: bool,
}

impl Feed {
    /// Time at which a read that failed is tried again; until then the monitor says nothing new.
    pub fn wake_at(&self) -> Option<Time> {
        self.again
    }

    /// True if the results of workers can be judged: not while a read waits to be tried again,
    /// since the events that they caused may be unread, but others that read are not waited for
    /// without end.
    pub fn can_judge(&self) -> bool {
        self.again.is_none() || self.contention.is_some_and(|contention| contention.is_long)
    }

    /// True if the monitor has something that can be read in a moment.
    pub fn is_contended(&self) -> bool {
        self.contention.is_some_and(|contention| !contention.is_long)
    }

    /// True if the last go has read something.
    pub fn has_read(&self) -> bool {
        self.records > 0
    }

    /// True if so few events are coming that the kernel's queue cannot be full in a moment.
    pub fn is_calm(&self) -> bool {
        self.records <= FEW_RECORDS
    }

    /// True if hardly more events are coming than repairs make.
    pub fn is_quiet(&self) -> bool {
        self.records <= HARDLY_ANY_RECORDS
    }

    /// True if everything was read that there ever will be.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Number of events that the kernel has dropped, as far as is known.
    pub fn lost(&self) -> u64 {
        self.losses.lost()
    }

    /// True if [`Feed::drain`] has something to do though nothing has come.
    pub fn is_due(&self, now: Time) -> bool {
        self.again.is_some_and(|at| at <= now) || self.losses.is_due(now)
    }

    /// Reads what the kernel has queued, though not for ever. `is_expected`: there is something in
    /// all likelihood; each needless read is a system call.
    pub fn drain(
        &mut self,
        monitor: &Monitor,
        buffer: &mut [u8],
        is_expected: bool,
        now: Time,
        tell: &mut impl FnMut(Input),
    ) {
        if self.has_ended || self.again.is_some_and(|at| at > now) {
            return;
        }
        (self.again, self.records) = (None, 0);
        let buffer_bytes = buffer.len();
        let (mut records, mut asks_first) = (0, !is_expected);
        while records < DRAIN_RECORDS {
            let bytes = match monitor.read(buffer, std::mem::replace(&mut asks_first, true)) {
                Ok(Read::Bytes(len)) => buffer.get(..len).unwrap_or_default(),
                Ok(Read::Empty) => {
                    (self.errors, self.contention) = (0, None);
                    break;
                }
                Ok(Read::Contended) => {
                    self.contended(now, tell);
                    break;
                }
                Ok(Read::End) => {
                    // fs/xfs/xfs_healthmon.c before Linux 7.2.7 loses the unmount event if others are
                    // queued: its place at the head is only noted where nothing leads to it.
                    let is_unmounted = monitor.totals().is_ok_and(|totals| totals.is_dead);
                    return self.end(is_unmounted, tell);
                }
                Err(error) => return self.failed(error, now, tell),
            };
            (self.errors, self.contention) = (0, None);
            // fs/xfs/xfs_healthmon.c: a read goes on until the buffer is full or the queue empty. Whatever
            // was queued before it has been read.
            let is_all = bytes.len() < buffer_bytes;
            for record in self.decoder.records(bytes) {
                records += 1;
                let is_loss = matches!(Event::decode(&record).body, Body::Lost { .. });
                let is_known = is_loss && !self.losses.told(monitor);
                tell(Input::Record { record, is_known });
            }
            if is_all {
                break;
            }
        }
        self.records = records;
        if self.losses.look(monitor, records >= SUSPICIOUS_RECORDS, now) {
            tell(Input::SilentLoss);
        }
    }

    fn end(&mut self, is_unmounted: bool, tell: &mut impl FnMut(Input)) {
        self.has_ended = true;
        tell(Input::End { is_unmounted });
    }

    /// Plans the next try of a contended read. Others that read, or do something else with such
    /// files, do so for ever only on purpose.
    fn contended(&mut self, now: Time, tell: &mut impl FnMut(Input)) {
        let new = Contention { since: now, is_long: false };
        let contention = self.contention.get_or_insert(new);
        let is_long = now.since(contention.since) >= CONTENDED;
        self.again = Some(now.after(if is_long { LONG_CONTENDED_PAUSE } else { CONTENDED_PAUSE }));
        if is_long && !std::mem::replace(&mut contention.is_long, true) {
            tell(Input::Failed(libc::EAGAIN));
        }
    }

    /// Plans the next try of a read that failed. The kernel may be short of memory for a moment, or
    /// have an event that it cannot put into words; only when it goes on like that is there nothing
    /// left to wait for.
    fn failed(&mut self, error: io::Error, now: Time, tell: &mut impl FnMut(Input)) {
        self.errors += 1;
        self.contention = None;
        self.again = Some(now.after(READ_PAUSE));
        if self.errors == 1 {
            tell(Input::Failed(error.raw_os_error().unwrap_or(0)));
        }
        if self.errors == MOST_READ_ERRORS {
            self.end(false, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_the_way_is_waited_for_at_short_intervals_but_not_for_ever() {
        let mut feed = Feed::default();
        let mut said = Vec::new();
        let mut now = Time::default();
        let begin = now;
        let mut tries = 0;
        while now.since(begin) < CONTENDED {
            feed.contended(now, &mut |news| said.push(news));
            assert!(feed.is_contended() && !feed.can_judge() && said.is_empty());
            now = feed.wake_at().unwrap();
            tries += 1;
        }
        assert_eq!(tries, 1000);
        for _ in 0..1000 {
            feed.contended(now, &mut |news| said.push(news));
            assert!(feed.can_judge() && !feed.is_contended());
            assert!(matches!(&said[..], [Input::Failed(_)]), "said once, and not the end");
            assert_eq!(feed.wake_at(), Some(now.after(LONG_CONTENDED_PAUSE)));
            now = now.after(LONG_CONTENDED_PAUSE);
        }
    }
}
