// SPDX-License-Identifier: LGPL-2.1-or-later
//! Errors of any filesystem, and which are watched for them: what `fserrord` says, and its words.

use super::manner::{Words, err, out, room_before};
use crate::event::Target;
use crate::report::{Cause, Escaped, Level, Line, Place, errno_text};
use crate::sys::file_handle::InodeNumber;

/// News about errors of filesystems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FsErrorNews {
    /// A filesystem has reported an error.
    Error(FsError),
    /// Number of times that an error was reported once more.
    Again(FsError, u64),
    /// Number of errors of a filesystem that were not said one by one.
    More(u64),
    /// Number of errors of a filesystem of which the kernel tells no more than that.
    Counted(u64),
    /// Number of times that the kernel's queue was full.
    Lost(u64),
    /// Number of events that make no sense.
    Senseless(u64),
    /// A filesystem of this type is watched.
    Watched(Vec<u8>, Reports),
    /// A filesystem of this type is not watched, since a call has failed.
    NotWatched(Vec<u8>, Cause),
    /// A filesystem of this type is not watched, since it cannot be seen.
    NotSeen(Vec<u8>, Unseen),
    /// Filesystems of this type are not watched.
    TypeNotWatched(Vec<u8>),
    /// Filesystems of this type are watched and not known to report anything.
    TypeUnknown(Vec<u8>),
    /// A filesystem of this type is mounted.
    Listed(Vec<u8>, Listing),
    /// Number of errors of a filesystem up to now, which a person has asked for.
    Summary(u64),
    /// A scrub of btrfs is started.
    ScrubStarts,
    /// Something that the scrub of btrfs has said.
    ScrubSaid(Vec<u8>),
    /// The scrub of btrfs is over, with this exit code; `None` if it could not be run, or a signal has
    /// ended it.
    ScrubEnded(Option<i32>),
    /// e2scrub(8) is started.
    E2scrubStarts,
    /// Something that e2scrub(8) has said.
    E2scrubSaid(Vec<u8>),
    /// e2scrub(8) is over.
    E2scrubEnded(E2scrubEnd),
    /// Number of errors of metadata that an ext4 has noted for e2fsck(8).
    Noted(u64),
    /// Something would be done about errors, but there was no thread to look at the filesystem.
    ActThreadless,
    /// Something would be done about errors, but the filesystem cannot be reached.
    ActUnreached(Unreached),
}

/// A reason why a filesystem cannot be seen where it is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unseen {
    /// Something else is mounted over it.
    Covered,
    /// Only a file of it is mounted.
    OnlyFile,
}

/// A reason why nothing can be done for a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreached {
    /// Something else is mounted over it.
    Covered,
    /// It cannot be opened where it is mounted.
    Unopened,
}

/// An entry of the list of filesystems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// It would be watched, and with `--act` that would be done.
    Watched(Reports, Option<ErrorAction>),
    /// Its type is not watched.
    NotWatched,
    /// It would not be watched, since it cannot be seen.
    NotSeen(Unseen),
}

/// An end of e2scrub(8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum E2scrubEnd {
    /// It has found nothing.
    Clean,
    /// It has found errors, and repaired none.
    Damaged,
    /// There was no check, since the volume group has no room for a snapshot.
    NoRoom,
    /// There was no check.
    NotChecked,
    /// It has found errors or there was no check: only the journal of this unit tells.
    Unclear(String),
}

/// An error of a filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FsError {
    /// The file that it is about, if it is about one.
    pub file: Option<ErrorFile>,
    pub errno: i32,
}

/// A file, as it can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorFile {
    /// Its path below the mount point.
    Path(Vec<u8>, Option<InodeNumber>),
    Inode(InodeNumber),
    /// Kind and bytes of its handle, if it is not known what these mean.
    Handle(i32, Vec<u8>),
}

/// What the filesystems of a type report to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reports {
    /// Metadata and file data.
    All,
    /// Metadata.
    Metadata,
    /// Metadata, and file data that was read or written directly.
    MetadataAndDirect,
    /// Shutdowns, and file data that was read or written directly.
    ShutdownAndDirect,
    /// It is not known to report anything.
    Unknown,
}

/// A thing that is done about errors of a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorAction {
    /// xfs_healer is started.
    Healer,
    /// A scrub of btrfs is started.
    Scrub,
    /// e2scrub(8) is started.
    E2scrub,
    /// It is said how many errors an ext4 has noted for e2fsck(8).
    Note,
}

