"""Tries every fault of tests/faults at many random points, and puts what was counted into docs/reliability.md.

make faults                              50 points of each, by the seed of the day this was written
tools/faults.py --points 5 --seed 7      fewer, others
tools/faults.py --figures F --only disk  a part; figures of several parts come together in the file F
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
_TOLD = {
    "requests": "{} requests meanwhile",
    "failed": "{} failed",
    "refused": "{} times refused",
    "switched": "{} had come to its end",
    "files": "in {} different files",
    "slowest_s": "the slowest {} s",
}


def table(lines: list[str]) -> str:
    """The figures as Markdown."""
    told = ["| fault | tried | counted |", "|---|---|---|"]
    rows = {row["fault"]: row for row in map(json.loads, lines)}  # the last of each
    for _, row in sorted(rows.items()):
        counted = [text.format(f"{row[key]:,}") for key, text in _TOLD.items() if key in row]
        told.append(f"| {row['fault']} | {row['points']:,} | {', '.join(counted)} |")
    return "\n".join(told)


def main() -> int:
    """Run the tests; write the page when all of them pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--only", default="", help="names of tests, as pytest takes them with -k")
    parser.add_argument("--figures", type=Path, help="file that keeps the figures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kggraph-faults-") as folder:
        figures = (given.figures or Path(folder) / "figures.jsonl").absolute()
        env = {
            **os.environ,
            "KGGRAPH_TEST_POINTS": str(given.points),
            "KGGRAPH_TEST_SEED": str(given.seed),
            "KGGRAPH_TEST_FIGURES": str(figures),
        }
        began = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/faults", "--durations=10", "-k", given.only],
            cwd=ROOT,
            env=env,
            check=False,
        ).returncode
        took = time.monotonic() - began
        text = table(figures.read_text("utf-8").splitlines()) if figures.is_file() else ""
    parts = "in parts" if given.only else f"{took / 60:.0f} minutes"
    head = f"{given.points} random points of each, seed {given.seed}; {parts}.\n\n"
    print(head + text)
    if code == 0:
        page = PAGE.read_text("utf-8")
        pattern = r"(<!-- faults -->\n).*?(<!-- end of faults -->)"
        page = re.sub(pattern, lambda found: f"{found[1]}{head}{text}\n{found[2]}", page, flags=re.DOTALL)
        PAGE.write_text(page, "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
