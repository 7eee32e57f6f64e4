// SPDX-License-Identifier: LGPL-2.1-or-later

use super::super::marked::UNKNOWN;
use super::*;
use crate::mounts::SILENT;
use crate::sys::mount;
use crate::work::Pool;
use std::fs::File;
use std::os::fd::AsFd;

/// Needs root.
#[test]
fn what_is_being_marked_has_a_name_already() {
    let Ok(mut follow) = Follow::new(false) else { return };
    let root = mount::mount_id(File::open("/").unwrap().as_fd()).unwrap();
    let device = mount::statmount(root).unwrap().device;
    follow.mounts.table.attached(root, device);
    let crew = Crew::new(Pool::without_threads()).unwrap();
    follow.advance(&crew, Time::default(), &mut |_, _| ());
    let place = |follow: &Follow| Some(follow.filesystems.get(&device)?.place.clone());
    assert_eq!(place(&follow), Some(Place::on(device, b"/")));
    assert_ne!(follow.filesystems[&device].mounts, follow.mounts.changes(), "it may be covered");
    follow.filesystems.get_mut(&device).unwrap().totals.is_down = true;
    let mut said = 0;
    follow.summary(&mut |_, _| said += 1);
    assert_eq!(said, 0, "it is not watched yet");

    let number = *follow.marks.keys().next().unwrap();
    let end = MarkEnd::Marked(b"/m".to_vec());
    follow.marked(number, end, Time::default(), &mut |_, _| ());
    assert_eq!(place(&follow), Some(Place::on(device, b"/m")));
    assert!(follow.filesystems[&device].totals.is_down);

    // It is not mounted there, or not any more; what was lost may be of any filesystem.
    follow.filesystems.get_mut(&device).unwrap().mounts = UNKNOWN;
    let told = ToldError { device: None, event: ErrorEvent::Lost };
    follow.find(&[told], &mut |_, _| ());
    assert_eq!(place(&follow), Some(Place::on(device, b"/")));
    assert_eq!(follow.filesystems[&device].mounts, follow.mounts.changes());

    follow.mounts.table.again(device);
    assert_eq!(follow.unmounted(), [device]);
    follow.forget(device);
    follow.advance(&crew, Time::default(), &mut |_, _| ());
    let number = *follow.marks.keys().next().unwrap();
    follow.marked(number, MarkEnd::NoThread, Time::default(), &mut |_, _| ());
    assert_eq!(place(&follow), None);
}

/// Needs root.
#[test]
fn what_does_not_answer_is_marked_where_it_is_mounted_later() {
    let Ok(mut follow) = Follow::new(false) else { return };
    let mounts = mount::listmount().unwrap();
    let device = mount::statmount(mounts[0]).unwrap().device;
    let crew = Crew::new(Pool::without_threads()).unwrap();
    let (now, mut said) = (Time::default(), Vec::new());
    let attempts = |follow: &Follow| follow.marks.keys().copied().collect::<Vec<_>>();
    let mut advance = |follow: &mut Follow, now| {
        follow.advance(&crew, now, &mut |place, news| said.push(news.line(place).text));
        attempts(follow).len()
    };
    follow.mounts.table.attached(mounts[0], device);
    assert_eq!(advance(&mut follow, now), 1);
    let late = now.after(SILENT);
    // Another number of the same mount, for it cannot be told here where another one would be.
    follow.marks.values_mut().for_each(|mark| mark.attempt = Attempt::new(vec![u64::MAX], 0, now));
    assert_eq!(advance(&mut follow, now), 1, "it may answer soon");
    assert_eq!(advance(&mut follow, late), 2, "it does not");
    assert_eq!(advance(&mut follow, late), 2);

    let [first, second] = attempts(&follow)[..] else { panic!() };
    follow.mounts.table.hidden(device);
    let marked = |at: &[u8]| MarkEnd::Marked(at.to_vec());
    let mut lines = 0;
    follow.marked(second, marked(b"/late"), late, &mut |_, _| lines += 1);
    assert_eq!(follow.all_watched().count(), 1);
    assert_eq!(advance(&mut follow, late), 1, "it is watched, and the first still waits");
    follow.marked(first, marked(b"/early"), late, &mut |_, _| lines += 1);
    assert_eq!(
        (lines, follow.filesystems[&device].place.clone()),
        (1, Place::on(device, b"/late"))
    );
    assert_eq!(said.len(), 1, "that it does not answer is said once");
    follow.mounts.table.uncovered();
    assert_eq!(follow.unmounted(), [], "it stays watched");
}
