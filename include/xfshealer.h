/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxfshealer: the events of the XFS health monitor file, and what to do about them.
 *
 * The library decodes, names, writes down and plans. It opens nothing, starts no thread, prints
 * nothing and keeps no global state: the monitor file, the poll loop, the clock and the ioctls are
 * the caller's. See libxfshealer(3).
 *
 * Functions return a negative errno where they fail. What the caller cannot mean gives -EINVAL, and
 * then nothing is written: a null pointer, unless NULL is allowed; a structure that is not aligned
 * as its type demands; a number that is none of those listed for it; something else than 0 in `pad`,
 * in `reserved`, or in what this target or action does not have. Strings that the library returns
 * are constants. No two of the objects that a function is given may overlap. Within one
 * XFSHEALER_ABI_VERSION there will be more functions, notices, and fields in place of `reserved`, but
 * no further kinds of actions, flags of repairs and depths of looks: whoever answers those below
 * answers all.
 * -ENOTRECOVERABLE from any function tells of a defect of the library.
 */
#ifndef XFSHEALER_H
#define XFSHEALER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version: xfshealer_version(3) ---- */

/* Number of the interface, that of the soname: grows when a program has to be built anew. */
#define XFSHEALER_ABI_VERSION 0

/* Version of the library that is running, such as "7.2.0". */
const char *xfshealer_version(void);
/* XFSHEALER_ABI_VERSION of the library that is running. */
uint32_t xfshealer_abi_version(void);

/* ---- Events: xfshealer_decode(3) ---- */

/* What an event is about; the kernel's XFS_HEALTH_MONITOR_DOMAIN_*. */
#define XFSHEALER_DOMAIN_MOUNT 0     /* the filesystem as a mounted thing */
#define XFSHEALER_DOMAIN_FS 1        /* metadata of the whole filesystem */
#define XFSHEALER_DOMAIN_AG 2        /* an allocation group */
#define XFSHEALER_DOMAIN_INODE 3     /* metadata of a file */
#define XFSHEALER_DOMAIN_RTGROUP 4   /* a realtime group */
#define XFSHEALER_DOMAIN_DATADEV 5   /* the data device */
#define XFSHEALER_DOMAIN_RTDEV 6     /* the realtime device */
#define XFSHEALER_DOMAIN_LOGDEV 7    /* the device of an external log */
#define XFSHEALER_DOMAIN_FILERANGE 8 /* bytes of a file */

/* What happened; the kernel's XFS_HEALTH_MONITOR_TYPE_*. */
#define XFSHEALER_TYPE_RUNNING 0     /* MOUNT: the monitor has started */
#define XFSHEALER_TYPE_LOST 1        /* MOUNT: `lost` events were dropped */
#define XFSHEALER_TYPE_UNMOUNT 2     /* MOUNT: unmounted; older events may follow */
#define XFSHEALER_TYPE_SICK 3        /* an operation stumbled on damage in `mask` */
#define XFSHEALER_TYPE_CORRUPT 4     /* a scrub found damage in `mask` */
#define XFSHEALER_TYPE_HEALTHY 5     /* what is in `mask` was bad and is good */
#define XFSHEALER_TYPE_SHUTDOWN 6    /* MOUNT: the filesystem went down; why is in `mask` */
#define XFSHEALER_TYPE_MEDIA_ERROR 7 /* DATADEV, RTDEV, LOGDEV: a range cannot be read */
#define XFSHEALER_TYPE_BUFREAD 8     /* FILERANGE: reading into the page cache failed */
#define XFSHEALER_TYPE_BUFWRITE 9    /* FILERANGE: writing the page cache back failed */
#define XFSHEALER_TYPE_DIOREAD 10    /* FILERANGE: a direct read failed */
#define XFSHEALER_TYPE_DIOWRITE 11   /* FILERANGE: a direct write failed */
#define XFSHEALER_TYPE_DATALOST 12   /* FILERANGE: the medium under it is bad */

/* In `flags`: this version has no name for this pair of domain and type. */
#define XFSHEALER_EVENT_UNKNOWN 1

