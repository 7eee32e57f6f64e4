// SPDX-License-Identifier: LGPL-2.1-or-later
//! The decoder for C programs.

use super::{Errno, INVALID, guard, is_usable, read, write, xfshealer_event};
use crate::event::{Decoder, RECORD_BYTES};
use std::ffi::{c_int, c_void};
use std::slice;

/// Size of a record of the monitor file.
pub const XFSHEALER_RECORD_BYTES: usize = RECORD_BYTES;

/// State of a decoder between two calls.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct xfshealer_decoder {
    /// Number of bytes of `partial` that are filled.
    pub have: u32,
    /// Padding: 0.
    pub pad: u32,
    /// A record that has not come to its end.
    pub partial: [u8; XFSHEALER_RECORD_BYTES],
}

impl xfshealer_decoder {
    fn decoder(&self) -> Result<Decoder, Errno> {
        let have = usize::try_from(self.have).map_err(|_| INVALID)?;
        let begun = self.partial.get(..have).ok_or(INVALID)?;
        if self.pad != 0 || have >= RECORD_BYTES {
            Err(INVALID)
        } else {
            Ok(Decoder::resume(begun))
        }
    }

    fn of(decoder: &Decoder) -> xfshealer_decoder {
        let mut state = xfshealer_decoder { have: 0, pad: 0, partial: [0; XFSHEALER_RECORD_BYTES] };
        for (to, from) in state.partial.iter_mut().zip(decoder.partial()) {
            *to = *from;
            state.have += 1;
        }
        state
    }
}

/// The caller's bytes.
///
/// # Safety
/// As the module says; `events` and the rest of what the caller gives do not overlap with them.
pub(super) unsafe fn stream<'a>(bytes: *const c_void, size: usize) -> Result<&'a [u8], Errno> {
    // No object is larger than that, so nothing of such a size can be there.
    if isize::try_from(size).is_err() || bytes.is_null() && size != 0 {
        return Err(INVALID);
    }
    if size == 0 {
        return Ok(&[]);
    }
    // SAFETY: not null, no longer than an object can be, and the caller vouches for `size` readable
    // bytes that nothing writes meanwhile, not even this call, as nothing may overlap with them;
    // bytes have no alignment and no invalid values.
    Ok(unsafe { slice::from_raw_parts(bytes.cast(), size) })
}

/// Decodes the next bytes of the stream.
///
/// # Safety
/// As the module says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xfshealer_decode(
    decoder: *mut xfshealer_decoder,
    bytes: *const c_void,
    size: usize,
    consumed: *mut usize,
    events: *mut xfshealer_event,
    max: usize,
) -> c_int {
    guard(|| {
        is_usable(consumed)?;
        if max != 0 {
            is_usable(events)?;
        }
        // SAFETY: the caller vouches for it.
        let state = unsafe { read(decoder) }?;
        // SAFETY: the caller vouches for it.
        let stream = unsafe { stream(bytes, size) }?;
        let mut rust = state.decoder()?;
        // Where more than so many are asked for, the rest has to wait for the next call.
        let most = c_int::try_from(max).unwrap_or(c_int::MAX);
        let (mut count, mut records) = (0, rust.records(stream));
        while count < most {
            let Some(record) = records.next() else { break };
            let event = xfshealer_event::from_record(&record);
            let offset = usize::try_from(count).map_err(|_| INVALID)?;
            // SAFETY: `offset` is below `max`, for which many the caller vouches.
            let at = unsafe { events.add(offset) };
            // SAFETY: aligned as the first one, and the caller vouches that it may be written.
            unsafe { at.write(event) };
            count += 1;
        }
        let used = size.saturating_sub(records.rest().len());
        // SAFETY: read above; the caller vouches that it may be written.
        unsafe { write(decoder, xfshealer_decoder::of(&rust)) }?;
        // SAFETY: neither null nor misaligned; the caller vouches that it may be written.
        unsafe { write(consumed, used) }?;
        Ok(count)
    })
}
