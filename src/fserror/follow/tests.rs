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

/// Needs root.
#[test]
fn the_end_of_a_remedy_is_said_of_the_filesystem_as_it_is_there() {
    let Ok(mut follow) = Follow::new(false) else { return };
    let device = (7, 1);
    let filesystem = MarkedFilesystem::new(Place::covered(device, b"/m"), b"btrfs".to_vec());
    let mounts = follow.mounts.changes();
    follow.filesystems.insert(device, MarkedFilesystem { mounts, ..filesystem });
    let mut said = |is_gone, is_put_off, end: &RemedyEnd| {
        let mut lines = Vec::new();
        let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
        follow.remedied(EndedRemedy { device, is_gone, is_put_off }, end, &mut say);
        (lines, follow.filesystems[&device].totals.remedies.values().sum::<u64>())
    };
    let none =
        "/m (covered, 7:1): nothing is done about its errors yet: no thread could look at it";
    assert_eq!(said(false, true, &RemedyEnd::NoThread), (vec![none.to_owned()], 1));
    assert_eq!(said(false, false, &RemedyEnd::NoThread), (Vec::new(), 2));
    let failed = Said::FsError(FsErrorNews::ScrubEnded(None));
    let end = RemedyEnd::Ended(b"/before".to_vec(), vec![failed]);
    let lines = |place: &str| vec![format!("{place}: the scrub has failed")];
    assert_eq!(said(false, false, &end), (lines("/m (covered, 7:1)"), 3));
    assert_eq!(said(true, false, &end), (lines("/before"), 3), "another may be on that device");
    assert_eq!(said(true, false, &RemedyEnd::Nowhere), (Vec::new(), 3));
}
