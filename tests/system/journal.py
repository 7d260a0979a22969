#!/usr/bin/env python3
"""Stands in for journald: binds its socket, runs a command, and writes the entries which arrive to a file.

usage: journal.py SOCKET OUT COMMAND...   Exit status: the command's.
"""
import os
import socket
import subprocess
import sys

path, out, command = sys.argv[1], sys.argv[2], sys.argv[3:]
os.makedirs(os.path.dirname(path), exist_ok=True)
ours = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ours.bind(path)
try:
    status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
    ours.setblocking(False)
    with open(out, "wb") as file:
        while True:
            try:
                file.write(ours.recv(65536) + b"\n")
            except BlockingIOError:
                break
finally:
    os.unlink(path)
sys.exit(status)
