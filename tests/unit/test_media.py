"""Content and language negotiation, by the tables in tests/cases/accept/."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kggraph.rdf import media
from kggraph.rdf.media import Representation, negotiate, negotiate_language, parse_accept, rdf_format_of

CASES = Path(__file__).parent.parent / "cases" / "accept"
EVERY = [value for value in vars(media).values() if isinstance(value, Representation)]
BY_NAME = {representation.name: representation for representation in EVERY}


def table(name: str) -> list[object]:
    """The cases of one file, each with the offers of that file and an id that pytest can show."""
    written = tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))
    return [
        pytest.param(
            case.get("accept"), written["offers"], case["gets"], id=ascii(case.get("why") or case.get("accept"))[:60]
        )
        for case in written["case"]
    ]


@pytest.mark.parametrize(("accept", "offers", "gets"), [*table("documents"), *table("results")])
def test_negotiate(accept: str | None, offers: list[str], gets: str) -> None:
    chosen = negotiate(accept, [BY_NAME[name] for name in offers])
    assert (chosen.name if chosen else "") == gets


@pytest.mark.parametrize(("accept", "offers", "gets"), table("languages"))
def test_negotiate_language(accept: str | None, offers: list[str], gets: str) -> None:
    assert negotiate_language(accept, offers) == gets


def test_the_tables_are_large_enough() -> None:
    assert len(table("documents")) >= 60


def test_a_region_that_is_offered_is_found() -> None:
    assert negotiate_language("en", ("nl", "en-GB")) == "en-GB"
    assert negotiate_language("en-US", ("nl", "en-GB")) == "en-GB"
    assert negotiate_language("en;q=0, nl;q=0.1", ("en-GB", "nl")) == "nl"


def test_nothing_to_offer() -> None:
    assert negotiate("text/turtle", ()) is None
    assert negotiate(None, ()) is None


def test_parse_accept_keeps_parameters_and_order() -> None:
    ranges = parse_accept('text/turtle;Charset="UTF-8";q=0.5, a/b;x="q=\\"1\\""')
    assert [(r.type, r.subtype, dict(r.parameters), r.quality) for r in ranges] == [
        ("text", "turtle", {"charset": "UTF-8"}, 0.5),
        ("a", "b", {"x": 'q="1"'}, 1.0),
    ]


def test_a_huge_header_is_cut_short() -> None:
    assert negotiate("text/turtle," + "a/b," * 1_000_000, (media.HTML, media.TURTLE)) == media.TURTLE


def test_representations_differ_in_name_suffix_and_media_type() -> None:
    for attribute in ("name", "suffix", "media_type"):
        assert len({getattr(representation, attribute) for representation in EVERY}) == len(EVERY)


def test_text_types_say_their_charset() -> None:
    assert media.TURTLE.content_type == "text/turtle; charset=utf-8"
    assert media.JSON_LD.content_type == "application/ld+json"


@pytest.mark.parametrize(
    ("name", "found"),
    [("a.ttl", "ttl"), ("A.TTL", "ttl"), ("a.owl", "rdf"), ("a.nq", "nq"), ("a.txt", None), ("ttl", None)],
)
def test_rdf_format_of(name: str, found: str | None) -> None:
    representation = rdf_format_of(name)
    assert (representation.name if representation else None) == found
