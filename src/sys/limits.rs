// SPDX-License-Identifier: LGPL-2.1-or-later
//! The limit of descriptors that the process may have open.

use std::io;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use super::check;

/// The soft limit of open descriptors that we were started with; set once it was raised.
static GIVEN: OnceLock<libc::rlim_t> = OnceLock::new();

/// Raises the soft limit of open descriptors to the hard one: setrlimit(2). Children get the old
/// one by [`restore_limit`], since more would harm programs that use select(2).
///
/// ENOTSUP under a filter of system calls: that of xfsprogs' unit kills who changes limits.
pub fn raise_descriptor_limit() -> io::Result<()> {
    if super::is_filtered() {
        return Err(io::Error::from_raw_os_error(libc::ENOTSUP));
    }
    let limits = descriptor_limits()?;
    set_descriptor_limits(&libc::rlimit { rlim_cur: limits.rlim_max, ..limits })?;
    let _ = GIVEN.set(limits.rlim_cur);
    Ok(())
}

/// The number of descriptors that the process may have open: getrlimit(2).
#[allow(clippy::unnecessary_cast, reason = "narrower on 32-bit machines")]
pub fn descriptor_limit() -> io::Result<u64> {
    Ok(descriptor_limits()?.rlim_cur as u64)
}

/// Gives a child, which this is, the limit of open descriptors that we were started with. Allocates
/// nothing.
pub(super) fn restore_limit() -> io::Result<()> {
    let Some(given) = GIVEN.get().copied() else { return Ok(()) };
    let limits = descriptor_limits()?;
    set_descriptor_limits(&libc::rlimit { rlim_cur: given.min(limits.rlim_max), ..limits })
}

fn descriptor_limits() -> io::Result<libc::rlimit> {
    let mut limits = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: the struct is writable, and the call fills it.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limits.as_mut_ptr()) })?;
    // SAFETY: two integers, for which zeros are valid too.
    Ok(unsafe { limits.assume_init() })
}

fn set_descriptor_limits(limits: &libc::rlimit) -> io::Result<()> {
    // SAFETY: the struct is only read.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limits) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_have_the_limit_that_we_were_given() {
        let given = descriptor_limits().unwrap();
        let raised = raise_descriptor_limit();
        if crate::sys::is_filtered() {
            return assert_eq!(raised.unwrap_err().raw_os_error(), Some(libc::ENOTSUP));
        }
        raised.unwrap();
        let raised = descriptor_limits().unwrap();
        assert_eq!((raised.rlim_cur, raised.rlim_max), (given.rlim_max, given.rlim_max));
        let output = crate::sys::output_of("sh", &["-c", "ulimit -Sn; ulimit -Hn"], |_| ());
        let text = |limit: libc::rlim_t| match limit {
            libc::RLIM_INFINITY => "unlimited".to_owned(),
            limit => limit.to_string(),
        };
        let want = format!("{}\n{}\n", text(given.rlim_cur), text(given.rlim_max));
        assert_eq!(output, want);
    }
}
