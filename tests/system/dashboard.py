#!/usr/bin/env python3
"""Checks the alert rules and the dashboard against a metrics file. Each of their metrics must be in the file, each panel must
query the chosen data source for the chosen instances, and Prometheus must be able to parse each query.

usage: dashboard.py METRICS DIRECTORY
"""
import json
import os
import re
import subprocess
import sys
import tempfile

NAME = re.compile(r"grantwatch_[a-z_]+")


def queries(dashboard):
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel, target["expr"]


def main():
    metrics, directory = sys.argv[1:]
    written = set(re.findall(r"^(grantwatch_[a-z_]+)[ {]", open(metrics).read(), re.M))
    dashboard = json.load(open(os.path.join(directory, "dashboard.json")))
    rules = open(os.path.join(directory, "grantwatch.rules.yml")).read()
    named = set(NAME.findall("".join(re.findall(r"expr: [^a].*|^ {10}.*", rules, re.M))))
    errors = []
    for panel, query in queries(dashboard):
        named |= set(NAME.findall(query))
        if panel["datasource"]["uid"] != "${datasource}":
            errors.append("%s: does not query the chosen data source" % panel["title"])
        if query.count('instance=~"$instance"') != len(NAME.findall(query)):
            errors.append("%s: a query is not limited to the chosen instances" % panel["title"])
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    if variables != {"datasource", "instance"}:
        errors.append("variables: %s" % variables)
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) != len(ids):
        errors.append("two panels have the same id")
    errors += ["%s is not in the metrics file" % name for name in sorted(named - written)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as test:
        json.dump({"groups": [{"name": "dashboard", "rules": [{"record": "query:%d" % number, "expr": query} for number, (_, query)
                                                              in enumerate(queries(dashboard))]}]}, test)
        test.flush()
        checked = subprocess.run(["promtool", "check", "rules", test.name], capture_output=True, text=True)
        if checked.returncode:
            errors.append(checked.stderr)
    print("\n".join(errors) or "%d metrics" % len(named))
    return bool(errors) or len(named) < 8


sys.exit(main())
