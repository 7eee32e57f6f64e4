// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the kernel tells, as it came, in a file (`--record`).
//!
//! A worker opens the file, whose path may lead to what never answers. What comes before it is open
//! is not recorded.

use super::answer::{ErrorAnswer, Speak};
use super::marked::MarkedFilesystem;
use super::queues::ReadErrors;
use crate::log::said::{Awaited, Refusal, Said, Threadless};
use crate::plan::Time;
use crate::record::{ErrorContent, ErrorFilesystem, Home, Recorder};
use crate::report::Place;
use crate::sys::DeviceNumber;
use crate::sys::fserror::split_errors;
use crate::work::Crew;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time that the file may take to be opened before the log says so.
const PATIENCE: Duration = Duration::from_secs(10);

/// The recording of all filesystems.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    state: RecordingState,
}

#[derive(Debug)]
enum RecordingState {
    /// This worker opens the file; the log says so then, unless it has.
    Opening(u64, Option<Time>),
    Open(ErrorTape),
    /// There will be none.
    Refused,
}

impl Recording {
    /// Has the file opened.
    pub fn begin(path: &Path, crew: &Crew<ErrorAnswer>, now: Time) -> Recording {
        // The working directory changes.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let of_worker = path.clone();
        let open = move || {
            let recorder = Recorder::begin::<ErrorContent>(&of_worker, Home::Anywhere, now);
            ErrorAnswer::Recorder(Some(recorder))
        };
        let worker = crew.ask(ErrorAnswer::Recorder(None), open);
        Recording { path, state: RecordingState::Opening(worker, Some(now.after(PATIENCE))) }
    }

    /// Takes in the answer of a worker.
    pub fn opened(
        &mut self,
        number: u64,
        recorder: Option<Result<Recorder, Said>>,
        say: Speak<'_>,
    ) {
        if !matches!(self.state, RecordingState::Opening(worker, _) if worker == number) {
            return;
        }
        let refused = match recorder {
            Some(Ok(recorder)) => {
                self.state = RecordingState::Open(ErrorTape::new(recorder));
                return;
            }
            Some(Err(why)) => (None, why),
            None => (Some(self.place()), Said::Refused(Refusal::NoThread(Threadless::One))),
        };
        self.state = RecordingState::Refused;
        say(refused.0.as_ref(), &refused.1);
    }

    /// Records what was read.
    pub fn take(
        &mut self,
        read: &ReadErrors<'_>,
        filesystems: &BTreeMap<DeviceNumber, MarkedFilesystem>,
        now: Time,
    ) {
        let RecordingState::Open(tape) = &mut self.state else { return };
        for ((_, bytes), error) in split_errors(read.bytes).zip(&read.errors) {
            let of = error.device.and_then(|device| Some((device, filesystems.get(&device)?)));
            tape.put(bytes, of, now);
        }
    }

    /// Records that a filesystem is not watched any more.
    pub fn forget(&mut self, device: DeviceNumber, now: Time) {
        if let RecordingState::Open(tape) = &mut self.state {
            tape.close(device, now);
        }
    }

    /// Has written what waits, and says what is to be said.
    pub fn advance(&mut self, now: Time, say: Speak<'_>) {
        match &mut self.state {
            RecordingState::Opening(_, silent) => {
                if silent.take_if(|at| *at <= now).is_some() {
                    say(Some(&self.place()), &Said::Silent(Awaited::Opening));
                }
            }
            RecordingState::Open(tape) => {
                tape.recorder.flush(now).iter().for_each(|lost| say(None, lost));
            }
            RecordingState::Refused => {}
        }
    }

    /// Time at which [`Recording::advance`] has something to do by itself.
    pub fn wake_at(&self) -> Option<Time> {
        match self.state {
            RecordingState::Opening(_, silent) => silent,
            RecordingState::Open(_) | RecordingState::Refused => None,
        }
    }

    fn place(&self) -> Place {
        Place::named(self.path.as_os_str().as_bytes())
    }
}

/// A filesystem as the file describes it.
#[derive(Debug)]
struct Described {
    number: u64,
    place: Place,
    /// Losses of the recorder when it was described; `None` if that was lost.
    losses: Option<u64>,
}

#[derive(Debug)]
struct ErrorTape {
    recorder: Recorder,
    described: BTreeMap<DeviceNumber, Described>,
    /// Number of the last filesystem.
    last: u64,
}

impl ErrorTape {
    fn new(recorder: Recorder) -> ErrorTape {
        ErrorTape { recorder, described: BTreeMap::new(), last: 0 }
    }

