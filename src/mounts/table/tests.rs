// SPDX-License-Identifier: LGPL-2.1-or-later
use super::*;
use std::time::Duration;

const A: DeviceNumber = (7, 0);
const B: DeviceNumber = (7, 1);
const C: DeviceNumber = (7, 2);
const SECOND: Duration = Duration::from_secs(1);

fn new(device: DeviceNumber, mounts: &[u64]) -> Option<New> {
    Some(New { device, mounts: mounts.to_vec(), avoid: None, said: Vec::new() })
}

/// A table with these mounts.
fn table(mounts: &[(u64, DeviceNumber)]) -> MountTable {
    let mut table = MountTable::default();
    mounts.iter().for_each(|(mount, device)| table.attached(*mount, *device));
    table
}

#[test]
fn a_filesystem_is_seen_to_once_however_often_it_is_mounted() {
    let mut table = table(&[(3, A), (1, A), (2, B)]);
    assert_eq!(table.next(), new(A, &[1, 3]));
    table.started(A, b"/a");
    assert_eq!(table.next(), new(B, &[2]));
    table.is_monitored(B);
    assert_eq!(table.next(), None);
    table.attached(4, A);
    table.attached(4, B);
    table.detached(1);
    table.uncovered();
    assert_eq!(table.next(), None);
}

#[test]
fn a_filesystem_without_mounts_is_forgotten() {
    let mut table = table(&[(1, A), (2, A)]);
    table.started(A, b"/a");
    table.detached(1);
    table.detached(9);
    assert_eq!(table.next(), None);
    table.detached(2);
    assert!(table.mounts.is_empty() && table.filesystems.is_empty());
    table.attached(3, A);
    assert_eq!(table.next(), new(A, &[3]));
}

#[test]
fn what_is_hidden_is_looked_at_again_when_something_changes() {
    let mut table = table(&[(1, A)]);
    table.hidden(A);
    assert_eq!(table.next(), None);
    table.uncovered();
    assert_eq!(table.next(), new(A, &[1]));
    table.hidden(A);
    table.attached(2, A);
    assert_eq!(table.next(), new(A, &[1, 2]));
    table.hidden(A);
    table.reveal(A);
    assert_eq!(table.next(), new(A, &[1, 2]));
    table.started(A, b"/a");
    table.reveal(A);
    assert_eq!(table.next(), None);
}

#[test]
fn a_healer_that_lost_its_unit_to_another_filesystem_is_not_forgotten() {
    let mut table = table(&[(1, A), (2, B)]);
    table.started(A, b"/m");
    assert!(!table.has_doubts());
    table.started(B, b"/m");
    assert_eq!(table.next().unwrap().avoid.as_deref(), Some(&b"/m"[..]), "not there again");
    table.hidden(A);
    table.detached(2);
    table.uncovered();
    assert_eq!(table.next(), new(A, &[1]));
}

#[test]
fn who_may_have_lost_its_healer_is_looked_at_until_that_is_known() {
    let mut table = table(&[(1, A), (2, A), (3, B), (4, C)]);
    let next = |table: &MountTable| table.next().map(|new| new.device);
    table.started(A, b"/a");
    table.is_monitored(C);
    assert!(!table.has_doubts());
    table.started(B, b"/a");
    assert_eq!(next(&table), Some(A));
    table.is_monitored(A);
    assert_eq!(next(&table), None, "it may be about to end");
    table.settle_doubts(false);
    assert_eq!(next(&table), Some(A));
    table.started(A, b"/b");
    assert_eq!(next(&table), Some(C), "nobody knows where that was started");
    table.is_monitored(C);
    assert!(table.has_doubts());
    table.settle_doubts(true);
    assert_eq!(next(&table), Some(C));
    table.is_monitored(C);
    assert!(!table.has_doubts() && table.next().is_none());
}

#[test]
fn that_no_mount_can_be_named_is_said_once_and_each_further_mount_may_be() {
    let mut table = table(&[(1, A)]);
    assert!(table.unnamed(A));
    assert_eq!(table.next(), None);
    table.attached(2, A);
    assert_eq!(table.next(), new(A, &[1, 2]));
    assert!(!table.unnamed(A));
    table.detached(1);
    table.detached(2);
    table.attached(3, A);
    assert!(table.unnamed(A), "it may be another filesystem");
}

#[test]
fn a_list_replaces_what_was_told() {
    let mut table = table(&[(1, A), (2, A), (3, B)]);
    table.started(A, b"/a");
    table.started(B, b"/b");
    table.retain(&[2, 5]);
    assert_eq!(table.mounts.keys().collect::<Vec<_>>(), [&2]);
    table.attached(5, B);
    assert_eq!(table.next(), new(B, &[5]));
}

