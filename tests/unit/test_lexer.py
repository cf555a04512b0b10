"""Tokens by the terminals of SPARQL 1.1."""

from __future__ import annotations

import pytest

from kggraph.store.lexer import decode_code_points, outline, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:b.c.", [("pname", "a:b.c"), ("mark", ".")]),
        ("a:.x", [("pname", "a:"), ("mark", "."), ("word", "x")]),
        (r"a:b\,%41-", [("pname", r"a:b\,%41-")]),
        (":", [("pname", ":")]),
        ("?x?y", [("variable", "?x"), ("variable", "?y")]),
        ("$é1", [("variable", "$é1")]),
        ("? ?", [("mark", "?"), ("mark", "?")]),
        ("1 1. 1.5 .5 1e2 1.e2 -1 +.5e-1", ["integer", "integer", "mark", *["number"] * 4, "signed", "signed"]),
        ("<a b>", [("mark", "<"), ("word", "a"), ("word", "b"), ("mark", ">")]),
        ("?a<5", [("variable", "?a"), ("mark", "<"), ("integer", "5")]),
        ("_:a.b.", [("blank", "_:a.b"), ("mark", ".")]),
        ("@en-x '@en'", [("language", "@en-x"), ("string", "'@en'")]),
        ("[ ] ( )", [("anon", "[ ]"), ("nil", "( )")]),
        ('""', [("string", '""')]),
        ('"""a"b""c\\""""', [("string", '"""a"b""c\\""""')]),
        ("'a#b' #c", [("string", "'a#b'")]),
        ("^^ ^ && || != <= >=", [("mark", m) for m in ("^^", "^", "&&", "||", "!=", "<=", ">=")]),
        ("'a\nb'", [("error", "'")]),
        ("\u00a0", [("error", "\u00a0")]),
    ],
)
def test_tokens(text: str, expected: list[str | tuple[str, str]]) -> None:
    found = [token for token in tokens(text) if token.kind != "end"]
    assert len(found) == len(expected)
    for token, wanted in zip(found, expected, strict=True):
        assert wanted in (token.kind, (token.kind, token.text))
        assert text[token.start : token.end] == token.text


def test_a_text_ends_with_one_end() -> None:
    assert [token.kind for token in tokens("ASK {} # x")][-1] == "end"
    assert [token.kind for token in tokens("")] == ["end"]


@pytest.mark.parametrize(
    "text", ["ASK { ?s ?p 'SELECT {' } # LIMIT (", "select*{?limit limit:limit <x:{> . _:ask a 1 }"]
)
def test_the_outline_has_the_brackets_of_the_tokens(text: str) -> None:
    from_tokens = [t.text for t in tokens(text) if t.kind == "mark" and t.text in "{}()[]"]
    assert [m[0].strip()[-1] for m in outline(text) if m.lastgroup in ("open", "close")] == from_tokens


def test_code_points() -> None:
    text = r"PREFIX \u0065x: <a\u0065> SELECT ?\u0073 { ?s ex:\u0041 '\u0022' } # \u0041"
    assert decode_code_points(text) == r"PREFIX ex: <a\u0065> SELECT ?s { ?s ex:A '\u0022' } # \u0041"
    assert decode_code_points(r"ASK \uD800 \U00110000") == r"ASK \uD800 \U00110000"
