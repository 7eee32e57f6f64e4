// SPDX-License-Identifier: LGPL-2.1-or-later
//! The walk over inodes, on a kernel of the tests' own.

use super::super::kernel::fake::{AG_INODES, Fake, NUMBERS};
use super::super::missed::Missed;
use super::*;
use crate::fs::Unlinked;
use crate::plan::Outcome;
use crate::property::*;
use std::time::Instant;

/// Looks until there is nothing left, and rests for as long as the walk tells.
fn look(fake: &Fake, mut inodes: Inodes) -> io::Result<()> {
    loop {
        match fake.view(|view| inodes.step(view))? {
            Next::More => {}
            Next::Rest(until) => fake.now.set(until),
            Next::Done => return Ok(()),
        }
    }
}

fn everything() -> Inodes {
    Inodes::new((0..4).collect(), NUMBERS, WalkPurpose::Remember)
}

fn inode(ino: u64, generation: u32) -> Target {
    Target::Inode { ino, generation }
}

#[test]
fn what_is_remembered_is_said_with_the_generation() {
    let mut fake = Fake::with((0..200).chain(3000..3001));
    fake.inodes.get_mut(&130).unwrap().as_mut().unwrap().bs_sick = 1 << 4 | 1 << 15;
    fake.inodes.get_mut(&3000).unwrap().as_mut().unwrap().bs_sick = 1;
    look(&fake, everything()).unwrap();
    assert_eq!(fake.found.take(), [(inode(130, 130), 1 << 4 | 1 << 15), (inode(3000, 3000), 1)]);
    assert!(fake.is_complete.get() && fake.asked.take().is_empty());
}

#[test]
fn one_bad_core_in_a_cluster_is_stepped_past_and_said_once() {
    let mut fake = Fake::with(0..300);
    // The cluster cannot be read at once; one by one only the bad one cannot.
    fake.inodes.insert(150, Err(libc::EUCLEAN));
    fake.inodes.get_mut(&151).unwrap().as_mut().unwrap().bs_sick = 2;
    fake.inodes.get_mut(&299).unwrap().as_mut().unwrap().bs_sick = 2;
    fake.sick = Some("core");
    look(&fake, everything()).unwrap();
    let found = fake.found.take();
    assert_eq!(found, [(inode(150, 0), 1), (inode(151, 151), 2), (inode(299, 299), 2)]);
    assert_eq!(fake.asked.take(), (150..192).collect::<Vec<_>>(), "its chunk, from there on");
    assert!(fake.is_complete.get());
}

#[test]
fn an_inode_that_a_check_calls_good_or_free_is_not_sick() {
    let mut fake = Fake::with(0..3);
    fake.inodes.insert(1, Err(libc::EUCLEAN));
    fake.outcome = Outcome::Gone;
    look(&fake, everything()).unwrap();
    assert!(fake.found.take().is_empty() && fake.is_complete.get());
    fake.outcome = Outcome::DeviceError;
    look(&fake, everything()).unwrap();
    assert!(fake.found.take().is_empty() && !fake.is_complete.get());
}

#[test]
fn an_inode_btree_that_cannot_be_read_makes_it_go_on_with_the_next_ag() {
    for purpose in ways() {
        let mut fake = Fake::with([5, AG_INODES + 5, 3 * AG_INODES + 5]);
        fake.bad_inobt.extend([1, 2]);
        fake.sick = Some("inobt");
        look(&fake, Inodes { purpose, ..everything() }).unwrap();
        let inobt = XFS_AG_GEOM_SICK_INOBT;
        assert_eq!(fake.found.take(), [(Target::Ag(1), inobt), (Target::Ag(2), inobt)]);
        assert!(!fake.is_complete.get());
        let checked: Vec<_> = fake.checks.take().into_iter().map(|key| key.target).collect();
        assert_eq!(checked.contains(&inode(3 * AG_INODES + 5, 5 + 3 * 1024)), purpose.checks());
    }
}

#[test]
fn a_shutdown_is_the_end() {
    let mut fake = Fake::with(0..3);
    fake.bad_inobt.insert(0);
    fake.outcome = Outcome::Shutdown;
    let error = look(&fake, everything()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ESHUTDOWN));
    let mut fake = Fake::with(0..3);
    fake.inodes.insert(0, Err(libc::ESHUTDOWN));
    assert!(look(&fake, everything()).is_err());
}

