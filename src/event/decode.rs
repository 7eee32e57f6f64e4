// SPDX-License-Identifier: LGPL-2.1-or-later
//! Decodes bytes to events, without allocation and without a reachable panic.

use super::body::{Body, Event, Target};
use super::names::{Change, Device, FileError, ShutdownReasons};
use crate::uapi::*;

/// Size of a record, `sizeof(struct xfs_health_monitor_event)`.
pub const RECORD_BYTES: usize = 64;

/// A record of the health monitor file.
pub type Record = [u8; RECORD_BYTES];

/// The `domain` and `type` fields of a record.
#[inline]
pub fn domain_and_type(record: &Record) -> (u32, u32) {
    (u32_at::<0>(record), u32_at::<4>(record))
}

impl Event {
    /// Decodes one record. Every record is an event, known or not.
    pub fn decode(record: &Record) -> Event {
        Event { time_ns: u64_at::<8>(record), body: body(record) }
    }
}

fn body(r: &Record) -> Body {
    let (domain, kind) = domain_and_type(r);
    known(r, domain, kind).unwrap_or_else(|| {
        let mut payload = [0; 32];
        payload.iter_mut().zip(r.iter().skip(16)).for_each(|(to, from)| *to = *from);
        Body::Unknown { domain, kind, payload }
    })
}

fn known(r: &Record, domain: u32, kind: u32) -> Option<Body> {
    match domain {
        XFS_HEALTH_MONITOR_DOMAIN_MOUNT => mount(r, kind),
        XFS_HEALTH_MONITOR_DOMAIN_FS => health(kind, Target::Fs, u32_at::<16>(r)),
        XFS_HEALTH_MONITOR_DOMAIN_AG => health(kind, Target::Ag(u32_at::<20>(r)), u32_at::<16>(r)),
        XFS_HEALTH_MONITOR_DOMAIN_RTGROUP => {
            health(kind, Target::Rtgroup(u32_at::<20>(r)), u32_at::<16>(r))
        }
        XFS_HEALTH_MONITOR_DOMAIN_INODE => {
            let target = Target::Inode { ino: u64_at::<24>(r), generation: u32_at::<20>(r) };
            health(kind, target, u32_at::<16>(r))
        }
        XFS_HEALTH_MONITOR_DOMAIN_FILERANGE => Some(Body::FileRange {
            error: FileError::from_type(kind)?,
            pos: u64_at::<16>(r),
            len: u64_at::<24>(r),
            ino: u64_at::<32>(r),
            generation: u32_at::<40>(r),
            errno: u32_at::<44>(r),
        }),
        _ if kind == XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR => Some(Body::MediaError {
            device: Device::from_domain(domain)?,
            daddr: u64_at::<16>(r),
            bbcount: u64_at::<24>(r),
        }),
        _ => None,
    }
}

fn mount(r: &Record, kind: u32) -> Option<Body> {
    match kind {
        XFS_HEALTH_MONITOR_TYPE_RUNNING => Some(Body::Running),
        XFS_HEALTH_MONITOR_TYPE_LOST => Some(Body::Lost { count: u64_at::<16>(r) }),
        XFS_HEALTH_MONITOR_TYPE_UNMOUNT => Some(Body::Unmount),
        XFS_HEALTH_MONITOR_TYPE_SHUTDOWN => {
            Some(Body::Shutdown { reasons: ShutdownReasons::from_bits_retain(u32_at::<16>(r)) })
        }
        _ => None,
    }
}

fn health(kind: u32, target: Target, mask: u32) -> Option<Body> {
    Some(Body::Health { change: Change::from_type(kind)?, target, mask })
}

/// Reads a number at an offset. The constant offset is checked when the program is compiled, so no
/// panic remains in it.
pub(crate) fn u32_at<const AT: usize>(r: &Record) -> u32 {
    const { assert!(AT + 4 <= RECORD_BYTES) };
    u32::from_ne_bytes([r[AT], r[AT + 1], r[AT + 2], r[AT + 3]])
}

pub(crate) fn u64_at<const AT: usize>(r: &Record) -> u64 {
    const { assert!(AT + 8 <= RECORD_BYTES) };
    u64::from_ne_bytes([
        r[AT],
        r[AT + 1],
        r[AT + 2],
        r[AT + 3],
        r[AT + 4],
        r[AT + 5],
        r[AT + 6],
        r[AT + 7],
    ])
}

/// Decodes a stream that may be cut anywhere; keeps the beginning of a record that is not whole.
#[derive(Clone, Debug)]
pub struct Decoder {
    partial: Record,
    have: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder { partial: [0; RECORD_BYTES], have: 0 }
    }
}

impl Decoder {
    /// Makes a decoder that goes on after these bytes of a record that is not whole; no more than
    /// 63 of them count.
    pub fn resume(begun: &[u8]) -> Decoder {
        let mut decoder = Decoder::default();
        let free = decoder.partial.iter_mut().take(RECORD_BYTES - 1);
        decoder.have = free.zip(begun).map(|(to, from)| *to = *from).count();
        decoder
    }

    /// Takes the next bytes of the stream and gives the records that they complete.
    ///
    /// The iterator should be used up: what it has not looked at when it is dropped is skipped.
    pub fn records<'a>(&'a mut self, bytes: &'a [u8]) -> Records<'a> {
        Records { decoder: self, rest: bytes }
    }

    /// The bytes of a record that is not whole yet.
    pub fn partial(&self) -> &[u8] {
        self.partial.get(..self.have).unwrap_or_default()
    }