/* An event. What the domain and the type do not have is 0. */
struct xfshealer_event {
	uint64_t time_ns;    /* wall clock time, nanoseconds since the Unix epoch */
	uint32_t domain;     /* XFSHEALER_DOMAIN_*, or a number from the future */
	uint32_t type;       /* XFSHEALER_TYPE_*, or a number from the future */
	uint32_t flags;      /* XFSHEALER_EVENT_* */
	uint32_t mask;       /* sick bits of the domain; of SHUTDOWN, the reasons */
	uint32_t gno;        /* AG, RTGROUP: number of the group */
	uint32_t gen;        /* INODE, FILERANGE: inode generation */
	uint64_t ino;        /* INODE, FILERANGE: inode number */
	uint64_t pos;        /* FILERANGE: first byte */
	uint64_t len;        /* FILERANGE: length in bytes, may be 0 */
	uint64_t daddr;      /* MEDIA_ERROR: start, in units of 512 bytes */
	uint64_t bbcount;    /* MEDIA_ERROR: length, in units of 512 bytes */
	uint64_t lost;       /* LOST: number of events */
	uint32_t error;      /* FILERANGE: positive errno, 0 for none */
	uint32_t pad;
	uint8_t payload[32]; /* the union of the record as it came; read only if UNKNOWN */
	uint64_t reserved;
};

/* Size of a record of the monitor file. */
#define XFSHEALER_RECORD_BYTES 64

/* What a decoder remembers: a record that has not come to its end. All zero is fresh. */
struct xfshealer_decoder {
	uint32_t have; /* how many bytes of it have come */
	uint32_t pad;
	uint8_t partial[XFSHEALER_RECORD_BYTES];
};

/*
 * Decodes the next `size` bytes of the stream into at most `max` events, and sets `*consumed` to the
 * number of bytes that are done with: all of them, unless `events` became full. Records may be cut
 * anywhere. Returns the number of events; with `size` and `max` above 0 something is consumed.
 * `bytes` may be NULL if `size` is 0, and `events` if `max` is.
 */
int xfshealer_decode(struct xfshealer_decoder *decoder, const void *bytes, size_t size,
		     size_t *consumed, struct xfshealer_event *events, size_t max);

/* ---- Errors of any filesystem: xfshealer_fserror_decode(3) ---- */

/* What an event of fanotify(7) tells. */
#define XFSHEALER_FSERROR_ERROR 1     /* a filesystem has reported an error */
#define XFSHEALER_FSERROR_LOST 2      /* the kernel's queue was full */
#define XFSHEALER_FSERROR_SENSELESS 3 /* it contradicts itself, or is about no error */

/* In `flags`: `ino` and `gen` are known. */
#define XFSHEALER_FSERROR_INO 1
/* In `flags`: `subvol` is known. */
#define XFSHEALER_FSERROR_SUBVOL 2

/* Most bytes of the handle of a file. */
#define XFSHEALER_HANDLE_BYTES 128

/* An error that a filesystem has reported. What it does not have is 0. */
struct xfshealer_fserror {
	uint32_t type;         /* XFSHEALER_FSERROR_ERROR, LOST or SENSELESS */
	uint32_t flags;        /* XFSHEALER_FSERROR_INO, SUBVOL */
	int32_t error;         /* the errno */
	uint32_t count;        /* how many errors the kernel has made this event of */
	int32_t fsid[2];       /* the filesystem, as statfs(2) tells it */
	int32_t handle_type;   /* for open_by_handle_at(2) */
	uint32_t handle_bytes; /* of `handle`; 0: the error is about no file */
	uint64_t ino;          /* inode number */
	uint64_t subvol;       /* number of the subvolume that numbers the inode */
	uint32_t gen;          /* inode generation */
	uint32_t pad;
	uint8_t handle[XFSHEALER_HANDLE_BYTES];
	uint64_t reserved;
};

/*
 * Decodes the first event of `size` bytes that were read from a group of fanotify(7), and sets
 * `*consumed` to the number of its bytes. Returns 1, or 0 if `size` is 0. What makes no sense is an
 * event, too, with all that is behind it if its length makes none. `bytes` may be NULL if `size` is 0.
 * Neither `fserror` nor `consumed` may overlap with `bytes`.
 */