#[test]
fn only_the_inodes_of_the_ag_are_checked() {
    let fake = Fake::with([0, 1023, 1024, 1100, 2047, 2048]);
    let scope = Scope { has_parent: false };
    look(&fake, Inodes::new(vec![1], NUMBERS, WalkPurpose::Check(scope))).unwrap();
    assert_eq!(fake.asked.take(), [1024, 1100, 2047]);
    let mut keys = fake.checks.take();
    keys.retain(|key| key.target != Target::Ag(1));
    assert!(keys.iter().all(|key| key.name() == "datafork"));
    assert_eq!(keys[1].target, inode(1100, 1100));
}

#[test]
fn with_a_damaged_header_no_inode_of_the_ag_is_judged() {
    let fake = Fake { sick: Some("agf"), ..Fake::with([0, 1]) };
    let scope = Scope { has_parent: false };
    look(&fake, Inodes::new(vec![0], NUMBERS, WalkPurpose::Check(scope))).unwrap();
    assert_eq!(fake.found.take(), [(Target::Ag(0), XFS_AG_GEOM_SICK_AGF)]);
    assert!(fake.asked.take().is_empty() && !fake.is_complete.get());
}

#[test]
fn of_a_cluster_that_the_device_cannot_read_one_inode_is_tried() {
    let mut fake = Fake::with(0..128);
    fake.inodes.extend((32..96).map(|ino| (ino, Err(libc::EIO))));
    look(&fake, everything()).unwrap();
    assert_eq!(
        fake.asked.take(),
        [32].into_iter().chain(64..65).chain(96..128).collect::<Vec<_>>()
    );
    assert!(fake.checks.take().is_empty() && !fake.is_complete.get());
}

/// Every way of going through inodes.
fn ways() -> [WalkPurpose; 2] {
    [WalkPurpose::Remember, WalkPurpose::Check(Scope { has_parent: true })]
}

#[test]
fn what_would_end_the_filesystem_is_never_loaded_but_said() {
    for purpose in ways() {
        let fake = Fake::with((0..200).chain(AG_INODES..AG_INODES + 10));
        fake.unlinked.borrow_mut().extend([(7, true), (100, false), (101, false)]);
        look(&fake, Inodes { purpose, ..everything() }).unwrap();
        assert_eq!(fake.deadly.take(), [(100, 100), (101, 101)]);
        assert!(fake.is_complete.get());
        let asked = fake.asked.take();
        assert_eq!(asked[..200 - 2], [(0..100), (102..200)].map(Vec::from_iter).concat());
        assert_eq!(asked.len() > 200, purpose.checks(), "in the other AG all at once");
    }
}

#[test]
fn what_is_only_just_being_unlinked_or_used_again_is_not_said() {
    for (now, is_said) in [(None, false), (Some(true), false), (Some(false), true)] {
        let fake = Fake::with(0..10);
        fake.unlinked.borrow_mut().insert(5, false);
        let mut inodes = everything();
        let rest = loop {
            match fake.view(|view| inodes.step(view)).unwrap() {
                Next::More => {}
                Next::Rest(until) => break until,
                Next::Done => panic!("it is not certain yet"),
            }
        };
        assert!(rest > fake.now.get());
        fake.unlinked.borrow_mut().remove(&5);
        fake.unlinked.borrow_mut().extend(now.map(|is_listed| (5, is_listed)));
        look(&fake, inodes).unwrap();
        assert_eq!(!fake.deadly.take().is_empty(), is_said, "{now:?}");
        assert!(fake.is_complete.get());
    }
}

#[test]
fn nobody_waits_for_what_is_certain_before_its_time() {
    let fake = Fake { is_unsettled: true, ..Fake::with(0..10) };
    fake.unlinked.borrow_mut().extend([(5, false), (6, false)]);
    let (mut inodes, began, mut rests) = (everything(), fake.now.get(), Vec::new());
    loop {
        match fake.view(|view| inodes.step(view)).unwrap() {
            Next::More => {}
            Next::Rest(until) => {
                fake.now.set(until);
                rests.push((until - began).as_secs());
                let ino = if rests.len() == 1 { 6 } else { 5 };
                fake.unlinked.borrow_mut().insert(ino, true);
            }
            Next::Done => break,
        }
    }
    assert_eq!(rests, [10, 20]);
    assert!(fake.deadly.take().is_empty() && fake.is_complete.get());
}

#[test]
fn what_may_be_old_on_the_device_is_neither_loaded_nor_said() {
    for purpose in ways() {
        let fake = Fake { is_unsettled: true, ..Fake::with(0..10) };
        fake.unlinked.borrow_mut().insert(5, false);
        let began = fake.now.get();
        look(&fake, Inodes { purpose, ..everything() }).unwrap();
        assert!(fake.deadly.take().is_empty() && !fake.is_complete.get());
        assert_eq!((fake.now.get() - began).as_secs(), 90, "it was looked at again and again");
    }
}

