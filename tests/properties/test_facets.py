"""Facet counts equal a count by brute force, on random items and random selections."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.model import load_model
from kggraph.publish.labels import sort_key
from kggraph.search.facet_builder import FacetBuilder
from kggraph.search.facet_table import UNKNOWN
from kggraph.search.facets import FacetIndex, Sort
from kggraph.terms import DCTERMS, KG, RDF, SKOS, XSD

THEMES = "https://example.org/id/scheme/themes"
KEYS = ("theme", "place", "year", "project")
DATATYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}


SHAPES = f"""
@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix kg: <{KG}> .
@prefix skos: <{SKOS}> . @prefix dcterms: <{DCTERMS}> .
ex:shape a sh:NodeShape ; sh:targetClass ex:Item ; kg:kind "item" ; kg:mainClass true ; kg:plural "items"@en ;
    sh:name "item"@en ; sh:property ex:shape-title, ex:shape-theme, ex:shape-theme-rule, ex:shape-place, ex:shape-year,
    ex:shape-project .
ex:shape-title sh:path dcterms:title ; sh:name "title"@en ; kg:key "title" .
ex:shape-theme sh:path ex:theme ; sh:name "theme"@en ; kg:key "theme" ; kg:facet true ; kg:scheme <{THEMES}> ;
    sh:nodeKind sh:IRI .
ex:shape-theme-rule sh:path ex:theme ; sh:node ex:shape-right .
ex:shape-right a sh:NodeShape ; sh:property [ sh:path ex:right ; sh:hasValue true ] .
ex:shape-place sh:path ex:place ; sh:name "place"@en ; kg:key "place" ; kg:facet true ; sh:nodeKind sh:IRI .
ex:shape-year sh:path dcterms:issued ; sh:name "year"@en ; kg:key "year" ; kg:facet true ; kg:date true ;
    sh:nodeKind sh:Literal .
