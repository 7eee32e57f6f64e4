// SPDX-License-Identifier: LGPL-2.1-or-later
//! Metrics of a program, in a file that the textfile collector of node_exporter reads.
//!
//! A thread writes the file: it may lie where nothing answers. It is written beside its place and
//! then renamed, so that nobody reads half of it.

mod counts;
mod exposition;

pub(crate) use counts::{ByWord, add};
pub(crate) use exposition::{Exposition, seconds, value};

use crate::fs;
use crate::log::said::{Fault, Said};
use crate::plan::Time;
use crate::report::Cause;
use crate::sys;
use crate::sys::DeviceNumber;
use crate::work::{Lane, Pool};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shortest time between two writes.
const PAUSE: Duration = Duration::from_secs(5);
/// Longest such time where each write may be what the next is about: with each write it doubles.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Longest time between two writes though nothing has changed: the file of a healer that was killed
/// stays, and its age is what tells.
const RENEWAL: Duration = Duration::from_secs(300);
/// Time from a write that has failed to the next try.
const FAILED_PAUSE: Duration = Duration::from_secs(60);
/// Mode of the file, whatever the umask is: who collects metrics is not root.
const MODE: u32 = 0o644;

/// Ways of writing the file, by whether that can change what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsPace {
    /// Not where it could.
    Plain,
    /// It may: ever more seldom while there is something new each time.
    Careful,
}

/// Text of the file, and the devices of filesystems that it must not be on.
pub(crate) type MetricsText = (String, Vec<DeviceNumber>);

/// Metrics, and the file that they are kept in.
#[derive(Debug)]
pub(crate) struct Metrics {
    kernel: String,
    pace: MetricsPace,
    /// Time until the file may be written again after the next write.
    pause: Duration,
    lane: Lane,
    shared: Arc<MetricsFile>,
    /// Text that was written last, or is written just now.
    told: String,
    /// Time at which the file is written again though nothing has changed.
    renewal: Time,
    /// Time from which on the file may be written again.
    due: Time,
    /// True if something may have changed since.
    is_stale: bool,
    /// The last complaint, so that each is made once.
    complaint: Option<Cause>,
}

#[derive(Debug)]
struct MetricsFile {
    path: PathBuf,
    state: Mutex<MetricsState>,
    written: Condvar,
}

#[derive(Debug, Default)]
struct MetricsState {
    is_busy: bool,
    /// Work that came while the thread was busy.
    waiting: Option<MetricsWork>,
    /// True once the file is one that was written here: no other is removed.
    is_ours: bool,
    /// Result of the last work.
    result: Option<io::Result<()>>,
}

/// Work for the thread.
#[derive(Debug)]
enum MetricsWork {
    /// To write this, but not on a filesystem of these devices.
    Write(String, Vec<DeviceNumber>),
    /// To remove the file.
    Remove,
}

impl Metrics {
    /// Metrics in this file, of which nothing is written yet; one of these threads writes it.
    pub fn new(path: &Path, pace: MetricsPace, threads: &Pool) -> Metrics {
        // The working directory changes.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let shared = MetricsFile { path, state: Mutex::default(), written: Condvar::new() };
        Metrics {
            kernel: sys::kernel_release().unwrap_or_default(),
            pace,
            pause: PAUSE,
            // It may hang, and then takes no thread from the repairs.
            lane: threads.lane_apart(),
            shared: Arc::new(shared),
            told: String::new(),
            renewal: Time::default(),
            due: Time::default(),
            is_stale: true,
            complaint: None,
        }
    }

    /// Has the metrics written if they have changed, but not too often; gives a new complaint. The
    /// text is asked for with the kernel's release.
    pub fn tell(&mut self, text: impl FnOnce(&str) -> MetricsText, now: Time) -> Option<Said> {
        if now < self.due {
            self.is_stale = true;
            return self.complain(now);
        }
        let (text, devices) = text(&self.kernel);
        let is_new = text != self.told;
        (self.is_stale, self.due) = (false, now.after(if is_new { self.pause } else { PAUSE }));
        if is_new || now >= self.renewal {
            // The result is to be taken in, also if nothing else happens.
            (self.is_stale, self.renewal) = (true, now.after(RENEWAL));
            self.submit(MetricsWork::Write(text.clone(), devices));
            self.told = text;
        }
        let is_careful = is_new && self.pace == MetricsPace::Careful;
        self.pause = if is_careful { (self.pause * 2).min(LONGEST_PAUSE) } else { PAUSE };
        self.complain(now)
    }

