#!/bin/bash
# grantwatch bundle: the files of the archive, the verdict of its captures, and the redaction of names. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$(readlink -f build/grantwatch)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# A directory for temporary files of bundle alone, because a test looks for leftovers.
mkdir "$out/tmp"
export TMPDIR=$out/tmp

# The names of this qube and its programs must not be in the archive.
for d in 0 5; do
	sed -e 's/comm gui-agent/comm my-secret-app/; s/comm gui-daemon/comm my-viewer/' \
		-e "s/^fact time 0 key role/fact time 0 key name value work-for-acme\nfact time 0 key uuid value 6b1de7a0-1111-2222-3333-444455556666\nfact time 0 key role/" \
		"tests/cases/stale-map-armed/d$d.txt" > "$out/work-for-acme$d.txt"
	[ $d = 0 ] || sed -i 's/^end time/log time 6.003 text WARNING: CPU: 1 PID: 9 Comm: my-secret-app g.e. 0x50 still pending\nmark 9\nend time/' "$out/work-for-acme$d.txt"
	"$gw" pack -o "$out/work-for-acme$d.gwc" "$out/work-for-acme$d.txt" || exit 1
done
cd "$out" || exit 1
"$gw" bundle -o b.tar.gz work-for-acme*.gwc
is "bundle: the exit status is the verdict's" $? 2
mkdir x && tar -xzf b.tar.gz -C x
cd x/grantwatch-bundle || exit 1
for file in README.txt report.txt report.md report.mail report.html report.ndjson environment.txt capture-1.gwc capture-2.gwc pictures/stale-map-*.svg; do
	try "archive: has $file" test -s $file
done
for capture in *.gwc; do "$gw" dump "$capture" > "$capture.txt"; done
rm environment.txt
try "redaction: no name of a qube" sh -c '! grep -raq work-for-acme .'
try "redaction: no UUID" sh -c '! grep -raqi 6b1de7a0-1111 .'
try "redaction: no name of an unknown program" sh -c '! grep -raq "my-secret\|my-viewer" .'
try "redaction: a known program keeps its name" grep -aq 'comm 5.xvda-0' capture-1.gwc.txt
"$gw" analyze -o again.txt capture-*.gwc
is "analyze: the archive's captures have the same exit status" $? 2
try "analyze: the archive's captures have the same report" cmp -s again.txt report.txt
"$gw" analyze -j ../../work-for-acme*.gwc | grep -o '"fingerprint":"[^"]*"' > ../first
"$gw" analyze -j capture-*.gwc | grep -o '"fingerprint":"[^"]*"' > ../second
try "analyze: the archive's captures have the same fingerprints" sh -c 'test -s ../first && cmp -s ../first ../second'
cd "$out" || exit 1

"$gw" bundle -o again.tar.gz work-for-acme*.gwc
# The report of doctor may differ from run to run.
for a in b again; do mkdir $a && tar -xzf $a.tar.gz -C $a && rm $a/grantwatch-bundle/environment.txt; done
try "archive: a second one has the same bytes" sh -c 'test -d b/grantwatch-bundle && diff -r b again'

"$gw" bundle --no-redact -o named.tar.gz work-for-acme*.gwc
tar -xzf named.tar.gz -C x
try "--no-redact: the capture is unchanged" cmp -s work-for-acme0.gwc x/grantwatch-bundle/capture-1.gwc

# A truncated capture stays recognisable in the archive.
size=$(stat -c %s work-for-acme5.gwc)
head -c $((size - 20)) work-for-acme5.gwc > cut.gwc
"$gw" bundle -o cut.tar.gz work-for-acme0.gwc cut.gwc 2> /dev/null
rm -rf x && mkdir x && tar -xzf cut.tar.gz -C x
try "archive: the report says that a capture is truncated" grep -q 'cut short' x/grantwatch-bundle/report.txt

echo nonsense > bad.gwc
"$gw" bundle -o bad.tar.gz work-for-acme0.gwc bad.gwc 2> log
is "a file that is no capture: status 1" $? 1
try "a file that is no capture: the error names it" grep -q 'bad.gwc: not a grantwatch capture' log
try "a file that is no capture: no archive and no temporary files" sh -c "test ! -e bad.tar.gz && ! ls -d '$TMPDIR'/grantwatch-?????? 2> /dev/null"
"$gw" bundle 2> log
is "without a capture: status 1" $? 1
done_testing
