# SPDX-License-Identifier: LGPL-2.1-or-later
# 300 damaged remote symlinks, each read once, and how long the kernel was at what for whom: system calls, and what is in them.
alone
. /vm/scenarios/burst.sh
GRAPH=/sys/kernel/tracing
FUNCTIONS='__x64_sys_* xfs_ioc_scrub_metadata xchk_setup_symlink xchk_symlink xrep_symlink xchk_teardown xrep_tempfile_create
	xfs_ioc_getparents_by_handle xfs_readlink_by_handle xfs_khandle_to_dentry xfs_log_force xfs_log_force_seq __xfs_trans_commit
	xfs_inodegc_worker xfs_hex_dump xfs_verifier_error xfs_readlink vfs_readlink blkdev_open blkdev_release blkdev_read_iter
	vprintk_emit console_unlock serial8250_console_write exc_page_fault xfs_healthmon_read_iter try_to_wake_up loop_process_work'

# draw: has the kernel's functions timed that the healer's threads come to, without the time in which others had the processor.
draw() {
	local function thread
	echo 16384 >"$GRAPH/buffer_size_kb"
	for function in $FUNCTIONS; do echo "$function" >>"$GRAPH/set_ftrace_filter" || true; done 2>/dev/null
	for thread in $(threads_of_healer); do echo "$thread" >>"$GRAPH/set_ftrace_pid"; done
	echo function-fork >"$GRAPH/trace_options"
	echo function_graph >"$GRAPH/current_tracer"
	for function in nosleep-time funcgraph-proc funcgraph-tail nofuncgraph-cpu nofuncgraph-overhead; do
		echo "$function" >"$GRAPH/trace_options"
	done
	echo >"$GRAPH/trace"
}

# threads_of_healer: their numbers where the tracer looks, in no namespace of its own.
threads_of_healer() { awk '$2 == "xfs_healer" || $2 == "healer-worker" { print $3 }' /sys/kernel/debug/sched/debug; }

# drawn: that is what was drawn; tests/bench/functions makes a table of it.
drawn() {
	echo 0 >"$GRAPH/tracing_on"
	cat "$GRAPH/trace" >"$HERE/graph"
}
before_touches() { draw; }
after_repairs() { drawn; }
burst_of_symlinks 300
