#!/bin/bash
# make install puts everything where it was told, make uninstall takes all of it away. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

installed() { (cd "$root" && find . -type f | sort); }

has() { # FILE...
	local file bad=0
	for file; do
		[ -s "$root/$file" ] || { echo "no $file"; bad=1; }
	done
	return $bad
}

nothing_elsewhere() { ! installed | grep -v "^./opt/gw/"; }
nothing_left() { ! installed | grep .; }

# The parts are the packages, and nothing is in two of them or in none.
parts_are_disjoint() {
	local all part
	all=$(installed)
	for part in command dom0 vm doc; do
		make --no-print-directory install-files PARTS=$part DESTDIR="$root/parts/$part" PREFIX=/opt/gw || return 1
	done
	diff <(cd "$root/parts" && find . -type f | sed 's,^\./[^/]*,.,' | sort) <(echo "$all")
	local status=$?
	rm -rf "$root/parts"
	return $status
}

try "make install" make --no-print-directory install DESTDIR="$root" PREFIX=/opt/gw
try "the command, pages, completion and docs are there" has opt/gw/bin/grantwatch opt/gw/share/man/man1/grantwatch.1 \
	opt/gw/share/bash-completion/completions/grantwatch \
	opt/gw/share/zsh/site-functions/_grantwatch opt/gw/share/fish/vendor_completions.d/grantwatch.fish opt/gw/share/doc/grantwatch/detection.md
try "the command runs" "$root/opt/gw/bin/grantwatch" --version
try "nothing is outside of PREFIX" nothing_elsewhere
try "each file is in one package" parts_are_disjoint
try "make uninstall" make --no-print-directory uninstall DESTDIR="$root" PREFIX=/opt/gw
try "nothing is left" nothing_left
done_testing
