// SPDX-License-Identifier: LGPL-2.1-or-later
use super::state::*;
use super::*;
use std::sync::mpsc;
use std::thread;

#[test]
fn tasks_run_at_once_up_to_the_limit_and_urgent_ones_go_first() {
    let pool = Pool::new(1).lane();
    let (began, begins) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let work = move || {
        began.send(()).unwrap();
        wait.recv().unwrap();
    };
    pool.submit(work, || ()).unwrap();
    begins.recv().unwrap();
    let (tell, told) = mpsc::channel();
    for (name, urgent) in [("first", false), ("second", false), ("urgent", true)] {
        let tell = tell.clone();
        let task = move || tell.send(name).unwrap();
        if urgent { pool.submit_urgent(task, || ()) } else { pool.submit(task, || ()) }.unwrap();
    }
    drop(tell);
    go.send(()).unwrap();
    assert_eq!(told.iter().collect::<Vec<_>>(), ["urgent", "first", "second"]);
}

#[test]
fn a_task_that_blocks_does_not_stop_the_others() {
    let pool = Pool::new(2).lane();
    let (go, wait) = mpsc::channel::<()>();
    pool.submit(move || wait.recv().unwrap(), || ()).unwrap();
    let (tell, told) = mpsc::channel();
    pool.submit(move || tell.send(()).unwrap(), || ()).unwrap();
    told.recv().unwrap();
    go.send(()).unwrap();
}

/// Has a thread of the lane killed, and waits until that can be known; it is told if it is noticed.
fn kill_one(pool: &Pool, lane: &Lane, tell: &mpsc::Sender<&'static str>) {
    let (tell, (began, begins)) = (tell.clone(), mpsc::channel());
    let work = move || {
        began.send(sys::thread_id()).unwrap();
        sys::exit_thread();
    };
    lane.submit(work, move || tell.send("killed").unwrap()).unwrap();
    let thread = begins.recv().unwrap();
    while sys::thread_is_alive(thread) {
        thread::sleep(Duration::from_millis(1));
    }
    pool.lend_threads();
    // As if it had been at it for long.
    pool.shared.lock().running.iter_mut().for_each(|running| running.look_at -= STUCK_AFTER);
}

#[test]
fn a_thread_that_is_killed_is_noticed_and_replaced_once_for_each_lane() {
    let pool = Pool::new(1);
    let (lane, other) = (pool.lane(), pool.lane());
    let (tell, told) = mpsc::channel();
    let say = |word| {
        let tell = tell.clone();
        move || tell.send(word).unwrap()
    };
    kill_one(&pool, &lane, &tell);
    lane.submit(say("after the first"), say("no")).unwrap();
    assert!(told.try_recv().is_err());
    assert!(pool.lend_threads().is_none_or(|wait| wait <= STUCK_AFTER));
    assert_eq!([told.recv().unwrap(), told.recv().unwrap()], ["killed", "after the first"]);
    kill_one(&pool, &lane, &tell);
    let dropped = Arc::new(());
    let waiting = Arc::clone(&dropped);
    lane.submit(move || drop(waiting), say("no")).unwrap();
    other.submit(say("other"), say("no")).unwrap();
    pool.lend_threads();
    assert_eq!([told.recv().unwrap(), told.recv().unwrap()], ["killed", "other"]);
    assert_eq!(Arc::strong_count(&dropped), 1, "what waited is not done, and dropped");
    assert!(lane.submit(say("no"), say("no")).is_err());
    assert!(told.try_recv().is_err());
}

#[test]
fn a_task_that_panics_costs_no_thread() {
    let pool = Pool::new(1).lane();
    pool.submit(|| panic::resume_unwind(Box::new("expected")), || ()).unwrap();
    let (tell, told) = mpsc::channel();
    pool.submit(move || tell.send(()).unwrap(), || ()).unwrap();
    told.recv().unwrap();
}

#[test]
fn what_follows_from_the_end_of_a_task_is_done_by_the_same_thread() {
    let pool = Pool::new(4);
    let (lane, apart) = (pool.lane(), pool.lane_apart());
    let (tell, told) = mpsc::channel();
    let work = move || panic::resume_unwind(Box::new("expected"));
    let then = move || apart.submit(move || tell.send(()).unwrap(), || ()).unwrap();
    lane.submit_and_tell(work, || (), then).unwrap();
    told.recv().unwrap();
    assert_eq!(pool.shared.lock().threads, 1);
}

/// Keeps a thread of a lane busy until the sender is dropped; returns once it is.
fn occupy(lane: &Lane) -> mpsc::Sender<()> {
    let (go, wait) = mpsc::channel::<()>();
    let (began, begins) = mpsc::channel();
    let work = move || {
        began.send(()).unwrap();
        let _ = wait.recv();
    };
    lane.submit(work, || ()).unwrap();
    begins.recv().unwrap();
    go
}

#[test]
fn lanes_take_turns() {
    let pool = Pool::new(1);
    let lanes = [pool.lane(), pool.lane(), pool.lane()];
    let busy = occupy(&lanes[0]);
    let (tell, told) = mpsc::channel();
    for (lane, name) in [(0, "a1"), (0, "a2"), (0, "a3"), (1, "b1"), (1, "b2"), (2, "c1")] {
        let tell = tell.clone();
        lanes[lane].submit(move || tell.send(name).unwrap(), || ()).unwrap();
    }
    let urgent = tell.clone();
    lanes[2].submit_urgent(move || urgent.send("c urgent").unwrap(), || ()).unwrap();
    drop((tell, busy));
    let order: Vec<_> = told.iter().collect();
    assert_eq!(order, ["c urgent", "a1", "b1", "c1", "a2", "b2", "a3"]);
    assert!(pool.shared.lock().waiting.is_empty());
}