/// Class of an error, as far as the errno tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The filesystem has shut down.
    Shutdown,
    /// Metadata makes no sense.
    Metadata,
    /// Whoever asked has failed: the address or range was no good, or it was broken off.
    Caller,
    /// Anything else: data or metadata could not be read or written, or was lost.
    Other,
}

impl Class {
    /// The class of an error. The kernel keeps what it knows of that to itself; EFSCORRUPTED and
    /// EFSBADCRC are of metadata only (include/linux/fserror.h).
    pub fn of(errno: i32, has_file: bool) -> Class {
        match (errno, has_file) {
            (libc::ESHUTDOWN, false) => Class::Shutdown,
            (libc::EUCLEAN | libc::EBADMSG, _) => Class::Metadata,
            (libc::EFAULT | libc::EINVAL | libc::EINTR | libc::EAGAIN, true) => Class::Caller,
            _ => Class::Other,
        }
    }
}

impl FsError {
    pub fn class(&self) -> Class {
        Class::of(self.errno, self.file.is_some())
    }
}

/// Exit code of btrfs-scrub(8) for errors that it cannot correct.
pub(crate) const UNCORRECTABLE: i32 = 3;

impl FsErrorNews {
    /// The line of the log.
    pub fn line(&self, at: &Place) -> Line {
        let (name, (stream, level, words)) = match self {
            FsErrorNews::Error(error) => (subject(at, error), of_error(error)),
            FsErrorNews::Again(error, times) => {
                let (stream, level, words) = of_error(error);
                let again = match times {
                    1 => "once more".to_owned(),
                    times => format!("{times} more times"),
                };
                (subject(at, error), (stream, level, format!("{words}: {again}")))
            }
            other => {
                let words = other.of_filesystem();
                (at.subject_within(room_before(&words.2), Target::Fs, None), words)
            }
        };
        let text = if name.is_empty() { words } else { format!("{name}: {words}") };
        Line { stream, level, text }
    }

    /// Words about a filesystem or the program.
    fn of_filesystem(&self) -> Words {
        let warning = |words: String| out(Level::Warning, words);
        match self {
            FsErrorNews::More(errors) => warning(format!("{errors} more filesystem errors")),
            FsErrorNews::Counted(errors) => {
                warning(format!("{errors} more filesystem errors that the kernel has only counted"))
            }
            FsErrorNews::Lost(1) => {
                warning("filesystem errors were lost: the kernel's queue was full".to_owned())
            }
            FsErrorNews::Lost(times) => warning(format!(
                "filesystem errors were lost: the kernel's queue was full {times} more times"
            )),
            FsErrorNews::Senseless(events) => {
                err(Level::Error, format!("{events} events of the kernel make no sense"))
            }
            FsErrorNews::Watched(name, reports) => {
                let name = Escaped(name);
                out(Level::Info, format!("{name:.50}: watched for {}", reports_words(*reports)))
            }
            FsErrorNews::NotWatched(name, error) => {
                err(Level::Error, format!("{:.50}: not watched: {error}", Escaped(name)))
            }
            FsErrorNews::NotSeen(name, why) => {
                let (name, why) = (Escaped(name), unseen_words(*why));
                err(Level::Warning, format!("{name:.50}: not watched: {why}"))
            }
            FsErrorNews::TypeNotWatched(name) => {
                let name = Escaped(name);
                out(Level::Info, format!("no filesystem of type {name:.50} is watched"))
            }
            FsErrorNews::TypeUnknown(name) => {
                let name = Escaped(name);
                out(
                    Level::Info,
                    format!("no filesystem of type {name:.50} is known to report errors"),
                )
            }
            FsErrorNews::Listed(name, listing) => {
                let (name, words) = (Escaped(name), listing_words(*listing));
                out(Level::Info, format!("{name:.50}: {words}"))
            }
            FsErrorNews::Summary(errors) => out(Level::Info, format!("errors up to now: {errors}")),
            FsErrorNews::ScrubStarts => out(Level::Info, "a scrub is started"),
            FsErrorNews::ScrubSaid(text) => said_by("btrfs", text),
            FsErrorNews::E2scrubSaid(text) => said_by("e2scrub", text),
            FsErrorNews::ScrubEnded(Some(0)) => {
                out(Level::Notice, "the scrub is over; no error is left that it found")
            }
            FsErrorNews::ScrubEnded(Some(UNCORRECTABLE)) => {
                err(Level::Error, "the scrub is over; it found errors that it cannot correct")
            }
            FsErrorNews::ScrubEnded(_) => err(Level::Error, "the scrub has failed"),
            FsErrorNews::E2scrubStarts => out(Level::Info, "e2scrub is started"),
            FsErrorNews::E2scrubEnded(end) => of_e2scrub(end),
            FsErrorNews::Noted(0) => out(
                Level::Notice,
                "it has noted no error of metadata, so that e2fsck does not check it for one at the next boot",
            ),
            FsErrorNews::Noted(errors) => out(
                Level::Notice,
                format!(
                    "errors of metadata that it has noted: {errors}; e2fsck checks it at the next boot"
                ),
            ),
            FsErrorNews::ActThreadless => err(
                Level::Error,
                "nothing is done about its errors yet: no thread could look at it",
            ),
            FsErrorNews::ActUnreached(why) => {
                let why = match why {
                    Unreached::Covered => "another mount covers it",
                    Unreached::Unopened => "it cannot be opened where it is mounted",
                };
                err(Level::Error, format!("nothing can be done about its errors: {why}"))
            }
            FsErrorNews::Error(error) | FsErrorNews::Again(error, _) => of_error(error),
        }
    }
}

