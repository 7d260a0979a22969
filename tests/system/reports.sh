#!/bin/bash
# Reports in every format: the bytes of the golden files, and each is well-formed for an independent parser. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# openQA's JUnit parser needs a package of the form "category.name", a numeric id, a known status and a name.
openqa_junit() { # FILE
	local suites tests
	[ -s "$1" ] || return 1
	suites=$(xmllint --xpath 'count(//testsuite)' "$1")
	[ "$(xmllint --xpath 'count(//testsuite[contains(@package, ".") and number(@id) = @id])' "$1")" = "$suites" ] || return 1
	tests=$(xmllint --xpath 'count(//testcase)' "$1")
	[ "$(xmllint --xpath 'count(//testcase[@name and (@status = "success" or @status = "failure" or @status = "softfail" or (@status = "skipped" and string-length(skipped/@message) > 20))])' "$1")" = "$tests" ]
}

# openQA's TAP parser needs a first line that ends in ".tap ..", and TAP::Parser must find no error.
openqa_tap() { # FILE
	head -n 1 "$1" | grep -q '\.tap \.\.$' &&
		perl -MTAP::Parser -e 'local $/; open F, shift; my $p = TAP::Parser->new({tap => <F>}); $p->run;
			die join("\n", $p->parse_errors) if $p->parse_errors; die "no tests" unless $p->tests_run;' "$1"
}

json_lines() { # FILE
	perl -MJSON::PP -ne 'decode_json($_); $n++; END { die "nothing" unless $n }' "$1"
}

# The page has no script, no event handler, nothing that a browser would fetch, and a Content-Security-Policy against them.
inert_html() { # FILE
	[ -s "$1" ] && ! grep -qiE '<(script|iframe|object|embed|link|img|base|form)|[ "]on[a-z]+=|(src|href|url)[=(]"?http|javascript:' "$1" &&
		grep -q "Content-Security-Policy.*default-src 'none'" "$1"
}

narrow_mail() { # FILE
	[ -s "$1" ] && ! LC_ALL=C grep -n '[^ -~]' "$1" && ! awk 'length > 76 && / .* .* /' "$1" | grep -v '^Subject: \|://' | awk 'length > 100' | grep .
}

check_case() { # NAME DIR
	local picture
	try "$1: JUnit and HTML are XML" xmllint --noout "$2/report.xml" "$2/report.html"
	try "$1: openQA can read the JUnit" openqa_junit "$2/report.xml"
	try "$1: openQA can read the TAP" openqa_tap "$2/report.tap"
	try "$1: JSON is valid" json_lines "$2/report.ndjson"
	try "$1: the Perfetto trace is consistent" tests/system/perfetto.py check "$2/report.pftrace"
	try "$1: the HTML has no active content" inert_html "$2/report.html"
	try "$1: the mail is ASCII in short lines" narrow_mail "$2/report.mail"
	for picture in "$2"/*.svg; do
		[ ! -e "$picture" ] || try "$1: $(basename "$picture")" xmllint --noout "$picture"
	done
}

for golden in tests/golden/*/; do
	name=$(basename "$golden")
	[ "$name" != logs ] || continue
	try "$name: all reports are written" env KEEP_TRACE=1 tests/golden/render "$name" "$out/$name"
	check_case "$name" "$out/$name"
	rm -f "$out/$name/report.pftrace"
	try "$name: the reports are the golden files" diff -r "$golden" "$out/$name"
done

# Every class has its golden case.
for class in $(sed -n 's/.*X([A-Z_]*, "\([a-z-]*\)".*/\1/p' user/rules/classes.h); do
	try "class $class has a golden report" grep -lq "\"class\":\"$class\"" tests/golden/*/report.ndjson
done
done_testing
