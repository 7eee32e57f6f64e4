// SPDX-License-Identifier: LGPL-2.1-or-later
//! A log that is the kernel's own, as `/dev/kmsg`.

use super::sink::Sink;
use crate::sys;
use std::fs::{File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// The facility of daemons, as syslog(3) has it in a priority.
pub(crate) const DAEMON: u8 = 3 << 3;

/// Limit of bytes of one record. The kernel refuses a longer write as a whole (`devkmsg_write`):
/// one of more than 1,024 bytes, and older ones take some 48 away from that.
const RECORD_BYTES: usize = 960;
/// Beginning of the rest of a long line: the rest's own could be taken for a priority, or for
/// another line.
const GOES_ON: &[u8] = b"... ";

/// True if this is the kernel log.
pub(crate) fn is_kernel_log(file: &Metadata) -> bool {
    file.file_type().is_char_device() && file.rdev() == libc::makedev(1, 11)
}

/// The kernel log. Each write is a record, which has a length that it must not exceed; none waits,
/// and poll(2) would never say that one is possible.
#[derive(Debug)]
pub(crate) struct KernelLog {
    file: File,
    sink: Sink,
    /// True if the last record was not the end of its line.
    goes_on: bool,
}

impl KernelLog {
    pub fn new(file: File, sink: Sink) -> KernelLog {
        KernelLog { file, sink, goes_on: false }
    }

    pub fn push(&mut self, text: &str) {
        self.sink.push(text);
    }

    pub fn is_half_full(&self) -> bool {
        self.sink.is_half_full()
    }

    pub fn flush(&mut self) {
        let KernelLog { file, sink, goes_on } = self;
        sink.flush(|bytes| {
            let piece = first_piece(bytes);
            let is_end = piece.ends_with(b"\n");
            if piece != b"\n" {
                let start = if *goes_on { GOES_ON } else { b"" };
                sys::write(file.as_fd(), &[start, piece].concat())?;
            }
            *goes_on = !is_end;
            Ok(piece.len())
        });
    }
}

/// The first line, or as much of it as a record takes, in whole characters.
pub(crate) fn first_piece(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let line = bytes.get(..end).unwrap_or(bytes);
    let most = RECORD_BYTES - GOES_ON.len();
    if line.len() <= most {
        return line;
    }
    let is_within = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let cut = (1..=most).rev().find(|at| !is_within(at)).unwrap_or(most);
    line.get(..cut).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;
    use std::path::Path;

    fn pieces(mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let piece = first_piece(bytes);
            pieces.push(piece);
            bytes = &bytes[piece.len()..];
        }
        pieces
    }

    proptest! {
        #[test]
        fn each_line_is_a_record_and_a_long_one_is_some(
            lines in prop::collection::vec("\\PC{0,900}", 1..4),
        ) {
            let text = lines.join("\n") + "\n";
            let pieces = pieces(text.as_bytes());
            prop_assert_eq!(pieces.concat(), text.as_bytes());
            for piece in pieces {
                prop_assert!(!piece.is_empty() && GOES_ON.len() + piece.len() <= RECORD_BYTES);
                prop_assert!(std::str::from_utf8(piece).is_ok());
                prop_assert!(!piece[..piece.len() - 1].contains(&b'\n'));
            }
        }
    }

    #[test]
    fn what_is_no_text_is_cut_all_the_same() {
        let lens: Vec<_> = pieces(&[0x80; 2000]).iter().map(|piece| piece.len()).collect();
        assert_eq!(lens, [956, 956, 88]);
    }

    #[test]
    fn another_device_is_not_the_kernel_log() {
        for path in ["/dev/null", "/"] {
            assert!(!is_kernel_log(&Path::new(path).metadata().unwrap()), "{path}");
        }
    }
}
