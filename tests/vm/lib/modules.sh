# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the scripts on the host that make the guest and the kernels for it: modules, and archives for the initramfs.

MODULES=(xfs ext4 btrfs vfat loop dm_mod dm_delay dm_thin_pool scsi_debug sd_mod virtio_blk fuse)

# kmod ROOT NAME ARG...: the guest's own modprobe or depmod, so that the host needs none.
kmod() {
	local root=$1 name=$2
	shift 2
	"$root/usr/lib64/ld-linux-x86-64.so.2" --argv0 "$name" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/kmod" "$@"
}

# keep_modules ROOT VERSION: only what the tests load, and unpacked, which boots faster. What the kernel's package lacks is said;
# scenarios that need it skip themselves.
keep_modules() {
	local root=$1 version=$2 dir=$1/usr/lib/modules/$2 kept=$1.kept module
	kmod "$root" depmod --basedir "$root" "$version"
	mkdir "$kept"
	for module in "${MODULES[@]}"; do
		kmod "$root" modprobe --dirname "$root" --set-version "$version" --show-depends "$module" ||
			echo "tests/vm: kernel $version has no module $module" >&2
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | xargs cp -t "$kept"
	rm -rf "$dir/kernel" "$dir/vmlinuz" "$dir/System.map"
	mv "$kept" "$dir/kernel"
	xz -d "$dir"/kernel/*.xz
	kmod "$root" depmod --basedir "$root" "$version"
}

# archive DIRECTORY PATH: what is below that path in there, for the kernel to unpack.
archive() { (cd "$1" && find "$2" -print0 | LC_ALL=C sort -z | cpio --null --quiet -o -H newc -R 0:0) | zstd -q -9 -T0; }
