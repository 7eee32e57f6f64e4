// SPDX-License-Identifier: LGPL-2.1-or-later
//! Messages to the service manager: that monitoring has begun, how it goes, that it ends, and all
//! the time that we live.
//!
//! The protocol is that of sd_notify(3): lines in a datagram to the socket that the environment
//! names. Nothing ever waits for the manager; what it has no room for is not said.

use super::status::{Counts, Status};
use crate::plan::Time;
use crate::report::Cause;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Shortest time between two messages of the status: in a storm it changes with every report.
const PACE: Duration = Duration::from_secs(1);
/// Shortest pause of the watchdog: one that wants to hear more often is not taken at its word.
const SHORTEST: Duration = Duration::from_millis(100);

/// The service manager, if there is one that wants to be told.
#[derive(Debug, Default)]
pub(crate) struct Manager(Option<Contact>);

/// The connection to the service manager, and what it has been told.
#[derive(Debug)]
struct Contact {
    socket: UnixDatagram,
    watchdog: Option<Watchdog>,
    status: Status,
    /// Status that the manager was told last, or has refused for good.
    told: String,
    is_ready: bool,
    /// Time when the status was last made, and (`is_stale`) whether it may have changed since.
    looked: Option<Time>,
    is_stale: bool,
}

/// The watchdog, which ends us unless it hears from us.
#[derive(Debug)]
struct Watchdog {
    every: Duration,
    due: Time,
}

/// Complaint about what the environment says of the service manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The socket of this name cannot be reached.
    NoSocket(OsString, Cause),
    /// The variable of this name has this value, which makes no sense.
    Nonsense(&'static str, OsString),
}

impl Manager {
    /// The manager that the environment names, and what is wrong with what the environment says.
    pub fn from_env() -> (Manager, Option<Complaint>) {
        Manager::new(|name| std::env::var_os(name))
    }

    pub(crate) fn new(env: impl Fn(&str) -> Option<OsString>) -> (Manager, Option<Complaint>) {
        // Without a socket there is nobody whom the watchdog would hear.
        let Some(name) = env("NOTIFY_SOCKET") else { return (Manager(None), None) };
        let socket = match connect(&name) {
            Ok(socket) => socket,
            // Some managers outside a virtual machine have other ways in; ours has not.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                return (Manager(None), Some(Complaint::Nonsense("NOTIFY_SOCKET", name)));
            }
            Err(error) => {
                return (Manager(None), Some(Complaint::NoSocket(name, error.into())));
            }
        };
        let (watchdog, complaint) = match watchdog_pause(&env) {
            Ok(every) => (every.map(|every| Watchdog { every, due: Time::default() }), None),
            Err((name, value)) => (None, Some(Complaint::Nonsense(name, value))),
        };
        let contact = Contact {
            socket,
            watchdog,
            status: Status::default(),
            told: String::new(),
            is_ready: false,
            looked: None,
            is_stale: true,
        };
        (Manager(Some(contact)), complaint)
    }

    /// Tells the manager how it goes, when that is news, and that we live. The first time tells
    /// that monitoring has begun.
    pub(crate) fn tell(&mut self, counts: impl FnOnce() -> Counts, now: Time) {
        let Some(contact) = &mut self.0 else { return };
        contact.is_stale = true;
        if contact.looked.is_none_or(|at| now.since(at) >= PACE) {
            contact.look(counts(), now);
        }
        contact.feed_watchdog(now);
    }

    /// Tells the manager that we live, and nothing else but, the first time, that we are ready.
    pub fn live(&mut self, now: Time) {
        let Some(contact) = &mut self.0 else { return };
        if !contact.is_ready {
            contact.is_ready = !is_full(&contact.send("READY=1"));
        }
        contact.feed_watchdog(now);
    }

    /// Takes note that so many damaged structures are not there any more, and were not healed.
    pub(crate) fn forget(&mut self, left: usize) {
        self.0.iter_mut().for_each(|contact| contact.status.forget(left));
    }

    /// Tells the manager that the end has begun.
    pub(crate) fn stopping(&mut self, counts: impl FnOnce() -> Counts) {
        let Some(contact) = &mut self.0 else { return };
        let status = contact.status.words(counts());
        // Whoever has not heard it yet sees it by our end.
        let _ = contact.send(&format!("STOPPING=1\nSTATUS={status}"));
    }

    /// Time at which [`Manager::tell`] has something to do by itself; `None` if it has nothing.
    pub fn wake_at(&self) -> Option<Time> {
        let contact = self.0.as_ref()?;
        let watchdog = contact.watchdog.as_ref().map(|watchdog| watchdog.due);
        let status = contact.looked.filter(|_| contact.is_stale).map(|at| at.after(PACE));
        watchdog.into_iter().chain(status).min()
    }
}

