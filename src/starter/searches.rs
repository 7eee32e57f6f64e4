// SPDX-License-Identifier: LGPL-2.1-or-later
//! Workers that check filesystems, since that may block, and the time that they take.
//!
//! One thread is at each filesystem, however often it is unmounted and mounted again, and a few more only
//! where the first does not come back and there are other mounts to try.

use super::again::{self, Answer};
use super::reach::{self, Found};
use crate::log::said::{Awaited, Said};
use crate::mounts::{Attempt, MountTable, New, beside, elsewhere};
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
#[derive(Debug)]
pub struct Search {
    pub device: DeviceNumber,
    /// The filesystem to find, and the first of its places; `None` if it is checked for a healer.
    pub sought: Option<(New, Vec<u8>)>,
    /// Where and since when; what takes too long is said of one that is sought.
    pub attempt: Attempt,
    /// True if another task was wanted meanwhile, maybe for another filesystem on the device.
    pub is_outdated: bool,
    /// True once a thread has come to the task; before that nothing has been asked.
    has_begun: Arc<AtomicBool>,
}

impl Search {
    /// A task at these mounts of a filesystem.
    fn new(device: DeviceNumber, attempt: Attempt) -> Search {
        let has_begun = Arc::default();
        Search { device, sought: None, attempt, is_outdated: false, has_begun }
    }

    fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }
}

type SearchAnswers = Arc<Inbox<(u64, SearchNews)>>;

/// The workers, their tasks, and the place where they leave answers.
#[derive(Debug)]
pub struct Searches {
    pool: Pool,
    answers: SearchAnswers,
    /// The tasks, by the number of their worker.
    searches: BTreeMap<u64, Search>,
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
    pub fn take(&mut self) -> Vec<(Search, SearchNews)> {
        let ended = self.answers.take().into_iter();
        ended.filter_map(|(number, news)| Some((self.searches.remove(&number)?, news))).collect()
    }

    /// True if there is a task at this filesystem.
    pub fn is_at(&self, device: DeviceNumber) -> bool {
        self.searches.values().any(|search| search.device == device)
    }

    /// The mounts, of these of a filesystem, where there may be a task now. If there are none, those that
    /// it has become outdated.
    pub fn may_be_at(&mut self, device: DeviceNumber, mounts: Vec<u64>) -> Vec<u64> {
        let of_device = self.searches.values().filter(|search| search.device == device);
        let free = beside(of_device.map(|search| &search.attempt), mounts);
        if free.is_empty() {
            let of_device = self.searches.values_mut().filter(|search| search.device == device);
            of_device.for_each(|search| search.is_outdated = true);
        }
        free
    }

    /// A filesystem that is sought, does not answer and was mounted elsewhere since.
    pub fn elsewhere(&mut self, table: &MountTable) -> Option<New> {
        let sought = self.searches.values_mut().filter(|search| table.was_sought(search.device));
        elsewhere(sought.map(|search| (search.device, &mut search.attempt)), table)
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
        let attempt = Attempt::new(new.mounts.clone(), changes, now);
        let search = Search { sought: Some((new, first)), ..Search::new(device, attempt) };
        let work = move || SearchNews::Sought(reach::find(places, device, is_own));
        self.begin(search, work, otherwise, killed);
    }

    /// Has a filesystem checked with these mounts, which are at these places, and whose healer was started
    /// for the place `started`.
    pub fn look(
        &mut self,
        (device, mounts): (DeviceNumber, Vec<u64>),
        places: Vec<Vec<u8>>,
        started: Option<Vec<u8>>,
        now: Time,
    ) {
        let refused = SearchNews::Looked(Answer::Refused);
        let work = move || SearchNews::Looked(again::look(device, &places, started));
        let search = Search::new(device, Attempt::new(mounts, 0, now));
        self.begin(search, work, refused.clone(), refused);
    }

    /// Begins a task, to which one answer comes.
    fn begin(
        &mut self,
        search: Search,
        work: impl FnOnce() -> SearchNews + Send + 'static,
        otherwise: SearchNews,
        killed: SearchNews,
    ) {
        let has_begun = Arc::clone(&search.has_begun);
        let lane = self.pool.lane();
        let number = lane.number();
        self.searches.insert(number, search);
        let answers = Arc::clone(&self.answers);
        let owed = Owed { answers: Arc::clone(&answers), number, news: Some(otherwise) };
        let work = move || {
            let mut owed = owed;
            has_begun.store(true, Ordering::Relaxed);
            owed.news = Some(work());
        };
        // A task that is not taken is dropped, and with it what is owed, which then answers.
        let _ = lane.submit(work, move || answers.put((number, killed)));
    }

    /// Time at which [`Searches::silence`] has something to do; `None` if it has nothing to wait for.
    pub fn wake_at(&self) -> Option<Time> {
        let begun = self.searches.values().filter(|search| search.has_begun());
        begun.filter_map(|search| search.attempt.limit.wake_at()).min()
    }

    /// Says of filesystems that they have not been found for long.
    pub fn silence(&mut self, now: Time, say: &mut dyn FnMut(&Place, &Said)) {
        for search in self.searches.values_mut().filter(|search| search.has_begun()) {
            let is_long = search.attempt.limit.ends(now);
            let sought = search.sought.as_ref().filter(|_| is_long);
            sought
                .into_iter()
                .for_each(|(_, at)| say(&Place::new(at), &Said::Silent(Awaited::Healer)));
        }
    }
}

