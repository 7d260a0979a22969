# SPDX-License-Identifier: GPL-2.0
#
# make man        write manual pages and the completion for bash, zsh and fish to build/man
# make install    install into PREFIX (/usr/local) and SYSCONFDIR, below DESTDIR. PARTS chooses what: command units doc
#                 (default), prometheus, openqa, qubes-dom0, qubes-vm
# make uninstall  remove the installed files
# make deb        build Debian packages in build/deb
# make spec       write the RPM spec to build/grantwatch.spec
# make dist       write the sources of the last commit to build/grantwatch-VERSION.tar.gz, for the spec

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

# Manual pages and packages have the date of the last commit, so two builds have the same bytes.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell stat -c %Y version))
export SOURCE_DATE_EPOCH

.PHONY: man units install install-files uninstall deb spec dist

man: $(BUILD)/man/grantwatch.1

$(BUILD)/man/grantwatch.1: $(BUILD)/grantwatch scripts/man $(wildcard docs/man/*.scd) docs/glossary.md
	$(call msg,MAN,$(@D))
	$(Q)scripts/man $< $(@D)

# Units have the paths of the installed command and configuration.
UNITS_BUILD ?= $(BUILD)/systemd
UNITS := $(patsubst scripts/systemd/%.in,$(UNITS_BUILD)/%,$(wildcard scripts/systemd/*.in))

units:
	@mkdir -p $(UNITS_BUILD)
	@for unit in $(UNITS); do \
		sed 's|@BINDIR@|$(BINDIR)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' "scripts/systemd/$${unit##*/}.in" > "$$unit" || exit 1; \
	done

# The files to install, as lines "PART FOLDER MODE FILE...". PARTS chooses the lines. A line without existing files is skipped.
PARTS ?= command units doc

define INSTALL_PLAN
command $(BINDIR) 755 $(BUILD)/grantwatch
command $(MANDIR)/man1 644 $(wildcard $(BUILD)/man/*.1)
command $(MANDIR)/man7 644 $(wildcard $(BUILD)/man/*.7)
units $(SYSCONFDIR) 644 $(wildcard $(BUILD)/man/grantwatch.conf)
command $(COMPLETIONS) 644 $(wildcard $(BUILD)/man/bash/grantwatch)
command $(ZSH_COMPLETIONS) 644 $(wildcard $(BUILD)/man/zsh/_grantwatch)
command $(FISH_COMPLETIONS) 644 $(wildcard $(BUILD)/man/fish/grantwatch.fish)
units $(UNITDIR) 644 $(UNITS)
prometheus $(DATADIR)/prometheus 644 $(wildcard scripts/prometheus/*)
openqa $(DATADIR)/openqa 644 $(wildcard scripts/openqa/*)
qubes-dom0 $(SYSCONFDIR)/qubes/policy.d 644 $(wildcard scripts/qubes/*.policy)
qubes-vm $(SYSCONFDIR)/qubes-rpc 755 $(wildcard scripts/qubes/grantwatch.*)
doc $(DOCDIR) 644 README.md CONTRIBUTING.md NEWS SECURITY.md $(wildcard docs/*.md docs/*.svg)
doc $(DOCDIR)/schema 644 $(wildcard docs/schema/*.json)
endef
export INSTALL_PLAN

install: $(BUILD)/grantwatch man
	$(Q)$(MAKE) --no-print-directory install-files

# install starts another make for this, so that the wildcards find the files which were built.
install-files: units
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
	@sed -n -f rpm/changelog.sed debian/changelog > $(BUILD)/changelog
	@sed -e 's/@VERSION@/$(VERSION)/; s/@REL@/1/' -e '/^@CHANGELOG@$$/{r $(BUILD)/changelog' -e 'd}' rpm/grantwatch.spec.in \
		> $(BUILD)/grantwatch.spec

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=grantwatch-$(VERSION)/ -o $(BUILD)/grantwatch-$(VERSION).tar.gz HEAD
