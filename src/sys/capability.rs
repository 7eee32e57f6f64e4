// SPDX-License-Identifier: LGPL-2.1-or-later
//! The privileges of a process, and giving them up.

use super::check;
use std::ffi::{c_int, c_ulong};
use std::io;

bitflags::bitflags! {
    /// Capabilities, by their numbers in linux/capability.h, which libc does not mirror.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Capabilities: u64 {
        /// Reads and writes whatever the permissions of files say.
        const DAC_OVERRIDE = 1 << 1;
        /// Reads whatever the permissions of files say.
        const DAC_READ_SEARCH = 1 << 2;
        /// Does what only a file's owner may.
        const FOWNER = 1 << 3;
        /// Sends signals to processes of other users.
        const KILL = 1 << 5;
        /// Keeps memory out of swap space, whatever the limit.
        const IPC_LOCK = 1 << 14;
        /// Sends commands to a device.
        const SYS_RAWIO = 1 << 17;
        /// Looks into processes that may do more.
        const SYS_PTRACE = 1 << 19;
        /// Allows all ioctls of XFS that matter here, mounts, and much else.
        const SYS_ADMIN = 1 << 21;
        const _ = !0;
    }
}

/// True if this process is ordinary root, whose programs start with all capabilities that the
/// bounding set has, whatever it has given up for itself.
pub fn is_plain_root() -> bool {
    // SAFETY: no arguments, no memory, no failure.
    let is_root = unsafe { libc::geteuid() } == 0;
    // SAFETY: an integer, no memory of ours.
    let securebits = unsafe { libc::prctl(libc::PR_GET_SECUREBITS) };
    is_root && securebits == libc::SECUREBITS_DEFAULT
}

/// Calls prctl(2) with one argument that is a number.
fn control(option: c_int, argument: c_ulong) -> io::Result<c_int> {
    let none: c_ulong = 0;
    // SAFETY: none of the options that are used here takes a pointer; the rest must be zero.
    check(unsafe { libc::prctl(option, argument, none, none, none) })
}

/// Leaves no core dump of this process, and shows its memory to nobody but root. Holds until the
/// next execve(2): programs that it runs are as they were.
pub fn no_core_dumps() -> io::Result<()> {
    control(libc::PR_SET_DUMPABLE, 0).map(drop)
}

/// Lets no program that this thread, or one that it starts, runs from here on get more than they
/// are permitted: neither by the set-user-ID bit or capabilities of its file, nor, as root, by the
/// bounding set (security/commoncap.c: cap_bprm_creds_from_file).
pub fn no_new_privileges() -> io::Result<()> {
    control(libc::PR_SET_NO_NEW_PRIVS, 1).map(drop)
}

