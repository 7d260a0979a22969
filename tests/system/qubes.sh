#!/bin/bash
# watch --vm: a qube by its name, with a xenstore and a qrexec-client of ours. TAP.
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

try "there is no qrexec of Qubes here, so ours is taken" [ ! -e /usr/lib/qubes/qrexec-client ]
watch "$out/report" -j --source "0=cat $out/d0" --vm secret-work
try "the race is found" [ $? = 2 ]
try "between the qube and dom0" has '"class":"stale-map","certainty":"proven","severity":"alarm"' "$out/report"
try "the qube was asked by its number, as root, without a shell" diff - "$out/called" <<- 'EOF'
	4
	-T
	-d
	5
	root:QUBESRPC grantwatch.Record dom0
EOF
try "its name is not in the report" has_not secret-work "$out/report"
watch "$out/named" --no-redact --source "0=cat $out/d0" --vm secret-work
try "but when that is asked for" has secret-work "$out/named"

rm -f "$out/called"
refused() { # NAME WHAT-IS-SAID
	watch "$out/none" --vm "$1"
	try "--vm '$1' is refused" [ $? = 1 ]
	try "for that reason" has "$2" "$out/err"
}
refused nobody "no running domain has this name; start it with 'qvm-start nobody'"
refused twin "more than one domain has this name"
refused Domain-0 "this is dom0"
refused 'x$(touch /tmp/no)' 'takes the name of a qube'
refused '../5' 'takes the name of a qube'
refused '-e' 'takes the name of a qube'
refused "$(printf 'a%.0s' $(seq 32))" 'takes the name of a qube'
try "none of them was asked" [ ! -e "$out/called" ]
watch "$out/none" --source "5=cat $out/d5" --vm secret-work
try "a domain twice is refused" [ $? = 1 ]
try "for that reason" has 'd5 is given twice' "$out/err"
rm -f "$out/called"
GRANTWATCH_XENSTORE=$out/nowhere watch "$out/none" --vm secret-work
try "a qube cannot be found without xenstore" [ $? = 1 ]
try "nobody was asked" [ ! -e "$out/called" ]

# The lie about who it is does not help a qube either.
sed 's/key domid value 5/key domid value 0/' tests/cases/stale-map-killed/d5.txt > "$out/lie.txt"
"$gw" pack --force "$out/lie.txt" -o "$out/d5"
watch "$out/lied" -j --source "0=cat $out/d0" --vm secret-work
try "a qube that claims to be dom0 is refused" has 'secret-work (d5): claims to be another domain than d5' "$out/err"

# What is installed where.
make --no-print-directory install-files PARTS='qubes-dom0 qubes-vm' DESTDIR="$out/root" PREFIX=/usr > /dev/null
try "the service can be started" [ -x "$out/root/etc/qubes-rpc/grantwatch.Record" ]
try "the policy is in its place" [ -s "$out/root/etc/qubes/policy.d/80-grantwatch.policy" ]
# Qubes reads the files in the order of their names, and the first line that fits counts.
is "the user's own lines come before it, the defaults after it" "$(printf '%s\n' 90-default.policy 80-grantwatch.policy 30-user.policy | LC_ALL=C sort | tr '\n' ' ')" \
	"30-user.policy $(basename "$out"/root/etc/qubes/policy.d/*) 90-default.policy "
rules() { sed 's/#.*//' "$out/root/etc/qubes/policy.d/80-grantwatch.policy" | grep .; }
try "it denies, in five words a line" [ "$(rules | awk 'NF != 5 || $1 != "grantwatch.Record" || $5 != "deny"')$(rules | wc -l)" = 2 ]
mkdir "$out/vm"
printf '#!/bin/sh\nprintf "%%s\\n" "$@" > %s/recorded\n' "$out" > "$out/vm/grantwatch"
chmod +x "$out/vm/grantwatch"
sed "s|^PATH=|PATH=$out/vm:|" "$out/root/etc/qubes-rpc/grantwatch.Record" | sh
try "the service records to its caller" [ "$(tr '\n' ' ' < "$out/recorded")" = "record --quiet --output - " ]
done_testing
