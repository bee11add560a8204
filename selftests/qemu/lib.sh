# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the laboratory's scripts share: where the cache is, how a line of
# progress looks, how a package is fetched without being installed, and how two
# runs that want the same thing wait for each other. To be sourced.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
qemu=$top/selftests/qemu
cache=${DRAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dray}
mkdir -p "$cache"

say() {
	printf '# %s %s\n' "$(date +%T)" "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# only_one NAME: wait until no other process of this cache is making NAME.
only_one() {
	exec 9>"$cache/$1.lock"
	flock -n 9 || { say "waiting for another run that makes $1"; flock 9; }
}

# depends PACKAGE REGEX: the first dependency of PACKAGE that matches.
depends() {
	apt-cache depends --no-recommends --no-suggests "$1" 2>/dev/null |
		sed -n 's/^ *|\?Depends: //p' | grep -Ex "$2" | head -n 1
}

# newest_version PACKAGE: the version apt would install.
newest_version() {
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)'
}

# Debian's package lists may be missing or old: refresh them once per run.
refresh_lists() {
	[ -z "${lists_fresh-}" ] || return 0
	lists_fresh=1
	say "apt-get update"
	apt-get -qq update >&2 </dev/null || say "apt-get update failed, going on with the lists there are"
}

# fetch DIRECTORY PACKAGE...: download and unpack below DIRECTORY, install nothing;
# with keep_debs=FOLDER the packages themselves are kept there.
fetch() {
	local into=$1 debs
	shift
	debs=$(mktemp -d "$cache/debs.XXXXXX")
	(cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null 2>&1 </dev/null) || {
		refresh_lists
		(cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2 </dev/null) ||
			die "cannot download $*"
	}
	mkdir -p "$into"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$into"
	done
	if [ -n "${keep_debs-}" ]; then mv "$debs" "$keep_debs"; else rm -r "$debs"; fi
}