int xfshealer_fserror_decode(const void *bytes, size_t size, size_t *consumed,
			     struct xfshealer_fserror *fserror);

/* ---- Names: xfshealer_name(3); NULL for a number that this version has no name for ---- */

/* The word for an XFSHEALER_DOMAIN_*, such as "ag". */
const char *xfshealer_domain_name(uint32_t domain);
/* The word for an XFSHEALER_TYPE_*, such as "sick". */
const char *xfshealer_type_name(uint32_t type);
/* The word for the structure that one sick bit of FS, AG, INODE or RTGROUP stands for: "bnobt". */
const char *xfshealer_sick_name(uint32_t domain, uint32_t bit);
/* The phrase for one bit of the reasons of a shutdown, such as "log I/O error". */
const char *xfshealer_shutdown_name(uint32_t bit);
/* The word for what a scrub type (the kernel's XFS_SCRUB_TYPE_*) is about, such as "bnobt". */
const char *xfshealer_scrub_type_name(uint32_t sm_type);
/* The word for an XFSHEALER_OUTCOME_*, such as "repaired". */
const char *xfshealer_outcome_name(uint32_t code);

/* ---- Planner: xfshealer_planner(3) ---- */

/* What is to be done about damage. */
#define XFSHEALER_MODE_IGNORE 1 /* nothing at all */
#define XFSHEALER_MODE_LOG 2    /* look for it and tell */
#define XFSHEALER_MODE_REPAIR 3 /* repair it */

/* In `flags`: never ask for a full scrub. */
#define XFSHEALER_POLICY_NO_FULL_SCRUB 1
/* In `flags`: tell what would be repaired and scrubbed instead of asking for it. */
#define XFSHEALER_POLICY_DRY_RUN 2
/* In `flags`: short pauses, for a caller that somebody waits for. */
#define XFSHEALER_POLICY_HURRIED 4
/* In `flags`: repair inodes without XFSHEALER_REPAIR_IF_LOADABLE, and ask for a full scrub without
 * a look at every inode. See xfshealer_kernel_defect. */
#define XFSHEALER_POLICY_UNGUARDED 8
/* In `flags`: the same of AGIs. */
#define XFSHEALER_POLICY_UNGUARDED_AGI 16

/* What a planner knows of its filesystem and its means. Grows at its end in later versions. */
struct xfshealer_policy {
	uint32_t size;                /* sizeof(struct xfshealer_policy) */
	uint32_t flags;               /* XFSHEALER_POLICY_* */
	uint32_t mode;                /* XFSHEALER_MODE_* */
	uint32_t workers;             /* repairs at once, at most 64; 0: one */
	uint32_t escalate_structures; /* more damaged structures than this ... */
	uint32_t agno_shift;          /* inode number >> this is its AG, 1 to 63; 0: unknown */
	uint64_t escalate_within_ns;  /* ... in so short a time call for a full scrub, above 0;
	                               * both 0: 100 in 10 minutes */
	uint32_t agcount;             /* how many AGs there are; 0: unknown */
	uint32_t pad;
};

/* A repair of an inode or an AGI that it cannot load may crash the kernel. */
#define XFSHEALER_DEFECT_INODE 1
#define XFSHEALER_DEFECT_AGI 2

/* The sum of the XFSHEALER_DEFECT_* that this release of Linux has on a filesystem with these
 * `flags` of struct xfs_fsop_geom. Release 0.0 is unknown and taken for one that has all. */
int xfshealer_kernel_defect(uint32_t major, uint32_t minor, uint32_t geometry_flags);

/* What a repair or a notice is about. */
struct xfshealer_target {
	uint32_t domain; /* XFSHEALER_DOMAIN_FS, _AG, _RTGROUP or _INODE */
	uint32_t gno;    /* AG, RTGROUP: number of the group */
	uint64_t ino;    /* INODE: inode number */
	uint32_t gen;    /* INODE: inode generation */
	uint32_t pad;
};

