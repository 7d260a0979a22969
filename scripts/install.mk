# SPDX-License-Identifier: GPL-2.0
#
# make man        manual pages and the completion for bash, in build/man
# make install    below DESTDIR: into PREFIX (/usr/local), configuration into SYSCONFDIR
# make uninstall  takes away what install put there

PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
MANDIR      ?= $(PREFIX)/share/man
DOCDIR      ?= $(PREFIX)/share/doc/grantwatch
DATADIR     ?= $(PREFIX)/share/grantwatch
COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
SYSCONFDIR  ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR     ?= $(PREFIX)/lib/systemd/system

# The date of manual pages and packages: the last commit's, so that what is built twice is the same.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell stat -c %Y version))
export SOURCE_DATE_EPOCH

.PHONY: man install uninstall

man: $(BUILD)/man/grantwatch.1

$(BUILD)/man/grantwatch.1: $(BUILD)/grantwatch scripts/man $(wildcard docs/man/*.scd)
	$(call msg,MAN,$(@D))
	$(Q)scripts/man $< $(@D)

# "TARGET-FOLDER MODE FILE..." of everything there is to install; folders that a build does not have count for nothing.
# Rooms that come with files of their own add a line.
define INSTALL_PLAN
$(BINDIR) 755 $(BUILD)/grantwatch
$(MANDIR)/man1 644 $(wildcard $(BUILD)/man/*.1)
$(DOCDIR) 644 README.md $(wildcard docs/*.md)
$(DOCDIR)/schema 644 $(wildcard docs/schema/*.json)
$(UNITDIR) 644 $(wildcard scripts/systemd/*.service scripts/systemd/*.timer scripts/systemd/*.socket)
$(DATADIR)/prometheus 644 $(wildcard scripts/prometheus/*)
$(DATADIR)/openqa 644 $(wildcard scripts/openqa/*)
$(DATADIR)/qubes 755 $(wildcard scripts/qubes/*)
endef
export INSTALL_PLAN

install: $(BUILD)/grantwatch man
	$(Q)$(MAKE) --no-print-directory install-files

# A make of its own, so that the wildcards see what was built.
install-files:
	@printf '%s\n' "$$INSTALL_PLAN" | while read -r dir mode files; do \
		[ -n "$$files" ] || continue; \
		install -d "$(DESTDIR)$$dir" && install -m "$$mode" $$files "$(DESTDIR)$$dir" || exit 1; \
	done
	@install -d "$(DESTDIR)$(COMPLETIONS)"
	@install -m 644 $(BUILD)/man/grantwatch.bash "$(DESTDIR)$(COMPLETIONS)/grantwatch"

uninstall:
	@printf '%s\n' "$$INSTALL_PLAN" | while read -r dir mode files; do \
		for file in $$files; do rm -f "$(DESTDIR)$$dir/$${file##*/}"; done; \
		[ -z "$$files" ] || rmdir "$(DESTDIR)$$dir" 2> /dev/null; \
	done; true
	@rm -f "$(DESTDIR)$(COMPLETIONS)/grantwatch" $(wildcard $(DESTDIR)$(MANDIR)/man1/grantwatch*.1)
	@rmdir "$(DESTDIR)$(DATADIR)" 2> /dev/null; true
