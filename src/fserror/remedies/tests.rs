// SPDX-License-Identifier: LGPL-2.1-or-later
//! Tests of what is done about errors, and when.

use super::super::remedy::Remedy;
use super::*;
use crate::work::Pool;

const DEVICE: DeviceNumber = (7, 0);
/// Takes in an error of the filesystem on a device, with mounts in this state.
fn error_at(
    remedies: &mut Remedies,
    device: DeviceNumber,
    (fs_type, mounts): (&[u8], u64),
    (errno, count): (i32, u32),
    now: Time,
) {
    let error = FsErrorEvent { fsid: [1, 2], file: None, errno, count };
    let told = [ToldError { device: Some(device), event: ErrorEvent::Error(error) }];
    remedies.take(&told, &filesystems(device, fs_type, mounts), now);
}

fn filesystems(
    device: DeviceNumber,
    fs_type: &[u8],
    mounts: u64,
) -> BTreeMap<DeviceNumber, MarkedFilesystem> {
    let filesystem = MarkedFilesystem::new(Place::on(device, b"/m"), fs_type.to_vec());
    BTreeMap::from([(device, MarkedFilesystem { mounts, ..filesystem })])
}

impl Remedies {
    fn error(&mut self, device: DeviceNumber, fs_type: &[u8], errno: i32, now: Time) {
        error_at(self, device, (fs_type, 0), (errno, 1), now);
    }
}

const UUID: Identity = Identity::Uuid([3; 16], None);

fn at(hours: u64) -> Time {
    Time::default().after(Duration::from_secs(hours * 3600))
}

/// What the filesystem at DEVICE is found to be; true if its remedy begins.
fn begins(remedies: &mut Remedies, hours: u64) -> bool {
    let crew = Crew::new(Pool::without_threads()).unwrap();
    let running: Vec<_> = remedies.running.keys().copied().collect();
    remedies.begins(1000 + hours, DEVICE, None, at(hours));
    let patient = Patient { place: b"/m".to_vec(), identity: UUID, remedy: Remedy::Healer };
    remedies.found(1000 + hours, SearchEnd::Found(patient), &crew, at(hours), &mut |_, _| ());
    remedies.running.keys().any(|number| !running.contains(number))
}

fn ends(remedies: &mut Remedies, hours: u64) {
    ends_with(remedies, &RemedyEnd::Ended(b"/m".to_vec(), Vec::new()), hours);
}

fn ends_with(remedies: &mut Remedies, end: &RemedyEnd, hours: u64) {
    for number in remedies.running.keys().copied().collect::<Vec<_>>() {
        remedies.ended(number, end, at(hours));
    }
}

#[test]
fn only_what_may_be_damage_is_remedied_and_only_where_there_is_a_remedy() {
    let is_wanted = |fs_type: &[u8], errno| {
        let mut remedies = Remedies::default();
        remedies.error(DEVICE, fs_type, errno, at(0));
        remedies.error(DEVICE, fs_type, errno, at(0));
        assert!(remedies.wanted.len() <= 1, "it is wanted once");
        remedies.wanted.len() == 1
    };
    assert!([libc::EIO, libc::EUCLEAN, libc::EBADMSG].iter().all(|e| is_wanted(b"xfs", *e)));
    assert!(![libc::EFAULT, libc::ENOSPC, libc::ESHUTDOWN].iter().any(|e| is_wanted(b"xfs", *e)));
    assert!(is_wanted(b"btrfs", libc::EIO) && !is_wanted(b"vfat", libc::EIO));
}

#[test]
fn what_is_gone_from_its_place_before_its_remedy_has_had_none() {
    let mut remedies = Remedies::default();
    assert!(begins(&mut remedies, 0));
    let number = *remedies.running.keys().next().unwrap();
    let ended = remedies.ended(number, &RemedyEnd::Nowhere, at(0));
    assert_eq!(ended.map(|ended| (ended.device, ended.is_gone)), Some((DEVICE, false)));
    remedies.error(DEVICE, b"xfs", libc::EIO, at(0));
    assert_eq!(remedies.next(at(0)), Some(DEVICE), "there is no pause");
}

