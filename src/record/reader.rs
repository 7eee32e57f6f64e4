// SPDX-License-Identifier: LGPL-2.1-or-later
//! Reads the frames of a recording, of which nothing is believed.

use super::format::{ANY_VERSION, Content, FIRST_LINE, HEAD_BYTES, Head, MOST_BYTES, THIS_VERSION};
use crate::log::recording::{BadRecording, Flaw};
use crate::plan::Time;
use std::io::{self, Read};

/// Something that is read from a recording.
#[derive(Clone, Debug)]
pub(crate) enum Item {
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
        content: Content,
    },
}

/// Reader of a file with recordings.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    file: R,
    /// Bytes before what is read next.
    offset: u64,
    /// Content of a frame.
    buffer: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub fn new(file: R) -> Reader<R> {
        Reader { file, offset: 0, buffer: Vec::new() }
    }

    /// The next thing; `None` at the end of the file. After a fault there is nothing more to read.
    pub fn next(&mut self) -> Result<Option<Item>, BadRecording> {
        let offset = self.offset;
        self.item().map_err(|what| BadRecording { offset, what })
    }

    fn item(&mut self) -> Result<Option<Item>, Flaw> {
        let (offset, mut head) = (self.offset, [0; HEAD_BYTES]);
        match self.fill(&mut head)? {
            0 if offset > 0 => return Ok(None),
            HEAD_BYTES => {}
            _ if offset > 0 => return Err(Flaw::Torn),
            _ => return Err(Flaw::NoRecording),
        }
        if head.starts_with(ANY_VERSION.as_bytes()) {
            return self.first_line(&head).map(|()| Some(Item::Begins));
        }
        if offset == 0 {
            return Err(Flaw::NoRecording);
        }
        let Head { len, kind, filesystem, time } = Head::of_bytes(&head);
        let len_bytes = usize::try_from(len).ok().filter(|len| *len <= MOST_BYTES);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(len_bytes.ok_or(Flaw::Length(kind, len))?, 0);
        if self.fill(&mut buffer)? < buffer.len() {
            return Err(Flaw::Torn);
        }
        let content = Content::of_bytes(kind, &buffer)?;
        self.buffer = buffer;
        Ok(Some(Item::Frame { offset, filesystem, time, content }))
    }

    /// Reads the rest of the first line of a recording, of which this is the beginning.
    fn first_line(&mut self, head: &[u8; HEAD_BYTES]) -> Result<(), Flaw> {
        let rest_bytes = FIRST_LINE.len().saturating_sub(HEAD_BYTES);
        let mut rest = vec![0; rest_bytes];
        let have = self.fill(&mut rest)?;
        let line = [&head[..], rest.get(..have).unwrap_or_default()].concat();
        if line == FIRST_LINE.as_bytes() {
            return Ok(());
        }
        Err(match () {
            () if FIRST_LINE.as_bytes().starts_with(&line) => Flaw::Torn,
            () if line.starts_with(THIS_VERSION.as_bytes()) => Flaw::ByteOrder,
            () => Flaw::Version,
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

/// Length of the whole frames at the beginning of a file that is to be gone on with.
pub(crate) fn whole_bytes(file: impl Read) -> Result<u64, BadRecording> {
    let mut reader = Reader::new(file);
    loop {
        match reader.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(reader.offset),
            Err(BadRecording { offset, what: Flaw::Torn }) => return Ok(offset),
            Err(trouble) => return Err(trouble),
        }
    }
}
