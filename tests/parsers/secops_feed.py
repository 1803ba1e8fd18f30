"""Reads feeds with Google's own types, which refuse unknown fields, and prints each as a line of JSON: file, feed.

    pip install google-cloud-chronicle
    python secops_feed.py FILE...
"""

import json
import sys

from google.cloud.chronicle_v1 import Feed


def main(paths):
    if not paths:
        print("usage: secops_feed.py FILE...", file=sys.stderr)
        return 2
    for path in paths:
        with open(path, encoding="utf-8") as text:
            feed = Feed.from_json(text.read())
        print(json.dumps({"file": path, "feed": Feed.to_dict(feed, use_integers_for_enums=False)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