#[test]
fn what_has_a_healer_is_asked_about_again_after_a_minute_for_the_healer_may_end() {
    let mut remedies = Remedies::default();
    assert!(begins(&mut remedies, 0));
    ends_with(&mut remedies, &RemedyEnd::Nothing, 0);
    remedies.error(DEVICE, b"xfs", libc::EIO, at(0));
    let minute = at(0).after(Duration::from_secs(60));
    assert_eq!((remedies.next(at(0)), remedies.wake_at()), (None, Some(minute)));
    assert_eq!(remedies.next(minute), Some(DEVICE), "the error is not forgotten");
    assert!(begins(&mut remedies, 1), "nothing was done, so there is no pause");
    ends_with(&mut remedies, &RemedyEnd::Nothing, 1);
    remedies.forget(DEVICE);
    remedies.error(DEVICE, b"xfs", libc::EIO, at(1));
    assert_eq!(remedies.next(at(1)), Some(DEVICE), "another one may be there");
}

#[test]
fn what_could_not_be_done_leaves_the_pauses_as_they_were() {
    let place = || b"/m".to_vec();
    let [no_thread, not_done] = [RemedyEnd::NoThread, RemedyEnd::NotDone(place(), Vec::new())];
    for end in [RemedyEnd::Nothing, RemedyEnd::Nowhere, no_thread, not_done] {
        let mut remedies = Remedies::default();
        for hours in [0, 6] {
            assert!(begins(&mut remedies, hours));
            ends(&mut remedies, hours);
        }
        assert!(begins(&mut remedies, 18));
        ends_with(&mut remedies, &end, 18);
        assert!(begins(&mut remedies, 19), "nothing was done");
        ends(&mut remedies, 19);
        assert!(!begins(&mut remedies, 19 + 23), "it is the third, and not the first");
        assert!(begins(&mut remedies, 19 + 24));
    }
}

#[test]
fn the_end_of_a_remedy_of_what_is_gone_is_nothing_to_what_is_on_its_device_now() {
    let of = Identity::Device(DEVICE);
    for end in [RemedyEnd::Nowhere, RemedyEnd::Ended(b"/m".to_vec(), Vec::new())] {
        let mut remedies = Remedies::default();
        remedies.begins(1, DEVICE, Some(of), at(0));
        remedies.forget(DEVICE);
        remedies.begins(2, DEVICE, Some(of), at(1));
        remedies.ended(1, &end, at(5));
        assert!(remedies.pauses.is_early(of, at(6)), "that is its own");
        assert!(!remedies.pauses.is_early(of, at(7)));
    }
}

#[test]
fn an_error_of_the_disk_during_a_check_on_a_guess_makes_no_other_pause_shorter() {
    let mut remedies = Remedies::default();
    assert!(begins(&mut remedies, 0));
    ends(&mut remedies, 0);
    error_at(&mut remedies, DEVICE, (b"btrfs", 0), (libc::EFAULT, 2), at(6));
    assert_eq!(remedies.next(at(6)), Some(DEVICE));
    assert!(begins(&mut remedies, 6));
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(6));
    ends_with(&mut remedies, &RemedyEnd::Nowhere, 6);
    assert!(remedies.pauses.is_early(UUID, at(5)), "that of the first is there");
    assert!(!remedies.pauses_of_guesses.is_early(UUID, at(6)), "there was no check on the guess");
}

