#!/bin/bash
# make install, make uninstall, the packages of scripts/setup, static linking, the RPM spec and make dist. TAP.
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

# Each installed file belongs to exactly one part. The packages are made of parts.
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

try "make install succeeds" make --no-print-directory install DESTDIR="$root" PREFIX=/opt/gw
try "make install: command, manual pages, completion and docs exist" has opt/gw/bin/grantwatch opt/gw/share/man/man1/grantwatch.1 \
	opt/gw/share/bash-completion/completions/grantwatch \
	opt/gw/share/zsh/site-functions/_grantwatch opt/gw/share/fish/vendor_completions.d/grantwatch.fish opt/gw/share/doc/grantwatch/detection.md
try "make install: the command runs" "$root/opt/gw/bin/grantwatch" --version
try "make install: no file is outside of PREFIX" nothing_elsewhere
try "make install: units start the installed command" grep -q '^ExecStart=/opt/gw/bin/grantwatch ' "$root/opt/gw/lib/systemd/system/grantwatch-record.service"
try "make install: no files for Qubes, openQA and Prometheus by default" sh -c '! find "$1" -not -path "*/doc/*" | grep -E "qubes|openqa|prometheus"' - "$root"
try "each file is in one part" parts_are_disjoint
try "make uninstall succeeds" make --no-print-directory uninstall DESTDIR="$root" PREFIX=/opt/gw
try "make uninstall: no file is left" nothing_left

# --- scripts/setup installs what a target needs

needs() { scripts/setup -n debian "$@"; } # GROUP...
needs build lab > "$root/demo"
try "setup, build and lab: no Prometheus, RPM or sanitizer" sh -c '! grep -E "prometheus|rpm|clang-rt|valgrind|lintian|cmocka" "$1" && grep -qx qemu-system-x86 "$1"' - "$root/demo"
demo_needs() { make -n demo "$@" | sed -n 's/^scripts\/setup //p'; }
is "setup: make demo needs build and lab" "$(demo_needs)" "build lab"
is "setup: DEMO=replay make demo needs no lab" "$(demo_needs DEMO=replay)" "build replay"
is "setup: make quick needs build and test" "$(make -n quick | sed -n 's/^scripts\/setup //p')" "build test"
try "setup: the build needs 12 packages at most" test "$(needs build | wc -l)" -le 12
try "setup: packages have Fedora's names on Fedora" sh -c 'scripts/setup -n fedora build | grep -qx elfutils-libelf-devel'
needs build > "$root/build"
control_needs() { sed -n '/^Build-Depends:/,/^[A-Z][a-z-]*-Version/p' debian/control | grep -oE '[a-z0-9.+-]+' | grep -xF -f <(scripts/setup -n debian build man) | sort; }
is "setup: debian/control builds from the same packages" "$(control_needs | tr '\n' ' ')" "$(needs build man | grep -vxE 'gcc|libc6-dev|make' | sort | tr '\n' ' ')"
spec_needs() { sed -n 's/^BuildRequires: *\([^ ]*\).*/\1/p' rpm/grantwatch.spec.in | grep -v systemd | sort; }
is "setup: the RPM spec builds from the same packages" "$(spec_needs | tr '\n' ' ')" "$(scripts/setup -n fedora build man | grep -v glibc-devel | sort | tr '\n' ' ')"
printf 'ID=arch\n' > "$root/os"
OS_RELEASE=$root/os scripts/setup build > "$root/said" 2>&1
try "setup on another distribution: status 1" [ $? = 1 ]
try "setup on another distribution: an error with Debian's names" grep -q 'neither Debian nor Fedora.* libelf-dev ' "$root/said"

make --no-print-directory CLANG=noclang tools > "$root/said" 2>&1
try "make without a compiler: an error" [ $? != 0 ]
try "make without a compiler: the error has the command which installs it" grep -q 'no noclang: scripts/setup build installs' "$root/said"

# make -n shows the link command. libcmocka has no static library, so it stands for a machine that lacks them.
linked() { make -n -W user/main.c build/grantwatch "$@" 2> /dev/null | grep -e '-o build/grantwatch$'; }
try "make: links statically if it can" sh -c 'case "$1" in *" -static "*) ;; *) exit 1 ;; esac' - "$(linked)"
try "make: links dynamically without static libraries" sh -c 'case "$1" in *" -static "*) exit 1 ;; esac' - "$(linked LIBS=-lcmocka)"
try "make: prints that it links dynamically" grep -q 'dynamic: no static libraries here' <(make -n -W user/main.c build/grantwatch LIBS=-lcmocka)

# --- the spec and the tarball

make --no-print-directory spec
rpmspec -P build/grantwatch.spec > "$root/spec"
for line in '^URL: ' '^%post dom0' '^%preun dom0' '^%postun dom0' '^- First packages'; do
	try "the spec has $line" grep -q -e "$line" "$root/spec"
done
# The sed command of the spec that marks configuration files in its lists of files
config_lines() { sed -nE "s/.*sed -E '(.*)' > .part\.files/\1/p" rpm/grantwatch.spec.in | sed 's/%{_sysconfdir}/\/etc/; s/%%/%/'; }
is "the spec marks policies as configuration, but not the service" "$(printf '%s\n' /etc/qubes/policy.d/80-grantwatch.policy /etc/qubes-rpc/grantwatch.Record | sed -E "$(config_lines)" | tr '\n' ' ')" \
	'%config(noreplace) /etc/qubes/policy.d/80-grantwatch.policy /etc/qubes-rpc/grantwatch.Record '
if git rev-parse -q --verify HEAD > /dev/null; then
	make -s dist > /dev/null
	try "make dist: the tarball has the sources" sh -c 'tar -tzf build/grantwatch-"$1".tar.gz | grep -qx grantwatch-"$1"/Makefile' - "$(cat version)"
fi
done_testing
