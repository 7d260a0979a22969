# Runs a command on a pseudo-terminal and plays a user, who waits for text, types and sends signals.
# usage: onpty.py OUT ROWSxCOLUMNS STEP... -- COMMAND...
# STEP: expect:TEXT, type:KEYS (\r, \e), signal:NAME, size:ROWSxCOLUMNS, stopped:
# Writes the command's output to OUT. Fails if a TEXT does not come. Prints the exit status or signal, and "restored" if the
# terminal has the settings from before.
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

out, size = sys.argv[1:3]
split = sys.argv.index("--")
steps, command = sys.argv[3:split], sys.argv[split + 1:]
master, slave = pty.openpty()
seen = b""


def resize(text):
    rows, columns = map(int, text.split("x"))
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read(seconds):
    global seen
    if select.select([master], [], [], seconds)[0]:
        seen += os.read(master, 65536)
        open(out, "wb").write(seen)


def expect(text, start):
    """Waits for the text in the output after `start`. Returns the offset of its end."""
    end = time.monotonic() + 20
    while text not in seen[start:]:
        read(0.1)
        if time.monotonic() > end:
            sys.exit(f"no {text!r} after {seen[start:]!r}")
    return seen.index(text, start) + len(text)


resize(size)
before = termios.tcgetattr(slave)
open(out, "wb").close()
child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
at = 0
for step in steps:
    verb, text = step.split(":", 1)
    text = text.replace("\\r", "\r").replace("\\e", "\033")
    if verb == "expect":
        at = expect(text.encode(), at)
    elif verb == "type":
        os.write(master, text.encode())
    elif verb == "size":
        resize(text)
    elif verb == "stopped":
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        read(0)
        print("stopped", "restored" if termios.tcgetattr(slave) == before else "raw")
    else:
        child.send_signal(getattr(signal, "SIG" + text))
end = time.monotonic() + 20
while child.poll() is None and time.monotonic() < end:
    read(0.05)
if child.returncode is None:
    child.kill()
    sys.exit("the command does not end")
while select.select([master], [], [], 0)[0]:
    read(0)
print(child.returncode, "restored" if termios.tcgetattr(slave) == before else "changed")
