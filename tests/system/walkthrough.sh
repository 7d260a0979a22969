#!/bin/bash
# docs/walkthrough.md and docs/events.md: their commands print what they say. TAP.  --update writes what they print into the pages.
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
exec python3 tests/system/walkthrough.py "$@"
