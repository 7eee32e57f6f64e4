// SPDX-License-Identifier: LGPL-2.1-or-later
//! The parts of a recording that are text: the program, and each filesystem.

use crate::log::recording::{Flaw, Recorded};
use crate::plan::defects::KernelDefects;
use crate::plan::{Config, Depth, Escalate, Policy};
use crate::sys::DeviceNumber;
use std::fmt::Write;
use std::time::Duration;

/// The program that recorded, and its kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    pub program: String,
    pub kernel: String,
}

impl Program {
    pub fn text(&self) -> String {
        format!("program={}\nkernel={}\n", self.program, self.kernel)
    }

    pub fn of_bytes(bytes: &[u8]) -> Program {
        let text = String::from_utf8_lossy(bytes);
        let value = |name| value(&text, name).unwrap_or_default().to_owned();
        Program { program: value("program"), kernel: value("kernel") }
    }
}

/// A filesystem when its recording begins: what its planner is told, and what a person wants to
/// know.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub mount_point: Vec<u8>,
    pub uuid: [u8; 16],
    pub device: DeviceNumber,
    pub has_rmapbt: bool,
    pub has_parent: bool,
    /// Depth of the first look, for damage that was there before.
    pub look: Depth,
    pub config: Config,
}

impl Description {
    /// Lines of text, an empty one, and the mount point.
    pub fn bytes(&self) -> Vec<u8> {
        let Config { policy, escalate, ag_count, agno_shift, .. } = self.config;
        let (major, minor) = self.device;
        let mut text = String::from("uuid=");
        // Writing to a String cannot fail.
        let _ = self.uuid.iter().try_for_each(|byte| write!(text, "{byte:02x}"));
        let policy = policy.name();
        let (structures, within) = (escalate.structures, escalate.within.as_secs());
        text += &format!("\ndevice={major}:{minor}\nag_count={ag_count}\nagno_shift={agno_shift}");
        text += &format!("\npolicy={policy}\nescalate={structures}/{within}");
        text += &format!("\ndefects={}", self.config.defects.bits());
        for (name, is_so) in [
            ("rmapbt", self.has_rmapbt),
            ("parent", self.has_parent),
            ("full_scrub", self.config.full_scrub),
            ("may_look", self.config.may_look),
            ("surveys", self.config.surveys),
            ("looks_at_inodes", self.look == Depth::Deep),
        ] {
            text += &format!("\n{name}={}", u8::from(is_so));
        }
        [text.as_bytes(), b"\n\n", shortened(&self.mount_point)].concat()
    }

    /// Reads a description. What is missing is as by default, and what is unknown has no meaning:
    /// another version may say more.
    pub fn of_bytes(bytes: &[u8]) -> Result<Description, Flaw> {
        let (text, mount_point) = split_text(bytes)?;
        let is_so = |name, otherwise| match value(text, name) {
            None => Ok(otherwise),
            Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(_) => Err(Flaw::Value(name)),
        };
        let looks_at_inodes = is_so("looks_at_inodes", false)?;
        let config = Config {
            policy: parsed(text, "policy", Policy::Log, Policy::of_name)?,
            full_scrub: is_so("full_scrub", true)?,
            may_look: is_so("may_look", true)?,
            surveys: is_so("surveys", false)?,
            escalate: parsed(text, "escalate", Escalate::default(), escalate)?,
            dry_run: true,
            ag_count: parsed(text, "ag_count", 0, number)?,
            agno_shift: parsed(text, "agno_shift", u64::BITS - 1, |text| {
                number(text).filter(|shift| *shift < u64::BITS)
            })?,
            defects: parsed(text, "defects", KernelDefects::empty(), |text| {
                text.parse().ok().map(KernelDefects::from_bits_truncate)
            })?,
            ..Config::default()
        };
        Ok(Description {
            mount_point: mount_point.to_vec(),
            uuid: parsed(text, "uuid", [0; 16], uuid)?,
            device: parsed(text, "device", (0, 0), pair)?,
            has_rmapbt: is_so("rmapbt", false)?,
            has_parent: is_so("parent", false)?,
            look: if looks_at_inodes { Depth::Deep } else { Depth::Shallow },
            config,
        })
    }

    /// The facts that are said, with this policy.
    pub fn recorded(&self, policy: Policy) -> Recorded {
        let Description { uuid, device, has_rmapbt, has_parent, .. } = *self;
        let ag_count = self.config.ag_count;
        Recorded { uuid, device, ag_count, has_rmapbt, has_parent, policy }
    }
}

/// Most bytes of a mount point in a recording, with which it is well below what a reader takes. It may have
/// more: who has directories mounted step by step is held up by no PATH_MAX.
const MOST_PLACE_BYTES: usize = 4096;

/// As much of the mount point as is recorded; of UTF-8 no part of a character is left.
pub(super) fn shortened(mount_point: &[u8]) -> &[u8] {
    let is_boundary =
        |at: &usize| mount_point.get(*at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let most = mount_point.len().min(MOST_PLACE_BYTES);
    let end = (most.saturating_sub(3)..=most).rev().find(is_boundary).unwrap_or(most);
    mount_point.get(..end).unwrap_or(mount_point)
}

const TEXT: &str = "description of a filesystem";

/// The lines of a description, and what stands behind the empty one.
pub(super) fn split_text(bytes: &[u8]) -> Result<(&str, &[u8]), Flaw> {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (text, rest) = end.and_then(|at| bytes.split_at_checked(at)).ok_or(Flaw::Value(TEXT))?;
    let text = std::str::from_utf8(text).map_err(|_| Flaw::Value(TEXT))?;
    Ok((text, rest.get(2..).unwrap_or_default()))
}

/// The value of the first line of this name.
pub(super) fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    lines.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The value of the first line of this name, parsed, or what it is without such a line.
pub(super) fn parsed<T>(
    text: &str,
    name: &'static str,
    otherwise: T,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Flaw> {
    value(text, name).map_or(Ok(otherwise), |value| parse(value).ok_or(Flaw::Value(name)))
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

/// Two numbers with a colon between them.
pub(super) fn pair(text: &str) -> Option<(u32, u32)> {
    let (one, other) = text.split_once(':')?;
    Some((number(one)?, number(other)?))
}

fn escalate(text: &str) -> Option<Escalate> {
    let (structures, within) = text.split_once('/')?;
    let within = Duration::from_secs(within.parse().ok()?);
    Some(Escalate { structures: number(structures)?, within })
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let mut uuid = [0; 16];
    for (at, byte) in uuid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (text.len() == 32).then_some(uuid)
}