fn said_by(program: &str, text: &[u8]) -> Words {
    out(Level::Info, format!("{program}: \"{:.580}\"", Escaped(text)))
}

fn of_e2scrub(end: &E2scrubEnd) -> Words {
    match end {
        E2scrubEnd::Clean => out(Level::Notice, "e2scrub is over; it found no errors"),
        E2scrubEnd::Damaged => {
            err(Level::Error, "e2scrub is over; it found errors, which e2fsck has to correct")
        }
        E2scrubEnd::NoRoom => err(
            Level::Warning,
            "e2scrub cannot check it: its volume group has no room for a snapshot",
        ),
        E2scrubEnd::NotChecked => err(Level::Error, "e2scrub could not check it"),
        E2scrubEnd::Unclear(unit) => err(
            Level::Error,
            format!("e2scrub found errors or could not check it; the journal of {unit} has more"),
        ),
    }
}

/// The file, or else the filesystem.
fn subject(at: &Place, error: &FsError) -> String {
    let inode = |number: &InodeNumber| {
        let target = Target::Inode { ino: number.ino, generation: number.generation };
        let name = at.subject(target, None);
        match number.subvolume {
            Some(subvolume) => format!("{name} subvolume {subvolume}"),
            None => name,
        }
    };
    match &error.file {
        None => at.subject(Target::Fs, None),
        // Of what is known by its path the number is not said.
        Some(ErrorFile::Path(path, _)) => {
            at.subject(Target::Inode { ino: 0, generation: 0 }, Some(path))
        }
        Some(ErrorFile::Inode(number)) => inode(number),
        Some(ErrorFile::Handle(kind, bytes)) => {
            let digits: String = bytes.iter().take(128).map(|byte| format!("{byte:02x}")).collect();
            format!("{} handle {kind:#x} {digits}", at.subject_within(400, Target::Fs, None))
        }
    }
}

fn of_error(error: &FsError) -> Words {
    match error.class() {
        Class::Shutdown => err(Level::Critical, "the filesystem has shut down"),
        class => {
            // Anybody can make as many as they like.
            let level = if class == Class::Caller { Level::Debug } else { Level::Warning };
            out(level, format!("filesystem error: {}", errno_text(error.errno)))
        }
    }
}

fn listing_words(listing: Listing) -> String {
    match listing {
        Listing::Watched(reports, action) => {
            let (reports, action) =
                (reports_words(reports), action.map_or("nothing", action_words));
            format!("{reports}; with --act: {action}")
        }
        Listing::NotWatched => "not watched".to_owned(),
        Listing::NotSeen(why) => format!("not watched: {}", unseen_words(why)),
    }
}

fn unseen_words(why: Unseen) -> &'static str {
    match why {
        Unseen::Covered => "another mount covers it",
        Unseen::OnlyFile => "only a file of it is mounted",
    }
}

fn action_words(action: ErrorAction) -> &'static str {
    match action {
        ErrorAction::Healer => "xfs_healer",
        ErrorAction::Scrub => "btrfs scrub",
        ErrorAction::E2scrub => "e2scrub",
        ErrorAction::Note => "a line about e2fsck at the next boot",
    }
}

fn reports_words(reports: Reports) -> &'static str {
    match reports {
        Reports::All => "errors of metadata and of file data",
        Reports::Metadata => "errors of metadata",
        Reports::MetadataAndDirect => "errors of metadata and of direct I/O",
        Reports::ShutdownAndDirect => "shutdowns and errors of direct I/O",
        Reports::Unknown => "errors, but not known to report any",
    }
}
