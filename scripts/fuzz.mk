# SPDX-License-Identifier: GPL-2.0
#
# make fuzz              run every fuzz target for FUZZ_SECONDS, one after another
# make fuzz-fuzz_stream  run one of them; FUZZ_SECONDS=600 for longer
#
# A target begins with the inputs of tests/fuzz/seeds and those which it found in earlier runs (build/fuzz/corpus-*).
#
# make fuzz-gate-fuzz_stream   run one of them as make check does: on a fixed number of inputs (tests/fuzz/gate), which are
#                              the same every time, so that the result depends on the code only

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_CFLAGS  := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_DICT_fuzz_capture := tests/fuzz/capture.dict
FUZZ_DICT_fuzz_stream  := tests/fuzz/capture.dict
FUZZ_LIB     := $(BUILD)/fuzz/lib/libgrantwatch.a

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS:%=fuzz-%)

# All targets link one instrumented library. It is built without warnings, because clang has others than the project's compiler.
$(FUZZ_LIB): $(LIB_SRC) $(wildcard bpf/*.[ch] user/*.h user/*/*.h xentrace/*.h)
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz/lib CC=$(CLANG) STATIC=0 WARN=-w \
		CFLAGS='$(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link' $@

# The inputs of these targets are records of captures, for which there is a mutator and a dictionary.
$(BUILD)/fuzz/fuzz_capture $(BUILD)/fuzz/fuzz_stream: tests/fuzz/mutate_records.c

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_LIB)
	$(call msg,FUZZ,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(CPPFLAGS) -std=gnu11 $(filter %.c,$^) $(filter %.a,$^) $(LIBS) -o $@

fuzz-gate-%: $(BUILD)/fuzz/% $(BUILD)/grantwatch $(BUILD)/tests/fuzz/pack_seeds
	$(Q)tests/fuzz/seeds $* $(BUILD)/fuzz/seeds-$*
	$(Q)tests/fuzz/judge $(BUILD)/fuzz $*

fuzz-%: $(BUILD)/fuzz/% $(BUILD)/grantwatch $(BUILD)/tests/fuzz/pack_seeds
	@mkdir -p $(BUILD)/fuzz/corpus-$*
	$(Q)tests/fuzz/seeds $* $(BUILD)/fuzz/seeds-$*
	$(Q)ASAN_OPTIONS=quarantine_size_mb=4 $(BUILD)/fuzz/$* $(addprefix -dict=,$(FUZZ_DICT_$*)) -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus-$* $(BUILD)/fuzz/seeds-$*
