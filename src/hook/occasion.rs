// SPDX-License-Identifier: LGPL-2.1-or-later
//! Things said that the hook is run for, and the variables that tell it of them.

use crate::act::ScrubVerdict;
use crate::event::{Body, Event, Target};
use crate::log::json::{self, Stamp};
use crate::log::loss::{Loss, Lost};
use crate::log::said::{CrowdKind, ReportKind, Said, ScrubNews};
use crate::plan::{Failure, Key, Notice};
use crate::report::{Level, Place, failure_name, notice_name, write_object};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;

/// Version of the variables, as that of JSON: within it, variables and words are only added.
const VERSION: &str = "1";

/// Events that nothing follows that matters more.
pub(super) const LAST: [&str; 2] = ["shutdown", "unmounted"];

/// Environment of a hook, whose names have no prefix yet.
pub(crate) type Variables = Vec<(&'static str, OsString)>;

/// An event that the hook is run for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Occasion {
    /// Name of the event.
    pub event: &'static str,
    pub target: Option<Target>,
    pub structure: Option<&'static str>,
    pub path: Option<Vec<u8>>,
    pub result: Option<&'static str>,
    pub reason: Option<String>,
    pub count: Option<u64>,
    /// Class and errno of an error of any filesystem.
    pub class: Option<&'static str>,
    pub errno: Option<i32>,
    /// Number of the subvolume that numbers the inode.
    pub subvolume: Option<u64>,
    /// Name of what is done about errors.
    pub remedy: Option<&'static str>,
    /// Facts that tell objects apart which have no name.
    pub apart: Option<String>,
}

impl Occasion {
    /// The event that something said is, if it is one; `left` is the number of structures that are
    /// damaged when the filesystem is unmounted.
    pub fn of(said: &Said, left: Option<usize>) -> Option<Occasion> {
        let plain = |event| Occasion { event, ..Occasion::default() };
        Some(match said {
            Said::Notice(notice, path) => of_notice(notice, path.as_deref())?,
            Said::Crowd { agno, kind: CrowdKind::Untried, inodes } => Occasion {
                target: Some(Target::Ag(*agno)),
                structure: Some("inodes"),
                reason: Some(failure_name(Failure::KernelDefect).to_owned()),
                count: Some(*inodes),
                ..plain("offline_needed")
            },
            Said::Loss(loss, path) if loss.level() <= Level::Warning => {
                of_loss(loss, path.as_deref())
            }
            Said::MoreLosses(losses) => {
                Occasion { result: Some("more"), count: Some(*losses), ..plain("loss") }
            }
            Said::SilentLoss => plain("lost"),
            Said::Event(Event { body: Body::Lost { count }, .. }, _)
            | Said::MoreReports(ReportKind::LostEvents, count) => {
                Occasion { count: Some(*count), ..plain("lost") }
            }
            Said::Event(Event { body: Body::Shutdown { reasons }, .. }, _) => {
                let reasons: Vec<_> = reasons.phrases().0.collect();
                Occasion { reason: Some(reasons.join(", ")), ..plain("shutdown") }
            }
            Said::Event(Event { body: Body::Unmount, .. }, _) => {
                let left = left.filter(|left| *left > 0)?;
                Occasion { count: Some(left as u64), ..plain("unmounted") }
            }
            Said::FullScrub(ScrubNews::InProgress) => plain("full_scrub_started"),
            Said::FullScrub(ScrubNews::Ended(verdict, _)) => ended(*verdict),
            _ => return None,
        })
    }

    /// True if a full queue makes room for the event: nothing that matters more follows.
    pub fn is_last(&self) -> bool {
        LAST.contains(&self.event)
    }

    /// Text that is the same for the same event of the same object with the same result: one file
    /// can lose its attributes and then its data.
    pub fn key(&self, place: Option<&Place>) -> Vec<u8> {
        let uuid = place.and_then(Place::id).map(|id| id.uuid());
        let device = place.and_then(Place::device);
        let mount = place.filter(|_| uuid.is_none()).map_or(&b""[..], |place| place.mount().found);
        let Occasion { event, target, structure, result, apart, .. } = self;
        let Occasion { class, errno, subvolume, remedy, .. } = self;
        let key =
            format!("{event} {uuid:?} {device:?} {target:?} {structure:?} {result:?} {apart:?} ");
        let mut key =
            (key + &format!("{class:?} {errno:?} {subvolume:?} {remedy:?} ")).into_bytes();
        key.extend(mount);
        key
    }