    /// Time at which [`Metrics::tell`] has something to do by itself.
    pub fn wake_at(&self) -> Time {
        if self.is_stale { self.due } else { self.renewal }
    }

    /// Begins to remove the file.
    pub fn end(&self) {
        self.submit(MetricsWork::Remove);
    }

    /// Waits until the file is removed, for this long.
    pub fn wait(&self, patience: Duration) {
        let state = self.shared.lock();
        let is_busy = |state: &mut MetricsState| state.is_busy;
        drop(self.shared.written.wait_timeout_while(state, patience, is_busy));
    }

    fn submit(&self, work: MetricsWork) {
        let mut state = self.shared.lock();
        if state.is_busy {
            state.waiting = Some(work);
            return;
        }
        state.is_busy = true;
        drop(state);
        let [shared, of_killed] = [&self.shared, &self.shared].map(Arc::clone);
        let killed = move || of_killed.ended(Err(io::Error::other("the thread was killed")));
        if self.lane.submit(move || shared.work(work), killed).is_err() {
            self.shared.ended(Err(io::Error::other("no thread could be had")));
        }
    }

    fn complain(&mut self, now: Time) -> Option<Said> {
        let result = self.shared.lock().result.take()?;
        let cause = result.err().map(Cause::from);
        if cause.is_some() {
            self.told.clear();
            (self.is_stale, self.due) = (true, now.after(FAILED_PAUSE));
        }
        let is_news = cause.is_some() && cause != self.complaint;
        self.complaint = cause;
        let cause = self.complaint.clone().filter(|_| is_news)?;
        Some(Said::Fault(Fault::Metrics(self.shared.path.clone(), cause)))
    }
}

impl MetricsFile {
    fn lock(&self) -> MutexGuard<'_, MetricsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work, and what has come meanwhile.
    fn work(&self, mut work: MetricsWork) {
        loop {
            let is_ours = self.lock().is_ours;
            let (result, is_ours) = match &work {
                MetricsWork::Write(text, devices) => {
                    let result = write(&self.path, text, devices);
                    let is_written = result.is_ok();
                    (result, is_ours || is_written)
                }
                MetricsWork::Remove if is_ours => (std::fs::remove_file(&self.path), false),
                MetricsWork::Remove => (Ok(()), false),
            };
            let mut state = self.lock();
            state.is_ours = is_ours;
            match state.waiting.take() {
                Some(next) => work = next,
                None => {
                    state.result = Some(result);
                    state.is_busy = false;
                    self.written.notify_all();
                    return;
                }
            }
        }
    }

    fn ended(&self, result: io::Result<()>) {
        let mut state = self.lock();
        // It would come behind what is newer.
        state.waiting = None;
        (state.result, state.is_busy) = (Some(result), false);
        self.written.notify_all();
    }
}

