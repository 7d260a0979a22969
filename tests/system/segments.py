#!/usr/bin/env python3
"""Splits the text of a capture into two files, of one rotation or of two runs of a recorder.

usage: segments.py SECONDS GAP FIRST SECOND [--other-boot] < TEXT

The first file ends at the last mark up to SECONDS. GAP is "none" for a rotation, which loses no event, or the seconds until the
second recorder begins to record. The second file has other ids of tasks and stacks than the first one.
"""
import re
import sys
from decimal import Decimal

EVENTS = "grant revoke free release reset arm disarm map unmap ring ring-unmap copy entry".split()
BOOT = "fact time 0 key boot_id value 11111111-2222-3333-4444-555555555555"


def number(line, field):
    found = re.search(rf" {field} ([0-9.]+)", line)
    return float(found[1]) if found else None


def replace(line, field, ids, new):
    """The line with another id. A new id is made when the old one comes for the first time."""
    def other(found):
        return f" {field} {ids.setdefault(found[1], new(len(ids)))}"
    return re.sub(rf" {field} (\d+)", other, line)


def split(lines, at, gap):
    cut = max(i for i, line in enumerate(lines) if line.startswith("mark ") and float(line.split()[1]) <= at)
    end = lines[cut].split()[1]
    first, rest = lines[:cut], lines[cut + 1:]
    events = sum(line.split()[0] in EVENTS for line in first)
    begin = end if gap is None else f"{float(end) + gap:.9f}"
    kept = {}
    for line in first:
        if line.startswith("fact "):
            kept["fact", line.split(" key ")[1].split()[0]] = line
        elif line.startswith("probe "):
            kept["probe", line.split(" name ")[1].split()[0]] = line
    if gap is not None:
        kept = {key: re.sub(r" time [0-9.]+", f" time {end}", line) for key, line in kept.items()}
    second = list(kept.values()) + [f"phase time {end} state attaching", f"phase time {begin} state recording"]
    second += [line for line in first if line.startswith("clock ")][-4:]
    if gap is None:
        second.append(f"fact time {end} key continues value {int(Decimal(end) * 10**9)}")
    second.append(f"mark {begin}")
    return first + [f"end time {end} events {events} lost 0", f"mark {end}"], second, rest, float(begin)


def translate(lines, described, restarted, begin):
    """The lines of the second file: events with new ids, and before them the tasks and stacks which they need."""
    tasks, stacks, files, told, drop, out = {}, {}, {}, set(), False, []
    for line in lines:
        name = line.split()[0]
        if name in ("task", "stack", "process"):
            described.setdefault((name, line.split()[2]), []).append(line)
            continue
        if name != "op":
            drop = restarted and begin >= (number(line, "out") or number(line, "mono") or number(line, "time") or
                                           (float(line.split()[1]) if name == "mark" else 0))
        if drop:
            continue
        if name in EVENTS:
            for kind, ids in (("task", tasks), ("stack", stacks)):
                line = replace(line, kind, ids, lambda n: 1000 - n)
                for old in set(ids) - {key for key_kind, key in told if key_kind == kind}:
                    told.add((kind, old))
                    for what in (kind, "process"):
                        for text in described.get((what, old), []) if kind == "task" or what == kind else []:
                            out.append(re.sub(r" id \d+", f" id {ids[old]}", text, count=1))
            if restarted:
                line = replace(line, "file", files, lambda n: n + 1)
        out.append(line)
    return out


def main():
    at, gap, paths = float(sys.argv[1]), sys.argv[2], sys.argv[3:5]
    gap = None if gap == "none" else float(gap)
    lines = sys.stdin.read().splitlines()[1:]
    if BOOT not in lines:
        lines.insert(1, BOOT)
    first, second, rest, begin = split(lines, at, gap)
    described = {}
    for line in first:
        if line.split()[0] in ("task", "stack", "process"):
            described.setdefault((line.split()[0], line.split()[2]), []).append(line)
    second += translate(rest, described, gap is not None, begin)
    if "--other-boot" in sys.argv:
        second = [line.replace("11111111", "99999999") for line in second]
    for path, text in zip(paths, (first, second)):
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(["grantwatch-capture 1"] + text) + "\n")


main()
