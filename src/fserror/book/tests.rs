// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;
use crate::property::*;

const DEVICE: DeviceNumber = (7, 0);

fn at(seconds: u64) -> Time {
    Time::default().after(Duration::from_secs(seconds))
}

fn event(ino: u64, errno: i32, count: u32) -> FsErrorEvent {
    let file = FileHandle::new(1, &ino.to_ne_bytes());
    FsErrorEvent { fsid: [1, 2], file, errno, count }
}

fn subject(ino: u64, errno: i32) -> ErrorSubject {
    ErrorSubject::Error(DEVICE, event(ino, errno, 1).file, errno)
}

#[test]
fn nothing_of_a_filesystem_is_left_at_its_end() {
    let mut book = ErrorBook::default();
    book.error(DEVICE, &event(1, 5, 1), at(0));
    book.end_of(DEVICE);
    assert_eq!(format!("{book:?}"), format!("{:?}", ErrorBook::default()));
}

#[test]
fn what_comes_again_is_summed_up_ever_more_seldom() {
    let mut book = ErrorBook::default();
    assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(0)), TakenError::First);
    for _ in 0..99_999 {
        assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(0)), TakenError::Again);
    }
    assert_eq!(book.error(DEVICE, &event(1, 117, 1), at(0)), TakenError::First, "another errno");
    assert_eq!((book.next(at(9)), book.wake_at()), (None, Some(at(10))));
    assert_eq!(book.next(at(10)), Some((subject(1, 5), 99_999)));
    assert_eq!(book.next(at(10)), None);
    assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(11)), TakenError::Again);
    assert_eq!(book.wake_at(), Some(at(30)));
    assert_eq!(book.next(at(30)), Some((subject(1, 5), 1)));
    let mut lines = 0;
    for second in 30..36_000 {
        book.error(DEVICE, &event(1, 5, 1), at(second));
        while book.next(at(second)).is_some() {
            lines += 1;
        }
    }
    assert!((10..20).contains(&lines), "{lines} in ten hours");
}

#[test]
fn what_the_kernel_has_only_counted_is_a_sum_of_its_own() {
    let mut book = ErrorBook::default();
    assert_eq!(book.error(DEVICE, &event(1, 5, 1000), at(0)), TakenError::First);
    assert_eq!(book.error(DEVICE, &event(2, 5, u32::MAX), at(1)), TakenError::First);
    let sum = 999 + u64::from(u32::MAX) - 1;
    assert_eq!(book.next(at(10)), Some((ErrorSubject::Counted(DEVICE), sum)));
    assert_eq!(book.end(), []);
}

#[test]
fn what_has_not_come_for_an_hour_is_forgotten() {
    let mut book = ErrorBook::default();
    assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(0)), TakenError::First);
    assert_eq!(book.wake_at(), Some(at(3600)));
    assert_eq!((book.next(at(3600)), book.wake_at()), (None, None));
    assert_eq!(book.error(DEVICE, &event(1, 5, 1), at(3601)), TakenError::First);
}

#[test]
fn a_storm_over_many_files_has_few_lines_and_leaves_room_for_other_filesystems() {
    let mut book = ErrorBook::default();
    let said = |book: &mut ErrorBook, device, at| {
        (0..100_000)
            .filter(|ino| book.error(device, &event(*ino, 5, 1), at) == TakenError::First)
            .count()
    };
    assert_eq!(said(&mut book, DEVICE, at(0)), 30);
    assert_eq!(said(&mut book, (7, 1), at(0)), 30);
    let mut sums = 0;
    while let Some((subject, more)) = book.next(at(10)) {
        assert!(matches!(subject, ErrorSubject::More(_)));
        sums += more;
    }
    assert_eq!(sums, 2 * (100_000 - 30));
}

/// Makes so many errors of files a minute; gives the number that is said one by one.
fn storm(
    book: &mut ErrorBook,
    device: DeviceNumber,
    errno: i32,
    minutes: std::ops::Range<u64>,
) -> usize {
    let mut said = 0;
    for minute in minutes {
        for ino in 0..100 {
            let event = event(minute * 100 + ino, errno, 1);
            let taken = book.error(device, &event, at(minute * 60));
            said += usize::from(taken == TakenError::First);
        }
        while book.next(at(minute * 60)).is_some() {}
    }
    said
}

/// Number of errors that are remembered.
fn errors(book: &ErrorBook) -> usize {
    book.entries.keys().filter(|subject| subject.kind().is_some()).count()
}

