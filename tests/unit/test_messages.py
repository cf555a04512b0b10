"""Every constraint component of SHACL Core: both engines find it, and it has a sentence with a fix in nl and en."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.rdf.iris import local_name
from kggraph.rdf.source import read_folder
from kggraph.terms import SH
from kggraph.validation.engines import ENGINES, validate
from kggraph.validation.messages import LANGUAGES, catalogue, show, texts_for
from kggraph.validation.report import Result
from kggraph.validation.shape_texts import ShapeTexts

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <https://example.org/> .
@prefix id: <https://example.org/id/thing/> .
"""


@dataclass(frozen=True)
class Case:
    """What a property shape on ex:p asks, and what is wrong with it."""

    constraint: str
    values: str
    english: str


CASES = {
    "Class": Case("sh:class ex:Bridge", "id:b", "thing/b is no Bridge."),
    "Datatype": Case(
        "sh:datatype xsd:date",
        '"2024-02-31"^^xsd:date',
        '"2024-02-31" does not have the right form; it has to be a day that exists',
    ),
    "NodeKind": Case("sh:nodeKind sh:IRI", '"b"', '"b" is of the wrong kind; it has to be an address between < and >'),
    "MinCount": Case("sh:minCount 2", '"b"', "at least 2 is needed."),
    "MaxCount": Case("sh:maxCount 1", '"b", "c"', "at most 1 is allowed."),
    "MinExclusive": Case("sh:minExclusive 4", "4", '"4" is not greater than 4.'),
    "MinInclusive": Case("sh:minInclusive 4", "3", '"3" is less than 4.'),
    "MaxExclusive": Case("sh:maxExclusive 4", "4", '"4" is not less than 4.'),
    "MaxInclusive": Case("sh:maxInclusive 4", "5", '"5" is greater than 4.'),
    "MinLength": Case("sh:minLength 3", '"b"', '"b" is too short: at least 3 characters.'),
    "MaxLength": Case("sh:maxLength 3", '"bbbb"', '"bbbb" is too long: at most 3 characters.'),
    "Pattern": Case("sh:pattern '^a{2}$'", '"b"', '"b" does not have the form ^a{2}$.'),
    "LanguageIn": Case('sh:languageIn ( "nl" "en" )', '"b"@de', '"b"@de is in none of the allowed languages: nl, en.'),
    "UniqueLang": Case("sh:uniqueLang true", '"b"@nl, "c"@nl', "two or more texts in the same language."),
    "Equals": Case("sh:equals ex:q", '"b"', 'not equal to those of q; the difference is "b".'),
    "Disjoint": Case("sh:disjoint ex:r", '"r"', '"r" is a value of r too'),
    "LessThan": Case("sh:lessThan ex:n", "9", '"9" is not less or earlier than the value of n.'),
    "LessThanOrEquals": Case("sh:lessThanOrEquals ex:n", "9", '"9" is greater or later than the value of n.'),
    "Not": Case("sh:not [ sh:hasValue 'b' ]", '"b"', '"b" is exactly what is not allowed here.'),
    "And": Case("sh:and ( [ sh:minLength 3 ] )", '"b"', '"b" does not meet all requirements'),
    "Or": Case("sh:or ( [ sh:minLength 3 ] )", '"b"', '"b" is none of the forms'),
    "Xone": Case("sh:xone ( [ sh:minLength 3 ] )", '"b"', '"b" is not exactly one of the forms'),
    "Node": Case("sh:node ex:Other", '"b"', '"b" does not conform to Other.'),
    "QualifiedMinCount": Case(
        "sh:qualifiedValueShape [ sh:minLength 3 ] ; sh:qualifiedMinCount 1", '"b"', "at least 1 is needed."
    ),
    "QualifiedMaxCount": Case(
        "sh:qualifiedValueShape [ sh:minLength 3 ] ; sh:qualifiedMaxCount 0", '"bbb"', "at most 0 is allowed."
    ),
    "HasValue": Case("sh:hasValue 'c'", '"b"', "The value c is missing."),
    "In": Case("sh:in ( 'c' 'd' )", '"b"', '"b" is not in the list: c, d.'),
}


