# SPDX-License-Identifier: GPL-2.0
#
# make coverage   lines of user/ and xentrace/ that unit tests, simulation, golden reports and system tests run: a line a file

.PHONY: coverage

# The same objects without -static, because valgrind must see malloc, and without the filter of system calls, which
# refuses those that valgrind makes for itself.
$(BUILD)/grantwatch-dynamic: $(BUILD)/user/main.o $(BUILD)/tests/support/unconfined.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=privileges__confine,--wrap=privileges__drop,--wrap=_exit $^ $(LIBS) -o $@

coverage:
	$(Q)scripts/coverage
