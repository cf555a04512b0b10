"""The worked example of docs/editing.md, done as it is told: a new file, a mistake, its fix, a build, and the page."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from kggraph.cli import run
from kggraph.config import load
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.web import create_app
from kggraph.web.generations import Generations

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "editing.md"


def test_the_example(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("data", "shapes", "ontology", "queries", "contexts", "pages"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "kggraph.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text("utf-8")
    example = text[text.index("## An example") : text.index("## In an editor")]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", example, re.DOTALL | re.MULTILINE)
    file = tmp_path / "data" / "items" / "slaapwijzer.ttl"
    said = ""
    for number, (kind, block) in enumerate(blocks):
        if kind == "sh":
            if number == len(blocks) - 2:
                file.write_text(file.read_text("utf-8").replace("https://doi.org/10.", "10."), "utf-8")
            for line in block.splitlines():
                assert run(shlex.split(line)[1:]) in (0, 1)
            said = capsys.readouterr().out
        elif kind == "turtle":
            file.write_text(block, "utf-8")
            assert run(["fmt", "--check", str(file)]) == 0
        else:
            assert block in said
    assert "Generation " in said
    settings = load(tmp_path, {})
    generations = Generations(settings)
    engine = EmbeddedEngine(open_store(generations.current().generation.quads_path), settings.all_prefixes)
    client = create_app(settings, generations, engine).test_client()
    page = client.get("/doc/item/slaapwijzer.html")
    assert page.status_code == 200
    assert "Slaapwijzer" in page.get_data(as_text=True)
    assert "slaapwijzer" in client.get("/api/search?q=slaapwijzer").get_data(as_text=True)
