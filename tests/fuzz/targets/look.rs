// SPDX-License-Identifier: LGPL-2.1-or-later
//! A look at a filesystem whose kernel answers anything. A part of the room `act::look`, which keeps
//! its calls to itself.

use super::kernel::{Kernel, Next, View, is_pointless};
use super::missed::Missed;
use super::suspects::Suspects;
use super::{look_on, parts};
use crate::event::Target;
use crate::fs::{Geometry, Unlinked};
use crate::fuzz::input::Input;
use crate::plan::{Depth, Key, Outcome};
use crate::uapi::*;
use std::cell::RefCell;
use std::io;
use std::time::Instant;

/// Inode numbers of an AG are so many bits.
const AGNO_SHIFT: u32 = 9;
/// More steps than the largest filesystem of these takes.
const MOST_STEPS: usize = 200_000;

/// A kernel that answers with these bytes, and then that there is nothing.
struct AnyKernel<'a>(RefCell<Input<'a>>);

const ERRNOS: [i32; 8] = [
    libc::EUCLEAN,
    libc::EBADMSG,
    libc::EIO,
    libc::EINVAL,
    libc::ENOENT,
    libc::ENOMEM,
    libc::EPERM,
    libc::ESHUTDOWN,
];

impl<'a> AnyKernel<'a> {
    /// Fails now and then.
    fn answer<T>(&self, good: impl FnOnce(&mut Input<'a>) -> T) -> io::Result<T> {
        let mut input = self.0.borrow_mut();
        let is_error = input.byte() > 200;
        if is_error && !input.is_empty() {
            let which = input.below(256);
            // Those that end it all are rare.
            let errno = ERRNOS[if which > 250 { which - 248 } else { which % 6 }];
            return Err(io::Error::from_raw_os_error(errno));
        }
        Ok(good(&mut input))
    }

    /// Number of records of an answer, and the number to go on with; never one that
    /// `sys::xfs` would refuse.
    fn records(input: &mut Input<'_>, start: u64, room: usize) -> (usize, u64) {
        let count = if input.is_empty() { 0 } else { input.below(5).min(room) };
        (count, start.saturating_add(1).saturating_add(input.number()))
    }
}

impl Kernel for &AnyKernel<'_> {
    fn ag(&self, _: u32) -> io::Result<xfs_ag_geometry> {
        self.answer(|input| xfs_ag_geometry {
            ag_sick: if input.flag() { input.mask() } else { 0 },
            ag_icount: input.byte().into(),
            ..Default::default()
        })
    }

    fn rtgroup_sick(&self, _: u32) -> io::Result<u32> {
        self.answer(Input::mask)
    }

    fn bulkstat(&self, _: u32, start: u64, out: &mut [xfs_bulkstat]) -> io::Result<(usize, u64)> {
        self.answer(|input| {
            let (count, next) = AnyKernel::records(input, start, out.len());
            for inode in out.iter_mut().take(count) {
                (inode.bs_ino, inode.bs_gen) = (input.number(), input.byte().into());
                inode.bs_sick = input.mask() as u16;
            }
            (count, next)
        })
    }

    fn bulkstat_one(&self, ino: u64) -> io::Result<Option<xfs_bstat>> {
        self.answer(|input| {
            let bs_ino = if input.byte() > 250 { input.u64() } else { ino };
            input.flag().then(|| xfs_bstat {
                bs_ino,
                bs_mode: u16::from(input.byte()) << 8,
                bs_forkoff: input.byte().into(),
                bs_sick: input.byte().into(),
                ..Default::default()
            })
        })
    }

    fn inumbers(&self, _: u32, start: u64, out: &mut [xfs_inumbers]) -> io::Result<(usize, u64)> {
        self.answer(|input| {
            let (count, next) = AnyKernel::records(input, start, out.len());
            for (nth, chunk) in (0..).zip(out.iter_mut().take(count)) {
                let is_odd = input.byte() > 240;
                let first = (start & !63).saturating_add(64 * nth);
                chunk.xi_startino = if is_odd { input.u64() } else { first };
                chunk.xi_allocmask = input.u64();
            }
            (count, next)
        })
    }

    fn unlinked_in(&self, start: u64, mask: u64, unlinked: &mut Unlinked) -> io::Result<u64> {
        let some = self.answer(|input| if input.flag() { input.u64() } else { 0 })?;
        for bit in (0..64).filter(|bit| mask & some & 1 << bit != 0) {
            unlinked.insert(start + bit, 0);
        }
        self.answer(|input| if input.flag() { input.u64() & mask } else { 0 })
    }

    fn remove_listed(&self, _: u32, _: usize, unlinked: &mut Unlinked) -> io::Result<()> {
        let stays = self.answer(Input::byte)?;
        unlinked.retain(|ino, _| *ino as u8 & stays != 0);
        Ok(())
    }

    fn is_certain(&self, _: u64, _: u32) -> io::Result<bool> {
        self.answer(Input::flag)
    }

    fn check(&self, _: Key) -> Outcome {
        let mut input = self.0.borrow_mut();
        let errno = ERRNOS[input.below(8)];
        let rare = if input.byte() > 250 { Outcome::Shutdown } else { Outcome::Fine };
        input.one(&[
            Outcome::Fine,
            Outcome::Failed,
            Outcome::Error(errno),
            Outcome::NotJudged,
            Outcome::CrossFailed,
            Outcome::Gone,
            rare,
        ])
    }
}

/// A look comes to its end whatever the kernel says, and says itself only what is damaged.
pub(crate) fn look(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = if input.flag() { XFS_FSOP_GEOM_FLAGS_METADIR } else { 0 };
    let geometry = Geometry::from(xfs_fsop_geom {
        blocksize: 4096,
        inodesize: 512,
        sectsize: 512,
        agblocks: 40,
        agcount: input.below(4) as u32,
        rgcount: input.below(3) as u32,
        sick: input.mask(),
        flags: flags | XFS_FSOP_GEOM_FLAGS_PARENT,
        ..Default::default()
    });
    assert_eq!(geometry.agno_shift(), AGNO_SHIFT);
    let inodes = Depth::Inodes(input.below(4) as u32);
    let depths = [Depth::Deep, inodes, Depth::Shallow, Depth::Checks, Depth::Survey];
    let mut parts = parts(input.one(&depths), &geometry, input.byte() < 250, false);
    let (mut is_clear, mut suspects) = (false, Suspects::default());
    let kernel = AnyKernel(RefCell::new(input));
    let (mut missed, mut deadly, mut now) = (Missed::default(), Vec::new(), Instant::now());
    for step in 0.. {
        assert!(step < MOST_STEPS, "there is no end");
        let mut found = |_: Target, mask: u32| assert_ne!(mask, 0);
        let mut view = View {
            kernel: &kernel,
            found: &mut found,
            deadly: &mut deadly,
            missed: &mut missed,
            suspects: &mut suspects,
            is_clear: &mut is_clear,
            agno: None,
            now,
            misses: 0,
        };
        match look_on(&mut parts, &mut view, &|| true) {
            Ok(Next::Done) => break,
            Ok(Next::More) => {}
            Ok(Next::Rest(until)) => {
                assert!(until > now, "it rests for nothing");
                now = until;
            }
            Err(error) => {
                assert!(is_pointless(&error), "{error}");
                break;
            }
        }
    }
    let news = missed.news();
    let ags: std::collections::BTreeSet<_> = news.iter().collect();
    assert_eq!(ags.len(), news.len(), "each is told once");
}
