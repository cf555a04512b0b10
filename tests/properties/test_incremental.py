"""Random edits: what is validated edit by edit equals the full run, always."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.model import load_model
from kggraph.rdf.source import read_folder
from kggraph.terms import RDF, RDFS
from kggraph.validation.engines import Validator, data_graph
from kggraph.validation.incremental import IncrementalValidator
from tests.unit.test_validation import spoilt

EX = "https://example.org/"
SHAPES_FILE = Path(__file__).parent.parent / "cases" / "incremental" / "shapes.ttl"
SHAPES = ox.serialize(ox.parse(path=SHAPES_FILE), format=ox.RdfFormat.N_TRIPLES) or b""
AXIOMS = f"<{EX}D> <{RDFS}subClassOf> <{EX}E> .\n".encode()
SUPERCLASSES = {f"{EX}D": (f"{EX}E",)}
FULL = Validator(SHAPES)

nodes = st.sampled_from([f"<{EX}{name}>" for name in "abcdefgh"])
links = st.tuples(
    nodes, st.sampled_from([f"<{EX}{name}>" for name in "pqrs"]), nodes | st.sampled_from(['"x"', '"y"@en'])
)
types = st.tuples(nodes, st.just(f"<{RDF}type>"), st.sampled_from([f"<{EX}{name}>" for name in "CDE"]))
triples = links | types
graphs = st.sets(triples, max_size=40)
edits = st.tuples(st.sets(triples, max_size=2), st.sets(triples, max_size=2), st.integers(0, 2))


def written(rows: set[tuple[str, str, str]]) -> bytes:
    return "".join(f"{' '.join(row)} .\n" for row in sorted(rows)).encode()


@settings(max_examples=150, deadline=None)
@given(start=graphs, changes=st.lists(edits, min_size=15, max_size=30))
def test_an_edit_gives_what_a_full_run_gives(
    start: set[tuple[str, str, str]], changes: list[tuple[set[tuple[str, str, str]], set[tuple[str, str, str]], int]]
) -> None:
    now = set(start)
    validator = IncrementalValidator(SHAPES, written(now), AXIOMS, SUPERCLASSES)
    assert validator.is_derived
    for removed, added, more in changes:
        # What is asked away is seldom there, so some of what is there goes as well.
        removed = removed | set(sorted(now)[: more * 7 : 7])
        validator.edit(written(removed), written(added))
        now = (now - removed) | added
        assert validator.report() == FULL.report(written(now) + AXIOMS)


def test_edits_of_the_real_data(root: Path) -> None:
    def folder(name: str) -> bytes:
        return b"".join(file.ntriples for file in read_folder(root / name, root=root, blank_nodes=True))

    chance = random.Random(11)
    files = [file for file in read_folder(root / "data", root=root) if len(file.subjects) < 9]
    taken = [file.ntriples for file in chance.sample(files, 60)]
    taken += [file.ntriples for file in read_folder(root / "data", root=root) if len(file.subjects) >= 9]
    shapes, axioms = folder("shapes"), data_graph(b"", folder("ontology"))
    model = load_model(shapes, folder("ontology"))
    validator = IncrementalValidator(shapes, b"".join(taken), axioms, model.superclasses)
    assert validator.is_derived
    full = Validator(shapes)
    for number in range(12):
        place = chance.randrange(60)
        changed = spoilt(taken[place], number, 0.3)
        validator.edit(taken[place], changed)
        taken[place] = changed
    assert validator.report() == full.report(b"".join(taken) + axioms)
    assert validator.report().results


@pytest.mark.parametrize(
    "shapes",
    [
        "ex:S sh:targetClass ex:C ; sh:sparql [ sh:select 'SELECT $this WHERE { $this ?p ?o . ?o ?q $this }' ] .",
        "[] sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .",
    ],
)
def test_where_it_is_not_known_everything_is_validated(shapes: str) -> None:
    prefixes = "PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX ex: <https://example.org/>"
    graph = ox.serialize(ox.parse(f"{prefixes} {shapes}", ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    a, b = f"<{EX}a> <{RDF}type> <{EX}C> .\n".encode(), f"<{EX}a> <{EX}p> <{EX}b> .\n".encode()
    back = f"<{EX}b> <{EX}q> <{EX}a> .\n".encode()
    validator = IncrementalValidator(graph, a)
    assert not validator.is_derived
    for removed, added, data in ((b"", b, a + b), (b"", back, a + b + back), (b, b"", a + back)):
        assert validator.edit(removed, added) == Validator(graph).report(data)
