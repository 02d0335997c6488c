#!/usr/bin/env bash
# Fetches and builds the arm64 programs that `make programs` records.
#
#   scripts/programs.sh [DIR]
#
# DIR defaults to $ELFUSE_TRACE_PROGRAMS, else target/programs beside this script's folder. It gets `trixie` and
# `bookworm`, programs with glibc 2.41 and 2.36; `go`, a Go toolchain for this machine; and `built`, a static Go
# program and a program with musl. A second call does nothing.
set -euo pipefail

say() { printf 'programs: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${1:-${ELFUSE_TRACE_PROGRAMS:-$here/target/programs}}
files=$here/tests/programs/files
mkdir -p "$dir/built"

"$here/scripts/sysroot.sh" "$dir/trixie" busybox-static bash-static bash dash coreutils python3.13 libpython3.13-testsuite \
  sqlite3 lua5.4 perl git redis-server redis-tools stress-ng tar gzip curl openssl sed grep gawk findutils util-linux \
  procps make diffutils musl musl-dev
DEBIAN_SUITE=bookworm "$here/scripts/sysroot.sh" "$dir/bookworm" bash dash coreutils findutils sed grep mawk diffutils
# Which awk this is, Debian leaves to a script that an installation runs.
[[ -e $dir/trixie/usr/bin/awk ]] || ln -s gawk "$dir/trixie/usr/bin/awk"
[[ -e $dir/bookworm/usr/bin/awk ]] || ln -s mawk "$dir/bookworm/usr/bin/awk"
DEBIAN_ARCH=$(dpkg --print-architecture) "$here/scripts/sysroot.sh" "$dir/go" golang-1.24-go

# Python's modules come as text, which an installation compiles.
lib=$dir/trixie/usr/lib/python3.13
if [[ ! -d $lib/multiprocessing/__pycache__ ]]; then
  say "compiling Python's modules"
  for part in "" asyncio collections concurrent email encodings html http importlib json logging re sqlite3 urllib multiprocessing; do
    qemu-aarch64-static -L "$dir/trixie" "$dir/trixie/usr/bin/python3.13" -m compileall -q -l "$lib/$part" || die "Python's modules do not compile"
  done
fi

# Debian links parts of the toolchain's tree into another folder, and Go wants them in one.
root=$dir/go/usr/lib/go-1.24
for part in src lib pkg/include; do
  if [[ -L $root/$part ]]; then
    rm "$root/$part" && cp -r "$dir/go/usr/share/go-1.24/$part" "$root/$part"
  fi
done

if [[ $files/goroutines.go -nt $dir/built/goroutines ]]; then
  say "building goroutines"
  build() { # build ARCH OUTPUT
    env GOROOT="$root" GOTOOLCHAIN=local GOCACHE="$dir/go/cache" GOPATH="$dir/go/path" CGO_ENABLED=0 GOARCH="$1" \
      "$root/bin/go" build -o "$2" "$files/goroutines.go" || die "the Go program does not build"
  }
  build "$(dpkg --print-architecture)" "$dir/built/goroutines.host"
  build arm64 "$dir/built/goroutines"
fi

if [[ $files/everyday.c -nt $dir/built/musl ]]; then
  say "building musl and everyday"
  musl=$dir/trixie/usr/lib/aarch64-linux-musl
  gcc=$(aarch64-linux-gnu-gcc -print-libgcc-file-name)
  aarch64-linux-gnu-gcc -std=gnu11 -O2 -g1 -fPIE -nostdinc -isystem "$dir/trixie/usr/include/aarch64-linux-musl" \
    -isystem "$(dirname "$gcc")/include" -c -o "$dir/built/musl.o" "$files/everyday.c"
  aarch64-linux-gnu-gcc -nostdlib -pie -Wl,--dynamic-linker=/lib/ld-musl-aarch64.so.1 -o "$dir/built/musl" \
    "$musl"/{Scrt1.o,crti.o} "$dir/built/musl.o" "$musl/libc.so" "$gcc" "$musl/crtn.o"
fi
say "all programs are in $dir"
