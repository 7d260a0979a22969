# Functions for scenarios, in dom0. See tests/lab/README.md.
# shellcheck shell=bash
#
# Variables of a scenario:
#   LAB_KIND      the kind of guests: pv or pvh (--guest)
#   LAB_GUESTS    how many guests start_guests starts (--guests)
#   LAB_SCENARIO  the scenario's name
#   OUT           a directory whose files are copied to the host

# shellcheck source=/dev/null
. /run/gw/lab/run.conf
export LAB_IN_SCENARIO=$LAB_SCENARIO
# The two disks, files in memory. Guests use them too.
root_disk=/dev/loop0 payload_disk=/dev/loop1
mkdir -p /run/lab/guests

say() {
	local up
	read -r up _ < /proc/uptime
	echo "[$up] $*"
}

# result ok, result fail REASON, result error REASON: ends the scenario with this result
result() {
	local verdict=$1
	shift
	case $verdict in
	ok) echo ok > "$OUT/result"; exit 0 ;;
	*) say "${verdict^^}: $*"; echo "$verdict $*" > "$OUT/result"; exit 1 ;;
	esac
}

# fail REASON: ends the scenario, because grantwatch gave a wrong answer or none.
# lab_error REASON: ends the scenario, because the lab itself failed. This is no result about grantwatch, and the boot may be repeated.
fail() { result fail "$*"; }
lab_error() { result error "$*"; }

# For the ERR trap. A failed command of Xen's toolstack is a lab error. Other commands may have failed because of grantwatch.
lab_failed_at() { # FILE LINE COMMAND
	[ "$BASHPID" = $$ ] || return 0
	[ ! -e "$OUT/result" ] || return 0
	case $3 in
	xl\ * | xenstore-* | losetup\ * | truncate\ *) lab_error "${1##*/}:$2: $3" ;;
	*) fail "${1##*/}:$2: $3" ;;
	esac
}

# A pipe to which nobody writes: read waits without starting a process, which takes 0.02 to 0.1 s under emulation.
exec {nobody}<> <(:)

# retry SECONDS COMMAND...: repeats it until it succeeds; returns 1 after SECONDS
retry() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.2 -u "$nobody" || true
	done
}

# --- guests -------------------------------------------------------------------------

# guest_create NAME [--kind pv|pvh] [--extra 'KERNEL ARGUMENTS'] [--memory MB] [--vcpus N] [--disk SPEC]... [--net]
# Starts a guest and does not wait for it. Its disks: xvda is the root (read-only), xvdb the payload (read-only, for load on
# disks), xvdc an empty disk of 32 MB, which is /run/lab/guests/NAME.disk in dom0. With --net it has eth0, and dom0's end of the
# interface has the address 10.9.DOMID.1/24.
guest_create() {
	local name=$1 kind=$LAB_KIND extra='' memory=256 vcpus=1 disks='' net='' domid config=/run/lab/guests/$1.cfg
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--kind) kind=$2 ;;
		--extra) extra=$2 ;;
		--memory) memory=$2 ;;
		--vcpus) vcpus=$2 ;;
		--disk) disks="$disks, '$2'" ;;
		--net) net="vif = [ 'script=/run/gw/lab/bin/vif-hotplug' ]"; shift; continue ;;
		*) fail "guest_create: unknown option $1" ;;
		esac
		shift 2
	done
	truncate -s 32M "/run/lab/guests/$name.disk"
	local loop
	loop=$(losetup -f --show "/run/lab/guests/$name.disk")
	echo "$loop" >> /run/lab/loops
	local by='script=/run/gw/lab/bin/block-hotplug'
	cat > "$config" <<END
name = "$name"
type = "$kind"
kernel = "/boot/guest/vmlinux"
ramdisk = "/boot/guest/initramfs"
extra = "console=hvc0 root=/dev/xvda ro loglevel=4 mitigations=off cryptomgr.notests lab.guest=$name $extra"
memory = $memory
vcpus = $vcpus
on_crash = "destroy"
on_reboot = "destroy"
disk = [ 'format=raw,vdev=xvda,access=r,$by,target=$root_disk', 'format=raw,vdev=xvdb,access=r,$by,target=$payload_disk',
	'format=raw,vdev=xvdc,access=w,$by,target=$loop'$disks ]
