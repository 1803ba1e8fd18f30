"""Reads .env files with python-dotenv and prints each as a line of JSON: file, values.

    pip install python-dotenv
    python dotenv_load.py FILE...
"""

import json
import sys

from dotenv import dotenv_values


def main(paths):
    if not paths:
        print("usage: dotenv_load.py FILE...", file=sys.stderr)
        return 2
    for path in paths:
        print(json.dumps({"file": path, "values": dotenv_values(path, encoding="utf-8")}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
