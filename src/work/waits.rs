// SPDX-License-Identifier: LGPL-2.1-or-later
//! The waits of a loop for news, of which some may fail.

use std::io::{self, ErrorKind};
use std::thread;
use std::time::Duration;

/// Pause where no news can be waited for, and number of such pauses in a row after which that is the
/// end: what lasts for a minute is no passing shortage.
const PAUSE: Duration = Duration::from_millis(100);
const MOST_FAILED: u32 = 600;

/// The waits that have failed in a row, for want of memory for example.
#[derive(Debug, Default)]
pub struct Waits {
    failed: u32,
}

impl Waits {
    /// Takes in the result of a wait. If it has failed there is a pause instead, after which all
    /// sources are to be read.
    ///
    /// Gives the first failure in a row, to be said; the error is that of a failure that lasts.
    pub fn ended(&mut self, result: io::Result<()>) -> io::Result<Option<io::Error>> {
        let Err(error) = result else {
            self.failed = 0;
            return Ok(None);
        };
        if error.kind() == ErrorKind::Interrupted {
            return Ok(None);
        }
        self.failed += 1;
        if self.failed >= MOST_FAILED {
            return Err(error);
        }
        thread::sleep(PAUSE);
        Ok((self.failed == 1).then_some(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(errno: i32) -> io::Result<()> {
        Err(io::Error::from_raw_os_error(errno))
    }

    #[test]
    fn the_first_failure_in_a_row_is_said_and_one_that_lasts_is_the_end() {
        let mut waits = Waits::default();
        assert!(waits.ended(fails(libc::EINTR)).unwrap().is_none());
        for _ in 0..2 {
            assert!(waits.ended(fails(libc::ENOMEM)).unwrap().is_some());
            assert!(waits.ended(fails(libc::EINTR)).unwrap().is_none());
            assert!(waits.ended(fails(libc::ENOMEM)).unwrap().is_none());
            assert!(waits.ended(Ok(())).unwrap().is_none());
        }
        let mut waits = Waits { failed: MOST_FAILED - 1 };
        assert_eq!(
            waits.ended(fails(libc::ENOMEM)).unwrap_err().raw_os_error(),
            Some(libc::ENOMEM)
        );
    }
}
