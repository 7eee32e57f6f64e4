// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;

const DEVICE: DeviceNumber = (7, 0);

fn at(ms: u64) -> Time {
    Time::default().after(Duration::from_millis(ms))
}

fn file(ino: u32) -> FileHandle {
    let bytes = [ino.to_ne_bytes(), 9_u32.to_ne_bytes()].concat();
    FileHandle::new(1, &bytes).unwrap()
}

fn filesystems() -> Filesystems {
    BTreeMap::from([(DEVICE, MarkedFilesystem::new(Place::new(b"/m"), b"ext4".to_vec()))])
}

/// What is said, line by line.
struct Lines {
    tell: Tell,
    filesystems: Filesystems,
    lines: Vec<String>,
}

impl Lines {
    fn new() -> Lines {
        Lines { tell: Tell::default(), filesystems: filesystems(), lines: Vec::new() }
    }

    /// Takes in an error; gives what is said then.
    fn error(&mut self, file: Option<FileHandle>, errno: i32, count: u32, now: Time) -> &[String] {
        self.told(Some(DEVICE), FsErrorEvent { fsid: [1, 2], file, errno, count }, now)
    }

    fn told(&mut self, device: Option<DeviceNumber>, error: FsErrorEvent, now: Time) -> &[String] {
        let told = vec![ToldError { device, event: ErrorEvent::Error(error) }];
        self.lines.clear();
        let Lines { tell, filesystems, lines } = self;
        tell.take(told, filesystems, now, &mut |place, said| lines.push(said.line(place).text));
        &self.lines
    }

    /// Lets the time pass; gives what is said then.
    fn advance(&mut self, now: Time) -> &[String] {
        self.lines.clear();
        let Lines { tell, filesystems, lines } = self;
        tell.advance(filesystems, now, &mut |place, said| lines.push(said.line(place).text));
        &self.lines
    }

    fn end(&mut self) -> &[String] {
        self.lines.clear();
        let Lines { tell, filesystems, lines } = self;
        tell.end(filesystems, &mut |place, said| lines.push(said.line(place).text));
        &self.lines
    }
}

#[test]
fn an_error_of_no_file_is_said_at_once_and_then_summed_up() {
    let mut all = Lines::new();
    let line = "/m: filesystem error: Structure needs cleaning";
    assert_eq!(all.error(None, libc::EUCLEAN, 1, at(0)), [line]);
    for _ in 0..5 {
        assert!(all.error(None, libc::EUCLEAN, 100, at(1)).is_empty());
    }
    assert_eq!(all.filesystems[&DEVICE].totals.sum(), 501);
    assert!(all.advance(at(9_999)).is_empty());
    assert_eq!(
        all.advance(at(10_001)),
        [
            "/m: filesystem error: Structure needs cleaning: 5 more times",
            "/m: 495 more filesystem errors that the kernel has only counted",
        ]
    );
    assert_eq!(
        all.error(None, libc::ESHUTDOWN, 1, at(11_000)),
        ["/m: the filesystem has shut down"]
    );
}

#[test]
fn a_shutdown_that_was_only_counted_is_said_once() {
    let mut all = Lines::new();
    all.error(None, libc::EIO, 100, at(0));
    all.lines.clear();
    let Lines { tell, filesystems, lines } = &mut all;
    let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
    tell.is_down(DEVICE, filesystems, at(1000), &mut say);
    tell.is_down(DEVICE, filesystems, at(2000), &mut say);
    assert_eq!(lines[..], ["/m: the filesystem has shut down"]);
    let totals = &filesystems[&DEVICE].totals;
    assert!(totals.is_down && totals.sum() == 100, "it is in the number already");
    let down = FsErrorEvent { fsid: [1, 2], file: None, errno: libc::ESHUTDOWN, count: 1 };
    assert!(all.told(Some(DEVICE), down, at(3000)).is_empty());
}

#[test]
fn an_error_of_a_file_waits_for_its_path_but_not_for_long() {
    let mut all = Lines::new();
    assert!(all.error(Some(file(12)), libc::EIO, 1, at(0)).is_empty());
    assert!(all.error(Some(file(13)), libc::EIO, 1, at(0)).is_empty());
    assert!(all.tell.names.next(at(100)).is_some());
    all.tell.looks.insert(1, DEVICE);
    let name = (b"/n".to_vec(), b"/a\nb".to_vec());
    all.tell.named(1, vec![(file(12), name)], at(150));
    assert_eq!(
        all.advance(at(150)),
        [
            "/n/a\\nb: filesystem error: Input/output error",
            "/m ino 13 gen 0x9: filesystem error: Input/output error",
        ]
    );
    assert!(all.error(Some(file(12)), libc::EIO, 1, at(200)).is_empty());
    assert_eq!(all.end(), ["/n/a\\nb: filesystem error: Input/output error: once more"]);

    let mut slow = Lines::new();
    assert!(slow.error(Some(file(12)), libc::EIO, 1, at(0)).is_empty());
    assert!(slow.tell.names.next(at(100)).is_some() && slow.advance(at(4_999)).is_empty());
    let by_number = ["/m ino 12 gen 0x9: filesystem error: Input/output error"];
    assert_eq!(slow.advance(at(5_000)), by_number);
    assert!(slow.advance(at(5_000)).is_empty());
}

#[test]
fn an_unmount_and_the_end_leave_nothing_unsaid() {
    let mut all = Lines::new();
    assert!(all.error(Some(file(12)), libc::EIO, 7, at(0)).is_empty());
    let mut lines = Vec::new();
    let Lines { tell, filesystems, .. } = &mut all;
    tell.forget(DEVICE, filesystems, &mut |place, said| lines.push(said.line(place).text));
    assert_eq!(
        lines,
        [
            "/m ino 12 gen 0x9: filesystem error: Input/output error",
            "/m: 6 more filesystem errors that the kernel has only counted",
        ]
    );
    assert!(all.end().is_empty());
    let error = FsErrorEvent { fsid: [9, 9], file: Some(file(12)), errno: libc::EIO, count: 1 };
    assert_eq!(
        all.told(None, error, at(0)),
        [
            "a filesystem that is not mounted here ino 12 gen 0x9: filesystem error: Input/output error"
        ]
    );
}

#[test]
fn a_full_queue_is_said() {
    let mut all = Lines::new();
    let told = || vec![ToldError { device: None, event: ErrorEvent::Lost }];
    let Lines { tell, filesystems, lines } = &mut all;
    for _ in 0..3 {
        tell.take(told(), filesystems, at(0), &mut |place, said| lines.push(said.line(place).text));
    }
    assert_eq!(all.lines, ["filesystem errors were lost: the kernel's queue was full"]);
    let again = ["filesystem errors were lost: the kernel's queue was full 2 more times"];
    assert_eq!(all.advance(at(10_000)), again);
}