/// Writes a file beside its place and puts it there, unless something else than a file is there, or
/// that is on one of these devices: what is written to a damaged filesystem causes reports.
fn write(path: &Path, text: &str, devices: &[DeviceNumber]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    let there = fs::devices(File::open(directory)?.as_fd());
    if there.iter().any(|device| devices.contains(device)) {
        return Err(io::Error::other("it is on a filesystem that is monitored"));
    }
    // What is renamed to its place takes the place of a device or a FIFO, too, and is removed at the end.
    let is_other = |found: std::fs::Metadata| !found.is_file();
    if std::fs::symlink_metadata(path).is_ok_and(is_other) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    let beside = directory.join(beside);
    // What one has left that was killed.
    let _ = std::fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&beside)?;
    let written = file.set_permissions(Permissions::from_mode(MODE));
    let written = written.and_then(|()| file.write_all(text.as_bytes()));
    let placed = written.and_then(|()| std::fs::rename(&beside, path));
    if placed.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    fn directory(test: &str) -> PathBuf {
        let name = format!("xfshealer-metrics-{test}-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    /// A text that this number is in, which must not be on a device.
    fn text(number: u64, device: DeviceNumber) -> impl FnOnce(&str) -> MetricsText {
        move |_| (format!("damaged {number}\n"), vec![device])
    }

    fn idle(metrics: &Metrics) {
        let state = metrics.shared.lock();
        let is_busy = |state: &mut MetricsState| state.is_busy;
        let patience = Duration::from_secs(60);
        drop(metrics.shared.written.wait_timeout_while(state, patience, is_busy));
    }

    #[test]
    fn what_is_no_file_stays_what_it_is() {
        let directory = directory("other");
        let path = directory.join("link");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        let told = write(&path, "", &[]).unwrap_err().to_string();
        assert_eq!(told, "it is not a regular file");
        assert_eq!(std::fs::read_link(&path).unwrap(), Path::new("/dev/null"));
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn the_file_is_written_at_changes_but_not_too_often_and_goes_at_the_end() {
        let directory = directory("file");
        let path = directory.join("xfs_healer.prom");
        let mut metrics = Metrics::new(&path, MetricsPace::Plain, &Pool::new(1));
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        let left = || {
            let text = std::fs::read_to_string(&path).unwrap();
            let line = text.lines().find(|line| line.starts_with("damaged")).unwrap();
            line.rsplit(' ').next().unwrap().to_owned()
        };
        for (second, number, want) in [(9, 1, "1"), (10, 2, "1"), (14, 3, "3"), (20, 3, "3")] {
            let complaint = metrics.tell(text(number, (999, 999)), at(second));
            idle(&metrics);
            assert!(complaint.is_none(), "{complaint:?}");
            assert_eq!(left(), want, "{second}");
            let wake_at = [(9, 14), (10, 14), (14, 19), (20, 314)];
            let (_, wake_at) = wake_at.into_iter().find(|(at, _)| *at == second).unwrap();
            assert_eq!(metrics.wake_at(), at(wake_at), "{second}");
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, MODE);
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        metrics.end();
        metrics.wait(Duration::from_secs(60));
        std::fs::remove_dir(&directory).expect("empty");
    }

    #[test]
    fn what_may_come_of_the_writes_themselves_is_written_ever_more_seldom() {
        let directory = directory("careful");
        let path = directory.join("file");
        let mut metrics = Metrics::new(&path, MetricsPace::Careful, &Pool::new(1));
        let mut written = Vec::new();
        for second in 0..600 {
            let now = Time::default().after(Duration::from_secs(second));
            // From second 300 on nothing changes but at second 500.
            let number = if second < 300 { second } else { 300 + second / 500 };
            let told = metrics.told.clone();
            assert!(metrics.tell(text(number, (999, 999)), now).is_none());
            idle(&metrics);
            written.extend((metrics.told != told).then_some(second));
        }
        assert_eq!(written, [0, 5, 15, 35, 75, 135, 195, 255, 315, 500]);
        metrics.end();
        metrics.wait(Duration::from_secs(60));
        std::fs::remove_dir(&directory).expect("empty");
    }

    #[test]
    fn a_write_that_fails_is_tried_again_though_nothing_changes_and_goes_beside_other_work() {
        let directory = directory("retry");
        let (threads, path) = (Pool::new(1), directory.join("later").join("file"));
        let (release, hangs) = std::sync::mpsc::channel::<()>();
        let busy = threads.lane();
        busy.submit(move || hangs.recv().unwrap_or_default(), || ()).unwrap();
        let mut metrics = Metrics::new(&path, MetricsPace::Plain, &threads);
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        let at_once = metrics.tell(text(1, (999, 999)), at(0));
        idle(&metrics);
        let later = metrics.tell(text(1, (999, 999)), at(1));
        assert!(at_once.is_some() != later.is_some(), "there is no directory");
        assert!(metrics.wake_at() <= at(61));
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        assert!(metrics.tell(text(1, (999, 999)), at(61)).is_none());
        idle(&metrics);
        assert!(path.exists());
        metrics.end();
        metrics.wait(Duration::from_secs(60));
        drop(release);
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_file_on_what_is_monitored_is_refused_once_aloud() {
        let directory = directory("refused");
        let dev = fs::device(File::open(&directory).unwrap().as_fd()).unwrap();
        let device = (libc::major(dev), libc::minor(dev));
        let file = directory.join("file");
        std::fs::write(&file, "somebody else's").unwrap();
        let mut metrics = Metrics::new(&file, MetricsPace::Plain, &Pool::new(1));
        let mut said = Vec::new();
        for round in 0..4 {
            let now = Time::default().after(Duration::from_secs(100 * round));
            said.extend(metrics.tell(text(round, device), now));
            idle(&metrics);
        }
        let [Said::Fault(Fault::Metrics(_, cause))] = &said[..] else { panic!("{said:?}") };
        assert_eq!(cause.to_string(), "it is on a filesystem that is monitored");
        metrics.end();
        metrics.wait(Duration::from_secs(60));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody else's");
        std::fs::remove_file(&file).unwrap();
        std::fs::remove_dir(&directory).expect("empty");
    }
}
