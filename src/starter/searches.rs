// SPDX-License-Identifier: LGPL-2.1-or-later
//! Workers that check filesystems, since that may block, and the time that they take.
//!
//! At most one thread is at each filesystem, however often it is unmounted and mounted again: what
//! never answers costs that one.

use super::again::{self, Answer};
use super::reach::{self, Found};
use crate::log::said::{Awaited, Said};
use crate::mounts::{AnswerLimit, New};
use crate::plan::Time;
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::work::{Inbox, Pool};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Number of filesystems that are checked at once. One that does not answer makes no difference to
/// the others after ten seconds, and before that only beside three more.
const THREADS: usize = 4;

/// Answer of a worker about a filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchNews {
    /// The result of a search: where the filesystem can be seen.
    Sought(Found),
    /// The result of a check whether the filesystem has a healer.
    Looked(Answer),
}

/// A worker's task at a filesystem: to find it, or to check it for a healer.
#[derive(Debug, Default)]
pub struct Search {
    /// The filesystem to find; `None` if it is checked for a healer.
    pub new: Option<New>,
    /// State of the mounts when the search began: `Mounts::changes`.
    pub changes: u64,
    /// True if another task was wanted meanwhile, maybe for another filesystem on the device.
    pub is_outdated: bool,
    /// Time limit of the search and its first place, until the log has said that it takes long.
    silent: Option<(AnswerLimit, Vec<u8>)>,
    /// True once a thread has come to the task; before that nothing has been asked.
    has_begun: Arc<AtomicBool>,
}

impl Search {
    fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }
}

type SearchAnswers = Arc<Inbox<(DeviceNumber, SearchNews)>>;

/// The workers, their tasks, and the place where they leave answers.
#[derive(Debug)]
pub struct Searches {
    pool: Pool,
    answers: SearchAnswers,
    searches: BTreeMap<DeviceNumber, Search>,
}

impl Searches {
    pub fn new() -> io::Result<Searches> {
        let answers = Arc::new(Inbox::new()?);
        Ok(Searches { pool: Pool::new(THREADS), answers, searches: BTreeMap::new() })
    }

    /// Descriptor that is readable when there are answers.
    pub fn news(&self) -> BorrowedFd<'_> {
        self.answers.as_fd()
    }

    /// The tasks that have ended, each with its answer.
    pub fn take(&mut self) -> Vec<(DeviceNumber, Search, SearchNews)> {
        let ended = self.answers.take().into_iter();
        ended
            .filter_map(|(device, news)| Some((device, self.searches.remove(&device)?, news)))
            .collect()
    }

    /// Does what is to be done about workers that are stuck or were killed; to be called again
    /// after this time.
    pub fn lend_threads(&self) -> Option<Duration> {
        self.pool.lend_threads()
    }

    /// Has a filesystem found that is mounted at these places, in our own namespace or another one.
    pub fn seek(&mut self, new: New, places: Vec<Vec<u8>>, is_own: bool, changes: u64, now: Time) {
        let (device, first) = (new.device, places.first().cloned().unwrap_or_default());
        let unknown = |why| SearchNews::Sought(Found::Unknown(first.clone(), why));
        let otherwise = unknown("no thread could look at it");
        let killed = unknown("the thread that looked at it was killed in the kernel");
        let silent = Some((AnswerLimit::new(now), first.clone()));
        let look = Search { new: Some(new), changes, silent, ..Search::default() };
        let work = move || SearchNews::Sought(reach::find(places, device, is_own));
        self.begin(device, look, work, otherwise, killed);
    }

    /// Has a filesystem checked that is mounted at these places, and whose healer was started for
    /// the place `started`.
    pub fn look(&mut self, device: DeviceNumber, places: Vec<Vec<u8>>, started: Option<Vec<u8>>) {
        let refused = SearchNews::Looked(Answer::Refused);
        let work = move || SearchNews::Looked(again::look(device, &places, started));
        self.begin(device, Search::default(), work, refused.clone(), refused);
    }

    /// Begins a task, to which one answer comes; a task that the device already has becomes
    /// outdated instead.
    fn begin(
        &mut self,
        device: DeviceNumber,
        look: Search,
        work: impl FnOnce() -> SearchNews + Send + 'static,
        otherwise: SearchNews,
        killed: SearchNews,
    ) {
        if let Some(look) = self.searches.get_mut(&device) {
            look.is_outdated = true;
            return;
        }
        let has_begun = Arc::clone(&look.has_begun);
        self.searches.insert(device, look);
        let answers = Arc::clone(&self.answers);
        let owed = Owed { answers: Arc::clone(&answers), device, news: Some(otherwise) };
        let work = move || {
            let mut owed = owed;
            has_begun.store(true, Ordering::Relaxed);
            owed.news = Some(work());
        };
        // A task that is not taken is dropped, and with it what is owed, which then answers.
        let _ = self.pool.lane().submit(work, move || answers.put((device, killed)));
    }

    /// Time at which [`Searches::silence`] has something to say; `None` if it has nothing to wait for.
    pub fn wake_at(&self) -> Option<Time> {
        let begun = self.searches.values().filter(|look| look.has_begun());
        begun.filter_map(|look| look.silent.as_ref()?.0.wake_at()).min()
    }

    /// Says of filesystems that they have not been found for long.
    pub fn silence(&mut self, now: Time, say: &mut dyn FnMut(&Place, &Said)) {
        let searches = self.searches.values_mut().filter(|look| look.has_begun());
        let long = searches.filter_map(|look| look.silent.take_if(|(limit, _)| limit.ends(now)));
        long.for_each(|(_, place)| say(&Place::new(&place), &Said::Silent(Awaited::Healer)));
    }
}

