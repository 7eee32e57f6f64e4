// SPDX-License-Identifier: LGPL-2.1-or-later
use super::*;
use crate::report::{Cause, Place};
use crate::service::unit::UnitEnd;
use crate::watch::paths::Paths;

const ENDED: UnitEnd = UnitEnd::Exit(1);
const FAILED: ScrubVerdict = ScrubVerdict::UnitFailed(1);

fn asked(joins: Option<u64>, is_well: bool, is_said: bool) -> Asked {
    Asked { ticket: Ticket(1), unit: String::new(), is_well, is_said, began_us: 1000, joins }
}

fn verdict(joins: Option<u64>, is_said: bool, state: Option<UnitState>) -> UnitResult {
    asked(joins, false, is_said).verdict(state)
}

fn state(began_us: u64, ended_us: u64, end: Option<UnitEnd>) -> Option<UnitState> {
    Some(UnitState { began_us, ended_us, end, ..UnitState::default() })
}

/// Runs `work` at that second; gives its result and the lines that are said.
fn with<R>(second: u64, work: impl FnOnce(ScrubSay<'_>) -> R) -> (R, Vec<String>) {
    let now = Time::default().after(Duration::from_secs(second));
    let (place, mut outbox) = (Place::new(b"/m"), Outbox::new(None, None));
    let result = work(ScrubSay { outbox: &mut outbox, now });
    let paths = Paths::new(false);
    let said = std::iter::from_fn(|| outbox.pop(&paths));
    (result, said.map(|said| said.line(Some(&place)).text).collect())
}

#[test]
fn one_of_somebody_elses_that_does_not_end_is_given_up() {
    let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let other = Other::of(child.id()).unwrap();
    let mut scrub = FullScrub::new(Runner::Direct);
    let (next, _) = with(0, |say| scrub.started(Ticket(7), Ok(Begun::Theirs(other)), say));
    assert!(next.is_none() && scrub.waits() == Some(Ticket(7)));
    scrub.waits_until(Time::default().after(Duration::from_secs(9)));
    assert_eq!(scrub.wake_at(), Some(Time::default().after(Duration::from_secs(9))));
    let (next, said) = with(8, |say| scrub.look(say));
    assert!(next.is_none() && said.is_empty(), "{next:?} {said:?}");
    let (next, said) = with(9, |say| scrub.look(say));
    assert!(matches!(next, Some(AfterCheck::Ended(Ticket(7), ScrubEnd::Others))), "{next:?}");
    let text = "/m: a full scrub has waited for another xfs_scrub for a day, \
        and is started beside that if it is still wanted";
    assert_eq!(said, [text]);
    assert!(scrub.waits().is_none() && scrub.wake_at().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_thread_that_was_killed_has_judged_nothing() {
    let mut scrub = FullScrub::new(Runner::Direct);
    let (next, said) = with(0, |say| scrub.started(Ticket(7), Err(StartError::Killed), say));
    assert!(matches!(next, Some(AfterCheck::Ended(Ticket(7), ScrubEnd::Interrupted))), "{next:?}");
    assert!(said.is_empty(), "somebody else says so: {said:?}");
}

#[test]
fn a_run_that_was_there_before_is_not_ours() {
    let of = |state| verdict(Some(500), false, state);
    assert_eq!(of(state(500, 2000, Some(ENDED))), UnitResult::Theirs);
    assert_eq!(of(state(0, 0, None)), UnitResult::Theirs, "it has ended well and is forgotten");
    let anew = of(state(1500, 2000, Some(ENDED)));
    assert_eq!(anew, UnitResult::Ours(FAILED), "the other had just ended");
    assert_eq!(of(state(1500, 2000, None)), UnitResult::Theirs, "and systemd could not run ours");
}

#[test]
fn nobody_knows_whether_a_run_has_ended_of_which_systemd_does_not_tell() {
    assert_eq!(verdict(Some(500), false, None), UnitResult::Runs);
    // Nor that it ran, if systemd did not tell that before.
    for is_well in [false, true] {
        let of = |state| asked(None, is_well, true).verdict(state);
        assert_eq!(of(state(999, 1001, Some(ENDED))), UnitResult::Theirs);
        assert_eq!(of(state(999, 1001, None)), UnitResult::Theirs);
    }
}

#[test]
fn what_has_not_run_since_it_was_wanted_was_not_started() {
    let of = |is_said, state| verdict(None, is_said, state);
    assert_eq!(of(true, state(1001, 2000, Some(ENDED))), UnitResult::Ours(FAILED));
    assert_eq!(of(false, state(1000, 1000, Some(ENDED))), UnitResult::Ours(FAILED));
    let stopped = Some(UnitEnd::Signal(libc::SIGTERM));
    let by_signal = UnitResult::Ours(ScrubVerdict::Signal(libc::SIGTERM));
    assert_eq!(of(true, state(1001, 0, stopped)), by_signal, "it has not ended yet");
    assert_eq!(of(true, state(999, 0, stopped)), UnitResult::NotStarted, "an earlier run");
    assert_eq!(of(true, state(900, 999, Some(ENDED))), UnitResult::NotStarted);
    for joins in [None, Some(500)] {
        let runs = UnitState { is_running: true, began_us: 1001, ..UnitState::default() };
        assert_eq!(verdict(joins, true, Some(runs)), UnitResult::Runs, "systemctl was killed");
    }
    assert_eq!(of(true, state(0, 0, None)), UnitResult::NotStarted);
    assert_eq!(of(false, None), UnitResult::NotStarted);
    assert_eq!(of(true, None), UnitResult::Ours(ScrubVerdict::Unknown), "it has run");
}

#[test]
fn a_unit_that_has_ended_well_may_not_have_run() {
    let of = |is_said, state| asked(None, true, is_said).verdict(state);
    let ended = UnitResult::Ours(ScrubVerdict::UnitEnded);
    let skipped = UnitResult::Ours(ScrubVerdict::UnitSkipped);
    for is_said in [true, false] {
        assert_eq!(of(is_said, state(1001, 2000, None)), ended);
        assert_eq!(of(is_said, state(1000, 1000, None)), ended);
        assert_eq!(of(is_said, state(1001, 2000, Some(ENDED))), UnitResult::Ours(FAILED));
        let unmet = UnitState { began_us: 500, unmet_us: 1001, ..UnitState::default() };
        assert_eq!(of(is_said, Some(unmet)), skipped, "however long that took");
    }
    for state in [None, state(0, 0, None), state(500, 600, None)] {
        assert_eq!(of(true, state), ended, "it took its time");
        assert_eq!(of(false, state), skipped);
    }
    let joined = asked(Some(500), true, false).verdict(state(0, 0, None));
    assert_eq!(joined, UnitResult::Theirs);
}

#[test]
fn what_could_not_be_started_for_a_moment_is_tried_again_before_the_last_word() {
    let error = Cause::Errno;
    for (why, want) in [
        (StartError::Unreachable(error(libc::ESTALE)), ScrubEnd::Others),
        (StartError::Unreachable(error(libc::EROFS)), ScrubEnd::NotStarted),
        (StartError::Spawn { name: "x".into(), error: error(libc::EAGAIN) }, ScrubEnd::Others),
        (StartError::Spawn { name: "x".into(), error: error(libc::ENOENT) }, ScrubEnd::NotStarted),
        (StartError::NoName, ScrubEnd::NotStarted),
    ] {
        let mut scrub = FullScrub::new(Runner::Direct);
        let (next, said) = with(0, |say| scrub.started(Ticket(7), Err(why), say));
        assert!(matches!(next, Some(AfterCheck::Ended(Ticket(7), end)) if end == want), "{next:?}");
        assert_eq!(said.len(), 1);
    }
}

/// A full scrub that runs, of which no descriptor could be had.
fn without_pidfd() -> FullScrub {
    let mut sleep = crate::sys::Launch::new("sleep");
    sleep.arg("600");
    let mut child = sleep.spawn().unwrap();
    assert!(child.has_begun_within(Duration::from_secs(60)).unwrap());
    let (output, _) = std::os::unix::net::UnixStream::pair().unwrap();
    output.set_nonblocking(true).unwrap();
    let (name, stop) = (String::new(), String::new());
    let program = Started { child, output, name, stop, began_us: 0, joins: None };
    let mut scrub = FullScrub::new(Runner::Direct);
    with(0, |say| scrub.started(Ticket(7), Ok(Begun::Ours(program)), say));
    let running = scrub.running.as_mut().unwrap();
    (running.pidfd, running.to_say_at) = (None, None);
    running.pidfd_at = Some(Time::default().after(PIDFD_PAUSE));
    scrub
}

#[test]
fn the_end_of_a_child_that_there_was_no_descriptor_for_is_looked_for_again() {
    let mut scrub = without_pidfd();
    assert!(scrub.fds()[0].is_none());
    let soon = Time::default().after(PIDFD_PAUSE);
    assert_eq!(scrub.wake_at(), Some(soon));
    with(0, |say| assert!(scrub.look(say).is_none()));
    assert_eq!(scrub.wake_at(), Some(soon), "it is not time");
    with(1, |say| assert!(scrub.look(say).is_none()));
    assert!(scrub.fds()[0].is_some() && scrub.wake_at().is_none());
    scrub.stop().unwrap().wait().unwrap();
}

#[test]
fn a_child_is_ended_also_where_there_was_no_descriptor_for_it() {
    use std::os::unix::process::ExitStatusExt;
    let status = without_pidfd().stop().unwrap().wait().unwrap();
    assert_eq!(status.signal(), Some(libc::SIGTERM));
}

/// A full scrub by a program that is not there, as long as that is not known.
fn of_no_program() -> FullScrub {
    let child = crate::sys::Launch::new("/nonexist").spawn().unwrap();
    let (output, _) = std::os::unix::net::UnixStream::pair().unwrap();
    output.set_nonblocking(true).unwrap();
    let (name, stop) = ("xfs_scrub".to_owned(), String::new());
    let program = Started { child, output, name, stop, began_us: 0, joins: None };
    let mut scrub = FullScrub::new(Runner::Direct);
    let (next, said) = with(0, |say| scrub.started(Ticket(7), Ok(Begun::Ours(program)), say));
    assert!(next.is_none() && said.is_empty(), "{next:?} {said:?}");
    scrub
}

#[test]
fn a_program_that_is_found_late_not_to_be_there_is_told_as_one_that_is_at_once() {
    let mut scrub = of_no_program();
    assert!(scrub.fds()[0].is_some() && scrub.wake_at() == Some(Time::default().after(SEARCHED)));
    let (next, said) = loop {
        let looked = with(1, |say| scrub.look(say));
        if looked.0.is_some() {
            break looked;
        }
    };
    assert!(matches!(next, Some(AfterCheck::Ended(Ticket(7), ScrubEnd::NotStarted))), "{next:?}");
    assert_eq!(said, ["/m: cannot run xfs_scrub for a full scrub: No such file or directory"]);
    let mut scrub = of_no_program();
    assert!(scrub.stop().is_none() && scrub.running.is_none());
}
