"""What the README tells to run against a running server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import Server

pytestmark = pytest.mark.live

ADDRESS = "http://127.0.0.1:8000/"


def examples(root: Path, language: str) -> list[str]:
    """Blocks of the README that ask the server, in one language."""
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", (root / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return [text for text in found if f"{ADDRESS}sparql" in text]


def test_the_curl_example_counts_the_items(server: Server, root: Path) -> None:
    (text,) = examples(root, "sh")
    script = text.replace(ADDRESS, server.url)
    told = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, timeout=30)
    assert told.stdout.split() == ["items", "498"]


def test_the_python_example_prints_items_by_year(server: Server, root: Path) -> None:
    (text,) = examples(root, "python")
    script = text.replace(ADDRESS, server.url)
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    rows = [line.split() for line in told.stdout.splitlines()]
    assert sum(int(count) for _, count in rows) == 302
    assert all(re.fullmatch(r"\d{4}", year) for year, _ in rows)
