# Modules are replaced between two looks of the recorder: it names gntalloc's functions at their new addresses, while the list
# of modules reads as before, and probes gntdev again. The gap is a blind spot.
# shellcheck shell=bash
. /run/gw/lab-tests/gw-lib.sh

# ask COMMAND: runs it in the guest, and prints its output
ask() { guest_run g1 "$1" || fail "$1 ended with $?"; }

# stack_of TASK RECORD: the frames of the first such event of the task
stack_of() {
	awk -v comm="$1" -v type="$2" '
		$1 == "task" && $NF == comm { task[$3] = 1 }
		$1 == "stack" { frames[$3] = $0 }
		$1 == type && match($0, / task [0-9]+/) && task[substr($0, RSTART + 6, RLENGTH - 6)] && match($0, / stack [0-9]+/) {
			print frames[substr($0, RSTART + 7, RLENGTH - 7)]
			exit
		}' "$OUT/m.txt"
}

# probed FUNCTION: times and states of the function's probe, in order
probed() { sed -n "s/^probe time \([0-9.]*\) state \([a-z]*\) events .* name $1 .*/\1 \2/p" "$OUT/m.txt"; }

start_guests
# The newest module is first in the list. gntalloc is loaded while another module has its place in memory, and gets this place back
# when it is loaded again.
ask 'rmmod xen_gntalloc && modprobe xen-front-pgdir-shbuf && modprobe xen-gntalloc && rmmod xen_front_pgdir_shbuf'
newest='cut -d " " -f 1,2,6 /proc/modules | head -n 3 | tr "\n" ";"'
before=$(ask "$newest")
id=$(guest_spawn g1 'grantwatch record --tier kprobe -o /run/m.gwc --ready-file /run/m.ready 2> /run/m.log & r=$!
	until [ -e /run/m.ready ] || ! kill -0 $r; do sleep 0.2; done
	grantwatch repro --granter-name first clean
	rmmod xen_gntalloc && modprobe xen-gntalloc
	'"$newest"' > /run/newest
	sleep 4
	grantwatch repro --granter-name second clean
	rmmod xen_gntdev; read -r up rest < /proc/uptime; modprobe xen-gntdev; echo $up > /run/up
	sleep 4
	grantwatch repro --mapper-name third clean
	kill $r; wait $r')
guest_join g1 "$id" 150 > "$OUT/guest.log" || fail "the guest's commands ended with $?: $(tail -n 1 "$OUT/guest.log")"
after=$(ask 'cat /run/newest') up=$(ask 'cat /run/up')
say "before: $before"
say "after: $after"
[ "$(tr ';' '\n' <<< "$before" | cut -d ' ' -f 1)" = "$(tr ';' '\n' <<< "$after" | cut -d ' ' -f 1)" ] ||
	lab_error "the list of modules reads otherwise: $after"
[ "$before" != "$after" ] || lab_error "the modules have the same addresses as before: $after"
guest_get g1 /run/m.gwc "$OUT/m.gwc"
grantwatch dump "$OUT/m.gwc" > "$OUT/m.txt"

for task in first second; do
	expect "$(stack_of $task grant)" '; gntalloc_ioctl+' "$task: the grant's stack"
	expect "$(stack_of $task revoke)" ' [xen_gntalloc]; gntalloc_vma_close+' "$task: the end's stack"
done
probed gntdev_ioctl > "$OUT/probed.txt"
[ "$(cut -d ' ' -f 2 "$OUT/probed.txt" | tr '\n' ' ')" = "attached missing missing attached " ] ||
	fail "states of the probe on gntdev_ioctl: $(tr '\n' ' ' < "$OUT/probed.txt")"
# The gap begins before the module was gone. /proc/uptime is cut to hundredths of a second.
sed -n 3p "$OUT/probed.txt" | awk -v up="$up" '{ exit !($1 < up + 0.01) }' ||
	fail "the gap begins at $(sed -n 3p "$OUT/probed.txt"), but gntdev was gone at $up"
[ -n "$(stack_of third map)" ] || fail "no map was recorded after gntdev was loaded again"
status=0
grantwatch analyze -j "$OUT/m.gwc" > "$OUT/m.json" || status=$?
[ $status = 3 ] || fail "analyze ended with $status, not 3: $(tail -n 1 "$OUT/m.json")"
expect "$(tail -n 1 "$OUT/m.json")" 'gntdev_ioctl was not probed for' "blind spots"
result ok
