"""Any text at all, and queries made of dangerous pieces: nothing passes as what it is not."""

from __future__ import annotations

import contextlib
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from kggraph.errors import KgError, QueryRefused, QuerySyntaxError
from kggraph.store.grammar import check_grammar
from kggraph.store.guard import inspect
from kggraph.store.lexer import decode_code_points, outline, tokens

PIECES = [
    *(
        "SELECT",
        "ASK",
        "*",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "?s",
        "?p",
        "a",
        ".",
        ";",
        ",",
        "<",
        ">",
        "=",
        "&&",
        "FILTER",
    ),
    *("SERVICE", "service", "SILENT", "S\\u0045RVICE", "GRAPH", "LIMIT", "OFFSET", "5", "1.5", "-1", "true", "VALUES"),
    *("<x:y>", "<x:a#>", "<?b)SERVICE:x#>", ":x", "x:y", "service:x", "SERVICEx:y", ":", "_:b", "@en", "^^", "'s'"),
    *('"', "'", "'''", '"""', "#", "\n", " ", "\\", "PREFIX", "x:", "BASE", "é", "\u00a0", "FROM", "NAMED", "UNION"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.lists(
    st.sampled_from(PIECES), max_size=25
).map(" ".join)
prologue = "PREFIX : <x:> PREFIX x: <x:> PREFIX service: <x:> PREFIX SERVICEx: <x:> "


@given(st.text(max_size=200) | texts)
def test_any_text_is_inspected_or_refused(text: str) -> None:
    with contextlib.suppress(QueryRefused, QuerySyntaxError):
        inspect(text)


@given(st.text(max_size=200) | texts)
def test_tokens_cover_the_text_in_order(text: str) -> None:
    place = 0
    for token in tokens(text):
        gap = text[place : token.start]
        assert re.fullmatch(r"(?:[ \t\r\n]|#[^\r\n]*)*", gap)
        assert text[token.start : token.end] == token.text
        place = token.end
    assert token.kind in ("end", "error")


@given(texts)
def test_the_outline_has_the_brackets_of_the_tokens(text: str) -> None:
    all_tokens = list(tokens(text))
    if all_tokens[-1].kind == "error":
        return
    brackets = []
    for token in all_tokens:
        if token.kind in ("nil", "anon"):
            brackets += [token.text[0], token.text[-1]]
        elif token.kind == "mark" and token.text in "{}()[]":
            brackets.append(token.text)
    found = [match[match.lastgroup] for match in outline(text) if match.lastgroup in ("open", "close")]
    assert found == brackets


@given(texts)
def test_decoding_code_points_is_idempotent(text: str) -> None:
    once = decode_code_points(text)
    assert decode_code_points(once) == once


def engine_reads_service(text: str) -> bool:
    """Whether Oxigraph would ask another server: it parses the query, and evaluates SERVICE on no solution at all."""
    try:
        results = Store().query(text)
    except (SyntaxError, ValueError):
        return False
    except (OSError, RuntimeError):
        return True
    try:
        next(iter(results), None)  # type: ignore[call-overload]
    except (OSError, RuntimeError) as error:
        return "function" not in str(error)
    except TypeError:
        pass
    return False


SERVICE_PARTS = [
    *(
        "SERVICE",
        "service",
        "SERVICESILENT",
        "trueSERVICE",
        "1SERVICE",
        "SERVICEx:y",
        "service:y",
        "?sSERVICE",
        "}SERVICE",
    ),
    *(
        "SILENT ",
        " ",
        "",
        "#\n",
        "\n",
        "<nohost:/>",
        "<x:#>",
        ":x",
        "?x",
        "{}",
        "{ }",
        "{?s ?p ?o}",
        "?s ?p ",
        "?s ?p ?o",
    ),
    *(
        ".",
        ";",
        "FILTER(?s<?p)",
        "FILTER(?s<?p&&?s>?p)",
        "'",
        '"',
        "OPTIONAL",
        "GRAPH ",
        "UNION",
        "VALUES ?x {1}",
        "(1 2)",
    ),
]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(SERVICE_PARTS), min_size=1, max_size=8).map("".join))
@example("FILTER(?s<?p)SERVICE:x#>\n{}")
@example("service:y {}")
@example("SERVICEx:y{}")
@example("{}SERVICE<nohost:/>{}")
def test_no_service_passes(middle: str) -> None:
    text = f"{prologue.replace('PREFIX SERVICEx: <x:> ', '')}SELECT * {{ {middle} }}"
    try:
        query = inspect(text)
    except (QueryRefused, QuerySyntaxError):
        return
    assert not engine_reads_service(query.text)


@given(texts)
def test_what_the_grammar_accepts_the_engine_parses(middle: str) -> None:
    """A difference would show as an engine's words without a place; rules beyond the grammar are told as sentences."""
    text = f"{prologue}ASK {{ {middle} }}"
    try:
        query = inspect(text)
        check_grammar(query.text)
    except KgError:
        return
    try:
        Store().query(query.text)
    except SyntaxError as error:
        assert re.search(r"[A-Z][a-z]+ \w+ \w+|IRI parsing failed", str(error)), (query.text, str(error))


@given(texts, st.integers(0, 5))
def test_limiting_keeps_a_query_a_query(middle: str, limit: int) -> None:
    text = f"SELECT * {{ {middle} }} ORDER BY ?s # end"
    try:
        query = inspect(text)
        check_grammar(query.text)
    except KgError:
        return
    check_grammar(query.limited(limit))
    beyond = query.beyond(limit)
    assert beyond
    check_grammar(beyond)
