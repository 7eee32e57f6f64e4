// SPDX-License-Identifier: LGPL-2.1-or-later

use super::*;
use crate::event::Target;
use crate::log::hook::{HookEnd, HookRefusal};
use crate::plan::{Key, Notice};
use crate::report::FsId;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;

/// A folder with a program in it, and the hook that runs that.
struct Test {
    folder: PathBuf,
    hook: Hook,
}

fn place() -> Place {
    let mut place = Place::new(b"/m");
    place.identify(FsId { uuid: [1; 16], device: (999, 999) });
    place
}

fn repaired(agno: u32) -> Said {
    Said::Notice(Notice::Repaired(Key::from_bit(Target::Ag(agno), 1 << 4).unwrap()), None)
}

impl Test {
    /// The program writes to the file "out" beside it.
    fn new(name: &str, script: &str) -> Test {
        let name = format!("xfshealer-hook-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("program");
        let hook = Hook::new(&program, "XFS_HEALER", &Pool::new(1)).unwrap();
        let test = Test { folder, hook };
        test.is(script);
        test
    }

    /// Puts another program in its place.
    fn is(&self, script: &str) {
        let out = self.folder.join("out");
        let text = format!("#!/bin/sh\nout={}\n{script}\n", out.display());
        // By another process: a program that anybody has open to write cannot be run, and other tests
        // make children that have what is open here.
        let make = "cd \"$1\" && printf %s \"$2\" >new && chmod 755 new && mv new program";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", make, "sh"]).arg(&self.folder).arg(text);
        assert!(command.status().unwrap().success());
    }

    fn hears(&mut self, said: &Said, now: Time) {
        self.hook.hears(Some(&place()), said, Some(1), Stamp::new(0), now);
        self.hook.advance(vec![(999, 999)]);
    }

    fn out(&self) -> String {
        fs::read_to_string(self.folder.join("out")).unwrap_or_default()
    }

    /// What is said, until it is this much.
    fn said(&mut self, count: usize) -> Vec<HookNews> {
        let mut news = Vec::new();
        while news.len() < count {
            news.extend(self.hook.take_news(Time::default()).into_iter().map(|(_, news)| news));
            thread::sleep(Duration::from_millis(1));
        }
        news
    }

    /// Waits until nothing is left to be told: an event that fails is told again only from then on.
    fn rests(&self) {
        while !self.hook.runner.rests() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn ends(&mut self, seconds: u64) -> Vec<HookNews> {
        let all = Duration::from_secs(seconds);
        self.hook.end(LastTime { running: all, all }, || None);
        self.hook.take_news(Time::default()).into_iter().map(|(_, news)| news).collect()
    }
}

impl Drop for Test {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn the_program_is_told_by_words_variables_and_a_line() {
    let script = r#"{ echo "$*"; env | grep -c ^XFS_HEALER_; pwd; cat; } >>$out; echo said >&2"#;
    let mut test = Test::new("told", script);
    test.hears(&repaired(3), Time::default());
    let news = test.ends(600);
    assert_eq!(news, [HookNews::Said(b"said".to_vec())]);
    let out = test.out();
    let lines: Vec<_> = out.lines().collect();
    // VERSION, EVENT, MOUNT, DEVICE, FS_UUID, OBJECT, STRUCTURE, AGNO, RESULT, MESSAGE, PRIORITY
    assert_eq!(lines[..3], ["repaired /m", "11", "/"], "{out}");
    assert!(lines[3].contains(r#""object":"ag:3:"#) && lines[3].ends_with('}'), "{out}");
}

#[test]
fn a_mount_point_is_told_from_the_root_however_it_was_typed() {
    let mut test = Test::new("typed", r#"echo "$2" "$XFS_HEALER_MOUNT" >>$out"#);
    test.hook.hears(Some(&Place::new(b"-m")), &repaired(1), None, Stamp::new(0), Time::default());
    test.hears(&repaired(2), Time::default());
    assert!(test.ends(600).is_empty());
    let typed = std::env::current_dir().unwrap().join("-m");
    let mut told: Vec<_> = test.out().lines().map(str::to_owned).collect();
    told.sort();
    let mut want = [format!("{0} {0}", typed.display()), "/m /m".to_owned()];
    want.sort();
    assert_eq!(told, want);
}

#[test]
fn an_event_is_told_once_and_events_one_after_the_other() {
    let mut test =
        Test::new("once", "echo $XFS_HEALER_AGNO begins >>$out; sleep 0.01; echo ends >>$out");
    let at = |seconds| Time::default().after(Duration::from_secs(seconds));
    for (agno, second) in [(1, 0), (2, 0), (1, 3599), (3, 3599)] {
        test.hears(&repaired(agno), at(second));
    }
    assert!(test.ends(600).is_empty());
    // The last that waits comes first at the end.
    let mut begun: Vec<_> = test.out().lines().step_by(2).map(str::to_owned).collect();
    begun.sort();
    assert_eq!(begun, ["1 begins", "2 begins", "3 begins"]);
    assert!(test.out().lines().skip(1).step_by(2).all(|line| line == "ends"));
}

#[test]
fn what_waits_is_bounded_and_the_rest_is_counted_but_for_the_end() {
    let mut test = Test::new("bounded", "echo $1 >>$out; [ $1 = unmounted ] || sleep 600");
    for agno in 0..100 {
        test.hears(&repaired(agno), Time::default());
    }
    let body = crate::event::Body::Unmount;
    test.hears(&Said::Event(crate::event::Event { time_ns: 0, body }, None), Time::default());
    // One runs, if its thread has come to it, and there is room for another then.
    let running = usize::from(test.hook.runner.waiting() < MOST_WAITING);
    // There is no more time once it was told the end, and has begun with what is next.
    let out = test.folder.join("out");
    let is_told = || {
        let told = fs::read_to_string(&out).unwrap_or_default();
        told.lines().skip_while(|event| *event != "unmounted").count() > 1
    };
    let of = |seconds| LastTime { running: Duration::ZERO, all: Duration::from_secs(seconds) };
    test.hook.end(of(600), || is_told().then_some(of(0)));
    let news: Vec<_> = test.hook.take_news(Time::default()).into_iter().collect();
    let dropped = news.iter().map(|(_, news)| if let HookNews::Dropped(n) = news { *n } else { 0 });
    let killed = news.iter().filter(|(_, news)| *news == HookNews::Killed("repaired")).count();
    // All are accounted for.
    assert_eq!(dropped.sum::<u64>() + killed as u64 + 1, 101, "{news:?} {running}");
    assert!(test.out().contains("unmounted"), "{:?} {news:?}", test.out());
}

#[test]
fn one_filesystem_does_not_keep_the_events_of_another_one_out() {
    let mut test = Test::new("shared", "sleep 600");
    let mut other = Place::new(b"/n");
    other.identify(FsId { uuid: [2; 16], device: (999, 998) });
    for agno in 0..200 {
        test.hears(&repaired(agno), Time::default());
    }
    let waiting = |test: &Test| {
        let of = |device| test.hook.runner.devices().iter().filter(|of| **of == device).count();
        (of(Some((999, 999))), of(Some((999, 998))))
    };
    let all = waiting(&test).0;
    assert!(all >= MOST_WAITING - 1);
    for agno in 0..200 {
        test.hook.hears(Some(&other), &repaired(agno), None, Stamp::new(0), Time::default());
    }
    test.hook.advance(Vec::new());
    let (first, second) = waiting(&test);
    assert!(first + second >= all && first.abs_diff(second) <= 2, "{first} {second}");
    let patience = LastTime { running: Duration::ZERO, all: Duration::ZERO };
    test.hook.end(patience, || None);
}

#[test]
fn the_end_may_be_wanted_sooner_and_what_was_never_handed_over_is_counted() {
    let mut test = Test::new("sooner", "echo begins >>$out; sleep 600");
    test.hears(&repaired(1), Time::default());
    test.hook.hears(Some(&place()), &repaired(2), None, Stamp::new(0), Time::default());
    let all = Duration::from_secs(600);
    let (out, now) = (test.folder.join("out"), Duration::ZERO);
    let hurry = || out.exists().then_some(LastTime { running: now, all: now });
    test.hook.end(LastTime { running: all, all }, hurry);
    let news: Vec<_> = test.ends(0);
    assert_eq!(news, [HookNews::Killed("repaired"), HookNews::Dropped(1)]);
}

#[test]
fn trouble_with_the_program_is_said_once_until_it_is_over() {
    let mut test = Test::new("trouble", "exit 0");
    let program = test.folder.join("program");
    let mode = |mode| fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    test.hook.advance(Vec::new());
    let cannot = |why| HookNews::CannotRun(program.clone(), why);
    assert_eq!(test.said(1), [cannot(HookRefusal::NotExecutable)]);
    for agno in 0..3 {
        test.hears(&repaired(agno), Time::default());
    }
    test.rests();
    fs::remove_file(&program).unwrap();
    test.hears(&repaired(3), Time::default());
    let error = std::io::Error::from_raw_os_error(libc::ENOENT);
    assert_eq!(test.said(1), [cannot(HookRefusal::Failed(error.into()))]);
    test.rests();
    test.is("exit 3");
    // It was not told yet, though less than an hour ago it should have been.
    test.hears(&repaired(3), Time::default());
    assert_eq!(test.said(1), [HookNews::Failed("repaired", HookEnd::Exit(3))]);
    test.is("kill -SEGV $$");
    test.hears(&repaired(5), Time::default());
    assert_eq!(test.said(1), [HookNews::Failed("repaired", HookEnd::Signal(libc::SIGSEGV))]);
    mode(0o644);
    test.hears(&repaired(6), Time::default());
    assert_eq!(test.said(1), [cannot(HookRefusal::NotExecutable)]);
    assert!(test.ends(600).is_empty());
}

#[test]
fn a_program_on_what_is_monitored_is_refused_unless_that_is_the_root() {
    use std::os::unix::fs::MetadataExt;
    let mut test = Test::new("monitored", "echo >>$out");
    let of = |path: &Path| {
        let dev = fs::metadata(path).unwrap().dev();
        (libc::major(dev), libc::minor(dev))
    };
    let (there, root) = (of(&test.folder), of(Path::new("/")));
    test.hook.advance(vec![there]);
    let news = test.ends(600);
    let cannot = HookNews::CannotRun(test.folder.join("program"), HookRefusal::OnFilesystem);
    assert_eq!(news, if there == root { vec![] } else { vec![cannot] });
}
