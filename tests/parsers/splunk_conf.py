"""Reads Splunk .conf files with Splunk's own parser class, and with ksconf where it is installed.

Prints every entry as a line of JSON: file, stanza, key, value. Exit status 1 when a file cannot be parsed, or when
the two parsers see different values; 2 for wrong usage.

    pip install addonfactory-splunk-conf-parser-lib kintyre-splunk-conf
    python splunk_conf.py [--both] FILE...

With --both the second parser must be there.
"""

import json
import sys

from addonfactory_splunk_conf_parser_lib import TABConfigParser

try:
    from ksconf.conf.parser import PARSECONF_STRICT_NC, parse_conf
except ImportError:  # the second opinion is optional
    parse_conf = None


def read_with_splunk(path):
    parser = TABConfigParser()
    with open(path, encoding="utf-8") as lines:
        parser.read_file(lines)
    return parser.item_dict()


def read_with_ksconf(path):
    with open(path, encoding="utf-8") as lines:
        return {name: dict(entries) for name, entries in parse_conf(lines, PARSECONF_STRICT_NC).items() if entries}


def main(paths):
    if paths[:1] == ["--both"]:
        paths = paths[1:]
        if not parse_conf:
            print("ksconf is not installed", file=sys.stderr)
            return 2
    if not paths:
        print("usage: splunk_conf.py [--both] FILE...", file=sys.stderr)
        return 2
    status = 0
    for path in paths:
        try:
            stanzas = read_with_splunk(path)
            second = read_with_ksconf(path) if parse_conf else stanzas
        except Exception as error:  # each parser has errors of its own
            # Their messages quote lines, and lines hold secrets.
            print(f"{path}: {type(error).__name__}", file=sys.stderr)
            status = 1
            continue
        for stanza, entries in stanzas.items():
            for key, value in entries.items():
                print(json.dumps({"file": path, "stanza": stanza, "key": key, "value": value}))
                if second.get(stanza, {}).get(key) != value:
                    print(f"{path}: [{stanza}] {key}: the parsers disagree", file=sys.stderr)
                    status = 1
        if {name: set(entries) for name, entries in stanzas.items()} != {
            name: set(entries) for name, entries in second.items()
        }:
            print(f"{path}: the parsers see different keys", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
