// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;
use crate::mounts::SILENT;
use crate::work::Pool;
use std::time::Duration;

const DEVICE: DeviceNumber = (7, 99);

/// The beginning of an opening at the mount with this number.
fn began(all: &All, mount: u64) -> Option<Began> {
    let attempt = Attempt::new(vec![mount], all.mounts.changes(), Time::default());
    Some(Began { place: Place::new(b"/m"), attempt })
}

/// A filesystem that is being opened, for the mount with this number; `None` without root, or
/// before Linux 6.14.
fn opening(mount: u64) -> Option<(All, Crew<Done>, u64)> {
    let mut all = All::new(&Arc::new(Options::default())).ok()?;
    let crew = Crew::new(Pool::new(1)).unwrap();
    let tasks = Tasks::new(&crew);
    let number = tasks.number();
    let opening = began(&all, mount);
    let (device, said) = (DEVICE, Vec::new());
    let filesystem = Followed { device, tasks, opening, is_outdated: false, said };
    all.filesystems.insert(number, filesystem);
    all.mounts.table.attached(mount, DEVICE);
    all.mounts.table.is_monitored(DEVICE);
    Some((all, crew, number))
}

/// True if the filesystem would be opened again after this answer.
fn is_new_after(all: &mut All, number: u64, answer: Opening) -> bool {
    assert!(all.opened(number, answer, Time::default(), &mut |_, _| ()).is_none());
    all.mounts.table.next().is_some_and(|new| new.device == DEVICE)
}

#[test]
fn what_was_mounted_anew_while_it_was_opened_is_opened_again() {
    for answer in [|| Opening::Hidden, || Opening::Refused(Vec::new(), None)] {
        let Some((mut all, crew, number)) = opening(1) else { return };
        all.mounts.table.detached(1);
        all.mounts.table.attached(2, DEVICE);
        all.advance(&crew, Time::default(), &mut |_, _| ());
        assert!(is_new_after(&mut all, number, answer()));
    }
}

#[test]
fn what_is_refused_is_opened_once_more_later_and_what_is_hidden_when_that_is_over() {
    for (answer, is_refused) in
        [(Opening::Hidden, false), (Opening::Refused(Vec::new(), None), true)]
    {
        let Some((mut all, _crew, number)) = opening(1) else { return };
        assert!(!is_new_after(&mut all, number, answer));
        let now = Time::default();
        let minute = Duration::from_secs(60);
        assert_eq!(all.wake_at(), is_refused.then_some(now.after(minute)));
        assert_eq!(all.next(now.after(minute)).is_some(), is_refused);
        all.try_again();
        let second = Duration::from_secs(1);
        assert_eq!(all.next(now.after(second)).is_some(), is_refused);
    }
}

#[test]
fn of_another_refusal_only_what_is_new_is_said() {
    let Some((mut all, crew, mut number)) = opening(1) else { return };
    let mut lines = Vec::new();
    let first = || Said::Refused(Refusal::NotMountPoint);
    let [repairing, busy] = [Refusal::NotSupported, Refusal::AlreadyMonitored];
    for second in [&repairing, &busy, &repairing, &busy] {
        let refused = vec![first(), Said::Refused(second.clone())];
        let answer = Opening::Refused(refused, None);
        all.opened(number, answer, Time::default(), &mut |_, said| lines.push(said.clone()));
        let new = all.next(all.mounts.table.wake_at().unwrap()).unwrap();
        all.mounts.table.is_monitored(DEVICE);
        let tasks = Tasks::new(&crew);
        number = tasks.number();
        let opening = began(&all, 1);
        let (device, said) = (DEVICE, new.said);
        let filesystem = Followed { device, tasks, opening, is_outdated: false, said };
        all.filesystems.insert(number, filesystem);
    }
    let [repairing, busy] = [repairing, busy].map(Said::Refused);
    assert_eq!(lines, [&first(), &repairing, &busy, &repairing, &busy].map(Clone::clone));
}

#[test]
fn what_was_unmounted_is_opened_again_and_what_ended_otherwise_only_later() {
    for was_unmounted in [true, false] {
        let Some((mut all, _crew, number)) = opening(1) else { return };
        all.ended(number, was_unmounted, Time::default());
        assert_eq!(all.mounts.table.next().is_some(), was_unmounted);
        assert_eq!(all.mounts.table.wake_at().is_some(), !was_unmounted);
    }
}

#[test]
fn what_there_is_no_descriptor_for_is_said_once_and_opened_when_there_may_be_one() {
    let Some((mut all, crew, number)) = opening(1) else { return };
    let (now, mut lines) = (Time::default(), Vec::new());
    assert!(!is_new_after(&mut all, number, Opening::Short));
    for _ in 0..2 {
        let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
        all.advance(&crew, now, &mut say);
    }
    assert_eq!(lines, ["/m: too many open files; it is watched as soon as there is room"]);
    let soon = now.after(Duration::from_secs(1));
    assert!(all.next(soon).is_none());
    all.short.has_room();
    all.advance(&crew, now, &mut |_, _| ());
    assert_eq!(all.next(soon).unwrap().said, lines);
}

#[test]
fn silence_is_said_once_and_no_longer_waited_for() {
    let Some((mut all, crew, _)) = opening(1) else { return };
    let mut lines = Vec::new();
    let now = Time::default();
    let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
    all.advance(&crew, now, &mut say);
    assert!(lines.is_empty() && all.is_opening());
    assert_eq!(all.wake_at(), Some(now.after(SILENT)));
    for _ in 0..2 {
        let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
        all.advance(&crew, now.after(SILENT), &mut say);
    }
    assert_eq!(lines, ["/m: does not answer; it is watched once it does"]);
    assert!(!all.is_opening() && all.wake_at().is_none());
}

#[test]
fn what_does_not_answer_is_opened_where_it_is_mounted_later() {
    let Some((mut all, crew, number)) = opening(1) else { return };
    let (now, late) = (Time::default(), Time::default().after(SILENT));
    all.mounts.table.attached(2, DEVICE);
    all.advance(&crew, now, &mut |_, _| ());
    assert!(all.next(now).is_none(), "it may answer soon");
    all.filesystems.get_mut(&number).unwrap().opening.as_mut().unwrap().attempt.limit.ends(late);
    let New { device, mounts, .. } = all.next(late).unwrap();
    let mounts = beside(all.openings_of(device), mounts);
    assert_eq!((device, mounts, all.next(late)), (DEVICE, vec![2], None));

    // It is watched there, and the first still waits.
    let tasks = Tasks::new(&crew);
    let (second, said) = (tasks.number(), Vec::new());
    let watched = Followed { device, tasks, opening: None, is_outdated: false, said };
    all.filesystems.insert(second, watched);
    all.mounts.table.attached(3, DEVICE);
    assert!(all.next(late).is_none());
    let refused = Opening::Refused(vec![Said::Refused(Refusal::AlreadyMonitored)], None);
    let mut lines = 0;
    assert!(all.opened(number, refused, late, &mut |_, _| lines += 1).is_none());
    assert!(lines == 0 && all.filesystems.keys().eq([&second]));
    assert_eq!(all.mounts.table.wake_at(), None, "nor is it tried again");
}
