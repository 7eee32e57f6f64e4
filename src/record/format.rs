// SPDX-License-Identifier: LGPL-2.1-or-later
//! The frames of a recording, and the bytes that they are.

use super::describe::{Description, Program};
use crate::event::{RECORD_BYTES, Record, Target};
use crate::log::recording::Flaw;
use crate::plan::{Depth, Key, LookEnd, Outcome, Policy, Time};
use crate::report::{outcome_number, outcome_of};

/// First line of a recording, on a machine of this order of bytes.
pub(crate) const FIRST_LINE: &str = if cfg!(target_endian = "little") {
    "xfs_healer recording 1 little\n"
} else {
    "xfs_healer recording 1 big\n"
};

/// Content of the frames of one kind of recordings, which is that of a program.
pub(crate) trait FrameContent: Sized {
    /// The program, with whose name the first line begins.
    const PROGRAM: &'static str;
    /// The program that makes recordings of the other kind.
    const OTHER_PROGRAM: &'static str;
    /// First line of a recording, on a machine of this order of bytes.
    const FIRST_LINE: &'static str;

    /// Reads the content of a frame.
    fn of_bytes(kind: u32, bytes: &[u8]) -> Result<Self, Flaw>;
}

/// Bytes of the head of a frame.
pub(crate) const HEAD_BYTES: usize = 24;
/// Most bytes of the content of a frame: 4096 of a mount point are written, and little more is said.
pub(crate) const MOST_BYTES: usize = 8192;

pub(super) const PROGRAM: u32 = 1;
pub(super) const FILESYSTEM: u32 = 2;
pub(super) const RECORD: u32 = 3;
const KNOWN_LOSS: u32 = 4;
const SILENT_LOSS: u32 = 5;
const FAILED: u32 = 6;
const END: u32 = 7;
const POLICY: u32 = 8;
const SICK: u32 = 9;
const DEADLY: u32 = 10;
const MISSED: u32 = 11;
const LOOKED: u32 = 12;
pub(super) const CLOSED: u32 = 13;
pub(super) const DROPPED: u32 = 14;
const REPAIRED: u32 = 15;

/// A thing that a watch has taken in of its filesystem, but not from a repair or a full scrub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A record of the health monitor. `is_known`: a loss of which a [`Input::SilentLoss`] has
    /// told.
    Record { record: Record, is_known: bool },
    /// The kernel's counters tell of lost events.
    SilentLoss,
    /// A read has failed with this errno; 0: with none.
    Failed(i32),
    /// The monitor has ended.
    End { is_unmounted: bool },
    /// The policy has changed; `is_said` if by the property autofsck, which is said.
    Policy { policy: Policy, is_said: bool },
    /// A look has found damage.
    Sick(Target, u32),
    /// A look has found an inode that must not be loaded, of this number and generation.
    Deadly(u64, u32),
    /// A look could not look at something of this AG; `None`: of something else.
    Missed(Option<u32>),
    /// A look has ended.
    Looked(Depth, LookEnd),
    /// A repair has ended. The planner of a replay makes none, and is not told.
    Repaired(Key, Outcome),
    /// The watch has ended.
    Closed,
}

/// Content of a frame.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// What recorded.
    Program(Program),
    /// A filesystem that is recorded from here on, or goes on to be.
    Filesystem(Box<Description>),
    /// Something that the filesystem's watch took in.
    Input(Input),
    /// Number of inputs, of whichever filesystem, that are missing here.
    Dropped(u64),
}

/// A frame without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub len: u32,
    pub kind: u32,
    /// Number of the filesystem within the recording; 0: of none.
    pub filesystem: u64,
    pub time: Time,
}

impl Head {
    pub fn of_bytes(bytes: &[u8; HEAD_BYTES]) -> Head {
        let [l0, l1, l2, l3, k0, k1, k2, k3, rest @ ..] = *bytes;
        let mut numbers = numbers(&rest);
        Head {
            len: u32::from_ne_bytes([l0, l1, l2, l3]),
            kind: u32::from_ne_bytes([k0, k1, k2, k3]),
            filesystem: numbers.next().unwrap_or(0),
            time: Time::from_nanos(numbers.next().unwrap_or(0)),
        }
    }
}

