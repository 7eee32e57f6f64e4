// SPDX-License-Identifier: LGPL-2.1-or-later
//! A JSON object that is written key by key.

use crate::event::{Target, text};
use crate::plan::Key;
use crate::report::escape::escape_in_json;
use crate::report::{Level, Out};
use std::fmt;

/// Version of the objects: within it, keys are only added.
const VERSION: u64 = 1;

/// An object that is being written. Keys and words are ours, and need no escaping.
pub(crate) struct Object<'a, W> {
    out: &'a mut W,
    separator: &'static str,
}

impl<'a, W: fmt::Write> Object<'a, W> {
    /// An object with what each begins with.
    pub fn begun(out: &'a mut W, kind: &str, level: Level) -> Result<Object<'a, W>, fmt::Error> {
        out.put("{")?;
        let mut object = Object { out, separator: "" };
        object.number("v", VERSION)?;
        object.word("kind", kind)?;
        object.number("priority", level as u64)?;
        Ok(object)
    }

    pub fn close(self) -> fmt::Result {
        self.out.put("}")
    }

    fn label(&mut self, label: &str) -> fmt::Result {
        self.out.put(self.separator)?;
        self.separator = ",";
        self.out.put("\"")?;
        self.out.put(label)?;
        self.out.put("\":")
    }

    #[inline(never)]
    pub fn number(&mut self, label: &str, number: u64) -> fmt::Result {
        self.label(label)?;
        self.out.decimal(number)
    }

    pub fn signed(&mut self, label: &str, number: i64) -> fmt::Result {
        self.label(label)?;
        self.out.signed(number)
    }

    #[inline(never)]
    pub fn word(&mut self, label: &str, word: &str) -> fmt::Result {
        self.label(label)?;
        quoted(self.out, |out| out.put(word))
    }

    pub fn words<'w>(&mut self, label: &str, words: impl Iterator<Item = &'w str>) -> fmt::Result {
        self.label(label)?;
        self.out.put("[")?;
        self.separator = "";
        for word in words {
            self.item(word)?;
        }
        self.separator = ",";
        self.out.put("]")
    }

    #[inline(never)]
    fn item(&mut self, word: &str) -> fmt::Result {
        self.out.put(self.separator)?;
        self.separator = ",";
        quoted(self.out, |out| out.put(word))
    }

    /// Names, each as by [`Object::name`] but without its bytes.
    pub fn names<'w>(&mut self, label: &str, names: impl Iterator<Item = &'w [u8]>) -> fmt::Result {
        self.label(label)?;
        self.out.put("[")?;
        let mut separator = "";
        for name in names {
            self.out.put(separator)?;
            quoted(self.out, |out| escape_in_json(out, name))?;
            separator = ",";
        }
        self.out.put("]")
    }

    /// Pairs of numbers.
    pub fn pairs(&mut self, label: &str, pairs: &[(u64, u64)]) -> fmt::Result {
        self.label(label)?;
        let mut separator = "[";
        for (first, second) in pairs {
            self.out.put(separator)?;
            self.out.put("[")?;
            self.out.decimal(*first)?;
            self.out.put(",")?;
            self.out.decimal(*second)?;
            self.out.put("]")?;
            separator = ",";
        }
        self.out.put(if pairs.is_empty() { "[]" } else { "]" })
    }

    pub fn truth(&mut self, label: &str, truth: bool) -> fmt::Result {
        self.label(label)?;
        self.out.put(if truth { "true" } else { "false" })
    }

    pub fn bytes(&mut self, label: &str, bytes: &[u8]) -> fmt::Result {
        self.label(label)?;
        quoted(self.out, |out| bytes.iter().try_for_each(|byte| out.byte(*byte)))
    }

    /// A name: as it is where it is UTF-8. Of any other the value is escaped as in text, and
    /// another key, with `_hex` behind it, has the bytes.
    #[inline(never)]
    pub fn name(&mut self, label: &str, name: &[u8]) -> fmt::Result {
        self.label(label)?;
        quoted(self.out, |out| escape_in_json(out, name))?;
        if std::str::from_utf8(name).is_ok() {
            return Ok(());
        }
        self.out.put(",\"")?;
        self.out.put(label)?;
        self.out.put("_hex\":")?;
        quoted(self.out, |out| name.iter().try_for_each(|byte| out.byte(*byte)))
    }

    /// The stable key of a structure, or of all of what has it: `ag:1:bnobt`, `inode:133:7`.
    pub fn object(&mut self, target: Target, structure: Option<&str>) -> fmt::Result {
        self.label("object")?;
        quoted(self.out, |out| write_object(out, target, structure))
    }

    pub fn target(&mut self, target: Target, path: Option<&[u8]>) -> fmt::Result {
        match target {
            Target::Fs => Ok(()),
            Target::Ag(agno) => self.number("agno", agno.into()),
            Target::Rtgroup(rgno) => self.number("rgno", rgno.into()),
            Target::Inode { ino, generation } => {
                self.number("ino", ino)?;
                self.number("gen", generation.into())?;
                path.map_or(Ok(()), |path| self.name("path", path))
            }
        }
    }

    #[inline(never)]
    pub fn key(&mut self, key: Key, path: Option<&[u8]>) -> fmt::Result {
        self.word("domain", text(key.target.domain().c_name()))?;
        self.object(key.target, Some(key.name()))?;
        self.target(key.target, path)?;
        self.word("structure", key.name())?;
        self.number("scrub_type", key.scrub.number().into())
    }
}

/// Writes the stable key of a structure, see [`Object::object`].
pub(crate) fn write_object(
    out: &mut impl fmt::Write,
    target: Target,
    structure: Option<&str>,
) -> fmt::Result {
    out.put(text(target.domain().c_name()))?;
    match target {
        Target::Fs => {}
        Target::Ag(number) | Target::Rtgroup(number) => {
            out.put(":")?;
            out.decimal(number.into())?;
        }
        Target::Inode { ino, generation } => {
            out.put(":")?;
            out.decimal(ino)?;
            out.put(":")?;
            out.decimal(generation.into())?;
        }
    }
    let Some(structure) = structure else { return Ok(()) };
    out.put(":")?;
    out.put(structure)
}

fn quoted<W: fmt::Write>(out: &mut W, inside: impl FnOnce(&mut W) -> fmt::Result) -> fmt::Result {
    out.put("\"")?;
    inside(out)?;
    out.put("\"")
}
