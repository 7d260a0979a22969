#!/bin/bash
# docs/walkthrough.md: its commands print what it says. TAP.  --update writes what they print into the page.
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
exec python3 tests/system/walkthrough.py "$@"