#[test]
fn what_the_kernel_has_only_counted_or_lost_may_be_damage() {
    let is_wanted = |errno, count| {
        let mut remedies = Remedies::default();
        error_at(&mut remedies, DEVICE, (b"xfs", 0), (errno, count), at(0));
        !remedies.wanted.is_empty()
    };
    assert!(!is_wanted(libc::EFAULT, 1) && is_wanted(libc::EFAULT, 2));
    assert!(!is_wanted(libc::ESHUTDOWN, 2), "what follows a shutdown comes of it");
    let mut remedies = Remedies::default();
    let mut all = filesystems(DEVICE, b"xfs", 0);
    all.append(&mut filesystems((7, 1), b"vfat", 0));
    all.append(&mut filesystems((7, 2), b"ext4", 0));
    all.append(&mut filesystems((7, 3), b"btrfs", 0));
    all.get_mut(&(7, 3)).unwrap().totals.is_down = true;
    remedies.take(&[ToldError { device: None, event: ErrorEvent::Lost }], &all, at(0));
    assert_eq!(remedies.wanted, [DEVICE, (7, 2)]);
}

#[test]
fn what_is_unmounted_and_mounted_again_is_remedied_no_sooner() {
    let mut remedies = Remedies::default();
    assert!(begins(&mut remedies, 0));
    ends(&mut remedies, 0);
    remedies.error(DEVICE, b"xfs", libc::EIO, at(1));
    assert!(remedies.wanted.is_empty(), "nobody has to look for it");
    remedies.forget(DEVICE);
    remedies.error(DEVICE, b"xfs", libc::EIO, at(2));
    assert_eq!(remedies.next(at(2)), Some(DEVICE), "another one may be there");
    assert!(!begins(&mut remedies, 2), "it is the same");
    remedies.forget(DEVICE);
    assert!(begins(&mut remedies, 6));
}

#[test]
fn what_was_looked_for_on_a_device_is_not_what_is_there_now() {
    let mut remedies = Remedies::default();
    let crew = Crew::new(Pool::without_threads()).unwrap();
    remedies.begins(1, DEVICE, None, at(0));
    remedies.error(DEVICE, b"xfs", libc::EIO, at(0));
    assert!(remedies.wanted.is_empty(), "it is being looked for");
    remedies.forget(DEVICE);
    remedies.error(DEVICE, b"xfs", libc::EIO, at(0));
    let patient = Patient { place: b"/m".to_vec(), identity: UUID, remedy: Remedy::Healer };
    remedies.found(1, SearchEnd::Found(patient), &crew, at(0), &mut |_, _| ());
    assert!(remedies.running.is_empty() && remedies.known.is_empty());
    assert_eq!(remedies.next(at(0)), Some(DEVICE));
}

#[test]
fn what_cannot_be_found_is_said_once_and_looked_for_again_when_mounts_have_changed() {
    let mut remedies = Remedies::default();
    let crew = Crew::new(Pool::without_threads()).unwrap();
    let fails = |remedies: &mut Remedies, mounts, now| {
        remedies.begins(1, DEVICE, None, now);
        remedies.running.get_mut(&1).unwrap().mounts = mounts;
        remedies.found(1, SearchEnd::Nowhere, &crew, now, &mut |_, _| ())
    };
    let is_wanted = |remedies: &mut Remedies, mounts, now| {
        error_at(remedies, DEVICE, (b"xfs", mounts), (libc::EIO, 1), now);
        remedies.next(now) == Some(DEVICE)
    };
    assert_eq!(fails(&mut remedies, 7, at(0)), Some((DEVICE, NothingDone::Nowhere)));
    assert!(!is_wanted(&mut remedies, 7, at(5)));
    assert!(!is_wanted(&mut remedies, 8, at(0)), "it was looked for a moment ago");
    assert!(is_wanted(&mut remedies, 8, at(5)));
    assert_eq!(fails(&mut remedies, 8, at(5)), None, "it is known");
    assert!(!is_wanted(&mut remedies, 8, at(9)));
    remedies.forget(DEVICE);
    assert!(is_wanted(&mut remedies, 8, at(9)), "another one may be there");
    assert!(begins(&mut remedies, 10), "nothing was done before");
}