/// The bytes of a frame.
pub(super) fn frame(kind: u32, filesystem: u64, now: Time, content: &[u8]) -> Vec<u8> {
    let nanos = u64::try_from(now.since(Time::default()).as_nanos()).unwrap_or(u64::MAX);
    let len = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let mut bytes = [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend([filesystem.to_ne_bytes(), nanos.to_ne_bytes()].concat());
    bytes.extend(content);
    bytes
}

impl Content {
    /// The bytes of a frame with this content.
    pub fn frame(&self, filesystem: u64, now: Time) -> Vec<u8> {
        match self {
            Content::Program(program) => frame(PROGRAM, 0, now, program.text().as_bytes()),
            Content::Filesystem(description) => {
                frame(FILESYSTEM, filesystem, now, &description.bytes())
            }
            Content::Dropped(inputs) => frame(DROPPED, 0, now, &inputs.to_ne_bytes()),
            Content::Input(Input::Record { record, is_known }) => {
                frame(if *is_known { KNOWN_LOSS } else { RECORD }, filesystem, now, record)
            }
            Content::Input(input) => {
                let (kind, numbers) = numbers_of(input);
                let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_ne_bytes()).collect();
                frame(kind, filesystem, now, &bytes)
            }
        }
    }
}

impl FrameContent for Content {
    const PROGRAM: &'static str = "xfs_healer";
    const OTHER_PROGRAM: &'static str = "fserrord";
    const FIRST_LINE: &'static str = FIRST_LINE;

    fn of_bytes(kind: u32, bytes: &[u8]) -> Result<Content, Flaw> {
        let record = |is_known| {
            let record = <Record>::try_from(bytes).map_err(|_| length(kind, bytes))?;
            Ok(Content::Input(Input::Record { record, is_known }))
        };
        match kind {
            PROGRAM => Ok(Content::Program(Program::of_bytes(bytes))),
            FILESYSTEM => Ok(Content::Filesystem(Box::new(Description::of_bytes(bytes)?))),
            RECORD => record(false),
            KNOWN_LOSS => record(true),
            SILENT_LOSS..=REPAIRED => of_numbers(kind, bytes),
            _ => Err(Flaw::Kind(kind)),
        }
    }
}

pub(super) fn length(kind: u32, bytes: &[u8]) -> Flaw {
    Flaw::Length(kind, u32::try_from(bytes.len()).unwrap_or(u32::MAX))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    // Of no other length, so that nothing is left out.
    let eights = bytes.chunks_exact(8).filter_map(|eight| eight.try_into().ok());
    eights.map(u64::from_ne_bytes)
}

fn numbers_of(input: &Input) -> (u32, Vec<u64>) {
    match *input {
        Input::Record { .. } => (RECORD, vec![0; RECORD_BYTES / 8]),
        Input::SilentLoss => (SILENT_LOSS, Vec::new()),
        Input::Failed(errno) => (FAILED, vec![errno.unsigned_abs().into()]),
        Input::End { is_unmounted } => (END, vec![is_unmounted.into()]),
        Input::Policy { policy, is_said } => {
            (POLICY, vec![number_in(&POLICIES, policy), is_said.into()])
        }
        Input::Sick(target, mask) => {
            let [kind, number, generation] = numbers_of_target(target);
            (SICK, vec![kind, number, generation, mask.into()])
        }
        Input::Repaired(Key { target, scrub }, outcome) => {
            let [kind, number, generation] = numbers_of_target(target);
            let result = outcome_number(outcome).into();
            let errno = outcome.errno().unwrap_or(0).unsigned_abs().into();
            (REPAIRED, vec![kind, number, generation, scrub.number().into(), result, errno])
        }
        Input::Deadly(ino, generation) => (DEADLY, vec![ino, generation.into()]),
        Input::Missed(agno) => (MISSED, vec![agno.is_some().into(), agno.map_or(0, u64::from)]),
        Input::Looked(depth, end) => {
            let (kind, agno) = match depth {
                Depth::Shallow => (0, 0),
                Depth::Deep => (1, 0),
                Depth::Inodes(agno) => (2, agno.into()),
                Depth::Checks => (3, 0),
                Depth::Survey => (4, 0),
            };
            (LOOKED, vec![kind, agno, number_in(&LOOK_ENDS, end)])
        }
        Input::Closed => (CLOSED, Vec::new()),
    }
}

