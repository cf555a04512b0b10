"""The tutorial is true: its blocks run, in their order, against the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kggraph.config import Settings
from tests.live.conftest import Server, environment, started

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def served(root: Path, main_settings: Settings) -> Iterator[Server]:
    """The main knowledge base, served."""
    with started(root=root, env=environment(KGGRAPH_BUILD_DIR=main_settings.build_dir)) as server:
        yield server


def test_the_tutorial_runs(root: Path, served: Server) -> None:
    text = (root / "docs" / "tutorial-sparql.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks, 1):
        code = block.replace("http://127.0.0.1:8000/sparql", served.sparql)
        exec(compile(code, f"tutorial-sparql.md, block {number}", "exec"), names)