impl Contact {
    fn look(&mut self, counts: Counts, now: Time) {
        self.looked = Some(now);
        self.is_stale = false;
        let status = self.status.words(counts);
        if self.is_ready && status == self.told {
            return;
        }
        let ready = if self.is_ready { "" } else { "READY=1\n" };
        if is_full(&self.send(&format!("{ready}STATUS={status}"))) {
            self.is_stale = true;
        } else {
            self.is_ready = true;
            self.told = status;
        }
    }

    fn feed_watchdog(&mut self, now: Time) {
        let Some(every) = self.watchdog.as_ref().filter(|w| w.due <= now).map(|w| w.every) else {
            return;
        };
        // Where there is no room for it, soon again.
        let pause = if self.send("WATCHDOG=1").is_ok() { every } else { every.min(PACE) };
        self.watchdog = Some(Watchdog { every, due: now.after(pause) });
    }

    fn send(&self, text: &str) -> io::Result<()> {
        self.socket.send(text.as_bytes()).map(drop)
    }
}

/// True if there was no room; what is refused for another reason will be refused again.
fn is_full(sent: &io::Result<()>) -> bool {
    sent.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] if !name.is_empty() => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }?;
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect_addr(&address)?;
    Ok(socket)
}

/// Pause between two messages to the watchdog: half of the time that it may be left alone, as
/// sd_watchdog_enabled(3) reads it and advises; `None` if there is no watchdog for us. Fails with
/// a variable that makes no sense, and its value.
pub(crate) fn watchdog_pause(
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<Duration>, (&'static str, OsString)> {
    let number = |name: &'static str| match env(name) {
        None => Ok(None),
        Some(value) => match value.to_str().and_then(|text| text.parse::<u64>().ok()) {
            Some(number) if number > 0 && number < u64::MAX => Ok(Some(number)),
            _ => Err((name, value)),
        },
    };
    let Some(microseconds) = number("WATCHDOG_USEC")? else { return Ok(None) };
    let is_ours = number("WATCHDOG_PID")?.is_none_or(|pid| pid == std::process::id().into());
    Ok(is_ours.then(|| Duration::from_micros(microseconds / 2).max(SHORTEST)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    /// A manager of this name that listens, and what a healer makes of this environment.
    fn listening(test: &str, rest: &[(&str, &str)]) -> (UnixDatagram, Manager, Option<Complaint>) {
        let name = format!("xfshealer-{test}-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        socket.set_nonblocking(true).unwrap();
        let name = format!("@{name}");
        let all = [&[("NOTIFY_SOCKET", &*name)], rest].concat();
        let (manager, complaint) = of(&all);
        (socket, manager, complaint)
    }

    fn of(env: &[(&str, &str)]) -> (Manager, Option<Complaint>) {
        let find = |name: &str| env.iter().find(|(key, _)| *key == name);
        Manager::new(|name| find(name).map(|(_, value)| value.into()))
    }

    fn heard(socket: &UnixDatagram) -> Option<String> {
        let mut buffer = [0; 512];
        let len = socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..len].to_vec()).unwrap())
    }

    fn left(left: usize) -> Counts {
        Counts { left, ..Counts::default() }
    }

    fn at(ms: u64) -> Time {
        Time::default().after(Duration::from_millis(ms))
    }

    #[test]
    fn it_hears_the_beginning_what_changes_and_the_end() {
        let (socket, mut manager, complaint) = listening("story", &[]);
        assert_eq!(complaint, None);
        manager.tell(|| left(0), at(5000));
        let none = "STATUS=Damaged structures: 0 found, 0 healed, 0 left; reports lost: 0.";
        assert_eq!(heard(&socket).unwrap(), format!("READY=1\n{none}"));
        assert_eq!(manager.wake_at(), None, "nothing wakes it");
        manager.tell(|| left(0), at(9000));
        assert_eq!(heard(&socket), None, "no news");
        manager.tell(|| unreachable!("too early to ask"), at(9100));
        assert_eq!(manager.wake_at(), Some(at(9100).after(Duration::from_millis(900))));
        manager.tell(|| left(1), at(10_000));
        let one = "STATUS=Damaged structures: 1 found, 0 healed, 1 left; reports lost: 0.";
        assert_eq!(heard(&socket).unwrap(), one);
        manager.stopping(|| left(0));
        let healed = "Damaged structures: 1 found, 1 healed, 0 left; reports lost: 0.";
        assert_eq!(heard(&socket).unwrap(), format!("STOPPING=1\nSTATUS={healed}"));
    }

    #[test]
    fn a_full_queue_is_not_waited_for_and_the_beginning_is_told_later() {
        let (socket, mut manager, _) = listening("full", &[]);
        let contact = manager.0.as_ref().unwrap();
        while contact.send("x").is_ok() {}
        manager.tell(|| left(0), at(1000));
        assert_eq!(manager.wake_at(), Some(at(1000).after(PACE)));
        while heard(&socket).is_some() {}
        manager.tell(|| left(0), at(2000));
        assert!(heard(&socket).unwrap().starts_with("READY=1\n"));
    }

    #[test]
    fn who_has_gone_away_is_not_asked_again_and_again() {
        let (socket, mut manager, _) = listening("gone", &[]);
        drop(socket);
        manager.tell(|| left(0), at(1000));
        assert_eq!(manager.wake_at(), None);
    }

    #[test]
    fn a_watchdog_is_fed_twice_as_often_as_it_asks() {
        let pid = std::process::id().to_string();
        let env = [("WATCHDOG_USEC", "20000000"), ("WATCHDOG_PID", &*pid)];
        let (socket, mut manager, _) = listening("watchdog", &env);
        manager.tell(|| left(0), at(1000));
        assert!(heard(&socket).unwrap().starts_with("READY=1\n"));
        assert_eq!(heard(&socket).unwrap(), "WATCHDOG=1");
        assert_eq!(manager.wake_at(), Some(at(1000).after(Duration::from_secs(10))));
        manager.tell(|| left(0), at(10_999));
        assert_eq!(heard(&socket), None);
        manager.tell(|| left(0), at(11_000));
        assert_eq!(heard(&socket).unwrap(), "WATCHDOG=1");
    }

    #[test]
    fn who_has_nothing_else_to_tell_is_ready_once_and_lives() {
        let (socket, mut manager, _) = listening("alive", &[("WATCHDOG_USEC", "20000000")]);
        let all = |socket: &_| std::iter::from_fn(|| heard(socket)).collect::<Vec<_>>();
        manager.live(at(1000));
        assert_eq!(all(&socket), ["READY=1", "WATCHDOG=1"]);
        assert_eq!(manager.wake_at(), Some(at(1000).after(Duration::from_secs(10))));
        manager.live(at(10_999));
        assert!(all(&socket).is_empty());
        manager.live(at(11_000));
        assert_eq!(all(&socket), ["WATCHDOG=1"]);
        let (mut nobody, _) = of(&[]);
        nobody.live(at(0));
        assert_eq!(nobody.wake_at(), None);
    }

    #[test]
    fn the_watchdog_of_another_process_is_not_ours_and_a_mad_one_has_to_wait() {
        let every = |env: &[(&str, &str)]| {
            let (_, manager, complaint) = listening("whose", env);
            assert_eq!(complaint, None);
            manager.0.unwrap().watchdog.map(|watchdog| watchdog.every)
        };
        assert_eq!(every(&[("WATCHDOG_USEC", "5000000"), ("WATCHDOG_PID", "1")]), None);
        assert_eq!(every(&[("WATCHDOG_PID", "1")]), None);
        assert_eq!(every(&[("WATCHDOG_USEC", "5000000")]), Some(Duration::from_millis(2500)));
        assert_eq!(every(&[("WATCHDOG_USEC", "1")]), Some(SHORTEST));
    }

    #[test]
    fn without_a_socket_nothing_is_told() {
        let (mut manager, complaint) = of(&[("WATCHDOG_USEC", "1000000")]);
        manager.tell(|| unreachable!("nobody asks"), at(0));
        manager.stopping(|| unreachable!("nobody asks"));
        assert_eq!((manager.wake_at(), complaint), (None, None));
    }

    #[test]
    fn what_makes_no_sense_is_ignored_and_named_once() {
        let long = format!("/{}", "x".repeat(200));
        for name in ["", "@", "relative", "vsock:2:1234", "/nonexist/socket", &long] {
            let (manager, complaint) = of(&[("NOTIFY_SOCKET", name), ("WATCHDOG_USEC", "x")]);
            assert!(manager.0.is_none(), "{name}");
            let nonsense = Complaint::Nonsense("NOTIFY_SOCKET", name.into());
            match name.starts_with(['/', '@']) && name != "@" {
                true => assert!(
                    matches!(complaint, Some(Complaint::NoSocket(of, _)) if of.to_str() == Some(name))
                ),
                false => assert_eq!(complaint, Some(nonsense)),
            }
        }
        for (name, value) in [
            ("WATCHDOG_USEC", "x"),
            ("WATCHDOG_USEC", "-1"),
            ("WATCHDOG_USEC", "0"),
            ("WATCHDOG_USEC", "18446744073709551615"),
            ("WATCHDOG_PID", "12 34"),
        ] {
            let (_, manager, complaint) =
                listening("senseless", &[(name, value), ("WATCHDOG_USEC", "5")]);
            assert_eq!(complaint, Some(Complaint::Nonsense(name, value.into())));
            assert!(manager.0.unwrap().watchdog.is_none());
        }
        let bytes = OsString::from_vec(vec![b'/', 0xff]);
        assert!(connect(&bytes).is_err());
    }
}
