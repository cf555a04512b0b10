"""The knowledge base's own files: in one form, and everything in them has a name and a meaning in both languages."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.config import load
from kggraph.rdf.turtle import check_files
from kggraph.terms import OWL, RDF, RDFS, SH, SKOS, VANN

ROOT = Path(__file__).parent.parent.parent
LANGUAGES = {"nl", "en"}
MEANINGS = (f"{SKOS}definition", f"{RDFS}comment")
TERMS = {f"{OWL}Class", f"{OWL}ObjectProperty", f"{OWL}DatatypeProperty", f"{OWL}AnnotationProperty"}
TERMS |= {f"{OWL}NamedIndividual", f"{RDFS}Class", f"{RDF}Property"}

Said = dict[str, dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]]]


def said_in(*files: Path) -> Said:
    """Subject to predicate to objects, over some Turtle files."""
    found: Said = defaultdict(lambda: defaultdict(list))
    for file in files:
        for quad in ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE):
            if isinstance(quad.subject, ox.NamedNode):
                found[quad.subject.value][quad.predicate.value].append(quad.object)
    return found


def of_type(said: Said, types: set[str]) -> list[str]:
    """Subjects with one of these types."""
    return sorted(
        subject
        for subject, facts in said.items()
        if any(isinstance(value, ox.NamedNode) and value.value in types for value in facts[f"{RDF}type"])
    )


def languages(said: Said, subject: str, *predicates: str) -> set[str]:
    """Language tags of the texts of some predicates."""
    values = [value for predicate in predicates for value in said[subject][predicate]]
    return {
        value.language for value in values if isinstance(value, ox.Literal) and value.language and value.value.strip()
    }


@pytest.mark.parametrize("root", [ROOT, ROOT / "tests" / "kb_bridges"], ids=["main", "bridges"])
def test_every_data_file_is_in_the_one_form(root: Path) -> None:
    files = sorted((root / "data").rglob("*.ttl"))
    assert files
    assert check_files(files, load(root, {}).all_prefixes) == []


@pytest.mark.parametrize(
    "files",
    [
        sorted((ROOT / "ontology").glob("*.ttl")),
        [ROOT / "kggraph" / "vocabulary.ttl"],
        sorted((ROOT / "tests" / "kb_bridges" / "ontology").glob("*.ttl")),
    ],
    ids=["ontology", "annotations", "bridges"],
)
def test_every_own_term_has_a_label_and_a_definition(files: list[Path]) -> None:
    said = said_in(*files)
    own = said[next(iter(of_type(said, {f"{OWL}Ontology"})))]
    namespace = str(own[f"{VANN}preferredNamespaceUri"][0].value)
    terms = [term for term in of_type(said, TERMS) if term.startswith(namespace)]
    assert len(terms) > 5
    assert [term for term in terms if not languages(said, term, f"{RDFS}label") >= LANGUAGES] == []
    assert [term for term in terms if not languages(said, term, *MEANINGS) >= LANGUAGES] == []


def test_every_concept_has_a_label_and_a_definition() -> None:
    said = said_in(*sorted((ROOT / "data" / "schemes").glob("*.ttl")))
    concepts = of_type(said, {f"{SKOS}Concept"})
    assert len(concepts) > 200
    assert [concept for concept in concepts if not languages(said, concept, f"{SKOS}prefLabel") >= LANGUAGES] == []
    assert [concept for concept in concepts if not languages(said, concept, f"{SKOS}definition") >= LANGUAGES] == []


def test_every_field_has_a_name_and_every_message_both_languages() -> None:
    said = said_in(*sorted((ROOT / "shapes").glob("*.ttl")))
    for predicate in (f"{SH}name", f"{SH}description", f"{SH}message"):
        with_it = [subject for subject, facts in said.items() if facts[predicate]]
        assert with_it
        assert [subject for subject in with_it if not languages(said, subject, predicate) >= LANGUAGES] == []
