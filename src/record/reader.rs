// SPDX-License-Identifier: LGPL-2.1-or-later
//! Reads the frames of a recording, of which nothing is believed.

use super::format::{Content, FrameContent, HEAD_BYTES, Head, MOST_BYTES};
use crate::log::recording::{BadRecording, Flaw};
use crate::plan::Time;
use std::io::{self, Read};
use std::marker::PhantomData;

/// Something that is read from a recording.
#[derive(Clone, Debug)]
pub(crate) enum Item<C = Content> {
    /// A recording begins: no filesystem of the one before goes on.
    Begins,
    /// A frame.
    Frame {
        /// Bytes of the file before it.
        offset: u64,
        /// Number of the filesystem that it is of.
        filesystem: u64,
        /// Time of the recording's clock.
        time: Time,
        /// What it holds.
        content: C,
    },
}

/// Reader of a file with recordings.
#[derive(Debug)]
pub(crate) struct Reader<R, C = Content> {
    content: PhantomData<C>,
    file: R,
    /// Bytes before what is read next.
    offset: u64,
    /// Content of a frame.
    buffer: Vec<u8>,
}

impl<R: Read> Reader<R> {
    /// A reader of recordings of `xfs_healer`.
    pub fn new(file: R) -> Reader<R> {
        Reader::of(file)
    }
}

impl<R: Read, C: FrameContent> Reader<R, C> {
    /// A reader of recordings with such frames.
    pub fn of(file: R) -> Reader<R, C> {
        Reader { content: PhantomData, file, offset: 0, buffer: Vec::new() }
    }

    /// The next thing; `None` at the end of the file. After a fault there is nothing more to read.
    pub fn next(&mut self) -> Result<Option<Item<C>>, BadRecording> {
        let offset = self.offset;
        self.item().map_err(|what| BadRecording { offset, what })
    }

    fn item(&mut self) -> Result<Option<Item<C>>, Flaw> {
        let (offset, mut head) = (self.offset, [0; HEAD_BYTES]);
        match self.fill(&mut head)? {
            0 if offset > 0 => return Ok(None),
            HEAD_BYTES => {}
            _ if offset > 0 => return Err(Flaw::Torn),
            _ => return Err(Flaw::NoRecording(C::PROGRAM)),
        }
        let begins_of = |program: &str| begins(&head, program, b" recording ");
        if begins_of(C::PROGRAM) {
            return self.first_line(&head).map(|()| Some(Item::Begins));
        }
        if offset == 0 && begins_of(C::OTHER_PROGRAM) {
            return Err(Flaw::OfOther(C::OTHER_PROGRAM));
        }
        if offset == 0 {
            return Err(Flaw::NoRecording(C::PROGRAM));
        }
        let Head { len, kind, filesystem, time } = Head::of_bytes(&head);
        let len_bytes = usize::try_from(len).ok().filter(|len| *len <= MOST_BYTES);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(len_bytes.ok_or(Flaw::Length(kind, len))?, 0);
        if self.fill(&mut buffer)? < buffer.len() {
            return Err(Flaw::Torn);
        }
        let content = C::of_bytes(kind, &buffer)?;
        self.buffer = buffer;
        Ok(Some(Item::Frame { offset, filesystem, time, content }))
    }

    /// Reads the rest of the first line of a recording, of which this is the beginning.
    fn first_line(&mut self, head: &[u8; HEAD_BYTES]) -> Result<(), Flaw> {
        let rest_bytes = C::FIRST_LINE.len().saturating_sub(HEAD_BYTES);
        let mut rest = vec![0; rest_bytes];
        let have = self.fill(&mut rest)?;
        let line = [&head[..], rest.get(..have).unwrap_or_default()].concat();
        if line == C::FIRST_LINE.as_bytes() {
            return Ok(());
        }
        Err(match () {
            () if C::FIRST_LINE.as_bytes().starts_with(&line) => Flaw::Torn,
            () if !begins(&line, C::PROGRAM, b" recording 1 ") => Flaw::Version,
            () if line.contains(&b'\r') => Flaw::LineEnds,
            () => Flaw::ByteOrder,
        })
    }

    /// Reads as much as there is.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Flaw> {
        let mut have = 0;
        while let Some(free) = buffer.get_mut(have..).filter(|free| !free.is_empty()) {
            match self.file.read(free) {
                Ok(0) => break,
                Ok(bytes) => have = have.saturating_add(bytes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Flaw::Failed(error.into())),
            }
        }
        self.offset = self.offset.saturating_add(have as u64);
        Ok(have)
    }
}

/// True if a line begins with the name of a program and this.
fn begins(line: &[u8], program: &str, rest: &[u8]) -> bool {
    line.strip_prefix(program.as_bytes()).is_some_and(|line| line.starts_with(rest))
}

/// Length of the whole frames at the beginning of a file that is to be gone on with.
pub(crate) fn whole_bytes<C: FrameContent>(file: impl Read) -> Result<u64, BadRecording> {
    let mut reader = Reader::<_, C>::of(file);
    loop {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(reader.offset),
            Err(BadRecording { offset, what: Flaw::Torn }) => return Ok(offset),
            Err(trouble) => return Err(trouble),
        }
    }
}
