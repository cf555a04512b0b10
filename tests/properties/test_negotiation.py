"""Whatever an Accept header says, negotiation gives one of the offers or nothing, and never an exception."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from kggraph.rdf.media import (
    HTML,
    JSON_LD,
    RDF_FORMATS,
    TURTLE,
    Representation,
    negotiate,
    negotiate_language,
    parse_accept,
)

OFFERS = (HTML, *RDF_FORMATS)
BARE = tuple(Representation(offer.name, offer.suffix, offer.media_type, offer.label) for offer in OFFERS)

media_types = st.sampled_from([*(offer.media_type for offer in OFFERS), "image/png", "a/b"])
ranges = media_types | st.sampled_from(["*/*", "text/*", "application/*"])
qualities = st.integers(0, 1000).map(lambda n: n / 1000)
elements = st.tuples(ranges, qualities)
pieces = st.sampled_from(
    [*'/*;=,." \t\\', "q", "q=", "0", "1", "0.5", "text", "html", "text/html", "*/*", "\x00", "é", '"']
)
hostile = st.text() | st.lists(pieces, max_size=30).map("".join)


def header(parts: list[tuple[str, float]]) -> str:
    """An Accept header of media ranges and weights."""
    return ", ".join(f"{media_range};q={quality:.3f}" for media_range, quality in parts)


def expected_quality(parts: list[tuple[str, float]], media_type: str) -> float:
    """Weight of the most specific range, by RFC 9110's own words and nothing else."""
    main = media_type.partition("/")[0]
    for media_range in (media_type, f"{main}/*", "*/*"):
        if found := [quality for named, quality in parts if named == media_range]:
            return max(found)
    return 0.0


@given(hostile)
@example('text/html;a="')
@example('"' * 5000)
@example("a/b;" * 4000)
@example('a/b;c="' + "\\" * 5001)
@example('"' + '\\"' * 8000 + "\\")
def test_any_header_is_safe(text: str) -> None:
    assert negotiate(text, OFFERS) in (*OFFERS, None)
    assert all(0 <= found.quality <= 1 for found in parse_accept(text))
    assert negotiate_language(text, ("nl", "en")) in ("nl", "en")


@given(st.lists(elements, min_size=1, max_size=8))
def test_the_best_quality_wins_and_zero_never_does(parts: list[tuple[str, float]]) -> None:
    chosen = negotiate(header(parts), BARE)
    best = max(expected_quality(parts, offer.media_type) for offer in BARE)
    if best == 0:
        assert chosen is None
    else:
        assert chosen is not None
        assert expected_quality(parts, chosen.media_type) == best


@given(st.lists(elements, min_size=1, max_size=8), st.randoms())
def test_the_order_of_the_header_does_not_matter(parts: list[tuple[str, float]], random: object) -> None:
    mixed = list(parts)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert negotiate(header(parts), BARE) == negotiate(header(mixed), BARE)


@given(st.lists(elements, max_size=6))
def test_what_is_refused_by_name_is_never_sent(parts: list[tuple[str, float]]) -> None:
    others = [(media_range, quality) for media_range, quality in parts if media_range != TURTLE.media_type]
    assert negotiate(header([*others, (TURTLE.media_type, 0.0)]), OFFERS) != TURTLE


@given(st.lists(elements, max_size=6))
def test_a_name_with_the_highest_weight_is_sent_when_no_other_name_has_it(parts: list[tuple[str, float]]) -> None:
    others = [(media_range, quality * 0.9) for media_range, quality in parts if media_range != JSON_LD.media_type]
    assert negotiate(header([*others, (JSON_LD.media_type, 1.0)]), OFFERS) == JSON_LD
