"""The label resolver: asked language, nl, en, untagged, any sorted, local name."""

from __future__ import annotations

import pytest

from kggraph.publish.labels import Label, pick, read_labels, sort_key
from kggraph.rdf import ntriples

IRI = "https://example.org/id/theme/stress-at-work"


@pytest.mark.parametrize(
    ("labels", "lang", "expected"),
    [
        ({"nl": "a", "en": "b", "de": "c"}, "de", Label("c", "de")),
        ({"nl": "a", "en": "b", "de": "c"}, "fr", Label("a", "nl")),
        ({"en": "b", "de": "c"}, "fr", Label("b", "en")),
        ({"": "u", "de": "c"}, "fr", Label("u", "")),
        ({"fy": "f", "de": "c"}, "fr", Label("c", "de")),
        ({"en-gb": "b", "de": "c"}, "en", Label("b", "en-gb")),
        ({"en-gb": "b", "en": "e"}, "EN", Label("e", "en")),
        ({"english": "x", "de": "c"}, "en", Label("c", "de")),
        ({}, "nl", Label("stress-at-work", "")),
        (None, "nl", Label("stress-at-work", "")),
    ],
)
def test_pick(labels: dict[str, str] | None, lang: str, expected: Label) -> None:
    assert pick(labels, lang, IRI) == expected


def test_each_language_has_the_best_property_that_has_it() -> None:
    rows = list(
        ntriples.rows(
            b'<a:x> <a:title> "titel"@NL .\n<a:x> <a:other> "other"@en .\n<a:x> <a:other> "anders"@nl .\n'
            b'<a:x> <a:other> "second"@en .\n<a:x> <a:third> "dritte"@de .\n<a:x> <a:other> <a:y> .\n'
            b'<a:x#part> <a:title> "part"@en .\n'
        )
    )
    assert read_labels(rows, b"<a:x>", (b"<a:title>", b"<a:other>")) == {"en": "other", "nl": "titel"}


@pytest.mark.parametrize(
    ("before", "after"), [("Éen", "Fa"), ("'s Avonds", "Tijd"), ("appel", "Banaan"), ("Straße", "Stratum")]
)
def test_order(before: str, after: str) -> None:
    assert sort_key(before) < sort_key(after)
