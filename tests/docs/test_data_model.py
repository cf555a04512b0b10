"""docs/data-model.md tells every class and property of our own, every kind and every concept scheme."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from kggraph.terms import KG, OWL, RDF, SKOS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8")
SW = "https://w3id.org/studentenwelzijn/def#"


def test_every_own_term_is_told() -> None:
    kinds = {f"{OWL}{kind}" for kind in ("Class", "ObjectProperty", "DatatypeProperty", "NamedIndividual")}
    terms = {
        quad.subject.value
        for path in (ROOT / "ontology").glob("*.ttl")
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
        if quad.predicate.value == f"{RDF}type" and isinstance(quad.object, ox.NamedNode) and quad.object.value in kinds
    }
    own = {term.removeprefix(SW) for term in terms if term.startswith(SW)}
    assert len(own) > 30
    assert [term for term in sorted(own) if f"`sw:{term}`" not in PAGE] == []


def test_every_kind_is_told() -> None:
    kinds = {
        quad.object.value
        for path in (ROOT / "shapes").glob("*.ttl")
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
        if quad.predicate.value == f"{KG}kind" and isinstance(quad.object, ox.Literal)
    }
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in PAGE] == []


def test_every_scheme_is_told() -> None:
    schemes = {
        quad.subject.value.rpartition("/")[2]
        for path in (ROOT / "data" / "schemes").glob("*.ttl")
        for quad in ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
        if quad.predicate.value == f"{RDF}type" and quad.object == ox.NamedNode(f"{SKOS}ConceptScheme")
        if isinstance(quad.subject, ox.NamedNode)
    }
    assert [scheme for scheme in sorted(schemes) if f"`{scheme}`" not in PAGE] == []
