// SPDX-License-Identifier: LGPL-2.1-or-later
//! What the header defines, as Rust has it.

use std::any::type_name;

use xfshealer::capi::*;

use crate::{constants, structs};

/// A function: its name, and the types of its parameters and of what it returns.
pub type Function = (&'static str, Vec<&'static str>);

/// Defines `functions` from their names, with one letter for each parameter: the compiler fills in
/// the types.
macro_rules! functions {
    ($($name:ident($($parameter:ident)*))*) => {
        pub fn functions() -> Vec<Function> {
            vec![$({
                fn types<$($parameter,)* Z>(
                    _: unsafe extern "C" fn($($parameter),*) -> Z,
                ) -> Vec<&'static str> {
                    vec![$(type_name::<$parameter>(),)* type_name::<Z>()]
                }
                (stringify!($name), types($name))
            },)*]
        }
    };
}

constants! {
    XFSHEALER_ABI_VERSION, XFSHEALER_DOMAIN_MOUNT, XFSHEALER_DOMAIN_FS, XFSHEALER_DOMAIN_AG,
    XFSHEALER_DOMAIN_INODE, XFSHEALER_DOMAIN_RTGROUP, XFSHEALER_DOMAIN_DATADEV,
    XFSHEALER_DOMAIN_RTDEV, XFSHEALER_DOMAIN_LOGDEV, XFSHEALER_DOMAIN_FILERANGE,
    XFSHEALER_TYPE_RUNNING, XFSHEALER_TYPE_LOST, XFSHEALER_TYPE_UNMOUNT, XFSHEALER_TYPE_SICK,
    XFSHEALER_TYPE_CORRUPT, XFSHEALER_TYPE_HEALTHY, XFSHEALER_TYPE_SHUTDOWN,
    XFSHEALER_TYPE_MEDIA_ERROR, XFSHEALER_TYPE_BUFREAD, XFSHEALER_TYPE_BUFWRITE,
    XFSHEALER_TYPE_DIOREAD, XFSHEALER_TYPE_DIOWRITE, XFSHEALER_TYPE_DATALOST,
    XFSHEALER_FSERROR_ERROR, XFSHEALER_FSERROR_LOST, XFSHEALER_FSERROR_SENSELESS,
    XFSHEALER_FSERROR_INO, XFSHEALER_FSERROR_SUBVOL, XFSHEALER_HANDLE_BYTES,
    XFSHEALER_EVENT_UNKNOWN, XFSHEALER_RECORD_BYTES, XFSHEALER_MODE_IGNORE,
    XFSHEALER_MODE_LOG, XFSHEALER_MODE_REPAIR, XFSHEALER_POLICY_NO_FULL_SCRUB,
    XFSHEALER_POLICY_DRY_RUN, XFSHEALER_POLICY_HURRIED, XFSHEALER_POLICY_UNGUARDED,
    XFSHEALER_POLICY_UNGUARDED_AGI, XFSHEALER_DEFECT_INODE, XFSHEALER_DEFECT_AGI,
    XFSHEALER_ACTION_REPAIR, XFSHEALER_ACTION_FULL_SCRUB, XFSHEALER_ACTION_LOOK,
    XFSHEALER_ACTION_SAY, XFSHEALER_REPAIR_IF_LOADABLE, XFSHEALER_NOTICE_REPAIRED,
    XFSHEALER_NOTICE_NO_MODIFICATION, XFSHEALER_NOTICE_FAILED, XFSHEALER_NOTICE_CROSS_FAILED,
    XFSHEALER_NOTICE_OFFLINE_NEEDED, XFSHEALER_NOTICE_GONE, XFSHEALER_NOTICE_POSTPONED,
    XFSHEALER_NOTICE_READ_ONLY, XFSHEALER_NOTICE_NO_RECOVERY, XFSHEALER_NOTICE_UNREACHABLE,
    XFSHEALER_NOTICE_TOO_MANY_FAILURES, XFSHEALER_NOTICE_DEVICE_TROUBLE,
    XFSHEALER_NOTICE_SLOW, XFSHEALER_NOTICE_SCRUB_WITHHELD,
    XFSHEALER_NOTICE_TABLE_FULL,
    XFSHEALER_NOTICE_TOO_MANY_VANISHED, XFSHEALER_NOTICE_SHUT_DOWN,
    XFSHEALER_NOTICE_WOULD_REPAIR, XFSHEALER_NOTICE_WOULD_SCRUB, XFSHEALER_NOTICE_SCRUB_UNSAFE, XFSHEALER_NOTICE_SCRUB_FATAL,
    XFSHEALER_FAILURE_CORRUPT,
    XFSHEALER_FAILURE_DEVICE, XFSHEALER_FAILURE_UNSUPPORTED, XFSHEALER_FAILURE_KERNEL_DEFECT,
    XFSHEALER_FAILURE_VANISHED, XFSHEALER_FAILURE_ERRNO, XFSHEALER_FAILURE_UNLINKED,
    XFSHEALER_REASON_REPAIR_FAILED,
    XFSHEALER_REASON_EVENTS_LOST, XFSHEALER_REASON_NO_SINGLE_REPAIR,
    XFSHEALER_REASON_TABLE_FULL, XFSHEALER_REASON_BURST, XFSHEALER_DEPTH_SHALLOW,
    XFSHEALER_DEPTH_DEEP, XFSHEALER_DEPTH_INODES, XFSHEALER_DEPTH_CHECKS,
    XFSHEALER_OUTCOME_REPAIRED, XFSHEALER_OUTCOME_FINE, XFSHEALER_OUTCOME_FAILED,
    XFSHEALER_OUTCOME_DEVICE_ERROR, XFSHEALER_OUTCOME_CROSS_FAILED,
    XFSHEALER_OUTCOME_INCOMPLETE, XFSHEALER_OUTCOME_GONE, XFSHEALER_OUTCOME_BUSY,
    XFSHEALER_OUTCOME_NO_ROOM, XFSHEALER_OUTCOME_READ_ONLY, XFSHEALER_OUTCOME_NO_RECOVERY,
    XFSHEALER_OUTCOME_SHUTDOWN, XFSHEALER_OUTCOME_UNSUPPORTED,
    XFSHEALER_OUTCOME_KERNEL_DEFECT, XFSHEALER_OUTCOME_UNREACHABLE,
    XFSHEALER_OUTCOME_FORBIDDEN, XFSHEALER_OUTCOME_VANISHED, XFSHEALER_OUTCOME_ERROR, XFSHEALER_OUTCOME_UNLINKED,
    XFSHEALER_OUTCOME_NOT_JUDGED,
    XFSHEALER_SCRUB_CLEAN, XFSHEALER_SCRUB_DAMAGE_LEFT, XFSHEALER_SCRUB_NOT_STARTED,
    XFSHEALER_SCRUB_INTERRUPTED, XFSHEALER_SCRUB_OTHERS, XFSHEALER_SCRUB_UNTOLD,
    XFSHEALER_LOOK_COMPLETE, XFSHEALER_LOOK_INCOMPLETE, XFSHEALER_LOOK_NOT_LOOKED,
    XFSHEALER_LOOK_VANISHED,
}