#[test]
fn what_is_certain_is_said_as_soon_as_it_was_looked_at_twice() {
    let fake = Fake::with(0..10);
    fake.unlinked.borrow_mut().insert(5, false);
    let began = fake.now.get();
    look(&fake, everything()).unwrap();
    assert_eq!(fake.deadly.take(), [(5, 5)]);
    assert_eq!((fake.now.get() - began).as_secs(), 10);
}

#[test]
fn what_is_good_in_memory_only_is_not_vouched_for_once_it_cannot_be_new() {
    let mut fake = Fake { unsound: [5, 6].into(), ..Fake::with(0..10) };
    // Of this one the kernel knows.
    fake.inodes.insert(6, Err(libc::EUCLEAN));
    fake.sick = Some("core");
    for (seconds, is_complete) in [(0, true), (60, true), (30, false)] {
        fake.now.set(fake.now.get() + std::time::Duration::from_secs(seconds));
        look(&fake, everything()).unwrap();
        assert_eq!(fake.found.take(), [(inode(6, 0), 1)]);
        assert_eq!(fake.is_complete.get(), is_complete, "after {seconds} s");
    }
    fake.missed.take();
    fake.unsound.remove(&5);
    look(&fake, everything()).unwrap();
    assert!(fake.is_complete.get(), "it was written anew");
}

#[test]
fn what_is_in_a_list_of_endless_length_is_neither_loaded_nor_said() {
    let fake = Fake { has_long_lists: true, ..Fake::with(0..10) };
    fake.unlinked.borrow_mut().insert(5, false);
    look(&fake, everything()).unwrap();
    assert!(fake.deadly.take().is_empty() && !fake.is_complete.get());
}

#[test]
fn an_ag_with_too_many_that_may_have_to_be_left_is_not_looked_at() {
    for purpose in ways() {
        let fake = Fake { is_endless: true, has_no_links: true, ..Fake::default() };
        look(&fake, Inodes::new(vec![0], InodeNumbers::new(32), purpose)).unwrap();
        assert!(!fake.is_complete.get() && fake.deadly.take().is_empty());
        assert!(fake.bulkstats.get() == 0 && fake.asked.take().is_empty());
    }
}

#[test]
fn a_doubtful_inode_that_has_been_freed_is_not_said() {
    let mut fake = Fake::with(0..10);
    fake.unlinked.borrow_mut().insert(5, false);
    let mut inodes = everything();
    while fake.view(|view| inodes.step(view)).unwrap() == Next::More {}
    fake.inodes.remove(&5);
    look(&fake, inodes).unwrap();
    assert!(fake.deadly.take().is_empty() && fake.is_complete.get());
}

#[test]
fn what_the_device_cannot_read_is_not_loaded() {
    for purpose in ways() {
        let mut fake = Fake::with(0..200);
        fake.unreadable.insert(70);
        look(&fake, Inodes { purpose, ..everything() }).unwrap();
        let but_its_chunk = [(0..64), (128..200)].map(Vec::from_iter).concat();
        assert_eq!(fake.asked.take(), but_its_chunk);
        assert!(fake.deadly.take().is_empty() && !fake.is_complete.get());
    }
}