def ntriples(turtle: str) -> bytes:
    return ox.serialize(ox.parse(PREFIXES + turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""


def result(name: str, case: Case, engine: str, more: str = "") -> Result:
    shapes = f"""
        ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property ex:S-p .
        ex:S-p sh:path ex:p ; {case.constraint} {more} .
        ex:Other a sh:NodeShape ; sh:minLength 3 .
    """
    report = validate(ntriples(f'ex:a ex:p {case.values} ; ex:r "r" ; ex:n 5 .'), ntriples(shapes), engine)
    (found,) = report.results
    assert found.component == f"{SH}{name}ConstraintComponent"
    return found


@pytest.mark.parametrize("name", CASES)
def test_both_engines_find_it_and_say_it_plainly(name: str) -> None:
    found = {engine: result(name, CASES[name], engine) for engine in ENGINES}
    assert len({one.key for one in found.values()}) == 1
    for one in found.values():
        assert CASES[name].english in one.messages["en"]
        assert one.messages["nl"] != one.messages["en"]
        for text in one.messages.values():
            assert text.endswith(".")
            assert len(text.split(". ")) >= 2, "a sentence and its fix"


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_message_of_the_shape_comes_first(name: str) -> None:
    more = '; sh:message "Zo niet."@nl, "Not so."@en'
    assert result(name, CASES[name], "shifty", more).messages == {"nl": "Zo niet.", "en": "Not so."}


def test_closed() -> None:
    shapes = ntriples("ex:S sh:targetNode ex:a ; sh:closed true ; sh:property ex:S-p . ex:S-p sh:path ex:p .")
    data = ntriples('ex:a ex:p "b" ; ex:q "c" .')
    for engine in ENGINES:
        (found,) = validate(data, shapes, engine).results
        assert found.path == "<https://example.org/q>"
        assert found.messages["en"] == (
            'This property does not belong here; its value is "c". Remove it, or use a property of the model.'
        )


def test_a_rule_in_sparql_keeps_its_own_message() -> None:
    shapes = ntriples("""
        ex:S sh:targetNode ex:a ; sh:sparql [ sh:message "No {?value} here."@en ; sh:select
            "SELECT $this ?value WHERE { $this <https://example.org/p> ?value }" ] .
    """)
    for engine in ENGINES:
        (found,) = validate(ntriples('ex:a ex:p "b" .'), shapes, engine).results
        assert found.component == f"{SH}SPARQLConstraintComponent"
        # pySHACL loses the language tag of a message that has values filled in.
        assert set(found.messages.values()) == {"No b here."}


def test_the_catalogue_covers_the_core_in_both_languages() -> None:
    components = {name for name in catalogue() if not name.startswith("word ")}
    assert set(CASES) | {"Closed", "Property", "SPARQL", "unknown", "value", "model"} == components
    for name, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES)
        fields = [set(re.findall(r"\{(\w+)\}", text)) for text in texts.values()]
        assert fields[0] == fields[1] <= {"value", "parameter"}, name


JARGON = re.compile(
    r"\b(IRI|literal|literaal|datatype|SHACL|constraint|focus node|cardinalit|regex|langString)", re.IGNORECASE
)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@pytest.mark.parametrize("folder", [".", "tests/kb_bridges"])
def test_messages_of_shapes_are_plain_and_say_what_to_do(root: Path, folder: str) -> None:
    """Short sentences without jargon, in both languages: what is wrong, and then the fix."""
    files = read_folder(root / folder / "shapes", root=root / folder, blank_nodes=True)
    texts = ShapeTexts(b"".join(file.ntriples for file in files))
    told = 0
    for node in texts.graph.subjects():
        found = texts.messages(node.value) if isinstance(node, ox.NamedNode) else {}
        if not found:
            continue
        told += 1
        assert set(found) == set(LANGUAGES), node
        for text in found.values():
            sentences = SENTENCE.split(text)
            assert text.endswith("."), node
            assert max(len(sentence.split()) for sentence in sentences) <= 24, text
            assert not JARGON.search(text), text
            assert len(sentences) >= 2 or folder != ".", f"{text} What is to be done?"
    assert told > (100 if folder == "." else 1)


def test_the_catalogue_is_plain() -> None:
    for name, texts in catalogue().items():
        for text in texts.values():
            assert not JARGON.search(text), name
            assert max(len(sentence.split()) for sentence in SENTENCE.split(text)) <= 24, name


def test_a_datatype_is_said_in_words() -> None:
    shapes = ntriples("ex:S sh:targetNode ex:a ; sh:property ex:S-p . ex:S-p sh:path ex:p ; sh:datatype xsd:gYear .")
    (found,) = validate(ntriples('ex:a ex:p "last year" .'), shapes).results
    assert found.messages["nl"] == (
        '"last year" heeft niet de goede vorm; hier hoort een jaar, zoals "2024"^^xsd:gYear. Schrijf de waarde zo.'
    )


def test_a_component_that_nobody_knows_has_a_message_too() -> None:
    found = texts_for(ShapeTexts(b""), "", "https://example.org/MyConstraintComponent", None)
    assert found["en"].startswith("The value does not conform to the model.")
    assert found["nl"].startswith("De waarde voldoet niet aan het model.")


def test_terms_are_shown_shortly() -> None:
    assert show('"a\\n  b"@en') == '"a b"@en'
    assert show('"' + "x" * 200 + '"') == '"' + "x" * 80 + '..."'
    assert show("<https://example.org/id/theme/stress>") == "theme/stress"
    assert show("<https://example.org/def#Item>") == "https://example.org/def#Item"
    assert show("_:b0") == "_:b0"
    assert local_name(show("<mailto:a@b.nl>")) == "a@b.nl"
