// SPDX-License-Identifier: LGPL-2.1-or-later
//! Opens what the command line names, a filesystem or a recording, in a thread of its own: signals are
//! heard whatever the path leads to.

use crate::log::Log;
use crate::log::said::{Awaited, Refusal, Said, Threadless};
use crate::report::Place;
use crate::service::exit::Code;
use crate::service::signals::Signals;
use crate::sys::poll::{self, PollFd};
use crate::watch::open::Stop;
use crate::work::{Inbox, Pool};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time that the path may take to answer before the log says that it does not.
const PATH_SILENCE: Duration = Duration::from_secs(2);

/// News from the opening thread.
#[derive(Debug)]
enum OpeningNews<T> {
    Say(Said),
    /// The path answers: whatever takes long from here on says so itself.
    Answers,
    /// The result of the opening: nothing more comes.
    End(Box<Result<T, Stop>>),
}

/// The opening thread's way to send news.
#[derive(Debug)]
pub(super) struct Teller<T> {
    inbox: Arc<Inbox<OpeningNews<T>>>,
    /// Error that is sent if the thread ends without a result; `None` once a result was sent.
    otherwise: Option<Stop>,
}

impl<T> Teller<T> {
    pub fn say(&self, said: Said) {
        self.inbox.put(OpeningNews::Say(said));
    }

    /// Tells that the path has answered.
    pub fn answers(&self) {
        self.inbox.put(OpeningNews::Answers);
    }

    fn end(mut self, result: Result<T, Stop>) {
        self.otherwise = None;
        self.inbox.put(OpeningNews::End(Box::new(result)));
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        let stop = self.otherwise.take().into_iter();
        stop.for_each(|stop| self.inbox.put(OpeningNews::End(Box::new(Err(stop)))));
    }
}

/// Has a thread get something ready, and logs what it has to say, unless a signal ends that.
///
/// The thread may stay in the kernel for ever: it is left behind.
pub(super) fn opened<T: Send + 'static>(
    place: &Place,
    signals: &Signals,
    pool: &Pool,
    log: &mut Log,
    work: impl FnOnce(&Teller<T>) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    let inbox = Arc::new(Inbox::new().map_err(Stop::failed)?);
    let stop = |why| Stop::refused(Refusal::NoThread(why));
    let killed = stop(Threadless::OneKilled);
    let otherwise = Some(stop(Threadless::One));
    let teller = Teller { inbox: Arc::clone(&inbox), otherwise };
    let of_killed = Arc::clone(&inbox);
    // Apart: it waits for what another thread does. A task that is not taken is dropped, and with it
    // the teller, which then tells that.
    let _ = pool.lane_apart().submit(
        move || {
            let result = work(&teller);
            teller.end(result);
        },
        move || of_killed.put(OpeningNews::End(Box::new(Err(killed)))),
    );
    let mut waiting = Patience { silence: Some(Instant::now() + PATH_SILENCE) };
    loop {
        waiting.sleep(&inbox, signals, pool, log).map_err(Stop::failed)?;
        for news in inbox.take() {
            match news {
                OpeningNews::Say(said) => log.queue(Some(place), &said),
                OpeningNews::Answers => waiting.silence = None,
                OpeningNews::End(result) => return *result,
            }
        }
        // It looks just now: nobody has to ask for that.
        let wishes = signals.read().map_err(Stop::failed)?;
        if wishes.end {
            return Err(broken_off());
        }
        if wishes.summary {
            log.say(Some(place), &Said::Silent(Awaited::Opening));
        }
        waiting.silence_if_due().iter().for_each(|said| log.say(Some(place), said));
    }
}

/// A wait for the path to answer.
struct Patience {
    /// Time at which the log is to say that there is no answer; `None`: it is not to say so (any
    /// more).
    silence: Option<Instant>,
}

impl Patience {
    /// Waits for news.
    fn sleep<T>(
        &self,
        inbox: &Inbox<OpeningNews<T>>,
        signals: &Signals,
        pool: &Pool,
        log: &mut Log,
    ) -> io::Result<()> {
        // With what is soon to come: a log in a file costs a thread, which is free then.
        log.flush_gathered(true);
        let silence = self.silence.map(|at| at.saturating_duration_since(Instant::now()));
        let wait = [silence, pool.lend_threads(), log.wait()].into_iter().flatten().min();
        let own = [inbox.as_fd(), signals.as_fd()].map(|fd| PollFd::new(fd, poll::IN));
        match poll::poll(&mut own.into_iter().chain(log.poll_fds()).collect::<Vec<_>>(), wait) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn silence_if_due(&mut self) -> Option<Said> {
        self.silence.take_if(|at| *at <= Instant::now())?;
        Some(Said::Silent(Awaited::Opening))
    }
}

fn broken_off() -> Stop {
    Stop { said: Some(Said::Refused(Refusal::BrokenOff)), code: Code::BrokenOff }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Form;
    use crate::service::signals::Hangup;
    use crate::sys;
    use crate::watch::open::Setup;
    use std::sync::mpsc;

    /// Gives the text and the code of the end, when these signals come at the very beginning.
    fn stop_of(
        signals: &[i32],
        work: impl FnOnce(&Teller<Setup>) -> Result<Setup, Stop> + Send + 'static,
    ) -> (String, Code) {
        let caught = Signals::catch(Hangup::TryAgain).unwrap();
        signals.iter().for_each(|signal| sys::raise(*signal));
        let pool = Pool::new(1);
        let mut log = Log::new("/m", Form::Text, &pool).unwrap();
        let stop = opened(&Place::new(b"/m"), &caught, &pool, &mut log, work).err().unwrap();
        (stop.said.unwrap().line(Some(&Place::new(b"/m"))).text, stop.code)
    }

    #[test]
    fn a_signal_ends_the_wait_for_a_thread_that_never_comes_back() {
        let (_never, waits) = mpsc::channel::<()>();
        let work = move |_: &Teller<Setup>| {
            let _ = waits.recv();
            Err(Stop::refused(Refusal::NotSupported))
        };
        let (text, code) = stop_of(&[libc::SIGHUP, libc::SIGTERM], work);
        assert_eq!(text, "/m: ended by a signal while it was waited for");
        assert!(matches!(code, Code::BrokenOff));
    }

    #[test]
    fn what_the_thread_ends_with_is_taken_and_a_panic_is_an_end_too() {
        let refused = |_: &Teller<Setup>| Err(Stop::refused(Refusal::NotMountPoint));
        assert_eq!(stop_of(&[libc::SIGHUP], refused).0, "/m: Not a XFS mount point.");
        let panics = |_: &Teller<Setup>| panic!("on purpose");
        let (text, code) = stop_of(&[], panics);
        assert_eq!(text, "/m: no thread could open it");
        assert!(matches!(code, Code::Failed));
    }

    #[test]
    fn silence_is_said_once() {
        let mut waiting = Patience { silence: Some(Instant::now()) };
        let line = waiting.silence_if_due().unwrap().line(Some(&Place::new(b"/m")));
        assert_eq!(line.text, "/m: does not answer; it is waited for");
        assert!(waiting.silence_if_due().is_none());
        waiting.silence = Some(Instant::now() + PATH_SILENCE);
        assert!(waiting.silence_if_due().is_none() && waiting.silence.is_some());
    }
}
