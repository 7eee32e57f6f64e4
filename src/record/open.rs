// SPDX-License-Identifier: LGPL-2.1-or-later
//! Opens the file that is recorded in, unless that would harm what is monitored.

use super::describe::Program;
use super::format::{Content, FrameContent};
use super::reader;
use super::spool::MOST_FILE_BYTES;
use crate::fs;
use crate::log::recording::CannotRecord;
use crate::plan::Time;
use crate::sys;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Filesystems that must not have the file: an open file keeps them from being unmounted, and what
/// is written to one that is damaged makes reports that are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home<'a> {
    /// Not the filesystem of this open file.
    NotOf(BorrowedFd<'a>),
    /// Not any XFS.
    NotOnXfs,
    /// Any: on most machines each that there is is watched.
    Anywhere,
}

impl Home<'_> {
    fn allows(self, file: BorrowedFd<'_>) -> Result<(), CannotRecord> {
        match self {
            Home::NotOnXfs if sys::is_xfs(file).unwrap_or(true) => Err(CannotRecord::OnXfs),
            Home::NotOf(other) if are_on_one(file, other) => Err(CannotRecord::OnFilesystem),
            _ => Ok(()),
        }
    }
}

/// True if two open files are on one filesystem, as far as that is known.
fn are_on_one(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    let others = fs::devices(other);
    fs::devices(one).iter().any(|device| others.contains(device))
}

impl From<io::Error> for CannotRecord {
    fn from(error: io::Error) -> CannotRecord {
        CannotRecord::Failed(error.into())
    }
}

/// Opens the file, makes it if there is none, cuts off the torn frame that a death may have left,
/// and begins a recording; gives also its length. May wait for its filesystem.
pub(super) fn begin<C: FrameContent>(
    path: &Path,
    home: Home<'_>,
    now: Time,
) -> Result<(File, u64), CannotRecord> {
    let mut file = open(path, home)?;
    if !sys::lock_file(file.as_fd())? {
        return Err(CannotRecord::Busy(C::PROGRAM));
    }
    let mut len_bytes = file.metadata()?.len();
    if len_bytes > 0 {
        let whole_bytes =
            reader::whole_bytes::<C>(BufReader::new(&file)).map_err(CannotRecord::Broken)?;
        if whole_bytes < len_bytes {
            file.set_len(whole_bytes)?;
            len_bytes = whole_bytes;
        }
    }
    let kernel = sys::kernel_release().unwrap_or_default();
    let program = format!("{} {}", C::PROGRAM, env!("CARGO_PKG_VERSION"));
    // This frame is the same in all.
    let begin = Content::Program(Program { program, kernel }).frame(0, now);
    let begin = [C::FIRST_LINE.as_bytes(), &begin].concat();
    len_bytes = len_bytes.saturating_add(begin.len() as u64);
    if len_bytes > MOST_FILE_BYTES {
        return Err(io::Error::from(ErrorKind::FileTooLarge).into());
    }
    // What is left of it where that fails is cut off the next time.
    file.write_all(&begin)?;
    Ok((file, len_bytes))
}

fn open(path: &Path, home: Home<'_>) -> Result<File, CannotRecord> {
    let mut options = File::options();
    // A pipe without a reader is not waited for. In a directory where others may write, the name
    // can be a link of theirs.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // Whoever may read a file may also lock it, and keep everybody else from that.
    options.read(true).append(true).custom_flags(flags).mode(0o600);
    let file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Before anything is made there.
            let directory = path.parent().filter(|path| !path.as_os_str().is_empty());
            let directory = File::open(directory.unwrap_or(Path::new(".")))?;
            home.allows(directory.as_fd())?;
            options.create_new(true).open(path)?
        }
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) && path.is_symlink() => {
            return Err(CannotRecord::NotRegular);
        }
        file => file?,
    };
    home.allows(file.as_fd())?;
    refuse_foreign(&file)?;
    Ok(file)
}

/// Refuses what somebody else may have put there, to have it written to, to lock it or to read along.
fn refuse_foreign(file: &File) -> Result<(), CannotRecord> {
    let found = file.metadata()?;
    match () {
        () if !found.is_file() => Err(CannotRecord::NotRegular),
        () if found.uid() != sys::effective_user() => Err(CannotRecord::NotOwn),
        () if found.nlink() > 1 => Err(CannotRecord::Linked),
        () => Ok(()),
    }
}
