"""`kggraph serve --data FILE`: any RDF file as it is."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from tests.live.conftest import Server, environment, started

pytestmark = pytest.mark.live

TRIPLE = "<https://example.org/a> <https://example.org/b> {} ."
QUADS = f"""\
{TRIPLE.format('"default"')}
<https://example.org/a> <https://example.org/b> "default" <https://example.org/g1> .
<https://example.org/a> <https://example.org/b> "one" <https://example.org/g1> .
<https://example.org/a> <https://example.org/b> "two" <https://example.org/g2> .
"""
TRIG = f"""\
{TRIPLE.format('"default"')}
<https://example.org/g1> {{ <https://example.org/a> <https://example.org/b> "default", "one" }}
GRAPH <https://example.org/g2> {{ {TRIPLE.format('"two"')} }}
"""
FILES = {
    "data.ttl": TRIPLE.format('"default"'),
    "data.nq": QUADS,
    "data.trig": TRIG,
}


def rows(server: Server, query: str) -> list[str]:
    """Values of ?o, sorted."""
    body = server.get("/sparql?query=" + urllib.parse.quote(query), "application/sparql-results+json")[1]
    return sorted(row["o"]["value"] for row in json.loads(body)["results"]["bindings"])


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_served_with_its_graphs(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name])
    with started("--data", str(tmp_path / name), root=tmp_path, env=environment()) as server:
        assert rows(server, "SELECT ?o { ?s ?p ?o }") == ["default"]
        named = ["default", "one", "two"] if name in {"data.nq", "data.trig"} else []
        assert rows(server, "SELECT ?o { GRAPH ?g { ?s ?p ?o } }") == named
        assert rows(server, "SELECT ?o FROM <https://example.org/g1> { ?s ?p ?o }") == named[:2]
        assert server.get("/", "text/html")[0] == 200
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("bad.ttl", "<a> <b> .", 1),
        ("bad.txt", "", 2),
        ("missing.ttl", None, 2),
    ],
)
def test_a_file_that_cannot_be_served_is_one_line(tmp_path: Path, name: str, text: str | None, code: int) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "kggraph", "serve", "--port", "0", "--data", name]
    refused = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30, check=False
    )
    assert refused.returncode == code, refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert name in refused.stderr
