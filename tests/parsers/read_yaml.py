"""Reads YAML files with PyYAML and with ruamel.yaml, and prints each as a line of JSON: file, document.

Exit status 1 when a file cannot be read or when the two see different documents; 2 for wrong usage.

    pip install PyYAML ruamel.yaml
    python read_yaml.py FILE...
"""

import json
import sys

import yaml
from ruamel.yaml import YAML


def main(paths):
    if not paths:
        print("usage: read_yaml.py FILE...", file=sys.stderr)
        return 2
    status = 0
    for path in paths:
        try:
            with open(path, encoding="utf-8") as text:
                first = yaml.safe_load(text)
            with open(path, encoding="utf-8") as text:
                second = YAML(typ="safe", pure=True).load(text)
        except Exception as error:  # each parser has errors of its own
            # Their messages quote lines, and lines hold secrets.
            print(f"{path}: {type(error).__name__}", file=sys.stderr)
            status = 1
            continue
        if first != second:
            print(f"{path}: the parsers disagree", file=sys.stderr)
            status = 1
        print(json.dumps({"file": path, "document": first}))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