#[test]
fn a_search_without_a_thread_is_said_once_and_tried_again_soon() {
    let mut remedies = Remedies::default();
    let crew = Crew::new(Pool::without_threads()).unwrap();
    let mut now = at(1);
    remedies.error(DEVICE, b"xfs", libc::EIO, now);
    let mut tries = Vec::new();
    for number in 0..8 {
        assert_eq!(remedies.next(now), Some(DEVICE));
        remedies.begins(number, DEVICE, None, now);
        let told = remedies.found(number, SearchEnd::NoThread, &crew, now, &mut |_, _| ());
        let first = (number == 0).then_some((DEVICE, NothingDone::NoThread));
        assert_eq!(told, first, "it is said once");
        remedies.error(DEVICE, b"xfs", libc::EIO, now);
        assert_eq!(remedies.next(now), None, "it has to wait");
        remedies.error((7, 1), b"xfs", libc::EIO, now);
        assert_eq!(remedies.next(now), Some((7, 1)), "but not the others");
        let due = remedies.wake_at().unwrap();
        tries.push(due.since(now).as_secs() / 60);
        now = due;
    }
    assert_eq!(tries, [1, 2, 4, 8, 16, 32, 60, 60]);
    remedies.forget(DEVICE);
    assert!(remedies.put_off.is_empty() && remedies.wake_at().is_none());
    assert!(begins(&mut remedies, 100), "there was no remedy, so there is no pause");
}

#[test]
fn a_remedy_without_a_thread_is_said_once_and_tried_again_soon() {
    let mut remedies = Remedies::default();
    let (mut now, mut tries) = (at(1), Vec::new());
    remedies.error(DEVICE, b"xfs", libc::EIO, now);
    for n in 0..4 {
        assert_eq!(remedies.next(now), Some(DEVICE));
        assert!(begins(&mut remedies, 1), "there was none, so there is no pause");
        let number = *remedies.running.keys().next().unwrap();
        let end = RemedyEnd::NoThread;
        let ended = EndedRemedy { device: DEVICE, is_gone: false, is_put_off: n == 0 };
        assert_eq!(remedies.ended(number, &end, now), Some(ended));
        let due = remedies.wake_at().unwrap();
        tries.push(due.since(now).as_secs() / 60);
        now = due;
    }
    assert_eq!(tries, [1, 2, 4, 8]);
    assert_eq!(remedies.next(now), Some(DEVICE));
    assert!(begins(&mut remedies, 1));
    ends(&mut remedies, 1);
    assert!(remedies.put_off.is_empty() && remedies.wanted.is_empty());
    assert!(!begins(&mut remedies, 2), "now there was one");
}

/// Any user can have errors counted that are no damage.
#[test]
fn what_is_done_on_a_guess_puts_off_nothing_that_is_done_about_known_damage() {
    let mut remedies = Remedies::default();
    let counted = |remedies: &mut Remedies, hours| {
        error_at(remedies, DEVICE, (b"btrfs", 0), (libc::EFAULT, 2), at(hours));
        let is_wanted = !remedies.wanted.is_empty();
        remedies.wanted.clear();
        is_wanted
    };
    assert!(counted(&mut remedies, 0) && begins(&mut remedies, 0));
    ends(&mut remedies, 0);
    assert!(!counted(&mut remedies, 1), "it was just checked");
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(1));
    assert_eq!(remedies.next(at(1)), Some(DEVICE));
    assert!(begins(&mut remedies, 1));
    ends(&mut remedies, 1);
    assert!(!counted(&mut remedies, 6), "six hours after what was no guess");
    assert!(counted(&mut remedies, 7) && begins(&mut remedies, 7));
    ends(&mut remedies, 7);
    assert!(!remedies.pauses.is_early(UUID, at(8)), "those of guesses do not count");
    assert!(remedies.guessed.is_empty());
}

