// SPDX-License-Identifier: LGPL-2.1-or-later
//! What a whole look at a filesystem costs, slice after slice without the pauses of the daemon.
//!
//! `walk MOUNTPOINT` prints the milliseconds that the slices took, the longest of them, the processor
//! time, the MB that were read from the device, and whether everything could be looked at.

use std::error::Error;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use xfshealer::act::Look;
use xfshealer::plan::Depth;

/// As the daemon's.
const SLICE: Duration = Duration::from_millis(25);

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).filter(|path| path.starts_with('/'));
    let Some(path) = path else { return Ok(()) }; // "cargo bench" asks what there is
    let root = File::open(path)?;
    let mut look = Look::new(Depth::Deep);
    let (mut all, mut longest) = (Duration::ZERO, Duration::ZERO);
    loop {
        let began = Instant::now();
        let is_over = look.step(root.as_fd(), SLICE, &mut |_, _| ())?;
        let took = began.elapsed();
        (all, longest) = (all + took, longest.max(took));
        if is_over {
            break;
        }
        std::thread::sleep(look.rest());
    }
    let how = if look.is_complete() { "complete" } else { "incomplete" };
    println!("{} {} {} {:.1} {how}", all.as_millis(), longest.as_millis(), cpu_ms()?, read_mb()?);
    Ok(())
}

/// proc_pid_stat(5): user and system time in hundredths of a second.
fn cpu_ms() -> Result<u64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in it")?;
    let times = fields.split_whitespace().skip(11).take(2);
    Ok(times.map(str::parse::<u64>).sum::<Result<u64, _>>()? * 10)
}

/// proc_pid_io(5).
fn read_mb() -> Result<f64, Box<dyn Error>> {
    let io = fs::read_to_string("/proc/self/io")?;
    let bytes = io.lines().find_map(|line| line.strip_prefix("read_bytes: ")).ok_or("no bytes")?;
    Ok(bytes.parse::<f64>()? / 1e6)
}
