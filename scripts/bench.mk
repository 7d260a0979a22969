# SPDX-License-Identifier: GPL-2.0
#
# The parts of `make bench`, each a goal of its own that ends with its lines of the table.
#
# make bench-handlers  the handlers by themselves, beside bpftrace; needs a kernel that takes BPF programs, and says so
# make bench-capture   bytes an event, as written and compressed
# make bench-analyze   what judging costs, by refs that live at once
# make bench-tables    a look at every entry of a grant table, beside memcpy(3)
# make bench-xentrace  xentrace --summary beside xenalyze --summary
# make bench-lab       what watching costs on real Xen, beside bpftrace; ROUNDS=N, three minutes each

.PHONY: bench-handlers bench-capture bench-analyze bench-logs bench-tables bench-xentrace bench-lab bench-programs

BENCH      := $(BUILD)/tests/bench
BENCH_PROG := $(addprefix $(BENCH)/bench_,handlers capture analyze tables xentrace xentrace_gen)

$(BENCH)/%: $(BENCH)/%.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BENCH)/bench_handlers.bpf.o: tests/bench/bench_handlers.bpf.c $(wildcard bpf/*.h)
	$(call msg,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

bench-programs: $(BUILD)/grantwatch $(BENCH_PROG) $(BENCH)/bench_handlers.bpf.o

bench-handlers bench-capture bench-analyze bench-logs bench-tables bench-xentrace bench-lab: bench-%: bench-programs
	$(Q)BUILD=$(BUILD) tests/bench/run $*
