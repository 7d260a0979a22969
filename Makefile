# SPDX-License-Identifier: GPL-2.0
#
# make            build the grantwatch command, statically linked so that one file runs in every guest
# make quick      install packages, build, run the fast tests
# make check      install packages, build, run all tests which a change must pass; the last line counts them
# make demo       install packages, build, boot the lab, play the race, print the report
# make bench      measure the cost of grantwatch, also in the lab, and print a table (parts: scripts/bench.mk)
# make help       print these lines

BUILD   ?= build
CC      ?= cc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
msg      = @$(if $(filter 1,$(V)),true,printf '  %-8s %s\n' $(1) $(2))

VERSION := $(shell cat version)

WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
CPPFLAGS += -Iuser -Ixentrace -Ibpf -I$(BUILD) -I. -D_GNU_SOURCE -DGRANTWATCH_VERSION='"$(VERSION)"'
CFLAGS  ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(PREFIX_MAP) $(CFLAGS)
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter \
	-Wno-address-of-packed-member -D__TARGET_ARCH_x86 $(PREFIX_MAP) -Ibpf \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch)

# Static linking makes one binary for every Debian, Fedora and initramfs. STATIC=0 is for a distribution's own build, and is the
# default where static libraries are missing (Fedora). The link command prints this.
LIBS_XEN := -lxenstore -lxenforeignmemory -lxencall -lxengnttab -lxentoolcore -lxentoollog -lxenevtchn
LIBS    := -lm -lbpf -lelf -lz -ljansson -lseccomp -lcap-ng $(LIBS_XEN) -ldl -lpthread
links_static = $(shell echo 'int main(void) { return 0; }' | $(CC) -static -x c - -o /dev/null $(LIBS) 2> /dev/null && echo 1)
STATIC  ?= $(eval STATIC := $(or $(links_static),missing))$(STATIC)
LDFLAGS_EXE = $(if $(filter 1,$(STATIC)),-static)
not_static = $(if $(filter missing,$(STATIC)), (dynamic: no static libraries here, STATIC=1 shows which))

