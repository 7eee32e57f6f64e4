// SPDX-License-Identifier: LGPL-2.1-or-later
//! Replays a recording (`--replay`), without a filesystem and without privileges.

use crate::log::recording::{BadRecording, Flaw, RecordingNews};
use crate::log::said::{Header, Said};
use crate::log::{Form, Log};
use crate::record::reader::Reader;
use crate::report::Place;
use crate::service::exit;
use crate::watch::options::Options;
use crate::watch::replay::{Replay, Say};
use crate::work::Pool;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// Most lines that are queued before they are written: who waits for them sees them come.
const LINES: usize = 64;
/// Time that a reader of what is said may take: nothing else is to be done, and nothing may be lost
/// of it.
const PATIENCE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Replays a file, or standard input for `-`; gives the exit code.
pub(super) fn run(path: &Path, options: &Options) -> i32 {
    let header = Header::new("xfs_healer", "dry_run");
    of_file(path, Form::new(options.json), header, |file, say| {
        let mut replay = Replay::new(options);
        let played = play(file, &mut replay, say);
        replay.end(say);
        played
    })
}

fn play(file: Box<dyn Read>, replay: &mut Replay, say: &mut Say<'_>) -> Result<(), BadRecording> {
    let mut reader = Reader::new(BufReader::new(file));
    while let Some(item) = reader.next()? {
        replay.take(item, say)?;
    }
    Ok(())
}

/// Opens the log, and a file, or standard input for `-`, and has it played; gives the exit code.
pub(crate) fn of_file(
    path: &Path,
    form: Form,
    header: Header,
    play: impl FnOnce(Box<dyn Read>, &mut Say<'_>) -> Result<(), BadRecording>,
) -> i32 {
    let is_standard = path.as_os_str() == "-";
    let place =
        Place::named(if is_standard { b"standard input" } else { path.as_os_str().as_bytes() });
    let Some(mut log) = Log::open(&place, form, &Pool::new(1)) else { return exit::FAILED };
    let program = header.program;
    log.queue(None, &Said::Header(header));
    let file: io::Result<Box<dyn Read>> = if is_standard {
        Ok(Box::new(io::stdin()))
    } else {
        File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
    };
    let failed = |error: io::Error| BadRecording { offset: 0, what: Flaw::Failed(error.into()) };
    let mut queued = 0;
    let mut say = |of: Option<&Place>, said: &Said| {
        log.queue(Some(of.unwrap_or(&place)), said);
        queued += 1;
        // How long a line is depends on its form and on names that the recording claims.
        if queued == LINES || log.is_half_full() {
            log.finish(PATIENCE);
            queued = 0;
        }
    };
    let played = file.map_err(failed).and_then(|file| play(file, &mut say));
    let code = exit::of(&played);
    let broken = played.err().map(|trouble| Said::Recording(RecordingNews::Broken(trouble)));
    broken.iter().for_each(|said| say(None, said));
    log.queue(None, &Said::End { code });
    log.finish(PATIENCE);
    // What it says is all that it does.
    log.exit_code(program, code)
}
