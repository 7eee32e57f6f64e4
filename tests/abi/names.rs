// SPDX-License-Identifier: LGPL-2.1-or-later
//! The names that `abi.rs` compares with the C header, each once.

use xfshealer::uapi::*;

use crate::{constants, structs};

constants! {
    XFS_HEALTH_MONITOR_DOMAIN_MOUNT, XFS_HEALTH_MONITOR_DOMAIN_FS, XFS_HEALTH_MONITOR_DOMAIN_AG,
    XFS_HEALTH_MONITOR_DOMAIN_INODE, XFS_HEALTH_MONITOR_DOMAIN_RTGROUP,
    XFS_HEALTH_MONITOR_DOMAIN_DATADEV, XFS_HEALTH_MONITOR_DOMAIN_RTDEV,
    XFS_HEALTH_MONITOR_DOMAIN_LOGDEV, XFS_HEALTH_MONITOR_DOMAIN_FILERANGE,
    XFS_HEALTH_MONITOR_TYPE_RUNNING, XFS_HEALTH_MONITOR_TYPE_LOST,
    XFS_HEALTH_MONITOR_TYPE_UNMOUNT, XFS_HEALTH_MONITOR_TYPE_SICK,
    XFS_HEALTH_MONITOR_TYPE_CORRUPT, XFS_HEALTH_MONITOR_TYPE_HEALTHY,
    XFS_HEALTH_MONITOR_TYPE_SHUTDOWN, XFS_HEALTH_MONITOR_TYPE_MEDIA_ERROR,
    XFS_HEALTH_MONITOR_TYPE_BUFREAD, XFS_HEALTH_MONITOR_TYPE_BUFWRITE,
    XFS_HEALTH_MONITOR_TYPE_DIOREAD, XFS_HEALTH_MONITOR_TYPE_DIOWRITE,
    XFS_HEALTH_MONITOR_TYPE_DATALOST, XFS_HEALTH_SHUTDOWN_META_IO_ERROR,
    XFS_HEALTH_SHUTDOWN_LOG_IO_ERROR, XFS_HEALTH_SHUTDOWN_FORCE_UMOUNT,
    XFS_HEALTH_SHUTDOWN_CORRUPT_INCORE, XFS_HEALTH_SHUTDOWN_CORRUPT_ONDISK,
    XFS_HEALTH_SHUTDOWN_DEVICE_REMOVED, XFS_HEALTH_MONITOR_VERBOSE, XFS_HEALTH_MONITOR_ALL,
    XFS_HEALTH_MONITOR_FMT_V0, XFS_IOC_HEALTH_MONITOR, XFS_IOC_HEALTH_FD_ON_MONITORED_FS,

    XFS_IOC_SCRUB_METADATA, XFS_IOC_SCRUBV_METADATA, XFS_SCRUB_TYPE_PROBE, XFS_SCRUB_TYPE_SB,
    XFS_SCRUB_TYPE_AGF, XFS_SCRUB_TYPE_AGFL, XFS_SCRUB_TYPE_AGI, XFS_SCRUB_TYPE_BNOBT,
    XFS_SCRUB_TYPE_CNTBT, XFS_SCRUB_TYPE_INOBT, XFS_SCRUB_TYPE_FINOBT, XFS_SCRUB_TYPE_RMAPBT,
    XFS_SCRUB_TYPE_REFCNTBT, XFS_SCRUB_TYPE_INODE, XFS_SCRUB_TYPE_BMBTD, XFS_SCRUB_TYPE_BMBTA,
    XFS_SCRUB_TYPE_BMBTC, XFS_SCRUB_TYPE_DIR, XFS_SCRUB_TYPE_XATTR, XFS_SCRUB_TYPE_SYMLINK,
    XFS_SCRUB_TYPE_PARENT, XFS_SCRUB_TYPE_RTBITMAP, XFS_SCRUB_TYPE_RTSUM, XFS_SCRUB_TYPE_UQUOTA,
    XFS_SCRUB_TYPE_GQUOTA, XFS_SCRUB_TYPE_PQUOTA, XFS_SCRUB_TYPE_FSCOUNTERS,
    XFS_SCRUB_TYPE_QUOTACHECK, XFS_SCRUB_TYPE_NLINKS, XFS_SCRUB_TYPE_HEALTHY,
    XFS_SCRUB_TYPE_DIRTREE, XFS_SCRUB_TYPE_METAPATH, XFS_SCRUB_TYPE_RGSUPER,
    XFS_SCRUB_TYPE_RTRMAPBT, XFS_SCRUB_TYPE_RTREFCBT, XFS_SCRUB_TYPE_NR, XFS_SCRUB_TYPE_BARRIER,
    XFS_SCRUB_IFLAG_REPAIR, XFS_SCRUB_OFLAG_CORRUPT, XFS_SCRUB_OFLAG_PREEN, XFS_SCRUB_OFLAG_XFAIL,
    XFS_SCRUB_OFLAG_XCORRUPT, XFS_SCRUB_OFLAG_INCOMPLETE, XFS_SCRUB_OFLAG_WARNING,
    XFS_SCRUB_OFLAG_NO_REPAIR_NEEDED, XFS_SCRUB_IFLAG_FORCE_REBUILD, XFS_SCRUB_FLAGS_IN,
    XFS_SCRUB_FLAGS_OUT, XFS_SCRUB_FLAGS_ALL, XFS_SCRUB_VEC_FLAGS_ALL, XFS_SCRUB_METAPATH_PROBE,
    XFS_SCRUB_METAPATH_RTDIR, XFS_SCRUB_METAPATH_RTBITMAP, XFS_SCRUB_METAPATH_RTSUMMARY,
    XFS_SCRUB_METAPATH_QUOTADIR, XFS_SCRUB_METAPATH_USRQUOTA, XFS_SCRUB_METAPATH_GRPQUOTA,
    XFS_SCRUB_METAPATH_PRJQUOTA, XFS_SCRUB_METAPATH_RTRMAPBT, XFS_SCRUB_METAPATH_RTREFCOUNTBT,
    XFS_SCRUB_METAPATH_NR,

    XFS_IOC_FSGEOMETRY, XFS_IOC_AG_GEOMETRY, XFS_IOC_RTGROUP_GEOMETRY, XFS_FSOP_GEOM_VERSION,
    XFS_FSOP_GEOM_VERSION_V5, XFS_FSOP_GEOM_FLAGS_ATTR, XFS_FSOP_GEOM_FLAGS_NLINK,
    XFS_FSOP_GEOM_FLAGS_QUOTA, XFS_FSOP_GEOM_FLAGS_IALIGN, XFS_FSOP_GEOM_FLAGS_DALIGN,
    XFS_FSOP_GEOM_FLAGS_SHARED, XFS_FSOP_GEOM_FLAGS_EXTFLG, XFS_FSOP_GEOM_FLAGS_DIRV2,
    XFS_FSOP_GEOM_FLAGS_LOGV2, XFS_FSOP_GEOM_FLAGS_SECTOR, XFS_FSOP_GEOM_FLAGS_ATTR2,
    XFS_FSOP_GEOM_FLAGS_PROJID32, XFS_FSOP_GEOM_FLAGS_DIRV2CI, XFS_FSOP_GEOM_FLAGS_LAZYSB,
    XFS_FSOP_GEOM_FLAGS_V5SB, XFS_FSOP_GEOM_FLAGS_FTYPE, XFS_FSOP_GEOM_FLAGS_FINOBT,
    XFS_FSOP_GEOM_FLAGS_SPINODES, XFS_FSOP_GEOM_FLAGS_RMAPBT, XFS_FSOP_GEOM_FLAGS_REFLINK,
    XFS_FSOP_GEOM_FLAGS_BIGTIME, XFS_FSOP_GEOM_FLAGS_INOBTCNT, XFS_FSOP_GEOM_FLAGS_NREXT64,
    XFS_FSOP_GEOM_FLAGS_EXCHANGE_RANGE, XFS_FSOP_GEOM_FLAGS_PARENT, XFS_FSOP_GEOM_FLAGS_METADIR,
    XFS_FSOP_GEOM_FLAGS_ZONED, XFS_FSOP_GEOM_SICK_COUNTERS, XFS_FSOP_GEOM_SICK_UQUOTA,
    XFS_FSOP_GEOM_SICK_GQUOTA, XFS_FSOP_GEOM_SICK_PQUOTA, XFS_FSOP_GEOM_SICK_RT_BITMAP,
    XFS_FSOP_GEOM_SICK_RT_SUMMARY, XFS_FSOP_GEOM_SICK_QUOTACHECK, XFS_FSOP_GEOM_SICK_NLINKS,
    XFS_FSOP_GEOM_SICK_METADIR, XFS_FSOP_GEOM_SICK_METAPATH, XFS_AG_GEOM_SICK_SB,
    XFS_AG_GEOM_SICK_AGF, XFS_AG_GEOM_SICK_AGFL, XFS_AG_GEOM_SICK_AGI, XFS_AG_GEOM_SICK_BNOBT,
    XFS_AG_GEOM_SICK_CNTBT, XFS_AG_GEOM_SICK_INOBT, XFS_AG_GEOM_SICK_FINOBT,
    XFS_AG_GEOM_SICK_RMAPBT, XFS_AG_GEOM_SICK_REFCNTBT, XFS_AG_GEOM_SICK_INODES,
    XFS_RTGROUP_GEOM_SICK_SUPER, XFS_RTGROUP_GEOM_SICK_BITMAP, XFS_RTGROUP_GEOM_SICK_SUMMARY,
    XFS_RTGROUP_GEOM_SICK_RMAPBT, XFS_RTGROUP_GEOM_SICK_REFCNTBT, XFS_RTGROUP_GEOM_WRITEPOINTER,

    XFS_IOC_BULKSTAT, XFS_IOC_INUMBERS, XFS_IOC_FSBULKSTAT_SINGLE,
    XFS_BULK_IREQ_AGNO, XFS_BULK_IREQ_SPECIAL,
    XFS_BULK_IREQ_NREXT64, XFS_BULK_IREQ_METADIR, XFS_BULK_IREQ_FLAGS_ALL,
    XFS_BULK_IREQ_SPECIAL_ROOT, XFS_BULKSTAT_VERSION_V1, XFS_BULKSTAT_VERSION_V5,
    XFS_BS_SICK_INODE, XFS_BS_SICK_BMBTD, XFS_BS_SICK_BMBTA, XFS_BS_SICK_BMBTC, XFS_BS_SICK_DIR,
    XFS_BS_SICK_XATTR, XFS_BS_SICK_SYMLINK, XFS_BS_SICK_PARENT, XFS_BS_SICK_DIRTREE,
    XFS_INUMBERS_VERSION_V1, XFS_INUMBERS_VERSION_V5,

    XFS_IOC_FREE_EOFBLOCKS, XFS_EOFBLOCKS_VERSION, XFS_EOF_FLAGS_MINFILESIZE,

    XFS_IOC_FD_TO_HANDLE, XFS_IOC_READLINK_BY_HANDLE, XFS_IOC_GETPARENTS, XFS_IOC_GETPARENTS_BY_HANDLE,
    XFS_GETPARENTS_OFLAG_ROOT, XFS_GETPARENTS_OFLAG_DONE, XFS_GETPARENTS_OFLAGS_ALL,
    XFS_GETPARENTS_IFLAGS_ALL,

    FS_IOC_GETFSMAP, FMH_OF_DEV_T, FMR_OF_PREALLOC, FMR_OF_ATTR_FORK, FMR_OF_EXTENT_MAP,
    FMR_OF_SHARED, FMR_OF_SPECIAL_OWNER, FMR_OF_LAST, XFS_FMR_OWN_FREE, XFS_FMR_OWN_UNKNOWN,
    XFS_FMR_OWN_FS, XFS_FMR_OWN_LOG, XFS_FMR_OWN_AG, XFS_FMR_OWN_INOBT, XFS_FMR_OWN_INODES,
    XFS_FMR_OWN_REFC, XFS_FMR_OWN_COW, XFS_FMR_OWN_DEFECTIVE,
}

