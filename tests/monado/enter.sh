#!/bin/sh
# Puts a private view of a system's folder together and runs a command in it. Meant for fresh namespaces (unshare --mount
# --pid ...): whatever is mounted and started here ends with them.
#   ENTER_WRITABLE=1  the system's folder may be written (while it is built)
#   ENTER_HOST=1      the host's files below /host (while something is installed)
#   ENTER_BINDS       lines "source<TAB>target<TAB>rw|ro"
# usage: enter.sh ROOT COMMAND...   the command's environment is ours, less these three
set -eu
root=$1
shift
mount --bind "$root" "$root"
if [ "${ENTER_HOST:-}" = 1 ]; then mount --rbind / "$root/host"; fi
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir -m 1777 "$root/dev/shm"
mkdir "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
for name in null zero full random urandom tty; do
    : >"$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
for name in tmp var/tmp run root; do mount -t tmpfs -o mode=1777 tmpfs "$root/$name"; done
mkdir -m 700 "$root/run/xr"
tab=$(printf '\t')
printf '%s\n' "${ENTER_BINDS:-}" | while IFS="$tab" read -r source target mode; do
    [ -n "$source" ] || continue
    mount --bind "$source" "$root$target"
    if [ "$mode" = ro ]; then mount -o remount,bind,ro "$root$target"; fi
done
if [ "${ENTER_WRITABLE:-}" != 1 ]; then
    mount -t tmpfs -o mode=1777 tmpfs "$root/var/lib/xkb"
    mount -o remount,bind,ro "$root"
fi
exec chroot "$root" /usr/bin/env -u ENTER_WRITABLE -u ENTER_HOST -u ENTER_BINDS "$@"