/* What is to be done: `kind` of an action. */
#define XFSHEALER_ACTION_REPAIR 1     /* make the calls; answer with xfshealer_planner_finished */
#define XFSHEALER_ACTION_FULL_SCRUB 2 /* run xfs_scrub(8); answer with _scrub_finished */
#define XFSHEALER_ACTION_LOOK 3       /* look for damage; answer with _look_finished */
#define XFSHEALER_ACTION_SAY 4        /* tell the person; needs no answer */

/* In `flags` of REPAIR: only if BULKSTAT returns the inode, or AG_GEOMETRY answers for the AG. See
 * xfshealer_outcome_unloadable. */
#define XFSHEALER_REPAIR_IF_LOADABLE 1

/* What is to be told of one structure, `target` and `sm_type`: `notice` of SAY. */
#define XFSHEALER_NOTICE_REPAIRED 1        /* rebuilt */
#define XFSHEALER_NOTICE_NO_MODIFICATION 2 /* found good */
#define XFSHEALER_NOTICE_FAILED 3          /* first failed attempt; `failure` says why */
#define XFSHEALER_NOTICE_CROSS_FAILED 4    /* seems good, what it is compared with does not */
#define XFSHEALER_NOTICE_OFFLINE_NEEDED 5  /* last word: nothing helped; `failure` says why */
#define XFSHEALER_NOTICE_GONE 6            /* does not exist any more */
#define XFSHEALER_NOTICE_POSTPONED 7       /* waits for something to let go, or for room */
#define XFSHEALER_NOTICE_SLOW 8            /* its repair has been running for a minute */
#define XFSHEALER_NOTICE_WOULD_REPAIR 9    /* dry run */
/* What is to be told of the filesystem: `target.domain` is 0. */
#define XFSHEALER_NOTICE_READ_ONLY 20         /* repairs wait: no mount is writable */
#define XFSHEALER_NOTICE_NO_RECOVERY 21       /* repairs wait: mounted norecovery */
#define XFSHEALER_NOTICE_UNREACHABLE 22       /* repairs wait: cannot be opened, see `error` */
#define XFSHEALER_NOTICE_TOO_MANY_FAILURES 23 /* repairs pause: 100 failed in an hour */
#define XFSHEALER_NOTICE_DEVICE_TROUBLE 24    /* the device is the likely cause of failures */
#define XFSHEALER_NOTICE_SCRUB_WITHHELD 25    /* a full scrub would crash this kernel */
#define XFSHEALER_NOTICE_TABLE_FULL 26        /* more is damaged than is remembered */
#define XFSHEALER_NOTICE_TOO_MANY_VANISHED 27 /* two threads were killed in the kernel */
#define XFSHEALER_NOTICE_SHUT_DOWN 28         /* a repair call says that the filesystem is down */
#define XFSHEALER_NOTICE_WOULD_SCRUB 29       /* dry run; `reasons` says why */
#define XFSHEALER_NOTICE_SCRUB_UNSAFE 30      /* a full scrub could crash this kernel */
#define XFSHEALER_NOTICE_SCRUB_FATAL 31       /* a full scrub would shut the filesystem down */

/* Why something stays damaged: `failure`. */
#define XFSHEALER_FAILURE_CORRUPT 1       /* the kernel could not repair it */
#define XFSHEALER_FAILURE_DEVICE 2        /* the device failed during the repair */
#define XFSHEALER_FAILURE_UNSUPPORTED 3   /* cannot be repaired while mounted */
#define XFSHEALER_FAILURE_KERNEL_DEFECT 4 /* the repair would crash this kernel */
#define XFSHEALER_FAILURE_VANISHED 5      /* the thread that repaired it never came back */
#define XFSHEALER_FAILURE_ERRNO 6         /* the call failed with `error` */
#define XFSHEALER_FAILURE_UNLINKED 7      /* loading the inode shuts the filesystem down */

/* Why a full scrub is wanted: bits of `reasons`. */
#define XFSHEALER_REASON_REPAIR_FAILED 1    /* a repair failed */
#define XFSHEALER_REASON_EVENTS_LOST 2      /* health events were lost */
#define XFSHEALER_REASON_NO_SINGLE_REPAIR 4 /* no single repair mends what is sick */
#define XFSHEALER_REASON_TABLE_FULL 8       /* too much is sick to remember */
#define XFSHEALER_REASON_BURST 16           /* much was reported damaged in a short time */

