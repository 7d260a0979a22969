# Functions for scenarios, which run in dom0. See tests/lab/README.md.
# shellcheck shell=bash
#
# In the environment of a scenario:
#   LAB_KIND      pv or pvh, as asked for with --guest
#   LAB_GUESTS    how many guests start_guests starts
#   LAB_SCENARIO  its own name
#   OUT           directory that is brought back to the host

# shellcheck source=/dev/null
. /run/gw/lab/run.conf
export LAB_IN_SCENARIO=$LAB_SCENARIO
# Copies in memory; boot-init.c says why. Guests have them too.
root_disk=/dev/loop0 payload_disk=/dev/loop1
mkdir -p /run/lab/guests

say() {
	local up
	read -r up _ < /proc/uptime
	echo "[$up] $*"
}

# result ok | result fail REASON | result error REASON: ends the scenario.
result() {
	local verdict=$1
	shift
	case $verdict in
	ok) echo ok > "$OUT/result"; exit 0 ;;
	*) say "${verdict^^}: $*"; echo "$verdict $*" > "$OUT/result"; exit 1 ;;
	esac
}

# fail REASON: grantwatch gave a wrong answer, or none. lab_error REASON: the lab did not do its part, so nothing can be said about
# grantwatch; a boot with such an end may be repeated.
fail() { result fail "$*"; }
lab_error() { result error "$*"; }

# For the ERR trap. Commands of the toolstack are the lab's, all others may have failed because of grantwatch.
lab_failed_at() { # FILE LINE COMMAND
	[ "$BASHPID" = $$ ] || return 0
	[ ! -e "$OUT/result" ] || return 0
	case $3 in
	xl\ * | xenstore-* | losetup\ * | truncate\ *) lab_error "${1##*/}:$2: $3" ;;
	*) fail "${1##*/}:$2: $3" ;;
	esac
}

# retry SECONDS COMMAND...: until it succeeds; 1 when time is up.
retry() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# --- guests -------------------------------------------------------------------------

# guest_create NAME [--kind pv|pvh] [--extra 'KERNEL ARGUMENTS'] [--memory MB] [--vcpus N] [--disk SPEC]... [--net]
# Build and start a guest, do not wait for it. Its disks: xvda root (read-only), xvdb the payload (read-only, 
# the one to put load on), xvdc a writable scratch disk of 32 MB whose content is /run/lab/guests/NAME.disk in dom0.
# --net: eth0, whose other end is dom0's 10.9.DOMID.1/24.
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
		*) fail "guest_create: $1?" ;;
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
extra = "console=hvc0 root=/dev/xvda ro loglevel=4 mitigations=off lab.guest=$name $extra"
memory = $memory
vcpus = $vcpus
on_crash = "destroy"
on_reboot = "destroy"
disk = [ 'format=raw,vdev=xvda,access=r,$by,target=$root_disk', 'format=raw,vdev=xvdb,access=r,$by,target=$payload_disk',
	'format=raw,vdev=xvdc,access=w,$by,target=$loop'$disks ]
$net
END
	# Without this Xen intercepts RDTSCP, which emulated SVM cannot tell the length of.
	[ "$kind" != pvh ] || echo 'tsc_mode = "native"' >> "$config"
	say "guest $name ($kind): create"
	# xl may fail after it has built a working guest; the domain tells.
	xl create -q "$config" > "$OUT/xl-create-$name.log" 2>&1 || say "xl create: status $?"
	domid=$(xl domid "$name" 2> /dev/null) || lab_error "xl create $name: $(tail -n 3 "$OUT/xl-create-$name.log" | tr '\n' ' ')"
	echo "$domid" > "/run/lab/guests/$name"
}

# guest_domid NAME
guest_domid() { echo "$(< "/run/lab/guests/$1")"; }
lab_node() { echo "/local/domain/$(< "/run/lab/guests/$1")/data/lab"; }

# guest_wait NAME [SECONDS]: until it takes commands
guest_wait() {
	local domain ready
	domain=/local/domain/$(guest_domid "$1")
	ready=$(channel wait "$domain/data/lab/ready" "${2:-90}" "$domain/domid") ||
		lab_error "guest $1 is not ready after ${2:-90} s, or died: $(guest_console_tail "$1")"
	say "guest $1: ready, domain $(guest_domid "$1"), Linux ${ready#* }"
	echo "@lab guest $1 Linux ${ready#* }" > /dev/console
}

# guest_start NAME [as guest_create]: create and wait
guest_start() { guest_create "$@"; guest_wait "$1"; }

# start_guests [as guest_create, without NAME]: as many as asked for by --guests: g1, g2, ...
start_guests() {
	local n
	for n in $(seq "$LAB_GUESTS"); do guest_create "g$n" "$@"; done
	for n in $(seq "$LAB_GUESTS"); do guest_wait "g$n"; done
}

# guest_console NAME: the file that its console goes to. guest_console_tail NAME: its last words
guest_console() { echo "/var/log/xen/console/guest-$1.log"; }
guest_console_tail() { tail -n 2 "$(guest_console "$1")" 2> /dev/null | tr '\r\n' '  '; }

# guest_stop NAME: at once, as xl destroy does
guest_stop() {
	xl destroy "$1" || true
	rm -f "/run/lab/guests/$1"
}

# guest_shutdown NAME [SECONDS]: from within, and wait until the domain is gone
guest_shutdown() {
	local id
	id=$(guest_spawn "$1" 'sync; sleep 0.5; echo o > /proc/sysrq-trigger')
	channel gone "/local/domain/$(guest_domid "$1")" "${2:-30}" || lab_error "guest $1 (command $id) does not shut down"
	rm -f "/run/lab/guests/$1"
}

# --- commands in a guest -------------------------------------------------------------------

# guest_spawn NAME 'COMMAND': start it in the guest's bash, print an id
guest_spawn() { channel send "$(lab_node "$1")" run "$2"; }

# guest_join NAME ID [SECONDS]: wait for it, print its output (stdout and stderr, up to 256 KB), return its
# status; 124 when it is not through in time, 125 when the guest is gone.
guest_join() { channel join "$(lab_node "$1")" "$2" "${3:-60}"; }

# guest_run NAME 'COMMAND' [SECONDS]: both
guest_run() {
	local id
	id=$(guest_spawn "$1" "$2")
	guest_join "$1" "$id" "${3:-60}"
}

# guest_stream NAME 'COMMAND': the command's stdout, byte for byte, on stdout as it comes; its stderr on stderr and its
# status at the end. When the reader goes, the command gets SIGTERM. As a process of its own, for grantwatch --source:
# lab-stream NAME COMMAND... Uses a vchan (17 grants of gntalloc's in the guest), so use it with thought.
guest_stream() { channel stream "$(lab_node "$1")" "$2"; }

# guest_get NAME GUEST-FILE FILE: bring a file out
guest_get() { guest_stream "$1" "cat '$2'" > "$3"; }

# --- cues ----------------------------------------------------------------------------------

# cue NAME KEY [VALUE]: set one; the guest waits with "lab-wait KEY" and may set some with "lab-cue KEY VALUE"
cue() { channel write "$(lab_node "$1")/cue/$2" "${3:-1}"; }

# cue_wait NAME KEY [SECONDS]: wait for one, print its value
cue_wait() { channel wait "$(lab_node "$1")/cue/$2" "${3:-60}" || { say "guest $1: no cue $2 after ${3:-60} s" >&2; return 1; }; }

# cue_clear NAME KEY
cue_clear() { channel rm "$(lab_node "$1")/cue/$2" || true; }