#[test]
fn who_lost_its_healer_is_seen_to_again_while_it_is_mounted() {
    let mut table = table(&[(1, A)]);
    table.is_monitored(A);
    table.again(A);
    assert_eq!(table.next(), new(A, &[1]));
    table.detached(1);
    table.again(A);
    assert_eq!(table.next(), None);
}

#[test]
fn with_a_mount_the_healer_may_have_gone() {
    let mut table = table(&[(1, A), (2, A), (3, B), (4, C)]);
    let now = Time::default().after(10 * SECOND);
    table.started(A, b"/a");
    table.runs(A, b"/a".to_vec());
    table.started(B, b"/b");
    table.is_monitored(C);
    table.look_at_lost();
    assert_eq!(table.due(now), None);
    table.detached(1);
    table.look_at_lost();
    assert_eq!(table.due(now), new(A, &[2]));
    table.is_looked_at(A);
    table.look_at_lost();
    assert_eq!(table.due(now), None, "that is seen");
    assert!(table.was_looked_at(A));
    table.runs(A, b"/a2".to_vec());
    assert_eq!((table.due(now), table.place(A)), (None, Some(&b"/a2"[..])));
    // Of that one it is known where its healer is.
    table.started(B, b"/b");
    assert!(table.has_doubts());
    table.runs(C, b"/c".to_vec());
    assert!(!table.has_doubts());
}

#[test]
fn what_was_refused_is_due_again_and_no_word_is_forgotten_while_it_is_mounted() {
    let mut table = table(&[(1, A), (2, B)]);
    let now = Time::default();
    table.is_monitored(B);
    let words = |text: &str| vec![text.to_owned()];
    for is_first in [true, false] {
        table.is_monitored(A);
        assert_eq!(table.says(A, words("refused")), is_first);
        table.later(A, now);
        assert_eq!((table.next(), table.due(now)), (None, None));
        let at = table.wake_at().unwrap();
        assert_eq!(table.due(at).unwrap().said, ["refused"]);
        table.is_looked_at(A);
        assert_eq!((table.due(at), table.wake_at()), (None, None), "an answer is to come");
    }
    assert!(table.was_looked_at(A) && !table.was_looked_at(A));
    table.later(A, now);
    assert!(table.waits(A) && !table.waits(B));
    table.all_soon();
    assert_eq!(table.due(now.after(SECOND)).unwrap().device, A);
    table.hidden(A);
    assert_eq!(table.wake_at(), None, "that is seen");
    table.uncovered();
    assert_eq!(table.next().unwrap().said, ["refused"]);
    table.is_monitored(A);
    table.is_looked_at(A);
    table.detached(1);
    table.attached(3, A);
    assert_eq!(table.next(), new(A, &[3]), "it may be another one");
    assert!(!table.was_looked_at(A));
}

#[test]
fn a_look_at_what_was_started_leaves_its_place_alone() {
    let mut table = table(&[(1, A), (2, B)]);
    let now = Time::default();
    table.started(A, b"/a");
    table.later(A, now);
    table.all_soon();
    assert!(table.due(now.after(SECOND)).is_some());
    table.is_looked_at(A);
    assert_eq!(table.place(A), Some(&b"/a"[..]));
    table.started(B, b"/a");
    table.uncovered();
    assert_eq!(table.next().unwrap().avoid.as_deref(), Some(&b"/a"[..]));
}

#[test]
fn what_is_sought_is_nobody_elses_and_an_answer_about_what_was_there_before_is_none() {
    let mut table = table(&[(1, A), (2, B)]);
    table.is_sought(A);
    assert_eq!(table.next(), new(B, &[2]), "one is enough");
    table.is_sought(B);
    table.uncovered();
    table.attached(3, A);
    table.look_at_lost();
    table.started(C, b"/c");
    assert!(table.was_sought(A) && table.was_sought(B) && !table.was_sought(C));
    assert!(table.next().is_none() && table.wake_at().is_none());
    assert!(table.has_doubts(), "it may just have been found that it has a healer");
    table.detached(2);
    table.attached(4, B);
    assert!(!table.was_sought(B));
    assert_eq!(table.next(), new(B, &[4]));
}

#[test]
fn news_about_what_is_gone_changes_nothing() {
    let mut table = MountTable::default();
    table.started(A, b"/a");
    table.hidden(A);
    table.is_sought(A);
    table.is_monitored(A);
    assert!(table.filesystems.is_empty());
}
