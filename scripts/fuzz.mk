# SPDX-License-Identifier: GPL-2.0
#
# make fuzz              every target for FUZZ_SECONDS, one after another
# make fuzz-fuzz_stream  one of them; FUZZ_SECONDS=600 for longer
#
# A target begins with what tests/fuzz/seeds makes of the cases and goes on where it stopped the last time (build/fuzz/corpus-*).
#
# make fuzz-gate-fuzz_stream   what make check runs: as many inputs as tests/fuzz/gate says, from the
#                              cases, the same ones each time: it fails for a change, not by luck

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_CFLAGS  := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_DICT_fuzz_capture := tests/fuzz/capture.dict
FUZZ_DICT_fuzz_stream  := tests/fuzz/capture.dict
FUZZ_LIB     := $(BUILD)/fuzz/lib/libgrantwatch.a

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS:%=fuzz-%)

# The library once for all of them. Warnings are for the compiler that it is built with otherwise.
$(FUZZ_LIB): $(LIB_SRC) $(wildcard bpf/*.[ch] user/*.h user/*/*.h xentrace/*.h)
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz/lib CC=$(CLANG) STATIC=0 WARN=-w \
		CFLAGS='$(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link' $@

# Inputs of these are records, which have a mutator and a dictionary of their own.
$(BUILD)/fuzz/fuzz_capture $(BUILD)/fuzz/fuzz_stream: tests/fuzz/mutate_records.c

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_LIB)
	$(call msg,FUZZ,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(CPPFLAGS) -std=gnu11 $(filter %.c,$^) $(filter %.a,$^) $(LIBS) -o $@

fuzz-gate-%: $(BUILD)/fuzz/% $(BUILD)/grantwatch
	$(Q)tests/fuzz/seeds $* $(BUILD)/fuzz/seeds-$*
	$(Q)tests/fuzz/judge $(BUILD)/fuzz $*

fuzz-%: $(BUILD)/fuzz/% $(BUILD)/grantwatch
	@mkdir -p $(BUILD)/fuzz/corpus-$*
	$(Q)tests/fuzz/seeds $* $(BUILD)/fuzz/seeds-$*
	$(Q)$(BUILD)/fuzz/$* $(addprefix -dict=,$(FUZZ_DICT_$*)) -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus-$* $(BUILD)/fuzz/seeds-$*