structs! {
    xfs_health_monitor { flags, format, pad, }
    xfs_health_monitor_event { domain, r#type, time_ns, e, pad, }
    xfs_health_monitor_lost { count, }
    xfs_health_monitor_fs { mask, }
    xfs_health_monitor_group { mask, gno, }
    xfs_health_monitor_inode { mask, r#gen, ino, }
    xfs_health_monitor_shutdown { reasons, }
    xfs_health_monitor_filerange { pos, len, ino, r#gen, error, }
    xfs_health_monitor_media { daddr, bbcount, }
    xfs_health_file_on_monitored_fs { fd, flags, }
    xfs_scrub_metadata { sm_type, sm_flags, sm_ino, sm_gen, sm_agno, sm_reserved, }
    xfs_scrub_vec { sv_type, sv_flags, sv_ret, sv_reserved, }
    xfs_scrub_vec_head {
        svh_ino, svh_gen, svh_agno, svh_flags, svh_rest_us, svh_nr, svh_reserved, svh_vectors,
    }
    xfs_fsop_geom {
        blocksize, rtextsize, agblocks, agcount, logblocks, sectsize, inodesize, imaxpct,
        datablocks, rtblocks, rtextents, logstart, uuid, sunit, swidth, version, flags,
        logsectsize, rtsectsize, dirblocksize, logsunit, sick, checked, rgextents, rgcount,
        rtstart, rtreserved, reserved,
    }
    xfs_ag_geometry {
        ag_number, ag_length, ag_freeblks, ag_icount, ag_ifree, ag_sick, ag_checked, ag_flags,
        ag_reserved,
    }
    xfs_rtgroup_geometry {
        rg_number, rg_length, rg_sick, rg_checked, rg_flags, rg_writepointer, rg_reserved,
    }
    xfs_fs_eofblocks {
        eof_version, eof_flags, eof_uid, eof_gid, eof_prid, pad32, eof_min_file_size, pad64,
    }
    xfs_bulk_ireq { ino, flags, icount, ocount, agno, reserved, }
    xfs_bulkstat_req { hdr, bulkstat, }
    xfs_inumbers_req { hdr, inumbers, }
    xfs_bulkstat {
        bs_ino, bs_size, bs_blocks, bs_xflags, bs_atime, bs_mtime, bs_ctime, bs_btime, bs_gen,
        bs_uid, bs_gid, bs_projectid, bs_atime_nsec, bs_mtime_nsec, bs_ctime_nsec, bs_btime_nsec,
        bs_blksize, bs_rdev, bs_cowextsize_blks, bs_extsize_blks, bs_nlink, bs_extents,
        bs_aextents, bs_version, bs_forkoff, bs_sick, bs_checked, bs_mode, bs_pad2, bs_extents64,
        bs_pad,
    }
    xfs_inumbers { xi_startino, xi_allocmask, xi_alloccount, xi_version, xi_padding, }
    xfs_fsop_bulkreq { lastip, icount, ubuffer, ocount, }
    xfs_bstime { tv_sec, tv_nsec, }
    xfs_bstat {
        bs_ino, bs_mode, bs_nlink, bs_uid, bs_gid, bs_rdev, bs_blksize, bs_size, bs_atime,
        bs_mtime, bs_ctime, bs_blocks, bs_xflags, bs_extsize, bs_extents, bs_gen, bs_projid_lo,
        bs_forkoff, bs_projid_hi, bs_sick, bs_checked, bs_pad, bs_cowextsize, bs_dmevmask,
        bs_dmstate, bs_aextents,
    }
    xfs_fsid { val, }
    xfs_fid { fid_len, fid_pad, fid_gen, fid_ino, }
    xfs_handle { ha_fsid, ha_fid, }
    xfs_fsop_handlereq { fd, path, oflags, ihandle, ihandlen, ohandle, ohandlen, }
    xfs_attrlist_cursor { opaque, }
    xfs_getparents_rec { gpr_parent, gpr_reclen, gpr_reserved, gpr_name, }
    xfs_getparents { gp_cursor, gp_iflags, gp_oflags, gp_bufsize, gp_reserved, gp_buffer, }
    xfs_getparents_by_handle { gph_handle, gph_request, }
    fsmap {
        fmr_device, fmr_flags, fmr_physical, fmr_owner, fmr_offset, fmr_length, fmr_reserved,
    }
    fsmap_head {
        fmh_iflags, fmh_oflags, fmh_count, fmh_entries, fmh_reserved, fmh_keys, fmh_recs,
    }
}
