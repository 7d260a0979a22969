# SPDX-License-Identifier: GPL-2.0
#
# make coverage   print for each file of user/ and xentrace/ how many lines the tests without the lab run

.PHONY: coverage

# The command without -static, because valgrind must replace malloc, and without the filter of system calls, which would refuse
# valgrind's own.
$(BUILD)/grantwatch-dynamic: $(BUILD)/user/main.o $(BUILD)/tests/support/unconfined.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=privileges__confine,--wrap=privileges__drop,--wrap=_exit $^ $(LIBS) -o $@

coverage:
	$(Q)scripts/coverage