/// An answer that is given when this is dropped.
struct Owed {
    answers: SearchAnswers,
    number: u64,
    news: Option<SearchNews>,
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.news.take().into_iter().for_each(|news| self.answers.put((self.number, news)));
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
    fn ended(searches: &mut Searches, number: usize) -> Vec<(Search, SearchNews)> {
        let mut all = Vec::new();
        while all.len() < number {
            let mut fds = [PollFd::new(searches.news(), poll::IN)];
            assert_ne!(poll::poll(&mut fds, Some(Duration::from_secs(60))).unwrap(), 0);
            all.extend(searches.take());
        }
        all.sort_by_key(|(search, _)| search.device);
        all
    }

    #[test]
    fn what_is_not_there_is_refused_and_each_look_has_one_answer() {
        let (mut searches, now) = (Searches::new().unwrap(), Time::default());
        let places = [&b"/nonexist"[..], b"/proc", b"/\0"].map(<[u8]>::to_vec);
        searches.look(((7, 1), vec![1]), places.to_vec(), None, now);
        searches.look(((7, 2), vec![1]), Vec::new(), None, now);
        searches.seek(new((7, 3)), Vec::new(), true, 5, now);
        let [(_, one), (_, two), (search, three)] = &ended(&mut searches, 3)[..] else { panic!() };
        let refused = SearchNews::Looked(Answer::Refused);
        assert_eq!([one, two], [&refused, &refused]);
        assert_eq!(search.sought, Some((new((7, 3)), Vec::new())));
        assert!(search.attempt.is_before(6) && !search.attempt.is_before(5));
        assert_eq!(*three, SearchNews::Sought(Found::Nowhere));
    }

    /// A task at the mount with number 1 of a filesystem that has this answer once it is told to go on.
    fn stuck(
        searches: &mut Searches,
        device: DeviceNumber,
        answer: SearchNews,
    ) -> mpsc::Sender<()> {
        let (go, gone) = mpsc::channel();
        let work = move || {
            let () = gone.recv().unwrap();
            answer
        };
        let refused = SearchNews::Looked(Answer::Refused);
        let search = Search::new(device, Attempt::new(vec![1], 0, Time::default()));
        searches.begin(search, work, refused.clone(), refused);
        while searches.wake_at().is_none() {
            std::thread::yield_now();
        }
        go
    }

    #[test]
    fn one_thread_is_at_each_filesystem_and_who_wants_another_look_is_told() {
        let (mut searches, now) = (Searches::new().unwrap(), Time::default());
        let answer = SearchNews::Looked(Answer::Startable);
        let go = stuck(&mut searches, (7, 1), answer.clone());
        for mount in 1..9 {
            assert!(searches.may_be_at((7, 1), vec![mount]).is_empty(), "it may answer soon");
        }
        assert_eq!(searches.may_be_at((7, 2), vec![1]), [1]);
        searches.seek(new((7, 2)), Vec::new(), true, 3, now);
        let [(search, _)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert_eq!((search.device, search.is_outdated), ((7, 2), false));
        go.send(()).unwrap();
        let [(search, news)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert_eq!((search.device, search.is_outdated, news), ((7, 1), true, &answer));
        assert!(searches.searches.is_empty());
    }

    #[test]
    fn what_does_not_answer_is_sought_where_it_is_mounted_later() {
        let (mut searches, now) = (Searches::new().unwrap(), Time::default());
        let go = stuck(&mut searches, (7, 1), SearchNews::Looked(Answer::Startable));
        let mut table = MountTable::default();
        table.attached(1, (7, 1));
        table.attached(2, (7, 1));
        table.is_sought((7, 1));
        assert_eq!(searches.elsewhere(&table), None, "it may answer soon");
        assert!(silence(&mut searches, now.after(SILENT)).is_empty(), "it is not sought");
        table.is_monitored((7, 1));
        assert_eq!(searches.elsewhere(&table), None, "it has a healer");
        table.is_sought((7, 1));
        let found = searches.elsewhere(&table).unwrap();
        assert_eq!(searches.may_be_at((7, 1), found.mounts), [2]);
        searches.seek(new((7, 1)), Vec::new(), true, 0, now);
        ended(&mut searches, 1);
        assert!(searches.is_at((7, 1)));
        go.send(()).unwrap();
        let [(search, _)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert!(!search.is_outdated && !searches.is_at((7, 1)));
    }

    #[test]
    fn silence_is_said_once_and_of_one_that_is_sought() {
        let mut searches = Searches::new().unwrap();
        let now = Time::default();
        searches.seek(new((7, 1)), vec![b"/a\nb".to_vec()], true, 0, now);
        // Before that nothing has been asked, however long the others take.
        while searches.wake_at().is_none() {
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
        let search = Search::new((7, 1), Attempt::new(vec![1], 0, Time::default()));
        let refused = SearchNews::Looked(Answer::Refused);
        searches.begin(search, || panic!("on purpose"), refused.clone(), refused.clone());
        let [(_, news)] = &ended(&mut searches, 1)[..] else { panic!() };
        assert_eq!(*news, refused);
    }
}
