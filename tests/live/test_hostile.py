"""Queries that are meant to do harm: each ends inside its limits with the right error, while others are answered."""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kggraph.errors import KgError, QueryRefused
from kggraph.store.guard import inspect
from kggraph.store.protocol import QueryRequest
from tests.live.query_host import ORDINARY, Hosted, listener, running

pytestmark = pytest.mark.live

CASES = Path(__file__).parent.parent / "cases" / "hostile"
OUTCOMES = {
    "query-timeout": "timeout",
    "query-memory": "memory",
    "result-too-large": "result-too-large",
    "query-syntax": "syntax",
}
_TIMEOUT_S = 0.4


@pytest.fixture(scope="module")
def host() -> Iterator[Hosted]:
    with running() as hosted:
        yield hosted


def outcome(host: Hosted, text: str) -> str:
    """What becomes of a query, as the cases name it."""
    try:
        kind = "application/n-triples" if re.search(r"^(?:CONSTRUCT|DESCRIBE)", text, re.MULTILINE) else "text/csv"
        request = QueryRequest(text, kind, timeout_s=_TIMEOUT_S, memory_mb=200, max_result_bytes=20_000_000)
        host.client.query(request).read()
    except QueryRefused as error:
        return f"refused {error.what}"
    except KgError as error:
        return OUTCOMES[error.code]
    return "ok"


def check(host: Hosted, text: str, expected: set[str]) -> None:
    """The query ends as expected and in time, and leaves the host well."""
    start = time.monotonic()
    assert outcome(host, text) in expected
    assert time.monotonic() - start < _TIMEOUT_S + 5
    start = time.monotonic()
    assert b"thing 7" in host.ask(ORDINARY)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("path", sorted(CASES.glob("*.rq")), ids=lambda path: path.stem)
def test_hostile_queries(host: Hosted, path: Path) -> None:
    text = path.read_text("utf-8")
    expected = re.match(r"# expect: (.*)\n", text)
    assert expected, "the first line says how the query may end"
    with listener() as (port, connections):
        check(host, text.replace("127.0.0.1:9/", f"127.0.0.1:{port}/"), set(expected[1].split(", ")))
        assert connections() == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ASK { } #" + "x" * 10_000_000, {"refused length"}),
        ("ASK { ?s ?p '" + "é" * 600_000 + "' }", {"refused length"}),
        ("ASK " + "{" * 10_000 + "}" * 10_000, {"refused nesting"}),
        ("ASK { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }", {"refused nesting"}),
        ("ASK { ?s ?p " + "[ ?p " * 10_000 + "1" + "]" * 10_000 + " }", {"refused nesting"}),
        ("ASK { FILTER(" + "!" * 50_000 + "1) }", {"refused nesting", "timeout", "ok"}),
        ("ASK { FILTER(" + "||".join(["?x"] * 50_000) + ") }", {"refused nesting", "timeout", "memory"}),
        ("ASK { " + "OPTIONAL { ?x ?y ?z } " * 20_000 + "}", {"refused nesting", "timeout", "memory"}),
        ("ASK { ?s " + "/".join(["<x:p>"] * 20_000) + " ?o }", {"refused nesting", "timeout", "memory"}),
        ("ASK { ?s " + "|".join(["<x:p>"] * 50_000) + " ?o }", {"refused nesting", "timeout", "memory", "ok"}),
        ("ASK { " + "?x ?y ?z . " * 20_000 + "}", {"refused nesting", "timeout", "memory"}),
        ("ASK { BIND(" + "STR(" * 100 + "1" + ")" * 100 + " AS ?x) }", {"ok"}),
        ("ASK { " + "FILTER EXISTS { " * 100 + "?s ?p ?o" + "}" * 100 + " }", {"ok", "timeout"}),
        ("SELECT * { VALUES ?x { " + "'x' " * 200_000 + "} }", {"ok", "timeout"}),
        ("\x00\x01\x02\xff", {"syntax"}),
        ("ASK { ?s ?p '\ud800' }", {"syntax"}),
        ("SELECT\u00a0* { ?s ?p ?o }", {"syntax"}),
        ("", {"syntax"}),
        ("'''" + "\\" * 100_000, {"syntax"}),
        ('"""' * 100_001, {"syntax"}),
        ("<" * 500_000, {"syntax"}),
        ("ASK { ?s ?p " + "'" * 300_000, {"syntax"}),
    ],
    ids=lambda value: value[:30].encode("unicode_escape").decode() if isinstance(value, str) else None,
)
def test_hostile_texts(host: Hosted, text: str, expected: set[str]) -> None:
    check(host, text, expected)


def test_random_bytes(host: Hosted) -> None:
    source = random.Random(20261123)
    pieces = [
        "SELECT",
        "*",
        "{",
        "}",
        "?s",
        "SERVICE",
        "<x:y>",
        "'",
        '"',
        "\\u0053",
        "#",
        "\n",
        ":",
        "(",
        ")",
        "é",
        "\x00",
    ]
    for _ in range(200):
        text = " ".join(source.choices(pieces, k=source.randrange(12)))
        assert outcome(host, text) in {"syntax", "ok", "refused SERVICE", "refused update"}
    assert b"thing 7" in host.ask(ORDINARY)


def test_the_guard_is_quick_about_any_text() -> None:
    for unit in (
        "{}",
        "'",
        '"""',
        "<",
        "\\u0041",
        "a:",
        "?x",
        "#\n",
        "(",
        "_:",
        "@a-",
        "1e",
        "SERVICE",
        "\u0300",
        ".a",
    ):
        start = time.process_time()
        with contextlib.suppress(KgError):
            inspect(unit * (300_000 // len(unit.encode())))
        assert time.process_time() - start < 2, unit
