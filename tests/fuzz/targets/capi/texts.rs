// SPDX-License-Identifier: LGPL-2.1-or-later
//! What is written for events and actions, into buffers that are too small.

use super::*;
use crate::report::LINE_BYTES;
use std::ffi::{CString, c_char, c_int};
use std::ptr;

/// Bytes behind a buffer that nobody may write.
const GUARD: [u8; 16] = [0xa5; 16];

/// The place of a filesystem and a file, as C strings.
pub(super) struct Where {
    mount: CString,
    path: Option<CString>,
    /// Size of the small buffer.
    size: usize,
}

impl Where {
    pub(super) fn new(input: &mut Input<'_>) -> Where {
        let string = |bytes: &[u8]| {
            let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
            CString::new(bytes).unwrap()
        };
        let size = input.below(1200);
        let mount = string(input.bytes(400));
        let path = input.flag().then(|| string(&[b"/", input.bytes(400)].concat()));
        Where { mount, path, size }
    }

    /// The text that a function writes, which is the same in each buffer as far as it fits; `None`
    /// where it refuses, and then it writes nothing.
    fn text(
        &self,
        write: impl Fn(*const c_char, *const c_char, *mut c_char, usize) -> c_int,
    ) -> Option<String> {
        let (mount, path) =
            (self.mount.as_ptr(), self.path.as_ref().map_or(ptr::null(), |path| path.as_ptr()));
        let length = write(mount, path, ptr::null_mut(), 0);
        let in_buffer = |size: usize| {
            let mut buffer = vec![0x5a_u8; size];
            buffer.extend(GUARD);
            let again = write(mount, path, buffer.as_mut_ptr().cast(), size);
            assert_eq!(again, length);
            assert!(buffer.ends_with(&GUARD));
            buffer.truncate(size);
            buffer
        };
        let Ok(bytes) = usize::try_from(length) else {
            assert_eq!(length, -libc::EINVAL);
            assert!(in_buffer(self.size).iter().all(|byte| *byte == 0x5a));
            return None;
        };
        let whole = in_buffer(bytes + 1);
        assert_eq!(whole.last(), Some(&0));
        let small = in_buffer(self.size.min(bytes));
        if let Some((end, fits)) = small.split_last() {
            assert_eq!((*end, fits), (0, &whole[..fits.len()]));
        }
        Some(String::from_utf8(whole[..bytes].to_vec()).expect("UTF-8"))
    }

    /// Checks all that is said of an event; true if it is accepted.
    pub(super) fn event(&self, event: &xfshealer_event) -> bool {
        // SAFETY: the event is there, the strings end with a null byte, and `text` gives a buffer of
        // the size that it says, or none.
        let text = self.text(|m, p, b, s| unsafe { xfshealer_event_text(event, m, p, b, s) });
        // SAFETY: as above.
        let json = self.text(|m, p, b, s| unsafe { xfshealer_event_json(event, m, p, b, s) });
        // SAFETY: the event is there.
        let level = unsafe { xfshealer_event_level(event) };
        said(text, json, level)
    }

    /// Checks all that is said of an action; true if it is accepted.
    pub(super) fn action(&self, action: &xfshealer_action) -> bool {
        // SAFETY: the action is there, the strings end with a null byte, and `text` gives a buffer of
        // the size that it says, or none.
        let text = self.text(|m, p, b, s| unsafe { xfshealer_action_text(action, m, p, b, s) });
        // SAFETY: as above.
        let json = self.text(|m, p, b, s| unsafe { xfshealer_action_json(action, m, p, b, s) });
        // SAFETY: the action is there.
        let level = unsafe { xfshealer_action_level(action) };
        said(text, json, level)
    }

    fn escape(&self) {
        // SAFETY: the name ends with a null byte, and `text` gives a buffer of the size that it says,
        // or none.
        let text = self.text(|m, _, b, s| unsafe { xfshealer_escape(m, b, s) });
        checks::is_shown(&text.expect("any name can be escaped"));
    }
}

/// True if it is said.
fn said(text: Option<String>, json: Option<String>, level: c_int) -> bool {
    let (Some(text), Some(json)) = (text, json) else {
        assert_eq!(level, -libc::EINVAL);
        return false;
    };
    assert!((2..=7).contains(&level));
    checks::is_shown(&text);
    assert!(text.len() <= LINE_BYTES);
    assert_eq!(text.is_empty(), json.is_empty());
    if !json.is_empty() {
        checks::is_json(&json);
    }
    true
}

/// Structures that are filled with anything.
pub(super) fn any_bits(input: &mut Input<'_>) {
    let place = Where::new(input);
    place.escape();
    let is_small = input.flag();
    let mut number = || if is_small { input.number() } else { input.u64() };
    let mut n = || number() as u32;
    let event = xfshealer_event {
        domain: n(),
        r#type: n(),
        flags: n() % 3,
        mask: n(),
        gno: n(),
        r#gen: n(),
        ino: u64::from(n()) << 20,
        pos: n().into(),
        len: n().into(),
        error: n(),
        pad: n() / 60,
        reserved: 0,
        ..Default::default()
    };
    place.event(&event);
    let target =
        xfshealer_target { domain: n(), gno: n(), ino: n().into(), r#gen: n(), pad: n() / 60 };
    let action = xfshealer_action {
        ticket: n().into(),
        kind: n(),
        flags: n() % 3,
        target,
        sm_type: n(),
        notice: n(),
        failure: n(),
        error: n() as i32,
        reasons: n(),
        depth: n(),
        reserved: [0, (n() / 60).into()],
    };
    let is_accepted = place.action(&action);
    calls(&action, &target, is_accepted, n(), n());
    names(n());
}

/// The calls of an action and of a check: as many as there are, then none.
pub(super) fn calls(
    action: &xfshealer_action,
    target: &xfshealer_target,
    is_accepted: bool,
    bit: u32,
    rgcount: u32,
) {
    let mut index = 0;
    loop {
        let mut call = xfshealer_call::default();
        // SAFETY: all of these are there.
        let given = unsafe { xfshealer_action_call(action, rgcount % 8, index, &mut call) };
        assert!((-libc::EINVAL..=1).contains(&given) && (given >= 0) <= is_accepted);
        if given != 1 {
            break;
        }
        assert_eq!((call.sm_type, call.sm_flags), (call.sm_type, 1));
        index += 1;
        assert!(index < 100, "there is no end");
    }
    let mut call = xfshealer_call::default();
    // SAFETY: all of these are there.
    let given = unsafe { xfshealer_check_call(target, 1 << (bit % 32), rgcount, 0, &mut call) };
    assert!(given <= 0 || call.sm_flags == 0);
}

fn names(number: u32) {
    let all = [
        xfshealer_domain_name(number),
        xfshealer_type_name(number),
        xfshealer_sick_name(number % 8, number),
        xfshealer_shutdown_name(number),
        xfshealer_scrub_type_name(number),
        xfshealer_outcome_name(number),
    ];
    for name in all.into_iter().filter(|name| !name.is_null()) {
        // SAFETY: not null, and then a string of the library's, which stays.
        let name = unsafe { std::ffi::CStr::from_ptr(name) };
        assert!(!name.is_empty());
        checks::is_shown(name.to_str().unwrap());
    }
}
