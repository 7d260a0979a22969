#!/bin/bash
# watch --vm, which names a qube, with a simulated xenstore and qrexec-client; the files for Qubes which are installed. TAP.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/tap.sh
gw=$PWD/build/grantwatch
out=$(mktemp -d)
chmod 755 "$out"
trap 'rm -rf "$out"' EXIT
has() { grep -qF -e "$1" "$2"; }
has_not() { [ -e "$2" ] && ! grep -qF -e "$1" "$2"; }

export GRANTWATCH_XENSTORE=$out/store
call() { # DOMID NAME
	mkdir -p "$out/store/local/domain/$1/name"
	printf '%s' "$2" > "$out/store/local/domain/$1/name/value"
}
call 0 Domain-0
call 5 secret-work
call 7 twin
call 8 twin
call 9 'x$(touch /tmp/no)'

"$gw" pack tests/cases/stale-map-killed/d0.txt -o "$out/d0" && "$gw" pack tests/cases/stale-map-killed/d5.txt -o "$out/d5" || exit 1
mkdir "$out/bin"
cat > "$out/bin/qrexec-client" << EOF
#!/bin/sh
printf '%s\n' "\$#" "\$@" > $out/called
exec cat $out/d5
EOF
chmod +x "$out/bin/qrexec-client"
PATH=$out/bin:$PATH

watch() { # OUT OPTION...
	local to=$1
	shift
	"$gw" watch --no-local -o "$to" "$@" 2> "$out/err"
}

try "this machine has no qrexec-client of Qubes" [ ! -e /usr/lib/qubes/qrexec-client ]
watch "$out/report" -j --source "0=cat $out/d0" --vm secret-work
try "--vm: status 2" [ $? = 2 ]
try "--vm: the race between the qube and dom0 is found" has '"class":"stale-map","certainty":"proven","severity":"alarm"' "$out/report"
try "--vm: qrexec-client got the qube's domid, as root, without a shell" diff - "$out/called" <<- 'EOF'
	4
	-T
	-d
	5
	root:QUBESRPC grantwatch.Record dom0
EOF
try "--vm: the qube's name is not in the report" has_not secret-work "$out/report"
watch "$out/named" --no-redact --source "0=cat $out/d0" --vm secret-work
try "--vm --no-redact: the qube's name is in the report" has secret-work "$out/named"

rm -f "$out/called"
refused() { # NAME ERROR
	watch "$out/none" --vm "$1"
	try "--vm '$1': status 1" [ $? = 1 ]
	try "--vm '$1': the error has the reason" has "$2" "$out/err"
}
refused nobody "no running domain has this name; start it with 'qvm-start nobody'"
refused twin "more than one domain has this name"
refused Domain-0 "this is dom0"
refused 'x$(touch /tmp/no)' 'takes the name of a qube'
refused '../5' 'takes the name of a qube'
refused '-e' 'takes the name of a qube'
refused "$(printf 'a%.0s' $(seq 32))" 'takes the name of a qube'
try "--vm with a wrong name: qrexec-client was not called" [ ! -e "$out/called" ]
watch "$out/none" --source "5=cat $out/d5" --vm secret-work
try "--vm and --source of the same domain: status 1" [ $? = 1 ]
try "--vm and --source of the same domain: the error has the reason" has 'd5 is given twice' "$out/err"
rm -f "$out/called"
GRANTWATCH_XENSTORE=$out/nowhere watch "$out/none" --vm secret-work
try "--vm without xenstore: status 1" [ $? = 1 ]
try "--vm without xenstore: qrexec-client was not called" [ ! -e "$out/called" ]

# A qube cannot claim to be another domain.
sed 's/key domid value 5/key domid value 0/' tests/cases/stale-map-killed/d5.txt > "$out/lie.txt"
"$gw" pack --force "$out/lie.txt" -o "$out/d5"
watch "$out/lied" -j --source "0=cat $out/d0" --vm secret-work
try "--vm: a qube that claims to be dom0 is refused" has 'secret-work (d5): claims to be another domain than d5' "$out/err"

# The installed files
make --no-print-directory install-files PARTS='qubes-dom0 qubes-vm' DESTDIR="$out/root" PREFIX=/usr > /dev/null
try "install: the service is executable" [ -x "$out/root/etc/qubes-rpc/grantwatch.Record" ]
try "install: the policy is in dom0's directory" [ -s "$out/root/etc/qubes/policy.d/80-grantwatch.policy" ]
# Qubes reads policies in the order of their file names, and the first matching line counts.
is "policy: is read after the user's own and before the defaults" "$(printf '%s\n' 90-default.policy 80-grantwatch.policy 30-user.policy | LC_ALL=C sort | tr '\n' ' ')" \
	"30-user.policy $(basename "$out"/root/etc/qubes/policy.d/*) 90-default.policy "
rules() { sed 's/#.*//' "$out/root/etc/qubes/policy.d/80-grantwatch.policy" | grep .; }
try "policy: two lines of five words, which deny" [ "$(rules | awk 'NF != 5 || $1 != "grantwatch.Record" || $5 != "deny"')$(rules | wc -l)" = 2 ]
mkdir "$out/vm"
printf '#!/bin/sh\nprintf "%%s\\n" "$@" > %s/recorded\n' "$out" > "$out/vm/grantwatch"
chmod +x "$out/vm/grantwatch"
sed "s|^PATH=|PATH=$out/vm:|" "$out/root/etc/qubes-rpc/grantwatch.Record" | sh
try "service: runs record with its output to the caller" [ "$(tr '\n' ' ' < "$out/recorded")" = "record --quiet --output - " ]
done_testing
