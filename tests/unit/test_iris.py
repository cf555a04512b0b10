"""What is an IRI, what may become a link, and how our own are built."""

from __future__ import annotations

import pytest

from kggraph.rdf.iris import document_iri, is_iri, is_web_iri, kind_and_slug, local_name, slugify, thing_iri

BASE = "https://example.org/"


@pytest.mark.parametrize(
    "text", ["https://example.org/", "urn:isbn:1", "mailto:a@b.nl", "http://é.nl/ü?x=1#y", "doi:10.1/x", "a:"]
)
def test_iris(text: str) -> None:
    assert is_iri(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "/a", "//a/b", "http://a b", "http://a/<b>", 'http://a/"', "http://a/{x}", "http://a/\\", "1a:b", "http://a\n",
     "http://a/%zz", ":a", "http://a/\x00", "http://[::1", "é:b"],
)  # fmt: skip
def test_no_iris(text: str) -> None:
    assert not is_iri(text)
    assert not is_web_iri(text)


@pytest.mark.parametrize("text", ["http://a.nl", "HTTPS://a.nl/x?y=1#z", "mailto:a@b.nl", "https://é.nl/"])
def test_links(text: str) -> None:
    assert is_web_iri(text)


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://a/b",
     "urn:isbn:1", "http:", "http://", "http:///x", "https:a.nl", "mailto:", "http://a/\u202egnp.exe", "http://a/\x85",
     " https://a.nl", "https://a.nl\n"],
)  # fmt: skip
def test_no_links(text: str) -> None:
    assert not is_web_iri(text)


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("http://purl.org/dc/terms/title", "title"),
        ("https://example.org/def#Item", "Item"),
        ("https://example.org/id/item/a/", "a"),
        ("urn:isbn:12", "12"),
        ("https://example.org/", "example.org"),
        ("mailto:a@b.nl", "a@b.nl"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_local_name(iri: str, name: str) -> None:
    assert local_name(iri) == name


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Één café & meer", "een-cafe-meer"),
        ("  Straße 9 ", "strasse-9"),
        ("Smørrebrød, Łódź", "smorrebrod-lodz"),
        ("'s-Hertogenbosch", "s-hertogenbosch"),
        ("students’ wellbeing", "students-wellbeing"),
        ("İstanbul", "istanbul"),
        ("ﬁets", "fiets"),
        ("---", ""),
        ("日本", ""),
        ("", ""),
        ("a_b.c/d", "a-b-c-d"),
    ],
)
def test_slugify(text: str, slug: str) -> None:
    assert slugify(text) == slug
    assert slugify(slug) == slug


@pytest.mark.parametrize(
    ("iri", "found"),
    [
        (f"{BASE}id/item/a-b", ("item", "a-b")),
        (f"{BASE}id/item/a#creator-1", None),
        (f"{BASE}id/item/", None),
        (f"{BASE}id/item", None),
        (f"{BASE}id/", None),
        (f"{BASE}id//a", None),
        (f"{BASE}id/item/a/b", None),
        (f"{BASE}id/item/a?b", None),
        (f"{BASE}doc/item/a", None),
        ("https://elsewhere.org/id/item/a", None),
    ],
)
def test_kind_and_slug(iri: str, found: tuple[str, str] | None) -> None:
    assert kind_and_slug(iri, BASE) == found


@pytest.mark.parametrize(
    ("iri", "document"),
    [
        (f"{BASE}id/item/a", f"{BASE}doc/item/a"),
        (f"{BASE}id/item/a#creator-1", f"{BASE}doc/item/a"),
        (f"{BASE}def#Item", f"{BASE}def"),
        (f"{BASE}def", None),
        (BASE, None),
        ("https://elsewhere.org/id/item/a", None),
    ],
)
def test_document_iri(iri: str, document: str | None) -> None:
    assert document_iri(iri, BASE) == document


def test_thing_iri() -> None:
    assert thing_iri(f"{BASE}id/item/a#creator-1") == thing_iri(f"{BASE}id/item/a") == f"{BASE}id/item/a"
