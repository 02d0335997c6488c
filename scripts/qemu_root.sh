#!/usr/bin/env bash
# Runs an arm64 program under qemu-aarch64 with ROOT as its root directory, so that what it executes is arm64, too.
#
#   scripts/qemu_root.sh ROOT COMMAND...
#
# `qemu-aarch64-static -L` redirects opens but not execve, so a guest that starts itself does not find itself. This
# registers qemu with a binfmt_misc of its own (Linux 6.7 has one for each user namespace) and changes nothing outside:
# what the program writes below ROOT goes to a layer that is thrown away. The root user is needed.
set -euo pipefail

say() { printf 'qemu_root: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }

(($# >= 2)) || die "usage: scripts/qemu_root.sh ROOT COMMAND..."
root=$(realpath "$1")
shift
qemu=$(command -v qemu-aarch64-static) || die "qemu-aarch64-static is missing"
((EUID == 0)) || die "this needs the root user"
layer=$(mktemp -d)
trap 'rm -rf "$layer"' EXIT
mkdir "$layer"/{upper,work,root}

# Waits for its ids, mounts, and becomes the program. $1 root, $2 layer, $3 qemu, then the command.
inside='
  until read -r _ < /proc/self/uid_map; do sleep 0.02; done
  set -e
  mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  elf="\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00"
  mask="\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff"
  printf "%s" ":arm64:M::$elf:$mask:$3:FP" > /proc/sys/fs/binfmt_misc/register
  mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
  for file in passwd group hosts services; do
    [[ -e $2/root/etc/$file ]] || cp "/etc/$file" "$2/root/etc/"
  done
  mount --rbind /dev "$2/root/dev"
  mount --rbind /proc "$2/root/proc"
  root=$2/root
  shift 3
  exec chroot "$root" "$@"'
unshare --user --mount --propagation private bash -c "$inside" qemu_root "$root" "$layer" "$qemu" "$@" &
child=$!
trap 'kill "$child" 2>/dev/null || true; rm -rf "$layer"' EXIT
until [[ $(readlink "/proc/$child/ns/user") != "$(readlink /proc/self/ns/user)" ]]; do sleep 0.02; done
for map in uid_map gid_map; do echo "0 0 65536" > "/proc/$child/$map"; done
status=0
wait "$child" || status=$?
exit "$status"
