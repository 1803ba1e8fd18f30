#!/usr/bin/env python3
"""Reads a CSV file of alerts as any Python program would, and judges it as a spreadsheet would take it.

    read_csv.py FILE.csv [ALERTS.ndjson]

With the alerts as they came, every title must be in its row: unharmed, with an apostrophe before what would run as a
formula, and control characters as their pictures. Prints what it saw as JSON; a fault ends it with a message.
"""

import csv
import json
import sys
import unicodedata

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"


def invisible(letter):
    return letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf", "Mn") or "\u2400" <= letter <= "\u2421"


def runs(cell):
    """Whether a spreadsheet may take a cell for a formula."""
    first = next((letter for letter in cell if not invisible(letter)), "")
    return cell[:1] in ("\t", "\r", "\n") or (first != "" and first in FORMULA)


def pictured(text):
    """Control characters as their pictures; tabs and line breaks stay."""
    out = []
    for letter in text:
        code = ord(letter)
        if letter in "\t\r\n" or unicodedata.category(letter) != "Cc":
            out.append(letter)
        else:
            out.append(chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd")
    return "".join(out)


def main():
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        heading, *rows = csv.reader(file)
    widths = {len(row) for row in [heading, *rows]}
    if len(widths) != 1:
        sys.exit(f"rows of different widths: {sorted(widths)}")
    for row in rows:
        for cell in row:
            if runs(cell):
                sys.exit(f"a cell that would run: {cell!r}")
            if any(unicodedata.category(letter) == "Cc" and letter not in "\t\r\n" for letter in cell):
                sys.exit(f"a control character: {cell!r}")
    seen = {"rows": len(rows), "width": len(heading), "disarmed": 0, "pictures": 0}
    if len(sys.argv) > 2:
        column = next(at for at, name in enumerate(heading) if name in ("title", "AlertTitle"))
        with open(sys.argv[2], "rb") as file:
            titles = [json.loads(line)["AlertTitle"] for line in file]
        if len(titles) != len(rows):
            sys.exit(f"{len(titles)} alerts, {len(rows)} rows")
        for title, row in zip(titles, rows):
            expected = pictured(title)
            seen["pictures"] += expected != title
            if runs(expected):
                seen["disarmed"] += 1
                expected = "'" + expected
            if row[column] != expected:
                sys.exit(f"harmed: {title!r} became {row[column]!r}")
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
