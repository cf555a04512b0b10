#!/usr/bin/env python3
"""Validates a knowledge base with known violations: what was seeded must be exactly what is found.

    tools/generate.py 1000 --violations 500 --out DIR    seeds them, and says which in DIR/seeded.json
    tools/violations.py DIR                              finds them, as the build does, chunk by chunk

What is seeded are copies of the wrong examples of the shapes (`tests/cases/shapes/*/invalid`), which together break
every constraint that data can break.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.shape_cases import compare


def main() -> int:
    """Compare, and print it."""
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/violations.py DIR")
    compared = compare(Path(sys.argv[1]).absolute())
    for line in compared.differences:
        print(line)
    print(
        f"{compared.seeded.total()} violations of {len(compared.seeded)} kinds seeded, {compared.found.total()} found"
    )
    return 1 if compared.differences else 0


if __name__ == "__main__":
    sys.exit(main())
