#!/usr/bin/env python3
"""Runs a command with a terminal or a pipe as standard error, and stops it for more than a second, to test progress messages.

usage: held.py OUT TERM|- COMMAND...   TERM is the terminal's type, - is a pipe. OUT gets what the command wrote there. Exits with
0 if progress was shown; for a pipe and a dumb terminal, if it was not.
"""
import os
import pty
import signal
import subprocess
import sys
import threading
import time


def run(term, command, pause):
    ours, theirs = os.pipe() if term == "-" else pty.openpty()
    env = dict(os.environ, TERM="xterm" if term == "-" else term)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=theirs, env=env, start_new_session=True)
    os.close(theirs)
    seen = []

    def read():
        try:
            while data := os.read(ours, 65536):
                seen.append(data)
        except OSError:  # the terminal's other end was closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(pause)
    try:
        os.killpg(child.pid, signal.SIGSTOP)
        time.sleep(1.3)
        os.killpg(child.pid, signal.SIGCONT)
    except ProcessLookupError:
        pass
    child.wait()
    reader.join()
    os.close(ours)
    return b"".join(seen)


out, term, command = sys.argv[1], sys.argv[2], sys.argv[3:]
wanted = term not in ("-", "dumb")
seen = b""
# The stop must come while the command reads its input. Several pauses are tried, because it may come too early or too late.
for pause in (0.02, 0.04, 0.08, 0.16, 0.01, 0.3):
    seen = run(term, command, pause)
    if b"% of " in seen or not wanted and pause > 0.03:
        break
with open(out, "wb") as file:
    file.write(seen)
sys.exit((b"% of " in seen) != wanted)
