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
	for part in command units prometheus openqa qubes-dom0 qubes-vm doc; do
		make --no-print-directory install-files PARTS=$part DESTDIR="$root/parts/$part" PREFIX=/opt/gw || return 1
	done
	(cd "$root/parts" && find . -type f | sed 's,^\./[^/]*,.,' | sort) > "$root/parts.list"
	[ -z "$(uniq -d "$root/parts.list")" ] && diff <(grep -vE '/(prometheus|openqa|qubes[^/]*)/' "$root/parts.list") <(echo "$all")
	local status=$?
	rm -rf "$root/parts" "$root/parts.list"
	return $status
}

try "make install" make --no-print-directory install DESTDIR="$root" PREFIX=/opt/gw
try "the command, pages, completion and docs are there" has opt/gw/bin/grantwatch opt/gw/share/man/man1/grantwatch.1 \
	opt/gw/share/bash-completion/completions/grantwatch \
	opt/gw/share/zsh/site-functions/_grantwatch opt/gw/share/fish/vendor_completions.d/grantwatch.fish opt/gw/share/doc/grantwatch/detection.md
try "the command runs" "$root/opt/gw/bin/grantwatch" --version
try "nothing is outside of PREFIX" nothing_elsewhere
try "units start the command where it is installed" grep -q '^ExecStart=/opt/gw/bin/grantwatch ' "$root/opt/gw/lib/systemd/system/grantwatch-record.service"
try "nothing of Qubes, openQA and Prometheus unless asked for" sh -c '! find "$1" -not -path "*/doc/*" | grep -E "qubes|openqa|prometheus"' - "$root"
try "each file is in one package" parts_are_disjoint
try "make uninstall" make --no-print-directory uninstall DESTDIR="$root" PREFIX=/opt/gw
try "nothing is left" nothing_left

# --- setup installs what a target needs

needs() { scripts/setup -n debian "$@"; } # GROUP...
needs build lab > "$root/demo"
try "make demo fetches no Prometheus, RPM or sanitizer" sh -c '! grep -E "prometheus|rpm|clang-rt|valgrind|lintian|cmocka" "$1" && grep -qx qemu-system-x86 "$1"' - "$root/demo"
demo_needs() { make -n demo "$@" | sed -n 's/^scripts\/setup //p'; }
is "which is what it asks for" "$(demo_needs)" "build lab"
is "a replay needs no lab" "$(demo_needs DEMO=replay)" "build replay"
is "make quick needs neither" "$(make -n quick | sed -n 's/^scripts\/setup //p')" "build test"
try "the build is a small part" test "$(needs build | wc -l)" -le 12
try "and Fedora has its names" sh -c 'scripts/setup -n fedora build | grep -qx elfutils-libelf-devel'
needs build > "$root/build"
control_needs() { sed -n '/^Build-Depends:/,/^[A-Z][a-z-]*-Version/p' debian/control | grep -oE '[a-z0-9.+-]+' | grep -xF -f <(scripts/setup -n debian build man) | sort; }
is "the packages build from the same" "$(control_needs | tr '\n' ' ')" "$(needs build man | grep -vxE 'gcc|libc6-dev|make' | sort | tr '\n' ' ')"
spec_needs() { sed -n 's/^BuildRequires: *\([^ ]*\).*/\1/p' rpm/grantwatch.spec.in | grep -v systemd | sort; }
is "the spec too" "$(spec_needs | tr '\n' ' ')" "$(scripts/setup -n fedora build man | grep -v glibc-devel | sort | tr '\n' ' ')"
printf 'ID=arch\n' > "$root/os"
OS_RELEASE=$root/os scripts/setup build > "$root/said" 2>&1
try "another distribution gets a list: 1" [ $? = 1 ]
try "of names" grep -q 'neither Debian nor Fedora.* libelf-dev ' "$root/said"

# Evaluated, not linked: a library that is only there for dynamic programs decides.
linked() { make -n -W user/main.c build/grantwatch "$@" 2> /dev/null | grep -e '-o build/grantwatch$'; }
try "static where it can be" sh -c 'case "$1" in *" -static "*) ;; *) exit 1 ;; esac' - "$(linked)"
try "dynamic where a static library is missing" sh -c 'case "$1" in *" -static "*) exit 1 ;; esac' - "$(linked LIBS=-lcmocka)"
try "which is said" grep -q 'dynamic: no static libraries here' <(make -n -W user/main.c build/grantwatch LIBS=-lcmocka)

# --- the spec and the tarball

make --no-print-directory spec
rpmspec -P build/grantwatch.spec > "$root/spec"
for line in '^URL: ' '^%post dom0' '^%preun dom0' '^%postun dom0' '^- First packages'; do
	try "the spec has $line" grep -q -e "$line" "$root/spec"
done
# The command that makes the lists of files, for a file of each kind
config_lines() { sed -nE "s/.*sed -E '(.*)' > .part\.files/\1/p" rpm/grantwatch.spec.in | sed 's/%{_sysconfdir}/\/etc/; s/%%/%/'; }
is "a changed policy is kept, and no service" "$(printf '%s\n' /etc/qubes/policy.d/80-grantwatch.policy /etc/qubes-rpc/grantwatch.Record | sed -E "$(config_lines)" | tr '\n' ' ')" \
	'%config(noreplace) /etc/qubes/policy.d/80-grantwatch.policy /etc/qubes-rpc/grantwatch.Record '
if git rev-parse -q --verify HEAD > /dev/null; then
	make -s dist > /dev/null
	try "make dist" sh -c 'tar -tzf build/grantwatch-"$1".tar.gz | grep -qx grantwatch-"$1"/Makefile' - "$(cat version)"
fi
done_testing
