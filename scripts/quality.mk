# SPDX-License-Identifier: GPL-2.0
#
# make coverage   lines of user/ and xentrace/ that unit tests, simulation, golden reports and system tests run: a line a folder

.PHONY: coverage bench-capture bench-handlers

# The same objects without -static, because valgrind must see malloc, and without the filter of system calls, which
# refuses those that valgrind makes for itself.
$(BUILD)/grantwatch-dynamic: $(BUILD)/user/main.o $(BUILD)/tests/support/unconfined.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=privileges__confine,--wrap=privileges__drop,--wrap=_exit $^ $(LIBS) -o $@

coverage:
	$(Q)scripts/coverage

bench: bench-capture bench-handlers

# Needs a kernel that takes BPF programs; says so where it does not.
BENCH_HANDLERS := $(BUILD)/tests/bench/bench_handlers
$(BENCH_HANDLERS).bpf.o: tests/bench/bench_handlers.bpf.c $(wildcard bpf/*.h)
	$(call msg,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

bench-handlers: $(BENCH_HANDLERS) $(BENCH_HANDLERS).bpf.o
	$(Q)$< $<.bpf.o || [ $$? = 77 ]

# Of the captures that the lab recorded.
bench-capture: $(BUILD)/tests/bench/bench_capture
	@mkdir -p $(BUILD)/bench
	@for capture in tests/captures/*/*.gwc.xz; do \
		name=$${capture#tests/captures/}; xz -dc $$capture > $(BUILD)/bench/$$(echo $${name%.xz} | tr / -); done
	@cd $(BUILD)/bench && ../tests/bench/bench_capture *.gwc

# Every target for FUZZ_SECONDS, one after another.
.PHONY: fuzz
fuzz: $(patsubst tests/fuzz/%.c,fuzz-%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
