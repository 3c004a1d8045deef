#!/bin/sh
# Builds the root of a Debian 12 VM with cloud-init in a folder of its own, as a template on AHV would have it.
#
#   build.sh FOLDER MIRROR
#
# FOLDER holds sources.list and apt.conf (the machine's own) and gets root/. Runs in a mount namespace of its own, so that nothing
# stays mounted, whatever happens.
set -eu

folder=$1
mirror=$2
files=$(dirname "$0")/files
root=$folder/root
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

debootstrap --variant=minbase bookworm "$root" "$mirror"

cp "$folder/sources.list" "$root/etc/apt/sources.list"
cp "$folder/apt.conf" "$root/etc/apt/apt.conf.d/99machine"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Nothing that is installed is to be started on this machine.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"

chroot "$root" apt-get update -q
# Not with debootstrap's --include: that leaves cloud-init's dependencies unmet. The guest agent is the test's own way in.
chroot "$root" apt-get install -q -y --no-install-recommends \
  systemd-sysv linux-image-cloud-amd64 initramfs-tools dbus \
  cloud-init isc-dhcp-client ifupdown netbase \
  qemu-guest-agent

cp -r "$files/." "$root/"
chroot "$root" systemctl enable orders.service

rm "$root/etc/apt/sources.list" "$root/etc/apt/apt.conf.d/99machine" "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d"
rm -rf "$root/var/lib/apt/lists" "$root/var/cache/apt/archives"
umount "$root/proc"

# What differs from machine to machine is made at first boot.
: >"$root/etc/machine-id"
echo template >"$root/etc/hostname"
echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"

mv "$root"/boot/vmlinuz-* "$folder/kernel"
mv "$root"/boot/initrd.img-* "$folder/initrd"
truncate -s 3G "$folder/disk.img"
mkfs.ext4 -q -F -d "$root" "$folder/disk.img"
rm -rf "$root"