#[test]
fn a_remedy_that_never_ends_does_not_keep_the_others_waiting_for_ever() {
    let mut remedies = Remedies::default();
    assert!(begins(&mut remedies, 0));
    remedies.error((7, 1), b"btrfs", libc::EIO, at(1));
    assert_eq!((remedies.next(at(1)), remedies.wake_at()), (None, Some(at(6))));
    assert_eq!(remedies.next(at(6)), Some((7, 1)));
    assert_eq!(remedies.wake_at(), None);
    remedies.begins(9, (7, 1), None, at(6));
    remedies.error((7, 2), b"btrfs", libc::EIO, at(6));
    assert_eq!((remedies.next(at(6)), remedies.wake_at()), (None, Some(at(6).after(SEARCH))));
    assert_eq!(remedies.next(at(6).after(SEARCH)), Some((7, 2)), "it was a search");
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(100));
    assert!(remedies.wanted.is_empty(), "it is under way there");
    ends(&mut remedies, 100);
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(105));
    assert!(remedies.wanted.is_empty(), "it has ended a moment ago");
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(106));
    assert_eq!(remedies.next(at(106)), Some(DEVICE));
}

#[test]
fn what_is_done_on_a_guess_keeps_nothing_waiting_that_is_known() {
    let mut remedies = Remedies::default();
    let other = (7, 1);
    error_at(&mut remedies, DEVICE, (b"btrfs", 0), (libc::EFAULT, 2), at(0));
    remedies.error(other, b"btrfs", libc::EIO, at(0));
    assert_eq!(remedies.next(at(0)), Some(other), "it comes first, though later");
    remedies.forget(other);
    assert_eq!(remedies.next(at(0)), Some(DEVICE));
    assert!(begins(&mut remedies, 0));
    // While that goes on, which may take hours.
    error_at(&mut remedies, (7, 2), (b"btrfs", 0), (libc::EFAULT, 2), at(1));
    assert_eq!((remedies.next(at(1)), remedies.wake_at()), (None, Some(at(6))), "a guess waits");
    remedies.error(other, b"btrfs", libc::EIO, at(1));
    assert!(remedies.wake_at().unwrap() <= at(1));
    assert_eq!((remedies.next(at(1)), remedies.wake_at()), (Some(other), Some(at(6))));
    // The check may have begun before this damage.
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(2));
    remedies.error(DEVICE, b"btrfs", libc::EIO, at(2));
    assert_eq!(remedies.next(at(2)), None, "not two at once");
    ends(&mut remedies, 3);
    assert_eq!(remedies.next(at(3)), Some(DEVICE));
    assert!(begins(&mut remedies, 3));
}

#[test]
fn no_filesystem_has_two_checks_at_once_though_it_was_mounted_again() {
    let mut remedies = Remedies::default();
    error_at(&mut remedies, DEVICE, (b"ext4", 0), (libc::EFAULT, 2), at(0));
    assert_eq!(remedies.next(at(0)), Some(DEVICE));
    assert!(begins(&mut remedies, 0));
    remedies.forget(DEVICE);
    remedies.error(DEVICE, b"ext4", libc::EIO, at(1));
    assert_eq!(remedies.next(at(1)), Some(DEVICE));
    assert!(!begins(&mut remedies, 1), "the check of the same filesystem goes on");
    assert_eq!((remedies.next(at(1)), remedies.running.len()), (None, 1));
    ends(&mut remedies, 2);
    assert_eq!(remedies.next(at(2)), Some(DEVICE), "the damage is not forgotten");
    assert!(begins(&mut remedies, 2));
}

#[test]
fn what_is_on_the_device_of_one_that_is_gone_does_not_wait_for_its_check() {
    let mut remedies = Remedies::default();
    remedies.begins(1001, DEVICE, Some(Identity::Device(DEVICE)), at(0));
    remedies.forget(DEVICE);
    let crew = Crew::new(Pool::without_threads()).unwrap();
    for (number, of) in [(1002, Identity::Device(DEVICE)), (1003, UUID)] {
        remedies.begins(number, DEVICE, None, at(7));
        let patient = Patient { place: b"/m".to_vec(), identity: of, remedy: Remedy::Note };
        remedies.found(number, SearchEnd::Found(patient), &crew, at(7), &mut |_, _| ());
        assert!(remedies.wanted.is_empty() && remedies.running.len() == 2, "{of:?}");
        remedies.running.retain(|_, running| running.is_gone);
    }
}
