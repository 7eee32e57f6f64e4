# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook of the packaged unit leaves its sandbox: by the examples mail is sent, a web server is called and a node is cordoned, each
# with the line of JSON; nothing of it stays.
use event
examples=/usr/share/xfs_healer/examples units=/run/systemd/system
mkdir -p "$units/$(unit_of xfs_healer).d"
cp "$examples/xfs_healer@.service.d/event.conf" "$units/$(unit_of xfs_healer).d/"
cp -r "$examples/xfs_healer_event@.service.d" "$units/"
sed -i "s|https://monitoring.example/|http://127.0.0.1:8080/|; s/--max-time 20/--max-time $(slowly 20)/" \
	"$units/xfs_healer_event@.service.d/webhook.conf"
unit xfs_healer_event@.service.d/slow.conf '[Service]' "TimeoutStartSec=$(slowly 60)s"

# A queue of mail, a web server and a kubectl, which note what they are given.
queue=$HERE/queue
mkdir "$queue"
recorder() { printf '%s\n' '#!/bin/bash' "file=\$(mktemp $queue/$2.XXXXXX)" "${@:3}" "mv \"\$file\" \"\$file.done\"" >"$1"; chmod +x "$1"; }
recorder /usr/sbin/sendmail mail 'cat >"$file"'
recorder /usr/local/bin/kubectl kubectl 'echo "$KUBECONFIG $*" >"$file"'
recorder "$HERE/server" post 'length=0' \
	'while read -r line && [[ $line != $'"'\\r'"' ]]; do [[ ${line,,} != content-length:* ]] || length=${line//[!0-9]/}; echo "$line"; done >"$file"' \
	'head -c "$length" >>"$file"' 'printf "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"'
unit web.socket '[Socket]' ListenStream=127.0.0.1:8080 Accept=yes
unit web@.service '[Service]' "ExecStart=$HERE/server" StandardInput=socket StandardOutput=socket
systemctl start web.socket

# noted KIND REGEX...: one of what they were given has all these lines.
noted() {
	local file regex
	for file in "$queue/$1".*.done; do
		for regex in "${@:2}"; do grep -Eq -- "$regex" "$file" 2>/dev/null || continue 2; done
		return 0
	done
	return 1
}

fs plain
damage_ag 1 bnobt
mounted
touch_ag 1 bnobt
repairs_vary
# The last attempt comes two minutes after the third, and on a slow machine the full scrub lasts longer than three.
PATIENCE=150 expect_journal crit "$MNT agno 0x1 bnobt: offline repair needed: the kernel cannot repair it while this filesystem is mounted"
host=$(hostname)
line='"notice":"offline_needed",.*"object":"ag:1:bnobt"'
eventually "$PATIENCE" noted mail '^To: root$' "^Subject: xfs_healer: offline_needed on $host\$" "$line"
eventually "$PATIENCE" noted post '^POST /xfs_healer ' '^Content-Type: application/json' "$line"
eventually "$PATIENCE" noted kubectl "^/etc/kubernetes/kubelet.conf cordon $host\$"
eventually "$PATIENCE" noted mail "^Subject: xfs_healer: repair_failed on $host\$"
unmount "$MNT"
expect_property ActiveState inactive
eventually "$PATIENCE" noted post '"event":"unmount"'
nothing_stays() { [[ -z $(compgen -G '/run/xfs_healer/event-*') && -z $(systemctl --no-pager --legend=no --plain --all list-units 'xfs_healer_event@*') ]]; }
eventually "$PATIENCE" nothing_stays
# Once for what is left, once for the unmount; a repair that may come yet cordons nothing.
expect [ "$(compgen -G "$queue/kubectl.*.done" | wc -l)" = 2 ]
systemctl stop web.socket
rm -r "$units/$(unit_of xfs_healer).d" "$units/xfs_healer_event@.service.d" /usr/sbin/sendmail /usr/local/bin/kubectl
systemctl daemon-reload
