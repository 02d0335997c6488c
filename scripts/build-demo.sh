#!/usr/bin/env bash
# Builds the demo guest, src/cli/demo/demo.elf, from demo.c beside it.
#
#   scripts/build-demo.sh [OUTPUT]
#
# The ELF is committed because users have no arm64 compiler. With the compiler that demo.gcc names the result is the
# same to the byte; a test compares. Without OUTPUT the committed ELF and demo.gcc are replaced.
set -euo pipefail

demo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../src/cli/demo" && pwd)
gcc=aarch64-linux-gnu-gcc
command -v "$gcc" >/dev/null || { echo "build-demo: $gcc is missing: install the package gcc-aarch64-linux-gnu" >&2; exit 1; }
out=${1:-$demo/demo.elf}
[[ $out == /* ]] || out=$PWD/$out

# Nothing of the builder's machine may reach the file: no identification string, build id or path.
cd "$demo"
"$gcc" -std=gnu11 -O2 -march=armv8-a -mcpu=generic -Wall -Wextra -Werror -Wno-unused-parameter \
  -ffreestanding -fno-builtin -fno-pie -fno-pic -fno-stack-protector \
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -fno-tree-loop-distribute-patterns \
  -mbranch-protection=none -mno-outline-atomics -fomit-frame-pointer \
  -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--strip-debug \
  -o "$out" demo.c
chmod 755 "$out"
if (($# == 0)); then "$gcc" --version | head -n 1 >demo.gcc; fi
