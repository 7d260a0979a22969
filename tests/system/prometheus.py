#!/usr/bin/env python3
"""Runs Debian's Prometheus and node exporter with the project's rules, and checks which alerts fire for a metrics file.

usage: prometheus.py METRICS RULES WANTED...   Exits with 0 if exactly the alerts WANTED fire, 1 if others do, 77 if a program is
missing. Alerts which fire only after a waiting time are not tested.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

LIMIT = 60  # seconds


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def query(port, text):
    data = fetch("http://127.0.0.1:%d/api/v1/query?query=%s" % (port, urllib.parse.quote(text)))
    return data["result"] if data else []


def firing(port):
    """The alerts which fire. Waits until the metrics were scraped and the rules evaluated."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if query(port, "grantwatch_findings"):
            break
        time.sleep(0.2)
    else:
        sys.exit("no grantwatch_findings in Prometheus after %d s" % LIMIT)
    time.sleep(3)  # three evaluations of the rules
    alerts = fetch("http://127.0.0.1:%d/api/v1/alerts" % port)["alerts"]
    return sorted({a["labels"]["alertname"] for a in alerts if a["state"] == "firing"})


def main():
    metrics, rules, wanted = sys.argv[1], sys.argv[2], sorted(sys.argv[3:])
    for program in ("prometheus", "prometheus-node-exporter"):
        if not shutil.which(program):
            print("no %s: run scripts/setup" % program)
            return 77
    children = []
    with tempfile.TemporaryDirectory() as directory:
        textfiles = os.path.join(directory, "textfiles")
        os.mkdir(textfiles)
        shutil.copy(metrics, os.path.join(textfiles, "grantwatch.prom"))
        exporter, port = free_port(), free_port()
        with open(os.path.join(directory, "prometheus.yml"), "w") as config:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                       "rule_files": [os.path.abspath(rules)],
                       "scrape_configs": [{"job_name": "node", "static_configs":
                                           [{"targets": ["127.0.0.1:%d" % exporter]}]}]}, config)
        try:
            with open(os.path.join(directory, "log"), "w") as log:
                children.append(subprocess.Popen(
                    ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                     "--collector.textfile.directory=" + textfiles,
                     "--web.listen-address=127.0.0.1:%d" % exporter], stdout=log, stderr=log))
                children.append(subprocess.Popen(
                    ["prometheus", "--config.file=" + os.path.join(directory, "prometheus.yml"),
                     "--storage.tsdb.path=" + os.path.join(directory, "data"),
                     "--web.listen-address=127.0.0.1:%d" % port], stdout=log, stderr=log))
            got = firing(port)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
    print("firing: %s, wanted: %s" % (" ".join(got) or "nothing", " ".join(wanted) or "nothing"))
    return got != wanted


sys.exit(main())
