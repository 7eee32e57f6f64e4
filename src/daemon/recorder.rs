// SPDX-License-Identifier: LGPL-2.1-or-later
//! Begins the recording that the command line asks for (`--record`).

use super::opening::{self, Teller};
use crate::log::Log;
use crate::log::said::Said;
use crate::record::{Content, Home, Recorder};
use crate::report::Place;
use crate::service::exit::Code;
use crate::service::signals::Signals;
use crate::watch::clock::now;
use crate::watch::open::Stop;
use crate::watch::options::Options;
use crate::work::Pool;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// Has a thread begin the recording: its path may lead to what never answers. Where none can be
/// made, that is said.
pub(super) fn of_all(
    path: &Path,
    options: &Arc<Options>,
    signals: &Signals,
    threads: &Pool,
    log: &mut Log,
) -> Result<Option<Arc<Recorder>>, Stop> {
    let (place, options) = (Place::named(path.as_os_str().as_bytes()), Arc::clone(options));
    let work = move |_: &Teller<_>| Ok(recorder(&options, Home::NotOnXfs));
    match opening::opened(&place, signals, threads, log, work) {
        Ok(recorder) => Ok(recorder.unwrap_or_else(|refused| {
            log.say(None, &refused);
            None
        })),
        Err(Stop { said, code }) => {
            said.iter().for_each(|said| log.say(Some(&place), said));
            // A signal ends the program, and nothing else about a recording does.
            if matches!(code, Code::BrokenOff) { Err(Stop::silent(code)) } else { Ok(None) }
        }
    }
}

/// The recorder that is wanted, if there is one; else gives what is to be said.
pub(super) fn recorder(options: &Options, home: Home<'_>) -> Result<Option<Arc<Recorder>>, Said> {
    let path = options.record.as_ref().filter(|_| !options.supported);
    path.map(|path| Recorder::begin::<Content>(path, home, now()).map(Arc::new)).transpose()
}
