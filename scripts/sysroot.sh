#!/usr/bin/env bash
# Unpacks real arm64 Debian programs into a folder, for use as guests of the tests and benches.
#
#   scripts/sysroot.sh [DIR [PACKAGE...]]
#
# DIR defaults to $ELFUSE_TRACE_SYSROOT, else target/sysroot beside this script's folder. The packages are those
# of Debian 13 (trixie), with their dependencies, checked by apt against the Debian archive keys. Nothing is
# installed on this machine and no root rights are needed. A second call with the same packages does nothing.
# DEBIAN_SUITE and DEBIAN_ARCH in the environment name another release of Debian (bookworm) and another architecture (amd64).
set -euo pipefail

say() { printf 'sysroot: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${1:-${ELFUSE_TRACE_SYSROOT:-$here/target/sysroot}}
shift || true
packages=("$@")
((${#packages[@]})) || packages=(busybox-static bash-static)
suite=${DEBIAN_SUITE:-trixie}
arch=${DEBIAN_ARCH:-arm64}
wanted="$suite $arch ${packages[*]}"
stamp=$dir/.elfuse-trace-sysroot

if [[ -f $stamp && $(cat "$stamp") == "$wanted" ]]; then
  say "$dir is up to date"
  exit 0
fi
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || die "$tool is missing: unpack the $arch packages ${packages[*]} of Debian $suite into $dir by other means"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,etc/apt.conf.d,etc/preferences.d,sources}
touch "$work/state/status"

# The machine's own Debian mirror is the one that is reachable from it; a machine without one has to name it.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${ELFUSE_TRACE_DEBIAN_MIRROR:-}
if [[ -z $mirror ]]; then
  mirror=$(sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+\/debian\/?)([[:space:]].*)?$/\1/p' \
    /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1 || true)
fi
if [[ -z $mirror ]]; then
  mirror=$(sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+\/debian\/?)[[:space:]].*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | head -n 1 || true)
fi
[[ -n $mirror ]] || die "this machine has no Debian package source: set ELFUSE_TRACE_DEBIAN_MIRROR to the URL of a Debian mirror (ending in /debian) and try again"
[[ -r $keyring ]] || die "$keyring is missing: install the package debian-archive-keyring and try again"

printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$mirror" "$suite" "$keyring" >"$work/sources/debian.sources"
cat >"$work/apt.conf" <<CONF
Dir::Etc "$work/etc";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources";
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::Retries "3";
CONF
# Proxies and the like that the machine's own configuration sets are kept.
if [[ -d /etc/apt/apt.conf.d ]]; then
  grep -rhE '^[[:space:]]*Acquire::(https?|ftp)::' /etc/apt/apt.conf.d >>"$work/apt.conf" 2>/dev/null || true
fi
export APT_CONFIG=$work/apt.conf

say "fetching ${packages[*]} and what they depend on"
apt-get -qq update || die "the package lists of Debian $suite could not be fetched from the configured mirror"
apt-get -qq -y --no-install-recommends --download-only -o Debug::NoLocking=1 install "${packages[@]}" >/dev/null \
  || die "the packages ${packages[*]} could not be fetched"

# Unpacked beside the goal and moved at the end, so that a broken-off run leaves no half-filled sysroot.
mkdir -p "$(dirname "$dir")"
fresh=$dir.new
rm -rf "$fresh"
mkdir -p "$fresh"
count=0
for deb in "$work"/cache/archives/*.deb; do
  dpkg-deb -x "$deb" "$fresh"
  count=$((count + 1))
done
# Releases before Debian 13 still have two of each; one is what installed systems have.
for link in lib bin sbin; do
  if [[ -d $fresh/$link && ! -L $fresh/$link ]]; then
    mkdir -p "$fresh/usr/$link"
    cp -an "$fresh/$link/." "$fresh/usr/$link/"
    rm -rf "${fresh:?}/$link"
  fi
  [[ -e $fresh/$link ]] || ln -s "usr/$link" "$fresh/$link"
done
mkdir -p "$fresh"/{tmp,proc,dev,etc,root}
printf '%s\n' "$wanted" >"$fresh/.elfuse-trace-sysroot"
rm -rf "$dir"
mv "$fresh" "$dir"
say "$count packages unpacked into $dir"
