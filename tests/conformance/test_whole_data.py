"""The two SHACL engines on the whole of the real data, right and spoilt (`make conformance`; half a minute each).

The same on a part of the data is in tests/unit/test_validation.py, for every run.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kggraph.rdf.source import read_folder
from kggraph.validation.engines import ENGINES, data_graph, validate
from tests.unit.test_validation import spoilt

pytestmark = pytest.mark.skipif("KGGRAPH_TEST_WHOLE" not in os.environ, reason="make conformance runs it")


def graph(root: Path, name: str) -> bytes:
    return b"".join(file.ntriples for file in read_folder(root / name, root=root, blank_nodes=True))


@pytest.mark.parametrize("share", [0.0, 0.02])
def test_engines_agree_on_everything(root: Path, share: float) -> None:
    data = data_graph(spoilt(graph(root, "data"), 7, share), graph(root, "ontology"))
    shapes = graph(root, "shapes")
    keys = {engine: [result.key for result in validate(data, shapes, engine).results] for engine in ENGINES}
    assert keys["shifty"] == keys["pyshacl"]
    assert bool(keys["shifty"]) == bool(share)
