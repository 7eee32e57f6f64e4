// SPDX-License-Identifier: LGPL-2.1-or-later
//! The system's words for an error number, without allocation: a C program prints them too.

use std::ffi::CStr;

/// Longer than any text of any libc, as the standard library assumes too.
const MOST: usize = 128;

/// The text for one error number.
#[derive(Clone, Copy, Debug)]
pub struct ErrnoText([u8; MOST]);

/// The system's text for `errno`, as strerror(3) has it.
pub fn errno_text(errno: i32) -> ErrnoText {
    let mut text = [0; MOST];
    // The result adds nothing: there is a text for a number without a name too, and one that is
    // cut short still says more than another error would.
    // SAFETY: `text` is writable for its length, and strerror_r(3) writes no more than that and
    // keeps no pointer to it.
    unsafe { libc::strerror_r(errno, text.as_mut_ptr().cast(), text.len()) };
    ErrnoText(text)
}

impl ErrnoText {
    /// The text, or at least that there is none: a locale may use an encoding other than UTF-8.
    pub fn as_str(&self) -> &str {
        let text = CStr::from_bytes_until_nul(&self.0).ok().and_then(|text| text.to_str().ok());
        text.unwrap_or("Unknown error")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn the_text_is_that_of_the_standard_library() {
        assert_eq!(errno_text(libc::EIO).as_str(), "Input/output error");
        assert_eq!(errno_text(9999).as_str(), "Unknown error 9999");
        for errno in -3..200 {
            let with_number = io::Error::from_raw_os_error(errno).to_string();
            let text = errno_text(errno);
            assert_eq!(format!("{} (os error {errno})", text.as_str()), with_number);
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(ErrnoText([0xff; MOST]).as_str(), "Unknown error");
        let mut latin1 = [0; MOST];
        latin1[0] = 0xe9;
        assert_eq!(ErrnoText(latin1).as_str(), "Unknown error");
    }
}