$net
END
	# Otherwise Xen intercepts RDTSCP, and QEMU's SVM does not report the length of this instruction.
	[ "$kind" != pvh ] || echo 'tsc_mode = "native"' >> "$config"
	say "guest $name ($kind): create"
	# xl may fail although the guest works, so the existence of the domain decides.
	xl create -q "$config" > "$OUT/xl-create-$name.log" 2>&1 || say "xl create: status $?"
	domid=$(xl domid "$name" 2> /dev/null) || lab_error "xl create $name: $(tail -n 3 "$OUT/xl-create-$name.log" | tr '\n' ' ')"
	echo "$domid" > "/run/lab/guests/$name"
}

# guest_domid NAME: its domid
guest_domid() { echo "$(< "/run/lab/guests/$1")"; }
lab_node() { echo "/local/domain/$(< "/run/lab/guests/$1")/data/lab"; }

# guest_wait NAME [SECONDS]: waits until it takes commands
guest_wait() {
	local domain ready
	domain=/local/domain/$(guest_domid "$1")
	ready=$(channel wait "$domain/data/lab/ready" "${2:-90}" "$domain/domid") ||
		lab_error "guest $1 is not ready after ${2:-90} s, or died: $(guest_console_tail "$1")"
	say "guest $1: ready, domain $(guest_domid "$1"), Linux ${ready#* }"
	echo "@lab guest $1 Linux ${ready#* }" > /dev/console
}

# guest_start NAME [OPTION]...: guest_create and guest_wait
guest_start() { guest_create "$@"; guest_wait "$1"; }

# start_guests [OPTION]...: starts the guests g1, g2, ... (--guests) with options of guest_create, and waits for them
start_guests() {
	local n
	for n in $(seq "$LAB_GUESTS"); do guest_create "g$n" "$@"; done
	for n in $(seq "$LAB_GUESTS"); do guest_wait "g$n"; done
}

# guest_console NAME: the file with its console. guest_console_tail NAME: the last two lines of it
guest_console() { echo "/var/log/xen/console/guest-$1.log"; }
guest_console_tail() { tail -n 2 "$(guest_console "$1")" 2> /dev/null | tr '\r\n' '  '; }

# guest_stop NAME: destroys it
guest_stop() {
	xl destroy "$1" || true
	rm -f "/run/lab/guests/$1"
}

# guest_shutdown NAME [SECONDS]: lets it power off, and waits until the domain is gone
guest_shutdown() {
	local id
	id=$(guest_spawn "$1" 'sync; sleep 0.5; echo o > /proc/sysrq-trigger')
	channel gone "/local/domain/$(guest_domid "$1")" "${2:-30}" || lab_error "guest $1 (command $id) does not shut down"
	rm -f "/run/lab/guests/$1"
}

# --- commands in a guest -------------------------------------------------------------------

# guest_spawn NAME 'COMMAND': starts it in the guest's bash, and prints an id
guest_spawn() { channel send "$(lab_node "$1")" run "$2"; }

# guest_join NAME ID [SECONDS]: waits for the command, prints its output (stdout and stderr, up to 256 KB), and returns its status.
# Returns 124 if it does not end in time, 125 if the guest is gone.
guest_join() { channel join "$(lab_node "$1")" "$2" "${3:-60}"; }

# guest_run NAME 'COMMAND' [SECONDS]: guest_spawn and guest_join
guest_run() {
	local id
	id=$(guest_spawn "$1" "$2")
	guest_join "$1" "$id" "${3:-60}"
}

# guest_stream NAME 'COMMAND': runs it and passes its stdout on as it comes. At the end prints its stderr to stderr, and returns its
# status. The command gets SIGTERM when the reader goes away. The program lab-stream NAME COMMAND... does the same, for grantwatch
# --source. A stream is a vchan, for which gntalloc in the guest grants 17 pages. These are in captures.
guest_stream() { channel stream "$(lab_node "$1")" "$2"; }

# guest_get NAME GUEST-FILE FILE: copies a file of the guest to dom0
guest_get() { guest_stream "$1" "cat '$2'" > "$3"; }

# --- cues ----------------------------------------------------------------------------------

# cue NAME KEY [VALUE]: sets a cue. The guest waits for it with "lab-wait KEY", and sets cues with "lab-cue KEY [VALUE]".
cue() { channel write "$(lab_node "$1")/cue/$2" "${3:-1}"; }

# cue_wait NAME KEY [SECONDS]: waits for a cue of the guest, and prints its value
cue_wait() { channel wait "$(lab_node "$1")/cue/$2" "${3:-60}" || { say "guest $1: no cue $2 after ${3:-60} s" >&2; return 1; }; }

# cue_clear NAME KEY: removes a cue
cue_clear() { channel rm "$(lab_node "$1")/cue/$2" || true; }