#[test]
fn a_lane_that_is_stuck_stops_no_other_and_gets_no_more_threads() {
    let pool = Pool::new(2);
    let (frozen, other) = (pool.lane(), pool.lane());
    let stuck = [occupy(&frozen), occupy(&frozen)];
    let (tell, told) = mpsc::channel();
    for (lane, name) in [(&frozen, "frozen"), (&other, "other")] {
        let tell = tell.clone();
        lane.submit(move || tell.send(name).unwrap(), || ()).unwrap();
    }
    assert!(pool.lend_threads().is_some_and(|wait| wait <= STUCK_AFTER));
    assert!(told.try_recv().is_err(), "two threads are two threads");
    // As if they had been at it for long.
    pool.shared.lock().running.iter_mut().for_each(|running| running.since -= STUCK_AFTER);
    assert!(pool.lend_threads().is_some_and(|wait| wait <= STUCK_AFTER));
    assert_eq!(told.recv().unwrap(), "other");
    assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
    assert_eq!(pool.shared.lock().threads, 3);
    drop(stuck);
    assert_eq!(told.recv().unwrap(), "frozen");
    while !pool.shared.lock().running.is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(pool.lend_threads(), None, "nothing waits or is at work");
}

#[test]
fn a_lane_apart_waits_for_nobody_and_nobody_for_it() {
    let pool = Pool::new(1);
    let (apart, lane) = (pool.lane_apart(), pool.lane());
    let (tell, told) = mpsc::channel();
    let say = |word| {
        let tell = tell.clone();
        move || tell.send(word).unwrap()
    };
    let busy = occupy(&lane);
    apart.submit(say("beside"), || ()).unwrap();
    lane.submit(say("behind"), || ()).unwrap();
    assert_eq!(told.recv().unwrap(), "beside");
    let long = occupy(&apart);
    apart.submit(say("one at a time"), || ()).unwrap();
    assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
    drop(busy);
    assert_eq!(told.recv().unwrap(), "behind");
    drop(long);
    assert_eq!(told.recv().unwrap(), "one at a time");
    assert!(pool.shared.lock().threads <= 2);
}

#[test]
fn nobody_is_called_and_no_thread_started_for_what_has_to_wait() {
    let pool = Pool::new(1);
    let (apart, lane) = (pool.lane_apart(), pool.lane());
    let (long, other) = (occupy(&lane), occupy(&apart));
    drop(other);
    while pool.shared.lock().idle == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    let (tell, told) = mpsc::channel();
    lane.submit(move || tell.send(()).unwrap(), || ()).unwrap();
    let state = pool.shared.lock();
    assert_eq!((state.idle, state.called, state.threads), (1, 0, 2));
    drop(state);
    drop(long);
    told.recv().unwrap();
}

#[test]
fn a_lane_apart_that_is_not_used_any_more_lends_no_thread() {
    let pool = Pool::new(2);
    let (_ended, lane) = (pool.lane_apart(), pool.lane());
    let (go, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    for _ in 0..4 {
        let wait = Arc::clone(&wait);
        lane.submit(move || drop(wait.lock().map(|wait| wait.recv())), || ()).unwrap();
    }
    assert_eq!(pool.shared.lock().threads, 2);
    drop(go);
}

#[test]
fn however_many_lanes_are_stuck_the_others_go_on() {
    let pool = Pool::new(2);
    let mut stuck = Vec::new();
    for _ in 0..200 {
        let lane = pool.lane();
        stuck.push((occupy(&lane), lane));
        pool.shared.lock().running.iter_mut().for_each(|running| running.since -= STUCK_AFTER);
    }
    let (tell, told) = mpsc::channel();
    for number in 0..4 {
        let tell = tell.clone();
        pool.lane().submit(move || tell.send(number).unwrap(), || ()).unwrap();
    }
    pool.lend_threads();
    let mut all: Vec<i32> = told.iter().take(4).collect();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3]);
    assert!(pool.shared.lock().threads <= 202);
}

#[test]
fn a_lane_that_is_stuck_gets_an_answer_beside_it_and_no_more_threads() {
    let pool = Pool::new(4);
    let lane = pool.lane();
    let long = occupy(&lane);
    pool.shared.lock().running.iter_mut().for_each(|running| running.since -= STUCK_AFTER);
    let beside = occupy(&lane);
    let (tell, told) = mpsc::channel();
    lane.submit(move || tell.send(()).unwrap(), || ()).unwrap();
    pool.lend_threads();
    assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
    drop(beside);
    told.recv().unwrap();
    drop(long);
}

#[test]
fn the_more_are_stuck_the_sooner_the_next_one_is_taken_for_it() {
    let pool = Pool::new(1);
    let mut lanes = Vec::new();
    let mut waited = Duration::ZERO;
    for stuck in 0..100 {
        let lane = pool.lane();
        lanes.push((occupy(&lane), lane));
        let newest = pool.shared.lock().running.last().unwrap().since;
        let state = pool.shared.lock();
        assert_eq!(state.stuck(newest).len(), stuck, "it has only begun");
        assert_eq!(state.stuck(newest + patience(stuck)).len(), stuck + 1);
        drop(state);
        waited += patience(stuck);
        pool.shared.lock().running.iter_mut().for_each(|running| running.since -= STUCK_AFTER);
    }
    assert!(waited < 6 * STUCK_AFTER, "a hundred times the patience would be for ever");
}
