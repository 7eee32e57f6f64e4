# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The starter of healers under test, and the services that it starts.

SERVICES=$HERE/services  # what systemctl was asked for, one path each

# services [CODE]: programs find from here on a systemctl that takes a note instead, and ends with that code. Asked for a unit it says
# that it runs if it was started.
services() {
	mkdir -p "$HERE/bin"
	cat >"$HERE/bin/systemctl" <<-END
		#!/bin/bash
		if [[ \$1 == show ]]; then
			! grep -Fxqs -- "\${*: -1}" "$HERE/units" || printf 'ActiveState=active\nMainPID=1\n'
			exit
		fi
		echo "\$*" >>$SERVICES
		[[ $((${1-0})) != 0 ]] || echo "\${*: -1}" >>$HERE/units
		exit $((${1-0}))
	END
	chmod +x "$HERE/bin/systemctl"
	PATH=$HERE/bin:${PATH#"$HERE/bin:"}
}

# services_heal: a systemctl that does restart a healer, in the background and some time later; what it says is in a file named
# after the instance.
services_heal() {
	services
	cat >>"$HERE/bin/systemctl.new" <<-END
		#!/bin/bash
		if [[ \$1 == show ]]; then
			name=\${*: -1} name=\${name#xfs_healer@} name=\${name%.service}
			! { read -r pid <$HERE/\$name.pid && kill -0 "\$pid"; } 2>/dev/null || printf 'ActiveState=active\nMainPID=%d\n' "\$pid"
			exit
		fi
		echo "\$*" >>$SERVICES
		name=\${3#xfs_healer@} name=\${name%.service} path=/\${name//-//}
		pause() { read -rt "\$1" <>$PAUSE; }
		restart() {
			pause 3
			if [[ -e $HERE/\$name.pid ]] && read -r pid <$HERE/\$name.pid && kill "\$pid"; then
				while kill -0 "\$pid"; do pause 0.1; done
			fi
			$HEALER "\$path" >>$HERE/\$name.says &
			echo \$! >$HERE/\$name.pid
			wait
		}
		restart </dev/null >/dev/null 2>&1 &
	END
	chmod +x "$HERE/bin/systemctl.new"
	mv "$HERE/bin/systemctl.new" "$HERE/bin/systemctl"
}

# service_says INSTANCE LINE [N]: soon, and at least so often.
service_says() { eventually "$PATIENCE" has_line "$HERE/$1.says" "${@:2}"; }

# starter [OPTION...]: starts it; its lines are in STARTER_LOG and STARTER_ERR. HOW goes before it, as words.
starter() {
	STARTER_LOG=$HERE/starter.log STARTER_ERR=$HERE/starter.err
	: >>"$SERVICES"
	: >"$STARTER_LOG"
	: >"$STARTER_ERR"
	${HOW-} "$STARTER" --debug "$@" >>"$STARTER_LOG" 2>>"$STARTER_ERR" &
	STARTER_PID=$!
	starter_says 'fanotify active'
}

# starter_says LINE: on standard output, soon.
starter_says() { eventually "$PATIENCE" has_line "$STARTER_LOG" "$1"; }

# starter_complains LINE: on standard error, soon.
starter_complains() { eventually "$PATIENCE" has_line "$STARTER_ERR" "$1"; }

# expect_services UNIT...: these were restarted so far, in any order, each as often as it is named, and no other.
expect_services() {
	local want
	want=$([[ $# == 0 ]] || printf 'restart --no-block xfs_healer@%s.service\n' "$@" | sort)
	eventually "$PATIENCE" services_are "$want"
	pause 1
	services_are "$want" || fail "more was started: $(<"$SERVICES")"
	kill -0 "$STARTER_PID" || fail 'the starter is gone'
}
services_are() { [[ $(sort "$SERVICES") == "$1" ]]; }

# end_starter: it ends by SIGTERM with exit 0.
end_starter() {
	kill -TERM "$STARTER_PID"
	eventually "$PATIENCE" starter_gone
	wait "$STARTER_PID" || fail "the starter ended with $?"
}
starter_gone() { ! kill -0 "$STARTER_PID"; }
