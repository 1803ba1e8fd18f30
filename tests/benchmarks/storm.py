#!/usr/bin/env python3
"""Pulls every source with both grants through rough weather, and counts: each alert must arrive exactly once.

    tests/benchmarks/storm.py [--msspctl BINARY] [--browser BINARY] [--alerts 250000] [--source ID]...

Throttling, failures, cut answers, tokens that wear out after three answers, and 2,500 alerts of one instant: the practice
tenant's `rough-weather`, `tokens-wear-out` and `same-timestamp`. It prints a row of a table for each, and ends with 1 when
one of them is not exact.
"""

import argparse
import json
import os
import sys
import tempfile

from pull import Customer, start

SOURCES = {
    "graph-alerts": "id",
    "graph-incidents": "id",
    "defender-alerts": "id",
    "xdr-incidents": "alertId",
    "siem-detections": "AlertId",
}
GRANTS = ["app-only", "refresh-token"]
WEATHER = ["rough-weather", "tokens-wear-out", "same-timestamp"]
HEADING = ["source", "grant", "arrived", "exactly once", "seconds", "MiB", "requests", "repeats left out", "most memory"]


def storm(given, source, grant):
    with tempfile.TemporaryDirectory() as folder:
        tenant, line, told = start(given.msspctl, given.alerts, WEATHER)
        try:
            customer = Customer(given.msspctl, given.browser, folder, line, told, source, grant)
            output = os.path.join(folder, "alerts.ndjson")
            seconds, _, memory, said = customer.pull(output)
            summary, ids, lines = json.loads(said), set(), 0
            with open(output, "rb") as file:
                for alert in file:
                    ids.add(json.loads(alert)[SOURCES[source]])
                    lines += 1
        finally:
            tenant.stdin.close()
            tenant.wait()
    exact = lines == len(ids) == given.alerts == summary["alerts"]
    size = round(summary["bytes"] / 2**20)
    figures = [lines, "yes" if exact else "NO", round(seconds, 1), size, summary["requests"], summary["repeats"]]
    return exact, [source, grant, *figures, f"{memory:.0f} MiB"]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--msspctl", default="target/release/msspctl")
    options.add_argument("--browser", default="target/debug/scripted-browser")
    options.add_argument("--alerts", type=int, default=250_000)
    options.add_argument("--source", action="append", choices=SOURCES)
    given = options.parse_args()
    given.msspctl, given.browser = os.path.abspath(given.msspctl), os.path.abspath(given.browser)
    every = True
    for cells in (HEADING, ["---"] * len(HEADING)):
        print("| " + " | ".join(cells) + " |", flush=True)
    for source in given.source or SOURCES:
        for grant in GRANTS:
            exact, row = storm(given, source, grant)
            every &= exact
            print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
    sys.exit(0 if every else 1)


if __name__ == "__main__":
    main()