fn numbers_of_target(target: Target) -> [u64; 3] {
    match target {
        Target::Fs => [0, 0, 0],
        Target::Ag(agno) => [1, agno.into(), 0],
        Target::Rtgroup(rgno) => [2, rgno.into(), 0],
        Target::Inode { ino, generation } => [3, ino, generation.into()],
    }
}

const POLICIES: [Policy; 3] = [Policy::Ignore, Policy::Log, Policy::Repair];
const LOOK_ENDS: [LookEnd; 4] =
    [LookEnd::Complete, LookEnd::Incomplete, LookEnd::NotLooked, LookEnd::Vanished];

fn number_in<T: PartialEq>(all: &[T], one: T) -> u64 {
    all.iter().position(|each| *each == one).unwrap_or(0) as u64
}

/// The value that a number stands for.
fn named<T: Copy>(all: &[T], number: u64, name: &'static str) -> Result<T, Flaw> {
    let at = usize::try_from(number).ok();
    at.and_then(|at| all.get(at)).copied().ok_or(Flaw::Value(name))
}

fn half(number: u64, name: &'static str) -> Result<u32, Flaw> {
    u32::try_from(number).map_err(|_| Flaw::Value(name))
}

const SCRUB_TYPE: &str = "scrub type";
const RESULT: &str = "result of a repair";

fn errno_of(number: u64) -> Result<i32, Flaw> {
    i32::try_from(number).map_err(|_| Flaw::Value("number of an error"))
}

fn is_true(number: u64) -> Result<bool, Flaw> {
    named(&[false, true], number, "truth value")
}

/// Reads the content of a frame that is numbers.
fn of_numbers(kind: u32, bytes: &[u8]) -> Result<Content, Flaw> {
    let all: Vec<u64> = numbers(bytes).collect();
    if all.len() * 8 != bytes.len() {
        return Err(length(kind, bytes));
    }
    Ok(Content::Input(match (kind, &all[..]) {
        (SILENT_LOSS, []) => Input::SilentLoss,
        (FAILED, [errno]) => Input::Failed(errno_of(*errno)?),
        (END, [is_unmounted]) => Input::End { is_unmounted: is_true(*is_unmounted)? },
        (POLICY, [policy, is_said]) => {
            let policy = named(&POLICIES, *policy, "policy")?;
            Input::Policy { policy, is_said: is_true(*is_said)? }
        }
        (SICK, [target, number, generation, mask]) => {
            Input::Sick(target_of(*target, *number, *generation)?, half(*mask, "mask")?)
        }
        (DEADLY, [ino, generation]) => Input::Deadly(*ino, half(*generation, "generation")?),
        (MISSED, [is_ag, agno]) => {
            let agno = half(*agno, "number of an AG")?;
            Input::Missed(is_true(*is_ag)?.then_some(agno))
        }
        (LOOKED, [depth, agno, end]) => {
            let inodes = Depth::Inodes(half(*agno, "number of an AG")?);
            let depths = [Depth::Shallow, Depth::Deep, inodes, Depth::Checks, Depth::Survey];
            let depth = named(&depths, *depth, "kind of a look")?;
            Input::Looked(depth, named(&LOOK_ENDS, *end, "end of a look")?)
        }
        (REPAIRED, [target, number, generation, scrub, result, errno]) => {
            let target = target_of(*target, *number, *generation)?;
            let key = Key::from_scrub(target, half(*scrub, SCRUB_TYPE)?);
            let number = half(*result, RESULT)?;
            let outcome = outcome_of(number).ok_or(Flaw::Value(RESULT))?;
            let outcome = outcome.with_errno(errno_of(*errno)?);
            Input::Repaired(key.ok_or(Flaw::Value(SCRUB_TYPE))?, outcome)
        }
        (CLOSED, []) => Input::Closed,
        (DROPPED, [inputs]) => return Ok(Content::Dropped(*inputs)),
        _ => return Err(length(kind, bytes)),
    }))
}

fn target_of(kind: u64, number: u64, generation: u64) -> Result<Target, Flaw> {
    let group = |name| half(number, name);
    Ok(match kind {
        0 => Target::Fs,
        1 => Target::Ag(group("number of an AG")?),
        2 => Target::Rtgroup(group("number of a realtime group")?),
        3 => Target::Inode { ino: number, generation: half(generation, "generation")? },
        _ => return Err(Flaw::Value("target")),
    })
}
