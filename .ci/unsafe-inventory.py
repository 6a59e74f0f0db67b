#!/usr/bin/env python3
"""Compares the table of unsafe code in .github/SECURITY.md with the code.

The table has the number of unsafe blocks, functions and impls of every file. Prints the
differences. With --print, prints the numbers of the code.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = {"blocks": r"\bunsafe\s*\{", "functions": r"\bunsafe\s+(?:extern\b[^{;]*?)?fn\b",
         "impls": r"\bunsafe\s+(?:impl|trait)\b"}


def in_code():
    counts = {}
    for file in sorted((ROOT / "src").rglob("*.rs")):
        code = re.sub(r"//[^\n]*", "", file.read_text())
        count = tuple(len(re.findall(kind, code)) for kind in KINDS.values())
        if any(count):
            counts[str(file.relative_to(ROOT))] = count
        # Every `unsafe` has to be of a kind that is counted here.
        if len(re.findall(r"\bunsafe\b", code)) != sum(count):
            sys.exit(f"unsafe-inventory: {file}: an `unsafe` that is not a block, function or impl")
    return counts


def in_table():
    rows = re.findall(r"^\| `(src/\S+)` \| (\d+) \| (\d+) \| (\d+) \|",
                      (ROOT / ".github/SECURITY.md").read_text(), re.MULTILINE)
    return {file: tuple(map(int, count)) for file, *count in rows}


code = in_code()
if "--print" in sys.argv:
    for file, count in code.items():
        print(f"| `{file}` | {' | '.join(map(str, count))} |")
    sys.exit()
table = in_table()
wrong = [f"{file}: {code.get(file)} in the code, {table.get(file)} in .github/SECURITY.md"
         for file in sorted(code.keys() | table.keys()) if code.get(file) != table.get(file)]
total = [sum(column) for column in zip(*code.values())]
print("\n".join(wrong) or f"{len(code)} files, " + ", ".join(
    f"{count} {kind}" for count, kind in zip(total, KINDS)) + ": as in .github/SECURITY.md")
sys.exit(bool(wrong))