structs! {
    xfshealer_event {
        time_ns, domain, r#type, flags, mask, gno, r#gen, ino, pos, len, daddr, bbcount,
        lost, error, pad, payload, reserved,
    }
    xfshealer_fserror {
        r#type, flags, error, count, fsid, handle_type, handle_bytes, ino, subvol, r#gen, pad,
        handle, reserved,
    }
    xfshealer_decoder { have, pad, partial, }
    xfshealer_policy {
        size, flags, mode, workers, escalate_structures, agno_shift, escalate_within_ns, agcount,
        pad,
    }
    xfshealer_target { domain, gno, ino, r#gen, pad, }
    xfshealer_action {
        ticket, kind, flags, target, sm_type, notice, failure, error, reasons, depth,
        reserved,
    }
    xfshealer_outcome { code, error, }
    xfshealer_call { sm_type, sm_flags, sm_ino, sm_gen, sm_agno, }
}

functions! {
    xfshealer_version()
    xfshealer_abi_version()
    xfshealer_decode(A B C D E F)
    xfshealer_fserror_decode(A B C D)
    xfshealer_domain_name(A)
    xfshealer_type_name(A)
    xfshealer_sick_name(A B)
    xfshealer_shutdown_name(A)
    xfshealer_scrub_type_name(A)
    xfshealer_outcome_name(A)
    xfshealer_kernel_defect(A B C)
    xfshealer_planner_new(A B)
    xfshealer_planner_free(A)
    xfshealer_planner_event(A B C)
    xfshealer_planner_sick(A B C D E)
    xfshealer_planner_lost(A B)
    xfshealer_planner_look(A B)
    xfshealer_planner_set_mode(A B)
    xfshealer_planner_stop(A)
    xfshealer_planner_next(A B C)
    xfshealer_planner_wait(A B C)
    xfshealer_planner_damaged(A)
    xfshealer_action_call(A B C D)
    xfshealer_check_call(A B C D E)
    xfshealer_outcome_add(A B C D)
    xfshealer_outcome_unreached(A B)
    xfshealer_outcome_unloadable(A)
    xfshealer_planner_finished(A B C D)
    xfshealer_planner_follow_up(A B C D)
    xfshealer_planner_scrub_waits(A B C D)
    xfshealer_planner_scrub_finished(A B C D)
    xfshealer_planner_look_finished(A B C D)
    xfshealer_event_text(A B C D E)
    xfshealer_event_json(A B C D E)
    xfshealer_action_text(A B C D E)
    xfshealer_action_json(A B C D E)
    xfshealer_escape(A B C)
    xfshealer_event_level(A)
    xfshealer_action_level(A)
}
