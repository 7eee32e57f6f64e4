# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the scripts on the host that boot something in QEMU.

. "$(dirname "${BASH_SOURCE[0]}")/pace.sh"

qemu=(qemu-system-x86_64 -machine q35 -smp "${PROCESSORS:-2}" -m 4G -nic none -display none -monitor none -no-reboot)

# accelerator KERNEL: KVM can be there and still not run this kernel, so it is tried: a kernel without a root must get as far as
# its panic. That can take 20 s, so that the answer is good for an hour.
accelerator() {
	local answer=$1.accelerator
	if [[ -z $(find "$answer" -mmin -60 2>/dev/null) ]]; then
		try_accelerator "$1" >"$answer.$BASHPID"
		mv "$answer.$BASHPID" "$answer"
	fi
	cat "$answer"
}
try_accelerator() {
	if [[ -w /dev/kvm ]] && timeout 20 "${qemu[@]}" -accel kvm -cpu max -serial stdio -kernel "$1" \
		-append 'console=ttyS0 panic=-1 quiet' </dev/null 2>/dev/null | grep -q 'Kernel panic'; then
		echo kvm
	else
		echo tcg,thread=multi
	fi
}

# While it boots a kernel patches its own code again and again, also what another processor is executing, and an emulated one can run
# into a half patched place (Oops: int3). So it boots with one, and its first program is to start the other. It does not watch the
# clock, which it would doubt where the machine is busy, nor try whether the timer works, which it then may seem not to. Its clock is one
# that tells its own rate: how fast the processor's counts it has to measure while it boots, and errs where it is held up just then.
# But each look at it is a system call, which distorts what is measured: CLOCK=tsc for that, on a machine with nothing else to do.
# A processor that stands still for 40 s is one that the host has held up: what really hangs is seen by the limits.
CAREFUL='maxcpus=1 tsc=reliable no_timer_check watchdog_thresh=60'
# The emulator translates code anew at each address where it meets it: with every program and library at the same address in every
# process a new process costs a quarter.
SOON='mitigations=off norandmaps'

# processor HOW: which one of these QEMU is to be, by what runs it. Emulated it is an old one: where it says that it copies fast byte by
# byte the kernel does so, and each byte is emulated; and what newer ones protect costs more here than there.
processor() {
	if [[ $1 == kvm ]]; then echo max; else echo Nehalem,+rdrand; fi
}

# machine KERNEL INITRD WORDS OPTION...: boots that with these words more on the kernel's command line. RUN goes before QEMU. With COUNTED
# all clocks of the machine count its instructions, of 1 ns each: what the host does beside makes no difference. But of two processors
# each one's clock then goes on while it is the other's turn, so that two threads at work beside each other are said to have used what
# both have: processor times are right with PROCESSORS=1 only.
machine() {
	local kernel=$1 initrd=$2 words=$3 how
	shift 3
	how=$(accelerator "$kernel")
	[[ -z ${COUNTED-} ]] || how=tcg
	${RUN-} "${qemu[@]}" -accel "$how" ${COUNTED:+-icount shift=0,sleep=off} -cpu "$(processor "$how")" -kernel "$kernel" -initrd "$initrd" \
		-append "console=ttyS0 panic=-1 quiet log_buf_len=4M $CAREFUL clocksource=${CLOCK-hpet} $SOON $words" "$@"
}

# ports CONSOLE LOGS: options that send the console and the port of that name to these files, and the port "report" to
# standard output. QEMU opens that by name, so it must be a pipe: a file it would open a second time.
ports() {
	printf '%s\n' -serial "file:$1" -device virtio-serial \
		-chardev file,id=report,path=/dev/stdout,append=on -device virtserialport,chardev=report,name=report \
		-chardev "file,id=logs,path=$2" -device virtserialport,chardev=logs,name=logs
}

SILENCE=300  # seconds without a word from a guest, which says that it is alive all the time, and at boot is not that slow

# hear SECONDS COMMAND...: the command boots a guest, and next_line reads what it reports, for so long where the machine is not slow.
hear() {
	HEARD_LEFT=$(($1 * 1000000)) HEARD_LAST=${EPOCHREALTIME/./}
	shift
	exec 3< <(exec setsid "$@")
	GUEST=$!
}

# next_line: the next LINE of the report. False at its end, and where the guest is silent or takes too long, which ends it.
next_line() {
	local left=$HEARD_LEFT last=$HEARD_LAST
	while IFS= read -r -t "$SILENCE" -u 3 LINE || { (($? <= 128)) || hang_up; false; }; do
		passes || { hang_up; break; }
		HEARD_LEFT=$left HEARD_LAST=$last
		case $LINE in
		'@stop '[0-9] | '@stop '[0-9][0-9]) stand_still "${LINE#* }" ;;
		'@alive '*)
			SLOW=${LINE#* }
			((SLOW <= SLOWEST)) || SLOWEST=$SLOW
			;;
		*) return 0 ;;
		esac
	done
	wait "$GUEST" || true
	GUEST=
	return 1
}
GUEST='' SLOWEST=100

# stand_still SECONDS: it and all its clocks, which jump then.
stand_still() {
	kill -STOP -- -"$GUEST"
	sleep "$1"
	kill -CONT -- -"$GUEST"
}

# hang_up: ends it.
hang_up() { [[ -z $GUEST ]] || kill -- -"$GUEST" 2>/dev/null || true; }

# patiently SECONDS COMMAND...: for so long where the machine is not slow, which is measured beside it. False if it fails or is ended.
patiently() {
	local left=$(($1 * 1000000)) last=${EPOCHREALTIME/./} began slow pid
	shift
	RUN=exec "$@" &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		began=${EPOCHREALTIME/./}
		for _ in {1..10}; do work; done
		slowness $((${EPOCHREALTIME/./} - began)) $((HOST_TAKES * 10000))
		passes || { kill "$pid"; echo "did not end in time"; break; }
		sleep 2
	done
	wait "$pid"
}

# persist CONSOLE COMMAND...: the command boots a guest with that console, and is false if that did not even come to what it is
# booted for. Emulated processors do that to a kernel now and then, so it is booted again, at most twice, unless nothing was booted.
persist() {
	local console=$1 again
	shift
	rm -f "$console"
	for again in 1 2; do
		! "$@" || return 0
		[[ -e $console ]] || return 1
		echo "tests/vm: the guest died at boot ($(last_words "$console")), booting again ($again of 2)"
	done
	"$@"
}

# last_words CONSOLE: what the kernel died of, else its last line.
last_words() {
	tr -d '\r' <"$1" | awk '/Kernel panic|Oops|BUG:/ { why = $0 } NF { last = $0 }
		END { print why ? why : last ? last : "without a word" }'
}