    /// The variables of the hook, and the line of JSON that it reads; `mount` is the mount point.
    pub fn told(
        &self,
        said: &Said,
        place: Option<&Place>,
        mount: Option<&OsStr>,
        stamp: Stamp,
    ) -> (Variables, String) {
        let text = said.line(place);
        let json = json::line(said, place, stamp, &text);
        let object = self.target.filter(|_| self.has_object()).map(|target| {
            let mut object = String::new();
            // Writing to a String cannot fail.
            let _ = write_object(&mut object, target, self.structure);
            object
        });
        let (agno, ino, generation) = match self.target {
            Some(Target::Ag(agno)) => (Some(agno), None, None),
            Some(Target::Inode { ino, generation }) => {
                (None, Some(ino), Some(generation).filter(|_| self.has_object()))
            }
            _ => (None, None, None),
        };
        let device = place.and_then(Place::device);
        let words = [
            ("VERSION", Some(VERSION.to_owned())),
            ("EVENT", Some(self.event.to_owned())),
            ("DEVICE", device.map(|(major, minor)| format!("{major}:{minor}"))),
            ("COVERED", place.is_some_and(Place::is_covered).then(|| "1".to_owned())),
            ("FS_UUID", place.and_then(Place::id).map(|id| id.uuid())),
            ("OBJECT", object),
            ("STRUCTURE", self.structure.map(str::to_owned)),
            ("AGNO", agno.map(|agno| agno.to_string())),
            ("INO", ino.map(|ino| ino.to_string())),
            ("GEN", generation.map(|generation| generation.to_string())),
            ("SUBVOLUME", self.subvolume.map(|subvolume| subvolume.to_string())),
            ("CLASS", self.class.map(str::to_owned)),
            ("ERRNO", self.errno.map(|errno| errno.to_string())),
            ("REMEDY", self.remedy.map(str::to_owned)),
            ("RESULT", self.result.map(str::to_owned)),
            ("REASON", self.reason.clone().filter(|reason| !reason.is_empty())),
            ("MESSAGE", Some(text.text)),
            ("PRIORITY", Some((text.level as u8).to_string())),
            ("COUNT", self.count.map(|count| count.to_string())),
        ];
        let words = words.into_iter().filter_map(|(name, word)| Some((name, word?.into())));
        let path = self.path.clone().map(OsString::from_vec);
        let names = [("MOUNT", mount.map(OsStr::to_owned)), ("PATH", path)];
        let names = names.into_iter().filter_map(|(name, value)| Some((name, value?)));
        (words.chain(names).collect(), json)
    }

    /// False for an inode whose generation is not known, for which nothing stands.
    fn has_object(&self) -> bool {
        let is_loss = self.event == "loss";
        !(is_loss && matches!(self.target, Some(Target::Inode { generation: 0, .. })))
    }
}

fn of_notice(notice: &Notice, path: Option<&[u8]>) -> Option<Occasion> {
    let of = |event, key: &Key, why: Option<Failure>| Occasion {
        event,
        target: Some(key.target),
        structure: Some(key.name()),
        path: path.map(<[u8]>::to_vec),
        result: Some(notice_name(notice)),
        reason: why.map(|why| failure_name(why).to_owned()),
        ..Occasion::default()
    };
    Some(match notice {
        Notice::Repaired(key) => of("repaired", key, None),
        Notice::Failed(key, why) => of("repair_failed", key, Some(*why)),
        Notice::CrossFailed(key) => of("repair_failed", key, None),
        Notice::OfflineNeeded(key, why) => of("offline_needed", key, Some(*why)),
        Notice::ShutDown => Occasion { event: "shutdown", ..Occasion::default() },
        _ => return None,
    })
}

fn of_loss(loss: &Loss, path: Option<&[u8]>) -> Occasion {
    let target = match &loss.lost {
        Lost::File { ino, generation, .. } | Lost::Target { ino, generation } => {
            Some(Target::Inode { ino: *ino, generation: *generation })
        }
        Lost::Name(orphan) => Some(Target::Inode { ino: orphan.ino, generation: 0 }),
        Lost::OnDevice(..) | Lost::Untold(..) => None,
    };
    Occasion {
        event: "loss",
        target,
        path: loss.lost.found().or(path.map(<[u8]>::to_vec)),
        result: Some(json::loss_name(&loss.lost)),
        reason: Some(json::cause_name(loss.cause).to_owned()),
        count: Some(loss.reports),
        // A range of a device has no name.
        apart: target.is_none().then(|| format!("{:?} {:?}", loss.lost, loss.ranges)),
        ..Occasion::default()
    }
}

