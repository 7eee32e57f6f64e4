// SPDX-License-Identifier: LGPL-2.1-or-later
//! The example of libxfshealer(3) compiles as it stands there, and does what the page says.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use xfshealer::capi::*;
use xfshealer::uapi::*;

use crate::programs::compile;
use crate::tools::{libdir, scratch, source};

/// What the page has between the marks of a literal display.
fn example() -> String {
    let page = fs::read_to_string(source("man/libxfshealer.3")).unwrap();
    let (_, examples) = page.split_once(".Sh EXAMPLES\n").unwrap();
    let (_, program) = examples.split_once(".Bd -literal\n").unwrap();
    let (program, _) = program.split_once(".Ed\n").unwrap();
    // The escapes of roff(7) that C needs.
    program.replace("\\e", "\\").replace("\\&", "")
}

/// A record as the kernel writes it.
fn record(domain: u32, kind: u32, second: u64, payload: &[u32]) -> Vec<u8> {
    let mut bytes = [domain, kind].map(u32::to_ne_bytes).concat();
    bytes.extend((second * 1_000_000_000).to_ne_bytes());
    bytes.extend(payload.iter().flat_map(|word| word.to_ne_bytes()));
    bytes.resize(XFSHEALER_RECORD_BYTES, 0);
    bytes
}

/// A btree and a directory are damaged, something is lost, the filesystem is unmounted.
fn recording() -> Vec<u8> {
    // An inode number is eight bytes, these are its halves on a machine that has the lower one first.
    let (low, high) = (131, 0);
    [
        record(XFSHEALER_DOMAIN_MOUNT, XFSHEALER_TYPE_RUNNING, 1, &[]),
        record(XFSHEALER_DOMAIN_AG, XFSHEALER_TYPE_SICK, 2, &[XFS_AG_GEOM_SICK_BNOBT, 1]),
        record(XFSHEALER_DOMAIN_INODE, XFSHEALER_TYPE_SICK, 3, &[XFS_BS_SICK_DIR, 7, low, high]),
        record(XFSHEALER_DOMAIN_MOUNT, XFSHEALER_TYPE_LOST, 4, &[12, 0]),
        record(XFSHEALER_DOMAIN_MOUNT, XFSHEALER_TYPE_UNMOUNT, 5, &[]),
    ]
    .concat()
}

const OUTPUT: &str = "\
/mnt: monitoring started
/mnt agno 0x1 bnobt: sick
/mnt ino 131 gen 0x7 directory: sick
/mnt: 12 events lost
/mnt: filesystem unmounted
repair ag 1 bnobt
repair inode 131 directory
";

/// The records in a recording of `xfs_healer --record`; xfs_healer(8) has the format.
fn records(recording: &[u8]) -> Vec<u8> {
    let first_line = recording.iter().position(|byte| *byte == b'\n').unwrap();
    let (mut rest, mut records) = (&recording[first_line + 1..], Vec::new());
    while let Some((head, behind)) = rest.split_first_chunk::<24>() {
        let number = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
        let (content, behind) = behind.split_at(number(0) as usize);
        if number(4) == 3 {
            records.extend(content);
        }
        rest = behind;
    }
    records
}

/// What a program says of records; tests run side by side.
fn output(program: &Path, records: Vec<u8>) -> String {
    let input = program.with_extension("records");
    fs::write(&input, records).unwrap();
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", libdir()).stdin(fs::File::open(input).unwrap());
    let output = command.stdout(Stdio::piped()).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// What the kernel said of a filesystem that was healed; the machine had this order of bytes.
#[test]
#[cfg(target_endian = "little")]
fn it_says_the_same_of_what_a_kernel_has_said() {
    let file = scratch("example-of-recording.c");
    fs::write(&file, example()).unwrap();
    let program = compile("example-of-recording", &[file]);
    let recording = fs::read(source("tests/recordings/healed.rec")).unwrap();
    let expected = fs::read_to_string(source("tests/recordings/healed.lib")).unwrap();
    assert_eq!(output(&program, records(&recording)), expected);
}

#[test]
fn it_compiles_and_does_what_the_page_says() {
    let file = scratch("example.c");
    fs::write(&file, example()).unwrap();
    assert_eq!(output(&compile("example", &[file]), recording()), OUTPUT);
}
