# SPDX-License-Identifier: GPL-2.0
#
# make coverage   lines of user/ and xentrace/ that unit tests, simulation and golden reports run: a line a folder

.PHONY: coverage

# The same objects without -static: valgrind must see malloc.
$(BUILD)/grantwatch-dynamic: $(BUILD)/user/main.o $(BUILD)/libgrantwatch.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

coverage:
	$(Q)scripts/coverage
