"""The published triples asked from either end: the same answers as an index of all of them in memory."""

from __future__ import annotations

import pytest

from kggraph.config import Settings
from kggraph.publish.described_graph import DescribedGraph
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.generation import open_current
from kggraph.rdf import ntriples
from kggraph.validation.graphs import TripleIndex


@pytest.fixture(scope="module")
def descriptions(main_settings: Settings) -> Descriptions:
    return open_current(main_settings).descriptions()


def test_it_answers_as_an_index_of_all_triples(descriptions: Descriptions) -> None:
    data = b"".join(
        found.ntriples
        for kind in descriptions.kinds()
        for iri in descriptions.iris(kind)
        if (found := descriptions.get(iri)) is not None
    )
    rows = list(ntriples.rows(data))
    index = TripleIndex(data, {row[1] for row in rows})
    graph = DescribedGraph(descriptions)
    iris = sorted({(row[1], row[2]) for row in rows if ntriples.is_iri(row[2])})
    described = [pair for pair in iris if descriptions.get(ntriples.iri(pair[1]).partition("#")[0])]
    assert len(described) > 1000
    for predicate, term in described:
        assert sorted(graph.subjects(predicate, term)) == sorted(index.subjects(predicate, term))
    loose = [pair for pair in iris if pair not in set(described)][::400]
    texts = sorted({(row[1], row[2]) for row in rows if not ntriples.is_iri(row[2])})[::2000]
    for predicate, term in (*loose, *texts):
        assert sorted(graph.subjects(predicate, term)) == sorted(index.subjects(predicate, term))
    for subject in {row[0] for row in rows}:
        assert graph.rows(subject) == index.rows(subject)
        assert graph.objects(subject, rows[0][1]) == index.objects(subject, rows[0][1])


@pytest.mark.parametrize("term", [b"<https://example.org/none>", b'"none"@nl'])
def test_what_is_nowhere_has_no_subjects(descriptions: Descriptions, term: bytes) -> None:
    graph = DescribedGraph(descriptions)
    assert graph.subjects(b"<https://example.org/p>", term) == []
    assert graph.rows(b"<https://example.org/none#part>") == []
