// SPDX-License-Identifier: LGPL-2.1-or-later
//! Names for C programs.

use super::*;
use crate::event::{Domain, ShutdownReasons, domain_name, type_name};
use crate::plan::ScrubType;

/// The word for a domain.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_domain_name(domain: u32) -> *const c_char {
    name(domain_name(domain))
}

/// The word for a type.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_type_name(r#type: u32) -> *const c_char {
    name(type_name(r#type))
}

/// The word for the structure of a sick bit.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_sick_name(domain: u32, bit: u32) -> *const c_char {
    let domain = match domain {
        XFSHEALER_DOMAIN_FS => Domain::Fs,
        XFSHEALER_DOMAIN_AG => Domain::Ag,
        XFSHEALER_DOMAIN_RTGROUP => Domain::Rtgroup,
        XFSHEALER_DOMAIN_INODE => Domain::Inode,
        _ => return ptr::null(),
    };
    name(domain.structure(bit).map(|structure| structure.c_name()))
}

/// The phrase for a reason of a shutdown.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_shutdown_name(bit: u32) -> *const c_char {
    name(ShutdownReasons::c_phrase(bit))
}

/// The word for a scrub type.
#[unsafe(no_mangle)]
pub extern "C" fn xfshealer_scrub_type_name(sm_type: u32) -> *const c_char {
    name(ScrubType::name_of(sm_type))
}
