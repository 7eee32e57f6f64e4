// SPDX-License-Identifier: LGPL-2.1-or-later
//! Keys of news about the hook.

use crate::log::hook::{HookEnd, HookNews, HookRefusal};
use crate::report::Object;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

pub(super) fn hook(object: &mut Object<'_, String>, news: &HookNews) -> fmt::Result {
    let name = match news {
        HookNews::CannotRun(..) => "hook_cannot_run",
        HookNews::Said(_) => "hook_output",
        HookNews::NotShown(_) => "hook_output_not_shown",
        HookNews::Failed(..) => "hook_failed",
        HookNews::Killed(_) => "hook_killed",
        HookNews::Dropped(_) => "hook_events_dropped",
    };
    object.word("notice", name)?;
    match news {
        HookNews::CannotRun(path, why) => {
            object.name("file", path.as_os_str().as_bytes())?;
            refusal(object, why)
        }
        HookNews::Said(text) => object.name("output", text),
        HookNews::NotShown(count) | HookNews::Dropped(count) => object.number("count", *count),
        HookNews::Failed(event, end) => {
            object.word("told", event)?;
            match end {
                HookEnd::Exit(code) => object.signed("exit_code", (*code).into()),
                HookEnd::Signal(signal) => object.signed("signal", (*signal).into()),
            }
        }
        HookNews::Killed(event) => object.word("told", event),
    }
}

fn refusal(object: &mut Object<'_, String>, why: &HookRefusal) -> fmt::Result {
    let (reason, error) = match why {
        HookRefusal::NotRegular => ("not_regular", None),
        HookRefusal::NotExecutable => ("not_executable", None),
        HookRefusal::OnFilesystem => ("on_filesystem", None),
        HookRefusal::Failed(error) => ("failed", error.errno()),
        HookRefusal::Killed => ("thread_killed", None),
    };
    object.word("reason", reason)?;
    error.map_or(Ok(()), |errno| object.signed("errno", errno.into()))
}
