// SPDX-License-Identifier: LGPL-2.1-or-later
//! The example of libxfshealer(3) compiles as it stands there, and does what the page says.

use std::fs;
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

#[test]
fn it_compiles_and_does_what_the_page_says() {
    let (file, input) = (scratch("example.c"), scratch("recording"));
    fs::write(&file, example()).unwrap();
    fs::write(&input, recording()).unwrap();
    let mut command = Command::new(compile("example", &[file]));
    command.env("LD_LIBRARY_PATH", libdir()).stdin(fs::File::open(input).unwrap());
    let output = command.stdout(Stdio::piped()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), OUTPUT);
    assert!(output.status.success());
}
