# SPDX-License-Identifier: GPL-2.0
#
# The parts of `make bench`. Each is also a target, which prints its rows of the table.
#
# make bench-handlers  time of the BPF handlers alone, beside bpftrace; needs a kernel with BPF
# make bench-capture   bytes per event in a capture, also compressed
# make bench-analyze   time of analyze per event, by the number of live refs
# make bench-fleet     memory of the pipeline while eight guests and dom0 send OPERATIONS (20 million) operations
# make bench-logs      time of analyze --log, beside grep
# make bench-tables    time to read every entry of a grant table, beside memcpy(3)
# make bench-xentrace  time of xentrace --summary, beside xenalyze --summary
# make bench-lab       cost of watching on real Xen, beside bpftrace; ROUNDS=N rounds of some minutes

.PHONY: bench-handlers bench-capture bench-analyze bench-fleet bench-logs bench-tables bench-xentrace bench-lab bench-programs

BENCH      := $(BUILD)/tests/bench
BENCH_PROG := $(addprefix $(BENCH)/bench_,handlers capture analyze fleet tables xentrace xentrace_gen)

$(BENCH)/%: $(BENCH)/%.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BENCH)/bench_handlers.bpf.o: tests/bench/bench_handlers.bpf.c $(wildcard bpf/*.h)
	$(call msg,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

bench-programs: $(BUILD)/grantwatch $(BENCH_PROG) $(BENCH)/bench_handlers.bpf.o

bench-handlers bench-capture bench-analyze bench-fleet bench-logs bench-tables bench-xentrace bench-lab: bench-%: bench-programs
	$(Q)BUILD=$(BUILD) tests/bench/run $*