    /// Records an event, of a filesystem or of none that is known.
    fn put(&mut self, event: &[u8], of: Option<(DeviceNumber, &MarkedFilesystem)>, now: Time) {
        let event = ErrorContent::Event(event.to_vec());
        let Some((device, filesystem)) = of else {
            self.recorder.push(&event.frame(0, now), now);
            return;
        };
        let old = self.described.get(&device);
        let number = old.map_or(self.last.saturating_add(1), |old| old.number);
        let frame = event.frame(number, now);
        let losses = old.filter(|old| old.place == filesystem.place).and_then(|old| old.losses);
        if losses.is_some_and(|losses| self.recorder.push_if(losses, &frame, now)) {
            return;
        }
        // It is new, or has moved. Or something was lost, and nobody knows whether the file says
        // what follows is about: it is told once more, and with the event.
        let description = ErrorContent::Filesystem(ErrorFilesystem {
            mount_point: filesystem.place.mount().found.to_vec(),
            fs_type: String::from_utf8_lossy(&filesystem.fs_type).into_owned(),
            device,
            is_covered: filesystem.place.is_covered(),
        });
        let frames = [description.frame(number, now), frame].concat();
        let (losses, place) = (self.recorder.push(&frames, now), filesystem.place.clone());
        self.last = self.last.max(number);
        self.described.insert(device, Described { number, place, losses });
    }

    fn close(&mut self, device: DeviceNumber, now: Time) {
        let Some(old) = self.described.remove(&device) else { return };
        let frame = ErrorContent::Closed.frame(old.number, now);
        old.losses.map(|losses| self.recorder.push_if(losses, &frame, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fserror::queues::ToldError;
    use crate::record::reader::{Item, Reader};
    use crate::sys::fserror::ErrorEvent;
    use crate::work::Pool;

    fn filesystem(mount: &[u8]) -> MarkedFilesystem {
        MarkedFilesystem::new(Place::on((8, 1), mount), b"ext4".to_vec())
    }

    #[test]
    fn a_filesystem_is_described_before_its_events_and_again_when_it_has_moved() {
        let name = format!("fserrord-recording-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let now = Time::default();
        let begin = || Recorder::begin::<ErrorContent>(&path, Home::Anywhere, now).unwrap();
        let crew = Crew::new(Pool::without_threads()).unwrap();
        let mut recording = Recording::begin(&path, &crew, now);
        let RecordingState::Opening(worker, _) = recording.state else { panic!() };
        recording.opened(worker, Some(Ok(begin())), &mut |_, said| panic!("{said:?}"));
        let told = |device| ToldError { device, event: ErrorEvent::Senseless };
        let mut put = |mount: &[u8], device| {
            let filesystems = BTreeMap::from([((8, 1), filesystem(mount))]);
            let read = ReadErrors { bytes: &[7; 9], errors: vec![told(device)] };
            recording.take(&read, &filesystems, now);
        };
        put(b"/a", Some((8, 1)));
        put(b"/a", Some((8, 1)));
        put(b"/b", Some((8, 1)));
        put(b"/b", Some((9, 9)));
        put(b"/b", None);
        recording.forget((8, 1), now);
        recording.forget((8, 2), now);
        drop(recording);
        let file = std::fs::File::open(&path).unwrap();
        let (mut reader, mut found) = (Reader::<_, ErrorContent>::of(file), Vec::new());
        while let Some(item) = reader.next().unwrap() {
            let Item::Frame { filesystem, content, .. } = item else { continue };
            found.push(match content {
                ErrorContent::Filesystem(one) => {
                    format!("{filesystem} {}", String::from_utf8_lossy(&one.mount_point))
                }
                ErrorContent::Event(bytes) => format!("{filesystem} event {}", bytes.len()),
                ErrorContent::Closed => format!("{filesystem} closed"),
                _ => continue,
            });
        }
        let want = ["1 /a", "1 event 9", "1 event 9", "1 /b", "1 event 9", "0 event 9"];
        assert_eq!(found, [&want[..], &["0 event 9", "1 closed"]].concat());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_never_answers_is_said_once_and_no_thread_is_the_end() {
        let crew = Crew::new(Pool::without_threads()).unwrap();
        let at = |seconds| Time::default().after(Duration::from_secs(seconds));
        let mut recording = Recording::begin(Path::new("/f"), &crew, at(0));
        let mut lines = Vec::new();
        let mut say = |place: Option<&Place>, said: &Said| lines.push(said.line(place).text);
        assert_eq!(recording.wake_at(), Some(at(10)));
        [at(9), at(10), at(11)].into_iter().for_each(|at| recording.advance(at, &mut say));
        let RecordingState::Opening(worker, _) = recording.state else { panic!() };
        recording.opened(worker + 1, None, &mut say);
        recording.opened(worker, None, &mut say);
        recording.advance(at(12), &mut say);
        let want = ["/f: does not answer; it is waited for", "/f: no thread could open it"];
        assert_eq!((lines, recording.wake_at()), (want.map(str::to_owned).to_vec(), None));
    }
}
