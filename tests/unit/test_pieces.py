"""A result in pieces: all of it, and none larger than was asked, however large the pieces that the engine writes."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kggraph.store.evaluate import Dataset, Result
from kggraph.store.protocol import Task

PIECE = 64 * 1024 - 1024


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    store = ox.Store()
    numbers = (f'<http://example.org/{n}> <x:p> "{"x" * (n * 37 % 700)}" .\n' for n in range(1_000))
    store.load("".join(numbers).encode(), format=ox.RdfFormat.TURTLE)
    return Dataset(store)


@pytest.mark.parametrize("limit", [150, 193, 377, 1_000])
@pytest.mark.parametrize("kind", ["csv", "tab-separated-values"])
def test_nothing_is_lost_between_pieces(dataset: Dataset, limit: int, kind: str) -> None:
    text = f"SELECT * {{ ?s ?p ?o }} LIMIT {limit}"
    task = Task(text, None, "solutions", f"text/{kind}", None, None, None, 100, 10_000, 1 << 30, 1 << 20)
    sent: list[bytes] = []
    result = Result(dataset, task, piece_bytes=PIECE, send=sent.append)
    result.run()
    assert {len(piece) for piece in sent} <= {PIECE}
    assert len(result.rest) < PIECE
    found = dataset.store.query(text)
    assert isinstance(found, ox.QuerySolutions)
    written = ox.QueryResultsFormat.CSV if kind == "csv" else ox.QueryResultsFormat.TSV
    assert b"".join([*sent, result.rest]) == found.serialize(format=written)
