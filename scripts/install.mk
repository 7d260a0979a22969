# SPDX-License-Identifier: GPL-2.0
#
# make man        manual pages and the completion for bash, zsh and fish, in build/man
# make install    below DESTDIR: into PREFIX (/usr/local), configuration into SYSCONFDIR
# make uninstall  takes away what install put there
# make deb        Debian packages, in build/deb
# make spec       the RPM spec, in build/grantwatch.spec

PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
MANDIR      ?= $(PREFIX)/share/man
DOCDIR      ?= $(PREFIX)/share/doc/grantwatch
DATADIR     ?= $(PREFIX)/share/grantwatch
COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS  ?= $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS ?= $(PREFIX)/share/fish/vendor_completions.d
SYSCONFDIR  ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR     ?= $(PREFIX)/lib/systemd/system

# The date of manual pages and packages: the last commit's, so that what is built twice is the same.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell stat -c %Y version))
export SOURCE_DATE_EPOCH

.PHONY: man install install-files uninstall deb spec

man: $(BUILD)/man/grantwatch.1

$(BUILD)/man/grantwatch.1: $(BUILD)/grantwatch scripts/man $(wildcard docs/man/*.scd) docs/glossary.md
	$(call msg,MAN,$(@D))
	$(Q)scripts/man $< $(@D)

# What there is to install: "PART FOLDER MODE FILE..." a line. A part is a package; PARTS chooses. A line whose files do not
# exist counts for nothing, so rooms that come later only add theirs.
PARTS ?= command dom0 vm doc

define INSTALL_PLAN
command $(BINDIR) 755 $(BUILD)/grantwatch
command $(MANDIR)/man1 644 $(wildcard $(BUILD)/man/*.1)
command $(MANDIR)/man7 644 $(wildcard $(BUILD)/man/*.7)
command $(COMPLETIONS) 644 $(wildcard $(BUILD)/man/bash/grantwatch)
command $(ZSH_COMPLETIONS) 644 $(wildcard $(BUILD)/man/zsh/_grantwatch)
command $(FISH_COMPLETIONS) 644 $(wildcard $(BUILD)/man/fish/grantwatch.fish)
dom0 $(UNITDIR) 644 $(wildcard scripts/systemd/*.service scripts/systemd/*.timer scripts/systemd/*.socket scripts/systemd/*.path)
dom0 $(DATADIR)/prometheus 644 $(wildcard scripts/prometheus/*)
dom0 $(DATADIR)/openqa 644 $(wildcard scripts/openqa/*)
dom0 $(SYSCONFDIR)/qubes/policy.d 644 $(wildcard scripts/qubes/*.policy)
vm $(SYSCONFDIR)/qubes-rpc 755 $(wildcard scripts/qubes/grantwatch.*)
doc $(DOCDIR) 644 README.md CONTRIBUTING.md $(wildcard docs/*.md docs/*.svg)
doc $(DOCDIR)/schema 644 $(wildcard docs/schema/*.json)
endef
export INSTALL_PLAN

install: $(BUILD)/grantwatch man
	$(Q)$(MAKE) --no-print-directory install-files

# A make of its own, so that the wildcards see what was built.
install-files:
	@printf '%s\n' "$$INSTALL_PLAN" | while read -r part dir mode files; do \
		case " $(PARTS) " in *" $$part "*) ;; *) continue ;; esac; \
		[ -n "$$files" ] || continue; \
		install -d "$(DESTDIR)$$dir" && install -m "$$mode" $$files "$(DESTDIR)$$dir" || exit 1; \
	done

uninstall:
	@printf '%s\n' "$$INSTALL_PLAN" | while read -r part dir mode files; do \
		for file in $$files; do rm -f "$(DESTDIR)$$dir/$${file##*/}"; done; \
	done
	@rmdir $(addprefix $(DESTDIR),$(DOCDIR)/schema $(DOCDIR) $(DATADIR)/prometheus $(DATADIR)/openqa $(DATADIR)) 2> /dev/null || :

deb:
	$(Q)scripts/make-deb $(BUILD)/deb

spec:
	@mkdir -p $(BUILD)
	@sed 's/@VERSION@/$(VERSION)/; s/@REL@/1/; s/@CHANGELOG@//' rpm/grantwatch.spec.in > $(BUILD)/grantwatch.spec
