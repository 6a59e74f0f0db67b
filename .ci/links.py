#!/usr/bin/env python3
"""Checks the relative links of every Markdown file.

Each has to lead to a file of the repository. A link in a file of the package has to lead to a file
of the package. A `#heading` or a line `#L1` has to exist in that file.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?:\]\(|^\[[^\]]+\]: |(?:src|srcset)=\")(?!\w+:|<)([^)\s\"]+)", re.MULTILINE)


def lines_of(*command):
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return output.splitlines()


def headings(text):
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def wrong_links(file, package):
    text = re.sub(r"^```.*?^```", "", (ROOT / file).read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in LINK.findall(text):
        path, _, heading = link.partition("#")
        target = (ROOT / file).parent.joinpath(path).resolve() if path else ROOT / file
        if not target.is_relative_to(ROOT) or not target.exists():
            yield f"{file}: {link}: no such file"
            continue
        name = str(target.relative_to(ROOT))
        if file in package and not any(f"{inside}/".startswith(f"{name}/") for inside in package):
            yield f"{file}: {link}: not in the package"
        lines = re.findall(r"L(\d+)", heading) if target.suffix != ".md" else []
        if lines and max(map(int, lines)) <= len(target.read_text().splitlines()):
            continue
        if heading and heading not in headings(target.read_text()):
            yield f"{file}: {link}: no such heading"


places = [place for place in ROOT.iterdir() if place.name not in {".git", "target"}]
found = [file for place in places for file in [place, *place.rglob("*.md")] if file.suffix == ".md"]
names = [str(file.relative_to(ROOT)) for file in found if "target" not in file.parts]
# `cargo proofs links` checks the links of the documentation.
files = sorted(name for name in names if not name.startswith("src/docs/proofs/links/"))
package = set(lines_of("cargo", "package", "-p", "proven-arc", "--list", "--allow-dirty"))
wrong = [line for file in files for line in wrong_links(file, package)]
print("\n".join(wrong) or f"all links of {len(files)} files lead somewhere")
sys.exit(bool(wrong))
