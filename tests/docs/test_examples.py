"""The examples of the README and the pages in docs/ are true: they parse, they run, what they name exists."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.cli import commands
from kggraph.config import FILE_NAME, Settings, load
from kggraph.publish.generation import open_current
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.guard import inspect
from kggraph.store.protocol import QueryRequest

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(*languages: str) -> list[tuple[str, str]]:
    """Examples in these languages: where they stand, and their text."""
    return [
        (f"{page.relative_to(ROOT)}:{page.read_text('utf-8')[: found.start()].count(chr(10)) + 1}", found[2])
        for page in PAGES
        for found in BLOCK.finditer(page.read_text("utf-8"))
        if found[1] in languages
    ]


def each(*languages: str) -> pytest.MarkDecorator:
    """One test for each example in these languages."""
    found = blocks(*languages)
    return pytest.mark.parametrize("text", [text for _, text in found], ids=[place for place, _ in found])


@pytest.fixture(scope="module")
def engine(main_settings: Settings) -> EmbeddedEngine:
    """Answers over the main knowledge base."""
    return EmbeddedEngine(open_store(open_current(main_settings).quads_path.parent), main_settings.all_prefixes)


@each("sparql")
def test_queries_give_an_answer(engine: EmbeddedEngine, text: str) -> None:
    is_graph = inspect(text).kind == "graph"
    answer = engine.query(QueryRequest(text, "text/turtle" if is_graph else "text/csv")).read()
    assert len(answer.splitlines()) > 1


@each("turtle")
def test_turtle_is_turtle(text: str) -> None:
    assert list(ox.parse(text, format=ox.RdfFormat.TURTLE))


@each("json")
def test_json_is_json(text: str) -> None:
    json.loads(text)


@each("toml")
def test_settings_are_settings(tmp_path: Path, text: str) -> None:
    tomllib.loads(text)
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    load(tmp_path, {})


@each("python")
def test_python_is_python(text: str) -> None:
    compile(text, "example", "exec")


def command_lines(program: str) -> Iterator[tuple[str, list[str]]]:
    """Command lines of a program in examples for a shell, in words."""
    for place, text in blocks("sh", "text"):
        for line in text.splitlines():
            found = re.match(rf"(?:[A-Z_]+=\S+ )*{program}( .*)?$", line.strip().partition("  #")[0])
            if found and "…" not in line:
                yield place, shlex.split(found[1] or "")


def test_commands_and_their_options_exist() -> None:
    lines = list(command_lines("kggraph"))
    assert len(lines) > 5
    for place, words in lines:
        if words[0] == "--root":
            words = words[2:]
        name, *rest = words
        assert name in commands.commands, f"{place}: kggraph {name}"
        options = {option for parameter in commands.commands[name].params for option in parameter.opts}
        unknown = {word for word in rest if word.startswith("--")} - options
        assert not unknown, f"{place}: kggraph {name} {unknown}"


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for _, words in command_lines("make") for word in words if "=" not in word}
    assert named and named <= targets
