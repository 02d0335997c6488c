#!/usr/bin/env bash
# Installs what `make demo` or `make check` needs and this machine lacks.
#
#   scripts/setup.sh demo|check
#
# On Debian and Ubuntu the missing packages come by apt, through sudo where the caller is not root. Where that is
# not possible, one sentence says what to install. A machine that has everything is left alone.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

what=${1:-}
[[ $what == demo || $what == check ]] || die "usage: scripts/setup.sh demo|check"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The compiler. Distributions carry older ones, so it is checked and not installed.
need_rust=$(sed -nE 's/^rust-version = "([0-9.]+)".*/\1/p' "$here/Cargo.toml" | head -n 1)
[[ -d ${CARGO_HOME:-$HOME/.cargo}/bin ]] && PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
if ! have cargo || ! have rustc; then
  die "Rust is missing: install Rust $need_rust or newer with rustup (https://rustup.rs) and try again"
fi
rust=$(rustc --version | awk '{print $2}')
if [[ $(printf '%s\n%s\n' "$need_rust" "${rust%%-*}" | sort -V | head -n 1) != "$need_rust" ]]; then
  die "Rust $rust is too old: install $need_rust or newer (rustup update stable) and try again"
fi

packages=()
want() { # want PACKAGE COMMAND-OR-FILE
  if [[ $2 == /* ]]; then [[ -e $2 ]] || packages+=("$1"); else have "$2" || packages+=("$1"); fi
}
# zstd is compiled from C, and the linker comes with the C compiler.
want build-essential cc
if [[ $what == check ]]; then
  if [[ $(uname -m) == aarch64 ]]; then
    libc=(libc6-dev "/usr/lib/aarch64-linux-gnu/libc.a")
  else
    libc=(libc6-dev-arm64-cross "/usr/aarch64-linux-gnu/lib/libc.a")
  fi
  want gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
  want binutils-aarch64-linux-gnu aarch64-linux-gnu-objdump
  want "${libc[@]}"
  want binutils readelf
  want qemu-user-static qemu-aarch64-static
  want tmux tmux
  want gzip gzip
  want debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
  for component in rustfmt:cargo-fmt clippy:cargo-clippy; do
    have "${component#*:}" || die "${component#*:} is missing: run 'rustup component add ${component%:*}' and try again"
  done
fi

if ((${#packages[@]})); then
  have apt-get || die "this machine has no apt-get: install ${packages[*]} (Debian's names) by other means and try again"
  if ((EUID == 0)); then
    root=()
  elif have sudo; then
    root=(sudo)
  else
    die "neither root nor sudo here: have somebody run 'apt-get install ${packages[*]}' and try again"
  fi
  say "installing ${packages[*]}"
  "${root[@]}" apt-get -qq update || say "the package lists could not be refreshed; going on with the old ones"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "${packages[@]}" >/dev/null \
    || die "apt could not install ${packages[*]}: install them by other means and try again"
fi

if [[ $what == check ]]; then
  "$here/scripts/sysroot.sh"
fi
say "everything that 'make $what' needs is here"