/// An answer that is given when this is dropped.
struct Owed {
    answers: SearchAnswers,
    device: DeviceNumber,
    news: Option<SearchNews>,
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.news.take().into_iter().for_each(|news| self.answers.put((self.device, news)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::SILENT;

    /// Lines that are said of filesystems that do not answer.
    fn silence(searches: &mut Searches, now: Time) -> Vec<String> {
        let mut lines = Vec::new();
        searches.silence(now, &mut |place, said| lines.push(said.line(Some(place)).text));
        lines
    }
    use crate::sys::poll::{self, PollFd};
    use std::sync::mpsc;

    fn new(device: DeviceNumber) -> New {
        New { device, mounts: vec![1], avoid: None, said: Vec::new() }
    }

    /// Waits until so many tasks have ended; gives them in the order of their devices.
    fn ended(searches: &mut Searches, number: usize) -> Vec<(DeviceNumber, Search, SearchNews)> {
        let mut all = Vec::new();
        while all.len() < number {
            let mut fds = [PollFd::new(searches.news(), poll::IN)];
            assert_ne!(poll::poll(&mut fds, Some(Duration::from_secs(60))).unwrap(), 0);
            all.extend(searches.take());
        }
        all.sort_by_key(|(device, ..)| *device);
        all
    }

    #[test]
    fn what_is_not_there_is_refused_and_each_look_has_one_answer() {
        let mut searches = Searches::new().unwrap();
        let places = [&b"/nonexist"[..], b"/proc", b"/\0"].map(<[u8]>::to_vec);
        searches.look((7, 1), places.to_vec(), None);
        searches.look((7, 2), Vec::new(), None);
        searches.seek(new((7, 3)), Vec::new(), true, 5, Time::default());
        let [(_, _, one), (_, _, two), (_, look, three)] = &ended(&mut searches, 3)[..] else {
            panic!()
        };
        let refused = SearchNews::Looked(Answer::Refused);
        assert_eq!([one, two], [&refused, &refused]);
        assert_eq!((look.changes, look.new.as_ref()), (5, Some(&new((7, 3)))));
        assert_eq!(*three, SearchNews::Sought(Found::Nowhere));
    }

    #[test]
    fn one_thread_is_at_each_filesystem_and_who_wants_another_look_is_told() {
        let mut searches = Searches::new().unwrap();
        let (go, gone) = mpsc::channel();
        let stuck = SearchNews::Looked(Answer::Startable);
        let answer = stuck.clone();
        let work = move || {
            let () = gone.recv().unwrap();
            answer
        };
        let refused = SearchNews::Looked(Answer::Refused);
        let look = Search::default();
        searches.begin((7, 1), look, work, refused.clone(), refused);
        for _ in 0..9 {
            searches.seek(new((7, 1)), Vec::new(), true, 1, Time::default());
            searches.look((7, 1), Vec::new(), None);
        }
        searches.seek(new((7, 2)), Vec::new(), true, 3, Time::default());
        let [(device, look, _)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert_eq!((*device, look.is_outdated), ((7, 2), false));
        go.send(()).unwrap();
        let [(device, look, news)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert_eq!((*device, look.is_outdated, news), ((7, 1), true, &stuck));
        assert!(searches.searches.is_empty());
    }

    #[test]
    fn silence_is_said_once_and_of_one_that_is_sought() {
        let mut searches = Searches::new().unwrap();
        let now = Time::default();
        searches.seek(new((7, 1)), vec![b"/a\nb".to_vec()], true, 0, now);
        searches.look((7, 2), vec![b"/c".to_vec()], None);
        // Before that nothing has been asked, however long the others take.
        while !searches.searches[&(7, 1)].has_begun() {
            std::thread::yield_now();
        }
        assert_eq!(searches.wake_at(), Some(now.after(SILENT)));
        assert!(silence(&mut searches, now).is_empty());
        let late = now.after(SILENT);
        let texts = silence(&mut searches, late);
        assert_eq!(texts, ["/a\\nb: does not answer; a healer is started once it does"]);
        assert!(silence(&mut searches, late).is_empty() && searches.wake_at().is_none());
    }

    #[test]
    fn a_task_that_panics_answers_too() {
        let mut searches = Searches::new().unwrap();
        let look = Search::default();
        let refused = SearchNews::Looked(Answer::Refused);
        searches.begin((7, 1), look, || panic!("on purpose"), refused.clone(), refused.clone());
        let [(_, _, news)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert_eq!(*news, refused);
    }
}
