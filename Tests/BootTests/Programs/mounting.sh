#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# File systems in a shell: every line of the answer is in mounting.txt.
/bin/busybox --install -s /bin
exec 2>&1
PATH=/bin
mkdir -p /mnt/a
mount -t tmpfs -o size=1m,mode=750 first /mnt/a
mount | grep /mnt
mount | grep -c ' on / '
df -k /mnt/a | tail -n 1
echo text >/mnt/a/file
mount -o remount,ro /mnt/a
echo more >/mnt/a/file
mount | grep /mnt
umount /mnt/a && ls /mnt/a
mkdir /mnt/a/b
mount -t tmpfs second /mnt/a
(cd /mnt/a && umount /mnt/a; umount -l /mnt/a && pwd)
ls /mnt/a
mount -t nothing none /mnt/a
umount /mnt/a
umount /proc && ls /proc && mount -t proc proc /proc && cat /proc/self/comm
exit 0
