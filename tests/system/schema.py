# Checks JSON output against the schema, and the schema against the code and the docs. TAP.
# usage: schema.py SCHEMA CLASSES.H JSON-SCHEMA.MD NDJSON...
import copy
import json
import re
import sys

import jsonschema

schema_path, classes_path, docs_path, *outputs = sys.argv[1:]
schema = json.load(open(schema_path))
count = failed = 0


def result(name, errors):
    global count, failed
    count += 1
    failed += bool(errors)
    print(f"{'not ok' if errors else 'ok'} {count} - {name}")
    for error in errors[:10]:
        print("# " + str(error).replace("\n", " ")[:400])


def strict(node):
    """Refuses keys which the schema does not have. Users of the schema must accept them, because versions may add keys."""
    if isinstance(node, dict):
        if "properties" in node and "required" in node:
            node.setdefault("additionalProperties", False)
        for value in node.values():
            strict(value)
    elif isinstance(node, list):
        for value in node:
            strict(value)
    return node


def keys(node, found):
    """The keys of all objects in the schema."""
    if isinstance(node, dict):
        found.update(node.get("properties", {}))
        for value in node.values():
            keys(value, found)
    elif isinstance(node, list):
        for value in node:
            keys(value, found)
    return found


def validate(line, definitions):
    """Uses the definition of the line's type, because errors of 'oneOf' do not name the fault."""
    kind = line.get("type")
    if kind not in definitions:
        return [f"type {kind!r} is not in the schema"]
    validator = jsonschema.Draft7Validator({"$ref": f"#/definitions/{kind}", "definitions": definitions})
    return [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator.iter_errors(line)]


jsonschema.Draft7Validator.check_schema(schema)
definitions = strict(copy.deepcopy(schema["definitions"]))
seen, types = set(), set()


def note(node):
    if isinstance(node, dict):
        seen.update(node)
        for value in node.values():
            note(value)
    elif isinstance(node, list):
        for value in node:
            note(value)


# Types of lines which may be last. Lists of these have no summary.
tables = ("table", "use", "process", "backend", "zombie", "holding", "record", "record-kind", "trace-summary", "repro", "verb")
for path in outputs:
    lines = [json.loads(line) for line in open(path)]
    errors = [] if lines else ["no line was printed"]
    for line in lines:
        errors += validate(line, definitions)
        types.add(line.get("type"))
        note(line)
    if not lines or lines[-1].get("type") not in ("summary", "doctor", "rates", "comparison", "events", *tables):
        errors.append("the last line is neither a summary nor of a list")
    result("/".join(path.split("/")[-2:]) + " is valid", errors)

code = re.findall(r'X\([A-Z_]+, "([a-z-]+)"', open(classes_path).read())
result("the schema's classes are those of user/rules/classes.h", sorted(set(code) ^ set(schema["definitions"]["class"]["enum"])))
result("every type of line was printed", sorted({r["$ref"].split("/")[-1] for r in schema["oneOf"]} - types))
known = keys(schema, set())
# Keys which no run of this test prints: a qube's name and system, a domain without probes, keys of live maps and probes.
rare = {"name", "os", "kernel_build", "xen_build", "kernel_from", "first_ns", "last_ns", "lag_ms", "subject", "maps_per_second", "more_blind"}
result("every key of the schema was printed", sorted(known - seen - rare))
text = open(docs_path).read()
result("docs/json-schema.md has every key", sorted(k for k in known if not re.search(rf"\b{k}\b", text)))
broken = json.loads(open(outputs[-1]).readline())
broken["certainty"] = "sure"
result("a line with a wrong certainty is refused", [] if validate(broken, definitions) else ["it was accepted"])
print(f"1..{count}")
sys.exit(failed != 0)