/* How far a look for damage goes: `depth` of LOOK. */
#define XFSHEALER_DEPTH_SHALLOW 1 /* what the kernel remembers of filesystem, AGs and rtgroups */
#define XFSHEALER_DEPTH_DEEP 2    /* also what it remembers of every inode */
#define XFSHEALER_DEPTH_INODES 3  /* each inode of the AG `target`, by check-only calls */
#define XFSHEALER_DEPTH_CHECKS 4  /* SHALLOW, then everything but inodes by check-only calls */

/* What to do next. What the kind does not have is 0. */
struct xfshealer_action {
	uint64_t ticket;                /* for the answer; 0 for SAY */
	uint32_t kind;                  /* XFSHEALER_ACTION_* */
	uint32_t flags;                 /* XFSHEALER_REPAIR_* */
	struct xfshealer_target target; /* REPAIR, LOOK of INODES, SAY about one structure */
	uint32_t sm_type;               /* REPAIR, SAY about one structure: the scrub type */
	uint32_t notice;                /* SAY: XFSHEALER_NOTICE_* */
	uint32_t failure;               /* SAY: XFSHEALER_FAILURE_* */
	int32_t error;                  /* SAY: positive errno */
	uint32_t reasons;               /* FULL_SCRUB, SAY: XFSHEALER_REASON_* */
	uint32_t depth;                 /* LOOK: XFSHEALER_DEPTH_* */
	uint64_t reserved[2];
};

/* Plans the repairs of one filesystem. One thread at a time may use it. */
struct xfshealer_planner;

/* Makes a planner and stores it in `*planner`, or NULL and -EINVAL, -E2BIG (the policy has fields
 * set that this version does not know) or -ENOMEM. `now_ns` of all other functions is the time of a
 * clock that does not run backwards, such as CLOCK_MONOTONIC, in nanoseconds. */
int xfshealer_planner_new(struct xfshealer_planner **planner,
			  const struct xfshealer_policy *policy);
/* Frees it; NULL is allowed. */
void xfshealer_planner_free(struct xfshealer_planner *planner);

/* Takes in an event. */
int xfshealer_planner_event(struct xfshealer_planner *planner,
			    const struct xfshealer_event *event, uint64_t now_ns);
/* Takes in damage that was found where the kernel remembers it, or by a check: a sick mask. Sets
 * `*fresh`, if that is not NULL, to the bits of it that were not known. */
int xfshealer_planner_sick(struct xfshealer_planner *planner,
			   const struct xfshealer_target *target, uint32_t mask, uint64_t now_ns,
			   uint32_t *fresh);
/* Events were lost that no event of type LOST has told of. */
int xfshealer_planner_lost(struct xfshealer_planner *planner, uint64_t now_ns);
/* Asks for a look for damage from before the start: XFSHEALER_DEPTH_SHALLOW, _DEEP or _CHECKS. */
int xfshealer_planner_look(struct xfshealer_planner *planner, uint32_t depth);
/* Changes what is to be done about damage: XFSHEALER_MODE_*. What is known is kept. */
int xfshealer_planner_set_mode(struct xfshealer_planner *planner, uint32_t mode);
/* The filesystem or the caller is going away: only what is to be said comes from now on. */
int xfshealer_planner_stop(struct xfshealer_planner *planner);

/* Stores what is to be done now in `*action` and returns 1, or 0 if there is nothing. */
int xfshealer_planner_next(struct xfshealer_planner *planner, uint64_t now_ns,
			   struct xfshealer_action *action);
/* Stores in `*wait_ns` how long it takes until xfshealer_planner_next has something, if no event
 * and no answer comes first, and returns 1; or 0 if it will have nothing. */
int xfshealer_planner_wait(const struct xfshealer_planner *planner, uint64_t now_ns,
			   uint64_t *wait_ns);
/* How many structures are damaged as far as is known. */
int xfshealer_planner_damaged(const struct xfshealer_planner *planner);

/* ---- The answers: xfshealer_outcome(3) ---- */

