#!/usr/bin/env python3
"""Runs std's own tests of `Arc`, `Weak` and `UniqueArc` on this crate.

They come from the standard library's source in Debian's package `rust-web-src`. Only their imports
are changed (PATCHES). Tests that cannot run are skipped by name (EXCLUDED).
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = "rust-web-src"
TESTS_IN_STD = 57

# For each file: the text, its replacement, and how often the text occurs.
PATCHES = {
    "arc": [
        ("use std::sync::{Arc, UniqueArc, Weak};", "use proven_arc::{Arc, UniqueArc, Weak};", 1),
        ("use alloc::sync::Arc;", "use proven_arc::Arc;", 1),
        ("use alloc::sync::{Arc, UniqueArc};", "use proven_arc::{Arc, UniqueArc};", 1),
        ("type Rc<T, A = std::alloc::Global> = Arc<T, A>;", "type Rc<T> = Arc<T>;", 1),
    ],
    "sync": [("use alloc::sync::*;", "use proven_arc::*;", 1)],
}

EXCLUDED = {
    "arc::panic_no_leak": "needs the allocator parameter, which `Arc` does not have",
    "sync::arc_doesnt_leak_allocator": "tests the allocator parameter, which `Arc` does not have",
    "sync::arc_drop_dereferenceable_race": "std compiles it only for Miri, which detects the race",
}

# Nightly features that the tests themselves use.
HEADER = """\
#![feature(allocator_api, trusted_len)]
#![allow(unused_imports, dead_code)]
mod arc;
mod sync;
"""

MANIFEST = """\
[package]
name = "std-tests"
version = "0.0.0"
edition = "2024"

[dependencies]
proven-arc = {{ path = "{root}", features = ["nightly"] }}

[workspace]
"""

# A test, from the comments and attributes in front of it to its closing brace.
ABOVE = r"(?:(?:#|//)[^\n]*\n)*"
TEST = re.compile(rf"^{ABOVE}#\[test\]\n{ABOVE}fn (\w+)\(.*?^}}\n", re.MULTILINE | re.DOTALL)


def fail(message):
    sys.exit(f"std-tests: {message}")


def installed_files():
    listing = subprocess.run(["dpkg", "-L", PACKAGE], capture_output=True, text=True)
    return listing.stdout.splitlines() if listing.returncode == 0 else []


def find_sources():
    """Returns the paths of std's test files, by module name."""
    if not installed_files():
        subprocess.run(["apt-get", "install", "-y", PACKAGE], check=True)
    paths = {
        module: [p for p in installed_files() if p.endswith(f"alloctests/tests/{module}.rs")]
        for module in PATCHES
    }
    for module, found in paths.items():
        if len(found) != 1:
            fail(f"{PACKAGE} has {len(found)} files alloctests/tests/{module}.rs, not one")
    return {module: Path(found[0]) for module, found in paths.items()}


def patch(module, source):
    """Returns the source for this crate, and the names of all of std's tests in it."""
    for old, new, times in PATCHES[module]:
        if source.count(old) != times:
            fail(f"{module}.rs contains {source.count(old)} times, not {times} times: {old}")
        source = source.replace(old, new)
    names = [f"{module}::{name}" for name in TEST.findall(source)]
    if len(names) != len(re.findall(r"#\[test\]", source)):
        fail(f"{module}.rs has a test that this script does not recognise")

    def unless_excluded(test):
        return "" if f"{module}::{test[1]}" in EXCLUDED else test[0]

    return TEST.sub(unless_excluded, source), names


def run(crate):
    """Returns the results of the tests, by name, and whether cargo succeeded."""
    command = ["cargo", "+nightly", "test", "--test", "std"]
    results = {}
    with subprocess.Popen(command, cwd=crate, stdout=subprocess.PIPE, text=True) as cargo:
        for line in cargo.stdout:
            print(line, end="", flush=True)
            if found := re.match(r"test (\S+)(?: - should panic)? \.\.\. (.*)", line):
                results[found[1]] = found[2]
    return results, cargo.returncode == 0


def main():
    root = Path(__file__).resolve().parent.parent
    crate = root / "target" / "std-tests"
    tests = crate / "tests" / "std"
    shutil.rmtree(tests, ignore_errors=True)
    tests.mkdir(parents=True)
    (crate / "Cargo.toml").write_text(MANIFEST.format(root=root))
    (tests / "main.rs").write_text(HEADER)

    every = []
    for module, path in find_sources().items():
        source, names = patch(module, path.read_text())
        (tests / f"{module}.rs").write_text(source)
        every += names

    if gone := EXCLUDED.keys() - set(every):
        fail(f"excluded, but not in std: {', '.join(sorted(gone))}")
    if len(every) < TESTS_IN_STD:
        fail(f"only {len(every)} tests found, of at least {TESTS_IN_STD}")

    results, succeeded = run(crate)
    passed = [name for name in every if results.get(name) == "ok"]
    bad = [name for name in every if name not in passed and name not in EXCLUDED]

    print(f"{len(passed)} of {len(every)} of std's tests pass. Excluded:")
    for name, reason in EXCLUDED.items():
        print(f"  {name}: {reason}")
    if bad:
        fail("\n".join(f"{name}: {results.get(name, 'did not run')}" for name in bad))
    if not succeeded:
        fail("cargo failed")


if __name__ == "__main__":
    main()
