#!/bin/bash
# The commands in docs/walkthrough.md and docs/events.md print the output in these pages. TAP. With --update the output is written
# into the pages.
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
exec python3 tests/system/walkthrough.py "$@"