/* How a repair ended: `code` of an outcome. 0 is no answer yet. */
#define XFSHEALER_OUTCOME_REPAIRED 1      /* rebuilt */
#define XFSHEALER_OUTCOME_FINE 2          /* found good */
#define XFSHEALER_OUTCOME_FAILED 3        /* still bad */
#define XFSHEALER_OUTCOME_DEVICE_ERROR 4  /* the device failed during the repair */
#define XFSHEALER_OUTCOME_CROSS_FAILED 5  /* seems good, what it is compared with does not */
#define XFSHEALER_OUTCOME_INCOMPLETE 6    /* could not be looked at to the end */
#define XFSHEALER_OUTCOME_GONE 7          /* no such file or structure */
#define XFSHEALER_OUTCOME_BUSY 8          /* something else holds what the repair needs */
#define XFSHEALER_OUTCOME_NO_ROOM 9       /* no memory or no space */
#define XFSHEALER_OUTCOME_READ_ONLY 10    /* mounted read-only */
#define XFSHEALER_OUTCOME_NO_RECOVERY 11  /* mounted norecovery */
#define XFSHEALER_OUTCOME_SHUTDOWN 12     /* the filesystem has shut down */
#define XFSHEALER_OUTCOME_UNSUPPORTED 13  /* cannot be repaired while mounted */
#define XFSHEALER_OUTCOME_KERNEL_DEFECT 14 /* not tried: it would crash this kernel */
#define XFSHEALER_OUTCOME_UNREACHABLE 15  /* not tried: cannot be opened, see `error` */
#define XFSHEALER_OUTCOME_FORBIDDEN 16    /* not tried: repairs are not wanted any more */
#define XFSHEALER_OUTCOME_VANISHED 17     /* the thread that made the call never came back */
#define XFSHEALER_OUTCOME_ERROR 18        /* failed with `error`, which no rule is known for */
#define XFSHEALER_OUTCOME_UNLINKED 19     /* not tried: loading it shuts the filesystem down */
#define XFSHEALER_OUTCOME_NOT_JUDGED 20   /* not tried: nobody can tell whether it is good */

/* How a repair ended. */
struct xfshealer_outcome {
	uint32_t code; /* XFSHEALER_OUTCOME_* */
	int32_t error; /* ERROR, UNREACHABLE: positive errno */
};

/* A call of XFS_IOC_SCRUB_METADATA: fields of struct xfs_scrub_metadata, to be copied. */
struct xfshealer_call {
	uint32_t sm_type;
	uint32_t sm_flags;
	uint64_t sm_ino;
	uint32_t sm_gen;
	uint32_t sm_agno;
};

/* Stores the call number `index`, from 0, of a REPAIR and returns 1, or 0 if it has no more: nearly
 * all have one. `rgcount` is that of struct xfs_fsop_geom. */
int xfshealer_action_call(const struct xfshealer_action *action, uint32_t rgcount, uint32_t index,
			  struct xfshealer_call *call);
/* The same for a check, without XFS_SCRUB_IFLAG_REPAIR, of the structure that one sick bit of the
 * target stands for, as a look makes it. 0 also for a bit that no call checks; `bit` is one. */
int xfshealer_check_call(const struct xfshealer_target *target, uint32_t bit, uint32_t rgcount,
			 uint32_t index, struct xfshealer_call *call);
/* Adds the answer of a call to the outcome of its repair, which is all 0 before the first: what the
 * ioctl returned, the errno if that was not 0, and the sm_flags that came back. Returns 1 if the
 * calls that are left would end the same way, else 0. */
int xfshealer_outcome_add(struct xfshealer_outcome *outcome, int ret, int error,
			  uint32_t sm_flags);
/* The filesystem could not even be opened for a repair, with this errno: what its outcome is. */
int xfshealer_outcome_unreached(struct xfshealer_outcome *outcome, int error);
/* The inode or AG of a XFSHEALER_REPAIR_IF_LOADABLE cannot be loaded, and the call was made
 * without XFS_SCRUB_IFLAG_REPAIR: turns the outcome of that check into that of the repair. */
int xfshealer_outcome_unloadable(struct xfshealer_outcome *outcome);

/* Takes in how a repair ended. What the kernel had queued before that must have gone through
 * xfshealer_planner_event. -ENOENT for a ticket that no repair is running for. */