    /// Moves bytes from `rest` into the partial record; gives it when it became whole.
    fn complete(&mut self, rest: &mut &[u8]) -> Option<Record> {
        let free = self.partial.get_mut(self.have..)?;
        let take = free.len().min(rest.len());
        let (now, later) = rest.split_at_checked(take)?;
        free.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
        *rest = later;
        self.have += take;
        (self.have == RECORD_BYTES).then(|| {
            self.have = 0;
            self.partial
        })
    }
}

/// Iterator over the records in a piece of the stream.
#[derive(Debug)]
pub struct Records<'a> {
    decoder: &'a mut Decoder,
    rest: &'a [u8],
}

impl Records<'_> {
    /// Bytes that the iterator has not looked at yet.
    pub fn rest(&self) -> &[u8] {
        self.rest
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.decoder.have == 0 {
            if let Some((record, rest)) = self.rest.split_first_chunk::<RECORD_BYTES>() {
                self.rest = rest;
                return Some(*record);
            }
        }
        self.decoder.complete(&mut self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::*;

    /// A record as the kernel lays it out, from its fields.
    fn record(domain: u32, kind: u32, payload: &[u8]) -> Record {
        let mut r = [0; RECORD_BYTES];
        r[..4].copy_from_slice(&domain.to_ne_bytes());
        r[4..8].copy_from_slice(&kind.to_ne_bytes());
        r[8..16].copy_from_slice(&77u64.to_ne_bytes());
        r[16..16 + payload.len()].copy_from_slice(payload);
        r
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_ne_bytes()).collect()
    }

    fn body_of(domain: u32, kind: u32, payload: &[u8]) -> Body {
        let event = Event::decode(&record(domain, kind, payload));
        assert_eq!(event.time_ns, 77);
        event.body
    }

    #[test]
    fn each_mount_event_is_known() {
        assert_eq!(body_of(0, 0, &[]), Body::Running);
        assert_eq!(body_of(0, 1, &23708u64.to_ne_bytes()), Body::Lost { count: 23708 });
        assert_eq!(body_of(0, 2, &[]), Body::Unmount);
        let Body::Shutdown { reasons } = body_of(0, 6, &words(&[0x8000_0006])) else { panic!() };
        assert_eq!(reasons.bits(), 0x8000_0006, "an unknown reason survives");
    }

    #[test]
    fn metadata_health_of_each_domain_and_change() {
        let changes = [(3, Change::Sick), (4, Change::Corrupt), (5, Change::Healthy)];
        for (kind, change) in changes {
            let health = |target, mask| Body::Health { change, target, mask };
            assert_eq!(body_of(1, kind, &words(&[0x80])), health(Target::Fs, 0x80));
            assert_eq!(body_of(2, kind, &words(&[0x10, 9])), health(Target::Ag(9), 0x10));
            assert_eq!(body_of(4, kind, &words(&[0x2, 3])), health(Target::Rtgroup(3), 0x2));
            let inode = [words(&[1 << 31, 0xdead]), 135u64.to_ne_bytes().to_vec()].concat();
            let target = Target::Inode { ino: 135, generation: 0xdead };
            assert_eq!(body_of(3, kind, &inode), health(target, 1 << 31));
        }
    }

    #[test]
    fn media_errors_of_the_three_devices() {
        let payload = [0x3fc0u64.to_ne_bytes(), 0x80u64.to_ne_bytes()].concat();
        for (domain, device) in [(5, Device::Data), (6, Device::Realtime), (7, Device::Log)] {
            let expected = Body::MediaError { device, daddr: 0x3fc0, bbcount: 0x80 };
            assert_eq!(body_of(domain, 7, &payload), expected);
        }
    }

    #[test]
    fn file_errors_of_each_kind() {
        let payload = [
            131072u64.to_ne_bytes().to_vec(),
            4096u64.to_ne_bytes().to_vec(),
            135u64.to_ne_bytes().to_vec(),
            words(&[5, 61]),
        ]
        .concat();
        let kinds = [
            (8, FileError::BufferedRead),
            (9, FileError::BufferedWrite),
            (10, FileError::DirectRead),
            (11, FileError::DirectWrite),
            (12, FileError::DataLost),
        ];
        for (kind, error) in kinds {
            let expected = Body::FileRange {
                error,
                ino: 135,
                generation: 5,
                pos: 131072,
                len: 4096,
                errno: 61,
            };
            assert_eq!(body_of(8, kind, &payload), expected);
        }
    }

    #[test]
    fn what_has_no_name_survives_whole() {
        let payload: Vec<u8> = (1..=32).collect();
        for (domain, kind) in [(9, 3), (2, 13), (0, 3), (8, 7), (5, 3), (u32::MAX, u32::MAX)] {
            let Body::Unknown { domain: d, kind: k, payload: p } = body_of(domain, kind, &payload)
            else {
                panic!("domain {domain} type {kind} has a name")
            };
            assert_eq!((d, k, &p[..]), (domain, kind, &payload[..]));
        }
    }

    proptest! {
        /// Records come out the same however the stream is cut, and the rest is kept.
        #[test]
        fn a_stream_may_be_cut_anywhere(bytes: Vec<u8>, cuts in proptest::collection::vec(1usize..200, 1..9)) {
            let whole: Vec<_> = Decoder::default().records(&bytes).collect();
            let mut decoder = Decoder::default();
            let mut pieces = Vec::new();
            let (mut rest, mut cuts) = (&bytes[..], cuts.iter().cycle());
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                pieces.extend(decoder.records(now));
                rest = later;
            }
            prop_assert_eq!(whole.len(), bytes.len() / RECORD_BYTES);
            prop_assert_eq!(whole, pieces);
            prop_assert_eq!(decoder.partial().len(), bytes.len() % RECORD_BYTES);
        }
    }
}
