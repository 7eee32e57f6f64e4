// SPDX-License-Identifier: LGPL-2.1-or-later

use super::super::marked::UNKNOWN;
use super::*;
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
    follow.advance(&crew, Time::default(), &mut |_, _| ());
    let number = *follow.marks.keys().next().unwrap();
    follow.marked(number, MarkEnd::NoThread, Time::default(), &mut |_, _| ());
    assert_eq!(place(&follow), None);
}
