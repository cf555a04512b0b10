"""Results told to the people who edit the files."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.terms import SH
from kggraph.validation.explain import MOST_LINES, Explainer
from kggraph.validation.report import INFO, VIOLATION, WARNING, Report, Result
from kggraph.validation.shape_texts import ShapeTexts

BASE = "https://example.org/"
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
@prefix kg: <https://w3id.org/kggraph/ns#> .
ex:S-title sh:path ex:title ; sh:name "Titel"@nl, "Title"@en .
ex:S-title-rule sh:path ex:title ; kg:ruleOf ex:S-title .
ex:S-nameless sh:path ex:when .
"""
FILE = """@prefix ex: <https://example.org/> .

<https://example.org/id/item/x> a ex:Item ;
    ex:title "een" ,
        "twee" ;
    ex:when "nooit" .

<https://example.org/id/item/x#part> ex:title "deel" .
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge base with one file."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.ttl").write_text(FILE, "utf-8")
    return tmp_path


def explainer(folder: Path, lang: str = "en", base_to: str = BASE) -> Explainer:
    shapes = ox.serialize(ox.parse(SHAPES, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    files = {f"{base_to}id/item/x": "data/x.ttl"}
    return Explainer(ShapeTexts(shapes), folder, files.get, lang=lang, base_from=BASE, base_to=base_to)


def result(
    path: str | None = "title", value: str | None = None, shape: str = "S-title", part: str = "", base: str = BASE
) -> Result:
    return Result(
        focus=f"<{base}id/item/x{part}>",
        path=f"<{BASE}{path}>" if path else None,
        value=value,
        component=f"{SH}PatternConstraintComponent",
        severity=VIOLATION,
        shape=f"{BASE}{shape}",
        messages={"nl": "Zo niet.", "en": "Not so."},
    )


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (result(value='"twee"'), 'data/x.ttl:5: Title: Not so. (found: "twee")'),
        (result(value='"een"', shape="S-title-rule"), 'data/x.ttl:4: Title: Not so. (found: "een")'),
        (result(), "data/x.ttl:4: Title: Not so."),
        (result(path="author", shape="S-author"), "data/x.ttl:3: author: Not so."),
        (result(path="when", shape="S-nameless"), "data/x.ttl:6: when: Not so."),
        (result(path=None, shape="S"), "data/x.ttl:3: -: Not so."),
        (result(part="#part"), "data/x.ttl:8: Title: Not so."),
        (result(path=None, value="_:b0", shape="S"), "data/x.ttl:3: -: Not so. (found: _:b0)"),
    ],
)
def test_place_field_and_message(folder: Path, found: Result, line: str) -> None:
    assert explainer(folder).line(found) == line


def test_in_the_language_that_is_asked(folder: Path) -> None:
    assert explainer(folder, "nl").line(result(value='"een"')) == 'data/x.ttl:4: Titel: Zo niet. (gevonden: "een")'
    assert explainer(folder, "fr").line(result()).endswith(": Title: Not so.")


def test_with_another_base(folder: Path) -> None:
    base = "http://localhost:8000/"
    assert explainer(folder, base_to=base).line(result(base=base)) == "data/x.ttl:4: Title: Not so."


def test_a_focus_node_that_no_file_describes(folder: Path) -> None:
    found = Result('"text"', None, None, f"{SH}NodeConstraintComponent", VIOLATION, "", {"en": "Not so."})
    assert explainer(folder).line(found) == '"text": -: Not so.'


def test_lines_are_sorted_and_their_number_is_bounded(folder: Path) -> None:
    results = [result(value=value) for value in ('"twee"', '"een"')]
    results.append(Result(f"<{BASE}id/item/x>", None, None, "", WARNING, "", {"en": "Careful."}))
    lines = explainer(folder).lines(Report(tuple(results)), [VIOLATION])
    assert [line.split(" ")[0] for line in lines] == ["data/x.ttl:4:", "data/x.ttl:5:"]
    assert explainer(folder).lines(Report(tuple(results)), [INFO]) == []
    many = explainer(folder).lines(Report((results[0],) * (MOST_LINES + 7)), [VIOLATION])
    assert len(many) == MOST_LINES + 1
    assert many[-1] == "... 7 more"
