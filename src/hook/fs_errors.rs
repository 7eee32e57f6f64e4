// SPDX-License-Identifier: LGPL-2.1-or-later
//! Errors of any filesystem, and what is done about them, as events that the hook is run for.

use super::occasion::Occasion;
use crate::event::Target;
use crate::log::fserror::{Class, ErrorFile, FsError, FsErrorNews};
use crate::log::json;
use crate::log::said::{HealerNews, Said};
use crate::sys::file_handle::InodeNumber;

fn plain(event: &'static str) -> Occasion {
    Occasion { event, ..Occasion::default() }
}

/// The event that something said is, if it is one of these.
pub(super) fn of(said: &Said) -> Option<Occasion> {
    match said {
        Said::FsError(news) => of_error(news),
        Said::Healer(news) => of_healer(news),
        _ => None,
    }
}

/// The event that news about errors are, if they are one.
fn of_error(news: &FsErrorNews) -> Option<Occasion> {
    let many = |class, count| Occasion { class: Some(class), count, ..plain("error") };
    Some(match news {
        FsErrorNews::Error(error) => of_one(error, None)?,
        FsErrorNews::Again(error, times) => of_one(error, Some(*times))?,
        FsErrorNews::More(errors) => many("more", Some(*errors)),
        FsErrorNews::Counted(errors) => many("counted", Some(*errors)),
        FsErrorNews::Lost(times) => Occasion { count: Some(*times), ..plain("lost") },
        FsErrorNews::ScrubStarts => remedy("remedy_started", "scrub", None),
        FsErrorNews::ScrubEnded(code) => {
            remedy("remedy_ended", "scrub", Some(json::scrub_result(*code)))
        }
        FsErrorNews::E2scrubStarts => remedy("remedy_started", "e2scrub", None),
        FsErrorNews::E2scrubEnded(end) => {
            remedy("remedy_ended", "e2scrub", Some(json::e2scrub_result(end)))
        }
        _ => return None,
    })
}

/// An error, unless it is the doing of the program that has met it: of these anybody can make as many
/// as they like.
fn of_one(error: &FsError, count: Option<u64>) -> Option<Occasion> {
    let event = match error.class() {
        Class::Caller => return None,
        Class::Shutdown => return Some(Occasion { count, ..plain("shutdown") }),
        Class::Metadata | Class::Other => "error",
    };
    let (number, path, apart) = match &error.file {
        None => (None, None, None),
        Some(ErrorFile::Path(path, number)) => (*number, Some(path.clone()), None),
        Some(ErrorFile::Inode(number)) => (Some(*number), None, None),
        Some(ErrorFile::Handle(kind, bytes)) => (None, None, Some(format!("{kind} {bytes:?}"))),
    };
    // A file that has no number is told apart by its name.
    let named = path.as_ref().filter(|_| number.is_none()).map(|path| format!("{path:?}"));
    Some(Occasion {
        class: Some(json::class_name(error.class())),
        errno: Some(error.errno),
        target: number.map(|InodeNumber { ino, generation, .. }| Target::Inode { ino, generation }),
        subvolume: number.and_then(|number| number.subvolume),
        path,
        count,
        apart: apart.or(named),
        ..plain(event)
    })
}

/// The event that the start of a healer is, where that is done about errors of an XFS.
fn of_healer(news: &HealerNews) -> Option<Occasion> {
    Some(match news {
        HealerNews::Started => remedy("remedy_started", "healer", None),
        HealerNews::NotStarted(_) | HealerNews::Unnamed => {
            remedy("remedy_ended", "healer", Some("failed"))
        }
        _ => return None,
    })
}

fn remedy(event: &'static str, name: &'static str, result: Option<&'static str>) -> Occasion {
    Occasion { remedy: Some(name), result, ..plain(event) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::json::Stamp;
    use crate::report::Place;
    use std::ffi::OsString;

    fn told(news: FsErrorNews) -> Vec<String> {
        let (said, place) = (Said::FsError(news), Place::on((8, 1), b"/m"));
        let occasion = of(&said).unwrap();
        let (variables, _) = occasion.told(&said, Some(&place), None, Stamp::new(0));
        let line = |(name, value): &(_, OsString)| format!("{name}={}", value.to_string_lossy());
        let lines = variables.iter().map(line);
        lines.filter(|line| !line.starts_with("MESSAGE=")).collect()
    }

    #[test]
    fn what_is_covered_is_told_to_be() {
        let said = Said::FsError(FsErrorNews::More(3));
        for (place, is_covered) in
            [(Place::on((8, 1), b"/m"), false), (Place::covered((8, 1), b"/m"), true)]
        {
            let (variables, _) = of(&said).unwrap().told(&said, Some(&place), None, Stamp::new(0));
            let covered = variables.iter().find(|(name, _)| *name == "COVERED");
            assert_eq!(
                covered.map(|(_, value)| value.to_str().unwrap()),
                is_covered.then_some("1")
            );
        }
    }

    #[test]
    fn an_error_is_told_by_its_file_and_its_errno() {
        let number = InodeNumber { ino: 131, generation: 7, subvolume: Some(257) };
        let file = Some(ErrorFile::Path(b"/f".to_vec(), Some(number)));
        let error = FsError { file, errno: libc::EIO };
        let want = [
            "VERSION=1",
            "EVENT=error",
            "DEVICE=8:1",
            "OBJECT=inode:131:7",
            "INO=131",
            "GEN=7",
            "SUBVOLUME=257",
            "CLASS=other",
            "ERRNO=5",
            "PRIORITY=4",
            "PATH=/f",
        ];
        assert_eq!(told(FsErrorNews::Error(error.clone())), want);
        assert!(told(FsErrorNews::Again(error, 9)).contains(&"COUNT=9".to_owned()));
        let ended = told(FsErrorNews::ScrubEnded(Some(3)));
        let has = |line: &str| ended.iter().any(|has| has == line);
        assert!(has("EVENT=remedy_ended") && has("REMEDY=scrub") && has("RESULT=damage_left"));
    }

    #[test]
    fn what_is_the_callers_own_is_no_event_and_others_are_told_apart() {
        let event = |file: Option<ErrorFile>, errno| {
            let news = FsErrorNews::Error(FsError { file, errno });
            of(&Said::FsError(news))
        };
        let handle = |byte| Some(ErrorFile::Handle(9, vec![byte]));
        let path = |name: &[u8]| Some(ErrorFile::Path(name.to_vec(), None));
        assert_eq!(event(handle(1), libc::EFAULT), None);
        assert_eq!(event(None, libc::ESHUTDOWN).unwrap().event, "shutdown");
        let place = Place::on((8, 1), b"/m");
        let key = |file, errno| event(file, errno).unwrap().key(Some(&place));
        let all = [
            key(None, libc::EIO),
            key(handle(1), libc::EIO),
            key(handle(2), libc::EIO),
            key(handle(2), libc::EUCLEAN),
            key(path(b"/a"), libc::EIO),
            key(path(b"/b"), libc::EIO),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        let of = |place| event(None, libc::EIO).unwrap().key(Some(&place));
        let device = Place::on((8, 1), b"/other");
        assert_ne!(key(None, libc::EIO), of(device), "another one has that number by now");
        let elsewhere = of(Place::on((8, 2), b"/m"));
        assert_ne!(all[0], elsewhere);
    }
}
