"""Random edits: what is validated edit by edit equals the full run, always."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.rdf.source import read_folder
from kggraph.terms import RDF, RDFS
from kggraph.validation.engines import Validator, data_graph
from kggraph.validation.graphs import TripleIndex
from kggraph.validation.incremental import IncrementalValidator
from tests.unit.test_validation import spoilt

EX = "https://example.org/"
SHAPES_FILE = Path(__file__).parent.parent / "cases" / "incremental" / "shapes.ttl"
SHAPES = ox.serialize(ox.parse(path=SHAPES_FILE), format=ox.RdfFormat.N_TRIPLES) or b""
AXIOMS = f"<{EX}D> <{RDFS}subClassOf> <{EX}E> .\n".encode()
FULL = Validator(SHAPES)
VALIDATOR = IncrementalValidator(SHAPES, AXIOMS)

nodes = st.sampled_from([f"<{EX}{name}>" for name in "abcdefgh"])
links = st.tuples(
    nodes, st.sampled_from([f"<{EX}{name}>" for name in "pqrs"]), nodes | st.sampled_from(['"x"', '"y"@en'])
)
types = st.tuples(nodes, st.just(f"<{RDF}type>"), st.sampled_from([f"<{EX}{name}>" for name in "CDEG"]))
triples = links | types
subclasses = st.sampled_from([(f"<{EX}{a}>", f"<{RDFS}subClassOf>", f"<{EX}{b}>") for a, b in ("EC", "GD", "EE")])
graphs = st.builds(set.union, st.sets(triples, max_size=40), st.sets(subclasses, max_size=1))
edits = st.tuples(st.sets(triples, max_size=2), st.sets(triples, max_size=2), st.integers(0, 2))


def written(rows: set[tuple[str, str, str]]) -> bytes:
    return "".join(f"{' '.join(row)} .\n" for row in sorted(rows)).encode()


@settings(max_examples=150, deadline=None)
@given(start=graphs, changes=st.lists(edits, min_size=15, max_size=30))
def test_an_edit_gives_what_a_full_run_gives(
    start: set[tuple[str, str, str]], changes: list[tuple[set[tuple[str, str, str]], set[tuple[str, str, str]], int]]
) -> None:
    now = set(start)
    report = FULL.report(written(now) + AXIOMS)
    for removed, added, more in changes:
        # What is asked away is seldom there, so some of what is there goes as well.
        removed = removed | set(sorted(now)[: more * 7 : 7])
        graph = TripleIndex(written(now), VALIDATOR.backwards)
        renewed = VALIDATOR.edit(graph, written(removed), written(added))
        now = (now - removed) | added
        if renewed is None:
            assert any("subClassOf" in row[1] for row in removed)
            report = FULL.report(written(now) + AXIOMS)
            continue
        report = renewed.into(report)
        assert report == FULL.report(written(now) + AXIOMS)


def folder(root: Path, name: str) -> bytes:
    return b"".join(file.ntriples for file in read_folder(root / name, root=root, blank_nodes=True))


def test_edits_of_the_real_data(root: Path) -> None:
    chance = random.Random(11)
    files = [file for file in read_folder(root / "data", root=root) if len(file.subjects) < 9]
    taken = [file.ntriples for file in chance.sample(files, 60)]
    taken += [file.ntriples for file in read_folder(root / "data", root=root) if len(file.subjects) >= 9]
    shapes, axioms = folder(root, "shapes"), data_graph(b"", folder(root, "ontology"))
    validator, full = IncrementalValidator(shapes, axioms), Validator(shapes)
    report = full.report(b"".join(taken) + axioms)
    for number in range(12):
        place = chance.randrange(60)
        changed = spoilt(taken[place], number, 0.3)
        graph = TripleIndex(b"".join(taken), validator.backwards)
        renewed = validator.edit(graph, taken[place], changed)
        assert renewed is not None
        report = renewed.into(report)
        taken[place] = changed
    assert report == full.report(b"".join(taken) + axioms)
    assert report.results


@pytest.mark.parametrize(
    "shapes",
    [
        "ex:S sh:targetClass ex:C ; sh:sparql [ sh:select 'SELECT $this WHERE { $this ?p ?o . ?o ?q $this }' ] .",
        "[] sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .",
    ],
)
def test_where_it_is_not_known_nothing_is_answered(shapes: str) -> None:
    prefixes = "PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX ex: <https://example.org/>"
    graph = ox.serialize(ox.parse(f"{prefixes} {shapes}", ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    a, b = f"<{EX}a> <{RDF}type> <{EX}C> .\n".encode(), f"<{EX}a> <{EX}p> <{EX}b> .\n".encode()
    validator = IncrementalValidator(graph)
    assert not validator.is_derived
    assert validator.edit(TripleIndex(a, validator.backwards), b"", b) is None
    assert validator.about(TripleIndex(a, validator.backwards), {f"<{EX}a>".encode()}) is None


def test_an_edit_of_what_is_a_subclass_is_not_answered() -> None:
    graph = TripleIndex(b"", VALIDATOR.backwards)
    assert VALIDATOR.edit(graph, b"", f"<{EX}E> <{RDFS}subClassOf> <{EX}C> .\n".encode()) is None