# The library has everything but main.c. The command and the tests link it.
LIB_SRC  := $(filter-out user/main.c,$(sort $(wildcard user/*.c user/*/*.c xentrace/*.c)))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
BPF_SRC  := $(sort $(wildcard bpf/*.bpf.c))
SKELS    := $(BPF_SRC:bpf/%.bpf.c=$(BUILD)/%.skel.h)
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
# Fuzz targets which read their inputs from files, without a fuzzer
REPLAY_BIN := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/tests/fuzz/replay_%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SIM_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/sim/*.c)))
SIM_BIN  := $(BUILD)/tests/sim/test_sim
SIM_WRAP := finding__count read write close fstat crc32
NO_MEMORY_WRAP := malloc calloc realloc aligned_alloc strdup strndup open_memstream fdopen vasprintf privileges__confine

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help setup clean tools tests unit soak mutate quick check check-lab check-matrix check-nightly demo bench cppcheck format format-check spelling tidy

all: $(BUILD)/grantwatch

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile

# The first build on a new machine stops here.
tools:
	@for tool in $(firstword $(CC)) $(CLANG) $(BPFTOOL); do \
		command -v $$tool > /dev/null || { echo "no $$tool: scripts/setup build installs what the build needs" >&2; exit 1; }; \
	done

$(BUILD)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) | tools
	$(call msg,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $(@:.o=.unstripped.o)
	$(Q)$(BPFTOOL) gen object $@ $(@:.o=.unstripped.o)

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)(echo '/* NOLINTBEGIN */'; $(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf; echo '/* NOLINTEND */') > $@

$(BUILD)/%.o: %.c | $(SKELS)
	$(call msg,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libgrantwatch.a: $(LIB_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(BUILD)/grantwatch: $(BUILD)/user/main.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,'$@$(not_static)')
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LDFLAGS_EXE) $^ $(LIBS) -o $@

# Unit tests link dynamically: cmocka has no static library.
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@

$(BUILD)/tests/unit/test_no_memory: LDFLAGS += $(NO_MEMORY_WRAP:%=-Wl,--wrap=%)
$(BUILD)/tests/unit/test_busy_ref: LDFLAGS += -Wl,--wrap=span__margin

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/tests/fuzz/pack_seeds: $(BUILD)/tests/fuzz/pack_seeds.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# A backend in user space for the lab. grantwatch recognises backends by their names, so it has that of one.
$(BUILD)/tests/lab/tapdisk-lab: $(BUILD)/tests/lab/tools/user_disk.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LDFLAGS_EXE) $^ -o $@

# The simulator wraps finding__count() to compare each counted occurrence with the truth, and the functions for files because its
# captures are in memory (tests/sim/memory.h).
$(SIM_BIN): $(SIM_OBJ) $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(SIM_WRAP:%=-Wl,--wrap=%) $(LIBS) -o $@

# Plays new random schedules until it is stopped. Prints the first seed, and the command which replays a failed schedule.
soak: $(SIM_BIN)
	$(Q)$(SIM_BIN) soak

# Parts are in scripts/bench.mk. LAB=0 leaves the lab out, RECORD=1 keeps the ratios.
bench: bench-programs
	$(Q)BUILD=$(BUILD) tests/bench/run handlers capture analyze fleet logs tables xentrace $(if $(filter 0,$(LAB)),,lab)

# Changes one line of the code at a time: a test must fail each time.
mutate: tests
	@tests/sim/mutate

# Builds all test programs of `make check`. Boots run side by side, and each would build the lab's program otherwise.
tests: $(UNIT_BIN) $(SIM_BIN) $(REPLAY_BIN) $(BUILD)/tests/lab/tapdisk-lab

unit: tests $(BUILD)/grantwatch
	$(Q)for t in $(UNIT_BIN); do CMOCKA_MESSAGE_OUTPUT=tap $$t || exit 1; done

setup:
	@scripts/setup

quick:
	@scripts/setup build test
	@scripts/check unit verdicts logs regress reports lint

check: setup
	@scripts/check

# Runs every scenario in both tiers and new schedules of the simulator, and writes the results into the table in docs/scenarios.md.
check-lab: setup
	@scripts/check lab-all soak

# Runs the race and the clean control on every row of the lab, and writes the results into the README's table.
check-matrix: setup
	@scripts/check matrix

# Tests which take too long for every change.
check-nightly: setup
	@SCHEDULES=200000 SOAK=2000000 FUZZ_SECONDS=600 NO_MEMORY_STEP=1 REPRODUCE=1 scripts/check seeds tidy sanitized packages soak fleet fuzz mutate

demo:
	@scripts/setup build $(if $(filter replay,$(DEMO)),replay,lab)
	@scripts/demo

cppcheck: $(SKELS)
	$(call msg,CPPCHECK,user xentrace)
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 --suppress=missingIncludeSystem --library=posix -D__x86_64__ \
		-Iuser -Ixentrace -Ibpf -I. user xentrace

C_FILES = $(shell find bpf user xentrace tests scripts -name '*.[ch]')

format:
	$(Q)clang-format -i $(C_FILES)

format-check:
	$(Q)clang-format --dry-run -Werror $(C_FILES)

spelling:
	$(Q)codespell --quiet-level=3 -L refrences --skip='./.git,./$(BUILD),*.gwc,*.bin,*.hex,./tests/logs/cases' .

# One process for each file, because a few files take as long as all others together.
tidy: $(SKELS)
	$(call msg,TIDY,user xentrace)
	$(Q)printf '%s\n' $(LIB_SRC) user/main.c | xargs -P $(shell nproc) -n 1 sh -c \
		'clang-tidy --quiet "$$1" -- $(subst ','"'"',$(CPPFLAGS)) -std=gnu11 2> /dev/null' tidy

include scripts/install.mk
include scripts/quality.mk
include scripts/fuzz.mk
include scripts/bench.mk

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