#[test]
fn a_storm_over_many_files_does_not_hide_a_shutdown() {
    let mut book = ErrorBook::default();
    let said = storm(&mut book, DEVICE, libc::EIO, 0..20);
    assert!(said < 150 && errors(&book) == said, "{said}");
    let down = FsErrorEvent { fsid: [1, 2], file: None, errno: libc::ESHUTDOWN, count: 1 };
    assert_eq!(book.error(DEVICE, &down, at(1140)), TakenError::First);
    assert_eq!(book.error(DEVICE, &down, at(1140)), TakenError::Again);
}

#[test]
fn errors_that_writers_make_do_not_hide_damaged_metadata() {
    let mut book = ErrorBook::default();
    storm(&mut book, DEVICE, libc::EDQUOT, 0..20);
    let damaged = event(1_000_000, libc::EUCLEAN, 1);
    assert_eq!(book.error(DEVICE, &damaged, at(1140)), TakenError::First);
    assert_eq!(book.error((7, 1), &damaged, at(1140)), TakenError::First);
}

#[test]
fn errors_of_one_filesystem_leave_the_others_their_share() {
    let mut book = ErrorBook::default();
    let most = storm(&mut book, DEVICE, libc::EIO, 0..20);
    assert_eq!(storm(&mut book, (7, 1), libc::EIO, 20..40), most / 2);
    assert_eq!(errors(&book), most);
    assert_eq!(storm(&mut book, DEVICE, libc::EIO, 40..60), 0, "it has had its share");
    let sums = book.end().into_iter().map(|(_, more)| more).sum::<u64>();
    assert!(sums > 0, "none is lost");
}

#[test]
fn errors_of_callers_leave_room_for_those_of_the_disk() {
    let mut book = ErrorBook::default();
    let of_callers = storm(&mut book, DEVICE, libc::EFAULT, 0..30);
    assert!((50..100).contains(&of_callers), "{of_callers}");
    assert_eq!(storm(&mut book, DEVICE, libc::EIO, 30..31), 30);
    while book.next(at(10_000)).is_some() {}
    assert_eq!(errors(&book), 0);
}

#[test]
fn what_one_user_makes_at_will_does_not_hide_what_the_disk_does() {
    let mut book = ErrorBook::default();
    let most = storm(&mut book, DEVICE, libc::EDQUOT, 0..20);
    let in_storm = event(1_000_000, libc::EIO, 1);
    for ino in 0..100 {
        book.error(DEVICE, &event(2000 + ino, libc::EDQUOT, 1), at(1200));
    }
    assert_eq!(book.error(DEVICE, &in_storm, at(1201)), TakenError::First);
    assert_eq!(storm(&mut book, DEVICE, libc::EIO, 21..40) + 1, most / 2);
}

#[test]
fn no_more_than_so_many_are_remembered() {
    let mut book = ErrorBook::default();
    for minute in 0..100 {
        for errno in [libc::EIO, libc::EUCLEAN, libc::EFAULT] {
            storm(&mut book, DEVICE, errno, minute..minute + 1);
        }
        assert!(book.entries.len() <= 330);
    }
    assert!(book.once(ErrorSubject::Lost, at(0)) && !book.once(ErrorSubject::Lost, at(0)));
}

proptest! {
    /// Each error is said or is in one sum.
    #[test]
    fn each_error_is_said_or_in_one_sum(
        events in prop::collection::vec(
            (0..300_u64, 0..3_i32, 1..4_u32, 0..8_u64, 0..3_u32), 0..500,
        ),
    ) {
        let mut book = ErrorBook::default();
        let (mut now, mut said, mut summed, mut all) = (0, 0, 0, 0);
        for (ino, errno, count, pause, minor) in events {
            now += pause;
            all += u64::from(count);
            let taken = book.error((7, minor), &event(ino, errno, count), at(now));
            said += u64::from(taken == TakenError::First);
            while let Some((_, more)) = book.next(at(now)) {
                summed += more;
            }
            prop_assert!(book.wake_at().is_none_or(|at_| at_ > at(now)));
        }
        let mut places = ErrorPlaces::default();
        book.entries.keys().filter_map(ErrorSubject::kind).for_each(|kind| places.take(kind));
        prop_assert_eq!(&places, &book.places);
        summed += book.end().iter().map(|(_, more)| more).sum::<u64>();
        prop_assert_eq!(said + summed, all);
    }
}