/// Names of the checks that are made of a directory with parents.
fn checks_of_directory(fake: &mut Fake) -> String {
    let mode = libc::S_IFDIR as u16;
    let directory = fake.inodes.get_mut(&3).unwrap().as_mut().unwrap();
    (directory.bs_mode, directory.bs_forkoff) = (mode, 24);
    let purpose = WalkPurpose::Check(Scope { has_parent: true });
    look(fake, Inodes::new(vec![0], NUMBERS, purpose)).unwrap();
    let mut checks = fake.checks.take();
    checks.retain(|key| key.target == inode(3, 3));
    checks.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_loads_others_is_checked_only_if_each_may_be_loaded() {
    for is_clear in [true, false] {
        let mut fake = Fake::with(0..5);
        fake.is_clear.set(is_clear);
        let all = "datafork attrfork directory xattr parent";
        let expected = if is_clear { all } else { "datafork attrfork xattr" };
        assert_eq!(checks_of_directory(&mut fake), expected);
        assert_eq!(fake.is_complete.get(), is_clear, "it could not be judged");
    }
}

#[test]
fn a_survey_loads_nothing_and_tells_if_each_may_be_loaded() {
    let survey = || Inodes { purpose: WalkPurpose::Survey, ..everything() };
    let look_at = |fake: &Fake| {
        fake.is_clear.set(false);
        look(fake, survey()).unwrap();
        assert!(fake.asked.take().is_empty() && fake.bulkstats.get() == 0);
        fake.is_clear.get()
    };
    let all = || Fake::with((0..200).chain(AG_INODES..AG_INODES + 10));
    assert!(look_at(&all()));
    for ino in [100, AG_INODES + 5] {
        let fake = all();
        fake.unlinked.borrow_mut().extend([(7, true), (ino, false)]);
        assert!(!look_at(&fake));
        assert_eq!(fake.deadly.take(), [(ino, ino as u32)]);
    }
    let mut fake = all();
    fake.unreadable.insert(70);
    assert!(!look_at(&fake));
    let mut fake = all();
    fake.bad_inobt.insert(1);
    assert!(!look_at(&fake));
    let fake = all();
    fake.unlinked.borrow_mut().extend([(7, true)]);
    assert!(look_at(&fake), "it is on its list");
}

#[test]
fn an_inode_gets_the_checks_of_what_it_has() {
    let words = |mode, bs_forkoff, has_parent| {
        let file = xfs_bstat { bs_mode: mode as u16, bs_forkoff, ..Default::default() };
        let bits = checks_of(&file, Scope { has_parent });
        let all = inode(1, 1).domain().structures();
        let words: Vec<_> = all.iter().filter(|s| bits & s.bit != 0).map(|s| s.name()).collect();
        words.join(" ")
    };
    assert_eq!(words(libc::S_IFREG | 0o644, 0, true), "datafork");
    assert_eq!(words(libc::S_IFSOCK, 24, false), "datafork attrfork xattr");
    assert_eq!(words(libc::S_IFDIR, 24, true), "datafork attrfork directory xattr parent");
    assert_eq!(words(libc::S_IFLNK | 0o777, 0, false), "datafork symlink");
}

proptest! {
    #[test]
    fn it_always_gets_on(
        agno: u32, shift in 0..64_u32, start: u64, mask: u64, next: u64,
    ) {
        // A kernel that answers everything with the same.
        struct Same(xfs_inumbers, u64);
        impl Kernel for Same {
            fn ag(&self, _: u32) -> io::Result<xfs_ag_geometry> { Ok(Default::default()) }
            fn rtgroup_sick(&self, _: u32) -> io::Result<u32> { Ok(0) }
            fn bulkstat(
                &self, _: u32, _: u64, _: &mut [xfs_bulkstat],
            ) -> io::Result<(usize, u64)> {
                Ok((1, self.1))
            }
            fn bulkstat_one(&self, _: u64) -> io::Result<Option<xfs_bstat>> { Ok(None) }
            fn inumbers(
                &self, _: u32, _: u64, out: &mut [xfs_inumbers],
            ) -> io::Result<(usize, u64)> {
                out.fill(self.0);
                Ok((out.len(), self.1))
            }
            fn unlinked_in(&self, _: u64, _: u64, _: &mut Unlinked) -> io::Result<u64> { Ok(0) }
            fn remove_listed(&self, _: u32, _: usize, _: &mut Unlinked) -> io::Result<()> {
                Ok(())
            }
            fn is_certain(&self, _: u64, _: u32) -> io::Result<bool> { Ok(true) }
            fn check(&self, _: crate::plan::Key) -> Outcome { Outcome::Incomplete }
        }
        let record = xfs_inumbers { xi_startino: start, xi_allocmask: mask, ..Default::default() };
        let mut missed = Missed::default();
        let mut view = View {
            kernel: Same(record, next),
            found: &mut |_, _| (),
            deadly: &mut Vec::new(),
            missed: &mut missed,
            suspects: &mut Default::default(),
            is_clear: &mut true,
            agno: None,
            now: Instant::now(),
            misses: 0,
        };
        for purpose in ways() {
            let mut inodes = Inodes::new(vec![agno, agno.saturating_add(1)], InodeNumbers::new(shift), purpose);
            for _ in 0..200 {
                let before = place(&inodes);
                if inodes.step(&mut view).unwrap() != Next::More {
                    break;
                }
                prop_assert!(place(&inodes) > before);
            }
        }
    }
}

/// Place of the walk, which grows with each step.
fn place(inodes: &Inodes) -> (usize, u64, u32, (u64, Option<usize>), u32) {
    let (rank, surveyed) = match &inodes.group {
        Group::New => (0, (0, None)),
        Group::Survey(survey) => (1, survey.position()),
        Group::Batches => (2, (0, None)),
        Group::Chunks(..) => (3, (0, None)),
    };
    let groups = 2 - inodes.agnos.len();
    (groups, inodes.range.start, rank, surveyed, inodes.chunk.mask.count_zeros())
}