ex:shape-project sh:path [ sh:inversePath ex:about ] ; sh:name "project"@en ; kg:key "project" ; kg:facet true .
"""
NTRIPLES = ox.serialize(ox.parse(SHAPES, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
MODEL = load_model(NTRIPLES, b"")


def concept_rows(iri: str, broader: tuple[str, ...], right: bool) -> list[tuple[bytes, bytes, bytes]]:
    said = [(f"{RDF}type", f"<{SKOS}Concept>"), (f"{SKOS}inScheme", f"<{THEMES}>")]
    said += [(f"{SKOS}broader", f"<{above}>") for above in broader]
    said += [("https://example.org/right", f'"true"^^<{XSD}boolean>')] if right else []
    return [(f"<{iri}>".encode(), f"<{path}>".encode(), term.encode()) for path, term in said]


def project_rows(iri: str, numbers: frozenset[int]) -> list[tuple[bytes, bytes, bytes]]:
    about = [f"<https://example.org/id/item/{number}>" for number in numbers]
    return [(f"<{iri}>".encode(), b"<https://example.org/about>", item.encode()) for item in about]


@dataclass(frozen=True)
class Item:
    number: int
    title: str
    theme: frozenset[str]
    place: frozenset[str]
    issued: str

    @property
    def iri(self) -> str:
        return f"https://example.org/id/item/{self.number}"

    def rows(self) -> list[tuple[bytes, bytes, bytes]]:
        said = [("https://example.org/theme", f"<{theme}>") for theme in self.theme]
        said += [("https://example.org/place", f"<{place}>") for place in self.place]
        if self.issued:
            datatype = DATATYPES[len(self.issued)]
            said.append((f"{DCTERMS}issued", f'"{self.issued}"^^<{XSD}{datatype}>'))
        return [(f"<{self.iri}>".encode(), f"<{path}>".encode(), term.encode()) for path, term in said]


@dataclass(frozen=True)
class Case:
    broader: dict[str, tuple[str, ...]]
    items: list[Item]
    projects: dict[str, frozenset[int]]
    filters: dict[str, list[str]]
    sort: Sort
    offset: int
    limit: int


concepts = st.integers(0, 6).map(lambda n: f"https://example.org/id/theme/{n}")
real_places = st.integers(0, 3).map(lambda n: f"https://example.org/id/place/{n}")
places = st.one_of(real_places, st.just(UNKNOWN))
projects = st.integers(0, 2).map(lambda n: f"https://example.org/id/project/{n}")
dates = st.one_of(
    st.just(""),
    st.integers(2018, 2021).map(str),
    st.tuples(st.integers(2018, 2021), st.integers(1, 3)).map(lambda d: f"{d[0]}-{d[1]:02}"),
    st.dates(date(2018, 1, 1), date(2021, 3, 1)).map(str),
)
texts = st.text("abé ", max_size=3)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    broader = draw(st.dictionaries(concepts, st.lists(concepts, max_size=2).map(tuple), max_size=7))
    made = draw(st.lists(st.tuples(texts, st.frozensets(concepts), st.frozensets(real_places), dates), max_size=12))
    items = [Item(n, *parts) for n, parts in enumerate(made)]
    about = draw(st.dictionaries(projects, st.frozensets(st.integers(0, 13), max_size=5)))
    filters = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "theme": st.lists(st.one_of(concepts, st.just(UNKNOWN)), max_size=3),
                "place": st.lists(places, max_size=2),
                "project": st.lists(projects, max_size=2),
                "year": st.lists(st.integers(2018, 2022).map(str), max_size=3),
            },
        )
    )
    sort: Sort = draw(st.sampled_from(["newest", "title"]))
    return Case(broader, items, about, filters, sort, draw(st.integers(0, 4)), draw(st.integers(0, 13)))


def above(case: Case, concept: str) -> set[str]:
    """The concept and all that it is under, within the scheme."""
    found, todo = {concept}, [concept]
    while todo:
        for broader in case.broader.get(todo.pop(), ()):
            if broader in case.broader and broader not in found:
                found.add(broader)
                todo.append(broader)
    return found


def values(case: Case, item: Item, key: str) -> set[str]:
    return known(case, item, key) or {UNKNOWN}


def known(case: Case, item: Item, key: str) -> set[str]:
    if key == "theme":
        return {value for theme in item.theme for value in above(case, theme)}
    if key == "project":
        return {project for project, numbers in case.projects.items() if item.number in numbers}
    return set(item.place) if key == "place" else {item.issued[:4]} - {""}


def matching(case: Case, without: str | None) -> list[Item]:
    return [
        item
        for item in case.items
        if all(
            values(case, item, key) & set(wanted) for key, wanted in case.filters.items() if wanted and key != without
        )
    ]


@settings(max_examples=150, deadline=None)
@given(cases())
def test_counts_and_order_equal_brute_force(case: Case) -> None:
    builder = FacetBuilder(MODEL, NTRIPLES, ("nl", "en"))
    for concept, broader in case.broader.items():
        builder.add(concept, concept_rows(concept, broader, right=True), (concept, concept), item=False)
    wrong = "https://example.org/id/theme/wrong"
    builder.add(wrong, concept_rows(wrong, (), right=False), (wrong, wrong), item=False)
    for item in case.items:
        builder.add(item.iri, item.rows(), (sort_key(item.title), sort_key(item.title[::-1])), item=True)
    for project, numbers in case.projects.items():
        builder.add(project, project_rows(project, numbers), (project, project), item=False)
    with tempfile.TemporaryDirectory() as folder:
        builder.write(Path(folder) / "facets")
        index = FacetIndex(Path(folder) / "facets")
        selection = index.select(case.filters, sort=case.sort, lang="en", offset=case.offset, limit=case.limit)
        fewer = {most: index.select(case.filters, limit=0, most=most) for most in (0, 1, 2)}

    expected = matching(case, None)
    assert selection.total == len(expected)
    if case.sort == "title":
        expected.sort(key=lambda item: (sort_key(item.title), item.iri))
        expected.sort(key=lambda item: item.issued, reverse=True)
        expected.sort(key=lambda item: sort_key(item.title[::-1]))
    else:
        expected.sort(key=lambda item: (sort_key(item.title), item.iri))
        expected.sort(key=lambda item: item.issued, reverse=True)
    assert list(selection.iris) == [item.iri for item in expected[case.offset : case.offset + case.limit]]

    for key in KEYS:
        others = matching(case, key)
        counted = {found.value: found.count for found in selection.facets[key]}
        assert selection.unknown[key] == sum(values(case, item, key) == {UNKNOWN} for item in others)
        everything = {value for item in case.items for value in known(case, item, key)}
        if key == "theme":
            everything |= set(case.broader)
        brute = {value: sum(value in values(case, item, key) for item in others) for value in everything}
        if key in ("place", "project"):
            brute = {value: count for value, count in brute.items() if count or value in case.filters.get(key, ())}
        assert counted == brute
        assert {found.value for found in selection.facets[key] if found.selected} == (
            set(case.filters.get(key, ())) & set(counted)
        )
    for most, shorter in fewer.items():
        for key, found in shorter.facets.items():
            whole = selection.facets[key]
            if key in ("place", "project"):
                first = whole[:most] + tuple(value for value in whole[most:] if value.selected)
                assert sorted(found, key=str) == sorted(first, key=str)
            else:
                assert {value.value: value.count for value in found} == {value.value: value.count for value in whole}
