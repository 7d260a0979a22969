#!/usr/bin/env python3
"""Reads traces in Perfetto's format, with its own table of the fields which grantwatch writes. Errors are other fields, other types, too
long numbers, and text which is not UTF-8. Tests import Trace and check().

usage: perfetto.py text FILE     prints one packet a line
       perfetto.py check FILE    fails if tracks, slices or flows are inconsistent
"""
import sys

UINT, FIXED64, STRING = "uint", "fixed64", "string"
ANNOTATION = {2: ("bool_value", UINT), 3: ("uint_value", UINT), 6: ("string_value", STRING), 10: ("name", STRING)}
ANNOTATION[11] = ("dict_entries", ANNOTATION)
TRACK_EVENT = {4: ("debug_annotations", ANNOTATION), 9: ("type", UINT), 11: ("track_uuid", UINT), 22: ("categories", STRING),
               23: ("name", STRING), 47: ("flow_ids", FIXED64)}
TRACK_DESCRIPTOR = {1: ("uuid", UINT), 2: ("name", STRING), 5: ("parent_uuid", UINT), 11: ("child_ordering", UINT),
                    12: ("sibling_order_rank", UINT), 15: ("sibling_merge_behavior", UINT)}
PACKET = {8: ("timestamp", UINT), 10: ("trusted_packet_sequence_id", UINT), 11: ("track_event", TRACK_EVENT),
          13: ("sequence_flags", UINT), 60: ("track_descriptor", TRACK_DESCRIPTOR), 87: ("first_packet_on_sequence", UINT)}
REPEATED = {"debug_annotations", "dict_entries", "categories", "flow_ids"}
BEGIN, END = 1, 2
STATE_CLEARED = 1
MERGED = 1


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            assert (byte or shift == 7) and value < 1 << 64, f"number at {at}"
            return value, at


def fields(data, types):
    """The fields of a message, (name, value), in order."""
    at, seen = 0, set()
    while at < len(data):
        tag, at = varint(data, at)
        name, kind = types[tag >> 3]
        assert tag & 7 == {UINT: 0, FIXED64: 1}.get(kind if isinstance(kind, str) else None, 2), f"type of {name}"
        assert name in REPEATED or name not in seen, f"{name} twice"
        seen.add(name)
        if kind == UINT:
            value, at = varint(data, at)
        else:
            size, at = (8, at) if kind == FIXED64 else varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, f"{name} is cut short"
            if kind == FIXED64:
                value = int.from_bytes(value, "little")
            else:
                value = value.decode("utf-8") if kind == STRING else list(fields(value, kind))
        yield name, value


def packets(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        assert tag == 1 << 3 | 2, f"no packet at {at}"
        size, at = varint(data, at)
        assert at + size <= len(data), "the last packet is cut short"
        yield list(fields(data[at:at + size], PACKET))
        at += size


def annotation(members):
    name, *rest = members
    entries = [annotation(value) for key, value in rest if key == "dict_entries"]
    assert name[0] == "name" and (len(entries) == len(rest) or len(rest) == 1), members
    return name[1], dict(entries) if entries else rest[0][1]


class Event:
    def __init__(self, ns, members):
        self.ns, self.args, self.flows = ns, {}, []
        self.name = self.category = None
        for name, value in members:
            if name == "debug_annotations":
                key, value = annotation(value)
                assert key not in self.args, f"{key} twice"
                self.args[key] = value
            elif name == "categories":
                self.category = value
            elif name == "flow_ids":
                self.flows.append(value)
            else:
                setattr(self, name, value)

    def __repr__(self):
        return repr(vars(self))


class Trace:
    """Tracks by uuid; slices in order of time, with .end (None: open) and .parent; the slices of each flow by its number."""
    def __init__(self, path):
        with open(path, "rb") as file:
            read = list(packets(file.read()))
        self.tracks, self.slices, self.flows, events = {}, [], {}, []
        assert ("sequence_flags", STATE_CLEARED) in read[0], "the first packet does not begin the sequence"
        for packet in map(dict, read):
            assert packet["trusted_packet_sequence_id"] == 1, packet
            if "track_descriptor" in packet:
                self.add_track(dict(packet["track_descriptor"]))
            elif "track_event" in packet:
                event = Event(packet["timestamp"], packet["track_event"])
                assert event.track_uuid in self.tracks, f"an event before its track: {event}"
                events.append(event)
        self.nest(sorted(events, key=lambda event: event.ns))

    def add_track(self, track):
        assert track["uuid"] and track["uuid"] < 1 << 63 and track["uuid"] not in self.tracks, f"uuid: {track}"
        assert track["name"] and ("parent_uuid" not in track or track["parent_uuid"] in self.tracks), f"parent: {track}"
        self.tracks[track["uuid"]] = track

    def nest(self, events):
        stacks = {uuid: [] for uuid in self.tracks}
        for event in events:
            stack = stacks[event.track_uuid]
            if event.type == END:
                assert stack and event.name is None and not event.flows, event
                stack.pop().end = event.ns
                continue
            assert event.type == BEGIN and event.name and event.category, event
            event.parent, event.end = stack[-1] if stack else None, None
            stack.append(event)
            self.slices.append(event)
            for number in event.flows:
                self.flows.setdefault(number, []).append(event)

    def path(self, event):
        """Names of its track and of the tracks above, from the top."""
        names, track = [], self.tracks[event.track_uuid]
        while track:
            names.insert(0, track["name"])
            track = self.tracks.get(track.get("parent_uuid"))
        return "/".join(names)


def check(trace):
    for event in trace.slices:
        assert event.end is not None or event.category == "generation", f"a slice without an end: {event}"
        # Calls of one actor that overlap have tracks of their own. Beyond the limit only their ends are shown.
        assert event.parent is None or event.end == event.ns and event.parent.parent is None, event
    named = set()
    for track in trace.tracks.values():
        parent = trace.tracks.get(track.get("parent_uuid"), {}).get("name")
        # Two findings may have one title.
        if track["sibling_merge_behavior"] != MERGED and parent != "findings":
            name = track.get("parent_uuid"), track["name"]
            assert name not in named, f"two tracks have one name: {track}"
            named.add(name)


def text(members):
    def one(name, value):
        if isinstance(value, list):
            return f"{name} {{ {text(value)} }}"
        if isinstance(value, str):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{name}: {value}"
    return " ".join(one(*member) for member in members)


def main():
    command, path = sys.argv[1:]
    if command == "check":
        check(Trace(path))
        return
    with open(path, "rb") as file:
        for packet in packets(file.read()):
            print(text(packet))


if __name__ == "__main__":
    main()