int xfshealer_planner_finished(struct xfshealer_planner *planner, uint64_t ticket,
			       const struct xfshealer_outcome *outcome, uint64_t now_ns);
/* Before that, after the repair of an inode core that ended REPAIRED or FINE: `bs_sick` that
 * BULKSTAT has for the inode now. -ENOENT for a ticket that no such repair is running for. */
int xfshealer_planner_follow_up(struct xfshealer_planner *planner, uint64_t ticket, uint32_t mask,
				uint64_t now_ns);

/* Takes in that the full scrub of this ticket was not started, since one of somebody else's runs
 * whose end is waited for and then answered with XFSHEALER_SCRUB_OTHERS. Sets for how long at most:
 * it may hang. -ENOENT for a ticket that none is running for. */
int xfshealer_planner_scrub_waits(struct xfshealer_planner *planner, uint64_t ticket,
				  uint64_t now_ns, uint64_t *left_ns);

/* How a full scrub ended. */
#define XFSHEALER_SCRUB_CLEAN 1       /* it ran and left no damage */
#define XFSHEALER_SCRUB_DAMAGE_LEFT 2 /* it ran */
#define XFSHEALER_SCRUB_NOT_STARTED 3 /* it could not be started */
#define XFSHEALER_SCRUB_INTERRUPTED 4 /* it was ended, or had trouble: nothing was judged */
#define XFSHEALER_SCRUB_OTHERS 5      /* somebody else's ran, and is not waited for any more */
#define XFSHEALER_SCRUB_UNTOLD 6      /* it ran, and does not tell what it left */

/* Takes in how a full scrub ended; -ENOENT for a ticket that none is running for. */
int xfshealer_planner_scrub_finished(struct xfshealer_planner *planner, uint64_t ticket,
				     uint32_t end, uint64_t now_ns);

/* How a look for damage ended. */
#define XFSHEALER_LOOK_COMPLETE 1   /* everything was looked at */
#define XFSHEALER_LOOK_INCOMPLETE 2 /* something could not be looked at */
#define XFSHEALER_LOOK_NOT_LOOKED 3 /* nothing could be looked at */
#define XFSHEALER_LOOK_VANISHED 4   /* the thread that looked never came back */

/* Takes in how a look ended; what it found must have gone through xfshealer_planner_sick. -ENOENT
 * for a ticket that none is running for. */
int xfshealer_planner_look_finished(struct xfshealer_planner *planner, uint64_t ticket,
				    uint32_t end, uint64_t now_ns);

/* ---- Text: xfshealer_text(3) ---- */

/*
 * These write a line without newline, as xfs_healer(8) has it, or one JSON object, into `buf`, as
 * snprintf(3) does: at most `size` bytes with the terminating null byte, none if `size` is 0. They
 * return the length of the whole without the null byte, or -EOVERFLOW if that is more than an int
 * holds. Names are escaped, so that none leaves its line; of a line that would be longer than 900
 * bytes the name loses its middle, of a JSON object never. `mountpoint` is the mount point; `path`
 * is the path of the event's or action's inode below it, beginning with a slash and empty for the
 * root directory, or NULL if it is not known. An action that a person need not know of gives an
 * empty line.
 */
int xfshealer_event_text(const struct xfshealer_event *event, const char *mountpoint,
			 const char *path, char *buf, size_t size);
int xfshealer_event_json(const struct xfshealer_event *event, const char *mountpoint,
			 const char *path, char *buf, size_t size);
int xfshealer_action_text(const struct xfshealer_action *action, const char *mountpoint,
			  const char *path, char *buf, size_t size);
int xfshealer_action_json(const struct xfshealer_action *action, const char *mountpoint,
			  const char *path, char *buf, size_t size);

/* The same for a name by itself, escaped as in the lines and shortened to 600 bytes: for a program's
 * own messages. */
int xfshealer_escape(const char *name, char *buf, size_t size);

/* The priority of the line, as syslog(3) numbers them. */
int xfshealer_event_level(const struct xfshealer_event *event);
int xfshealer_action_level(const struct xfshealer_action *action);

#ifdef __cplusplus
}
#endif

#endif
