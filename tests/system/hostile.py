#!/usr/bin/env python3
"""Writes the stream of a lying guest to standard output, until it is killed.

usage: hostile.py HOW     HOW is a name of `ways` below. The format is taken from docs/capture-format.md, not from the C code.
"""
import os
import struct
import sys
import time
import zlib

S = 10**9
BEGIN, END = 80 * S, 94 * S  # Xen system time of tests/captures/race. This guest's clock is the same.


def pad(data):
    return data + bytes(-len(data) % 8)


def record(kind, body, flags=0):
    body = pad(body)
    return struct.pack("<BBHI", kind, flags, 0, 8 + len(body)) + body


def fact(key, value):
    return record(1, struct.pack("<Q", BEGIN) + f"{key}\0{value}\0".encode())


def task(ident, comm):
    return record(2, struct.pack("<4I16s", ident, 666, 666, 0, comm.encode()))


def stack(ident, text):
    return record(3, struct.pack("<II", ident, 0) + text.encode() + b"\0")


def clock(at):
    return record(4, struct.pack("<5QIi", at, 1000, 1002, 1000, at, 1 << 31, 0))


def event(at):
    return struct.pack("<QQII", at - 1000, at, 1, 1)


def grant(at, ref, peer=0):
    return record(16, event(at) + struct.pack("<IHHQ", ref, peer, 0, 0x1234))


def arms(at, index, ops):
    head = struct.pack("<4IQ", 1, len(ops), 0, len(ops), index)
    return record(21, event(at) + head + b"".join(struct.pack("<II", *op) for op in ops))


def maps(at, index, granter, ref, handle, frame):
    head = struct.pack("<4IQ", 1, 1, 0, 1, index)
    return record(23, event(at) + head + struct.pack("<HhIIIQ", granter, 0, ref, handle, 6, frame))


class Stream:
    def __init__(self, version=1, domid=7, begin=True):
        self.seq = 0
        self.write(struct.pack("<8sHHIQQ", b"GWCAP\r\n\x1a", version, 32, 0, 0, 0))
        if begin:
            self.block([fact("domid", domid), fact("kernel", "1.0"), task(1, "liar"),
                        stack(1, "gnttab_map_refs+0x5; gntdev_map_grant_pages+0x1 [xen_gntdev]"), clock(BEGIN)])

    @staticmethod
    def write(data):
        while data:
            data = data[os.write(1, data):]

    def block(self, records, mark=0, seq=None):
        data = b"".join(records)
        head = struct.pack("<4IQI", 0x4b425747, len(data), self.seq if seq is None else seq, len(records), mark,
                           zlib.crc32(data))
        self.write(head + struct.pack("<I", zlib.crc32(head)) + data)
        self.seq += 1


def another_domain():
    Stream(domid=1)


def newer_version():
    Stream(version=2)


def garbage():
    while True:
        Stream.write(os.urandom(65536))


def silent():
    Stream().block([], BEGIN)


def drip():
    """Sends blocks all the time, and advances its time by 1 ns in each."""
    stream = Stream()
    for at in range(BEGIN, END):
        stream.block([clock(at + 1)], at)
        time.sleep(0.2)


def flood():
    """Sends as much data as possible, all with the same time."""
    stream = Stream()
    many = [arms(BEGIN, n << 12, [(7, n * 1000 + i) for i in range(1000)]) for n in range(25)]
    while True:
        stream.block(many, BEGIN)


def no_marks():
    """Advances its time, but never its marks."""
    stream = Stream()
    for i in range(40):
        stream.block([clock(BEGIN + i * S + 1), grant(BEGIN + i * S, 100 + i)])


def no_clock():
    """Sends no clock samples, so that the clock would have to be derived from one grant."""
    stream = Stream(begin=False)
    stream.block([fact("domid", 7)])
    while True:
        stream.block([grant(BEGIN, 100)], BEGIN)
        time.sleep(0.2)


def future():
    stream = Stream()
    stream.block([clock(10**6 * S)], 10**6 * S)


def repeats():
    stream = Stream()
    while True:
        stream.block([grant(BEGIN + S, 100)], BEGIN + S, seq=1)
        time.sleep(0.01)


def changes_its_mind():
    stream = Stream()
    for i in range(50):
        stream.block([fact("kernel", f"{i}.0"), fact("guest_type", "PVH" if i % 2 else "PV")], BEGIN + i * S)


def accuses():
    """Claims a map of a page that the other guest grants to dom0, and an earlier announcement."""
    stream = Stream()
    stream.block([arms(BEGIN + 2 * S, 0x1000, [(1, 155)])], BEGIN + 3 * S)
    stream.block([clock(END), maps(BEGIN + 11 * S, 0x1000, 1, 155, 7, 0x7e6cd)], END)


ways = {f.__name__: f for f in (another_domain, newer_version, garbage, silent, drip, flood, no_marks, no_clock, future,
                                repeats, changes_its_mind, accuses)}

try:
    ways[sys.argv[1]]()
    time.sleep(600)
except BrokenPipeError:
    pass
