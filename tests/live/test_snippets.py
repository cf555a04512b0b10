"""The code to copy is run, as a reader would run it, against the real server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kggraph.publish.snippets import NAMES, Form, Snippet, snippets
from tests.programs import program

pytestmark = pytest.mark.live

DATA = """\
@prefix ex: <https://example.org/> .
ex:a a ex:Item ; ex:label "é 漢 \\"quoted\\" \\\\ {braces}"@nl ; ex:number 3 .
ex:b a ex:Item ; ex:number 5 .
"""
SELECT = """\
PREFIX ex: <https://example.org/>
# a comment with "quotes", 'more' and \\ back
SELECT ?item ?label WHERE {
  ?item a ex:Item ; ex:label ?label .
  FILTER(CONTAINS(STR(?label), "é 漢 \\"quoted\\" \\\\ {braces}"))
}
"""
ASK = "ASK { ?s ?p '''it's''' } # false"
CONSTRUCT = 'CONSTRUCT { ?s <https://example.org/is> "made" } WHERE { ?s a <https://example.org/Item> }'
CASES: list[tuple[str, Form, tuple[str, ...]]] = [
    (SELECT, "solutions", ("https://example.org/a", "é 漢")),
    (ASK, "boolean", ("false",)),
    (CONSTRUCT, "graph", ("made",)),
]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served file of two items."""
    folder = tmp_path_factory.mktemp("snippets")
    file = folder / "data.ttl"
    file.write_text(DATA, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "kggraph", "serve", "--data", str(file), "--port", str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _wait(server, f"{address}/livez", folder / "log")
            yield f"{address}/sparql"
        finally:
            server.terminate()
            server.wait(20)


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(150):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            assert server.poll() is None, log.read_text("utf-8")
            time.sleep(0.1)
    pytest.fail(f"The server does not answer: {log.read_text('utf-8')}")


def run(snippet: Snippet, folder: Path) -> str:
    """What the code prints."""
    runner = {"python": [sys.executable], "bash": ["bash"], "r": ["Rscript", "--vanilla"]}[snippet.syntax]
    file = folder / f"snippet.{snippet.syntax}"
    file.write_text(snippet.code, "utf-8")
    ran = subprocess.run([*runner, str(file)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, f"{snippet.code}\n{ran.stderr}"
    return ran.stdout


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("query", "form", "expected"), CASES, ids=[form for _, form, _ in CASES])
def test_the_code_gives_the_answer(
    endpoint: str, tmp_path: Path, name: str, query: str, form: Form, expected: tuple[str, ...]
) -> None:
    if name == "r":
        program("Rscript", "r-base-core")
    snippet = next(each for each in snippets(endpoint, query, form) if each.name == name)
    printed = run(snippet, tmp_path)
    for part in expected:
        assert part.lower() in printed.lower()