/// Takes all capabilities but `keep` out of the bounding set of this thread and those that it
/// starts: of what is not in there, no program that they run gets anything. It needs CAP_SETPCAP.
pub fn bound_capabilities(keep: Capabilities) -> io::Result<()> {
    for number in 0..u64::BITS {
        if keep.contains(Capabilities::from_bits_retain(1 << number)) {
            continue;
        }
        let number = c_ulong::from(number);
        match control(libc::PR_CAPBSET_DROP, number) {
            // The kernel knows those up to some number.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            // A process that may not drop any can be without this one.
            Err(error)
                if control(libc::PR_CAPBSET_READ, number).is_ok_and(|is_set| is_set == 1) =>
            {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

// linux/capability.h
const VERSION_3: u32 = 0x2008_0522;

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: c_int,
}

/// Half of each capability set: the low numbers come first.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Half {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Takes all capabilities but `effective` out of what this thread, and those that it starts, may do
/// themselves, and all but `permitted` out of what they can take up again.
pub fn keep_capabilities(effective: Capabilities, permitted: Capabilities) -> io::Result<()> {
    let mut halves = own()?;
    for (half, shift) in halves.iter_mut().zip([0, u32::BITS]) {
        half.permitted &= (permitted.bits() >> shift) as u32;
        half.effective &= half.permitted & (effective.bits() >> shift) as u32;
    }
    set_own(halves)
}

/// Runs `work` while the calling thread also has the capabilities `more`, if it can take them up;
/// else just runs it.
///
/// Under a seccomp filter nothing is asked for: the unit of xfsprogs 7.2 kills who calls capset(2).
pub fn with_capabilities<R>(more: Capabilities, work: impl FnOnce() -> R) -> R {
    if super::is_filtered() {
        return work();
    }
    let _for_a_while = TakenUp::take(more);
    work()
}

/// Gives the calling thread its former capabilities back when it is dropped: also if the work
/// panics, as the thread goes on.
struct TakenUp {
    before: [Half; 2],
}

impl TakenUp {
    fn take(more: Capabilities) -> io::Result<TakenUp> {
        let before = own()?;
        let mut halves = before;
        for (half, shift) in halves.iter_mut().zip([0, u32::BITS]) {
            half.effective |= half.permitted & (more.bits() >> shift) as u32;
        }
        set_own(halves)?;
        Ok(TakenUp { before })
    }
}

impl Drop for TakenUp {
    fn drop(&mut self) {
        // Giving up again is never refused.
        let _ = set_own(self.before);
    }
}

/// The capabilities of the calling thread.
fn own() -> io::Result<[Half; 2]> {
    let mut header = CapabilityHeader { version: VERSION_3, pid: 0 };
    let mut halves = [Half::default(); 2];
    // SAFETY: both are laid out as in linux/capability.h and writable; version 3 has two halves.
    let got = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, halves.as_mut_ptr()) };
    check(got)?;
    Ok(halves)
}

fn set_own(halves: [Half; 2]) -> io::Result<()> {
    let mut header = CapabilityHeader { version: VERSION_3, pid: 0 };
    // SAFETY: both are laid out as in linux/capability.h, version 3 with two halves, which are only
    // read; the header is writable.
    let set = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, halves.as_ptr()) };
    check(set).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of what the kernel tells about the calling thread.
    fn status(name: &str) -> String {
        let text = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
        value.unwrap().to_owned()
    }

    fn set(name: &str) -> u64 {
        u64::from_str_radix(&status(name), 16).unwrap()
    }

    /// Runs in a thread, which takes what it has given up with it.
    #[test]
    fn a_thread_gives_up_all_but_what_it_keeps() {
        let effective = Capabilities::SYS_ADMIN;
        let keep = Capabilities::SYS_ADMIN | Capabilities::DAC_OVERRIDE;
        std::thread::spawn(move || {
            let had = ["CapEff", "CapPrm", "CapBnd"].map(set);
            no_new_privileges().unwrap();
            assert_eq!(status("NoNewPrivs"), "1");
            let may_bound = had[0] & 1 << 8 != 0; // CAP_SETPCAP
            let bounded = bound_capabilities(keep);
            assert_eq!(bounded.is_ok(), may_bound || had[2] & !keep.bits() == 0, "{bounded:?}");
            keep_capabilities(effective, keep).unwrap();
            let has = ["CapEff", "CapPrm", "CapBnd"].map(set);
            assert_eq!(has[..2], [had[0] & effective.bits(), had[1] & keep.bits()]);
            assert!(!may_bound || has[2] == had[2] & keep.bits(), "{has:x?}");
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_takes_up_for_a_while_what_it_is_permitted() {
        std::thread::spawn(|| {
            let (permitted, more) = (set("CapPrm"), Capabilities::SYS_ADMIN);
            keep_capabilities(Capabilities::empty(), Capabilities::all()).unwrap();
            let within = with_capabilities(more, || set("CapEff"));
            let is_filtered = super::super::is_filtered();
            assert_eq!(within, if is_filtered { 0 } else { permitted & more.bits() });
            assert_eq!((set("CapEff"), set("CapPrm")), (0, permitted));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn it_is_given_up_again_if_what_it_was_for_panics() {
        std::thread::spawn(|| {
            keep_capabilities(Capabilities::empty(), Capabilities::all()).unwrap();
            // Without a message, and else as every panic.
            fn panics() {
                std::panic::resume_unwind(Box::new(set("CapEff")))
            }
            let within =
                std::panic::catch_unwind(|| with_capabilities(Capabilities::SYS_ADMIN, panics));
            let within = *within.unwrap_err().downcast::<u64>().unwrap();
            let taken_up = set("CapPrm") & Capabilities::SYS_ADMIN.bits();
            assert_eq!(within, if super::super::is_filtered() { 0 } else { taken_up });
            assert_eq!(set("CapEff"), 0);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn only_uid_0_is_root() {
        let uid = status("Uid").split('\t').nth(1).unwrap().to_owned();
        assert!(uid == "0" || !is_plain_root());
    }
}