fn ended(verdict: ScrubVerdict) -> Occasion {
    let result = Some(json::verdict_name(verdict));
    Occasion { event: "full_scrub_ended", result, ..Occasion::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::{Fork, Owner, ScrubExit};
    use crate::event::{Device, ShutdownReasons};
    use crate::log::loss::LossCause;
    use crate::report::FsId;

    fn place() -> Place {
        let mut place = Place::new(b"/m\xff");
        place.identify(FsId { uuid: [0x11; 16], device: (8, 1) });
        place
    }

    /// The variables, as lines of `env`, and the line of JSON.
    fn told(said: &Said, left: Option<usize>) -> (Vec<String>, String) {
        let occasion = Occasion::of(said, left).unwrap();
        let mount = OsString::from_vec(b"/m\xff".to_vec());
        let (variables, json) = occasion.told(said, Some(&place()), Some(&mount), Stamp::new(7));
        let line = |(name, value): (&str, OsString)| format!("{name}={}", value.to_string_lossy());
        (variables.into_iter().map(line).collect(), json)
    }

    fn body(body: Body) -> Said {
        Said::Event(Event { time_ns: 1, body }, None)
    }

    #[test]
    fn what_is_said_of_a_structure_is_told_by_its_object_and_as_the_line_of_json() {
        let key = Key::from_bit(Target::Inode { ino: 131, generation: 7 }, 1 << 4).unwrap();
        let notice = Notice::OfflineNeeded(key, Failure::Corrupt);
        let (lines, json) = told(&Said::Notice(notice, Some(b"/d".to_vec())), None);
        let name = key.name();
        let want = [
            "VERSION=1",
            "EVENT=offline_needed",
            "DEVICE=8:1",
            "FS_UUID=11111111-1111-1111-1111-111111111111",
            &format!("OBJECT=inode:131:7:{name}"),
            &format!("STRUCTURE={name}"),
            "INO=131",
            "GEN=7",
            "RESULT=offline_needed",
            "REASON=corrupt",
        ];
        assert_eq!(lines[..want.len()], want);
        assert!(lines[want.len()].starts_with(&format!("MESSAGE=/m\\xff/d {name}: offline ")));
        assert_eq!(lines[want.len() + 1..], ["PRIORITY=2", "MOUNT=/m\u{fffd}", "PATH=/d"]);
        assert!(json.starts_with(r#"{"v":1,"kind":"repair","priority":2,"seq":7,"#), "{json}");
    }

    #[test]
    fn only_what_matters_is_an_occasion() {
        let of = |said: Said, left| Occasion::of(&said, left).map(|occasion| occasion.event);
        let lost = |lost, is_rough| {
            let cause = LossCause::Medium;
            Said::Loss(Loss { lost, cause, ranges: vec![(1, 2)], is_rough, reports: 3 }, None)
        };
        let file = Lost::File { ino: 9, generation: 0, fork: Fork::Data };
        let free = Lost::OnDevice(Device::Data, Owner::Free, false);
        let reasons = ShutdownReasons::META_IO_ERROR;
        let clean = ScrubVerdict::Exit(ScrubExit::empty());
        for (said, left, event) in [
            (body(Body::Running), None, None),
            (body(Body::Unmount), None, None),
            (body(Body::Unmount), Some(0), None),
            (body(Body::Unmount), Some(2), Some("unmounted")),
            (body(Body::Lost { count: 4 }), None, Some("lost")),
            (Said::SilentLoss, None, Some("lost")),
            (body(Body::Shutdown { reasons }), None, Some("shutdown")),
            (Said::Notice(Notice::ShutDown, None), None, Some("shutdown")),
            (Said::Notice(Notice::ReadOnly, None), None, None),
            (lost(file.clone(), false), None, Some("loss")),
            (lost(free, false), None, None),
            (Said::FullScrub(ScrubNews::InProgress), None, Some("full_scrub_started")),
            (
                Said::FullScrub(ScrubNews::Ended(clean, String::new())),
                None,
                Some("full_scrub_ended"),
            ),
        ] {
            assert_eq!(of(said.clone(), left), event, "{said:?}");
        }
        let (lines, _) = told(&lost(file, false), None);
        let has = |line: &str| lines.iter().any(|has| has == line);
        assert!(has("INO=9") && has("COUNT=3") && has("REASON=medium") && has("RESULT=file_data"));
        assert!(!lines.iter().any(|line| line.starts_with("OBJECT=") || line.starts_with("GEN=")));
    }

    #[test]
    fn the_key_tells_filesystems_objects_and_events_apart() {
        let key = |event: fn(Key) -> Notice, agno, place: &Place| {
            let key = Key::from_bit(Target::Ag(agno), 1 << 4).unwrap();
            Occasion::of(&Said::Notice(event(key), None), None).unwrap().key(Some(place))
        };
        let (here, there) = (place(), Place::new(b"/n"));
        let failed = |key| Notice::Failed(key, Failure::Corrupt);
        let one = key(Notice::Repaired, 1, &here);
        assert_eq!(one, key(Notice::Repaired, 1, &place()));
        for other in [
            key(failed, 1, &here),
            key(Notice::Repaired, 2, &here),
            key(Notice::Repaired, 1, &there),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_key_tells_results_apart() {
        let of = |said| Occasion::of(&said, None).unwrap().key(Some(&place()));
        let lost = |fork| {
            let (lost, cause) = (Lost::File { ino: 9, generation: 1, fork }, LossCause::Repair);
            of(Said::Loss(Loss { lost, cause, ranges: vec![], is_rough: false, reports: 1 }, None))
        };
        assert_eq!(lost(Fork::Data), lost(Fork::Data));
        assert_ne!(lost(Fork::Data), lost(Fork::Attributes));
        let ended =
            |exit| of(Said::FullScrub(ScrubNews::Ended(ScrubVerdict::Exit(exit), String::new())));
        assert_ne!(ended(ScrubExit::empty()), ended(ScrubExit::DAMAGE_LEFT));
    }
}
